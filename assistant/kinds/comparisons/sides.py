"""The sides of a comparison: whole articles, or the sentences that speak of each side."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.core.answer import Evidence
from assistant.kinds.comparisons.subjects import (
    CLEARLY,
    LEAD,
    SAME_EVENT,
    Subject,
    fit,
    subject_of,
)
from assistant.kinds.comparisons.values import QUANTITY, digits, values_by_day
from assistant.kinds.comparisons.wording import LATEST, MOST, Wanted, wanted
from assistant.kinds.digest.topics import articles_of, in_order, without_article
from assistant.kinds.question_kind import Request
from assistant.kinds.scope import as_evidence, in_scope, is_all
from index.core.articles import Article
from index.storage.article_store import Listed
from index.text.calendar_terms import ORDINALS
from index.text.relative_dates import format_day
from index.text.words import stems, words

NAME = 60  # characters of a side's name

_OF_ALL = re.compile(r"(?i)^(?:(?:both|all|each|these|those|the)(?: of)? )*(?:(?:two|three) )?")
_NUMBER_OF = re.compile(r"(?i)['’]s? (?:two|three|both) ")


@dataclass(frozen=True, slots=True)
class Side:
    """A side: its name in the answer, as it is searched for, and its sentences.

    They are all of `article`, in reading order, or those that speak of the side, the best first.
    """

    name: str
    topic: str
    items: tuple[Evidence, ...]
    article: Article | None = None


@dataclass(frozen=True, slots=True)
class Sides:
    """The sides that were found, and the one that no article speaks of."""

    found: tuple[Side, ...] = ()
    missing: str = ""


def sides_of(asked: Sequence[str], aspect: str, request: Request) -> Sides:
    """The sides with what is said of them; fewer than two or more than `MOST` if not clear."""
    if len(asked) == 1:
        several = _by_day(_several(asked[0], aspect, request))
        return Sides(tuple(_articles([("", asked[0], row) for row in several], request)))
    sides = [wanted(side) for side in asked[: MOST + 1]]
    rows = [row for side in asked if (row := _placed(side, request))]
    if len(rows) == len(asked):
        placed = [(side, side, row.article) for side, row in zip(asked, rows, strict=True)]
        return Sides(tuple(_articles(placed, request)))
    if _differ_in_place(sides):
        return _in_order_of_day(sides, aspect, request)
    subjects = [subject_of(side, sides, aspect, request) for side in sides]
    if missing := next((one for one in subjects if not one.passages), None):
        return Sides(missing=missing.wanted.text)
    if not aspect and (found := _article_each(subjects)):
        named = [(one.wanted.text, one.wanted.topic, row) for one, row in found]
        return Sides(tuple(_articles(named, request)))
    return Sides(
        tuple(
            Side(_name(one.wanted.text), one.wanted.topic, tuple(one.sentences()))
            for one in subjects
        )
    )


def _placed(side: str, request: Request) -> Listed | None:
    """The article that is named by its place in the row: "the second article"."""
    if not in_order(side):
        return None
    return next(iter(articles_of(side, request).articles), None)


def _differ_in_place(sides: Sequence[Wanted]) -> bool:
    """Whether the sides are the same thing at different times: "the old and the new plan"."""
    topics = [stems(side.topic) - {"one"} for side in sides]
    common = max(topics, key=len)
    places = [side.place for side in sides]
    return (
        None not in places
        and len(set(places)) == len(sides)
        and all(topic <= common for topic in topics)
    )


def _in_order_of_day(sides: Sequence[Wanted], aspect: str, request: Request) -> Sides:
    topic = max((side.topic for side in sides), key=len)
    if found := _values(sides, topic, request):
        return found
    subject = subject_of(Wanted(topic, topic), (), aspect, request)
    if not subject.passages:
        return Sides(missing=topic)
    rows = _days_apart(_fitting(topic, subject), len(sides))
    chosen: list[tuple[str, str, Article]] = []
    for side in sides:
        if row := _at(side, rows):
            chosen.append((side.text, topic, row))
    if len({row.id for *_, row in chosen}) < len(sides):
        return Sides()
    return Sides(tuple(_articles(chosen, request)))


def _values(sides: Sequence[Wanted], topic: str, request: Request) -> Sides | None:
    """The sentences with the first, the second, the last value of a quantity."""
    if not re.search(rf"(?i)\b{QUANTITY}\b", topic):
        return None
    different: dict[str, Evidence] = {}
    for text, item in values_by_day(topic, request):
        different.setdefault(digits(text), item)
    items = list(different.values())
    if len(items) < len(sides):
        return None
    return Sides(
        tuple(
            Side(_name(side.text), topic, (items[side.place],))
            for side in sides
            if side.place is not None and side.place < len(items)
        )
    )


def _at(side: Wanted, rows: Sequence[Article]) -> Article | None:
    """The article at a place in order of day; first of all one that says so ("second round")."""
    if side.place is None:
        return None
    if side.place != LATEST:
        ordinal = next(word for word, number in ORDINALS.items() if number == side.place + 1)
        said = [row for row in rows if _says(row, ordinal, side)] if ordinal in side.text else []
        if said:
            return said[0]
    inside = side.place == LATEST or side.place < len(rows)
    return rows[side.place] if inside else None


def _says(article: Article, ordinal: str, side: Wanted) -> bool:
    head = [word for word in words(side.topic)][:1]
    begins = words(f"{article.title}. {article.text[: LEAD // 2]}")
    number = str(ORDINALS[ordinal])
    return any(
        word == number and head and head[0] in begins[at + 1 : at + 4]
        for at, word in enumerate(begins)
    )


def _fitting(topic: str, subject: Subject) -> list[Article]:
    """The articles that are about the topic from title or beginning, in order of day."""
    fits = {}
    for passage in subject.passages:
        article = passage.article
        fits[article.id] = (fit(topic, article), article)
    best = max((fit for fit, _ in fits.values()), default=0.0)
    rows = [article for fit, article in fits.values() if fit >= CLEARLY * best]
    return sorted(rows, key=lambda row: (row.published is None, str(row.published or ""), row.path))


def _days_apart(rows: Sequence[Article], least: int) -> list[Article]:
    """Of reports on one event the first, as long as there are as many as are asked for."""
    kept: list[Article] = []
    for row in rows:
        before = kept[-1].published if kept else None
        if before and row.published and (row.published - before).days <= SAME_EVENT:
            continue
        kept.append(row)
    return kept if len(kept) >= least else list(rows)


def _article_each(subjects: Sequence[Subject]) -> list[tuple[Subject, Article]]:
    """An article of its own for each side; [] if there is none.

    A side that is nothing but a name needs it in the title: others only speak there.
    """
    found: list[tuple[Subject, Article]] = []
    for one in subjects:
        own = one.article([row.id for _, row in found])
        if own is None or (one.wanted.is_speaker and not one.is_title(own)):
            return []
        found.append((one, own))
    return found


def _several(asked: str, aspect: str, request: Request) -> Sequence[Article]:
    """The articles of "both", "the two meetings"; the last cited ones first."""
    topic = without_article(_NUMBER_OF.sub("'s ", _OF_ALL.sub("", asked))).strip()
    listed = in_scope("", request).articles
    if is_all(topic):
        before = next((turn.articles for turn in reversed(request.history) if turn.articles), ())
        cited = [row.article for row in listed if row.article.id in before]
        return cited if 2 <= len(cited) <= MOST else [row.article for row in listed]
    if len(listed) <= MOST:
        return [row.article for row in listed]
    subject = subject_of(Wanted(topic, topic), (), aspect, request)
    rows = _fitting(topic, subject)
    most = 3 if "three" in asked.lower() else 2
    if len(rows) > most:
        apart = _days_apart(rows, most)
        rows = apart if len(apart) == most else sorted(rows, key=lambda row: -fit(topic, row))
        rows = rows[:most] if len(rows) == most or _stands_out(topic, rows, most) else rows
    return rows


def _stands_out(topic: str, rows: Sequence[Article], most: int) -> bool:
    return fit(topic, rows[most - 1]) > fit(topic, rows[most])


def _by_day(rows: Sequence[Article]) -> list[Article]:
    return sorted(rows, key=lambda row: (str(row.published or ""), row.path))


def _articles(found: Sequence[tuple[str, str, Article]], request: Request) -> Iterator[Side]:
    """Sides that are whole articles."""
    rows = [row for *_, row in found]
    names = _names([asked for asked, *_ in found], rows)
    for name, (_, topic, _), row in zip(names, found, rows, strict=True):
        passages = request.parts.searcher.passages_of([row.id], request.filters)
        items = sorted(as_evidence(passages), key=lambda item: item.start)
        article = items[0].article if items else row
        yield Side(name, topic, tuple(items), article)


def _names(asked: Sequence[str], rows: Sequence[Article]) -> list[str]:
    """Names that set the sides apart: as asked, else the day, else the title."""
    days = [format_day(row.stated_day) if row.stated_day else "" for row in rows]
    if any(asked):
        names = [_name(side) for side in asked]
    else:
        names = [f"article of {day}" if day else "" for day in days]
    if "" in names or max(Counter(names).values(), default=0) > 1:
        names = [_short(row.title) for row in rows]
    return names


def _name(asked: str) -> str:
    return _short(re.sub(r"(?i)^the ", "", asked))


def _short(title: str) -> str:
    return title if len(title) <= NAME else f"{title[:NAME].rsplit(' ', 1)[0].rstrip(' …')} …"
