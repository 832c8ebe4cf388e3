"""The page in a real browser: asked, read, stopped, filtered, changed, kept; by hand and by keys.

    python -m pytest -m browser tests/browser

Needs Chromium (`apt-get install chromium`) and the extra `test`.
"""

from __future__ import annotations

import json
import os
import re
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from assistant.llm.language_model import Message
from eval.data.cases import read as read_cases
from tests.browser.browsing import PATIENCE_MS, WIDE, visit, watch
from tests.browser.visiting import ARTICLES, GOOD, MORE, WHO, served
from tests.command_line import ROOT
from ui.web.server import opening_page

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 800}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    evaluation = (sys.executable, str(Path(__file__).parent / "made_evaluation.py"))
    with served(tmp_path_factory.mktemp("page"), ARTICLES, evaluation) as running:
        yield running


@pytest.fixture
def speaker(server):
    """The model, which answers at once as it always does."""
    yield server.speaker
    server.speaker.open_gates()
    server.speaker.reading.clear()
    server.speaker.writing.clear()
    server.speaker.answers.clear()


@pytest.fixture
def opened(browser, server, speaker):
    """Opens the page."""
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(visit(browser, server, **options))


def test_the_opening_page_leads_in_and_who_has_no_token_stays_outside(browser, server, tmp_path):
    opening = opening_page(tmp_path, server.opened).as_uri()
    for path, inside in ((opening, True), (server.address, False)):
        context = browser.new_context()
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.goto(path)
        page.locator("#examples button, #password").first.wait_for()
        assert page.url == (server.address if inside else f"{server.address}login")
        if inside:  # with the cookie, and no token in the address
            page.reload()
            page.locator("#examples button").first.wait_for()
        context.close()


def ask(page, question=WHO):
    page.get_by_label("Your question").fill(question)
    page.keyboard.press("Enter")


def final(page, number=0):
    """The exchange of this number, when it is complete."""
    turn = page.locator(".turn[data-final]").nth(number)
    turn.wait_for()
    return turn


def answered(page, question=WHO, number=0):
    """The exchange of a question that is asked now, when it is complete."""
    ask(page, question)
    return final(page, number)


def library_of(page):
    page.get_by_role("tab", name="Library").click()
    page.locator("#articles table").wait_for()
    return page


def words(locator):
    return " ".join(locator.inner_text().split())


# ── ask, read, follow up ──────────────────────────────────────────────────────────────────────


def test_evidence_stands_there_before_the_first_word(opened, speaker):
    speaker.may_read.clear()
    page = opened()
    ask(page)
    card = page.locator(".card", has_text="Envoys warn of a nuclear test")
    card.wait_for()
    assert page.locator(".answer").count() == 0
    assert re.search(r"Reading \d+ tokens", words(page.locator(".status")))
    assert "Harbour Courier · 8 September 2022" in words(card)
    assert "Kim Gunn" in words(card.locator("strong"))
    speaker.may_read.set()
    assert words(final(page).locator(".answer")).startswith(GOOD)


def test_what_is_typed_is_read_before_enter(opened, speaker):
    page = opened()
    speaker.read_ahead.clear()
    page.get_by_label("Your question").press_sequentially(WHO, delay=70)
    speaker.until_read_ahead(WHO)
    assert page.locator(".turn").count() == 0  # nothing is shown of it
    page.keyboard.press("Enter")
    final(page)
    asked, _word_on_the_proof = speaker.asked[-2:]
    assert asked in speaker.read_ahead


def test_what_an_input_method_composes_is_read_when_it_is_there(opened, speaker):
    page = opened()
    speaker.read_ahead.clear()
    page.get_by_label("Your question").focus()
    keyboard = page.context.new_cdp_session(page)
    for end in (6, 14, len(WHO)):
        part = WHO[:end]
        composed = {"text": part, "selectionStart": end, "selectionEnd": end}
        keyboard.send("Input.imeSetComposition", composed)
    keyboard.send("Input.insertText", {"text": WHO})
    speaker.until_read_ahead(WHO)
    assert len(speaker.read_ahead) == 1
    assert page.get_by_label("Your question").input_value() == WHO


def test_an_answer_grows_sentence_by_sentence(opened, speaker):
    speaker.may_write.clear()
    page = opened()
    ask(page)
    page.locator(".pending").wait_for()
    assert page.locator(".turn[data-final]").count() == 0
    assert page.get_by_role("button", name="Stop").is_visible()
    speaker.may_write.set()
    answer = final(page)
    assert answer.locator(".pending").count() == 0
    assert page.get_by_role("button", name="Ask", exact=True).is_visible()


def test_a_mark_shows_its_quote_and_opens_the_article_at_the_sentence(opened):
    page = opened()
    mark = answered(page).locator(".mark").first
    mark.hover()
    quote = page.get_by_role("tooltip")
    assert "Seoul was represented by Kim Gunn" in words(quote)
    mark.click()
    here = page.locator("#panel mark.here")
    here.wait_for()
    assert words(here).endswith("Kim Gunn, the special representative for peace.")
    assert here.evaluate("e => document.activeElement === e")
    assert here.bounding_box()["y"] < WIDE["height"]
    source = page.locator("#panel .address a")
    assert source.get_attribute("href") == "https://courier.example/envoys"
    assert source.get_attribute("rel") == "noopener noreferrer"
    page.get_by_role("button", name="Close the article").click()
    assert page.locator("#panel").is_hidden()
    assert mark.evaluate("e => document.activeElement === e")


def test_a_sentence_without_proof_is_struck_and_shown_as_such(opened, speaker):
    speaker.answers[WHO] = f"{GOOD} They agreed to pay 40 billion."
    page = opened()
    turn = answered(page)
    assert "billion" not in words(turn.locator(".answer"))
    turn.get_by_text("1 sentence rejected").click()
    assert "40 billion" in words(turn.locator(".struck"))


def test_a_follow_up_is_told_as_it_was_understood(opened, speaker):
    page = opened()
    answered(page)
    assert "Understood as: Where did Kim Gunn speak?" in words(
        answered(page, "Where did he speak?", 1)
    )
    assert any(Message("assistant", f"{GOOD} {MORE}") in asked for asked in speaker.asked)


def test_what_no_article_says_is_refused_with_the_nearest_passages(opened):
    page = opened()
    turn = answered(page, "Who won the chess prize of Bellavista?")
    assert "Not in these articles" in words(turn.locator(".refusal"))
    assert turn.locator(".answer").count() == 0
    assert "The nearest passages" in words(turn)
    assert turn.locator(".card").count() >= 1


# ── stop, again, edit ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("stage", ["reading", "writing"])
def test_stop_frees_the_engine(opened, speaker, stage):
    gate = {"reading": speaker.may_read, "writing": speaker.may_write}[stage]
    gate.clear()
    page = opened()
    ask(page)
    assert getattr(speaker, stage).wait(30)
    page.locator(".status").wait_for()
    page.keyboard.press("Escape")
    assert speaker.free.wait(30)
    turn = final(page)
    assert "stopped" in words(turn).casefold()
    gate.set()
    assert words(answered(page, number=1).locator(".answer")).startswith(GOOD)


def test_a_closed_page_frees_the_engine(opened, speaker):
    speaker.may_read.clear()
    page = opened()
    ask(page)
    assert speaker.reading.wait(30)
    page.close()
    assert speaker.free.wait(30)


def test_ask_again_and_edit_replace_the_last_exchange(opened, speaker):
    page = opened()
    turn = answered(page)
    speaker.may_read.clear()
    turn.get_by_role("button", name="Ask again").click()
    page.wait_for_selector(".turn:not([data-final])")
    speaker.may_read.set()
    final(page).get_by_role("button", name="Edit").click()
    field = page.get_by_label("Your question")
    assert field.input_value() == WHO
    ask(page, "Who met in Tokyo?")
    page.get_by_role("heading", name="Who met in Tokyo?").wait_for()
    final(page)
    assert page.locator(".turn").count() == 1


# ── which articles may answer ─────────────────────────────────────────────────────────────────


def test_days_sources_and_strictness_are_sent_along(opened):
    page = opened()
    page.get_by_text("Which articles may answer").click()
    page.get_by_label("Published from").fill("2023-01-01")
    page.get_by_label("Pacific Ledger").check()
    page.get_by_label("Minimum confidence of an answer").fill("0.2")
    assert "from 2023-01-01, 1 source" in words(page.locator("#filters summary"))
    ask(page)
    assert {"Pacific Ledger"} == {
        words(meta).split(" · ")[0] for meta in final(page).locator(".card .meta").all()
    }
    page.get_by_role("button", name="Use all articles").click()
    page.get_by_label("Known as of").fill("2022-12-31")
    assert all("2022" in words(m) for m in answered(page, number=1).locator(".card .meta").all())


# ── what is kept ──────────────────────────────────────────────────────────────────────────────


def test_a_conversation_is_kept_renamed_and_deleted(opened):
    page = opened()
    answered(page)
    page.reload()
    again = final(page)
    assert words(again.locator(".answer")).startswith(GOOD)
    again.locator(".mark").first.click()
    page.locator("#panel mark.here").wait_for()
    page.keyboard.press("Escape")
    row = page.locator("#conversation-list li").first
    row.hover()
    row.get_by_role("button", name="Rename").click()
    page.get_by_label("Name of the conversation").fill("Envoys")
    page.keyboard.press("Enter")
    assert words(page.locator("#conversation-list .name")) == "Envoys"
    page.get_by_role("button", name="New conversation").click()
    assert page.locator(".turn").count() == 0
    page.get_by_role("button", name="Envoys", exact=True).click()
    final(page)
    row.hover()
    row.get_by_role("button", name="Delete").click()
    row.get_by_text("Delete for good").click()
    assert page.locator("#conversation-list li").count() == page.locator(".turn").count() == 0


def test_an_answer_is_copied_with_its_citations(opened):
    page = opened()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    answered(page).get_by_role("button", name="Copy").click()
    page.get_by_text("Copied with its citations").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert f"**{WHO}**" in copied
    assert f"{GOOD} [1]" in copied
    assert "[1] Envoys warn of a nuclear test (Harbour Courier, 8 September 2022): “Seoul" in copied


def downloaded(page, click):
    with page.expect_download() as waiting:
        click()
    return waiting.value, Path(waiting.value.path()).read_text("utf-8")


def test_a_conversation_and_a_receipt_are_exported(opened):
    page = opened()
    turn = answered(page)
    answered(page, "Where did he speak?", 1)
    named, text = downloaded(page, page.get_by_role("button", name="Export as Markdown").click)
    assert named.suggested_filename == "Who-is-the-special-representative.md"
    assert text.count("**Wh") == 2
    _, text = downloaded(page, page.get_by_role("button", name="Export as JSON").click)
    assert [one["question"] for one in json.loads(text)["turns"]] == [WHO, "Where did he speak?"]
    _, text = downloaded(page, turn.get_by_role("button", name="Receipt").click)
    assert json.loads(text)["asked"]["question"] == WHO


def test_feedback_is_kept_and_comes_out_as_eval_cases(opened, server, tmp_path):
    page = opened()
    answered(page).get_by_role("button", name="Helpful", exact=True).click()
    page.get_by_text("Kept on this machine").wait_for()
    answered(page, "Who is the mayor?", 1).get_by_role("button", name="Not helpful").click()
    page.get_by_label("What would have been right?").fill("Runa Feld")
    page.get_by_role("button", name="Keep the note").click()
    page.get_by_text("Your note is kept").wait_for()
    rows = (server.data / "feedback.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(row)["vote"] for row in rows] == ["up", "down", "down"]
    _, text = downloaded(page, page.get_by_role("button", name="Feedback as eval cases").click)
    (tmp_path / "questions.jsonl").write_text(text, "utf-8")
    praised, blamed = read_cases(tmp_path / "questions.jsonl")
    assert praised.articles == ("envoys",)
    assert blamed.answers == ("Runa Feld",)
    assert [turn.question for turn in blamed.history] == [WHO]


# ── Library and Quality ───────────────────────────────────────────────────────────────────────

STORY = (
    b"Title: New bridge opens\nDate: 2024-07-01\nSource: Test Post\n\n"
    b"The mayor opened the bridge on Monday. It cost 3 million crowns."
)


def test_articles_are_listed_found_sorted_read_added_and_removed(opened):
    page = library_of(opened())
    titles = page.locator("#articles .near .open")
    titles.first.wait_for()
    assert words(titles.first) == "Flood reaches Ossel"
    page.get_by_role("button", name="Title", exact=True).click()
    page.locator('th[aria-sort="ascending"]').wait_for()
    assert words(titles.first) == "Envoys meet again in Karuizawa"
    page.get_by_label("Find by title or source").fill("gazette")
    page.get_by_text("1 article", exact=True).wait_for()
    titles.first.click()
    page.locator("#panel .story").get_by_text("broke its dike").wait_for()
    page.keyboard.press("Escape")
    page.get_by_label("Find by title or source").fill("")
    page.locator("#files").set_input_files(
        [
            {"name": "bridge.txt", "mimeType": "text/plain", "buffer": STORY},
            {"name": "broken.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 no"},
        ]
    )
    results = page.locator(".files li")
    results.first.wait_for()
    assert words(results.nth(0)) == "bridge.txt 1 article: New bridge opens"
    assert words(results.nth(1)).startswith("broken.pdf not taken (bad_pdf)")
    remove = page.get_by_role("button", name="Remove New bridge opens")
    remove.click()
    remove.click()
    page.get_by_text("Removed “New bridge opens”").wait_for()
    page.get_by_text("3 articles", exact=True).wait_for()
    page.get_by_role("button", name="Undo the removal").click()
    page.get_by_text("4 articles", exact=True).wait_for()


def test_an_earlier_generation_is_used_again_and_the_index_is_made_anew(opened):
    page = library_of(opened())
    in_use = page.locator("#generations li:has(.now)")
    before = words(in_use.locator("b"))
    page.get_by_role("button", name="Rebuild the index").click()
    page.locator("#generations li:has(.now)", has_not_text=before).wait_for()
    assert "articles in" in words(page.locator("#work"))
    page.locator("#generations li", has_text=before).get_by_role("button").click()
    page.get_by_text(f"{before} is in use now.").wait_for()
    page.locator("#generations li:has(.now)", has_text=before).wait_for()


def test_files_are_dropped_onto_the_page(opened):
    page = library_of(opened())
    page.locator("#upload").evaluate(
        """(zone) => {
            const data = new DataTransfer();
            data.items.add(new File(["{not json"], "dropped.json"));
            zone.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true }));
        }"""
    )
    assert "dropped.json not taken" in words(page.locator(".files li"))


def test_an_evaluation_is_run_stopped_opened_and_compared(opened):
    page = opened()
    page.get_by_role("tab", name="Quality").click()
    for number in (1, 2):
        page.get_by_role("button", name="Run the evaluation").click()
        page.get_by_text(re.compile(r"Asking: \d+ of 10")).wait_for()
        if number == 2:
            page.get_by_role("button", name="Stop the evaluation").click()
        page.get_by_role("link", name="Open the report").wait_for()
        page.locator(f"#runs tbody tr:nth-child({number})").wait_for()
    with page.expect_popup() as waiting:
        page.get_by_role("link", name="Open the report").click()
    report = waiting.value
    seen = watch(report)
    report.get_by_label("Words").fill("who")
    assert report.locator("svg.plot").count() >= 1
    report.close()
    assert seen.console == seen.errors == []
    for box in page.get_by_label(re.compile("^Choose sample")).all():
        box.check()
    page.get_by_role("button", name="Compare the two").click()
    page.locator("#compared pre").wait_for()


# ── every reader ──────────────────────────────────────────────────────────────────────────────


def test_everything_can_be_done_with_the_keyboard(opened):
    page = opened()
    page.keyboard.press("/")
    page.keyboard.type(WHO)
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("x")
    assert page.get_by_label("Your question").input_value() == f"{WHO}\nx"
    page.keyboard.press("Backspace")
    page.keyboard.press("Enter")
    turn = final(page)
    turn.locator(".mark").first.focus()
    assert page.get_by_role("tooltip").is_visible()
    page.keyboard.press("ArrowRight")
    assert turn.locator(".mark").nth(1).evaluate("e => document.activeElement === e")
    page.keyboard.press("Enter")
    page.locator("#panel mark.here").wait_for()
    assert words(page.locator("#panel-place")) == "Citation 2"
    page.keyboard.press("ArrowLeft")
    page.get_by_text("Citation 1").wait_for()
    page.keyboard.press("Escape")
    assert page.locator("#panel").is_hidden()
    page.keyboard.press("/")
    assert page.get_by_label("Your question").evaluate("e => document.activeElement === e")
    page.get_by_role("tab", name="Ask").focus()
    page.keyboard.press("ArrowRight")
    page.locator("#articles table").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_no_serious_finding_of_axe_and_nothing_sticks_out(opened, scheme, size):
    from axe_playwright_python.sync_playwright import Axe

    page = opened(viewport=size, color_scheme=scheme, reduced_motion="reduce")
    assert page.evaluate("document.body.classList.contains('dark')") == (scheme == "dark")
    findings = []

    def check(where):
        for found in Axe().run(page).response["violations"]:
            if found["impact"] in ("serious", "critical"):
                findings.append((where, found["id"], found["nodes"][0]["html"][:200]))
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]

    check("opening")
    answered(page)
    answered(page, "Who won the chess prize of Bellavista?", 1)
    page.get_by_text("Which articles may answer").click()
    check("answers")
    page.get_by_text("Which articles may answer").click()
    page.locator(".mark").first.click()
    page.locator("#panel mark.here").wait_for()
    check("article")
    page.keyboard.press("Escape")
    library_of(page)
    check("library")
    assert page.evaluate(
        "[...document.querySelectorAll('#articles .remove')]"
        ".every((button) => button.getBoundingClientRect().right <= innerWidth)"
    )
    page.get_by_role("tab", name="Quality").click()
    page.locator("#run-form").wait_for()
    check("quality")
    assert findings == []


def test_dark_can_be_chosen_and_is_kept(opened):
    page = opened(color_scheme="light")
    page.get_by_role("button", name="Dark").click()
    page.reload()
    page.locator("#examples button").first.wait_for()
    assert page.get_by_role("button", name="Light").is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(22, 23, 22)"


def test_an_example_question_is_asked_with_one_click(opened, speaker):
    speaker.answers["Who is Runa Feld?"] = "Runa Feld is the mayor."
    page = opened()
    page.get_by_role("button", name="Who is Runa Feld?").click()
    assert words(final(page).locator(".answer")) == "Runa Feld is the mayor.1"


# ── pictures of the README ────────────────────────────────────────────────────────────────────

ENVOYS = "Who is the ROK special representative?"
SAID = (
    "Kim Gunn is the ROK Special Representative for Korean Peninsula Peace and Security Affairs."
    " Ambassador Sung Kim came for Washington."
)
MOST_BYTES = 300_000


def test_pictures_are_taken(browser, tmp_path):
    """With TAKE_PICTURES=1 they become those of the README."""
    sample = ROOT / "eval" / "sets" / "sample" / "articles"
    articles = {path.name: path.read_text("utf-8") for path in sorted(sample.glob("*.*"))}
    into = ROOT / "docs" if os.environ.get("TAKE_PICTURES") else tmp_path
    with served(tmp_path / "sample", articles) as server:
        server.speaker.answers[ENVOYS] = SAID
        for name, scheme, size in (
            ("page.png", "light", {"width": 1280, "height": 800}),
            ("page-dark.png", "dark", {"width": 1280, "height": 800}),
            ("page-phone.png", "light", PHONE),
        ):
            look = {"viewport": size, "color_scheme": scheme, "reduced_motion": "reduce"}
            with visit(browser, server, **look) as page:
                ask(page, ENVOYS)
                assert final(page).locator(".mark").count() == 2
                if scheme == "dark":
                    page.locator(".mark").first.click()
                    page.locator("#panel mark.here").wait_for()
                page.evaluate("document.fonts.ready")
                page.screenshot(path=into / name, animations="disabled")
            assert 10_000 < (into / name).stat().st_size < MOST_BYTES
