"""A summary is made of the articles' own sentences, and says how many articles it rests on."""

import datetime as dt
from dataclasses import replace

import pytest

from assistant.answering.pipeline import Assistant
from assistant.core.query import Query
from assistant.kinds.digest.summary import Summary
from assistant.kinds.routing import kind_of
from index.core.articles import Article
from tests.fakes import FixedSearch, ScriptedModel, WordReranker
from tests.stories import FLOOD, TALKS

FERRY = Article(
    "/news/ferry.txt",
    "Ferry Halcyon runs aground off Marn",
    "MARN, Ostria - The ferry Halcyon ran aground off Marn on Monday with 140 people aboard. "
    "Captain Tilda Roeve said the rudder had jammed at 6 in the morning. "
    "He thanked the lifeboat crews. "
    "“I have sailed these waters for thirty years and never saw the like of it,” she said. "
    "Two lifeboats from Marn brought 138 passengers ashore by noon. "
    "Is the ship lost? "
    "The harbour office of Marn closed the northern channel until Friday. "
    "[Caption] The ferry Halcyon on the rocks of Marn, seen from a lifeboat.",
    dt.date(2025, 2, 4),
    "Marn Post",
)
TUG = Article(
    "/news/tug.txt",
    "Tug frees ferry Halcyon",
    "The tug Brava pulled the ferry Halcyon off the rocks of Marn on Thursday. "
    "Divers found a hole of 3 metres in its hull. "
    "The owner, Lund Lines, puts the damage at 2 million crowns.",
    dt.date(2025, 2, 7),
    "Marn Post",
)


def ask(question: str, *articles: Article, history=()):
    search = FixedSearch(*articles)
    return Assistant(search, WordReranker(), ScriptedModel).ask(Query(question, history))


@pytest.mark.parametrize(
    ("asked", "topic", "most"),
    [
        ("Summarise this article", "this article", 5),
        ("Could you please summarize both articles for me?", "both articles", 5),
        ("Give me a short overview of the strike", "the strike", 5),
        ("tl;dr", "", 5),
        ("What is in the news about Marn this week?", "Marn this week", 5),
        ("What happened with the ferry?", "the ferry", 5),
        ("What is the article about the ferry about?", "the article about the ferry", 5),
        ("Main points of the budget report?", "the budget report", 5),
        ("Summarise the ferry story in two sentences", "the ferry story", 2),
        ("Catch me up on the election", "the election", 5),
    ],
)
def test_an_overview_is_recognised_however_it_is_asked_for(asked, topic, most):
    assert kind_of(asked) == Summary(topic, most)


@pytest.mark.parametrize(
    "asked",
    [
        "What happened at Marn on Monday?",
        "What happened to the captain?",
        "Who wrote the summary of the report?",
        "What was the main finding of the study?",
        "How many people were aboard the ferry?",
        "What is the overview effect?",
    ],
)
def test_a_question_for_one_fact_is_none(asked):
    assert not isinstance(kind_of(asked), Summary)


def test_one_article_is_told_in_its_own_sentences_in_reading_order():
    answer = ask("Summarise this article", FERRY)
    assert answer.kind == "summary"
    assert answer.text.startswith("The ferry Halcyon ran aground off Marn on Monday")
    assert "138 passengers" in answer.text
    quotes = [claim.citations[0].quote for claim in answer.claims]
    assert all(
        quote.endswith(claim.text) for quote, claim in zip(quotes, answer.claims, strict=True)
    )
    starts = [claim.citations[0].evidence.start for claim in answer.claims]
    assert starts == sorted(starts)
    assert "[Caption]" not in answer.text
    assert "Is the ship lost?" not in answer.text


def test_a_pronoun_is_not_left_without_the_sentence_before_it():
    text = ask("Summarise this article", FERRY).text
    assert "He thanked" not in text or "Tilda Roeve said" in text


def test_every_article_of_a_few_has_a_sentence_and_its_name():
    answer = ask("Summarise all articles", TUG, FERRY)
    labels = [claim.label for claim in answer.claims if claim.label]
    assert labels == [FERRY.title, TUG.title]  # each once
    assert answer.claims[0].label == FERRY.title  # the oldest first
    assert len(answer.claims) == 5
    assert answer.caveats == ("5 sentences of 2 of 2 articles.",)


def test_what_two_articles_both_say_is_said_once():
    again = replace(TUG, path="/news/again.txt", title="Halcyon is free")
    texts = [claim.text for claim in ask("Summarise both articles", TUG, again).claims]
    assert len(texts) == len(set(texts))


def test_a_week_keeps_the_other_articles_out():
    old = replace(FERRY, published=dt.date(2025, 1, 2))
    answer = ask("What is in the news about Marn this week?", old, TUG)
    assert {c.article.path for c in answer.citations} == {TUG.path}
    assert "3 February 2025 to 9 February 2025" in answer.caveats[0]


def test_nothing_on_a_topic_is_said_with_the_number_of_articles():
    search = FixedSearch(FERRY, TUG, relevance=-10.0)
    answer = Assistant(search, WordReranker(), ScriptedModel).ask("Summarise the news on the moon")
    assert answer.refusal and answer.refusal.code == "nothing_relevant"
    assert "None of 2 articles is about the moon" in answer.refusal.reason


def test_this_article_is_the_one_talked_of_and_asked_for_where_there_is_none():
    asked = ask("Summarise this article", FLOOD, TALKS)
    assert asked.refusal and "which of the 2 articles" in asked.refusal.reason
    before = ask("Summarise the second article", FLOOD, TALKS)
    after = ask("Summarise it", FLOOD, TALKS, history=(before.turn,))
    assert {c.article.title for c in after.citations} == {TALKS.title}
