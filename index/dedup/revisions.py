"""Which articles are versions of one, and which of them is the current one.

Corrections and updates come under the old address or the old title; the day, a note of correction
and the file's age put them in order, and what they cannot decide stays undecided.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from urllib.parse import parse_qsl, urlencode, urlsplit

from index.dedup.near_duplicates import Signature, resemblance
from index.dedup.union_find import Union

VERSION = 0.1  # resemblance below which one address has been given to another article
MAX_VERSIONS = 20  # more texts than these under one address: it is the address of a list
FILE_GAP = 86_400 * 10**9  # nanoseconds; files unpacked together differ by less and tell nothing


_TRACKING = re.compile(r"utm_\w+|fbclid|gclid|mc_[ce]id|cmpid|ref|smid|partner", re.IGNORECASE)
_NOTE = re.compile(
    r"^(?:corrections?(?: (?:and|&) clarifications?)?|clarifications?) ?:"
    r"|\b(?:earlier|previous|original|first) (?:version|edition)s? of this "
    r"(?:article|story|report|piece|headline|dispatch)"
    r"|\bthis (?:article|story|report|piece|headline) (?:has been|was) "
    r"(?:\w+ )?(?:corrected|amended|updated to correct|revised to correct)"
    r"|\bour (?:article|story|report)\b.{0,120}\b(?:gave a wrong|was wrong|misstated|incorrectly)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Carrier:
    """One article as far as versions go: which text it carries, for whom, where and when."""

    wording: str
    title: str = ""
    source: str = ""
    url: str = ""
    day: dt.date | None = None  # of its last change, if told, or of publication
    mtime_ns: int = 0
    corrects: bool = False  # it says that an earlier version was wrong


@dataclass(frozen=True, slots=True)
class Versions:
    """By wording: the newer one that replaces it, or one that it cannot be put in order with."""

    superseded: Mapping[str, str]
    unsettled: Mapping[str, str]


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


def address(url: str) -> str:
    """A url as the identity of an article; "" if it names a whole site.

    >>> address("https://www.Example.org/a/b/?utm_source=x#top"), address("http://example.org/")
    ('example.org/a/b', '')
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


def versions(
    carriers: Iterable[Carrier], signatures: Mapping[str, Signature], origins: Mapping[str, str]
) -> Versions:
    """Find the texts that are versions of one article, and put them in order.

    They are if one address holds both and they are alike or have one title; or if one source gave
    near copies one title. A later day is newer; of one day, or if a day is unknown, the one that
    says it corrects, then the one whose file is younger by a day. What that cannot decide is
    unsettled, and nothing is superseded.
    """
    by_wording: dict[str, list[Carrier]] = {}
    for carrier in carriers:
        by_wording.setdefault(carrier.wording, []).append(carrier)
    superseded: dict[str, str] = {}
    unsettled: dict[str, str] = {}
    for group in _works(by_wording, signatures, origins):
        ages = {wording: _age(by_wording[wording]) for wording in group}
        dated = all(age.day for age in ages.values())
        newest = max(group, key=lambda wording: (*ages[wording].order(dated=dated), wording))
        for wording in set(group) - {newest}:
            older = _is_older(ages[wording], ages[newest], dated=dated)
            (superseded if older else unsettled)[wording] = newest
            if not older:
                unsettled.setdefault(newest, wording)
    return Versions(superseded, unsettled)


def _works(
    by_wording: Mapping[str, list[Carrier]],
    signatures: Mapping[str, Signature],
    origins: Mapping[str, str],
) -> list[list[str]]:
    """Groups of two or more wordings that are versions of one article."""
    names = sorted(by_wording)
    number = {name: n for n, name in enumerate(names)}
    union = Union(len(names))
    for shelf in _shelves(by_wording, origins):
        for one, other in combinations(sorted(shelf, key=_carrier_order), 2):
            if one.wording != other.wording and _one_work(one, other, signatures, origins):
                union.unite(number[one.wording], number[other.wording])
    groups: dict[int, list[str]] = {}
    for name in names:
        groups.setdefault(union.root(number[name]), []).append(name)
    return [group for group in groups.values() if len(group) > 1]


def _carrier_order(carrier: Carrier) -> tuple[str, ...]:
    return (carrier.wording, carrier.source, carrier.title, carrier.url)


def _shelves(
    by_wording: Mapping[str, list[Carrier]], origins: Mapping[str, str]
) -> Iterator[set[Carrier]]:
    """Articles under one address, and near copies of one source under one title."""
    shelves: dict[Hashable, set[Carrier]] = {}
    for carriers in by_wording.values():
        for carrier in carriers:
            if where := address(carrier.url):
                shelves.setdefault(where, set()).add(carrier)
            if carrier.source and carrier.title:
                origin = origins.get(carrier.wording, carrier.wording)
                shelves.setdefault((*_signed(carrier), origin), set()).add(carrier)
    for shelf in shelves.values():
        if 1 < len({carrier.wording for carrier in shelf}) <= MAX_VERSIONS:
            yield shelf


def _signed(carrier: Carrier) -> tuple[str, str]:
    return carrier.source.casefold(), " ".join(carrier.title.casefold().split())


def _one_work(
    one: Carrier,
    other: Carrier,
    signatures: Mapping[str, Signature],
    origins: Mapping[str, str],
) -> bool:
    here, there = address(one.url), address(other.url)
    if here and here == there:
        foreign = one.source and other.source and _signed(one)[0] != _signed(other)[0]
        alike = _signed(one)[1] == _signed(other)[1] or (
            resemblance(signatures[one.wording], signatures[other.wording]) >= VERSION
        )
        return alike and not foreign
    near = origins.get(one.wording) == origins.get(other.wording)
    # with an address of its own each, a daily report from a template is no correction of the last
    return near and (not (here and there) or one.corrects or other.corrects)


@dataclass(frozen=True, slots=True)
class _Age:
    day: dt.date | None
    corrects: bool
    mtime_ns: int

    def order(self, *, dated: bool) -> tuple[dt.date, bool, int]:
        day = self.day if dated and self.day else dt.date.min
        return (day, self.corrects, self.mtime_ns)


def _age(carriers: Sequence[Carrier]) -> _Age:
    """The age of a text: of the first that carried it."""
    return _Age(
        min((carrier.day for carrier in carriers if carrier.day), default=None),
        any(carrier.corrects for carrier in carriers),
        min(carrier.mtime_ns for carrier in carriers),
    )


def _is_older(one: _Age, newest: _Age, *, dated: bool) -> bool:
    if one.order(dated=dated)[:2] != newest.order(dated=dated)[:2]:
        return True
    return bool(one.mtime_ns) and newest.mtime_ns - one.mtime_ns >= FILE_GAP
