"""Hostile texts in every place of the page that shows one: nothing runs, loads or covers it.

The shared list of payloads is used as well where it is there; our own always are.
"""

from __future__ import annotations

import re

import pytest

from index.text.visible_text import one_line
from tests.browser.browsing import visit
from tests.browser.visiting import ARTICLES, GOOD, WHO, served
from tests.hostile import OWN, PAYLOADS
from tests.ui.test_render import an_answer

pytestmark = pytest.mark.browser

HANDLERS = """[...document.querySelectorAll("#assistant *")].flatMap((e) =>
  [...e.attributes].filter((a) => a.name.startsWith("on") || a.name === "style" && !e.id))"""
FORBIDDEN = ":is(#turns, #panel, #articles, #work, #conversation-list) :is([style], a[href^=j i], \
a[href^=d i], a[href*='127.0.0.1:9999'], img, svg, iframe, object, embed, base, link, meta, \
video, audio, style, script, input:not([type=checkbox]))"
TOUCH = """(all) => all.forEach((e) => {
  if (e.tagName === "DETAILS") e.open = true;
  for (const name of ["mouseover", "focus", "focusin", "toggle", "pointerover"])
    e.dispatchEvent(new Event(name, { bubbles: true }));
})"""


def story(said: str) -> str:
    """An article that holds one text wherever a text can stand in it."""
    line = " ".join(said.split())
    return (
        f"Title: {line}\nSource: {line}\nDate: 2024-05-03\nURL: https://a.example/{line}\n\n"
        f"The special representative said {line} on Friday. It was {line} that he meant.\n"
    )


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    hostile = {f"hostile-{number}.txt": story(said) for number, said in enumerate(PAYLOADS)}
    with served(tmp_path_factory.mktemp("xss"), ARTICLES | hostile) as running:
        yield running


@pytest.fixture
def page(browser, server):
    with visit(browser, server) as page:
        yield page
        is_harmless(page)
        server.speaker.answers.clear()
        page.get_by_role("tab", name="Ask").click()
        page.get_by_label("Your question").fill(WHO)
        page.get_by_role("button", name="Ask", exact=True).click()  # fails if anything lies over it
        page.locator(".slot:last-child [data-final]").wait_for()


def is_harmless(page):
    page.locator("#assistant *").evaluate_all(TOUCH)
    assert page.locator(FORBIDDEN).count() == 0
    assert page.evaluate(HANDLERS) == []
    assert page.evaluate("window.__x") is None


def test_exchanges_that_the_browser_has_kept(page):
    turns = [
        {"key": f"{number}-{refused}", "answer": an_answer(said, refused=refused)}
        for number, said in enumerate(PAYLOADS)
        for refused in (False, True)
    ]
    kept = [{"id": said, "title": said, "made": 1, "turns": []} for said in OWN]
    kept.append({"id": "all", "title": PAYLOADS[0], "made": 1, "turns": turns})
    page.evaluate(
        """([kept]) => {
            localStorage.setItem("assistant.conversations", JSON.stringify(kept));
            sessionStorage.setItem("assistant.open", "all");
        }""",
        [kept],
    )
    page.reload()
    page.locator(".turn").nth(len(turns) - 1).wait_for()
    shown = page.locator(".asked").all_inner_texts()
    assert [one_line(one) for one in shown] == [one_line(t["answer"]["question"]) for t in turns]
    for mark in page.locator(".mark").all()[:: max(1, len(PAYLOADS) // 8)]:
        mark.hover()
        assert page.get_by_role("tooltip").is_visible()


def test_questions_and_answers_as_they_stream(page, server):
    size = 8
    for at in range(0, len(PAYLOADS), size):
        some = PAYLOADS[at : at + size]
        question = f"{WHO} {at} {one_line(some[0])[:300]}"
        # the model's text comes seven characters at a time, so that each is cut everywhere
        server.speaker.answers[f"{WHO} {at} "] = f"{GOOD} " + " ".join(
            f"The special representative said {one} on Friday." for one in some
        )
        page.get_by_label("Your question").fill(question)
        page.keyboard.press("Enter")
        page.locator(".slot:last-child [data-final]").wait_for()
        assert page.locator(FORBIDDEN).count() == 0
    assert page.locator(".turn").count() == len(range(0, len(PAYLOADS), size))


def test_articles_in_the_library_and_beside(page):
    page.get_by_role("tab", name="Library").click()
    page.locator("#articles table").wait_for()
    read = 0
    while True:
        for title in page.locator("#articles .near .open").all()[:2]:
            title.click()
            page.locator("#panel .story").wait_for()
            page.keyboard.press("Escape")
            read += 1
        is_harmless(page)
        following = page.get_by_role("button", name="Next", exact=True)
        if not following.count() or following.is_disabled():
            break
        number = page.locator(".pages span").inner_text()
        following.click()
        page.wait_for_selector(f".pages span:not(:text-is('{number}'))")
    assert read >= (4 if len(PAYLOADS) > 25 else 2)  # 25 a page


def test_file_names_and_reasons_of_an_upload(page):
    page.get_by_role("tab", name="Library").click()
    page.locator("#articles table").wait_for()
    sent = PAYLOADS[:40]
    page.locator("#files").set_input_files(
        [
            {
                "name": f"{said.replace('/', '')[:120]}.json",
                "mimeType": "application/json",
                "buffer": f"{{{said}".encode(),
            }
            for said in sent
        ]
    )
    page.locator(".files li").nth(min(30, len(sent) - 1)).wait_for()
    assert "not taken" in page.locator(".files li").first.inner_text()
    page.get_by_label("Find by title or source").fill(OWN[0])
    page.locator("#articles caption", has_text=re.compile(r"^[1-3] articles?$")).wait_for()


def test_messages_of_the_page(page):
    for said in OWN:
        page.evaluate(
            """async ([said]) => {
                const { notify, made } = await import(new URL("own/client.js", document.baseURI));
                notify(said);
                document.getElementById("work").append(made("p", said));
            }""",
            [said],
        )
        assert one_line(page.locator("#notice").inner_text()) == one_line(said)
        assert page.locator(FORBIDDEN).count() == 0
