"""What the model is told, and its draft cut into the sentences that are to be checked."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.answering.sentence_selection import only_article
from assistant.core.answer import Claim, Evidence, Turn
from assistant.core.evidence_text import format_evidence
from assistant.core.sanitize import for_answer, for_prompt, looks_injected
from assistant.llm.language_model import LanguageModel, Message, Piece, Usage
from assistant.verification.attribution import Attributor
from index.text.chunking import sentences
from index.text.words import words
from prompts import render

MAX_EARLIER = 600  # characters of an earlier answer that a follow-up shows the model
NOT_SAID = "not in the articles"  # what it is told of an exchange that was refused
# A small model that has said its answer may go on for ever: "Mark Tedeschi, QC, QC, QC, …".
_LOOP = re.compile(r"(.{2,60}?)\1{3,}$", re.DOTALL)


def prompt(question: str, history: Sequence[Turn], evidence: Sequence[Evidence]) -> list[Message]:
    """System text first and question last, so that an engine re-reads as little as possible.

    `history` is empty for a question that stands alone.
    """
    values = {"evidence": format_evidence(evidence), "question": for_prompt(question)}
    if history:
        earlier = history[-1]
        content = render(
            "followup",
            earlier_question=for_prompt(earlier.question),
            earlier_answer=for_prompt(earlier.answer)[:MAX_EARLIER] or NOT_SAID,
            **values,
        )
    else:
        content = render("question", **values)
    return [Message("system", render("system")), Message("user", content)]


def begin(evidence: Sequence[Evidence]) -> list[Message]:
    """The beginning of every prompt whose evidence begins with this, as far as it is the same."""
    shown = format_evidence(evidence)
    content = render("question", evidence=shown, question="")
    return [
        Message("system", render("system")),
        Message("user", content[: content.rindex(shown) + len(shown)]),
    ]


def further(question: str, fresh: Sequence[Evidence], read: Sequence[Evidence]) -> Message:
    """The next question of a conversation that was `read`, with what is new to the model."""
    asked = for_prompt(question)
    if not fresh:
        return Message("user", render("again", question=asked))
    lines = format_evidence(fresh, only_article(read))
    return Message("user", render("further", evidence=lines, question=asked))


def answered(turn: Turn) -> Message:
    """An earlier answer as the model gave it, as far as it was proved."""
    return Message("assistant", for_prompt(turn.answer)[:MAX_EARLIER] or NOT_SAID)


def before_loop(draft: str) -> str | None:
    """The draft up to where it began to repeat itself; None if it does not.

    >>> before_loop("Mark Tedeschi, QC, QC, QC, QC, QC")
    'Mark Tedeschi, QC'
    """
    found = _LOOP.search(draft)
    if not found or not re.search(r"\w", found[1]):
        return None
    said, rest = draft[: found.end(1)], draft[found.end(1) :]
    if rest[:1].isalnum() and said[-1].isalnum():  # the loop was noticed inside a word
        said = re.sub(r"\W+\w+$", "", said)
    return said.rstrip(" ,;:-")


def cost(model: LanguageModel, messages: Sequence[Message], pieces: Sequence[Piece]) -> Usage:
    """What a draft has cost that is not waited for to its end; the times are not known."""
    cached = max((piece.reading.cached for piece in pieces if piece.reading), default=0)
    written = model.count("".join(piece.text for piece in pieces))
    return Usage(model.count_prompt(messages), cached, written, 0.0, 0.0, "stop")


def split(draft: str, *, done: bool) -> tuple[list[str], str]:
    """The finished sentences of a draft, and the one being written."""
    spans = sentences(draft)
    texts = [for_answer(draft[start:end]) for start, end in spans]
    pending = "" if done or not texts else texts.pop()
    if looks_injected(pending, ""):
        pending = ""
    return [text for text in texts if words(text)], pending  # "!" and "---" claim nothing


def checked_claims(
    grounder: Attributor, known: tuple[Claim, ...], finished: Sequence[str]
) -> tuple[Claim, ...]:
    """The claims known so far, and those of the sentences that were finished since."""
    told = render("system")
    fresh = finished[len(known) :]
    return (
        *known,
        *(Claim(one) if looks_injected(one, told) else grounder.check(one) for one in fresh),
    )
