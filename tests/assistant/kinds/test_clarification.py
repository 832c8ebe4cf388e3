"""A question that means one of several asks back, and the reader's choice is understood."""

import datetime as dt

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from assistant.answering.pipeline import Assistant
from assistant.core.answer import Turn
from assistant.core.query import Query
from index.core.articles import Article
from index.core.filters import Filters
from index.text.chunking import sentences
from index.text.grammar import Name, ParsedSentence
from tests.fakes import FixedSearch, KnownGrammar, ScriptedModel, WordReranker
from tests.stories import TALKS

PERSONS = ("Ilse Brandt", "Tomas Brandt", "Vera Brandt", "Jonas Halm", "Piet Halm")


def article(title, text, day=1, source="Post"):
    return Article(f"/news/{title}.txt", title, text, dt.date(2024, 5, day), source)


HARBOUR = article(
    "Harbour to be filled in",
    "Ilse Brandt said that the harbour would be filled in. Brandt gave no price. "
    "The engineer is Tomas Brandt. He warned that the quay would sink.",
)
PRIZE = article(
    "Prize for a cellist",
    "Vera Brandt was given the Golding prize. She studied in Vienna.",
    3,
    "Arts",
)
FIRST = article("Rovers beat Ostrel", "Piet Halm scored twice in the match. Ostrel had ten men.")
SECOND = article(
    "Velden draw with Norrby", "The match ended in a draw. Lea Moor saved a penalty.", 4
)
AGAIN = article("Velden draw", "Velden and Norrby drew. The match was dull, said Lea Moor.", 5)
FLOOD = article("Ossel floods Brask", "The flood at Brask killed two people on the Ossel.")
LATER = article("Toll on Ossel rises", "The flood killed nine people in Pellow on the Ossel.", 9)
ALL = (HARBOUR, PRIZE, FIRST, SECOND)


def grammar(*articles):
    """Knows which of the names are persons."""
    texts = [one.text[a:b] for one in articles for a, b in sentences(one.text)]
    return KnownGrammar(
        *(
            ParsedSentence(
                text,
                tuple(
                    Name(name, text.find(name), text.find(name) + len(name), "person")
                    for name in PERSONS
                    if name in text
                ),
            )
            for text in texts
        )
    )


def ask(question, *articles, history=(), filters=None, says=("Nothing. ",)):
    known = grammar(*articles)
    assistant = Assistant(
        FixedSearch(*articles),
        WordReranker(),
        lambda: ScriptedModel(*says),
        parser=lambda: known,
    )
    return assistant.ask(Query(question, tuple(history), filters or Filters()))


@pytest.mark.parametrize(
    ("question", "options"),
    [
        (
            "When did Brandt say that?",
            {
                "When did Ilse Brandt say that?",
                "When did Tomas Brandt say that?",
                "When did Vera Brandt say that?",
            },
        ),
        ("who is brandt", {f"who is {name}" for name in PERSONS[:3]}),
        ("What is Brandt's name?", {f"What is {name}'s name?" for name in PERSONS[:3]}),
    ],
)
def test_a_shared_surname_is_asked_back_with_each_as_a_question(question, options):
    answer = ask(question, *ALL)
    assert answer.asks_back
    assert answer.text == "Which Brandt do you mean?" or question.islower()
    assert set(answer.options) == options
    assert not (answer.claims or answer.refused)
    assert answer.final


@pytest.mark.parametrize(
    "question",
    [
        "Which Golding prize was Brandt given?",
        "Who is the engineer Brandt?",
        "Where did Vera Brandt study?",
        "Who is Ilse Brandt, and did Brandt give a price?",
        "Who is Gunn?",
        "When was the bridge in Brandt closed?",
    ],
)
def test_what_the_other_words_make_plain_is_not_asked_back(question):
    assert not ask(question, *ALL, TALKS).asks_back


def test_filters_leave_one_candidate():
    assert ask("Who is Brandt?", *ALL).asks_back
    assert not ask("Who is Brandt?", *ALL, filters=Filters(sources=("Arts",))).asks_back


def test_who_was_talked_of_before_is_meant():
    turn = Turn("Where did Vera Brandt study?", "Vera Brandt studied in Vienna.")
    assert not ask("What did Brandt say?", *ALL, history=[turn]).asks_back


@pytest.mark.parametrize(
    ("question", "option"),
    [
        ("What did he say?", "What did Tomas Brandt say?"),
        ("What is her name?", "What is Vera Brandt’s name?"),
    ],
)
def test_he_without_a_word_before_is_asked_back(question, option):
    answer = ask(question, *ALL)
    assert answer.asks_back
    assert option in answer.options


@pytest.mark.parametrize(
    ("question", "asks"),
    [
        ("How many people were hurt there?", "What do you mean by “there”?"),
        ("What happened to them afterwards?", "What do you mean by “them”?"),
    ],
)
def test_a_place_or_people_not_spoken_of_are_asked_back(question, asks):
    answer = ask(question, *ALL)
    assert answer.remark == asks
    assert len(answer.options) > 1


def test_it_without_a_word_before_is_asked_back_by_article():
    answer = ask("When did it happen?", *ALL)
    assert "When did it happen (“Prize for a cellist”)?" in answer.options
    again = ask(answer.options[0], *ALL)
    assert not again.asks_back


@pytest.mark.parametrize(
    "question",
    [
        "Is it true that Brask was flooded?",
        "How long does it take to fill in the harbour?",
        "Why did the engineer say that he would leave?",
        "Did Vera Brandt say that she studied in Vienna?",
    ],
)
def test_a_pronoun_with_something_to_stand_for_is_not_asked_back(question):
    assert not ask(question, *ALL).asks_back


def test_he_after_an_answer_is_not_asked_back():
    turn = Turn("Who is the engineer?", "The engineer is Tomas Brandt.")
    assert not ask("What did he say?", *ALL, history=[turn]).asks_back


def test_after_a_greeting_nothing_was_said():
    assert ask("What did he say?", *ALL, history=[Turn("Hi", "Ask about …")]).asks_back


def test_events_of_one_sort_are_asked_back_once_each():
    answer = ask("What happened in the match?", FIRST, SECOND, AGAIN, FLOOD)
    assert answer.text == "Which match do you mean?"
    assert set(answer.options) == {
        "What happened in the match (“Rovers beat Ostrel”)?",
        "What happened in the match (“Velden draw”)?",
    }


@pytest.mark.parametrize(
    "question",
    [
        "How many people did the flood kill?",
        "Who saved a penalty in the match?",
        "What happened in the match between Velden and Norrby?",
        "Who won the match of Ostrel?",
        "What happened in the election?",
    ],
)
def test_one_event_is_not_asked_back(question):
    assert not ask(question, FIRST, SECOND, FLOOD, LATER).asks_back


@pytest.mark.parametrize(
    ("reply", "place"),
    [("2", 1), ("the second", 1), ("the last one", -1), ("The first one, please", 0), ("1.", 0)],
)
def test_a_place_in_the_row_chooses(reply, place):
    asked = ask("Who is Brandt?", *ALL)
    answer = ask(reply, *ALL, history=[asked.turn])
    assert answer.question == asked.options[place]
    assert not answer.asks_back


@pytest.mark.parametrize("reply", ["Vera Brandt", "Vera", "I mean Vera Brandt."])
def test_a_name_chooses(reply):
    asked = ask("Who is Brandt?", *ALL)
    assert ask(reply, *ALL, history=[asked.turn]).question == "Who is Vera Brandt?"


def test_another_question_is_a_question():
    asked = ask("Who is Brandt?", *ALL)
    answer = ask("Who saved a penalty?", *ALL, history=[asked.turn])
    assert (answer.question, answer.asks_back) == ("Who saved a penalty?", False)


@pytest.mark.parametrize("reply", ["9", "Brandt", "the fifth", "?", "no"])
def test_a_reply_that_chooses_nothing_is_no_error(reply):
    asked = ask("Who is Brandt?", *ALL)
    assert ask(reply, *ALL, history=[asked.turn]).final


def test_an_empty_index_is_still_told():
    search = FixedSearch(generation="")
    answer = Assistant(search, WordReranker(), ScriptedModel).ask("What did he say?")
    assert answer.refusal.code == "empty_index"


ODD = st.sampled_from(
    "Who did he Brandt Brandt's the match, “ ” ( it \x00 İ 김 said? when … 's".split()
)


@settings(deadline=None, max_examples=40)
@given(st.lists(ODD, min_size=1, max_size=12), st.lists(ODD, max_size=4))
def test_no_words_make_it_fail(asked, replied):
    assume(set(asked) != {"\x00"})  # an empty question is refused before
    answer = ask(" ".join(asked), *ALL)
    assert ask(" ".join((*replied, "x")), *ALL, history=[answer.turn]).final
