"""The report in a real browser: no error, no request, and hostile text that does nothing.

    python -m pytest -m browser tests/browser

Needs Chromium (`apt-get install chromium`) and the extras `test` and `eval`.
"""

from __future__ import annotations

import json

import pytest
from PIL import Image

from eval.data.run_folder import load_run
from eval.reporting import html_page as pages
from eval.reporting.compare_page import html as compare_html
from eval.reporting.report import html
from eval.scoring.compare import compare
from tests.browser.browsing import watch
from tests.browser.shot import HEIGHT, MOST, WIDTH, shoot
from tests.eval.test_report import PAYLOADS, hostile_run
from tests.made_runs import mixed, write

pytestmark = pytest.mark.browser

# beside the shared payloads: the ways a page can be harmed here
OWN = [
    "<script>window.__x=(window.__x||[]).concat('own')</script>",
    '<img src="http://127.0.0.1:9999/own.png" onerror="window.__x=[1]">',
    "</style><script>window.__x=[2]</script>",
    '"><svg onload="window.__x=[3]">',
    "<div style='position:fixed;inset:0;z-index:9999'>over</div>",
    "{{ 7 * 7 }} ${7 * 7}",
]


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


def test_the_picture_of_a_report_is_small_and_shows_it(browser, report, folder):
    target = folder / "report.png"
    shoot(browser, report, target)
    with Image.open(target) as picture:
        assert picture.size == (WIDTH, HEIGHT)
        assert len(picture.convert("RGB").getcolors(maxcolors=1 << 20)) > 50
    assert 20_000 < target.stat().st_size < MOST


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


def test_hostile_text_is_shown_and_does_nothing(browser, folder):
    harm(browser, folder / "own", OWN)


@pytest.mark.skipif(not PAYLOADS.is_file(), reason=f"{PAYLOADS} is not on this machine")
def test_the_shared_payloads_are_shown_and_do_nothing(browser, folder):
    harm(browser, folder / "shared", json.loads(PAYLOADS.read_text("utf-8")))


TOUCH = """all => all.forEach(e => {
  if (e.tagName === "DETAILS") e.open = true;
  for (const name of ["mouseover", "focus", "toggle"]) e.dispatchEvent(new Event(name));
})"""
FORBIDDEN = "[style], a, img, iframe, object, embed, base, video, main form[action]"


def harm(browser, folder, payloads):
    run, other = (load_run(hostile_run(folder / str(r), payloads, right=r)) for r in (False, True))
    report, comparison = folder / "report.html", folder / "compare.html"
    pages.write(report, html(run))
    pages.write(comparison, compare_html([compare(run, other)]))
    for path in (report, comparison):
        page, seen = opened(browser, path)
        page.locator("body *").evaluate_all(TOUCH)
        assert page.locator(FORBIDDEN).count() == 0
        shown = " ".join(page.locator("main").inner_text().split())
        assert [one for one in payloads if " ".join(one.split()) not in shown] == []
        page.get_by_role("button", name="Open all").click()  # fails if anything lies over it
        page.wait_for_timeout(200)
        is_quiet(seen, path)
        assert page.evaluate("window.__x") is None
