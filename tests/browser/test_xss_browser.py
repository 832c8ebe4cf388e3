"""Hostile texts in every place of the page to ask that shows one: nothing runs, loads or covers it.

The shared list of payloads is used as well where it is there; our own always are.
"""

from __future__ import annotations

import pytest

from index.text.visible_text import one_line
from tests.browser.browsing import opened, opened_with, visit
from tests.browser.visiting import ARTICLES, GOOD, WHO, served
from tests.hostile import OWN, PAYLOADS
from tests.ui.test_page_markdown import an_answer
from ui.page.ask.conversations import Conversation, Exchange

pytestmark = pytest.mark.browser

SHOWN = ":is(:is(#chat, #proof, #reader) .prose, #talks label)"
FORBIDDEN = f"""{SHOWN} :is([style], a[href^=j i], a[href^=d i], 
a[href*='127.0.0.1:9999']:not([href^='https://a.example/']), img,
svg, iframe, object, embed, base, link, meta, video, audio, style, script, form, math, textarea,
input:not([type=radio]))"""
HANDLERS = """(all) => all.flatMap((e) => [...e.attributes].map((a) => a.name))
  .filter((name) => name.startsWith("on"))"""
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
        asked(page, WHO)


def asked(page, question):
    before = page.locator("#chat [data-testid=user]").count()
    page.locator("#question textarea").fill(question)
    page.get_by_role("button", name="Ask", exact=True).click()  # fails if anything lies over it
    page.locator("#chat [data-testid=user]").nth(before).wait_for()
    page.locator("#chat [data-testid=bot]").nth(before).wait_for()
    page.locator("#stop").wait_for(state="detached")


def is_harmless(page):
    everything = page.locator(f"{SHOWN} *")
    everything.evaluate_all(TOUCH)
    assert page.locator(FORBIDDEN).count() == 0
    assert everything.evaluate_all(HANDLERS) == []
    assert page.evaluate("window.__x") is None


def test_questions_and_answers_as_they_stream_and_as_they_are_kept(page, server):
    size = 8
    for at in range(0, len(PAYLOADS), size):
        some = PAYLOADS[at : at + size]
        question = f"{WHO} {at} {one_line(some[0])[:300]}"
        # the model's text comes seven characters at a time, so that each is cut everywhere
        server.speaker.answers[f"{WHO} {at} "] = f"{GOOD} " + " ".join(
            f"The special representative said {one} on Friday." for one in some
        )
        asked(page, question)
        assert page.locator(FORBIDDEN).count() == 0
        shown = page.locator("#chat [data-testid=user]").last.inner_text()
        assert one_line(shown) == one_line(question)
    page.reload()
    opened(page)
    page.locator("#chat [data-testid=bot]").last.wait_for()
    page.get_by_role("button", name="Toggle Sidebar").click()
    page.locator("#talks input").first.wait_for()


def test_names_of_conversations(page):
    asked(page, WHO)
    page.get_by_role("button", name="Toggle Sidebar").click()
    for said in OWN[:6]:
        page.get_by_label("Name of this conversation").fill(said)
        page.keyboard.press("Enter")
        page.locator("#talks").get_by_text(one_line(said)[:100]).first.wait_for()
        assert page.locator(FORBIDDEN).count() == 0
    page.get_by_role("button", name="Toggle Sidebar").click()


KINDS = ({}, {"in_rows": True}, {"kind": "comparison"}, {"refused": True}, {"cut": "cancelled"})


def test_conversations_that_somebody_planted_in_the_store_of_the_browser(page):
    """Names, questions, answers of every kind, options and problems; shown, and kept again."""
    turns = [
        Exchange(f"{said[:40]}{number}", said, an_answer(said, options=[said], **kind))
        for number, said in enumerate(PAYLOADS)
        for kind in KINDS
    ]
    turns += [Exchange(said[:40], said, problem=said) for said in PAYLOADS]
    for said in (OWN[0], OWN[1], OWN[6]):
        opened_with(page, Conversation(said[:60], said, tuple(turns)))
        shown = page.locator("#chat [data-testid=user]")
        shown.nth(len(turns) - 1).wait_for()
        assert one_line(shown.last.inner_text()) == one_line(turns[-1].question)
        is_harmless(page)
    page.reload()  # now the store itself has them
    opened(page)
    shown.nth(len(turns) - 1).wait_for()
    page.get_by_role("button", name="Toggle Sidebar").click()
    page.locator("#talks").get_by_text(one_line(OWN[6])[:40]).first.wait_for()
    is_harmless(page)
    opened_with(page, Conversation("none"))


def test_articles_beside_an_answer_and_at_their_address(page):
    asked(page, "What did the special representative say on Friday?")
    links = page.locator('#proof a[href^="article?"]')
    places = [link.get_attribute("href") for link in links.all()]
    assert len(places) > 2
    for link in links.all()[:3]:
        if link.is_visible():
            link.click()
            page.locator("#reader mark").first.wait_for()
            is_harmless(page)
            page.get_by_role("tab", name="Proof").click()
    home = page.url
    for place in places:
        page.goto(home + place)
        page.locator("#reader mark").first.wait_for()
        is_harmless(page)
    page.goto(home)
    opened(page)


def test_messages_of_errors(page):
    page.locator("#question textarea").fill(f"{OWN[0]} {OWN[1]} " * 60)
    page.get_by_role("button", name="Ask", exact=True).click()
    page.get_by_text("the limit is 2,000").wait_for()


@pytest.mark.parametrize(
    "address", ["?id=<script>", "?id=../x&s=a", f"?id={'0' * 32}&s=-9&e=9", ""]
)
def test_an_address_that_is_no_article_says_so(page, address):
    home = page.url
    page.goto(f"{home}article{address}")
    page.get_by_text("not in the index any more").wait_for()
    page.goto(home)
    opened(page)
