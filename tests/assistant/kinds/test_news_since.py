"""What is new: sentences of later articles that the earlier ones do not have."""

import datetime as dt
from dataclasses import replace

import pytest

from assistant.answering.pipeline import Assistant
from assistant.kinds.digest.news_since import NewsSince
from assistant.kinds.routing import kind_of
from index.core.articles import Article
from index.storage.article_store import Listed
from tests.fakes import FixedSearch, ScriptedModel, WordReranker

OLD = Article(
    "/old.txt",
    "Strike at Marn docks",
    "Dockers in Marn walked out on Monday over pay. The union asks for 9 percent more.",
    dt.date(2025, 2, 4),
    "Post",
)
MIDDLE = Article(
    "/middle.txt",
    "Marn dock strike goes on",
    "Dockers in Marn walked out on Monday over pay. "
    "The port of Marn offered 4 percent on Thursday.",
    dt.date(2025, 2, 6),
    "Post",
)
NEW = Article(
    "/new.txt",
    "Marn strike ends",
    "The strike at the docks of Marn ended with a raise of 6 percent. "
    "Ships are to leave the docks again on Sunday.",
    dt.date(2025, 2, 8),
    "Post",
)


class Correcting(FixedSearch):
    """A searcher whose newest article says that it corrects another."""

    def articles_in(self, filters) -> list[Listed]:
        rows = super().articles_in(filters)
        note = "The strike at the docks of Marn ended with a raise of 6 percent."
        return [replace(r, note=note) if r.article.title == NEW.title else r for r in rows]


def ask(question: str, *articles: Article, search=FixedSearch):
    return Assistant(search(*articles), WordReranker(), ScriptedModel).ask(question)


@pytest.mark.parametrize(
    "asked",
    [
        "What is new since Friday on the strike?",
        "What's new about the strike?",
        "Any updates since 3 May?",
        "What changed since last week?",
        "What's the latest on the strike?",
        "Anything new?",
    ],
)
def test_it_is_recognised(asked):
    assert isinstance(kind_of(asked), NewsSince)


@pytest.mark.parametrize(
    "asked",
    [
        "What is New York's newest bridge?",
        "What was New Briton's response to Celeron?",
        "What is the latest death toll?",
        "What is the new name of the party?",
        "What has changed since the war?",
    ],
)
def test_a_fact_is_none(asked):
    assert not isinstance(kind_of(asked), NewsSince)


def test_only_what_earlier_articles_do_not_say_is_new_the_newest_first():
    answer = ask("What is new on the strike since 4 February 2025?", OLD, MIDDLE, NEW)
    assert answer.kind == "news"
    assert [claim.label for claim in answer.claims] == [
        *["8 February 2025"] * 2,
        "6 February 2025",
    ]
    assert "walked out" not in answer.text
    assert "offered 4 percent" in answer.text
    assert answer.caveats[0] == "2 articles since 5 February 2025, 1 before."


def test_without_a_day_it_is_the_newest_articles_and_says_so():
    answer = ask("What's new about the strike?", OLD, MIDDLE, NEW)
    assert {claim.label for claim in answer.claims} == {"8 February 2025"}
    assert any("No day was named" in caveat for caveat in answer.caveats)


def test_a_correction_is_flagged_and_comes_first_on_its_day():
    answer = ask("Any updates on the strike since 6 February 2025?", OLD, NEW, search=Correcting)
    assert answer.claims[0].text.startswith("Corrected: The strike at the docks")
    assert answer.text.count("raise of 6 percent") == 1


def test_nothing_new_is_said_with_the_newest_day():
    answer = ask("What is new on the strike since 8 February 2025?", OLD, NEW)
    assert answer.refusal and answer.refusal.code == "nothing_relevant"
    assert "the newest article is of 8 February 2025" in answer.refusal.reason


def test_undated_articles_alone_give_no_news():
    answer = ask("What's new?", replace(OLD, published=None))
    assert answer.refusal and "No dated article" in answer.refusal.reason
