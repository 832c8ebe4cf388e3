"""What the articles are: how many, of which sources and days, on what; and those on a topic."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from assistant.core.answer import Answer, Claim, Evidence, Kind, Refusal
from assistant.kinds.inventory.articles.archive_topics import topics_of
from assistant.kinds.inventory.articles.archive_wording import (
    END_OF_TIME,
    NEWEST,
    ON_TOPIC,
    OVERVIEW,
    About,
)
from assistant.kinds.inventory.articles.article_sets import (
    Found,
    copies_note,
    number_of,
    select,
    title_row,
    titled,
)
from assistant.kinds.inventory.articles.article_wording import bare, phrase_of
from assistant.kinds.question_kind import Citer, Request, with_claims
from assistant.kinds.scope import title_of
from index.core.articles import Article
from index.text.relative_dates import format_day

ROWS = 20  # articles that are listed
FEW = 6  # articles whose titles say what they are about
EXAMPLES = 2  # titles beside a topic

_NUMBERS = {"two": 2, "three": 3, "five": 5, "ten": 10}
_OF_SOURCE = re.compile(r"(?i)(?:from|by) ")
# "In the article on the missile, how long was the flight?"
_ASKS_MORE = re.compile(
    r"(?i), (?:and |but )?(?:(?:by|in|on|for|to|from|of|at) )?"
    r"(?:who|whom|whose|what|which|when|where|why|how|is|are|was|were|do|does|did|has|have)\b"
)
_POINTS = re.compile(r"(?i)^(?:it|that|this|them|him|her|me|you|us|these|those)$")


@dataclass(frozen=True, slots=True)
class ArchiveOverview:
    """A question on the articles as such; `topic`: on those about, or with, something."""

    kind: ClassVar[Kind] = "archive"
    about: About
    topic: str = ""
    mentioned: bool = False
    count: int = 0

    @classmethod
    def recognise(cls, question: str) -> Self | None:
        """What asks for articles, and not for what stands in one.

        >>> ArchiveOverview.recognise("What topics are covered?").about
        'topics'
        >>> ArchiveOverview.recognise("Do you have anything on the flood?").topic
        'flood'
        >>> ArchiveOverview.recognise("Which is the newest missile?")
        """
        asked = bare(question)
        for what, pattern in OVERVIEW:
            if pattern.match(asked):
                return cls(what)
        for pattern in END_OF_TIME:
            if found := pattern.match(asked):
                return cls._of_end(found.groupdict())
        for pattern in ON_TOPIC:
            found = pattern.match(asked)
            if found and _ASKS_MORE.search(found["topic"]):
                return None
            if found and not _POINTS.match(topic := phrase_of(found["topic"])):
                return cls("articles", topic, bool(found.groupdict().get("mention")))
        return None

    @classmethod
    def _of_end(cls, named: dict[str, str | None]) -> Self:
        count = (named.get("count") or named.get("count2") or "1").strip().lower()
        is_newest = re.fullmatch(NEWEST, named["end"] or "", re.IGNORECASE)
        number = _NUMBERS.get(count) or int(count)
        topic = phrase_of(named["topic"] or named.get("source") or "")
        return cls("newest" if is_newest else "oldest", topic, count=number)

    def answers(self, request: Request, answer: Answer) -> Iterator[Answer]:
        """Rows with titles, days and sources; each is proved by the titles of its articles."""
        found = select(self.topic, not self.mentioned, request)
        if not found.proofs:
            yield replace(answer, refusal=self._none(found))
            return
        citer = Citer()
        if self.topic or self.about in ("newest", "oldest"):
            claims, caveats = self._articles(found, citer)
        else:
            claims, caveats = self._overview(found, citer), copies_note(found.copies)
        yield replace(with_claims(answer, claims), caveats=caveats)

    def _none(self, found: Found) -> Refusal:
        none = "mentions" if self.mentioned else "is about"
        searched = number_of(found.searched, "article")
        if _OF_SOURCE.match(self.topic):
            why = f"none of the {searched} is {self.topic}"
            return Refusal("nothing_relevant", f"Not in these articles: {why}.")
        topic = f"none of the {searched} {none} “{self.topic}”" if self.topic else "there are none"
        return Refusal("nothing_relevant", f"Not in these articles: {topic}.")

    def _articles(self, found: Found, citer: Citer) -> tuple[tuple[Claim, ...], tuple[str, ...]]:
        """The newest or the oldest, or all on a topic."""
        proofs = list(found.proofs)
        if self.about == "articles":
            total = f"{number_of(len(proofs), 'article')} of {found.searched}."
            more = len(proofs) - ROWS
            cut = (f"The newest {ROWS} are shown.",) if more > 0 else ()
            rows = tuple(title_row(citer, proof) for proof in proofs[:ROWS])
            return rows, (total, *cut, *copies_note(found.copies))
        dated = [proof for proof in proofs if proof.article.stated_day]
        dated = dated if self.about == "newest" else dated[::-1]
        unknown = len(proofs) - len(dated)
        caveats = (f"{number_of(unknown, 'article')} without a date left out.",) if unknown else ()
        count = self.count or 1
        if count == 1 and len(dated) > 1:  # all of that day
            count = sum(p.article.stated_day == dated[0].article.stated_day for p in dated)
        shown = dated[:count] or proofs[:1]
        return tuple(title_row(citer, proof) for proof in shown), caveats

    def _overview(self, found: Found, citer: Citer) -> tuple[Claim, ...]:
        titles = [title_of(article) for article in found.articles]
        parts = {
            "articles": [_size(titles, found, citer)],
            "days": [_days(titles, citer)],
            "sources": _sources(titles, citer),
        }
        if self.about in parts:
            rows = [title_row(citer, one) for one in titles[:ROWS]]
            return tuple(parts[self.about] + (rows if self.about == "articles" else []))
        head = [_size(titles, found, citer), _days(titles, citer)]
        if len(titles) <= FEW:
            return (*head, *(title_row(citer, one) for one in titles))
        return (*head, *(_topic(name, of, citer) for name, of in topics_of(found.articles)))


def _size(titles: Sequence[Evidence], found: Found, citer: Citer) -> Claim:
    sources = len(found.sources)
    of = f" of {number_of(sources, 'source')}" if sources else ""
    text = f"{number_of(len(titles), 'article')}{of}"
    return citer.claim(text, *_ends(titles), label="Articles", computed=str(len(titles)))


def _days(titles: Sequence[Evidence], citer: Citer) -> Claim:
    days = [day for one in titles if (day := one.article.stated_day)]
    if not days:
        return citer.claim("none of the articles has a date", *titles[:1], label="Days")
    first, last = min(days), max(days)
    text = format_day(last) if first == last else f"{format_day(first)} to {format_day(last)}"
    unknown = len(titles) - len(days)
    text += f"; {number_of(unknown, 'article')} without a date" if unknown else ""
    return citer.claim(text, *_ends(titles), label="Days")


def _ends(titles: Sequence[Evidence]) -> list[Evidence]:
    """The newest and the oldest article with a day."""
    dated = [one for one in titles if one.article.stated_day] or list(titles)
    return list({one.article.id: one for one in (dated[0], dated[-1])}.values())


def _sources(titles: Sequence[Evidence], citer: Citer) -> list[Claim]:
    by_source: dict[str, list[Evidence]] = defaultdict(list)
    for one in titles:
        by_source[one.article.source or "No source given"].append(one)
    most = sorted(by_source.items(), key=lambda pair: -len(pair[1]))
    return [
        citer.claim(f"{source}: {number_of(len(of), 'article')}", *of[:EXAMPLES])
        for source, of in most
    ]


def _topic(name: str, articles: Sequence[Article], citer: Citer) -> Claim:
    shown = articles[:EXAMPLES]
    titles = ", ".join(map(titled, shown))
    also = ", such as " if len(articles) > len(shown) else ": "
    text = f"{number_of(len(articles), 'article')}{also}{titles}"
    return citer.claim(text, *map(title_of, shown), label=name)
