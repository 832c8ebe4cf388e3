"""Abstention: when the answer is "not in these articles", and the caveats of an answer."""

import datetime as dt
import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Literal

from assistant.core.answer import Answer, Evidence, Refusal
from assistant.core.sanitize import for_answer, looks_injected
from assistant.verification.attribution import unknown_names
from assistant.verification.confidence import confidence, required_confidence
from index.core.articles import Article
from index.core.errors import NOTHING_INDEXED
from index.retrieval.ranking import ScoredPassage
from index.text.query_dates import overlap, periods
from index.text.question import AnalysedQuestion, analyse
from index.text.relative_dates import format_day, format_days
from index.text.words import words

# The best passage of an answerable question of wikinews_dev scored -8.1 or more, of questions on
# other subjects -10 or less.
NOTHING_RELEVANT = -9.0
DOUBTFUL = 0.15  # confidence above the required one up to which an answer has a warning
MAX_NAMED = 2  # articles that a refusal names, the nearest
NEAR = -4.0  # logits of a sentence that is somehow about the question
AS_NEAR = 4.0  # logits below the nearest
MAX_TITLE = 100  # characters of a title in a refusal
OLD_DAYS = 365  # age of the newest cited article from which a question about now has a warning

# a period that lies ahead is written of before it begins
_AHEAD = re.compile(r"(?:next|tomorrow|later)\b", re.IGNORECASE)
_AS_YET = re.compile(r"\b(?:still|so far|as yet|until now)\b", re.IGNORECASE)


def nothing_found(generation: str, found: Sequence[ScoredPassage]) -> Refusal | None:
    """Refuse if nothing is indexed, or no passage is about the question."""
    if not generation:
        return Refusal("empty_index", NOTHING_INDEXED)
    if not found or max(hit.relevance for hit in found) < NOTHING_RELEVANT:
        return Refusal("nothing_relevant", "Not in these articles: none of them is about this.")
    return None


def not_mentioned(question: AnalysedQuestion, evidence: Sequence[Evidence]) -> Refusal | None:
    """Refuse if the nearest articles mention none of the names in the question.

    One that is missing among others ("Seoul" where the article says "South Korea") only makes an
    answer less sure. Days and years do not count: an answer to "since May" may not say "May".
    """
    unknown = unknown_names(question, evidence)
    subjects = _without_times(question, unknown)
    if not subjects or len(unknown) < len(question.names):
        return None
    near, do = _nearest(evidence)
    return _refusal("nothing_relevant", f"{near} {do} not mention {_either(subjects)}.")


def judge(answer: Answer, strict: float, question: AnalysedQuestion) -> Answer:
    """Refuse what is not supported, of another time, or less sure than `strict` requires.

    `question` is the stand-alone question with its periods.
    """
    if not answer.supported:
        return replace(answer, refusal=_unsupported(answer))
    if answer.features is None:  # computed, or cut off
        return answer
    cited = [citation.evidence for citation in answer.citations]
    # the nearest articles mention it somewhere; those that are cited have to as well
    if refusal := _of_other_time(answer, question) or not_mentioned(question, cited):
        return replace(answer, refusal=refusal)
    sure, enough = confidence(answer.features), required_confidence(strict)
    answer = replace(answer, confidence=round(sure, 3))
    if sure < enough:
        asked = analyse(answer.question)
        near, do = _nearest(answer.evidence)
        unknown = _without_times(asked, unknown_names(asked, answer.evidence))
        also = f", nor mention {_either(unknown)}" if unknown else ""
        return replace(answer, refusal=_refusal("unsure", f"{near} {do} not say it{also}."))
    doubts = _doubts(answer, question, sure < enough + DOUBTFUL)
    return replace(answer, caveats=(*doubts, *_counted_from(answer, question)))


def _refusal(
    code: Literal["nothing_relevant", "unsupported", "other_time", "unsure"], why: str
) -> Refusal:
    return Refusal(code, f"Not in these articles: {why}")


def _unsupported(answer: Answer) -> Refusal:
    if answer.finish_reason and not answer.claims:
        early = "The answer was stopped before its first sentence was written."
        return Refusal("unsupported", early)
    missing = [name for claim in answer.claims for name in claim.unsupported]
    stand = "stands" if len(missing) == 1 else "stand"
    otherwise = "; ".join(filter(None, (claim.disagreement for claim in answer.claims)))
    why = f"{', '.join(missing)} {stand} in none of them" if missing else otherwise
    return _refusal("unsupported", f"no sentence proves an answer{why and f' ({why})'}.")


def _without_times(question: AnalysedQuestion, names: Sequence[str]) -> list[str]:
    return [name for name in names if not question.time_words.issuperset(words(name))]


def _either(names: Sequence[str]) -> str:
    return " or ".join(f"“{name}”" for name in names)


def _doubts(answer: Answer, question: AnalysedQuestion, doubtful: bool) -> Iterator[str]:
    cited = {citation.article.id: citation.article for citation in answer.citations}
    if doubtful and len(cited) == 1:
        yield "Not certain, and only one article says so: read the sentence it rests on."
    elif doubtful:
        yield "Not certain: read the sentences it rests on."
    if not (question.asks_newest or _AS_YET.search(question.text)):
        return
    days = [article.stated_day for article in cited.values()]
    if days == [None]:
        yield "The article has no date."
    today = _today(answer)
    newest = max((day for day in days if day), default=today)
    if (today - newest).days > OLD_DAYS:
        yield f"The newest article that is cited is of {format_day(newest)}."


def _of_other_time(answer: Answer, question: AnalysedQuestion) -> Refusal | None:
    relative = [period for period in question.periods if period.relative]
    cited = [citation.evidence for citation in answer.citations]
    near = any(overlap(one, e.text, e.article.stated_day) for one in relative for e in cited)
    if not relative or near or _AHEAD.match(relative[0].phrase):
        return None
    asked = f"“{relative[0].phrase}” ({format_days(relative[0])})"
    days = [e.article.stated_day for e in cited if e.article.stated_day]
    says = (
        f"the newest that says it is of {format_day(max(days))}"
        if days
        else "what says it has no date"
    )
    return _refusal("other_time", f"{says}, not of {asked}.")


def _counted_from(answer: Answer, question: AnalysedQuestion) -> Iterator[str]:
    """A caveat if "last week" is not the reader's."""
    relative = [period for period in question.periods if period.relative]
    counted = not answer.filters.as_of and relative
    if counted and relative[0] not in periods(question.text, _today(answer)):
        days = format_days(relative[0])
        yield f"“{relative[0].phrase}” is counted from the newest article: {days}."


def _today(answer: Answer) -> dt.date:
    return answer.filters.as_of or dt.datetime.now().astimezone().date()


def _nearest(evidence: Sequence[Evidence]) -> tuple[str, str]:
    """The nearest articles by title and day, and "does" or "do"; without titles if none is near."""
    best = sorted(evidence, key=lambda item: -item.relevance)
    near = {
        item.article.id: item.article
        for item in best
        if item.relevance >= max(NEAR, best[0].relevance - AS_NEAR)
    }
    articles = list(near.values())[:MAX_NAMED]
    do = "does" if len(articles) == 1 else "do"
    named = " and ".join(map(_title, articles))
    return (f"the nearest, {named}," if articles else "the nearest ones"), do


def _title(article: Article) -> str:
    day = format_day(article.stated_day) if article.stated_day else ""
    if looks_injected(article.title, ""):  # no address and no markup in an answer
        return f"an article of {day}" if day else "an article"
    title = textwrap.shorten(for_answer(article.title), MAX_TITLE, placeholder=" …")
    return f"“{title}” ({day})" if day else f"“{title}”"
