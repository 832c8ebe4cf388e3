"""Assistant: a question in, ever more complete answers out. The story of a question on one screen.

Knows neither Chroma nor llama.cpp: it is given something that searches, something that scores and
something that speaks.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from assistant import evidence as choosing
from assistant.answer import Answer, Claim, Evidence, Refusal, Timings, Turn
from assistant.engine import LanguageModel, Limits, Message, Usage
from assistant.followup import standalone
from assistant.grounding import Grounder, unknown_names
from assistant.particulars import words
from assistant.textgate import for_prompt
from index.clean import visible
from index.errors import UsageError
from index.passages import sentences
from index.rerank import Reranker
from index.scope import EVERYTHING, Scope
from index.search import Found, Searcher
from prompts import render

MAX_QUESTION = 2_000  # characters
MAX_EARLIER = 600  # characters of the last answer that a follow-up shows the model
# The best passage of an answerable question of wikinews_dev scored -8.1 or more, of questions on
# other subjects -10 or less.
NOTHING_RELEVANT = -9.0


@dataclass(frozen=True, slots=True)
class Limit:
    """How much is searched, read and written for one question; see `assistant.settings`."""

    passages: int = 6
    evidence_tokens: int = 360
    answer_tokens: int = 160
    deadline_s: float = 120.0
    strict: float = 0.5


class Assistant:
    """Answers questions from indexed articles.

    `model` is called when something was found, so that a question about nothing never loads one.
    """

    def __init__(
        self,
        searcher: Searcher,
        reranker: Reranker,
        model: Callable[[], LanguageModel],
        limit: Limit | None = None,
    ) -> None:
        self._searcher = searcher
        self._reranker = reranker
        self._model = model
        self._limit = limit or Limit()

    def ask(
        self,
        question: str,
        history: Sequence[Turn] = (),
        *,
        scope: Scope = EVERYTHING,
        strict: float | None = None,
    ) -> Answer:
        """The final answer."""
        *_, last = self.stream(question, history, scope=scope, strict=strict)
        return last

    def stream(
        self,
        question: str,
        history: Sequence[Turn] = (),
        cancel: threading.Event | None = None,
        *,
        scope: Scope = EVERYTHING,
        strict: float | None = None,
    ) -> Iterator[Answer]:
        """Yield ever more complete answers; each is complete so far and the last is final.

        The first with `evidence` comes before the model has begun to read. `strict` (0..1, None:
        the setting) is how sure an answer has to be: 0 refuses least, 1 most.

        Raises:
            UsageError: if the question is empty or longer than `MAX_QUESTION`.
            UserError: if index or model cannot be used.
        """
        clock = _Clock()
        question = checked(question)
        searched = standalone(question, history)
        strict = self._limit.strict if strict is None else strict
        answer = Answer(question, searched, scope=scope, generation=self._searcher.generation)

        found = self._searcher.search(searched, self._limit.passages, scope=scope)
        if refusal := _nothing_found(answer.generation, found):
            yield clock.stop(replace(answer, refusal=refusal))
            return

        model = self._model()
        answer = replace(answer, model=model.name, evidence=self._read(searched, found, model))
        if refusal := _not_mentioned(question, answer.evidence):
            yield clock.stop(replace(answer, refusal=refusal))
            return
        yield (answer := clock.evidence(answer))

        follows = searched != question and bool(history)
        messages = _prompt(question, history if follows else (), answer.evidence)
        limits = Limits(self._limit.answer_tokens, self._limit.deadline_s)
        grounder = Grounder(searched, answer.evidence)
        draft = ""
        for piece in model.stream(messages, limits, cancel):
            draft += piece.text
            # what a limit cut off in mid-sentence may say the opposite of the sentence
            whole = piece.usage is not None and piece.usage.finish == "stop"
            finished, pending = _split(draft, done=whole)
            claims = _checked_claims(grounder, answer.claims, finished)
            answer = clock.tick(replace(answer, claims=claims, pending=pending), piece.usage, draft)
            if piece.text and piece.usage is None:
                yield answer
        yield clock.stop(_judged(answer))

    def _read(
        self, question: str, found: Sequence[Found], model: LanguageModel
    ) -> tuple[Evidence, ...]:
        return choosing.choose(
            question, found, self._reranker, model.count, self._limit.evidence_tokens
        )


def checked(question: str) -> str:
    """A question as one line, without the invisible characters that articles lose as well.

    Raises:
        UsageError: if it is empty or longer than `MAX_QUESTION`.
    """
    question = " ".join(visible(question).split())
    if not question:
        raise UsageError("The question is empty.")
    if len(question) > MAX_QUESTION:
        raise UsageError(
            f"The question has {len(question):,} characters; the limit is {MAX_QUESTION:,}."
        )
    return question


def _nothing_found(generation: str, found: Sequence[Found]) -> Refusal | None:
    if not generation:
        return Refusal("empty_index", "Nothing is indexed yet. Run 'assistant ingest FOLDER'.")
    if not found or found[0].relevance < NOTHING_RELEVANT:
        return Refusal("nothing_relevant", "Not in these articles: none of them is about this.")
    return None


def _not_mentioned(question: str, evidence: Sequence[Evidence]) -> Refusal | None:
    unknown = unknown_names(question, evidence)
    if not unknown:
        return None
    names = " and ".join(f"“{name}”" for name in unknown)
    return Refusal(
        "nothing_relevant", f"Not in these articles: the nearest ones do not mention {names}."
    )


def _prompt(question: str, history: Sequence[Turn], evidence: Sequence[Evidence]) -> list[Message]:
    """System text first and question last, so that an engine re-reads as little as possible."""
    values = {"evidence": choosing.as_read(evidence), "question": for_prompt(question)}
    if history:
        earlier = history[-1]
        content = render(
            "followup",
            earlier_question=for_prompt(earlier.question),
            earlier_answer=for_prompt(earlier.answer)[:MAX_EARLIER] or "not in the articles",
            **values,
        )
    else:
        content = render("question", **values)
    return [Message("system", render("system")), Message("user", content)]


def _split(draft: str, *, done: bool) -> tuple[list[str], str]:
    """The finished sentences of a draft, and the one being written."""
    spans = sentences(draft)
    texts = [" ".join(draft[start:end].split()) for start, end in spans]
    pending = "" if done or not texts else texts.pop()
    return [text for text in texts if words(text)], pending  # "!" and "---" claim nothing


def _checked_claims(
    grounder: Grounder, known: tuple[Claim, ...], finished: Sequence[str]
) -> tuple[Claim, ...]:
    fresh = finished[len(known) :]
    return (*known, *(grounder.check(sentence) for sentence in fresh))


def _judged(answer: Answer) -> Answer:
    """Refuse if nothing that was written is proved."""
    if answer.kept:
        return answer
    if answer.cut and not answer.claims:
        early = "The answer was stopped before its first sentence was written."
        return replace(answer, refusal=Refusal("unsupported", early))
    missing = [p for claim in answer.claims for p in claim.unsupported]
    why = f" ({', '.join(missing)} stands in none of them)" if missing else ""
    return replace(
        answer,
        refusal=Refusal(
            "unsupported", f"Not in these articles: no sentence proves an answer{why}."
        ),
    )


class _Clock:
    """Fills in the timings of an answer."""

    def __init__(self) -> None:
        self._start = time.perf_counter()
        self._evidence: float | None = None
        self._first: float | None = None

    def _since(self) -> float:
        return round(time.perf_counter() - self._start, 3)

    def evidence(self, answer: Answer) -> Answer:
        self._evidence = evidence_s = self._since()
        return replace(answer, timings=Timings(evidence_s=evidence_s))

    def tick(self, answer: Answer, usage: Usage | None, draft: str) -> Answer:
        if draft and self._first is None:
            self._first = self._since()
        timings = replace(answer.timings, first_token_s=self._first, total_s=self._since())
        if usage:
            timings = replace(
                timings,
                prompt_tokens=usage.prompt_tokens,
                cached_tokens=usage.cached_tokens,
                completion_tokens=usage.completion_tokens,
                model_calls=timings.model_calls + 1,
            )
            answer = replace(answer, cut="" if usage.finish == "stop" else usage.finish)
        return replace(answer, timings=timings)

    def stop(self, answer: Answer) -> Answer:
        timings = replace(
            answer.timings,
            evidence_s=self._since() if self._evidence is None else self._evidence,
            total_s=self._since(),
        )
        return replace(answer, timings=timings, pending="", final=True)
