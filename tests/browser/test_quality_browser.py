"""The Quality page in a real browser: run, stopped, looked at, compared.

python -m pytest -m browser tests/browser/test_quality_browser.py
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from tests.browser.browsing import watch
from tests.browser.desk import DESK, PHONE, at_desk, cells, findings, small_targets, words
from tests.browser.visiting import ARTICLES, served
from tests.hostile import PAYLOADS
from tests.made_runs import hostile_run, mixed, write

pytestmark = pytest.mark.browser

RUNS = "#runs"
EVALUATION = (sys.executable, str(Path(__file__).parent / "made_evaluation.py"))


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with served(tmp_path_factory.mktemp("quality"), ARTICLES, EVALUATION) as running:
        yield running


@pytest.fixture
def page(browser, server):
    with at_desk(browser, server, "quality") as page:
        yield page


def run(page):
    page.get_by_role("button", name="Run the evaluation").click()
    page.locator("#news", has_text=re.compile(r"[1-9]\d*/10 questions")).wait_for()


def test_an_evaluation_is_run_stopped_opened_and_compared(page):
    page.get_by_text("No evaluation was run yet.").wait_for()
    for number in (1, 2):
        run(page)
        if number == 2:
            page.get_by_role("button", name="Stop").click()
        page.locator("#news", has_text="Done.").wait_for()
        cells(page, 1, RUNS).nth(number - 1).wait_for()
        assert page.get_by_role("button", name="Stop").is_hidden()
    with page.expect_popup() as waiting:
        page.locator("#news").get_by_role("link", name="Open the report").click()
    report = waiting.value
    seen = watch(report)
    report.get_by_label("Words").fill("who")
    assert report.locator("svg.plot").count() >= 1
    report.close()
    assert seen.console == seen.errors == []
    assert page.get_by_role("button", name="Tick two runs to compare them").is_disabled()
    for row in (0, 1):
        cells(page, 0, RUNS).nth(row).get_by_role("checkbox").click()
    page.get_by_role("button", name="Compare the two runs").click()
    page.locator("#compared pre", has_text="citation_precision").wait_for()
    assert page.locator("#compared a").get_attribute("href").startswith("runs/compare-sample-")


def test_figures_of_which_less_is_better_are_no_bars_and_a_chosen_run_is_shown(server, browser):
    write(server.data / "runs" / "sample-20200101-000000", mixed(7))
    with at_desk(browser, server, "quality") as page:
        row = page.locator(f"{RUNS} [role=row]", has_text="sample-20200101-000000")
        row.locator("[role=gridcell][data-col='2']").click()
        page.locator("#run", has_text="7 questions").wait_for()
        bars = words(page.locator("#bars"))
        assert "Right answers" in bars and "refused" not in bars.replace("Rightly refused", "")
        assert "Wrongly refused" in words(page.locator("#costs"))
        assert words(page.locator("#costs")).count("(lower is better)") == 2


def test_a_second_page_is_told_that_one_is_running(server, browser):
    with at_desk(browser, server, "quality") as first, at_desk(browser, server, "quality") as other:
        first.get_by_role("button", name="Run the evaluation").click()
        first.get_by_role("button", name="Stop").wait_for()
        other.get_by_role("button", name="Run the evaluation").click()
        other.locator("#news", has_text="running already").wait_for()
        first.locator("#news", has_text="Done.").wait_for()


def test_hostile_names_of_sets_and_texts_of_runs_are_only_text(server, browser):
    folder = server.data / "sets" / "<img src=x onerror=alert(1)>"
    folder.mkdir(parents=True)
    (folder / "questions.jsonl").touch()
    hostile_run(server.data / "runs" / "hostile", PAYLOADS[:12])
    with at_desk(browser, server, "quality") as page:
        page.locator("#run").get_by_text("12 questions").wait_for()
        page.get_by_label("Set").click()
        page.get_by_role("option", name="<img src=x onerror=alert(1)>").click()
        inside = ":is(#run, #bars, #costs, #runs, #set, #news)"
        assert page.locator(f"{inside} :is(img, iframe, script, form, style)").count() == 0
        assert page.evaluate("window.__x") is None


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_nothing_sticks_out_is_too_small_or_is_found_by_axe(server, browser, scheme, size):
    write(server.data / "runs" / "sample-20200101-000000", mixed(7))
    look = {"viewport": size, "color_scheme": scheme, "reduced_motion": "reduce"}
    with at_desk(browser, server, "quality", **look) as page:
        cells(page, 1, RUNS).first.wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        assert small_targets(page) == []
        assert findings(page) == []
