"""An ingest by many machines: extraction and embedding as a Ray Data job. The only ray import.

The job reads the files that changed, cuts them into passages, embeds these and puts the vectors
into the Chroma server's pool. Then the ordinary ingest runs on the driver: it takes the extracted
articles from the job, finds the vectors in the pool, and builds and publishes the generation. So
ids and rules are those of one machine, and a job that dies leaves only vectors without a name,
which the next ingest uses or removes.

Every machine needs this package, the models (or `embedder.url`), the articles under the same path
and a way to the Chroma server. Ray asks nobody for a password: its ports belong on a private
network.
"""

from __future__ import annotations

import hashlib
import logging
import os
import pickle
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from index.core.articles import Article
from index.core.errors import UsageError, UserError
from index.core.records import Fields, Limits
from index.embedding.embedders import Embedder
from index.ingest.pipeline import Ingest, embedded_text
from index.ingest.report import Report
from index.ingest.sandbox import Extracted, Extractor
from index.storage.chroma_server import ChromaServerBackend
from index.text.chunking import PASSAGE_TOKENS, PassageSplitter

LOCAL = "local"  # the address of a cluster that is started in this machine, for trying it
FILES = 16  # read by one task
PASSAGES = 256  # embedded by one task


@dataclass(frozen=True)
class Job:
    """What every machine is told; it is sent to them, so nothing in it may be open.

    Args:
        load_embedder: Loads the embedder on the machine; its vectors must be those of the driver's.
        vectors: The server's pool.
        limits: Of a file.
        fields: Names of an export's columns.
    """

    load_embedder: Callable[[], Embedder]
    vectors: ChromaServerBackend
    limits: Limits = field(default_factory=Limits)
    fields: Fields = field(default_factory=Fields)
    name: str = field(default_factory=lambda: uuid.uuid4().hex)
    collection: str = ""  # the pool's name, which only the driver knows at first


def ingest(
    address: str,
    job: Job,
    driver: Callable[[Callable[[], Prepared]], Ingest],
    paths: Sequence[Path],
    *,
    prune: bool = False,
    workers: int | None = None,
) -> Report:
    """Bring the files at `paths` into the index with the cluster's help.

    Args:
        address: Of the cluster: "local", "auto", "ray://host:10001" or "host:6379".
        job: What every machine is told.
        driver: Makes the ordinary ingest, given what makes its extractor.
        paths: Files and folders, which every machine sees under these paths.
        prune: Remove articles whose files are gone.
        workers: Processes of a local cluster; None: one a core.

    Raises:
        UsageError: ray is not installed, or a path does not exist.
        UserError: the cluster cannot be reached, or a machine of it failed.
    """
    changed = driver(partial(Prepared, {}, job)).changed(paths)
    with closing(job.vectors.draft(Path())) as pool:  # it exists before many want to make it
        job = replace(job, collection=pool.collection)
    with _cluster(address, workers) as ray:
        found = _run(ray, job, changed) if changed else {}
    return driver(partial(Prepared, found, job)).run(paths, prune=prune)


class Prepared:
    """An extractor that knows the answers already; what changed since is extracted here."""

    def __init__(self, found: dict[tuple[str, str], bytes], job: Job) -> None:
        self._found = found
        self._own = Extractor(job.limits, job.fields)

    def __enter__(self) -> Prepared:
        return self

    def __exit__(self, *_: object) -> None:
        self._own.close()

    def extract(self, data: bytes, path: str) -> Extracted:
        """What one file holds."""
        known = self._found.get((path, hashlib.sha256(data).hexdigest()))
        if known is None:
            return self._own.extract(data, path)
        extracted: Extracted = pickle.loads(known)  # made by our own workers a moment ago
        return extracted


# ── on the driver ─────────────────────────────────────────────────────────────────────────────


@contextmanager
def _cluster(address: str, workers: int | None) -> Iterator[Any]:
    # before the import; nothing is reported, and no bar is drawn over ours
    os.environ.update(RAY_USAGE_STATS_ENABLED="0", RAY_DATA_DISABLE_PROGRESS_BARS="1")
    try:
        import ray
        import ray.data
    except ImportError:
        raise UsageError(
            "--cluster needs Ray, which is not installed. Run: pip install 'assistant[cluster]'."
        ) from None
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    quiet: dict[str, Any] = {"logging_level": "ERROR", "log_to_driver": False}
    try:
        if address == LOCAL:
            ray.init(
                num_cpus=workers, include_dashboard=False, _node_ip_address="127.0.0.1", **quiet
            )
        else:
            ray.init(address=address, **quiet)
    except (ConnectionError, ValueError, RuntimeError, TimeoutError) as problem:
        raise UserError(
            f"The cluster at {address} cannot be reached ({_line(problem)}). "
            "Start it (ray start --head), or give --cluster local to try it here."
        ) from None
    try:
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        yield ray
    finally:
        ray.shutdown()


def _run(ray: Any, job: Job, changed: Sequence[Path]) -> dict[tuple[str, str], bytes]:
    items = [{"path": os.fsencode(path)} for path in changed]
    blocks = max(1, min(len(items) // FILES, 200))
    try:
        files = (
            ray.data.from_items(items, override_num_blocks=blocks)
            .map_batches(partial(_extract, job), batch_size=FILES, batch_format="numpy")
            .materialize()
        )
        found = {
            (row["name"], row["sha256"]): row["found"] for row in files.iter_rows() if row["sha256"]
        }
        files.flat_map(partial(_cut, job)).map_batches(
            partial(_embed, job), batch_size=PASSAGES, batch_format="numpy"
        ).materialize()
    except ray.exceptions.RayError as problem:
        raise _explained(problem) from None
    return found


def _explained(problem: BaseException) -> UserError:
    """The error of ours behind one of Ray's, or else its last line."""
    seen: BaseException | None = problem
    while seen:
        if isinstance(seen, UserError):  # Ray adds the traceback to the text, ours is its last line
            return UserError(_line(seen).removeprefix(f"{_class(seen)}: "))
        seen = getattr(seen, "cause", None) or seen.__cause__ or seen.__context__
    return UserError(f"The cluster failed ({_line(problem)}). Run the ingest again.")


def _class(problem: UserError) -> str:
    ours = next(c for c in type(problem).__mro__ if c.__module__ == UserError.__module__)
    return f"{ours.__module__}.{ours.__name__}"


def _line(problem: BaseException) -> str:
    lines = [line.strip() for line in str(problem).splitlines() if line.strip()]
    return (lines[-1] if lines else type(problem).__name__)[:300]


# ── on the workers ────────────────────────────────────────────────────────────────────────────

_MADE: dict[tuple[str, str], Any] = {}  # of this worker process, which does many tasks of a job


def _kept(job: Job, what: str, make: Callable[[], Any]) -> Any:
    key = (job.name, what)
    if key not in _MADE:
        _MADE[key] = make()
    return _MADE[key]


def _extract(job: Job, batch: dict[str, Any]) -> dict[str, list[Any]]:
    """Files in, what they hold out; one that cannot be read is left to the driver."""
    extractor = _kept(job, "extractor", lambda: Extractor(job.limits, job.fields))
    out: dict[str, list[Any]] = {"name": [], "sha256": [], "found": []}
    for encoded in batch["path"]:
        path = os.fsdecode(bytes(encoded))
        name = os.fsencode(path).decode("utf-8", "backslashreplace")
        digest, found = "", b""
        try:
            if Path(path).lstat().st_size <= job.limits.file_bytes:
                data = Path(path).read_bytes()
                digest = hashlib.sha256(data).hexdigest()
                found = pickle.dumps(extractor.extract(data, name))
        except OSError:
            pass
        for column, value in zip(out, (name, digest, found), strict=True):
            out[column].append(value)
    return out


def _cut(job: Job, row: dict[str, Any]) -> list[dict[str, str]]:
    """Id and text of every passage of one file's articles."""
    if not row["sha256"]:
        return []
    splitter: PassageSplitter = _kept(
        job, "splitter", lambda: PassageSplitter(_embedder(job).tokenize, PASSAGE_TOKENS)
    )
    extracted: Extracted = pickle.loads(row["found"])
    articles: Sequence[Article] = extracted.articles
    return [
        {"id": passage.id, "text": embedded_text(passage)}
        for article in articles
        for passage in splitter.split(article)
    ]


def _embed(job: Job, batch: dict[str, Any]) -> dict[str, list[int]]:
    """Put the vectors that the pool lacks into it; tells how many."""
    if "id" not in batch:  # no file had an article
        return {"embedded": [0]}
    texts = dict(zip(map(str, batch["id"]), map(str, batch["text"]), strict=True))
    with closing(job.vectors.pool(job.collection)) as pool:
        held = pool.held(list(texts))
        missing = [one for one in texts if one not in held]
        if missing:
            pool.upsert(missing, _embedder(job).passages([texts[one] for one in missing]))
    return {"embedded": [len(missing)]}


def _embedder(job: Job) -> Embedder:
    embedder: Embedder = _kept(job, "embedder", job.load_embedder)
    return embedder
