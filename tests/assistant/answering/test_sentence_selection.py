"""The sentences of the retrieved passages that the model reads, within a token budget."""

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.answering.sentence_selection import (
    FAR_BELOW,
    FOLLOW_UP_BELOW,
    FOLLOW_UP_TOKENS,
    select_sentences,
)
from assistant.core.evidence_text import format_evidence
from index.core.articles import Article
from tests.fakes import FixedSearch, WordReranker, evidence_of

FLOOD = Article(
    path="/a-flood.txt",
    title="Dike gives way",
    text=(
        "The dike broke on Wednesday. Nobody had seen it coming. Twelve people died. "
        "The market opened as always. A brass band played."
    ),
    published=dt.date(2024, 5, 3),
    source="Tavrin Gazette",
)
BUDGET = Article(
    path="/b-budget.txt",
    title="Budget passed",
    text="The council met on Monday. It passed the budget. People went home. Twelve people spoke.",
)


def count(text: str) -> int:
    return len(text.split())


def select(question: str, budget: int, *articles: Article):
    found = FixedSearch(*(articles or (FLOOD, BUDGET))).search(question, 6)
    return select_sentences(question, found, WordReranker(reach=5.0), count, budget)


@settings(deadline=None)
@given(st.integers(10, 80), st.sampled_from(["Who died?", "What did the council pass?", "band"]))
def test_the_evidence_never_costs_more_than_the_budget(budget, question) -> None:
    evidence = select(question, budget)
    assert evidence
    assert len(evidence) == 1 or count(format_evidence(evidence)) <= budget
    assert all(item.text == item.article.text[item.start : item.end] for item in evidence)


def test_one_sentence_is_taken_however_small_the_budget() -> None:
    [only] = select("How many people died?", 1)
    assert only.text == "Twelve people died."


def test_what_is_far_below_the_best_is_left_out_though_there_is_room() -> None:
    found = FixedSearch(FLOOD, BUDGET).search("How many people died?", 6)
    evidence = select_sentences("How many people died?", found, WordReranker(), count, 1000)
    best = max(item.relevance for item in evidence)
    assert "Twelve people died." in [item.text for item in evidence]
    assert 1 < len(evidence) < 9
    assert min(item.relevance for item in evidence) >= best - FAR_BELOW


def test_sentences_stand_in_reading_order_and_articles_in_that_of_their_best_sentence() -> None:
    evidence = select("Did the council pass the budget?", 1000)
    assert [e.article.title for e in evidence] == ["Budget passed"] * 4 + ["Dike gives way"] * 5
    for article in (FLOOD, BUDGET):
        starts = [item.start for item in evidence if item.article == article]
        assert starts == sorted(starts)


def test_a_sentence_beside_the_proving_one_is_lifted_by_it() -> None:
    by_text = {item.text: item.relevance for item in select("Who died?", 1000, FLOOD)}
    beside = by_text["Nobody had seen it coming."]
    far = by_text["A brass band played."]
    assert far < beside < by_text["Twelve people died."]


def test_what_was_read_before_comes_first_and_costs_nothing() -> None:
    found = FixedSearch(FLOOD).search("Who died?", 6)
    known = evidence_of(FLOOD)[:2]
    evidence = select_sentences("How many people died?", found, WordReranker(), count, 4, known)
    assert [item.span for item in evidence[: len(known)]] == [item.span for item in known]
    assert [item.text for item in evidence[len(known) :]] == ["Twelve people died."]


def test_a_follow_up_is_shown_few_new_sentences_whatever_the_budget() -> None:
    text = " ".join(f"Person {n} died of a cause that report {n} tells." for n in range(20))
    many = Article(path="/many.txt", title="Reports", text=text)
    found = FixedSearch(many).search("Who died?", 6)
    known = evidence_of(many)[:1]
    cold = select_sentences("Who died?", found, WordReranker(), count, 1000)
    further = select_sentences("Who died?", found, WordReranker(), count, 1000, known)
    assert len(cold) == 20
    assert count(format_evidence(further[1:], many.id)) <= FOLLOW_UP_TOKENS


@pytest.mark.parametrize(("reach", "new"), [(2.2 * FOLLOW_UP_BELOW, 0), (1.8 * FOLLOW_UP_BELOW, 1)])
def test_a_new_sentence_that_is_far_worse_than_what_was_read_is_left_out(reach, new) -> None:
    text = "Oskar Veith met Zoë Lind. Oskar Veith slept. Bread was dear."
    article = Article(path="/met.txt", title="Met", text=text)
    found = FixedSearch(article).search("Oskar Veith met Zoë Lind?", 6)
    known = evidence_of(article)[:1]
    reranker = WordReranker(reach)
    further = select_sentences("Oskar Veith met Zoë Lind?", found, reranker, count, 1000, known)
    assert len(further) == 1 + new
    assert {"Oskar Veith slept."} >= {item.text for item in further[1:]}


class Prefers:
    """A selector that wants one sentence."""

    def __init__(self, wanted: str) -> None:
        self.wanted = wanted

    def select(self, question, passages):
        return [
            tuple(6.0 if one == self.wanted else -6.0 for one in passage.sentences)
            for passage in passages
        ]


def test_a_selector_decides_which_sentence_is_read_first() -> None:
    wanted = "The market opened as always."
    found = FixedSearch(FLOOD).search("How many people died?", 6)
    [only] = select_sentences(
        "How many people died?", found, WordReranker(reach=5.0), count, 1, selector=Prefers(wanted)
    )
    assert only.text == wanted
    assert only.relevance < 5.0  # stays the reranker's


def test_what_the_selector_finds_unlikely_is_not_read_where_something_is_likely() -> None:
    found = FixedSearch(FLOOD, BUDGET).search("How many people died?", 6)

    def read(wanted: str) -> list[str]:
        evidence = select_sentences(
            "How many people died?",
            found,
            WordReranker(reach=5.0),
            count,
            1000,
            selector=Prefers(wanted),
        )
        return [item.text for item in evidence]

    assert read("The market opened as always.") == ["The market opened as always."]
    assert len(read("In no article.")) == 9
