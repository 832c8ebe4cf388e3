"""Source cards: which article an excerpt is from, its copies and versions, and none."""

import datetime as dt
from contextlib import closing

import pytest

from assistant.archive.source_card import find_source
from index.core.errors import UsageError
from index.core.filters import NO_FILTERS, Filters
from index.storage.article_store import ArticleStore

BODY = (
    "The ferry Alder left Quill Harbour at dawn with forty passengers. Its engine stopped off Cape"
    " Morrow, and a tug towed it home before noon.\n\nThe owner, Petra Vance, apologised and gave"
    " the money back. The harbour master wants a report by Friday."
)
OTHER = (
    "Passengers of the ferry Alder spent a cold morning adrift near Cape Morrow after a breakdown."
    " Petra Vance, who owns the ship, said that tickets would be refunded."
)


def story(title, day, source, body):
    return f"Title: {title}\nDate: {day}\nSource: {source}\nURL: https://{source}.example/a\n\n{body}\n"


@pytest.fixture
def library(news):
    news.put(
        alder=story("Ferry towed home", "2024-03-02", "Courier", BODY),
        wire=story("Tug helps ferry", "2024-03-01", "Wire", f"{BODY} Nobody was hurt."),
        other=story("Cold morning at sea", "2024-03-02", "Argus", OTHER),
        choir=story("Choir sings", "2024-03-03", "Courier", "The choir of Quill sang for an hour."),
    )
    generation, _ = news.store.open()
    with closing(ArticleStore(generation.library)) as opened:
        yield opened


def told(card):
    return [(m.article.source, m.relation, m.verbatim) for m in card.matches]


def test_the_earliest_print_is_the_source_and_the_other_is_its_near_copy(library):
    card = find_source(library, "“The owner, Petra Vance, apologised and gave the money back.”")
    assert told(card) == [("Wire", "source", True), ("Courier", "near copy", True)]
    assert card.first_printed.published == dt.date(2024, 3, 1)
    [passage] = card.found.passages
    assert passage.quote == "The owner, Petra Vance, apologised and gave the money back"
    assert card.found.article.url == "https://Wire.example/a"


@pytest.mark.parametrize(
    "excerpt",
    [
        "Its motor stopped off Cape Morrow and a tug towed it home before noon",
        "its engine stopped off cape morrow – and a tug towed it home before noon",
        "The ferry Alder left Quill Harbour at dawn […] a tug towed it home before noon",
        "gave the money back, and the harbour master wants a report by Friday",
    ],
)
def test_light_edits_are_found_and_said_to_be_edits(library, excerpt):
    found = find_source(library, excerpt).found
    assert (found.verbatim, found.article.source) == (False, "Wire")
    assert 0.7 < found.share <= 1


@pytest.mark.parametrize(
    "excerpt",
    [
        "The Alder broke down near Cape Morrow and its owner Petra Vance refunded the tickets",
        "Die Fähre Alder verließ Quill Harbour im Morgengrauen mit vierzig Passagieren",
        "said on Friday that the of and to",
        "Kielo Marten opened the new swimming hall in Varn on Tuesday evening",
    ],
)
def test_other_words_about_it_a_translation_and_other_events_are_absent(library, excerpt):
    assert find_source(library, excerpt).found is None


def test_a_title_is_found_alone_and_above_its_text(library):
    [alone] = find_source(library, "Cold morning at sea").matches
    assert alone.passages[0].evidence.is_title
    [both] = find_source(library, f"Cold morning at sea\n\n{OTHER}").matches
    assert (both.verbatim, both.share, len(both.passages)) == (True, 1.0, 2)


def test_an_exact_copy_is_named_though_it_is_not_indexed(news):
    news.put(
        first=story("Ferry towed home", "2024-03-02", "Courier", BODY),
        second=story("Ferry towed home", "2024-03-04", "Mirror", BODY),
    )
    generation, _ = news.store.open()
    with closing(ArticleStore(generation.library)) as opened:
        card = find_source(opened, BODY[:120])
    assert told(card) == [("Courier", "source", True), ("Mirror", "copy", True)]


def test_an_older_version_is_named_and_the_current_one_comes_first(news):
    changed = BODY.replace("forty", "fifty")
    for day, body in (("2024-03-02", BODY), ("2024-03-05", changed)):
        news.write(f"{day}.txt", story("Ferry towed home", day, "Courier", body))
    news.ingest()
    generation, _ = news.store.open()
    with closing(ArticleStore(generation.library)) as opened:
        both = find_source(opened, "Its engine stopped off Cape Morrow, and a tug towed it home")
        old = find_source(opened, "left Quill Harbour at dawn with forty passengers.")
    assert [m.relation for m in both.matches] == ["source", "older version"]
    assert both.found.article.published == dt.date(2024, 3, 5)
    assert both.first_printed.published == dt.date(2024, 3, 2)
    assert [m.relation for m in old.matches] == ["source", "newer version"]
    assert old.found.verbatim
    assert not old.matches[1].verbatim


@pytest.mark.parametrize(
    ("filters", "sources"),
    [
        (NO_FILTERS, {"Wire", "Courier"}),
        (Filters(as_of=dt.date(2024, 3, 1)), {"Wire"}),
        (Filters(since=dt.date(2024, 3, 2)), {"Courier"}),
        (Filters(sources=("courier",)), {"Courier"}),
        (Filters(until=dt.date(2023, 1, 1)), set()),
    ],
)
def test_filters_hold_for_the_source_and_for_its_copies(library, filters, sources):
    card = find_source(library, BODY[:90], filters)
    assert {match.article.source for match in card.matches} == sources


@pytest.mark.parametrize(
    ("excerpt", "words"), [("", "4 words"), ("A b c", "4"), ("x " * 10_001, "20,000")]
)
def test_too_short_and_too_long_excerpts_are_a_wrong_usage(library, excerpt, words):
    with pytest.raises(UsageError, match=words):
        find_source(library, excerpt)
