"""What the desk's pages are made of: verdicts, differences and news as Markdown, and the events."""

from __future__ import annotations

import threading

import gradio as gr
import pytest

from index.core.errors import UsageError
from index.core.filters import NO_FILTERS
from index.text.visible_text import one_line
from tests.hostile import PAYLOADS
from tests.stories import GOOD
from tests.ui.test_page_markdown import ATTRIBUTES, TAGS, Seen
from ui.page.desk.check_page import CheckPage
from ui.page.desk.components import filters_of
from ui.page.desk.contradictions_page import compared
from ui.page.desk.verdict_markdown import (
    checked_markdown,
    difference_markdown,
    summary,
    update_markdown,
)


def a_citation(said, **more):
    about = {"article": said, "title": said, "published": "2024-05-03", "source": said}
    return {"number": 1, **about, "part": "text", "quote": said, "start": 3, "end": 9, **more}


def a_sentence(said, verdict="contradicted", **more):
    """A checked sentence that has one text wherever a text can stand in it."""
    span = {"text": said, "start": 0, "end": len(said), "reason": said}
    return {
        **{"number": 1, "text": said, "start": 0, "end": len(said), "verdict": verdict},
        **{"reason": said, "spans": [span], "citations": [a_citation(said)], "origins": 2},
        "quotations": [{"text": said, "said": said, "speaker": said}],
        **more,
    }


def twelve(**more):
    """“At least 12 of 12 died.”, in which the second number is not proved."""
    span = {"text": "12", "start": 115, "end": 117, "reason": "the article says 15"}
    place = {"start": 100, "end": 123, "quotations": [], "origins": 1}
    return a_sentence("At least 12 of 12 died.", spans=[span], **place, **more)


def is_text(markdown):
    """What is shown; there is nothing else in it than what the page itself makes."""
    seen = Seen(markdown)
    assert seen.tags <= TAGS | {"section"}
    assert seen.attributes <= ATTRIBUTES | {"class"}
    assert all(link.startswith("article?id=") for link in seen.links)
    return one_line(seen.text)


@pytest.mark.parametrize("said", PAYLOADS)
def test_a_payload_is_only_text(said):
    update = {"kind": "changed", "was": said, "now": said, "told": False}
    difference = {"verdict": "contradiction", "about": said}
    sides = {side: {"value": said, **a_citation(said)} for side in ("newer", "older")}
    for markdown in (
        checked_markdown(a_sentence(said)),
        checked_markdown(a_sentence(said, "not_in_archive", spans=[], citations=[])),
        update_markdown(update | {"citation": a_citation(said)}),
        difference_markdown(difference | sides),
    ):
        assert one_line(said) in is_text(markdown)


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        ("supported", "✓ supported"),
        ("partly", "~ partly supported"),
        ("contradicted", "✗ contradicted"),
        ("not_in_archive", "? not in the archive"),
        ("no_claim", "· no claim"),
    ],
)
def test_each_verdict_is_said_in_words(verdict, words):
    markdown = checked_markdown(twelve(verdict=verdict))
    assert markdown.startswith(f'<section class="checked {verdict}"><p><b>{words}</b></p>')


def test_the_span_that_is_not_proved_is_marked_where_it_stands_and_says_what_the_article_says():
    markdown = checked_markdown(twelve())
    assert "At least 12 of <mark>▸12◂</mark> died." in markdown
    assert "<li>“12”: the article says 15</li>" in markdown


def test_a_span_is_found_in_a_sentence_that_the_draft_breaks_into_lines():
    broken = twelve() | {"start": 98}  # a mark of a list stands before it
    assert "<mark>▸12◂</mark>" in checked_markdown(broken)
    overlapping = [{**twelve()["spans"][0], "text": text} for text in ("12 died", "died")]
    markdown = checked_markdown(twelve() | {"spans": overlapping})
    assert markdown.count("<mark>") == 1 and markdown.count("<li>") == 2


def test_a_proof_is_a_link_to_its_sentence_with_paper_and_day():
    cited = a_citation("It is so.", article="ab", title="News", source="Gazette")
    markdown = checked_markdown(twelve() | {"citations": [cited]})
    assert '<a href="article?id=ab&s=3&e=9">“It is so.”</a>' in markdown
    assert "News — Gazette · 3 May 2024" in markdown
    title = checked_markdown(twelve() | {"citations": [cited | {"part": "title"}]})
    assert ">Title: “It is so.”</a>" in title


def test_counts_say_how_far_a_check_is():
    sentences = [twelve(), twelve(verdict="supported"), twelve()]
    assert summary(sentences, 30) == "**3 of 30 sentences**: ✓ 1 supported, ✗ 2 contradicted"
    assert summary(sentences[:1], 1) == "**1 sentence**: ✗ 1 contradicted"


def test_a_denial_has_no_values_and_an_unseen_update_says_so():
    sides = {side: {"value": "", **a_citation("x")} for side in ("newer", "older")}
    denial = {"verdict": "contradiction", "about": "a denial", **sides}
    assert "a denial: one sentence denies the other" in is_text(difference_markdown(denial))
    update = {"kind": "new", "was": None, "now": None, "citation": a_citation("x")}
    assert is_text(update_markdown(update | {"told": True})).startswith("+ new“x”")
    assert "not seen before" in update_markdown(update | {"told": False})


def test_what_was_not_compared_is_said():
    found = {"differences": [], "sentences": 9, "articles": 3, "articles_in_all": 5}
    assert "No contradiction found" in compared(found)
    assert "9 sentences of 3 articles compared; 2 older ones were not" in compared(found)
    assert "the newest 50 are shown" in compared(found | {"differences": [{}] * 51})


def test_a_wrong_period_is_refused():
    with pytest.raises(UsageError):
        filters_of(None, "2024-02-01", "2024-01-01", [])
    assert filters_of(None, None, None, None) == NO_FILTERS


def test_a_stopped_check_reports_what_was_checked(service):
    cancel = threading.Event()
    events = service.check(f"{GOOD} Who won? {GOOD}", NO_FILTERS, cancel)
    assert next(events)["event"] == "sentence"
    cancel.set()
    report = list(events)[-1]
    assert report["cut"] == "cancelled"
    assert [one["verdict"] for one in report["sentences"]] == ["supported"]


def test_only_where_files_may_be_sent_is_there_a_button_for_them(service):
    for upload in (True, False):
        service.articles.upload_allowed = upload
        with gr.Blocks(analytics_enabled=False) as blocks:
            CheckPage(service)
        [button] = [one for one in blocks.blocks.values() if one.get_block_name() == "uploadbutton"]
        assert button.visible is upload
