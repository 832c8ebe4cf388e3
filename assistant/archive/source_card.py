"""Which article an excerpt is from: its title, paper, day and address, and the passage itself.

No model is asked. The full-text index gives the articles that share the excerpt's rarest words;
`word_alignment` says how much of it stands in each. Another paper's own words about the same event
share names and set phrases only, and are no source.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal, NamedTuple, Protocol

from assistant.archive.word_alignment import Alignment, Change, align, located_words
from assistant.core.answer import TITLE, Citation, Evidence
from index.core.articles import CAPTION, Article, Passage
from index.core.errors import UsageError
from index.core.filters import NO_FILTERS, Filters
from index.storage.article_store import DuplicateInfo
from index.text.visible_text import visible

Relation = Literal[
    "source", "copy", "near copy", "older version", "newer version", "other version", "also there"
]
"""What an article is to the source.

`other version`: it is not known which is newer. `also there`: of another origin, the same words.
"""

MAX_EXCERPT = 20_000  # characters
FEWEST = 4  # words; fewer stand in any article
# Share of the words of the excerpt and of its passage that have to be equal, in order. The light
# edits of `python -m eval sources` have 0.66 or more; the same news in other words 0.54 or less.
ENOUGH = 0.6
WINDOW = 40  # words of the excerpt that are looked up at once …
WINDOWS = 8  # … at so many places of it, evenly
HITS, HITS_OF_SOURCES = 20, 200  # passages of each; more where only some papers are wanted
COMPARED = 12  # articles that are aligned, those that share most runs of two words …
SHARED = 0.1  # … and at least so many of the excerpt's
_WRAPPING = " \n\"'“”„«»‘’‚‹›…."


class Library(Protocol):
    """What is needed of `index.storage.article_store.ArticleStore`."""

    def lexical(self, question: str, k: int, filters: Filters) -> list[tuple[str, float]]:
        """The `k` best passages by BM25 as (id, score)."""

    def passages(self, ids: Sequence[str]) -> dict[str, Passage]:
        """The passages with these ids."""

    def article(self, article_id: str) -> Article | None:
        """One article by id."""

    def duplicate_info(self, article_id: str) -> DuplicateInfo:
        """Near copies and versions of one article."""


@dataclass(frozen=True, slots=True)
class Match:
    """An article in which an excerpt stands.

    `share` (0..1) of the excerpt's words stand there. `verbatim`: letter for letter, white space
    apart. `passages` are where it stands, several if the excerpt joins what is far apart; the title
    is one where the excerpt has it. `changes` are the words that were edited; there may be none
    where only punctuation or case differs.
    """

    article: Article
    relation: Relation
    share: float
    verbatim: bool
    passages: tuple[Citation, ...]
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class SourceCard:
    """Where an excerpt is from: the best match first; no match if it is not in the articles.

    Among matches that are equally good the current version is first, then the earliest.
    """

    excerpt: str
    matches: tuple[Match, ...]

    @property
    def found(self) -> Match | None:
        """The source."""
        return self.matches[0] if self.matches else None

    @property
    def first_printed(self) -> Article | None:
        """The article that had it first by day; None if no day is known."""
        dated = [m.article for m in self.matches if m.article.stated_day]
        return min(dated, key=lambda one: one.stated_day or dt.date.max, default=None)


def checked_excerpt(excerpt: str) -> str:
    """The excerpt without invisible characters and wrapping quotation marks.

    Raises:
        UsageError: if it is too short to tell articles apart, or too long.
    """
    if len(excerpt) > MAX_EXCERPT:
        raise UsageError(
            f"The excerpt has {len(excerpt):,} characters; the limit is {MAX_EXCERPT:,}. "
            "A paragraph of it is enough."
        )
    seen = visible(excerpt).strip(_WRAPPING)
    if len(located_words(seen)) < FEWEST:
        raise UsageError(
            f"The excerpt needs {FEWEST} words or more to tell articles apart; "
            "'assistant search' looks for fewer."
        )
    return seen


def find_source(library: Library, excerpt: str, filters: Filters = NO_FILTERS) -> SourceCard:
    """The article that an excerpt is from, and those that carry it too.

    Raises:
        UsageError: as `checked_excerpt`.
    """
    excerpt = checked_excerpt(excerpt)
    found = _matches(excerpt, _candidates(library, excerpt, filters))
    related = {one: library.duplicate_info(one) for one in found}
    known = {other for info in related.values() for other in _relations(info)}
    more = (library.article(one) for one in known - found.keys())  # exact copies have no passages
    found |= _matches(
        excerpt, (one for one in more if one and filters.admits(one.id, one.published, one.source))
    )
    outdated = {
        one
        for one, info in related.items()
        if info.superseded_by and info.superseded_by.id in found
    }
    ordered = sorted(found.values(), key=lambda match: _rank(match, match.article.id in outdated))
    if not ordered:
        return SourceCard(excerpt, ())
    best, *others = ordered
    relations = _relations(library.duplicate_info(best.article.id))
    return SourceCard(excerpt, (best, *(_related(best, one, relations) for one in others)))


def _candidates(library: Library, excerpt: str, filters: Filters) -> list[Article]:
    """The articles that share most runs of words with the excerpt."""
    hits = HITS_OF_SOURCES if filters.sources else HITS
    ids = [one for part in _windows(excerpt) for one, _ in library.lexical(part, hits, filters)]
    shared: Counter[str] = Counter()
    articles: dict[str, Article] = {}
    wanted = _pairs(excerpt)
    for passage in library.passages(list(dict.fromkeys(ids))).values():
        article = passage.article
        if filters.admits(article.id, article.published, article.source):
            articles[article.id] = article
            shared[article.id] += len(wanted & _pairs(f"{article.title} {passage.text}"))
    likely = [one for one, pairs in shared.most_common(COMPARED) if pairs >= SHARED * len(wanted)]
    return [articles[one] for one in likely]


def _windows(excerpt: str) -> Iterator[str]:
    """The whole of a short excerpt; of a longer one parts, evenly spread."""
    found = located_words(excerpt)
    count = min(WINDOWS, -(-len(found) // WINDOW))
    for number in range(count):
        first = number * (len(found) - min(WINDOW, len(found))) // max(1, count - 1)
        part = found[first : first + WINDOW]
        yield excerpt[part[0].start : part[-1].end]


def _pairs(text: str) -> set[tuple[str, str]]:
    """All runs of two words."""
    found = [word.comparable for word in located_words(text)]
    return set(pairwise(found))


def _matches(excerpt: str, articles: Iterable[Article]) -> dict[str, Match]:
    """Those articles in which enough of the excerpt stands, by id."""
    tried = {article.id: _match(excerpt, article) for article in articles}
    return {one: match for one, match in tried.items() if match}


def _match(excerpt: str, article: Article) -> Match | None:
    places = [_in_text(excerpt, article), *_with_title(excerpt, article)]
    best = max(places, key=lambda place: place.alignment.matched)  # of equals the first
    if not _enough(best.alignment, excerpt):
        return None
    share = best.alignment.matched / len(located_words(excerpt))
    spans = [*[(TITLE, TITLE)] * best.title, *best.spans]
    evidence = [Evidence(Passage(article, (span,)), *span, relevance=0.0) for span in spans]
    cited = tuple(Citation(number, one, share) for number, one in enumerate(evidence, 1))
    return Match(article, "source", round(share, 3), best.verbatim, cited, best.alignment.changes)


class _Place(NamedTuple):
    """Where an excerpt stands in an article: in the title, in `spans` of its text, or in both."""

    alignment: Alignment
    verbatim: bool
    title: bool
    spans: tuple[tuple[int, int], ...]


def _in_text(excerpt: str, article: Article) -> _Place:
    found = align(excerpt, article.text)
    return _Place(found, _same(excerpt, article.text, found.spans), False, found.spans)


def _with_title(excerpt: str, article: Article) -> Iterator[_Place]:
    """In the title, or with the title above the text."""
    length = _title_length(excerpt, article.title)
    if not length or length == len(excerpt):
        found = align(excerpt, article.title)
        yield _Place(found, _same(excerpt, article.title, found.spans), True, ())
    else:
        below = _in_text(excerpt[length:], article)
        matched = below.alignment.matched + len(located_words(article.title))
        yield below._replace(alignment=replace(below.alignment, matched=matched), title=True)


def _enough(found: Alignment, excerpt: str) -> bool:
    """Whether so much is equal that the excerpt is from there."""
    return found.matched >= ENOUGH * (len(located_words(excerpt)) + found.skipped)


def _title_length(excerpt: str, title: str) -> int:
    """Characters of the excerpt's beginning that are the article's title; 0 if they are not."""
    mine, theirs = located_words(excerpt), located_words(title)
    same = [word.comparable for word in mine[: len(theirs)]] == [one.comparable for one in theirs]
    if not theirs or not same:
        return 0
    rest = mine[len(theirs) :]
    return rest[0].start if rest else len(excerpt)


def _same(excerpt: str, text: str, spans: Sequence[tuple[int, int]]) -> bool:
    """Whether an excerpt is one place of a text letter for letter, white space apart."""
    if len(spans) != 1:
        return False
    (start, end), own = spans[0], located_words(excerpt)
    return _plain(excerpt[own[0].start : own[-1].end]) == _plain(text[start:end])


def _plain(text: str) -> str:
    return " ".join(re.sub(re.escape(CAPTION), "", text).split())


def _rank(match: Match, outdated: bool) -> tuple[object, ...]:
    """What is sorted first is the source."""
    day = match.article.stated_day or dt.date.max
    return (-round(match.share, 2), not match.verbatim, outdated, day, match.article.path)


def _relations(info: DuplicateInfo) -> dict[str, Relation]:
    """The other articles of its cluster and its versions, by id."""
    found: dict[str, Relation] = {one.id: "near copy" for one in info.carried_by}
    found |= {one.id: "older version" for one in info.corrects}
    if info.superseded_by:
        found[info.superseded_by.id] = "newer version"
    if info.unsettled:
        found[info.unsettled.id] = "other version"
    return found


def _related(best: Match, other: Match, relations: Mapping[str, Relation]) -> Match:
    relation = relations.get(other.article.id, "also there")
    if relation == "near copy" and other.article.text_hash == best.article.text_hash:
        relation = "copy"
    return replace(other, relation=relation)
