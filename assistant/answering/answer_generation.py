"""Generates an answer and attributes it: the draft is cut into claims as its sentences end."""

import re
import threading
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from typing import Protocol

from assistant.answering.timing import Stopwatch
from assistant.core.answer import Answer, Claim
from assistant.core.sanitize import for_answer, looks_injected
from assistant.llm.language_model import LanguageModel, Limits, Message, Piece, Usage
from index.text.chunking import sentences
from index.text.words import words
from prompts import render

# A small model may repeat its answer without end: "Mark Tedeschi, QC, QC, QC, …".
_LOOP = re.compile(r"(.{2,60}?)\1{3,}$", re.DOTALL)


class Check(Protocol):
    """Finds the proof of a part of a draft."""

    def check(self, text: str, /) -> Claim:
        """The part as a claim with its citations, or with what is in no article."""


class Cut(Protocol):
    """Cuts a draft into the parts that are checked."""

    def __call__(self, draft: str, *, done: bool) -> tuple[list[str], str]:
        """The finished parts of a draft, which stay as it grows, and the one being generated."""


def generate(
    answer: Answer,
    model: LanguageModel,
    limits: Limits,
    proof: Check,
    timer: Stopwatch,
    cancel: threading.Event | None,
    writes: Callable[[], None] = lambda: None,
    cut: Cut | None = None,
) -> Generator[Answer, None, tuple[Answer, list[Piece]]]:
    """Yield the answer after every piece of text; returns the last one and all pieces.

    A draft that repeats itself is ended where the repetition began. `writes` is called when the
    first piece has come. The parts are sentences if no `cut` is given.
    """
    parts = cut or split
    pieces: list[Piece] = []
    draft = ""
    for piece in model.stream(answer.messages, limits, cancel):
        pieces.append(piece)
        if piece.text and not draft:
            writes()
        draft += piece.text
        looped = before_loop(draft)
        # what a limit cut off in mid-sentence may say the opposite of the sentence
        done = bool(looped) or (piece.usage is not None and piece.usage.finish == "stop")
        finished, pending = parts(looped or draft, done=done)
        new = (_claim(text, proof) for text in finished[len(answer.claims) :])
        claims = (*answer.claims, *new)
        usage = piece.usage or (_cost(model, answer.messages, pieces) if looped else None)
        answer = timer.piece(replace(answer, claims=claims, pending=pending), usage, draft)
        if usage:
            break
        if piece.text:
            yield answer
    return answer, pieces


def before_loop(draft: str) -> str | None:
    """The draft up to where it began to repeat itself; None if it does not.

    >>> before_loop("Mark Tedeschi, QC, QC, QC, QC, QC")
    'Mark Tedeschi, QC'
    >>> before_loop("Nine people died, and nine are missing.")
    """
    found = _LOOP.search(draft)
    if not found or not re.search(r"\w", found[1]):
        return None
    text, rest = draft[: found.end(1)], draft[found.end(1) :]
    if rest[:1].isalnum() and text[-1].isalnum():  # the loop was noticed inside a word
        text = re.sub(r"\W+\w+$", "", text)
    return text.rstrip(" ,;:-")


def split(draft: str, *, done: bool) -> tuple[list[str], str]:
    """The finished sentences of a draft, and the one being generated."""
    texts = [for_answer(draft[start:end]) for start, end in sentences(draft)]
    pending = "" if done or not texts else texts.pop()
    if looks_injected(pending, ""):
        pending = ""
    return [text for text in texts if words(text)], pending  # "!" and "---" claim nothing


def _claim(text: str, proof: Check) -> Claim:
    return Claim(text) if looks_injected(text, render("system")) else proof.check(text)


def _cost(model: LanguageModel, messages: Sequence[Message], pieces: Sequence[Piece]) -> Usage:
    """The usage of a draft whose end is not waited for; the times are not known."""
    cached = max((piece.reading.cached for piece in pieces if piece.reading), default=0)
    written = model.count("".join(piece.text for piece in pieces))
    return Usage(model.count_prompt(messages), cached, written, 0.0, 0.0, "stop")
