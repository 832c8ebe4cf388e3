"""Comparisons find a planted regression and no noise; a gate exits 8 on a missed threshold."""

import json
import random
import re

import pytest

from assistant.cli.entry import main
from eval.data.run_folder import load_run
from eval.reporting.compare_page import html, lines
from eval.runner.gate import MISSED
from eval.scoring.compare import compare
from index.core.errors import UsageError
from tests.made_runs import case, mixed, write

pytestmark = pytest.mark.drill

CASES = 400


def scored(number, answer, f1=None):
    row = case(number, right=bool(answer))
    row["scores"]["f1"]["value"] = 0.5 if f1 is None else f1
    return row


@pytest.fixture(scope="module")
def base_rows():
    draw = random.Random(11)
    return [scored(n, draw.random() < 0.85, round(draw.uniform(0.2, 0.9), 3)) for n in range(CASES)]


def is_right(row):
    return row["scores"]["answer"]["value"] == 1.0


def turned(rows, names, shake=lambda f1: f1):
    """The same run with the answers of some questions turned, and f1 shaken."""
    return [
        scored(
            int(row["id"][1:]),
            is_right(row) != (row["id"] in names),
            min(1.0, max(0.0, shake(row["scores"]["f1"]["value"]))),
        )
        for row in rows
    ]


def regressed(rows, points):
    """The same run with `points` of a hundred right answers turned wrong."""
    right = [row["id"] for row in rows if is_right(row)]
    return turned(rows, right[: round(points / 100 * len(rows))])


def noisy(rows, seed):
    """The same run again by a model that drifts: as many answers gained as lost, f1 shaken."""
    draw = random.Random(seed)
    pools = ([row["id"] for row in rows if is_right(row) == right] for right in (True, False))
    names = {name for pool in pools for name in draw.sample(pool, 6)}
    return turned(rows, names, lambda f1: f1 + draw.gauss(0, 0.1))


def compared(folder, before, after):
    return compare(load_run(write(folder / "a", before)), load_run(write(folder / "b", after)))


def change(comparison, metric):
    return next(one for one in comparison.changes if one.metric == metric)


def test_a_planted_regression_of_three_points_is_found(tmp_path, base_rows):
    found = compared(tmp_path, base_rows, regressed(base_rows, 3))
    answer = change(found, "answer")
    assert answer.difference == pytest.approx(-0.03)
    assert (len(answer.better), len(answer.worse)) == (0, 12)
    assert answer.p == pytest.approx(2 * 0.5**12)
    assert found.metrics_with("worse") == ["answer"]
    assert answer.high is not None and answer.high < 0
    assert "worse: answer" in lines(found)[-1]


@pytest.mark.parametrize("seed", range(4))
def test_noise_is_not_found(tmp_path, base_rows, seed):
    found = compared(tmp_path, base_rows, noisy(base_rows, seed))
    assert found.metrics_with("worse") == found.metrics_with("better") == []
    assert {flip.worse for flip in found.flips} == {True, False}


def test_lower_is_better_for_refusals_of_what_can_be_answered_and_for_times(tmp_path):
    def rows(value, seconds):
        refusal = {"false_refusal": {"value": value, "why": "?"}}
        return [
            case(number, scores=refusal, seconds={"total": seconds + number / 100})
            for number in range(30)
        ]

    found = compared(tmp_path, rows(0.0, 4.0), rows(1.0, 3.0))
    assert change(found, "false_refusal").verdict == "worse"
    assert change(found, "seconds_total").verdict == "better"


def test_more_metrics_make_a_verdict_harder(tmp_path):
    def rows(lost):
        made = []
        for number in range(100):
            row = case(number)
            for other in range(12):  # each of these moves as often up as down
                up = (number % 2 == 0) == lost
                moved = number < 8
                value = float(up) if moved else 1.0
                row["scores"][f"other{other}"] = {"value": value, "why": ""}
            if lost and number < 6:
                row["scores"]["answer"]["value"] = 0.0
            made.append(row)
        return made

    answer = change(compared(tmp_path, rows(False), rows(True)), "answer")
    assert answer.p == pytest.approx(0.03125)
    assert answer.verdict == "perhaps worse"


def test_the_questions_that_flipped_are_named(tmp_path, base_rows, capsys):
    found = compared(tmp_path, base_rows, regressed(base_rows, 1))
    assert [flip.before.case.id for flip in found.flips] == list(change(found, "answer").worse)
    assert all(flip.moves == (("answer", 1.0, 0.0),) for flip in found.flips)
    page = html([found])
    assert page.count('<details class="case"') == 4
    assert page == html([found])
    assert "the answer says Sung Kim" in page


def test_only_the_same_question_is_a_pair(tmp_path):
    before, after = mixed(10), mixed(12)
    after[0] = after[0] | {"question": "Another question with an old id?"}
    found = compared(tmp_path, before, after)
    assert (found.pairs, found.unpaired) == (9, 4)
    with pytest.raises(UsageError, match="no question in common"):
        compared(tmp_path, [case(1)], [case(2)])


def test_hostile_text_in_a_comparison_stays_text(tmp_path):
    hostile = "<img src=x onerror=alert(1)>"
    before, after = case(1), case(1, right=False)
    for row in (before, after):
        row["question"] = row["output"]["answer"] = row["type"] = hostile
        row["scores"]["answer"]["why"] = hostile
    found = compared(tmp_path, [before], [after])
    assert "<img" not in html([found]) and "&lt;img" in html([found])


# ── the commands ──────────────────────────────────────────────────────────────────────────────


def test_the_command_compares_several_runs_with_the_first(tmp_path, base_rows, capsys):
    a = write(tmp_path / "a", base_rows[:200], prompts="1")
    b = write(tmp_path / "b", regressed(base_rows[:200], 4), prompts="2")
    c = write(tmp_path / "c", base_rows[:200], prompts="1")
    page = tmp_path / "compare.html"
    assert main(["eval", "compare", *map(str, (a, b, c)), "--html", str(page)]) == 0
    output = capsys.readouterr().out
    assert "differs: prompts: 1 -> 2" in output
    assert re.search(r"^b against a: 200 questions", output, re.M)
    assert re.search(r"^answer .* worse$", output, re.M)
    assert re.search(r"^c against a: 200 questions", output, re.M)
    assert "Comparison with a" in page.read_text("utf-8")


def test_a_gate_tells_every_bar_and_exits_8_when_one_is_missed(tmp_path, capsys):
    folder = str(write(tmp_path / "run", [case(n, right=n > 1) for n in range(20)]))
    bars = ["--min", "answer=0.9", "--max", "seconds_total=60"]
    for more, code, told in (
        ([], 0, ["ok", "ok"]),
        (["--min", "f1=0.99"], MISSED, ["ok", "MISSED", "ok"]),
    ):
        assert main(["eval", "gate", folder, *bars, *more]) == code
        assert [row.split()[0] for row in capsys.readouterr().out.splitlines()] == told
    assert MISSED == 8


def test_a_metric_that_was_not_measured_misses_its_bar(tmp_path, capsys):
    folder = write(tmp_path / "run", mixed(5))
    (folder / "summary.json").write_text('{"metrics": {"answer": null}}', "utf-8")
    assert main(["eval", "gate", str(folder), "--min", "answer=0"]) == MISSED
    assert "not measured" in capsys.readouterr().out


def test_a_run_that_was_stopped_passes_no_gate(tmp_path, capsys):
    folder = write(tmp_path / "run", mixed(5))
    summary = {"metrics": {"answer": 1.0}, "counts": {"cases": 5, "planned": 9}}
    (folder / "summary.json").write_text(json.dumps(summary), "utf-8")
    assert main(["eval", "gate", str(folder), "--min", "answer=0.5"]) == 1
    assert "stopped with 4 questions left" in capsys.readouterr().err
    main(["eval", "report", str(folder)])
    assert "stopped after 5 of 9 questions" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "output"),
    [
        (["--min", "anser=0.8"], "no metric anser. It has: answer, "),
        (["--min", "answer"], "METRIC=NUMBER"),
        (["--max", "answer=nan"], "METRIC=NUMBER"),
        ([], "needs a bar"),
    ],
)
def test_a_bar_that_cannot_be_read_is_a_wrong_usage(tmp_path, capsys, arguments, output):
    folder = str(write(tmp_path / "run", mixed(5)))
    assert main(["eval", "gate", folder, *arguments]) == 2
    assert output in capsys.readouterr().err
