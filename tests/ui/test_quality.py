"""Evaluations of a server without a browser: what is run, its figures, its reports."""

from __future__ import annotations

import json
import sys
from contextlib import closing

import pytest

from index.core.errors import UsageError, UserError
from tests.made_runs import mixed, write
from tests.serving import HeldModel, light_service
from ui.page.quality_page import row_of, shown
from ui.service.quality import FIGURES, Quality, report_path

SLOW = """
import pathlib, sys, time
out = pathlib.Path(sys.argv[sys.argv.index("--out") + 1])
out.mkdir(parents=True)
(out / "cases.jsonl").write_text("{}\\n{}\\n")
try:
    time.sleep(60)
except KeyboardInterrupt:
    (out / "report.html").write_text("half of it")
"""


@pytest.fixture
def service(tmp_path):
    with closing(light_service(tmp_path, HeldModel(held=False))) as service:
        yield service


def ended(steps):
    """The value that a generator returns."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


@pytest.mark.parametrize(
    ("name", "size"), [("", 10), ("/etc", 10), ("sample", 3), ("sample", "10")]
)
def test_only_known_sets_and_sizes_are_run(service, name, size):
    with pytest.raises(UsageError, match="no such set"):
        ended(Quality(service, ("false",)).run(name, size))


def test_an_evaluation_that_fails_tells_its_last_words(service):
    words = "import sys; sys.exit('eval: The model is missing.')"
    quality = Quality(service, (sys.executable, "-c", words))
    with pytest.raises(UserError, match="The model is missing"):
        ended(quality.run("sample", 10))
    assert not quality.running


def test_a_stopped_evaluation_keeps_what_is_done_and_there_is_one_at_a_time(service):
    """A set's name that is no file name made a run that was never listed."""
    (service.app.settings.data / "sets" / "Mine <b> & yours").mkdir(parents=True)
    (service.app.settings.data / "sets" / "Mine <b> & yours" / "questions.jsonl").touch()
    quality = Quality(service, (sys.executable, "-c", SLOW))
    assert quality.sets() == ["sample", "Mine <b> & yours"]
    steps = quality.run("Mine <b> & yours", 10)
    while next(steps) < 2:
        pass
    with pytest.raises(UsageError, match="running already"):
        next(quality.run("sample", 10))
    assert quality.running and quality.stop()
    name = ended(steps)
    assert name.startswith("mine-b-yours-")
    assert report_path(service.app.settings.data, name).read_text() == "half of it"
    assert not quality.stop()


def test_one_that_is_stopped_as_it_starts_is_told_to_be_stopped(service):
    """The last line of a traceback was shown: KeyboardInterrupt."""
    quality = Quality(service, (sys.executable, "-c", "import time; time.sleep(60)"))
    steps = quality.run("sample", 10)
    next(steps)
    quality.stop()
    with pytest.raises(UserError, match="Stopped before"):
        ended(steps)


def test_a_page_that_goes_away_ends_its_evaluation(service):
    quality = Quality(service, (sys.executable, "-c", SLOW))
    steps = quality.run("sample", 10)
    while next(steps) < 2:
        pass
    steps.close()
    assert not quality.running


@pytest.mark.parametrize("name", ["..", "../feedback", "a/b", "A", "", "compare-../x", "absent"])
def test_a_report_is_named_and_not_a_path(service, name):
    assert report_path(service.app.settings.data, name) is None
    with pytest.raises(UsageError, match="no such run"):
        Quality(service, ("false",)).compare(name, name)


def test_only_figures_of_which_more_is_better_are_bars(service):
    write(service.app.settings.data / "runs" / "sample-1", mixed(20))
    [run] = Quality(service).runs()
    assert run.questions == 20
    _, bars, costs = shown(run)
    better = {figure.label for figure in FIGURES if figure.higher_is_better}
    assert set(bars["value"]) <= better and bars["value"]["Right answers"] > 0.5
    for figure in FIGURES:
        assert (f"- {figure.label}: " in costs) != figure.higher_is_better
    assert len(row_of(run)) == 6 + len(FIGURES)


@pytest.mark.parametrize("broken", [b"", b"[]", b'{"metrics": 1}', b'{"metrics": {"answer": "x"}}'])
def test_a_run_that_cannot_be_read_is_left_out_or_has_no_figures(service, broken):
    folder = service.app.settings.data / "runs" / "sample-1"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({"set": "sample"}))
    (folder / "summary.json").write_bytes(broken)
    figures = [value for run in Quality(service).runs() for value in run.figures.values()]
    assert not any(figures)


def test_without_a_run_there_is_nothing_to_see():
    told, bars, costs = shown(None)
    assert "No evaluation" in told
    assert (bars["visible"], costs) == (False, "")
