"""A follow-up's prompt begins with the one before it, or begins anew: what stands in which."""

import datetime as dt
import json
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import takewhile

import pytest

from assistant.answering.pipeline import Assistant, Limit
from assistant.answering.prompt_continuation import MAX_PREFIX
from assistant.answering.prompting import REFUSED
from assistant.backends.serialization import answers, to_json, turn_of
from assistant.core.answer import Answer, Turn
from assistant.core.query import Query
from assistant.llm.chat_template import TEMPLATES, prompt_tokens
from assistant.llm.language_model import Limits, Message, Piece
from index.core.articles import Article
from index.core.filters import NO_FILTERS, Filters
from tests.fakes import FixedSearch, ScriptedModel, WordReranker

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


class House:
    """An assistant over some articles, and a conversation with it."""

    def __init__(self, *said: str, articles=(TALKS, FLOOD), budget: int = 30) -> None:
        self.model = ScriptedModel(*said)
        self.history: list[Turn] = []
        self.show(*articles, budget=budget)

    def show(self, *articles: Article, generation: str = "g1", budget: int = 30) -> None:
        """Another index from now on."""
        search = FixedSearch(*articles, generation=generation)
        limit = Limit(evidence_tokens=budget)
        self._assistant = Assistant(search, WordReranker(reach=5.0), lambda: self.model, limit)

    def ask(self, question: str, scope: Filters = NO_FILTERS) -> Answer:
        answer = self._assistant.ask(Query(question, self.history, filters=scope, strict=0))
        self.history.append(answer.turn)
        return answer


def tokens(messages: list[Message], template) -> list[int]:
    """A prompt as token ids of a vocabulary of letters and control words."""

    def tokenise(text: str, special: bool) -> tuple[int, ...]:
        if special:
            for number, word in enumerate(template.controls):
                text = text.replace(word, chr(0x10000 + number))
        return tuple(map(ord, text))

    return prompt_tokens(template, messages, tokenise)


# ── what was read stands unchanged at the beginning ───────────────────────────────────────────


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.name)
def test_a_follow_up_s_prompt_begins_with_the_whole_prompt_and_answer_before(template) -> None:
    app = House(KIM, HOURS, PLAYED)
    for question in (WHO, LONG, BAND):
        app.ask(question)
    first, second, third = (tokens(list(shown), template) for shown in app.model.shown)
    said, more = ([ord(letter) for letter in text] for text in (KIM, HOURS))
    assert second[: len(first) + len(said)] == first + said
    assert third[: len(second) + len(more)] == second + more


def test_only_sentences_that_were_not_read_are_shown() -> None:
    app = House(KIM, PLAYED, budget=12)
    first, second = app.ask(WHO), app.ask(BAND)
    *before, last = app.model.shown[1]
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
    app = House(KIM, HOURS, budget=100)
    app.ask(WHO)
    answer = app.ask(LONG)
    assert app.model.shown[1][-1].content == f"Question: {LONG}"
    assert answer.shown.spans == ()
    assert answer.text == HOURS


def test_a_claim_is_proved_by_a_sentence_that_was_read_before() -> None:
    app = House(KIM, f"{PLAYED} {KIM}", budget=12)
    app.ask(WHO)
    answer = app.ask(BAND)
    assert [citation.quote for citation in answer.citations][1] == KIM
    assert answer.text == f"{PLAYED} {KIM}"


def test_the_evidence_is_what_the_question_is_about_and_not_all_that_was_read() -> None:
    band = Article("/band.txt", "Band", "A brass band played for the envoys.")
    app = House(KIM, HOURS, articles=(TALKS, band), budget=100)
    app.ask(WHO)
    app.show(TALKS, budget=100)  # the band is not found this time
    app._assistant._searcher.passages_of = FixedSearch(TALKS, band).passages_of
    answer = app.ask(LONG)
    assert answer.shown.continues
    assert {item.article.title for item in answer.evidence} == {"Envoys talk"}


def test_a_refused_answer_is_told_as_refused_and_still_gone_on_with() -> None:
    app = House("He flew to Paris with 40 men.", HOURS)
    assert app.ask(WHO).refused
    app.ask(LONG)
    assert [m.content for m in app.model.shown[1] if m.role == "assistant"] == [REFUSED]


# ── when it begins anew ───────────────────────────────────────────────────────────────────────


def anew(app: House) -> bool:
    """The last prompt holds one question only."""
    return [message.role for message in app.model.shown[-1]] == ["system", "user"]


def test_an_article_that_was_not_read_begins_a_new_prompt() -> None:
    app = House(KIM, "Nine people are missing.")
    app.show(TALKS)
    app.ask(WHO)
    app.show(FLOOD, TALKS)
    answer = app.ask("How many people are missing?")
    assert anew(app)
    assert answer.shown.continues is False
    assert KIM not in app.model.shown[1][1].content.partition("Question:")[2]


def test_another_generation_of_the_index_begins_a_new_prompt() -> None:
    app = House(KIM, HOURS)
    app.ask(WHO)
    app.show(TALKS, FLOOD, generation="g2")
    app.ask(LONG)
    assert anew(app)
    assert f"the reader asked: {WHO}" in app.model.shown[1][1].content


def test_an_article_that_may_not_be_read_now_begins_a_new_prompt() -> None:
    app = House(KIM, HOURS, budget=100)
    app.ask(WHO)
    app.ask(LONG, Filters(as_of=dt.date(2023, 12, 31)))
    assert anew(app)
    assert "Nine people" not in app.model.shown[1][1].content


def test_a_conversation_that_became_too_long_begins_a_new_prompt() -> None:
    long = [f"The talks of {n} hours were {'very ' * 60}long." for n in range(12)]
    app = House(KIM, HOURS, articles=(replace(TALKS, text=" ".join(long)),))
    app.show(replace(TALKS, text=f"{KIM} {' '.join(long)}"), budget=700)
    app.ask(WHO)
    assert sum(len(m.content) for m in app.model.shown[0]) > MAX_PREFIX
    app.ask(LONG)
    assert anew(app)


def test_a_history_of_texts_is_shown_as_texts() -> None:
    app = House(HOURS)
    app.history = [Turn(WHO, KIM)]
    app.ask(LONG)
    assert anew(app)
    assert f"The answer was: {KIM}" in app.model.shown[0][1].content


@pytest.mark.parametrize(
    "sentence", [("nothing", 0, 5), ("", 0, 31), ("talks", 3, 9), ("talks", 0, 10**9)]
)
def test_places_that_are_no_sentences_are_not_believed(sentence) -> None:
    app = House(KIM, HOURS)
    app.ask(WHO)
    [past] = app.history
    article, start, end = sentence
    forged = (TALKS.id if article == "talks" else article, start, end)
    read = replace(past.shown, spans=(*past.shown.spans, forged))
    app.history = [replace(past, shown=read)]
    app.ask(LONG)
    assert anew(app)


def test_a_conversation_whose_beginning_is_gone_begins_a_new_prompt() -> None:
    app = House(KIM, HOURS, HOURS)
    app.ask(WHO)
    app.ask(LONG)
    del app.history[0]
    app.ask("And how long were his talks?")
    assert anew(app)


# ── the way of it through a client ────────────────────────────────────────────────────────────


def test_it_survives_json_so_that_a_browser_can_keep_it() -> None:
    app = House(KIM, HOURS)
    first = app.ask(WHO)
    app.ask(LONG)
    for past in app.history:
        assert turn_of(json.loads(json.dumps(to_json(past)))) == past
    assert turn_of(json.loads(json.dumps(to_json(first)))) == first.turn
    [again] = answers([{"event": "answer", **to_json(first)}])
    assert again.shown == first.shown


# ── what it is for ────────────────────────────────────────────────────────────────────────────


class RememberingModel(ScriptedModel):
    """Knows what it has read and written, and tells how much of a prompt that was."""

    def __init__(self, *answers: str) -> None:
        super().__init__(*answers)
        self._seen: list[list[int]] = []

    def stream(
        self, messages: Sequence[Message], limits: Limits, cancel: threading.Event | None = None
    ) -> Iterator[Piece]:
        prompt = tokens(list(messages), TEMPLATES[0])
        known = max((common(prompt, seen) for seen in self._seen), default=0)
        said = ""
        for piece in super().stream(messages, limits, cancel):
            said += piece.text
            if piece.usage is None:
                yield piece
                continue
            self._seen.append([*prompt, *map(ord, said)])
            usage = replace(piece.usage, prompt_tokens=len(prompt), cached_tokens=known)
            yield Piece(usage=usage)


def common(one: list[int], other: list[int]) -> int:
    """How many tokens two prompts begin with alike."""
    return len(list(takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))))


def test_a_follow_up_re_reads_nothing_and_both_calls_are_counted() -> None:
    app = House(articles=(TALKS,), budget=100)
    app.model = RememberingModel(KIM, HOURS)
    cold, warm = app.ask(WHO).timings, app.ask(LONG).timings
    asked = [tokens(list(shown), TEMPLATES[0]) for shown in app.model.shown]
    anew = len(asked[1]) - len(asked[0]) - len(KIM)
    assert cold.model_calls == warm.model_calls == 2
    proof = warm.prompt_tokens - len(asked[1])
    assert 0 < proof < len(asked[1])
    assert warm.cached_tokens > len(asked[0]) + len(KIM) + proof / 4  # its system text at least
    assert anew < len(asked[1]) / 3
