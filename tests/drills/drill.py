"""What runs in the processes of the drills: they are forked, do one thing, and may be killed.

A fork server has imported everything, so that a process costs tens of milliseconds. It has opened
nothing: Chroma starts its threads in the child.
"""

from __future__ import annotations

import io
import multiprocessing
import os
import random
import sqlite3
import sys
import time
from collections import Counter
from contextlib import closing, redirect_stderr, redirect_stdout
from dataclasses import asdict
from pathlib import Path

import numpy as np

import index.embedding.vector_cache
from assistant.cli.entry import main
from index.core.articles import fingerprint
from index.core.errors import DamagedError
from index.ingest.integrity import check
from index.ingest.pipeline import embedded_text
from index.ingest.sandbox import Extractor
from index.retrieval.hybrid_search import IndexSearch
from index.storage.article_store import ArticleStore
from index.storage.chroma_folder import ChromaFolderBackend
from index.storage.generations import GenerationStore
from index.text.chunking import PASSAGE_TOKENS, PassageSplitter
from tests.conftest import News
from tests.drills.points import arm
from tests.fakes import FakeApp, WordEmbedding, WordReranker, analyse_here, extract_here

PRELOADED = "assistant.container chromadb llama_index.core.node_parser trafilatura".split()
BATCH = 8  # passages embedded before they are written down; small, so that a run has many batches
NEIGHBOURS = 10
PATIENCE_S = 120  # for a process of a drill; longer means that it hangs
SYLLABLES = "ba ke li mo nu ra se ti vo zu dra fle gri klo pru sta tre".split()


def processes() -> multiprocessing.context.BaseContext:
    """Where a drill's processes come from."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([*PRELOADED, "tests.drills.drill"])
    return context


class Place(News):
    """The folders of one drill; what is embedded there is noted in `log`."""

    def __init__(self, root: Path | str) -> None:
        super().__init__(Path(root))
        self.log = self.root / "embedded.log"
        self.store = GenerationStore(self.data / "index", keep=2)  # so that each ingest sweeps
        self.embedder = LoggedEmbedding(self.log)

    def not_cached(self) -> int:
        """How many passages were embedded since the log was begun, but are not in the cache."""
        done = set(self.log.read_text().split()) if self.log.exists() else set()
        if not done:
            return 0
        with closing(sqlite3.connect(self.cache)) as db:
            return len(done - {row[0] for row in db.execute("SELECT key FROM vectors")})


class LoggedEmbedding(WordEmbedding):
    """Notes the cache's key of every passage in a file that outlives a SIGKILL."""

    def __init__(self, log: Path) -> None:
        super().__init__()
        self._log = log

    def passages(self, texts):
        with self._log.open("a") as log:
            log.write("".join(f"{fingerprint(self.identity, text)}\n" for text in texts))
        return super().passages(texts)


class Mutations:
    """A corpus that changes at random: some articles are added, some changed, some removed."""

    def __init__(self, place: Place, seed: int) -> None:
        self._place = place
        self._random = random.Random(seed)
        self._number = 0
        self.corpus: dict[str, str] = {}

    def change(self, at_least: int = 1, at_most: int = 40) -> None:
        for _ in range(self._random.randint(at_least, at_most)):
            kind = self._random.choice(["add", "add", "change", "change", "remove"])
            if kind == "add" or len(self.corpus) < 10:
                self._add()
            elif kind == "change":
                self._put(self._random.choice(sorted(self.corpus)))
            elif len(self.corpus) > 20:
                self._remove(self._random.choice(sorted(self.corpus)))
        while len(self.corpus) > 90:
            self._remove(self._random.choice(sorted(self.corpus)))

    def one_of_each(self) -> None:
        """Add, change and remove several: every step of an ingest has something to do."""
        for name in self._random.sample(sorted(self.corpus), 6)[:3]:
            self._remove(name)
        for name in self._random.sample(sorted(self.corpus), 3):
            self._put(name)
        for _ in range(3):
            self._add()

    def _add(self) -> None:
        self._number += 1
        self._put(f"{self._number % 7}/{self._number:05}.txt")

    def _put(self, name: str) -> None:
        text = "\n\n".join(self._paragraph() for _ in range(self._random.randint(1, 6)))
        self.corpus[name] = text
        self._place.write(name, text)

    def _remove(self, name: str) -> None:
        del self.corpus[name]
        (self._place.folder / name).unlink()

    def _paragraph(self) -> str:
        return " ".join(self._sentence() for _ in range(self._random.randint(2, 8)))

    def _sentence(self) -> str:
        words = (self._word() for _ in range(self._random.randint(6, 18)))
        return f"{' '.join(words).capitalize()}."

    def _word(self) -> str:
        return "".join(self._random.choices(SYLLABLES, k=self._random.randint(1, 4)))


# ── what a child does ─────────────────────────────────────────────────────────────────────────


def ingest(root: str, tell, point: str = "", number: int = 1, *, worker: bool = False) -> None:
    """Ingest the folder, prune, and tell what was done; at `point` the process kills itself."""
    place = Place(root)
    index.embedding.vector_cache.BATCH = BATCH
    if not worker:
        Extractor.extract, Extractor.analyse = extract_here, analyse_here
    if point:
        arm(point, number)
    tell.send("begun")
    start = time.perf_counter()
    report = place.ingest(prune=True, force=True)
    tell.send((asdict(report), time.perf_counter() - start))


def examine(root: str, tell) -> None:
    """Look at the published index with the eyes of somebody who has just come."""
    place = Place(root)
    tell.send(_examined(place))


def _examined(place: Place) -> dict[str, object]:
    problems: list[str] = []
    generation, warning = place.store.open()
    names = place.store.names()
    leftovers = [p.name for kind in ("tmp-*", "open-*") for p in place.store.root.glob(kind)]
    found = {"names": names, "leftovers": leftovers, "problems": problems, "articles": {}}
    if generation is None:
        return found
    if warning:
        problems.append(warning)
    if generation.name != place.store.current_name():
        problems.append(f"{generation.name} is open, not the one that is published")
    try:
        check(place.store, generation.name, ChromaFolderBackend())
    except DamagedError as problem:
        problems.append(str(problem))
    embedder = WordEmbedding()
    folder = f"{place.folder.resolve()}/"
    with closing(ArticleStore(generation.library)) as library:
        articles = [article for _, article in library.articles()]
        found["articles"] = {a.path.removeprefix(folder): a.text for a in articles}
        problems += _passages_of(library, embedder)
        passages = library.passages(library.passage_ids()[:900])
        with ChromaFolderBackend().reader(generation, library) as vectors:
            if vectors.count() != len(library.passage_ids()):
                problems.append("more or fewer vectors than passages")
            problems += _vectors_of(passages, vectors, embedder)
    return found


def _passages_of(library: ArticleStore, embedder: WordEmbedding) -> list[str]:
    """Every indexed article has all its passages, once."""
    splitter = PassageSplitter(embedder.tokenize, PASSAGE_TOKENS)
    due: Counter[str] = Counter()
    for article_id in library.digests():
        article = library.article(article_id)
        due.update(passage.id for passage in splitter.split(article))
    there = Counter(library.passage_ids())
    return [] if due == there else [f"passages are not those of the articles: {due - there}"]


def _vectors_of(passages, vectors, embedder) -> list[str]:
    """Every vector is the right one, finds its own passage, and has the neighbours it should."""
    if not passages:
        return []
    ids = list(passages)
    exact = embedder._vectors([embedded_text(passages[i]) for i in ids])
    stored = vectors.get(ids)
    problems = []
    wrong = [i for i, v in zip(ids, exact, strict=True) if not np.allclose(stored.get(i, 0), v)]
    if wrong:
        problems.append(f"{len(wrong)} vectors are those of other texts")
    best = -np.sort(-exact @ exact.T)[:, :NEIGHBOURS]  # its own is the first of a row
    found = [[s for _, s in vectors.nearest(vector, NEIGHBOURS)] for vector in exact]
    if not np.allclose(found, best, atol=1e-4):
        problems.append("passages are not found by their vector, or not with the nearest ones")
    return problems


class HoldingEmbedding(WordEmbedding):
    """Tells that it was called and waits until it may go on."""

    def __init__(self, reached, go_on) -> None:
        super().__init__()
        self._reached, self._go_on = reached, go_on

    def passages(self, texts):
        self._reached.set()
        assert self._go_on.wait(PATIENCE_S)
        return super().passages(texts)


def command(root: str, tell, *arguments: str, reached=None, go_on=None, hold: str = "") -> None:
    """Run a command of the front door; tells exit code, stdout and stderr."""
    place = Place(root)
    Extractor.extract, Extractor.analyse = extract_here, analyse_here
    embedder = HoldingEmbedding(reached, go_on) if hold == "embedding" else WordEmbedding()
    app = type("DrillApp", (FakeApp,), {"embedder": embedder})
    if hold == "reading":
        Extractor.extract = lambda *_: reached.set() or time.sleep(PATIENCE_S)
    if hold == "publishing":
        GenerationStore.publish = lambda *_: reached.set() or time.sleep(PATIENCE_S)
    for name in [name for name in os.environ if name.startswith("ASSISTANT_")]:
        del os.environ[name]
    os.environ["ASSISTANT_DATA"] = str(place.data)
    os.environ["ASSISTANT_CACHE"] = str(place.root / "models")
    os.environ["ASSISTANT_INDEX_KEEP"] = "2"  # so that each ingest sweeps
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main(arguments, app)
    tell.send((code, out.getvalue(), err.getvalue()))
    sys.exit(code)


def answer(root: str, pipe) -> None:
    """Search without end; tell the best passage of a question that is sent, until None is."""
    place = Place(root)
    search = IndexSearch(place.store, WordEmbedding(), WordReranker())
    asked, failed, why = 0, 0, ""
    pipe.send("ready")
    while True:
        while not pipe.poll():
            asked += 1
            try:
                if not search.search("The tram of the harbour stood still", 3):
                    raise LookupError("nothing found")
            except Exception as problem:  # whatever it is, the question went unanswered
                failed += 1
                why = repr(problem)
        question = pipe.recv()
        if question is None:
            break
        found = search.search(question, 1)
        pipe.send(found[0].passage.text if found else "")
    search.close()
    pipe.send((asked, failed, why))


# ── what a test does ──────────────────────────────────────────────────────────────────────────


class Child:
    """A process of a drill and the pipe to it."""

    def __init__(self, target, root: Path, *arguments, **options) -> None:
        context = processes()
        self._pipe, theirs = context.Pipe()
        self.process = context.Process(
            target=target, args=(str(root), theirs, *arguments), kwargs=options
        )
        self.process.start()
        theirs.close()

    def hear(self):
        """The next thing that it tells; None if it has ended."""
        assert self._pipe.poll(PATIENCE_S), "a process of the drill hangs"
        try:
            return self._pipe.recv()
        except (EOFError, ConnectionResetError):
            return None

    def tell(self, what) -> None:
        self._pipe.send(what)

    def signal(self, number: int) -> None:
        os.kill(self.process.pid, number)

    def end(self) -> int:
        """Wait for its end; the exit code, negative for a signal."""
        self.process.join(PATIENCE_S)
        assert self.process.exitcode is not None, "a process of the drill hangs"
        self._pipe.close()
        return self.process.exitcode


def examined(root: Path) -> dict:
    """The published index as a new process finds it."""
    child = Child(examine, root)
    found = child.hear()
    assert child.end() == 0
    return found


def ran(root: Path, *arguments: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a command; a crash is no exit code."""
    child = Child(command, root, *arguments)
    told = child.hear()
    code = child.end()
    assert told is not None, f"{arguments} ended with {code}"
    assert code == told[0]
    return told


def ingested(place: Place, *, worker: bool = False) -> tuple[dict, float]:
    """The report of a whole ingest, and its seconds."""
    child = Child(ingest, place.root, worker=worker)
    assert child.hear() == "begun"
    told = child.hear()
    assert child.end() == 0
    return told


def held(place: Place, corpus: dict[str, str], published: dict[str, str], *, clean: bool) -> dict:
    """Check everything that is promised after a kill or a clean run; the articles there are."""
    found = examined(place.root)
    assert found["problems"] == []
    assert found["articles"] in ([corpus] if clean else [published, corpus])
    if clean:
        assert len(found["names"]) <= 2
        assert found["leftovers"] == []
    assert place.not_cached() <= BATCH
    place.log.unlink(missing_ok=True)
    return found["articles"]
