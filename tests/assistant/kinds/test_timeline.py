"""A timeline has a row for each dated event, oldest first, once, and nothing off the topic."""

import datetime as dt

import pytest

from assistant.answering.pipeline import Assistant
from assistant.kinds.routing import kind_of
from index.core.articles import Article
from index.core.filters import Filters
from index.text.grammar import Argument, ParsedSentence, Relation
from tests.fakes import FixedSearch, KnownGrammar, ScriptedModel, WordReranker

SLID = "The Arden quarry slid on Monday and buried 4 workers."
CLOSED = "Arden council closed the quarry on 8 May 2024."
EARLIER = "It was inspected on 2 March 2024."
ASIDE = "Separately, the theatre opened on Tuesday."
AGAIN = "On 6 May 2024 the Arden quarry slid and buried 6 workers, the union said."
OTHER = "The school fair opened on Tuesday."


def article(name, title, *sentences, day=10, month=5):
    published = dt.date(2024, month, day)
    return Article(f"/n/{name}.txt", title, " ".join(sentences), published, "Arden Post")


QUARRY = article("quarry", "Arden quarry slides", SLID, EARLIER, CLOSED, ASIDE)
UNION = article("union", "Arden quarry: union counts dead", AGAIN, day=12)
SCHOOL = article("school", "Fair", OTHER)


def says(text, word, lemma, when):
    relation = Relation(lemma, text.index(word), None, (Argument("when", when, (when,), "day"),))
    return ParsedSentence(text, relations=(relation,))


GRAMMAR = KnownGrammar(
    says(SLID, "slid", "slide", "Monday"),
    says(CLOSED, "closed", "close", "8 May 2024"),
    says(EARLIER, "inspected", "inspect", "2 March 2024"),
    says(ASIDE, "opened", "open", "Tuesday"),
    says(AGAIN, "slid", "slide", "6 May 2024"),
    says(OTHER, "opened", "open", "Tuesday"),
)


def ask(question, *articles, parser=GRAMMAR):
    search = FixedSearch(*articles)
    return Assistant(search, WordReranker(), ScriptedModel, parser=lambda: parser).ask(question)


def test_rows_are_the_cited_sentences_of_the_topic_oldest_first():
    answer = ask("What happened at the Arden quarry, in order?", QUARRY)
    assert [(one.label, one.text) for one in answer.claims] == [
        ("2 March 2024", EARLIER),
        ("6 May 2024", SLID),
        ("8 May 2024", CLOSED),
    ]
    assert [one.citations[0].quote for one in answer.claims] == [EARLIER, SLID, CLOSED]
    assert (answer.kind, answer.in_rows, answer.refused) == ("timeline", True, False)


def test_an_event_of_two_articles_is_one_row_that_shows_both_counts():
    answer = ask("Timeline of the Arden quarry", QUARRY, UNION)
    [row] = [one for one in answer.claims if one.label == "6 May 2024"]
    assert "4 workers" in row.text
    assert "6 workers" in row.text
    assert {citation.article.id for citation in row.citations} == {QUARRY.id, UNION.id}


def test_all_articles_and_a_period():
    answer = ask("Give me a timeline of all articles", QUARRY, SCHOOL)
    assert OTHER in answer.text
    answer = ask("Give me a timeline of the Arden quarry in March 2024", QUARRY)
    assert [one.label for one in answer.claims] == ["2 March 2024"]


def test_without_a_dated_event_or_a_parser_it_refuses_in_a_line():
    undated = article("b", "Arden quarry", "The Arden quarry is deep.")
    assert ask("Timeline of the Arden quarry", undated).refusal.code == "nothing_relevant"
    refused = ask("Timeline of the Arden quarry", QUARRY, parser=None).refusal
    assert refused.code == "unsupported"
    assert "parser" in refused.reason


def test_filters_hold():
    search = FixedSearch(QUARRY, UNION)
    assistant = Assistant(search, WordReranker(), ScriptedModel, parser=lambda: GRAMMAR)
    from assistant.core.query import Query

    query = Query("Timeline of the Arden quarry", filters=Filters(until=dt.date(2024, 5, 11)))
    assert "union" not in assistant.ask(query).text


@pytest.mark.parametrize(
    ("question", "topic"),
    [
        ("What happened with the strike, in order?", "the strike"),
        ("Give me a chronology of the strike, please", "the strike"),
        ("Timeline: the strike", "the strike"),
        ("strike timeline", "strike"),
        ("When did what happen in the strike?", "the strike"),
        ("List the events of the strike by date.", "the strike"),
        ("How did the strike unfold?", "the strike"),
        ("In chronological order, what happened during the strike?", "the strike"),
        ("Walk me through the strike day by day", "the strike"),
        ("Give me a timeline of both articles", ""),
    ],
)
def test_wordings(question, topic):
    found = kind_of(question)
    assert found is not None
    assert (found.kind, found.topic) == ("timeline", topic)


@pytest.mark.parametrize(
    "question",
    [
        "What happened on 3 May 2024?",
        "In what order did they finish?",
        "What must he do in order to win?",
        "What is the timeline for completion?",
        "Which event was cancelled on Sunday?",
        "What order did the court give?",
        "What happened to the dam?",
    ],
)
def test_a_single_fact_is_no_timeline(question):
    assert getattr(kind_of(question), "kind", "fact") != "timeline"
