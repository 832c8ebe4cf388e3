"""A follow-up's prompt begins with the one before it, or begins anew: what stands in which."""

import datetime as dt
import json
from dataclasses import replace

import pytest

from assistant.answering.pipeline import Assistant
from assistant.answering.prompt_continuation import MAX_PREFIX
from assistant.answering.prompting import REFUSED
from assistant.backends.serialization import to_json, turn_of
from assistant.core.answer import Answer, Turn
from assistant.core.query import Query
from assistant.core.settings import AnswerSettings
from assistant.llm.chat_template import TEMPLATES, prompt_tokens
from index.core.articles import Article
from index.core.filters import NO_FILTERS, Filters
from tests.fakes import FixedSearch, ScriptedModel, SpelledVocabulary, WordReranker

TALKS = Article(
    path="/talks.txt",
    title="Envoys talk",
    text=(
        "Kim Gunn is the envoy of Korea. He came with two aides. The talks lasted twelve hours. "
        "A band played for the envoys in the garden of the hotel until midnight."
    ),
    published=dt.date(2023, 7, 20),
)
FLOOD = Article(
    path="/flood.txt",
    title="Dike gives way",
    text="Nadia Korvin heads the rescue service. Nine people are missing.",
    published=dt.date(2024, 7, 20),
)
WHO = "Who is the envoy of Korea?"
KIM = "Kim Gunn is the envoy of Korea."
LONG = "How long did his talks last?"
HOURS = "The talks lasted twelve hours."
BAND = "Who played for the envoys in the garden until midnight?"
PLAYED = "A band played for the envoys in the garden."


class Conversation:
    """An assistant over some articles, and a conversation with it."""

    def __init__(self, *said: str, articles=(TALKS, FLOOD), budget: int = 30) -> None:
        self.model = ScriptedModel(*said)
        self.history: list[Turn] = []
        self.show(*articles, budget=budget)

    def show(self, *articles: Article, generation: str = "g1", budget: int = 30) -> None:
        """Another index from now on."""
        search = FixedSearch(*articles, generation=generation)
        limit = AnswerSettings(evidence_tokens=budget)
        self._assistant = Assistant(search, WordReranker(reach=5.0), lambda: self.model, limit)

    def ask(self, question: str, filters: Filters = NO_FILTERS) -> Answer:
        answer = self._assistant.ask(Query(question, self.history, filters=filters, strict=0))
        self.history.append(answer.turn)
        return answer


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.name)
def test_a_follow_up_s_prompt_begins_with_the_whole_prompt_and_answer_before(template) -> None:
    talk = Conversation(KIM, HOURS, PLAYED)
    for question in (WHO, LONG, BAND):
        talk.ask(question)
    first, second, third = (
        prompt_tokens(template, list(shown), SpelledVocabulary(template.controls))
        for shown in talk.model.shown
    )
    said, more = ([ord(letter) for letter in text] for text in (KIM, HOURS))
    assert second[: len(first) + len(said)] == first + said
    assert third[: len(second) + len(more)] == second + more


def test_only_sentences_that_were_not_read_are_shown() -> None:
    talk = Conversation(KIM, PLAYED, budget=12)
    first, second = talk.ask(WHO), talk.ask(BAND)
    *before, last = talk.model.shown[1]
    read = "\n".join(message.content for message in before)
    assert KIM in read
    assert "A band played" not in read
    assert last.content.count("A band played") == 1
    assert KIM not in last.content
    assert last.content.endswith(f"Question: {BAND}")
    assert first.shown.continues is False
    assert second.shown.continues is True
    assert set(first.shown.spans).isdisjoint(second.shown.spans)


def test_where_all_was_read_only_the_question_is_new() -> None:
    talk = Conversation(KIM, HOURS, budget=100)
    talk.ask(WHO)
    answer = talk.ask(LONG)
    assert talk.model.shown[1][-1].content == f"Question: {LONG}"
    assert answer.shown.spans == ()
    assert (answer.text, answer.timings.model_calls) == (HOURS, 2)  # the draft and its proof


def test_a_claim_is_proved_by_a_sentence_that_was_read_before() -> None:
    talk = Conversation(KIM, f"{PLAYED} {KIM}", budget=12)
    talk.ask(WHO)
    answer = talk.ask(BAND)
    assert [citation.quote for citation in answer.citations][1] == KIM
    assert answer.text == f"{PLAYED} {KIM}"


def test_the_evidence_is_what_the_question_is_about_and_not_all_that_was_read() -> None:
    band = Article("/band.txt", "Band", "A brass band played for the envoys.")
    talk = Conversation(KIM, HOURS, articles=(TALKS, band), budget=100)
    talk.ask(WHO)
    talk.show(TALKS, budget=100)  # the band is not found this time
    talk._assistant._searcher.passages_of = FixedSearch(TALKS, band).passages_of
    answer = talk.ask(LONG)
    assert answer.shown.continues
    assert {item.article.title for item in answer.evidence} == {"Envoys talk"}


def test_a_refused_answer_is_told_as_refused_and_still_gone_on_with() -> None:
    talk = Conversation("He flew to Paris with 40 men.", HOURS)
    assert talk.ask(WHO).refused
    talk.ask(LONG)
    assert [m.content for m in talk.model.shown[1] if m.role == "assistant"] == [REFUSED]


def anew(talk: Conversation) -> bool:
    """The last prompt holds one question only."""
    return [message.role for message in talk.model.shown[-1]] == ["system", "user"]


def test_an_article_that_was_not_read_begins_a_new_prompt() -> None:
    talk = Conversation(KIM, "Nine people are missing.")
    talk.show(TALKS)
    talk.ask(WHO)
    talk.show(FLOOD, TALKS)
    answer = talk.ask("How many people are missing?")
    assert anew(talk)
    assert answer.shown.continues is False
    assert KIM not in talk.model.shown[1][1].content.partition("Question:")[2]


def test_another_generation_of_the_index_begins_a_new_prompt() -> None:
    talk = Conversation(KIM, HOURS)
    talk.ask(WHO)
    talk.show(TALKS, FLOOD, generation="g2")
    talk.ask(LONG)
    assert anew(talk)
    assert f"the reader asked: {WHO}" in talk.model.shown[1][1].content


def test_an_article_outside_the_filters_begins_a_new_prompt() -> None:
    talk = Conversation(KIM, HOURS, budget=100)
    talk.ask(WHO)
    talk.ask(LONG, Filters(as_of=dt.date(2023, 12, 31)))
    assert anew(talk)
    assert "Nine people" not in talk.model.shown[1][1].content


def test_a_conversation_that_became_too_long_begins_a_new_prompt() -> None:
    long = [f"The talks of {n} hours were {'very ' * 60}long." for n in range(12)]
    talk = Conversation(KIM, HOURS, articles=(replace(TALKS, text=" ".join(long)),))
    talk.show(replace(TALKS, text=f"{KIM} {' '.join(long)}"), budget=700)
    talk.ask(WHO)
    assert sum(len(m.content) for m in talk.model.shown[0]) > MAX_PREFIX
    talk.ask(LONG)
    assert anew(talk)


def forged(article: str, start: int, end: int):
    """The last turn with one more span that the index does not have."""

    def change(history: list[Turn]) -> list[Turn]:
        shown = history[-1].shown
        span = (TALKS.id if article == "talks" else article, start, end)
        return [replace(history[-1], shown=replace(shown, spans=(*shown.spans, span)))]

    return change


@pytest.mark.parametrize(
    "change",
    [
        lambda history: [replace(turn, shown=None) for turn in history],  # a client keeps texts
        lambda history: history[1:],
        *(forged(*span) for span in [("nothing", 0, 5), ("", 0, 31)]),
        *(forged(*span) for span in [("talks", 3, 9), ("talks", 0, 10**9)]),
    ],
)
def test_a_history_that_cannot_be_continued_begins_a_new_prompt(change) -> None:
    talk = Conversation(KIM, HOURS, HOURS)
    talk.ask(WHO)
    talk.ask(LONG)
    talk.history = change(talk.history)
    talk.ask("And how long were his talks?")
    assert anew(talk)
    assert f"The answer was: {HOURS}" in talk.model.shown[2][1].content


def test_it_survives_json_so_that_a_browser_can_keep_it() -> None:
    talk = Conversation(KIM, HOURS)
    first = talk.ask(WHO)
    talk.ask(LONG)
    for past in talk.history:
        assert turn_of(json.loads(json.dumps(to_json(past)))) == past
    assert turn_of(json.loads(json.dumps(to_json(first)))) == first.turn
