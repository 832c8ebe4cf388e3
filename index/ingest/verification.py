"""Is a generation whole, and does it find what it holds? Deeper than the checksums at each start.

Chroma has no checks of its own: a damaged folder opens and answers. The checksums prove that the
bytes are those that were published; the rest proves that what was published is an index.
"""

from __future__ import annotations

from contextlib import closing

from index.core.errors import DamagedError, UserError
from index.embedding.embedders import Vectors
from index.storage.article_store import ArticleStore
from index.storage.chroma_folder import VectorBackend, VectorReader
from index.storage.generations import Store
from index.storage.manifest import CURE, Generation

KNOWN_ANSWERS = 8  # passages whose own vector must find them
NEAR = 30  # places among which it must: equal texts share the first ones
# of several thousand vectors an approximate search misses single ones, 3 of 3,100 in Chroma's
MISSES = 1
LARGE = 1000
# of a small index that has changed often Chroma builds another graph at each opening, and now and
# then one that misses some; damage is there each time
OPENINGS = 3


def check(store: Store, name: str, home: VectorBackend) -> Generation:
    """Look at every checksum, at SQLite's own check, at the ids of both stores, and search.

    Raises:
        DamagedError: with the first thing that is wrong.
        UserError: if its vectors are of another Chroma or in another place.
    """
    generation = store.whole(name)
    if generation.manifest.chromadb != home.kind:
        raise UserError(
            f"The vectors of {name} are of {generation.manifest.chromadb}, not of {home.kind}. "
            "Run 'assistant index rebuild', or set vectors.url back."
        )
    with closing(ArticleStore(generation.library)) as library:
        state = library.check()
        if state != "ok":
            raise _damaged(generation, f"library.sqlite: {state}")
        passages = library.passage_ids()
        if len(passages) != generation.manifest.passages:
            raise _damaged(generation, "the manifest counts other passages than there are")
        for left in reversed(range(OPENINGS)):
            with home.reading(store, generation, library, written=True) as vectors:
                if not vectors.agrees(set(passages)):
                    raise _damaged(generation, "library and vectors name other passages")
                missed = _missed(passages, vectors)
            if not missed:
                break
            if not left:
                raise _damaged(generation, f"{missed} passages are not found by their own vector")
        with home.reading(store, generation, library) as vectors:
            if not vectors.agrees(set(passages)):
                raise _damaged(generation, "its plain vectors are those of other passages")
    return generation


def _missed(passages: list[str], vectors: VectorReader) -> str:
    """How many of how many do not find themselves; "" if it is none, or none too many."""
    step = max(1, len(passages) // KNOWN_ANSWERS)
    asked = passages[::step][:KNOWN_ANSWERS]
    stored = vectors.stored(asked) if asked else {}
    lost = [one for one in asked if one not in stored]
    missed = [one for one in asked if one in stored and not _found(one, stored[one], vectors)]
    if lost or len(missed) > MISSES * (len(passages) > LARGE):
        return f"{len(lost) + len(missed)} of {len(asked)}"
    return ""


def _found(passage: str, vector: Vectors, vectors: VectorReader) -> bool:
    hits = vectors.nearest(vector, NEAR)
    # more than so many passages may have one text, and then any of them will do
    return any(one == passage for one, _ in hits) or (len(hits) == NEAR and hits[-1][1] > 0.99999)


def _damaged(generation: Generation, what: str) -> DamagedError:
    return DamagedError(f"The index generation {generation.name} is damaged ({what}). {CURE}")
