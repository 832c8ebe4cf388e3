"""What an ingest adds about a standing question: new, changed and corrected, and no repeats."""

import datetime as dt
from contextlib import closing
from xml.etree import ElementTree

import pytest

from assistant.following.feed import atom, headline, markdown
from assistant.following.standing_questions import (
    Followed,
    FollowStore,
    StandingQuestion,
    Update,
)
from assistant.following.updates import baseline, look
from index.core.errors import UsageError
from tests.fakes import WordReranker, WordVerifier

DAY = dt.date(2024, 5, 10)
FIRST = "The flood in Marn killed 12 people, the rescue service said."
MORE = "The flood in Marn killed 15 people, the rescue service said on Friday."
CLOSED = "Engineers closed the railway bridge of Marn because the flood had moved its pillars."
OTHER = "The bakery of Lor sells a bread of rye and chestnuts to sailors."


def story(title: str, day: str, text: str) -> str:
    return f"Title: {title}\nDate: {day}\nSource: Post\n\n{text}\n"


@pytest.fixture
def followed(news):
    """Adds articles and looks; what is followed goes on from look to look."""
    state = [Followed((StandingQuestion("the flood in Marn"),))]

    def add(name: str, text: str) -> list[Update]:
        news.write(name, text)
        news.ingest()
        with closing(news.search()) as archive:
            state[0], updates = look(state[0], archive, WordReranker(), WordVerifier(), DAY)
        return updates

    return add


def test_a_new_fact_is_told_once_and_a_copy_is_not(followed):
    assert [u.text for u in followed("a.txt", story("Flood in Marn", "2024-05-03", FIRST))] == [
        FIRST
    ]
    copy = story("Flood in Marn", "2024-05-04", FIRST)
    assert followed("b.txt", copy) == []
    told = followed("c.txt", story("Bridge shut after flood in Marn", "2024-05-05", CLOSED))
    assert [(u.kind, u.text) for u in told] == [("new", CLOSED)]


def test_an_article_on_something_else_is_no_news(followed):
    assert followed("a.txt", story("Bread of Lor", "2024-05-03", OTHER)) == []


def test_another_value_is_told_as_changed(followed):
    followed("a.txt", story("Flood in Marn", "2024-05-03", FIRST))
    [update] = followed("b.txt", story("More dead in flood in Marn", "2024-05-10", MORE))
    assert (update.kind, update.was, update.now) == ("changed", "12", "15")
    assert headline(update).startswith("Changed, 12 → 15: ")


def test_a_value_that_was_told_and_corrected_is_no_news_when_it_is_said_again(followed):
    address = "URL: https://post.example/flood\n\n"
    first = story("Flood in Marn", "2024-05-03", FIRST).replace("\n\n", f"\n{address}", 1)
    right = FIRST.replace("12", "15") + "\n\nCorrection: an earlier version said 12."
    later = story("Flood in Marn", "2024-05-04", right).replace("\n\n", f"\n{address}", 1)
    assert [update.text for update in followed("a.txt", first)] == [FIRST]
    assert followed("b.txt", later)[0].kind == "corrected"
    again = "The rescue service said that the flood in Marn killed 12 people."
    assert followed("c.txt", story("Rescuers of Marn", "2024-05-05", again)) == []


def test_what_is_indexed_when_a_question_is_followed_is_no_news(news):
    news.write("a.txt", story("Flood in Marn", "2024-05-03", FIRST))
    news.ingest()
    with closing(news.search()) as archive:
        question = baseline(StandingQuestion("the flood in Marn"), archive)
        after, updates = look(Followed((question,)), archive, WordReranker(), WordVerifier(), DAY)
    assert updates == []
    assert after.seen


def test_the_state_comes_back_as_it_was_written(tmp_path):
    question = StandingQuestion("the flood", known=frozenset({"a1"}))
    citation = {"article": "a", "start": 0, "title": "Flood", "source": "Post", "published": None}
    update = Update(question.id, "new", FIRST, citation, found="2024-05-10")
    state = Followed((question,), {"a": "1"}, (update,))
    store = FollowStore(tmp_path)
    store.write(state)
    assert store.read() == state
    assert FollowStore(tmp_path / "none").read() == Followed()


def test_a_question_is_followed_once_and_found_by_the_beginning_of_its_id():
    question = StandingQuestion("the flood")
    state = Followed().with_question(question)
    assert state.required(question.id[:4]) == question
    with pytest.raises(UsageError, match="followed already"):
        state.with_question(StandingQuestion("The Flood"))
    with pytest.raises(UsageError, match="follow list"):
        state.required("zz")


def test_feed_and_markdown_escape_what_articles_write():
    question = StandingQuestion("the *flood*")
    citation = {"article": "a", "start": 0, "title": "<b>", "source": "", "published": None}
    update = Update(question.id, "new", "5 < 6 & [x](y)", citation, found="2024-05-10")
    written = atom([update], {question.id: question})
    assert "5 &lt; 6 &amp; [x](y)" in written
    assert "<updated>2024-05-10T00:00:00Z</updated>" in written
    assert r"\[x\](y)" in markdown([update], {question.id: question})


def test_a_feed_is_xml_whatever_articles_hold():
    bad = "a\x00\x1b\ud800\ufffe\uffffb"
    question = StandingQuestion(bad)
    cited = {"article": "a", "start": 0, "title": bad, "source": bad, "published": None}
    update = Update(question.id, "changed", bad, cited, was=bad, now=bad, found="2024-05-10")
    feed = ElementTree.fromstring(atom([update], {question.id: question}).encode())
    assert [e.text for e in feed.iter("{http://www.w3.org/2005/Atom}title")][1].endswith(": ab")
