"""Extracts files and analyses articles in a worker process that can be killed.

Parsers hang, eat memory and crash on hostile texts, and no thread can be stopped in the middle of
one. So whatever looks into a file or a text runs in one process, started at the first file, used
for all others, and started anew after it had to be killed. The file or article that killed it is a
Skip (`timeout`, `memory` or `crash`); the run goes on.
"""

from __future__ import annotations

import json
import os
import pickle
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO

from index.core.articles import Article, Skip
from index.core.records import Fields, Limits, Unreadable
from index.ingest.analysis import Analysis, Analyst
from index.ingest.extraction import Extracted, Value, decode, encode, extract, require_size

START_S = 20.0  # more for a worker's first file, which pays for the imports as well
LOAD_S = 120.0  # for the libraries of an analysis: two seconds, many more on a busy machine
LIBRARIES = 200_000_000  # address space that lxml, pypdf and the others need to be loaded
MAX_DEATHS = 5  # members of one archive that kill the worker; then the rest is not read
MAX_REPLY = 256_000_000  # bytes; no file of the largest allowed size has as much text
_LENGTH = struct.Struct("<Q")
_NUMBER = struct.Struct("<I")  # of a member of an archive, told before the reply
# the parent's path: what is importable here must be importable in the worker
_MAIN = (
    "import sys, json; sys.path[:] = json.loads(sys.argv[1]); "
    "from index.ingest.sandbox import serve; serve()"
)


class Extractor:
    """Extracts files and analyses articles in its worker, one at a time. Not thread-safe.

    Must be closed; what comes after that starts another worker.

    Args:
        limits: Of a file, and of the analysis of an article.
        fields: Names of an export's columns.
        tokenize: The embedder's, without which nothing can be analysed.
        started: Called when a worker process has been started.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        fields: Fields | None = None,
        tokenize: Callable[[str], list[int]] | None = None,
        started: Callable[[], None] = lambda: None,
    ) -> None:
        self._limits = limits or Limits()
        self._fields = fields or Fields()
        self._tokenize = tokenize
        self._started = started
        self._worker: _Worker | None = None
        self._member: int | None = None

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
        """Read the articles of one file; whatever is wrong with it becomes a Skip.

        An archive is read in parts, so that its members have the limits of files. A part that
        kills the worker is read again up to the member that did it, and this one is left out if it
        does it alone.
        """
        try:
            require_size(len(data), self._limits)
        except Unreadable as problem:
            return Extracted(skips=(Skip(path, problem.code, problem.reason),))
        found, first, most, deaths = Extracted(), 0, None, 0
        while True:
            try:
                part = self._ask(Extracted, "extract", data, path, first, most)
            except Unreadable as problem:
                before = 0 if self._member is None else self._member - first
                # ever fewer, also of those that it has read and cannot tell of
                if before > 0 and most != 1:
                    most = before if most is None or before < most else most // 2
                    continue
                of_archive = self._member is not None
                deaths += of_archive
                part = _left_out(path, first if of_archive else None, problem, deaths)
            most = None
            found = found.followed_by(part)
            if part.unread <= first:
                return found
            first = part.unread

    def analyse(self, article: Article) -> Analysis:
        """Find out what the index needs to know of an article's text.

        Raises:
            Unreadable: it takes too long or too much memory.
        """
        return self._ask(Analysis, "analyse", article)

    def _ask(self, kind: type[Value], function: str, *arguments: object) -> Value:
        self._member = None
        if self._worker is None or not self._worker.alive:
            self.close()
            self._worker = _Worker(self._limits, self._reached)
            self._started()
        try:
            self._worker.load(self._tokenize, self._limits, self._fields)
            reply = decode(self._worker.ask(function, *arguments), object)
            if isinstance(reply, kind):
                return reply
            if not isinstance(reply, Skip):
                raise pickle.UnpicklingError("no reply to what was asked")
        except (OSError, EOFError, pickle.UnpicklingError):
            cause = self._worker.cause_of_death()
            self.close()
            raise cause from None
        except BaseException:  # Ctrl-C: its answer must not be taken for that of the next file
            self.close()
            raise
        if reply.code == "memory":
            self.close()  # it may not have got its memory back
        raise Unreadable(reply.code, reply.reason)

    def _reached(self, member: int) -> None:
        self._member = member


def _left_out(path: str, number: int | None, problem: Unreadable, deaths: int) -> Extracted:
    """The Skip of a file, or of the member of an archive, whose reading ended the worker."""
    if number is None:
        return Extracted(skips=(Skip(path, problem.code, problem.reason),))
    skips = [Skip(f"{path}#{number + 1}", problem.code, problem.reason)]
    if deaths == MAX_DEATHS:
        reason = f"{deaths} of its members cannot be read; the ones behind them are not tried."
        skips.append(Skip(path, "too_many", reason))
    return Extracted(skips=tuple(skips), unread=number + 1 if deaths < MAX_DEATHS else 0)


# ── the parent's side ─────────────────────────────────────────────────────────────────────────


class _Worker:
    """A running worker process and the two pipes to it.

    `reached` is told the number of the member of an archive at which it is.
    """

    def __init__(self, limits: Limits, reached: Callable[[int], None]) -> None:
        self._seconds = limits.seconds
        self._reached = reached
        self._start_s = START_S
        self._loaded = False
        self._ended = threading.Event()
        self._late = False
        self._deadline: float | None = None  # of the current file, on the monotonic clock
        # -P: nothing is imported from the working folder, which may be one of articles
        command = [sys.executable, "-P", "-c", _MAIN, json.dumps(sys.path)]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # parsers' complaints
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},  # each takes address space
        )
        threading.Thread(target=self._watch, daemon=True).start()

    @property
    def alive(self) -> bool:
        return not self._late and self._process.poll() is None

    def load(self, *settings: object) -> None:
        """Give it tokenizer, limits and fields; it imports the libraries of an analysis.

        Raises:
            OSError, EOFError: the worker ended.
        """
        if not self._loaded:
            self._exchange(pickle.dumps(settings), LOAD_S)
            self._loaded = True

    def ask(self, function: str, *arguments: object) -> bytes:
        """Have a function called and wait for what it returns; it is killed past its deadline.

        Raises:
            OSError, EOFError: the worker ended without a reply.
        """
        seconds, self._start_s = self._seconds + self._start_s, 0.0
        return self._exchange(pickle.dumps((function, arguments, seconds)), seconds)

    def _exchange(self, message: bytes, seconds: float) -> bytes:
        assert self._process.stdin and self._process.stdout
        self._deadline = time.monotonic() + seconds
        try:
            _send(self._process.stdin, message)
            reply = _receive(self._process.stdout, MAX_REPLY)
            while len(reply) == _NUMBER.size:  # every reply is longer, or empty
                self._reached(*_NUMBER.unpack(reply))
                reply = _receive(self._process.stdout, MAX_REPLY)
            return reply
        finally:
            self._deadline = None

    def _watch(self) -> None:
        """Poll the deadline: a timer for each file would cost more than the file."""
        while not self._ended.wait(min(self._seconds / 4, 0.25)):
            deadline = self._deadline
            if deadline is not None and time.monotonic() > deadline:
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

    def cause_of_death(self) -> Unreadable:
        """Why no reply came, as the code and reason of a Skip."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(1)  # its end is seen a moment after that of its pipe
        ended = self._process.poll()
        if self._late or ended == -getattr(signal, "SIGXCPU", signal.SIGTERM):
            return Unreadable("timeout", f"Reading it takes more than {self._seconds:g} seconds.")
        if ended == -getattr(signal, "SIGKILL", signal.SIGTERM):
            reason = "The system ended its reading, most likely for want of memory."
            return Unreadable("memory", reason)
        return Unreadable("crash", f"Its reading crashed (exit code {ended}).")


def _send(pipe: IO[bytes], message: bytes) -> None:
    pipe.write(_LENGTH.pack(len(message)))
    pipe.write(message)
    pipe.flush()


def _receive(pipe: IO[bytes], most: int) -> bytes:
    head = pipe.read(_LENGTH.size)
    length = _LENGTH.unpack(head)[0] if len(head) == _LENGTH.size else most + 1
    if length > most or len(message := pipe.read(length)) < length:
        raise EOFError("no message, or one that is too long")
    return message


# ── the worker's side ─────────────────────────────────────────────────────────────────────────


def serve() -> None:
    """Answer requests until the parent closes the pipe or ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles Ctrl-C
    requests = os.fdopen(os.dup(0), "rb")
    replies = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1):  # a library that prints must not garble a reply
        os.dup2(nothing, number)
    _die_with_parent()
    with suppress(EOFError, OSError):
        tokenize, limits, fields = pickle.loads(_receive(requests, sys.maxsize))
        functions: dict[str, Callable[..., object]] = {
            "extract": lambda data, path, first, most: extract(
                data, path, limits, fields, first, most, lambda n: _send(replies, _NUMBER.pack(n))
            ),
            "analyse": Analyst(tokenize).analyse,
        }
        _limit_memory(limits.memory)
        _send(replies, b"")
        while True:
            _answer(requests, replies, limits.memory, functions)


def _answer(
    requests: IO[bytes],
    replies: IO[bytes],
    memory: int,
    functions: Mapping[str, Callable[..., object]],
) -> None:
    function, arguments, seconds = pickle.loads(_receive(requests, sys.maxsize))
    _limit_seconds(seconds)
    found: object
    try:
        found = functions[function](*arguments)
    except MemoryError:
        reason = f"Reading it takes more than {memory / 1e6:,.0f} MB of memory."
        found = Skip("", "memory", reason)
    except Exception as problem:  # a bug of ours or of a parser costs one file, never the run
        found = Skip("", "crash", _bug(problem))
    _send(replies, encode(found))


def _bug(problem: Exception) -> str:
    frame = problem.__traceback__
    while frame and frame.tb_next:
        frame = frame.tb_next
    where = f"{Path(frame.tb_frame.f_code.co_filename).name}:{frame.tb_lineno}" if frame else ""
    return f"Its reader failed ({type(problem).__name__} in {where}); please report this."


def _die_with_parent() -> None:
    """Be killed when the parent is; on other systems the closed pipe ends the worker."""
    if sys.platform.startswith("linux"):
        import ctypes

        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def _limit_memory(most: int) -> None:
    with suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        pages = Path("/proc/self/statm").read_text("ascii").split()[0]
        used = int(pages) * os.sysconf("SC_PAGE_SIZE")
        _set_limit(resource.RLIMIT_AS, used + LIBRARIES + most)


def _limit_seconds(seconds: float) -> None:
    """Allow so much more processor time: it ends a hang even when nobody polls the deadline."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        used = resource.getrusage(resource.RUSAGE_SELF)
        _set_limit(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime + seconds) + 1)


def _set_limit(kind: int, value: int) -> None:
    import resource

    _, hard = resource.getrlimit(kind)
    soft = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (soft, hard))
