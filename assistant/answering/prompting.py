"""Builds the messages of a prompt from question, history and evidence."""

from collections.abc import Sequence

from assistant.answering.sentence_selection import only_article
from assistant.core.answer import Evidence, Turn
from assistant.core.evidence_text import format_evidence
from assistant.core.sanitize import for_prompt
from assistant.llm.language_model import Message
from prompts import render

MAX_EARLIER = 600  # characters of an earlier answer that a follow-up shows the model
REFUSED = "not in the articles"  # the answer of an earlier exchange that was refused


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
            earlier_answer=earlier_answer(earlier).content,
            **values,
        )
    else:
        content = render("question", **values)
    return [Message("system", render("system")), Message("user", content)]


def prompt_beginning(evidence: Sequence[Evidence]) -> list[Message]:
    """The common beginning of all prompts whose evidence begins with this."""
    shown = format_evidence(evidence)
    content = render("question", evidence=shown, question="")
    beginning = content[: content.rindex(shown) + len(shown)]
    return [Message("system", render("system")), Message("user", beginning)]


def next_question(question: str, new: Sequence[Evidence], known: Sequence[Evidence]) -> Message:
    """A follow-up after the prompt that showed `known`, with the sentences that are new."""
    asked = for_prompt(question)
    if not new:
        return Message("user", render("next_question", question=asked))
    lines = format_evidence(new, only_article(known))
    return Message("user", render("next_question_with_evidence", evidence=lines, question=asked))


def earlier_answer(turn: Turn) -> Message:
    """The supported part of an earlier answer, as the model's own message."""
    return Message("assistant", for_prompt(turn.answer)[:MAX_EARLIER] or REFUSED)
