"""Which articles tell one text: wire copies and light rewrites.

They are found by MinHash over runs of words (rensa); what is near what is a function of the two
texts alone, so the families are the same in whatever order articles come. Knows neither files nor
SQLite: `index.storage.article_store` keeps the signatures.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from index.dedup.union_find import Union

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

# a sign of a script without spaces is a word of its own
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\u3040-\u30ff\u3400-\u9fff]+")


@dataclass(frozen=True, slots=True)
class Signature:
    """MinHash of a text: `size` is the number of its different shingles, 0 if it has no word."""

    size: int
    slots: bytes  # little-endian 32-bit: `WHOLE_SLOTS` of the text, `LEAD_SLOTS` of its beginning


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


def clusters(signatures: Mapping[str, Signature]) -> dict[str, str]:
    """Put near copies together: of each wording, the least wording of its family.

    Two wordings are of one family if they are near copies or if a chain of near copies joins them.
    """
    import numpy as np

    names = sorted(name for name, signed in signatures.items() if signed.size)
    union = Union(len(names))
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


def _rest(buckets: Sequence[Numbers], union: Union) -> Iterator[tuple[Numbers, Numbers]]:
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
