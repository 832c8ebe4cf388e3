"""Near duplicates: wire copies and light rewrites, clustered by MinHash over shingles (rensa).

Whether two texts are near duplicates depends on them alone, and clusters are the connected
components, so they do not depend on the order in which articles come.
`index.storage.article_writer` stores the signatures.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Slots = NDArray[np.uint32]
Numbers = NDArray[np.intp]

RUN = 3  # words of a shingle
LEAD = 60  # words of the beginning, which a shortened copy keeps
WHOLE_SLOTS, LEAD_SLOTS = 256, 64  # of MinHash; the estimate has a standard error of 0.03 and 0.06
ROWS = 4  # slots of a band: texts that share half their shingles agree in one with 0.98 chance
BLOCK = 4096  # pairs compared at once
_SEED = 1
# Resemblance (Jaccard) of shingles. The wire copy of the sample set has 0.64, articles of several
# papers on one event at most 0.03, one changed word 0.96; pages of one template reach 0.4.
COPY = 0.5
PART = 0.7  # the share of a shorter text that is in the longer one, if both begin alike …
SHORTEST = 0.25  # … and the shorter one is at least this share of the longer
CUT = 0.75  # texts of more similar lengths than this are found by their whole, not by their lead

# a character of a script without spaces is a word of its own
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\u3040-\u30ff\u3400-\u9fff]+")


@dataclass(frozen=True, slots=True)
class Signature:
    """MinHash of a text; `size` is the number of its different shingles, 0 if it has no word."""

    size: int
    slots: bytes  # little-endian 32-bit: `WHOLE_SLOTS` of the text, `LEAD_SLOTS` of its beginning


def maker() -> str:
    """Identity of the algorithm and its parameters: signatures of another maker are recomputed."""
    from rensa import RMinHash

    parts = (RMinHash.ALGORITHM_VERSION, _SEED, RUN, LEAD, WHOLE_SLOTS, LEAD_SLOTS)
    return "rensa-" + "-".join(map(str, parts))


def signature(text: str) -> Signature:
    """The MinHash signature of a text.

    >>> resemblance(signature("The dike broke."), signature("the  dike broke"))
    1.0
    """
    words = _WORD.findall(text.casefold())
    shingles = _shingles(words)
    slots = _slots(shingles, WHOLE_SLOTS) + _slots(_shingles(words[:LEAD]), LEAD_SLOTS)
    return Signature(len(shingles), slots)


def _shingles(words: Sequence[str]) -> set[str]:
    """All runs of `RUN` words; of fewer words, the one run there is."""
    last = max(len(words) - RUN, 0)
    return {" ".join(words[i : i + RUN]) for i in range(last + 1)} if words else set()


def _slots(shingles: set[str], count: int) -> bytes:
    from rensa import RMinHash

    minhash = RMinHash(num_perm=count, seed=_SEED)
    minhash.update(sorted(shingles))
    return np.array(minhash.digest(), "<u4").tobytes()


def resemblance(one: Signature, other: Signature) -> float:
    """Estimated Jaccard similarity (0..1) of the shingles of two texts."""
    if not (one.size and other.size):
        return 0.0
    slots = _matrix([one, other])[:, :WHOLE_SLOTS]
    return float((slots[0] == slots[1]).mean())


def clusters(signatures: Mapping[str, Signature]) -> dict[str, str]:
    """Text hash to cluster id: the least text hash that is joined to it by near duplicates."""
    names = sorted(name for name, signed in signatures.items() if signed.size)
    if not names:
        return {name: name for name in signatures}
    slots = _matrix([signatures[name] for name in names])
    sizes = np.array([signatures[name].size for name in names])
    roots = np.arange(len(names))
    for first in range(0, slots.shape[1], ROWS):
        buckets = _buckets(slots[:, first : first + ROWS])
        # what is near the first of its bucket need not be compared with all the others
        for candidates in (_with_first(buckets, roots), _remaining(buckets, roots)):
            for ones, others in _blocks(candidates):
                near = _are_near(ones, others, slots, sizes)
                if first >= WHOLE_SLOTS:  # bands of the lead
                    near &= _length_ratio(ones, others, sizes) <= CUT
                roots[:] = join(roots, ones[near], others[near])
    joined = {name: names[root] for name, root in zip(names, roots, strict=True)}
    return {name: name for name in signatures} | joined


def join(roots: Numbers, ones: Numbers, others: Numbers) -> Numbers:
    """Join components pairwise; `roots` holds the least member of each number's component.

    >>> import numpy as np
    >>> join(np.arange(5), np.array([1, 4]), np.array([3, 1])).tolist()
    [0, 1, 2, 1, 1]
    """
    if len(ones) == 0:
        return roots
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    ends, edges = np.unique([roots[ones], roots[others]], return_inverse=True)
    edges = edges.reshape(2, -1)
    graph = coo_array((np.ones(edges.shape[1], bool), edges), shape=(len(ends), len(ends)))
    count, labels = connected_components(graph, directed=False)
    least = np.empty(count, np.intp)
    least[labels[::-1]] = ends[::-1]  # of several the last assignment stays, that of the least
    joined = np.arange(len(roots))
    joined[ends] = least[labels]
    return joined[roots]


def _matrix(signatures: Sequence[Signature]) -> Slots:
    flat = np.frombuffer(b"".join(signed.slots for signed in signatures), "<u4")
    return flat.reshape(len(signatures), -1)


def _buckets(band: Slots) -> list[Numbers]:
    """Rows that agree in all slots of a band: the only ones that need to be compared."""
    keys = np.zeros(len(band), np.uint64)
    for column in band.T:  # a clash of keys costs a comparison, no more
        keys = keys * np.uint64(0x9E3779B97F4A7C15) + column
    order = np.argsort(keys, kind="stable")
    bounds = np.flatnonzero(np.diff(keys[order])) + 1
    starts, ends = np.append(0, bounds), np.append(bounds, len(order))
    several = ends - starts > 1
    return [order[a:b] for a, b in zip(starts[several], ends[several], strict=True)]


def _with_first(buckets: Sequence[Numbers], roots: Numbers) -> Iterator[tuple[Numbers, Numbers]]:
    """The first of each bucket with all others of it, those in one component left out."""
    for bucket in buckets:
        others = bucket[roots[bucket] != roots[bucket[0]]]
        yield bucket[:1].repeat(len(others)), others


def _remaining(buckets: Sequence[Numbers], roots: Numbers) -> Iterator[tuple[Numbers, Numbers]]:
    """All other pairs of each bucket, those in one component left out."""
    for bucket in buckets:
        known = roots[bucket]
        if (known == known[0]).all():
            continue
        for at in range(2, len(bucket)):
            others = bucket[1:at][known[1:at] != known[at]]
            yield bucket[at : at + 1].repeat(len(others)), others


def _blocks(pairs: Iterable[tuple[Numbers, Numbers]]) -> Iterator[tuple[Numbers, Numbers]]:
    """The same pairs in arrays of about `BLOCK`: numpy is slow on few, and many need memory."""
    waiting: list[tuple[Numbers, Numbers]] = []
    size = 0
    for one, other in pairs:
        for start in range(0, len(one), BLOCK):
            waiting.append((one[start : start + BLOCK], other[start : start + BLOCK]))
            size += len(waiting[-1][0])
            if size >= BLOCK:
                yield (
                    np.concatenate([a for a, _ in waiting]),
                    np.concatenate([b for _, b in waiting]),
                )
                waiting, size = [], 0
    if waiting:
        yield np.concatenate([a for a, _ in waiting]), np.concatenate([b for _, b in waiting])


def _are_near(ones: Numbers, others: Numbers, slots: Slots, sizes: Numbers) -> NDArray[np.bool_]:
    """Which pairs are near duplicates, as a whole or as a text and its shortened copy."""
    same = slots[ones] == slots[others]
    whole, lead = same[:, :WHOLE_SLOTS].mean(axis=1), same[:, WHOLE_SLOTS:].mean(axis=1)
    shared = whole * (sizes[ones] + sizes[others]) / (1 + whole)  # shingles in common
    part = (shared >= PART * np.minimum(sizes[ones], sizes[others])) & (lead >= COPY)
    part &= _length_ratio(ones, others, sizes) >= SHORTEST
    return np.asarray((whole >= COPY) | part)


def _length_ratio(ones: Numbers, others: Numbers, sizes: Numbers) -> NDArray[np.float64]:
    """The length of the shorter text as a share of the longer."""
    pair = sizes[ones], sizes[others]
    return np.asarray(np.minimum(*pair) / np.maximum(*pair))
