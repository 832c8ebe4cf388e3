"""Asks the model whether the cited sentences state the answer: one token, read as log odds."""

import math
import threading
from collections.abc import Sequence

from assistant.core.answer import Evidence
from assistant.core.evidence_text import format_sentence
from assistant.core.sanitize import for_prompt
from assistant.llm.language_model import LanguageModel, Limits, Message, Piece, Usage
from index.text.relative_dates import format_day
from prompts import render

MAX_PROOFS = 2  # cited sentences that are read again
NO_PROBABILITIES = 1.7  # the median of right answers, for an engine that reports none


def self_check(
    model: LanguageModel,
    question: str,
    proofs: Sequence[Evidence],
    deadline_s: float,
    cancel: threading.Event | None = None,
) -> tuple[float, Usage | None]:
    """Log odds that the proofs state the answer (see `entailment_logit`), and what asking cost."""
    answer, usage = None, None
    for piece in model.stream(_messages(question, proofs), Limits(1, deadline_s), cancel):
        answer = answer or (piece if piece.likely else None)
        usage = piece.usage or usage
    return entailment_logit(answer), usage


def entailment_logit(answer: Piece | None) -> float:
    """Log odds of "yes" against "no" in the model's first token.

    >>> round(entailment_logit(Piece("Yes", likely=(("Yes", -0.2), ("No", -1.7)))), 1)
    1.5
    """
    likely = answer.likely if answer else ()
    logs = {"yes": -math.inf, "no": -math.inf}
    for token, log in likely:
        word = token.strip().lower()
        if word in logs:
            logs[word] = max(logs[word], log)
    if logs["yes"] == logs["no"] == -math.inf:
        return NO_PROBABILITIES
    least = min(log for _, log in likely)  # a token that is not listed is at most as likely
    return max(logs["yes"], least) - max(logs["no"], least)


def _messages(question: str, proofs: Sequence[Evidence]) -> list[Message]:
    """The system text is that of the answer's prompt, so that an engine has it cached."""
    by_article: dict[str, list[str]] = {}
    for item in sorted(proofs, key=lambda item: item.is_title)[:MAX_PROOFS]:
        article = item.article
        day = f" ({format_day(article.stated_day)})" if article.stated_day else ""
        about = f"From the news article “{for_prompt(article.title)}{day}”"
        by_article.setdefault(about, []).extend([] if item.is_title else [format_sentence(item)])
    cited = "\n".join(" ".join((f"{about}:", *lines)) for about, lines in by_article.items())
    content = render("self_check", cited=cited, question=for_prompt(question))
    return [Message("system", render("system")), Message("user", content)]
