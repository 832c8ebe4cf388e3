"""Reading run folders, failures, and the report of a run as a table and as a page."""

import json
import re
from html.parser import HTMLParser

import pytest

from assistant.cli.entry import main
from eval.data.results import CaseResult
from eval.data.run_folder import load_run
from eval.reporting import html_page
from eval.reporting.charts import risk_coverage
from eval.reporting.failures import failures, kinds_of, marked
from eval.reporting.report import html
from index.core.errors import UsageError, UserError
from index.text.visible_text import one_line
from tests.hostile import PAYLOADS
from tests.made_runs import OTHER, QUOTE, case, hostile_run, mixed, output, refused, write


class Tags(HTMLParser):
    """Every start tag with its attributes, and all text."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.text = [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.text.append(data)


def parsed(row):
    return CaseResult.parse(json.dumps(row))


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return load_run(write(tmp_path_factory.mktemp("runs") / "one", mixed()))


@pytest.fixture(scope="module")
def text(run):
    return html(run)


# ── run folders ───────────────────────────────────────────────────────────────────────────────


def test_a_run_of_retrieval_alone_is_read_and_reported(tmp_path):
    rows = [case(n, output=None, seconds={"evidence": 0.1}) for n in range(5)]
    rows[2]["scores"] = {"recall@10": {"value": 0.0, "why": "tokyo was not found"}}
    run = load_run(write(tmp_path, rows))
    assert [failure.kinds for failure in failures(run)] == [("evidence not found",)]
    assert "Passages that were found" in html(run)


@pytest.mark.parametrize(
    ("name", "text", "place"),
    [
        ("config.json", None, "is missing"),
        ("summary.json", None, "is missing"),
        ("summary.json", "{", "JSON"),
        ("summary.json", '{"metrics": {"answer": NaN}}', "metrics.answer"),
        ("summary.json", '{"metrics": {"answer": "good"}}', "metrics.answer"),
        ("config.json", "[]", "object"),
        ("cases.jsonl", '{"id": "a", "question": "?"}\n{"id": "b", "que', "line 2"),
        ("cases.jsonl", '{"id": "a"}', "question"),
        ("cases.jsonl", '{"id": "a", "question": "?"}\n' * 2, "twice"),
        ("cases.jsonl", b"\xff", "cannot be read"),
    ],
)
def test_an_error_in_a_run_folder_is_one_line_with_its_place(tmp_path, name, text, place):
    folder = write(tmp_path, mixed(3))
    if text is None:
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(UserError) as problem:
        load_run(folder)
    assert place in str(problem.value) and name in str(problem.value)
    assert "\n" not in str(problem.value)


def test_no_folder_is_a_wrong_usage(tmp_path):
    with pytest.raises(UsageError):
        load_run(tmp_path / "none")


# ── failures ─────────────────────────────────────────────────────────────────────────


def test_each_way_to_fail_has_its_name():
    assert kinds_of(parsed(case(1))) == ()
    assert kinds_of(parsed(case(1, right=False))) == ("wrong answer",)
    assert kinds_of(parsed(case(1, answerable=False))) == ("answered, though unanswerable",)
    assert kinds_of(parsed(refused(1, answerable=True))) == ("refused, though answerable",)
    assert kinds_of(parsed(refused(1, answerable=False))) == ()
    assert kinds_of(parsed(case(1, output=None, error="it stopped"))) == ("error",)
    wrong = case(1)
    wrong["scores"]["citation_gold"] = {"value": 0.0, "why": "another article is cited"}
    wrong["scores"]["quote_shown"] = {"value": 0.0, "why": "not shown"}
    assert kinds_of(parsed(wrong)) == ("wrong citation", "evidence not found")


def test_the_proving_sentence_is_marked_and_the_citation_numbered(tmp_path):
    found = failures(load_run(write(tmp_path, [case(1, right=False)])))[0]
    assert found.evidence[0].pieces == ((QUOTE, True),) and found.evidence[0].cited is None
    assert found.evidence[1].pieces == ((OTHER, False),) and found.evidence[1].cited == 1
    assert found.missing == ()


@pytest.mark.parametrize("quote", ["", " ", "Kim (", ".*", "\\", "[a"])
def test_a_quote_is_words_and_no_pattern(quote):
    assert marked("Kim Gunn came.", [quote]) == (("Kim Gunn came.", False),)


def test_the_risk_rises_with_coverage_when_the_score_is_good(tmp_path):
    rows = [case(n, right=n < 6, output=output("x", QUOTE, relevance=-n)) for n in range(8)]
    points = risk_coverage(load_run(write(tmp_path, [*rows, refused(9, answerable=False)])))
    assert points[0] == (1 / 9, 0.0)
    assert points[-1] == (8 / 9, 2 / 8)
    assert [risk for _, risk in points] == sorted(risk for _, risk in points)


# ── the page ──────────────────────────────────────────────────────────────────────────────────


def test_the_same_run_gives_the_same_bytes(run, text):
    assert html(run) == text


def test_the_page_asks_for_nothing_from_outside(text):
    found = Tags(text)
    for tag, attributes in found.tags:
        assert tag not in {"link", "iframe", "object", "embed", "base", "img", "a"}
        assert "src" not in attributes and "style" not in attributes
        assert attributes.get("href", "#").startswith("#")
        assert not any(name.startswith("on") for name in attributes)
    assert not re.search(r"url\((?!#)|@import", text)


def test_the_policy_names_the_style_and_the_script_by_their_hashes(text):
    policy = next(
        attributes["content"]
        for tag, attributes in Tags(text).tags
        if attributes.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy and "http" not in policy
    for tag in ("style", "script"):
        inside = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.S)
        assert len(inside) == 1
        assert html_page.csp_hash(inside[0]) in policy


def test_every_chart_has_its_numbers_as_text(text):
    drawings = [a for tag, a in Tags(text).tags if tag == "svg" and a.get("role") == "img"]
    assert len(drawings) == text.count("<summary>The numbers") == 3
    assert all(re.search(r"\d", drawing["aria-label"]) for drawing in drawings)
    bars = re.findall(r'class="bar">.*?<td class="number">([^<]+)<', text)
    assert len(bars) >= 6 and all(re.search(r"\d", bar) for bar in bars)


def test_hostile_text_stays_text(tmp_path):
    harmless = [f"plain {number}" for number in range(len(PAYLOADS))]
    clean, found = (
        Tags(html(load_run(hostile_run(tmp_path / name, texts))))
        for name, texts in (("clean", harmless), ("hostile", PAYLOADS))
    )
    assert {tag for tag, _ in found.tags} == {tag for tag, _ in clean.tags}
    shown = one_line("".join(found.text))
    assert [payload for payload in PAYLOADS if one_line(payload) not in shown] == []
    for _, attributes in found.tags:
        assert not any(name.startswith("on") for name in attributes)
        assert "javascript:" not in attributes.get("href", "")
        assert "action" not in attributes and "srcdoc" not in attributes


def test_invisible_signs_do_not_reach_the_page(tmp_path):
    row = case(1, right=False, question="who\u202eis\u200b it\x1b[1m?")
    text = html(load_run(write(tmp_path, [row])))
    assert not re.search("[\u202e\u200b\x1b]", text)


# ── the command ───────────────────────────────────────────────────────────────────────────────


def test_the_command_prints_a_table_and_writes_the_page(tmp_path, capsys):
    folder = write(tmp_path / "run", mixed(12))
    assert main(["eval", "report", str(folder)]) == 0
    printed = capsys.readouterr().out
    assert re.search(r"^ +answer +\d+\.\d % +\d", printed, re.M)
    assert (folder / "report.html").read_text("utf-8").startswith("<!doctype html>")
    assert main(["eval", "report", str(folder), "--out", str(tmp_path / "x" / "y.html")]) == 1
    assert "cannot be written" in capsys.readouterr().err


def test_a_title_in_a_run_cannot_steer_the_terminal(tmp_path, capsys):
    folder = write(tmp_path, mixed(3), model="\x1b]0;mine\x07\nFORGED line")
    assert main(["eval", "report", str(folder)]) == 0
    printed = capsys.readouterr().out
    assert "\x1b" not in printed and "\nFORGED" not in printed
