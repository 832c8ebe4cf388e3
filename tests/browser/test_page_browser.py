"""The page to ask in a real browser: asked, read, stopped, filtered, kept; by hand and by keys.

    python -m pytest -m browser tests/browser

Needs Chromium (`apt-get install chromium`) and the extra `test`.
"""

from __future__ import annotations

import json
import re
from contextlib import ExitStack
from pathlib import Path

import pytest

from assistant.llm.language_model import Message
from eval.data.cases import read as read_cases
from tests.browser.browsing import PATIENCE_MS, WIDE, opened, opened_with, visit
from tests.browser.visiting import ARTICLES, GOOD, MORE, WHO, served
from tests.ui.test_page_markdown import an_answer
from ui.page.ask.conversations import Conversation, Exchange
from ui.web.server import opening_page

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844}
NOBODY = "Who won the chess prize of Bellavista?"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with served(tmp_path_factory.mktemp("page"), ARTICLES) as running:
        yield running


@pytest.fixture
def speaker(server):
    """The model, which answers at once as it always does."""
    yield server.speaker
    server.until_idle()
    server.speaker.reading.clear()
    server.speaker.writing.clear()
    server.speaker.answers.clear()


@pytest.fixture
def visited(browser, server, speaker):
    """Opens the page."""
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(visit(browser, server, **options))


def question_of(page):
    return page.locator("#question textarea")


def ask(page, question=WHO):
    question_of(page).fill(question)
    question_of(page).press("Enter")


def bot(page, number=0):
    return page.locator("#chat [data-testid=bot]").nth(number)


def final(page, number=0):
    """The answer of this number, when it is complete."""
    bot(page, number).wait_for()
    page.locator("#stop").wait_for(state="detached")
    return bot(page, number)


def answered(page, question=WHO, number=0):
    """The answer of a question that is asked now, when it is complete."""
    ask(page, question)
    page.locator("#chat [data-testid=user]").nth(number).wait_for()
    return final(page, number)


def marks(where):
    return where.locator('a[href^="article?"]')


def words(locator):
    return " ".join(locator.inner_text().split())


def sidebar(page):
    page.get_by_role("button", name="Toggle Sidebar").click()
    page.get_by_role("button", name="New conversation").wait_for()


def test_the_opening_page_leads_in_and_who_has_no_token_stays_outside(browser, server, tmp_path):
    opening = opening_page(tmp_path, server.opened).as_uri()
    for path, inside in ((opening, True), (server.address, False)):
        context = browser.new_context()
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.goto(path)
        page.locator("#question, #password").first.wait_for()
        assert page.url == (server.address if inside else f"{server.address}login")
        context.close()


MOST_BYTES = 350_000  # that the page to ask transfers when it is opened for the first time


def test_the_page_is_light(browser, server):
    with visit(browser, server) as page:
        sizes = []
        client = page.context.new_cdp_session(page)
        client.send("Network.enable")
        client.send("Network.clearBrowserCache")
        client.on("Network.loadingFinished", lambda one: sizes.append(one["encodedDataLength"]))
        page.reload()
        opened(page)
        page.wait_for_timeout(3_000)  # streams stay open, so it is never idle
        assert len(sizes) > 20
        assert sum(sizes) <= MOST_BYTES


# ── ask, read, follow up ──────────────────────────────────────────────────────────────────────


def test_evidence_stands_there_before_the_first_word(visited, speaker):
    speaker.may_read.clear()
    page = visited()
    ask(page)
    card = page.locator("#proof").get_by_text("Seoul was represented by Kim Gunn")
    card.wait_for()
    told = page.locator("#chat").get_by_text(re.compile(r"Reading \d+ tokens"))
    told.wait_for()
    assert GOOD not in words(page.locator("#chat"))
    assert "Harbour Courier · 8 September 2022" in words(page.locator("#proof"))
    speaker.may_read.set()
    assert words(final(page)).startswith(GOOD)


def test_what_is_typed_is_read_before_enter(visited, speaker):
    page = visited()
    speaker.read_ahead.clear()
    question_of(page).press_sequentially(WHO, delay=70)
    speaker.until_read_ahead(WHO)
    assert page.locator("#chat [data-testid=user]").count() == 0  # nothing is shown of it
    page.keyboard.press("Enter")
    final(page)
    asked, _word_on_the_proof = speaker.asked[-2:]
    assert asked in speaker.read_ahead


def test_a_follow_up_is_read_ahead_behind_the_conversation(visited, speaker):
    page = visited()
    answered(page)
    speaker.read_ahead.clear()
    question_of(page).press_sequentially("Where did he speak?", delay=30)
    speaker.until_read_ahead("Where did he speak?")
    assert any(Message("assistant", f"{GOOD} {MORE}") in ahead for ahead in speaker.read_ahead)


def test_an_answer_grows_sentence_by_sentence(visited, speaker):
    speaker.may_write.clear()
    page = visited()
    ask(page)
    bot(page).get_by_text("Kim Gunn").wait_for()
    assert page.locator("#stop").is_visible()
    speaker.may_write.set()
    assert words(final(page)).startswith(f"{GOOD} 1 {MORE} 2")


def test_a_mark_shows_its_quote_and_opens_the_article_at_the_sentence(visited):
    page = visited()
    mark = marks(answered(page)).first
    assert "“Seoul was represented by Kim Gunn" in mark.get_attribute("title")
    mark.click()
    here = page.locator("#reader mark strong")
    here.wait_for()
    assert words(here).endswith("Kim Gunn, the special representative for peace.")
    page.locator("#reader mark:focus").wait_for()
    assert here.bounding_box()["y"] < WIDE["height"]
    source = page.locator("#reader a")
    assert source.get_attribute("href") == "https://courier.example/envoys"
    assert source.get_attribute("rel") == "noopener noreferrer"
    page.keyboard.press("Escape")
    assert mark.evaluate("e => document.activeElement === e")


def test_an_article_has_an_address_and_back_leads_to_the_conversation(visited):
    page = visited()
    place = marks(answered(page)).first.get_attribute("href")
    page.goto(page.url + place)
    page.locator("#reader mark").wait_for()
    assert "Kim Gunn" in words(page.locator("#reader mark"))
    page.go_back()
    opened(page)
    assert words(final(page)).startswith(GOOD)


def test_a_sentence_without_proof_is_struck_and_shown_as_such(visited, speaker):
    speaker.answers[WHO] = f"{GOOD} They agreed to pay 40 billion."
    page = visited()
    answer = answered(page)
    assert "billion" not in words(answer)
    answer.get_by_text("1 sentence rejected").click()
    assert "40 billion" in words(answer.locator("s"))


def test_a_follow_up_is_told_as_it_was_understood(visited, speaker):
    page = visited()
    answered(page)
    assert "Understood as: Where did Kim Gunn speak?" in words(
        answered(page, "Where did he speak?", 1)
    )
    assert any(Message("assistant", f"{GOOD} {MORE}") in asked for asked in speaker.asked)


def test_what_no_article_says_is_refused_with_the_nearest_passages(visited):
    page = visited()
    answer = answered(page, NOBODY)
    assert answer.get_by_role("heading", name="Not in these articles").is_visible()
    assert "The nearest passages" in words(page.locator("#proof"))


def test_a_question_that_is_too_long_is_told_and_kept_in_the_box(visited):
    page = visited()
    question_of(page).fill("why " * 630)
    page.keyboard.press("Enter")
    page.get_by_text("The question has 2,519 characters; the limit is 2,000.").wait_for()
    assert question_of(page).input_value() == "why " * 630
    assert page.locator("#chat [data-testid=user]").count() == 0


def test_a_question_back_offers_what_may_be_meant_and_asks_what_is_chosen(visited):
    page = visited()
    asks = an_answer("Which Kim do you mean?", claims=[], citations=[], evidence=[], caveats=[])
    asks |= {"searched": "", "options": [WHO, NOBODY]}
    opened_with(page, Conversation("kim", "", (Exchange("a", "When did Kim speak?", asks),)))
    assert words(bot(page)).startswith("Which Kim do you mean?")
    page.get_by_role("button", name=NOBODY).wait_for()
    page.get_by_role("button", name=WHO).click()
    bot(page, 1).wait_for()
    assert words(final(page, 1)).startswith(GOOD)
    assert words(page.locator("#chat [data-testid=user]").last) == WHO


def test_an_example_question_is_asked_with_one_click(visited, speaker):
    speaker.answers["Who is Runa Feld?"] = "Runa Feld is the mayor."
    page = visited()
    page.get_by_role("button", name="Who is Runa Feld?").click()
    assert words(final(page)).startswith("Runa Feld is the mayor. 1")


# ── stop, again, edit ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("stage", ["reading", "writing"])
def test_stop_frees_the_engine_and_does_not_look_like_a_refusal(visited, speaker, stage):
    gate = {"reading": speaker.may_read, "writing": speaker.may_write}[stage]
    gate.clear()
    page = visited()
    ask(page)
    assert getattr(speaker, stage).wait(30)
    page.locator("#stop").wait_for()
    page.keyboard.press("Escape")
    assert speaker.free.wait(30)
    answer = final(page)
    answer.get_by_text("You stopped this answer").wait_for()
    assert answer.get_by_role("heading").count() == 0
    gate.set()
    page.get_by_role("button", name="Ask again").click()
    page.locator("#chat").get_by_text("You stopped").wait_for(state="detached")
    assert words(final(page)).startswith(GOOD)
    assert page.locator("#chat [data-testid=user]").count() == 1


def test_a_closed_page_frees_the_engine(visited, speaker):
    speaker.may_read.clear()
    page = visited()
    ask(page)
    assert speaker.reading.wait(30)
    page.close()
    assert speaker.free.wait(30)


def test_a_reload_during_an_answer_keeps_the_question(visited, speaker):
    speaker.may_read.clear()
    page = visited()
    ask(page)
    assert speaker.reading.wait(30)
    page.reload()
    opened(page)
    assert words(page.locator("#chat [data-testid=user]")) == WHO
    assert speaker.free.wait(30)
    speaker.may_read.set()
    page.get_by_role("button", name="Ask again").click()
    page.get_by_role("button", name="Ask again").wait_for(state="detached")
    assert words(final(page)).startswith(GOOD)


def test_ask_again_and_edit_replace_the_exchange(visited, speaker):
    page = visited()
    answered(page)
    speaker.answers[WHO] = "Kim Gunn represented Seoul."
    page.get_by_role("button", name="Retry").click()
    page.locator("#chat").get_by_text("Kim Gunn represented Seoul.").wait_for()
    final(page)
    page.get_by_role("button", name="Edit").click()
    speaker.answers["Who met in Tokyo?"] = MORE
    page.locator("#chat textarea").fill("Who met in Tokyo?")
    page.get_by_role("button", name="Submit").click()
    page.locator("#chat").get_by_text(MORE).wait_for()
    final(page)
    assert page.locator("#chat [data-testid=user]").count() == 1


def test_a_new_conversation_asks_before_it_stops_an_answer(visited, speaker):
    from playwright.sync_api import expect

    speaker.may_read.clear()
    page = visited()
    ask(page)
    assert speaker.reading.wait(30)
    sidebar(page)
    page.get_by_role("button", name="New conversation").click()
    sure = page.get_by_role("button", name="Stop the answer and begin")
    sure.wait_for()
    assert not speaker.free.is_set()
    sure.click()
    page.locator("#chat [data-testid=user]").wait_for(state="detached")
    assert speaker.free.wait(30)
    expect(page.get_by_role("radio", name=WHO)).to_have_count(1)  # the question is kept


def test_who_comes_second_is_told_how_long_it_may_take(visited, speaker):
    speaker.may_read.clear()
    first, second = visited(), visited()
    ask(first)
    assert speaker.reading.wait(30)
    ask(second, "Who is the mayor?")
    second.get_by_text(re.compile(r"1 question before yours, about \d+ s")).wait_for()
    speaker.may_read.set()
    final(first), final(second)


# ── which articles may answer ─────────────────────────────────────────────────────────────────


def days(page, label, day):
    page.get_by_label(label).locator("..").locator("input").first.fill(day)
    page.keyboard.press("Enter")


def test_days_and_sources_are_sent_along(visited):
    page = visited()
    page.get_by_role("button", name="Which articles may answer").click()
    page.get_by_label("Pacific Ledger").check()
    page.get_by_role("button", name="Which articles may answer: Pacific Ledger").wait_for()
    answered(page)
    shown = words(page.locator("#proof"))
    assert "Pacific Ledger" in shown and "Harbour Courier" not in shown
    page.get_by_role("button", name="Use all articles").click()
    page.get_by_role("button", name=re.compile(r"^Which articles may answer\W*$")).wait_for()


def test_only_the_article_beside_is_asked(visited):
    page = visited()
    marks(answered(page)).first.click()
    page.locator("#reader mark strong").wait_for()
    page.get_by_role("button", name="Ask only this article").click()
    page.get_by_role("button", name="Which articles may answer: 1 chosen article").wait_for()
    assert page.get_by_role("checkbox", name="Envoys warn of a nuclear test").is_checked()
    answered(page, "What did Kim Gunn say?", 1)
    assert "Karuizawa" not in words(page.locator("#proof"))
    page.get_by_role("button", name="Use all articles").click()
    page.get_by_role("checkbox", name="Envoys warn").wait_for(state="detached")


# ── what is kept ──────────────────────────────────────────────────────────────────────────────


def test_a_conversation_is_kept_found_renamed_and_deleted(visited):
    page = visited()
    answered(page)
    page.reload()
    opened(page)
    assert words(final(page)).startswith(GOOD)
    marks(final(page)).first.click()
    page.locator("#reader mark strong").wait_for()
    sidebar(page)
    page.get_by_label("Name of this conversation").fill("Envoys")
    page.keyboard.press("Enter")
    page.get_by_role("radio", name="Envoys").wait_for()
    page.get_by_role("button", name="New conversation").click()
    page.locator("#chat [data-testid=user]").wait_for(state="detached")
    page.get_by_placeholder("Find a conversation").fill("nothing like this")
    page.get_by_role("radio", name="Envoys").wait_for(state="detached")
    page.get_by_placeholder("Find a conversation").fill("represent")
    page.get_by_role("radio", name="Envoys").check()
    final(page)
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete for good").click()
    page.get_by_role("radio", name="Envoys").wait_for(state="detached")
    assert page.locator("#chat [data-testid=user]").count() == 0


def test_two_tabs_of_one_conversation_lose_no_answer(visited):
    page = visited()
    answered(page)
    other = page.context.new_page()
    other.goto(page.url)
    opened(other)
    final(other)
    answered(page, "Where did he speak?", 1)
    answered(other, "Who was the host?", 2)  # the first tab's question is there too
    page.reload()
    opened(page)
    final(page, 2)
    asked = page.locator("#chat [data-testid=user]").all_inner_texts()
    assert [" ".join(one.split()) for one in asked] == [
        *(WHO, "Where did he speak?", "Who was the host?"),
    ]
    other.close()


def downloaded(page, name):
    button = page.get_by_role("button", name=name)
    with page.expect_download() as waiting:
        button.click()
    return waiting.value, Path(waiting.value.path()).read_text("utf-8")


def test_a_conversation_and_a_receipt_are_exported(visited):
    page = visited()
    answered(page)
    answered(page, "Where did he speak?", 1)
    sidebar(page)
    page.get_by_role("button", name="Export").click()
    named, text = downloaded(page, "As Markdown")
    assert named.suggested_filename == "Who-is-the-special-representative.md"
    assert text.count("\n## Wh") == 2
    assert (
        "[^1]: *Envoys warn of a nuclear test*, Harbour Courier, 8 September 2022. “Seoul" in text
    )
    _, text = downloaded(page, "BibTeX")
    assert text.startswith("@article{harbourcourier2022envoys,")
    _, text = downloaded(page, "As JSON")
    assert [one["question"] for one in json.loads(text)["turns"]] == [WHO, "Where did he speak?"]
    _, text = downloaded(page, "Receipt")
    assert json.loads(text)["asked"]["question"] == "Where did he speak?"


def test_an_answer_is_copied_with_its_citations(visited):
    page = visited()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    answered(page)
    page.get_by_role("button", name="Copy message").last.click()
    page.wait_for_timeout(500)
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f"{GOOD} [1](article?id=")
    assert "“Seoul was represented by Kim Gunn" in copied


def test_a_vote_is_kept_shown_again_and_comes_out_as_an_eval_case(visited, server, tmp_path):
    page = visited()
    answered(page)
    page.get_by_role("button", name="Like", exact=True).click()
    page.get_by_text("Kept on this machine").wait_for()
    answered(page, "Who is the mayor?", 1)
    page.get_by_role("button", name="Dislike", exact=True).last.click()
    page.get_by_label("What would have been right?").fill("Runa Feld")
    page.keyboard.press("Enter")
    page.get_by_text("Your note is kept").wait_for()
    page.reload()
    opened(page)
    page.get_by_role("button", name="Liked", exact=True).wait_for()
    page.get_by_role("button", name="Disliked").wait_for()
    sidebar(page)
    page.get_by_role("button", name="Export").click()
    _, text = downloaded(page, "Feedback as eval cases")
    (tmp_path / "questions.jsonl").write_text(text, "utf-8")
    praised, blamed = read_cases(tmp_path / "questions.jsonl")
    assert praised.articles == ("envoys",)
    assert blamed.answers == ("Runa Feld",)
    assert [turn.question for turn in blamed.history] == [WHO]


# ── every reader ──────────────────────────────────────────────────────────────────────────────


def test_from_question_to_proof_with_the_keyboard(visited):
    page = visited()
    page.keyboard.press("/")
    page.keyboard.type(WHO)
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("x")
    assert question_of(page).input_value() == f"{WHO}\nx"
    page.keyboard.press("Backspace")
    page.keyboard.press("Enter")
    answer = final(page)
    marks(answer).first.focus()
    page.keyboard.press("ArrowRight")
    assert marks(answer).nth(1).evaluate("e => document.activeElement === e")
    page.keyboard.press("Enter")
    here = page.locator("#reader mark strong")
    here.get_by_text("Special envoys").wait_for()
    page.locator("#reader mark:focus").wait_for()
    page.keyboard.press("ArrowLeft")
    here.get_by_text("Seoul was represented").wait_for()
    page.keyboard.press("Escape")
    assert marks(answer).first.evaluate("e => document.activeElement === e")
    page.keyboard.press("/")
    assert question_of(page).evaluate("e => document.activeElement === e")


def test_dark_can_be_chosen_and_is_kept(visited):
    page = visited(color_scheme="light")
    sidebar(page)
    page.get_by_role("button", name="Dark or light").click()
    page.reload()
    opened(page)
    colour = question_of(page).evaluate("e => getComputedStyle(e).color")
    assert colour == "rgb(236, 235, 230)"


SMALL = """all => all.filter(e => {
  const { width, height } = e.getBoundingClientRect();
  const shown = width && getComputedStyle(e).display !== "inline";
  return shown && (width < 24 || height < 24);
}).map(e => e.outerHTML.slice(0, 120))"""
# findings in markup of Gradio that the page cannot change: rule, and what is in the element
OF_GRADIO = {("aria-required-children", 'class="examples')}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_no_finding_of_axe_and_nothing_sticks_out_or_is_too_small(visited, scheme, size):
    from axe_playwright_python.sync_playwright import Axe

    page = visited(viewport=size, color_scheme=scheme, reduced_motion="reduce")
    findings = []

    def check(where):
        for found in Axe().run(page).response["violations"]:
            for node in found["nodes"]:
                if not any(rule == found["id"] and it in node["html"] for rule, it in OF_GRADIO):
                    findings.append((where, found["id"], node["html"][:200]))
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        assert page.locator("button, summary, a").evaluate_all(SMALL) == []

    check("opening")
    answered(page)
    answered(page, NOBODY, 1)
    check("answers")
    page.get_by_role("button", name="Which articles may answer").click()
    check("filters")
    chat, filters = (page.locator(one).bounding_box() for one in ("#chat", "#filters"))
    assert chat["y"] + chat["height"] <= filters["y"]  # they covered the answer on a phone
    marks(page.locator("#chat")).first.click()
    page.locator("#reader mark strong").wait_for()
    check("article")
    sidebar(page)
    check("conversations")
    page.goto(page.url + marks(page.locator("#chat")).first.get_attribute("href"))
    page.locator("#reader mark").wait_for()
    check("page of an article")
    assert not findings, json.dumps(findings, indent=1)
