"""Bytes in, articles and skips out, by a worker process that can be killed.

Parsers hang, eat memory and crash on hostile files, and no thread can be stopped in the middle of
one. So every reader and all cleaning run in one process of their own, started at the first file,
used for all others, and started anew after it had to be killed. The file that killed it is a
Skip (`timeout`, `memory` or `crash`); the run goes on.
"""

from __future__ import annotations

import io
import json
import os
import pickle
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from index.core.articles import Skip
from index.core.records import Fields, Limits
from index.ingest.extraction import Extracted as Extracted
from index.ingest.extraction import extract as extract

START_S = 20.0  # more for a worker's first file, which pays for the imports as well
LIBRARIES = 200_000_000  # address space that lxml, pypdf and the others need to be loaded
MAX_REPLY = 256_000_000  # bytes; no file of the largest allowed size has as much text
_LENGTH = struct.Struct("<Q")
# the worker is told the parent's path, because what is importable here must be there
_MAIN = (
    "import sys, json; sys.path[:] = json.loads(sys.argv[1]); "
    "from index.ingest.sandbox import serve; serve()"
)


class Extractor:
    """Extracts files in its worker, one at a time; to be closed, or used in a `with`.

    Not for several threads at once: each takes one of its own. `started` is called when a worker
    process has been started.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        fields: Fields | None = None,
        started: Callable[[], None] = lambda: None,
    ) -> None:
        self._limits = limits or Limits()
        self._started = started
        self._fields = fields or Fields()
        self._worker: _Worker | None = None

    def __enter__(self) -> Extractor:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the worker."""
        if self._worker is not None:
            self._worker.kill()
            self._worker = None

    def extract(self, data: bytes, path: str) -> Extracted:
        """Read the articles of one file; whatever is wrong with it is told as a Skip."""
        if len(data) > self._limits.file_bytes:
            return _refused(path, "too_large", too_large(len(data), self._limits.file_bytes))
        if self._worker is None or not self._worker.alive:
            self.close()
            self._worker = _Worker(self._limits)
            self._started()
        worker = self._worker
        try:
            reply = worker.ask(pickle.dumps((data, path, self._limits, self._fields)))
            extracted, goes_on = _load(reply)
        except (OSError, EOFError, pickle.UnpicklingError):
            code, reason = worker.cause_of_death(self._limits)
            self.close()
            return _refused(path, code, reason)
        except BaseException:  # Ctrl-C: its answer must not be taken for that of the next file
            self.close()
            raise
        if not goes_on:
            self.close()
        return extracted


def too_large(size: int, limit: int) -> str:
    """The reason of a Skip for a file of `size` bytes."""
    return f"The file has {size:,} bytes; the limit is {limit:,}."


def _refused(path: str, code: str, reason: str) -> Extracted:
    return Extracted(skips=(Skip(path, code, reason),))


# ── the parent's side ─────────────────────────────────────────────────────────────────────────


class _Worker:
    """A running worker process and the two pipes to it."""

    def __init__(self, limits: Limits) -> None:
        self._seconds = limits.seconds
        self._first = True
        self._ended = threading.Event()
        self._late = False
        self._until: float | None = None  # when the file at work has to be done
        # -P: nothing is imported from the working folder, which may be one of articles
        command = [sys.executable, "-P", "-c", _MAIN, json.dumps(sys.path), str(limits.memory)]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # what parsers complain of is nobody's reading
            bufsize=0,
        )
        threading.Thread(target=self._watch, daemon=True).start()

    @property
    def alive(self) -> bool:
        return not self._late and self._process.poll() is None

    def ask(self, request: bytes) -> bytes:
        """Send a request and wait for its reply, or for the end of the worker."""
        assert self._process.stdin and self._process.stdout
        with self._deadline():
            _send(self._process.stdin, request)
            return _receive(self._process.stdout, MAX_REPLY)

    @contextmanager
    def _deadline(self) -> Iterator[None]:
        """Have the worker killed when the time is over: then reads and writes here end as well."""
        self._until = time.monotonic() + self._seconds + START_S * self._first
        try:
            yield
        finally:
            self._until = None
            self._first = False

    def _watch(self) -> None:
        """Look at the clock now and then: a timer for each file would cost more than the file."""
        while not self._ended.wait(min(self._seconds / 4, 0.25)):
            until = self._until
            if until is not None and time.monotonic() > until:
                self._late = True
                self._process.kill()
                return

    def kill(self) -> None:
        self._ended.set()
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        self._process.wait()

    def cause_of_death(self, limits: Limits) -> tuple[str, str]:
        """Tell as code and reason why no reply came; ends the worker if it still runs."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(1)  # its end is seen a moment after that of its pipe
        ended = self._process.poll()
        if self._late or ended == -getattr(signal, "SIGXCPU", signal.SIGTERM):
            return "timeout", f"Reading it takes more than {limits.seconds:g} seconds."
        if ended == -getattr(signal, "SIGKILL", signal.SIGTERM):
            return "memory", "The system ended its reading, most likely for want of memory."
        return "crash", f"Its reading crashed (exit code {ended})."


class _Unpickler(pickle.Unpickler):
    """Takes our values only: a parser that was taken over must not reach the parent."""

    def find_class(self, module: str, name: str) -> Any:
        ours = module == "index.core.articles" or (module, name) == (
            "index.ingest.extraction",
            "Extracted",
        )
        if (ours and name[:1].isupper() and "." not in name) or (module, name) in _DATES:
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"a worker sent {module}.{name}")


_DATES = {("datetime", "date"), ("datetime", "datetime"), ("datetime", "timezone")}


def _load(reply: bytes) -> tuple[Extracted, bool]:
    try:
        extracted, goes_on = _Unpickler(io.BytesIO(reply)).load()
    except (pickle.UnpicklingError, EOFError):
        raise
    except Exception as problem:  # bytes that are no pickle raise almost anything
        raise pickle.UnpicklingError(str(problem)) from None
    if not isinstance(extracted, Extracted):
        raise pickle.UnpicklingError("a worker sent something else")
    return extracted, bool(goes_on)


# ── the pipes ─────────────────────────────────────────────────────────────────────────────────


def _send(pipe: Any, message: bytes) -> None:
    for part in (_LENGTH.pack(len(message)), message):
        view = memoryview(part)
        while view:
            view = view[pipe.write(view) :]


def _receive(pipe: Any, most: int) -> bytes:
    (length,) = _LENGTH.unpack(_exactly(pipe, _LENGTH.size))
    if length > most:
        raise EOFError("the message is too long")
    return _exactly(pipe, length)


def _exactly(pipe: Any, length: int) -> bytes:
    parts = []
    while length:
        part = pipe.read(min(length, 1 << 20))
        if not part:
            raise EOFError
        parts.append(part)
        length -= len(part)
    return b"".join(parts)


# ── the worker's side ─────────────────────────────────────────────────────────────────────────


def serve() -> None:
    """Answer requests until the parent closes the pipe or ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    requests = os.fdopen(os.dup(0), "rb", buffering=0)
    replies = os.fdopen(os.dup(1), "wb", buffering=0)
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1):  # a library that prints must not garble a reply
        os.dup2(nothing, number)
    _die_with_parent()
    _limit_memory(int(sys.argv[2]))
    with suppress(EOFError, OSError):
        while True:
            if not _answer(requests, replies):
                return


def _answer(requests: BinaryIO, replies: BinaryIO) -> bool:
    data, path, limits, fields = pickle.loads(_receive(requests, sys.maxsize))
    _limit_seconds(limits.seconds + START_S)
    try:
        extracted, goes_on = extract(data, path, limits, fields), True
    except MemoryError:
        needed = f"Reading it takes more than {limits.memory / 1e6:,.0f} MB of memory."
        extracted, goes_on = _refused(path, "memory", needed), False
    except Exception as problem:  # a bug of ours or of a parser costs one file, never the run
        extracted, goes_on = _refused(path, "crash", _bug(problem)), True
    _send(replies, pickle.dumps((extracted, goes_on)))
    return goes_on


def _bug(problem: Exception) -> str:
    frame = problem.__traceback__
    while frame and frame.tb_next:
        frame = frame.tb_next
    where = f"{Path(frame.tb_frame.f_code.co_filename).name}:{frame.tb_lineno}" if frame else ""
    return f"Its reader failed ({type(problem).__name__} in {where}); please report this."


def _die_with_parent() -> None:
    """Be killed when the parent is; where there is no such thing, the closed pipe ends us."""
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def _limit_memory(most: int) -> None:
    with suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        wanted = _address_space() + LIBRARIES + most
        resource.setrlimit(resource.RLIMIT_AS, (_within(wanted, hard), hard))


def _limit_seconds(seconds: float) -> None:
    """Allow so much more processor time: it ends a hang even when nobody watches the clock."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        used = resource.getrusage(resource.RUSAGE_SELF)
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        wanted = int(used.ru_utime + used.ru_stime + seconds) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (_within(wanted, hard), hard))


def _within(wanted: int, hard: int) -> int:
    return wanted if hard < 0 else min(wanted, hard)  # RLIM_INFINITY is -1


def _address_space() -> int:
    pages = Path("/proc/self/statm").read_text("ascii").split()[0]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
