"""An ingest by many machines: extraction and embedding as a Ray Data job.

The job reads the files that changed, splits them into passages, embeds these and puts the vectors
into the Chroma server's pool. Then the ordinary ingest runs on the driver: it takes the extracted
articles from the job, finds the vectors in the pool, and builds and publishes the generation. So
ids and rules are those of one machine, and a job that dies leaves only unreferenced vectors, which
the next ingest uses or removes.

Every machine needs this package, the models (or `embedder.url`), the articles under the same path
and access to the Chroma server. Ray has no authentication: its ports belong on a private network.
"""

from __future__ import annotations

import functools
import hashlib
import logging
import os
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from index.core.errors import UsageError, UserError
from index.core.records import Fields, Limits, Unreadable
from index.embedding.embedders import Embedder
from index.ingest.extraction import Extracted, decode, encode
from index.ingest.files import name_of
from index.ingest.pipeline import Ingest, embedded_text
from index.ingest.report import Report
from index.ingest.sandbox import Extractor
from index.storage.chroma_server import ChromaServerBackend

LOCAL = "local"  # the address of a cluster that is started on this machine, for trying it
FILES = 16  # read by one task
PASSAGES = 256  # embedded by one task


@dataclass(frozen=True)
class Job:
    """What is sent to every machine, so nothing in it may be open; equal if of one ingest.

    Args:
        indexer: Makes the embedder on the machine; its vectors must be those of the driver's.
        vectors: The server's pool.
        limits: Of a file.
        fields: Names of an export's columns.
    """

    indexer: Callable[[], Embedder] = field(compare=False)
    vectors: ChromaServerBackend = field(compare=False)
    limits: Limits = field(default_factory=Limits, compare=False)
    fields: Fields = field(default_factory=Fields, compare=False)
    name: str = field(default_factory=lambda: uuid.uuid4().hex)
    collection: str = field(default="", compare=False)  # the pool's name, set by the driver


def ingest(
    address: str,
    job: Job,
    driver: Callable[[Callable[[], Prepared]], Ingest],
    paths: Sequence[Path],
    *,
    prune: bool = False,
    force: bool = False,
    workers: int | None = None,
) -> Report:
    """Bring the files at `paths` into the index with the cluster's help.

    Args:
        address: Of the cluster: "local", "auto", "ray://host:10001" or "host:6379".
        job: What is sent to every machine.
        driver: Makes the ordinary ingest, given what makes its extractor.
        paths: Files and folders, which every machine sees under these paths.
        prune: Remove articles whose files are gone.
        force: Even if that looks like a mistake.
        workers: Processes of a local cluster; None: one a core.

    Raises:
        UsageError: ray is not installed, or a path does not exist.
        UserError: the cluster cannot be reached, or a machine of it failed.
    """
    changed = driver(partial(Prepared, {}, job)).changed(paths)
    with closing(job.vectors.writer(Path())) as pool:  # made once, before many tasks need it
        job = replace(job, collection=pool.collection)
    with _cluster(address, workers) as ray:
        found = _run(ray, job, changed) if changed else {}
    return driver(partial(Prepared, found, job)).run(paths, prune=prune, force=force)


class Prepared:
    """An extractor with the job's results; what changed since is extracted on the driver."""

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
        return self._own.extract(data, path) if known is None else decode(known, Extracted)


# ── on the driver ─────────────────────────────────────────────────────────────────────────────


@contextmanager
def _cluster(address: str, workers: int | None) -> Iterator[Any]:
    # read at import
    os.environ.update(RAY_USAGE_STATS_ENABLED="0", RAY_DATA_DISABLE_PROGRESS_BARS="1")
    try:
        import ray
        import ray.data
    except ImportError:
        raise UsageError(
            "--cluster needs Ray, which is not installed. "
            "Run: pip install --no-deps --require-hashes -r requirements/cluster.txt"
        ) from None
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    where: dict[str, Any] = {"address": address, "logging_level": "ERROR"}
    if address == LOCAL:
        del where["address"]
        where |= {"num_cpus": workers, "include_dashboard": False, "_node_ip_address": "127.0.0.1"}
    try:
        ray.init(log_to_driver=False, **where)
    except (ConnectionError, ValueError, RuntimeError, TimeoutError) as problem:
        raise UserError(
            f"The cluster at {address} cannot be reached ({_last_line(problem)}). "
            "Start it (ray start --head), or give --cluster local to try it here."
        ) from None
    try:
        ray.data.DataContext.get_current().enable_progress_bars = False
        yield ray
    finally:
        ray.shutdown()


def _run(ray: Any, job: Job, changed: Sequence[Path]) -> dict[tuple[str, str], bytes]:
    """Extract and embed; the encoded articles by path and hash of their file."""
    items = [{"path": os.fsencode(path)} for path in changed]
    blocks = max(1, min(len(items) // FILES, 200))
    try:
        files = (
            ray.data.from_items(items, override_num_blocks=blocks)
            .map_batches(partial(_extract, job), batch_size=FILES, batch_format="numpy")
            .materialize()
        )
        files.flat_map(partial(_split, job)).map_batches(
            partial(_embed, job), batch_size=PASSAGES, batch_format="numpy"
        ).materialize()
    except ray.exceptions.RayError as problem:
        raise _user_error(problem) from None
    rows = files.iter_rows()
    return {(row["name"], row["sha256"]): row["found"] for row in rows if row["sha256"]}


def _user_error(problem: BaseException) -> UserError:
    """The error of ours behind one of Ray's, or else its last line."""
    seen: BaseException | None = problem
    while seen:
        if isinstance(seen, UserError):  # Ray's text is a traceback that ends with ours
            ours = next(c for c in type(seen).__mro__ if c.__module__ == UserError.__module__)
            return UserError(_last_line(seen).removeprefix(f"{ours.__module__}.{ours.__name__}: "))
        seen = getattr(seen, "cause", None) or seen.__cause__ or seen.__context__
    return UserError(f"The cluster failed ({_last_line(problem)}). Run the ingest again.")


def _last_line(problem: BaseException) -> str:
    lines = [line.strip() for line in str(problem).splitlines() if line.strip()]
    return (lines[-1] if lines else type(problem).__name__)[:300]


# ── on the workers: a process does many tasks of a job ────────────────────────────────────────


@functools.cache
def _extractor(job: Job) -> Extractor:
    return Extractor(job.limits, job.fields, _embedder(job).tokenize)


@functools.cache
def _embedder(job: Job) -> Embedder:
    return job.indexer()


def _extract(job: Job, batch: dict[str, Any]) -> dict[str, list[Any]]:
    """Files in, their articles out; a file that cannot be read is left to the driver."""
    out: dict[str, list[Any]] = {"name": [], "sha256": [], "found": []}
    for encoded in batch["path"]:
        path = Path(os.fsdecode(bytes(encoded)))
        digest, found = "", b""
        with suppress(OSError):
            if path.lstat().st_size <= job.limits.file_bytes:
                data = path.read_bytes()
                found = encode(_extractor(job).extract(data, name_of(path)))
                digest = hashlib.sha256(data).hexdigest()
        for column, value in zip(out, (name_of(path), digest, found), strict=True):
            out[column].append(value)
    return out


def _split(job: Job, row: dict[str, Any]) -> list[dict[str, str]]:
    """Id and embedded text of every passage of one file's articles."""
    found = []
    for article in decode(row["found"], Extracted).articles if row["sha256"] else ():
        with suppress(Unreadable):  # the driver reports it
            passages = _extractor(job).analyse(article).passages(article)
            found += [{"id": one.id, "text": embedded_text(one)} for one in passages]
    return found


def _embed(job: Job, batch: dict[str, Any]) -> dict[str, list[int]]:
    """Embed the passages that the pool lacks and put them into it; returns how many."""
    if "id" not in batch:  # no file had an article
        return {"embedded": [0]}
    texts = dict(zip(map(str, batch["id"]), map(str, batch["text"]), strict=True))
    with closing(job.vectors.pool(job.collection)) as pool:
        held = pool.existing(list(texts))
        missing = [one for one in texts if one not in held]
        if missing:
            pool.upsert(missing, _embedder(job).passages([texts[one] for one in missing]))
    return {"embedded": [len(missing)]}
