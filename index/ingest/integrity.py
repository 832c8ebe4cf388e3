"""Checks that a generation is whole and finds what it holds, beyond the checksums at each start.

Chroma has no checks of its own: a damaged folder opens and answers. The checksums prove that the
bytes are those that were published; the rest proves that what was published is an index.
"""

from contextlib import closing

from index.core.errors import DamagedError, UserError
from index.storage.article_store import ArticleStore
from index.storage.generations import GenerationStore
from index.storage.manifest import REBUILD, Generation
from index.storage.vector_backend import VectorBackend, VectorReader

KNOWN_ANSWERS = 8  # passages whose own vector must find them
NEAR = 30  # results among which it must: equal texts share the first ones
# approximate search misses single vectors of several thousand: 3 of 3,100 in Chroma's
MISSES = 1
LARGE = 1000
# Chroma builds another graph at each opening of a small index that has changed often, and now and
# then one that misses some; damage is there each time
OPENINGS = 3


def check(store: GenerationStore, name: str, home: VectorBackend) -> Generation:
    """Check every checksum, SQLite's own check and the ids of both stores, and search.

    Raises:
        DamagedError: with the first thing that is wrong.
        UserError: if its vectors are of another Chroma or in another place.
    """
    generation = store.verified(name)
    if generation.manifest.chromadb != home.kind:
        raise UserError(
            f"The vectors of {name} are of {generation.manifest.chromadb}, not of {home.kind}. "
            "Run 'assistant index rebuild', or set vectors.url back."
        )
    with closing(ArticleStore(generation.library)) as library:
        if trouble := _trouble(generation, library, home):
            raise DamagedError(f"The index generation {name} is damaged ({trouble}). {REBUILD}")
    return generation


def _trouble(generation: Generation, library: ArticleStore, home: VectorBackend) -> str:
    """The first thing that is wrong; "" if nothing is."""
    if (state := library.check()) != "ok":
        return f"library.sqlite: {state}"
    passages = library.passage_ids()
    if len(passages) != generation.manifest.passages:
        return "the manifest counts other passages than there are"
    missed = ""
    for _ in range(OPENINGS):
        with home.reader(generation, library, for_writing=True) as vectors:
            if not vectors.matches(set(passages)):
                return "library and vectors name other passages"
            missed = _missed(passages, vectors)
        if not missed:
            break
    if missed:
        return f"{missed} passages are not found by their own vector"
    with home.reader(generation, library) as vectors:
        if not vectors.matches(set(passages)):
            return "its plain vectors are those of other passages"
    return ""


def _missed(passages: list[str], vectors: VectorReader) -> str:
    """How many passages their own vector does not find (as "2 of 8"); "" if few enough."""
    step = max(1, len(passages) // KNOWN_ANSWERS)
    asked = passages[::step][:KNOWN_ANSWERS]
    stored = vectors.get(asked) if asked else {}
    missed = 0
    for one in stored.keys() & set(asked):
        hits = vectors.nearest(stored[one], NEAR)
        # more than NEAR passages may have one text, and then any of them will do
        equal = len(hits) == NEAR and hits[-1][1] > 0.99999
        missed += not equal and all(hit != one for hit, _ in hits)
    lost = len(set(asked) - stored.keys())
    if lost or missed > MISSES * (len(passages) > LARGE):
        return f"{lost + missed} of {len(asked)}"
    return ""
