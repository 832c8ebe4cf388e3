"""Which articles tell one text, and which version of it is the current one.

Wire copies and light rewrites are found by MinHash over runs of words (rensa); what is near what
is a function of the two texts alone, so the families are the same in whatever order articles come.
Knows neither files nor SQLite: `index.library` keeps the signatures.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Slots = NDArray[np.uint32]
    Numbers = NDArray[np.intp]

RUN = 3  # words a shingle
LEAD = 60  # words of the beginning, which a copy that was cut short keeps
WHOLE_SLOTS, LEAD_SLOTS = 256, 64  # of MinHash; the estimate has a standard error of 0.03 and 0.06
ROWS = 4  # slots a band: two texts that share half their shingles meet with a chance of 0.98
BLOCK = 4096  # pairs compared at once
_SEED = 1
# Resemblance (Jaccard) of shingles. The wire copy of the sample set has 0.64, articles of several
# papers on one event at most 0.03, one changed word 0.96; pages of one template reach 0.4.
COPY = 0.5
PART = 0.7  # the share of a shorter text that stands in the longer one, if both begin alike …
SHORTEST = 0.25  # … and the shorter one is at least so much of the longer
CUT = 0.75  # a text that is longer than so much of the other meets it by the whole, not the lead
VERSION = 0.1  # resemblance below which one address has been given to another article
MAX_VERSIONS = 20  # more texts than these under one address: it is the address of a list
FILE_GAP = 86_400 * 10**9  # nanoseconds; files unpacked together differ by less and tell nothing

# a sign of a script without spaces is a word of its own
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\u3040-\u30ff\u3400-\u9fff]+")
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
class Signature:
    """MinHash of a text: `size` is the number of its different shingles, 0 if it has no word."""

    size: int
    slots: bytes  # little-endian 32-bit: `WHOLE_SLOTS` of the text, `LEAD_SLOTS` of its beginning


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


# ── near copies ───────────────────────────────────────────────────────────────────────────────


def maker() -> str:
    """What a signature depends on besides the text: those of another maker are made anew."""
    from rensa import RMinHash

    parts = (RMinHash.ALGORITHM_VERSION, _SEED, RUN, LEAD, WHOLE_SLOTS, LEAD_SLOTS)
    return "rensa-" + "-".join(map(str, parts))


def signature(text: str) -> Signature:
    """Sign a text.

    >>> resemblance(signature("The dike broke."), signature("the  dike broke"))
    1.0
    """
    words = _WORD.findall(text.casefold())
    whole = _shingles(words)
    slots = _slots(whole, WHOLE_SLOTS) + _slots(_shingles(words[:LEAD]), LEAD_SLOTS)
    return Signature(len(whole), slots)


def _shingles(words: Sequence[str]) -> set[str]:
    """All runs of `RUN` words; of fewer words, the one run there is."""
    last = max(len(words) - RUN, 0)
    return {" ".join(words[i : i + RUN]) for i in range(last + 1)} if words else set()


def _slots(shingles: set[str], count: int) -> bytes:
    import numpy as np
    from rensa import RMinHash

    made = RMinHash(num_perm=count, seed=_SEED)
    made.update(sorted(shingles))
    return np.array(made.digest(), "<u4").tobytes()


def resemblance(one: Signature, other: Signature) -> float:
    """Estimate the share (0..1) of their shingles that two texts have in common."""
    if not (one.size and other.size):
        return 0.0
    slots = _matrix([one, other])[:, :WHOLE_SLOTS]
    return float((slots[0] == slots[1]).mean())


def families(signatures: Mapping[str, Signature]) -> dict[str, str]:
    """Put near copies together: of each wording, the least wording of its family.

    Two wordings are of one family if they are near copies or if a chain of near copies joins them.
    """
    import numpy as np

    names = sorted(name for name, signed in signatures.items() if signed.size)
    union = _Union(len(names))
    if names:
        slots = _matrix([signatures[name] for name in names])
        sizes = np.array([signatures[name].size for name in names])
        for first in range(0, slots.shape[1], ROWS):
            buckets = _buckets(slots[:, first : first + ROWS])
            # what is near the first of its bucket need not be compared with all the others
            for pairs in (_stars(buckets), _rest(buckets, union)):
                for ones, others in pairs:
                    if first >= WHOLE_SLOTS:  # texts of one length have met by other bands
                        cut = _shorter(ones, others, sizes) <= CUT
                        ones, others = ones[cut], others[cut]
                    near = _near(ones, others, slots, sizes)
                    for one, other in zip(ones[near], others[near], strict=True):
                        union.unite(int(one), int(other))
    found = {name: names[union.root(number)] for number, name in enumerate(names)}
    return {name: found.get(name, name) for name in signatures}


class _Union:
    """Sets of numbers that are joined; the root of a set is its least number."""

    def __init__(self, size: int) -> None:
        self._up = list(range(size))

    def root(self, number: int) -> int:
        while self._up[number] != number:
            self._up[number] = number = self._up[self._up[number]]
        return number

    def unite(self, one: int, other: int) -> None:
        one, other = self.root(one), self.root(other)
        self._up[max(one, other)] = min(one, other)


def _matrix(signatures: Sequence[Signature]) -> Slots:
    import numpy as np

    flat = np.frombuffer(b"".join(signed.slots for signed in signatures), "<u4")
    return flat.reshape(len(signatures), -1)


def _buckets(band: Slots) -> list[Numbers]:
    """Rows that agree in all slots of a band: the only ones that need to be compared."""
    import numpy as np

    keys = np.zeros(len(band), np.uint64)
    for column in band.T:  # a clash of keys costs a comparison, no more
        keys = keys * np.uint64(0x9E3779B97F4A7C15) + column
    order = np.argsort(keys, kind="stable")
    bounds = np.flatnonzero(np.diff(keys[order])) + 1
    starts, ends = np.append(0, bounds), np.append(bounds, len(order))
    many = ends - starts > 1
    return [order[a:b] for a, b in zip(starts[many], ends[many], strict=True)]


def _stars(buckets: Sequence[Numbers]) -> Iterator[tuple[Numbers, Numbers]]:
    """Pair the first of each bucket with all others of it."""
    import numpy as np

    yield from _blocks((np.repeat(b[:1], len(b) - 1), b[1:]) for b in buckets)


def _rest(buckets: Sequence[Numbers], union: _Union) -> Iterator[tuple[Numbers, Numbers]]:
    """Pairs that are in no family together."""
    import numpy as np

    def apart() -> Iterator[tuple[Numbers, Numbers]]:
        for bucket in buckets:
            roots = np.array([union.root(int(number)) for number in bucket])
            if (roots == roots[0]).all():
                continue
            for at in range(2, len(bucket)):
                others = bucket[1:at][roots[1:at] != roots[at]]
                yield np.repeat(bucket[at], len(others)), others

    yield from _blocks(apart())


def _blocks(pairs: Iterable[tuple[Numbers, Numbers]]) -> Iterator[tuple[Numbers, Numbers]]:
    """The same pairs, thousands at a time: numpy is slow on few."""
    import numpy as np

    ones: list[Numbers] = []
    others: list[Numbers] = []
    waiting = 0
    for one, other in pairs:
        for start in range(0, len(one), BLOCK):
            ones.append(one[start : start + BLOCK])
            others.append(other[start : start + BLOCK])
            waiting += len(ones[-1])
            if waiting >= BLOCK:
                yield np.concatenate(ones), np.concatenate(others)
                ones, others, waiting = [], [], 0
    if waiting:
        yield np.concatenate(ones), np.concatenate(others)


def _near(ones: Numbers, others: Numbers, slots: Slots, sizes: NDArray[Any]) -> NDArray[np.bool_]:
    """Tell which pairs are near copies."""
    import numpy as np

    same = slots[ones] == slots[others]
    whole, lead = same[:, :WHOLE_SLOTS].mean(axis=1), same[:, WHOLE_SLOTS:].mean(axis=1)
    shared = whole * (sizes[ones] + sizes[others]) / (1 + whole)
    part = (shared >= PART * np.minimum(sizes[ones], sizes[others])) & (lead >= COPY)
    part &= _shorter(ones, others, sizes) >= SHORTEST
    return np.asarray((whole >= COPY) | part)


def _shorter(ones: Numbers, others: Numbers, sizes: NDArray[Any]) -> NDArray[Any]:
    """The length of the shorter text as a share of the longer."""
    import numpy as np

    sizes_of = sizes[ones], sizes[others]
    return np.asarray(np.minimum(*sizes_of) / np.maximum(*sizes_of))


# ── versions ──────────────────────────────────────────────────────────────────────────────────


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
    union = _Union(len(names))
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
