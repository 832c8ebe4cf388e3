"""The desk's pages in a real browser: a draft checked, contradictions, standing questions.

python -m pytest -m browser tests/browser/test_desk.py
"""

from __future__ import annotations

import json
import re
from contextlib import ExitStack

import pytest

from index.text.visible_text import one_line
from tests.browser.browsing import PATIENCE_MS
from tests.browser.desk import DESK, PHONE, at_desk, findings, small_targets, words
from tests.browser.visiting import ARTICLES, served
from tests.hostile import OWN, PAYLOADS

pytestmark = pytest.mark.browser

DRAFT = (
    "Twelve people died in Lower Brask. Fifteen people died in Lower Brask."
    " The museum lent four paintings to Lisbon. Who will pay for it?"
)
TOLLS = {
    "argus.txt": (
        "Title: Fire in Varnholm\nDate: 2024-05-02\nSource: Argus\n\n"
        "The fire in the Varnholm mill killed 9 people, the police said."
    ),
    "courier.txt": (
        "Title: Fire in Varnholm\nDate: 2024-05-04\nSource: Courier\n\n"
        "The fire in Varnholm killed 7 people."
    ),
}
INSIDE = ":is(#verdicts, #news, #reader, #followed, #about)"
LOADING = "img, svg, iframe, object, embed, base, link, meta, video, style, script, form, math"
HANDLERS = """(all) => all.flatMap((e) => [...e.attributes].map((a) => a.name))
  .filter((name) => name.startsWith("on") || name === "style")"""


@pytest.fixture
def opened(browser, tmp_path):
    """Opens one of the pages of a server of its own."""
    with ExitStack() as stack:

        def open_page(path="check", articles=ARTICLES, **options):
            server = stack.enter_context(served(tmp_path, articles))
            return stack.enter_context(at_desk(browser, server, path, **options))

        yield open_page


def checked(page, draft=DRAFT):
    """Paste a draft and wait for its whole report."""
    page.locator("#draft textarea").fill(draft)
    page.get_by_role("button", name="Check", exact=True).click()
    page.get_by_role("button", name="Take the report along").wait_for()
    return page.locator("#verdicts section")


def is_harmless(page):
    """Nothing ran, and the texts of the page hold nothing but text."""
    shown = page.locator(f"{INSIDE} .prose *")
    assert page.locator(f"{INSIDE} .prose :is({LOADING})").count() == 0
    assert shown.evaluate_all(HANDLERS) == []
    links = f"{INSIDE} .prose a"
    known = ":is([href^='article?id='], [href^='https://a.example/'])"
    # in one look: an article may just be arriving
    unknown = page.locator(f"{links}:not({known})")
    assert unknown.evaluate_all("all => all.map((one) => one.outerHTML)") == []
    assert page.evaluate("window.__x") is None


def test_a_pasted_draft_gets_its_marks_and_each_proof_opens_at_its_sentence(opened):
    page = opened()
    sections = checked(page)
    assert [words(one) for one in sections.locator("p:first-child b").all()] == [
        *("✓ supported", "✗ contradicted", "? not in the archive", "· no claim")
    ]
    assert words(page.locator("#news")).startswith("4 sentences: ✓ 1 supported")
    assert sections.nth(1).locator("mark").inner_text() == "▸Fifteen◂"
    assert "the article says" in words(sections.nth(1).locator("li"))
    colours = sections.locator("p:first-child b").evaluate_all(
        "all => all.map(e => getComputedStyle(e).color)"
    )
    assert len(set(colours[:3])) == 3
    link = sections.first.get_by_role("link")
    link.click()
    mark = page.locator("#reader mark:focus")
    mark.get_by_text("Twelve people died in Lower Brask.").wait_for()
    page.goto(f"{page.url.removesuffix('check')}{link.get_attribute('href')}")
    page.locator("#reader h1", has_text="Flood reaches Ossel").wait_for()
    assert page.locator("#reader mark").inner_text() == "Twelve people died in Lower Brask."


def test_the_keyboard_is_enough_from_the_draft_to_a_proof_and_back(opened):
    page = opened()
    page.locator("#draft textarea").focus()
    page.keyboard.insert_text(DRAFT)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Take the report along").wait_for()
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("!!document.activeElement.closest('#verdicts a')"):
            break
    quote = page.locator("#verdicts a:focus").inner_text()
    page.keyboard.press("Enter")
    mark = page.locator("#reader mark:focus")
    mark.wait_for()
    assert mark.inner_text() in quote
    page.keyboard.press("Escape")
    page.locator("#verdicts a:focus").wait_for()


def test_a_check_that_is_stopped_keeps_what_was_checked(opened):
    page = opened()
    many = 1_500
    page.locator("#draft textarea").fill("Twelve people died in Lower Brask. " * many)
    page.get_by_role("button", name="Check", exact=True).click()
    page.locator("#verdicts section").first.wait_for()
    assert page.get_by_role("button", name="Check", exact=True).is_disabled()
    page.get_by_role("button", name="Stop").click()
    page.locator("#news", has_text="Stopped; what was checked is shown.").wait_for()
    told = re.match(r"(\d+) of 1,500 sentences: ✓ (\d+) supported", words(page.locator("#news")))
    assert told and told[1] == told[2]
    assert page.locator("#verdicts section").count() == int(told[1])
    assert page.get_by_role("button", name="Check", exact=True).is_enabled()
    assert page.get_by_role("button", name="Stop").count() == 0


def test_a_file_is_opened_checked_and_its_report_taken_along(opened, tmp_path):
    from playwright.sync_api import expect

    page = opened()
    path = tmp_path / "draft.md"
    path.write_text(f"# The flood\n\n{DRAFT}\n", "utf-8")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Open a file").click()
    chooser.value.set_files(path)
    expect(page.locator("#draft textarea")).to_have_value(re.compile("Lisbon"), timeout=PATIENCE_MS)
    page.get_by_role("button", name="Check", exact=True).click()
    page.get_by_role("button", name="Take the report along").click()
    texts = {}
    for name in ("As Markdown", "As JSON", "As one HTML page"):
        button = page.get_by_role("button", name=name)
        expect(button).to_be_enabled(timeout=PATIENCE_MS)
        with page.expect_download() as download:
            button.click()
        texts[download.value.suggested_filename] = download.value.path().read_text("utf-8")
    assert texts["checked-draft.md"].startswith("# Checked draft")
    report = json.loads(texts["checked-draft.json"])
    assert report["counts"]["contradicted"] == 1 and "event" not in report
    assert texts["checked-draft.html"].startswith("<!doctype html>")
    assert "script" not in texts["checked-draft.html"]


def test_filters_hold_and_what_is_wrong_is_said_in_one_line(opened):
    page = opened()
    page.get_by_role("button", name="Which articles count").click()
    day = page.get_by_placeholder("YYYY-MM-DD").nth(2)  # published until
    day.fill("2023-01-01")
    day.press("Enter")
    sections = checked(page, "Twelve people died in Lower Brask.")
    assert "not in the archive" in words(sections.first)
    page.locator("#draft textarea").fill("  ")
    page.get_by_role("button", name="Check", exact=True).click()
    page.locator("#news", has_text="The draft is empty.").wait_for()
    assert page.get_by_role("button", name="Check", exact=True).is_enabled()


def test_hostile_drafts_and_articles_are_only_text(opened):
    lines = [" ".join(said.split()) for said in PAYLOADS]
    hostile = {
        f"hostile-{number}.txt": f"Title: {line}\nSource: {line}\nDate: 2024-05-03\n"
        f"URL: https://a.example/{line}\n\nThe mayor of Brask said {line} on Friday.\n"
        for number, line in enumerate(lines)
    }
    page = opened(articles=hostile)
    draft = "\n\n".join(f"The mayor of Brask said {line} on Monday." for line in lines)
    sections = checked(page, draft)
    is_harmless(page)
    shown = one_line(page.locator("#verdicts").inner_text())
    assert one_line(OWN[0]) in shown and one_line(OWN[-2]) in shown
    links = sections.get_by_role("link")
    assert links.count() > len(lines) // 2
    for number in range(0, links.count(), 9):
        links.nth(number).click()
        page.locator("#reader mark").first.wait_for()
        is_harmless(page)
    page.goto(page.url.replace("check", "contradictions"))
    page.locator("#topic :is(textarea, input)").fill(OWN[1])
    page.get_by_role("button", name="Compare").click()
    page.locator("#news", has_text="compared").wait_for()
    is_harmless(page)


def test_contradictions_stand_with_both_values_days_and_sentences(opened):
    page = opened("contradictions", ARTICLES | TOLLS)
    page.locator("#news", has_text="1 pair").wait_for()
    [pair] = page.locator("#verdicts section").all()
    assert words(pair).startswith("✗ contradiction · dead: 7 people / 9 people")
    assert "Courier · 4 May 2024" in words(pair) and "Argus · 2 May 2024" in words(pair)
    pair.get_by_role("link").nth(1).click()
    page.locator("#reader mark:focus", has_text="killed 9 people").wait_for()
    page.locator("#topic :is(textarea, input)").fill("the envoys in Tokyo")
    page.get_by_role("button", name="Compare").click()
    page.locator("#news", has_text="No contradiction found").wait_for()


def test_a_question_is_followed_looked_at_and_removed(opened):
    page = opened("following", {"flood.txt": ARTICLES["flood.txt"]})
    page.locator("#news", has_text="Nothing is followed yet.").wait_for()
    page.locator("#topic :is(textarea, input)").fill("the flood <b>in</b> Lower Brask")
    page.get_by_role("button", name="Follow", exact=True).click()
    page.locator("#news", has_text="What comes from now on is news.").wait_for()
    page.get_by_label("the flood <b>in</b> Lower Brask").wait_for()
    page.get_by_role("button", name="Look now").click()
    page.locator("#news", has_text="Nothing new.").wait_for()
    page.get_by_role("button", name="Unfollow").click()
    page.locator("#news", has_text="is not followed any more.").wait_for()
    assert page.locator("#followed").is_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_nothing_sticks_out_is_too_small_or_is_found_by_axe(opened, scheme, size):
    page = opened(articles=ARTICLES | TOLLS, viewport=size, color_scheme=scheme)
    sections = checked(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    assert small_targets(page) == []
    assert findings(page) == []
    sections.first.get_by_role("link").click()
    page.locator("#reader mark").first.wait_for()
    assert findings(page) == []
    for path, ready in (("contradictions", "1 pair"), ("following", "Nothing is followed")):
        page.goto(re.sub(r"[^/]+$", path, page.url))
        page.locator("#news", has_text=ready).wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        assert small_targets(page) == []
        assert findings(page) == []
