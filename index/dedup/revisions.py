"""Revisions of one article: which texts they are, and which of them is the current one.

Corrections and updates come under the old URL or the old title. The day, a note of correction and
the file's age put them in order; what these cannot decide stays undecided.
"""

import datetime as dt
import re
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

import numpy as np

from index.dedup.near_duplicates import Signature, join, resemblance

SAME_URL = 0.1  # resemblance below which a URL has been given to another article
MAX_REVISIONS = 20  # a URL with more different texts is that of a list
FILE_GAP = 86_400 * 10**9  # nanoseconds; files unpacked together differ by less

_TRACKING = re.compile(r"utm_\w+|fbclid|gclid|mc_[ce]id|cmpid|ref|smid|partner", re.IGNORECASE)
_NOTE = re.compile(
    r"(?i)^(?:corrections?(?: (?:and|&) clarifications?)?|clarifications?) ?:"
    r"|\b(?:earlier|previous|original|first) (?:version|edition)s? of this "
    r"(?:article|story|report|piece|headline|dispatch)"
    r"|\bthis (?:article|story|report|piece|headline) (?:has been|was) "
    r"(?:\w+ )?(?:corrected|amended|updated to correct|revised to correct)"
    r"|\bour (?:article|story|report)\b.{0,120}\b(?:gave a wrong|was wrong|misstated|incorrectly)"
)


@dataclass(frozen=True, slots=True)
class ArticleVersion:
    """One article as far as revisions depend on it."""

    text_hash: str
    title: str = ""
    source: str = ""
    url: str = ""
    day: dt.date | None = None  # of its last change, or else of publication
    mtime_ns: int = 0
    is_correction: bool = False  # it says that an earlier version was wrong

    @property
    def headline(self) -> tuple[str, str]:
        """Source and title without regard to case and spaces."""
        return self.source.casefold(), " ".join(self.title.casefold().split())


class Revisions(NamedTuple):
    """Text hash to that of the newer revision, and to one whose order is not known."""

    superseded: Mapping[str, str]
    undecided: Mapping[str, str]


def correction_note(title: str, text: str) -> str:
    """The sentence in which an article says that it, or an earlier one, was wrong; "" if none.

    >>> correction_note("Toll rises", "It rained. Correction: an earlier version gave 63.")
    'Correction: an earlier version gave 63.'
    """
    if _NOTE.search(title):
        return title
    for line in text.split("\n"):
        for piece in re.split(r"(?<=[.!?]) (?=[\"“(A-Z])", line):
            if _NOTE.search(piece.strip(" (*_[")):
                return piece.strip()
    return ""


def normalized_url(url: str) -> str:
    """A URL as the identity of an article; "" if it is that of a whole site.

    >>> normalized_url("https://www.Example.org/a/b/?utm_source=x#top")
    'example.org/a/b'
    >>> normalized_url("http://example.org/")
    ''
    """
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port not in (None, 80, 443) else ""
    except ValueError:
        return ""
    host = (parts.hostname or "").removeprefix("www.") + port
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    query = urlencode(sorted(pair for pair in pairs if not _TRACKING.fullmatch(pair[0])))
    path = parts.path.rstrip("/")
    return f"{host}{path}{'?' if query else ''}{query}" if host and (path or query) else ""


def find_revisions(
    articles: Iterable[ArticleVersion],
    signatures: Mapping[str, Signature],
    clusters: Mapping[str, str],
) -> Revisions:
    """Find the texts that are revisions of one article, and put them in order.

    They are if one URL has both and they resemble each other or have one title; or if one source
    gave near duplicates one title. A later day is newer; of one day, or if a day is unknown, the
    text with a note of correction, then the one whose file is younger by a day. What that cannot
    decide is undecided and supersedes nothing.
    """
    by_hash: dict[str, list[ArticleVersion]] = {}
    for article in articles:
        by_hash.setdefault(article.text_hash, []).append(article)
    superseded: dict[str, str] = {}
    undecided: dict[str, str] = {}
    for group in _groups(by_hash, signatures, clusters):
        ages = _ages({text_hash: by_hash[text_hash] for text_hash in group})
        newest = max(group, key=lambda text_hash: (ages[text_hash], text_hash))
        latest = ages[newest]
        for text_hash in group:
            age = ages[text_hash]
            gap = latest.mtime_ns - age.mtime_ns if age.mtime_ns else 0
            if age[:2] != latest[:2] or gap >= FILE_GAP:
                superseded[text_hash] = newest
            elif text_hash != newest:
                undecided[text_hash] = newest
                undecided.setdefault(newest, text_hash)
    return Revisions(superseded, undecided)


def _groups(
    by_hash: Mapping[str, list[ArticleVersion]],
    signatures: Mapping[str, Signature],
    clusters: Mapping[str, str],
) -> Iterator[list[str]]:
    """Sorted groups of two or more text hashes that are revisions of one article."""
    names = sorted(by_hash)
    number = {name: n for n, name in enumerate(names)}
    pairs = [
        (number[one.text_hash], number[other.text_hash])
        for one, other in _pairs(by_hash, signatures, clusters)
    ]
    ones, others = np.array(pairs, np.intp).reshape(-1, 2).T
    roots = join(np.arange(len(names)), ones, others)
    groups: dict[int, list[str]] = {}
    for name, root in zip(names, roots, strict=True):
        groups.setdefault(int(root), []).append(name)
    yield from (group for group in groups.values() if len(group) > 1)


def _pairs(
    by_hash: Mapping[str, list[ArticleVersion]],
    signatures: Mapping[str, Signature],
    clusters: Mapping[str, str],
) -> Iterator[tuple[ArticleVersion, ArticleVersion]]:
    """Pairs of articles that are revisions of each other."""
    by_url: dict[Hashable, set[ArticleVersion]] = {}
    by_headline: dict[Hashable, set[ArticleVersion]] = {}
    for text_hash, articles in by_hash.items():
        for article in articles:
            if url := normalized_url(article.url):
                by_url.setdefault(url, set()).add(article)
            if article.source and article.title:
                key = (*article.headline, clusters.get(text_hash, text_hash))
                by_headline.setdefault(key, set()).add(article)
    for one, other in _combined(by_url):
        (source, title), (other_source, other_title) = one.headline, other.headline
        if not (source and other_source and source != other_source) and (
            title == other_title
            or resemblance(signatures[one.text_hash], signatures[other.text_hash]) >= SAME_URL
        ):
            yield one, other
    for one, other in _combined(by_headline):
        urls = {normalized_url(one.url), normalized_url(other.url)}
        # with a URL of its own each, a daily report from a template is no correction of the last
        if len(urls) == 1 or "" in urls or one.is_correction or other.is_correction:
            yield one, other


def _combined(
    groups: Mapping[Hashable, set[ArticleVersion]],
) -> Iterator[tuple[ArticleVersion, ArticleVersion]]:
    for articles in groups.values():
        if 1 < len({article.text_hash for article in articles}) <= MAX_REVISIONS:
            pairs = combinations(articles, 2)
            yield from (pair for pair in pairs if pair[0].text_hash != pair[1].text_hash)


class _Age(NamedTuple):
    """What orders the revisions of an article; a greater one is newer."""

    day: dt.date
    is_correction: bool
    mtime_ns: int


def _ages(group: Mapping[str, list[ArticleVersion]]) -> dict[str, _Age]:
    """The age of a text is that of the first article with it; days count if all are known."""
    days = {
        text_hash: min((article.day for article in articles if article.day), default=None)
        for text_hash, articles in group.items()
    }
    dated = all(days.values())
    return {
        text_hash: _Age(
            (days[text_hash] if dated else None) or dt.date.min,
            any(article.is_correction for article in articles),
            min(article.mtime_ns for article in articles),
        )
        for text_hash, articles in group.items()
    }
