"""When the answer is "not in these articles", and in which words."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Literal

from assistant.answer import Answer, Evidence, Refusal
from assistant.confidence import confidence, wanted
from assistant.evidence import spelled
from assistant.grounding import names, unknown_names
from index.search import Found

# The best passage of an answerable question of wikinews_dev scored -8.1 or more, of questions on
# other subjects -10 or less.
NOTHING_RELEVANT = -9.0
DOUBTFUL = 0.15  # so little above what is wanted, an answer comes with a warning
OLD_DAYS = 365  # a question about now that is answered from older articles is told so

_ASKS_NOW = re.compile(
    r"\b(?:now|today|currently|current|at present|latest|newest|still|so far)\b"
    r"|^(?:who|what|where) (?:is|are)\b",
    re.IGNORECASE,
)


def nothing_found(generation: str, found: Sequence[Found]) -> Refusal | None:
    """Refuse where nothing is indexed, or no passage is about the question."""
    if not generation:
        return Refusal("empty_index", "Nothing is indexed yet. Run 'assistant ingest FOLDER'.")
    if not found or found[0].relevance < NOTHING_RELEVANT:
        return Refusal("nothing_relevant", "Not in these articles: none of them is about this.")
    return None


def not_mentioned(question: str, evidence: Sequence[Evidence]) -> Refusal | None:
    """Refuse where the nearest articles mention none of the names in the question.

    One that is missing among others ("Seoul" where the article says "South Korea") only makes an
    answer less sure.
    """
    unknown = unknown_names(question, evidence)
    if not unknown or len(unknown) < len(names(question)):
        return None
    told = " and ".join(f"“{name}”" for name in unknown)
    return Refusal(
        "nothing_relevant", f"Not in these articles: the nearest ones do not mention {told}."
    )


def judged(answer: Answer, strict: float) -> Answer:
    """Refuse if nothing that was written is proved, or it is less sure than `strict` asks for."""
    if answer.kept:
        return _sure_enough(answer, strict)
    if answer.cut and not answer.claims:
        early = "The answer was stopped before its first sentence was written."
        return replace(answer, refusal=Refusal("unsupported", early))
    missing = [p for claim in answer.claims for p in claim.unsupported]
    why = f" ({', '.join(missing)} stands in none of them)" if missing else ""
    return _refused(answer, "unsupported", f"no sentence proves an answer{why}.")


def _sure_enough(answer: Answer, strict: float) -> Answer:
    if answer.signs is None or answer.cut:
        return answer
    sure, enough = confidence(answer.signs), wanted(strict)
    answer = replace(answer, confidence=round(sure, 3))
    if sure < enough:
        return _refused(answer, "unsure", "the sentences that come nearest do not say it.")
    return replace(answer, caveats=tuple(_caveats(answer, sure < enough + DOUBTFUL)))


def _caveats(answer: Answer, doubtful: bool) -> Iterator[str]:
    cited = {citation.article.id: citation.article for citation in answer.citations}
    if doubtful and len(cited) == 1:
        yield "Not certain, and only one article says so: read the sentence it rests on."
    elif doubtful:
        yield "Not certain: read the sentences it rests on."
    days = [article.published for article in cited.values()]
    today = answer.scope.as_of or dt.datetime.now().astimezone().date()
    if days and None in days and len(days) == 1:
        yield "The article has no date."
    newest = max((day for day in days if day), default=today)
    if _ASKS_NOW.search(answer.question) and (today - newest).days > OLD_DAYS:
        yield f"The newest article that is cited is of {spelled(newest)}."


def _refused(answer: Answer, code: Literal["unsupported", "unsure"], why: str) -> Answer:
    return replace(answer, refusal=Refusal(code, f"Not in these articles: {why}"))
