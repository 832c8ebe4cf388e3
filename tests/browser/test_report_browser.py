"""The report in a real browser: no error, no request, and hostile text that does nothing.

    python -m pytest -m browser tests/browser

Needs Chromium (`apt-get install chromium`) and the extras `test` and `eval`.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from eval.data.run_folder import load_run
from eval.reporting import html_page as pages
from eval.reporting.compare_page import html as compare_html
from eval.reporting.report import html
from eval.scoring.compare import compare
from index.text.visible_text import one_line
from tests.browser.browsing import watch
from tests.command_line import ROOT
from tests.hostile import PAYLOADS
from tests.made_runs import hostile_run, mixed, write

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("report")


@pytest.fixture(scope="module")
def report(folder):
    path = folder / "report.html"
    pages.write(path, html(load_run(write(folder / "run", mixed(80)))))
    return path


def opened(browser, path, **options):
    page = browser.new_page(**options)
    seen = watch(page)
    page.goto(path.as_uri())
    page.wait_for_load_state("load")
    return page, seen


def is_quiet(seen, path):
    assert seen.console == seen.errors == seen.dialogs == []
    assert set(seen.requests) == {path.as_uri()}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_the_report_opens_without_an_error_or_a_request(browser, report, folder, scheme, width):
    size = {"width": width, "height": 900}
    page, seen = opened(browser, report, viewport=size, color_scheme=scheme)
    page.screenshot(path=folder / f"{scheme}-{width}.png", full_page=True)
    is_quiet(seen, report)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("svg.plot").count() >= 6
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (paper == "rgb(22, 23, 22)") == (scheme == "dark")
    accent = page.locator(".plot .fill-accent").first
    assert accent.evaluate("e => getComputedStyle(e).fill") != "rgb(0, 0, 0)"
    assert (folder / f"{scheme}-{width}.png").stat().st_size > 10_000


def test_a_picture_is_taken(browser, report, folder):
    """With TAKE_PICTURE_OF=a run's folder it becomes the one in docs/evaluation.md."""
    target = folder / "report.png"
    if run := os.environ.get("TAKE_PICTURE_OF"):
        report, target = folder / "taken.html", ROOT / "docs" / "report.png"
        pages.write(report, html(load_run(Path(run))))
    size = {"width": 1100, "height": 1500}
    page, _ = opened(browser, report, viewport=size, color_scheme="light", reduced_motion="reduce")
    page.screenshot(path=target)
    assert 20_000 < target.stat().st_size < 300_000


def test_failures_are_filtered_ordered_and_opened(browser, report):
    page, seen = opened(browser, report)
    everything = page.locator(".case:visible").count()
    page.get_by_label("Kind").select_option("wrong answer")
    wrong = page.locator(".case:visible").count()
    assert 0 < wrong < everything
    page.get_by_label("Kind").select_option("")
    page.get_by_label("Words").fill("no article is about")
    assert page.locator(".case:visible").count() == everything - wrong
    page.keyboard.press("Enter")
    page.get_by_label("Words").fill("")
    page.get_by_label("Order").select_option("slow")
    slow = page.locator(".case").evaluate_all("all => all.map(e => Number(e.dataset.seconds))")
    assert slow == sorted(slow, reverse=True)
    page.get_by_role("button", name="Open all").click()
    assert page.locator(".case[open]").count() == everything
    assert page.locator(".case[open] mark").first.is_visible()
    is_quiet(seen, report)


def test_the_report_can_be_printed(browser, report):
    page, _ = opened(browser, report, color_scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert paper == "rgb(255, 255, 255)"
    assert not page.locator("#filters").is_visible()
    assert page.pdf().startswith(b"%PDF")


def test_a_comparison_opens_without_an_error_or_a_request(browser, folder):
    runs = [load_run(write(folder / f"run{seed}", mixed(60, seed))) for seed in (1, 2)]
    path = folder / "compare.html"
    pages.write(path, compare_html([compare(*runs)]))
    page, seen = opened(browser, path, viewport={"width": 390, "height": 800})
    assert page.locator(".case").count() > 3
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    is_quiet(seen, path)


TOUCH = """all => all.forEach(e => {
  if (e.tagName === "DETAILS") e.open = true;
  for (const name of ["mouseover", "focus", "toggle"]) e.dispatchEvent(new Event(name));
})"""
FORBIDDEN = "[style], a, img, iframe, object, embed, base, video, main form[action]"


@pytest.mark.parametrize("name", ["report", "comparison"])
def test_hostile_text_is_shown_and_does_nothing(browser, tmp_path, name):
    run, other = (
        load_run(hostile_run(tmp_path / str(r), PAYLOADS, right=r)) for r in (False, True)
    )
    path = tmp_path / f"{name}.html"
    pages.write(path, html(run) if name == "report" else compare_html([compare(run, other)]))
    page, seen = opened(browser, path)
    page.locator("body *").evaluate_all(TOUCH)
    assert page.locator(FORBIDDEN).count() == 0
    shown = " ".join(page.locator("main").inner_text().split())
    assert [one for one in PAYLOADS if one_line(one) not in shown] == []
    page.get_by_role("button", name="Open all").click()  # fails if anything lies over it
    page.wait_for_timeout(200)
    is_quiet(seen, path)
    assert page.evaluate("window.__x") is None
