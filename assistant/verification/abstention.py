"""When the answer is "not in these articles", and in which words."""

from __future__ import annotations

import datetime as dt
import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Literal

from assistant.core.answer import Answer, Evidence, Refusal
from assistant.core.sanitize import for_answer, looks_injected
from assistant.verification.attribution import names, unknown_names
from assistant.verification.confidence import confidence, wanted
from index.core.articles import Article
from index.retrieval.ranking import ScoredPassage
from index.text.query_dates import Period, asks_newest, overlap, periods, time_words
from index.text.relative_dates import ResolvedDate, format_day, format_days
from index.text.words import words

# The best passage of an answerable question of wikinews_dev scored -8.1 or more, of questions on
# other subjects -10 or less.
NOTHING_RELEVANT = -9.0
DOUBTFUL = 0.15  # so little above what is wanted, an answer comes with a warning
NAMED = 2  # articles that a refusal names, the nearest
NEAR = -4.0  # logits of a sentence that is somehow about the question
AS_NEAR = 4.0  # logits below the nearest
MAX_TITLE = 100  # characters of a title in a refusal
OLD_DAYS = 365  # a question about now that is answered from older articles is told so

_AS_YET = re.compile(r"\b(?:still|so far|as yet|until now)\b", re.IGNORECASE)


def nothing_found(generation: str, found: Sequence[ScoredPassage]) -> Refusal | None:
    """Refuse where nothing is indexed, or no passage is about the question."""
    if not generation:
        return Refusal("empty_index", "Nothing is indexed yet. Run 'assistant ingest FOLDER'.")
    if not found or max(hit.relevance for hit in found) < NOTHING_RELEVANT:
        return Refusal("nothing_relevant", "Not in these articles: none of them is about this.")
    return None


def not_mentioned(question: str, evidence: Sequence[Evidence]) -> Refusal | None:
    """Refuse where the nearest articles mention none of the names in the question.

    One that is missing among others ("Seoul" where the article says "South Korea") only makes an
    answer less sure. A day or a year is no subject: "since May" may be told without the word.
    """
    unknown = unknown_names(question, evidence)
    subjects = _subjects(question, unknown)
    if not subjects or len(unknown) < len(names(question)):
        return None
    near, do = _nearest(evidence)
    return Refusal(
        "nothing_relevant", f"Not in these articles: {near} {do} not mention {_either(subjects)}."
    )


def _subjects(question: str, unknown: Sequence[str]) -> list[str]:
    """Those names that are no day and no year."""
    when = {word for phrase in time_words(question) for word in words(phrase)}
    return [name for name in unknown if not when.issuperset(words(name))]


def _either(subjects: Sequence[str]) -> str:
    return " or ".join(f"“{name}”" for name in subjects)


def judged(answer: Answer, strict: float, named: Sequence[Period] = ()) -> Answer:
    """Refuse if nothing that was written is proved, or it is less sure than `strict` asks for.

    `named` are the times that the question speaks of.
    """
    if answer.supported:
        return _sure_enough(answer, strict, named)
    if answer.finish_reason and not answer.claims:
        early = "The answer was stopped before its first sentence was written."
        return replace(answer, refusal=Refusal("unsupported", early))
    missing = [p for claim in answer.claims for p in claim.unsupported]
    stand = "stands" if len(missing) == 1 else "stand"
    why = f" ({', '.join(missing)} {stand} in none of them)" if missing else ""
    return _refused(answer, "unsupported", f"no sentence proves an answer{why}.")


def _sure_enough(answer: Answer, strict: float, named: Sequence[Period]) -> Answer:
    if answer.features is None:  # computed, or cut off
        return answer
    sure, enough = confidence(answer.features), wanted(strict)
    answer = replace(answer, confidence=round(sure, 3))
    if sure < enough:
        near, do = _nearest(answer.evidence)
        unknown = _subjects(answer.question, unknown_names(answer.question, answer.evidence))
        also = f", nor mention {_either(unknown)}" if unknown else ""
        return _refused(answer, "unsure", f"{near} {do} not say it{also}.")
    caveats = (*_caveats(answer, sure < enough + DOUBTFUL), *_of_another_time(answer, named))
    return replace(answer, caveats=caveats)


def _caveats(answer: Answer, doubtful: bool) -> Iterator[str]:
    cited = {citation.article.id: citation.article for citation in answer.citations}
    if doubtful and len(cited) == 1:
        yield "Not certain, and only one article says so: read the sentence it rests on."
    elif doubtful:
        yield "Not certain: read the sentences it rests on."
    days = [article.published for article in cited.values()]
    if not (asks_newest(answer.standalone_question) or _AS_YET.search(answer.standalone_question)):
        return
    if days == [None]:
        yield "The article has no date."
    today = _today(answer)
    newest = max((day for day in days if day), default=today)
    if (today - newest).days > OLD_DAYS:
        yield f"The newest article that is cited is of {format_day(newest)}."


def _of_another_time(answer: Answer, named: Sequence[Period]) -> Iterator[str]:
    """Where "last week" is not the reader's, or what is cited is not of it."""
    counted = [period for period in named if period.relative]
    cited = [citation.evidence for citation in answer.citations]
    if not counted or not cited:
        return
    period = counted[0]
    if not any(overlap(one, e.text, e.article.published) for one in counted for e in cited):
        days = sorted({e.article.published for e in cited if e.article.published})
        of = " to ".join(dict.fromkeys(map(format_day, (days[0], days[-1])))) if days else "no date"
        asked = f"“{period.phrase}” ({_spelled_out(period)})"
        yield f"What is cited is of {of}, not of {asked}."
    elif not answer.filters.as_of and period not in periods(
        answer.standalone_question, _today(answer)
    ):
        yield f"“{period.phrase}” is counted from the newest article: {_spelled_out(period)}."


def _spelled_out(period: Period) -> str:
    if dt.date.min < period.first and period.last < dt.date.max:
        return format_days(ResolvedDate(*period[:5]))
    if period.last < dt.date.max:
        return f"until {format_day(period.last)}"
    return f"since {format_day(period.first)}"


def _today(answer: Answer) -> dt.date:
    return answer.filters.as_of or dt.datetime.now().astimezone().date()


def _nearest(evidence: Sequence[Evidence]) -> tuple[str, str]:
    """The articles that come nearest, by title and day, and "does" or "do"; they are what there is.

    Without titles where none comes near.
    """
    articles = _near(evidence)
    told = " and ".join(map(_titled, articles))
    do = "does" if len(articles) == 1 else "do"
    return (f"the nearest, {told}," if articles else "the nearest ones"), do


def _near(evidence: Sequence[Evidence]) -> list[Article]:
    near_enough = [item for item in evidence if item.relevance >= NEAR]
    best = sorted(near_enough, key=lambda item: -item.relevance)
    near = [item for item in best if item.relevance >= best[0].relevance - AS_NEAR]
    return list({item.article.id: item.article for item in near}.values())[:NAMED]


def _titled(article: Article) -> str:
    if looks_injected(article.title, ""):  # no address and no markup in an answer, whoever wrote it
        return (
            f"an article of {format_day(article.published)}" if article.published else "an article"
        )
    title = textwrap.shorten(for_answer(article.title), MAX_TITLE, placeholder=" …")
    return f"“{title}”" + (f" ({format_day(article.published)})" if article.published else "")


def _refused(answer: Answer, code: Literal["unsupported", "unsure"], why: str) -> Answer:
    return replace(answer, refusal=Refusal(code, f"Not in these articles: {why}"))
