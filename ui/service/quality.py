"""Evaluations of this server: run them, stop them, list them, compare two.

An evaluation is a separate process (`assistant eval`) that can be stopped at any time. Run folders
are in the data folder under `runs`.
"""

from __future__ import annotations

import datetime as dt
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.core.settings import keys, value_in
from assistant.core.settings_sources import PREFIX, variable
from index.core.disk import parse_json
from index.core.errors import UsageError, UserError
from ui.service.public_errors import public_message

if TYPE_CHECKING:
    from ui.service.answer_service import AnswerService

RUNS = "runs"  # folder in the data folder
COMMAND = (sys.executable, "-m", "assistant", "eval")
SIZES = (10, 25, 0)  # questions; 0: the whole set
POLL_S = 0.5
STOP_TIMEOUT_S = 20.0  # a stopped run writes its report first
CLOSE_TIMEOUT_S = 1.0  # when the server ends
MAX_SET = 20  # characters of a set's name in a run's, two of which are in a comparison's
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,80}")


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of a run by its `name` in summary.json; a share, 0..1, unless it is in `seconds`."""

    name: str
    label: str
    higher_is_better: bool = True
    seconds: bool = False


FIGURES = (
    Figure("answer", "Right answers"),
    Figure("citation_precision", "Proven citations"),
    Figure("rejection", "Rightly refused"),
    Figure("false_refusal", "Wrongly refused", higher_is_better=False),
    Figure("seconds_total", "Seconds an answer", higher_is_better=False, seconds=True),
)


@dataclass(frozen=True, slots=True)
class Run:
    """A finished run; `questions` is their number, a figure is None where the run has none."""

    name: str
    modified: float
    set: str
    started: str
    model: str
    questions: int
    figures: dict[str, float | None]
    has_report: bool


class Quality:
    """Evaluations of this server, one at a time."""

    def __init__(self, service: AnswerService, command: Sequence[str] = COMMAND) -> None:
        self._service = service
        self._command = command
        self._running: subprocess.Popen[bytes] | None = None
        self._stopped = False
        self._one = threading.Lock()
        self._comparing = threading.Lock()

    @property
    def folder(self) -> Path:
        """The folder of all runs."""
        return self._service.app.settings.data / RUNS

    def runs(self) -> list[Run]:
        """The runs, newest first."""
        return sorted(filter(None, map(_read, self.folder.glob("*"))), key=lambda r: -r.modified)

    def sets(self) -> list[str]:
        """The set that ships, and those in the data folder under `sets`."""
        own = sorted(file.parent.name for file in self._own_sets.glob("*/questions.jsonl"))
        return ["sample", *own]

    def run(self, name: str, size: int) -> Generator[int, None, str]:
        """Run `size` questions of a set; yields how many are done, returns the name of the run.

        Raises:
            UserError: no such set or size, one is running already, or it ended without a report.
        """
        if name not in self.sets() or size not in SIZES:
            raise UsageError("There is no such set or size.")
        if not self._one.acquire(blocking=False):
            raise UsageError("An evaluation is running already. Stop it first.")
        try:
            bare = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:MAX_SET] or "set"
            out = self.folder / f"{bare}-{dt.datetime.now(dt.UTC):%Y%m%d-%H%M%S}"
            chosen = name if name == "sample" else str(self._own_sets / name)
            sample = ["--sample", str(size)] if size else []
            yield from self._watch(["run", "--set", chosen, "--out", str(out), *sample], out)
            return out.name
        finally:
            self._one.release()

    @property
    def running(self) -> bool:
        """True while an evaluation is running."""
        return self._running is not None

    def stop(self) -> bool:
        """Stop the running evaluation; finished questions are kept."""
        if running := self._running:
            self._stopped = True
            running.send_signal(signal.SIGINT)
        return running is not None

    def compare(self, base: str, other: str) -> tuple[str, str]:
        """Compare two runs: the name of the report, and a table; UserError if they cannot be."""
        folders = [self._folder(name) for name in (base, other)]
        page = self.folder / f"compare-{base}-{other}.html"
        if not self._comparing.acquire(blocking=False):
            raise UserError("Two runs are being compared already. Try again in a minute.")
        try:
            done = subprocess.run(
                [*self._command, "compare", *map(str, folders), "--html", str(page)],
                capture_output=True,
                timeout=300,
                env=self._environment(),
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise UserError("Comparing took too long.") from None
        finally:
            self._comparing.release()
        if done.returncode:
            raise UserError(_last_line(done.stderr))
        lines = done.stdout.decode("utf-8", "replace").splitlines()
        table = "\n".join(line for line in lines if not line.startswith("Page: ")).strip()
        return page.stem, table

    @property
    def _own_sets(self) -> Path:
        return self._service.app.settings.data / "sets"

    def _folder(self, name: str) -> Path:
        if not _NAME.fullmatch(name) or not (self.folder / name).is_dir():
            raise UsageError("There is no such run.")
        return self.folder / name

    def _environment(self) -> dict[str, str]:
        """This server's settings as environment variables, so no secret is on a command line.

        A key that is not used here is not handed on either.
        """
        settings = self._service.app.settings
        overrides = {
            variable(key): str(value_in(settings, key))
            for key in keys()
            if key in settings.origins and value_in(settings, key) not in (None, "")
        }
        others = {name: v for name, v in os.environ.items() if not name.startswith(PREFIX)}
        return others | overrides

    def _watch(self, arguments: Sequence[str], out: Path) -> Iterator[int]:
        """Start a run and yield how many are done; it is stopped when the page goes away."""
        out.parent.mkdir(parents=True, exist_ok=True)
        log = out.with_suffix(".log")
        self._stopped = False
        with log.open("wb") as errors:
            self._running = running = subprocess.Popen(
                [*self._command, *arguments],
                stdout=subprocess.DEVNULL,
                stderr=errors,
                env=self._environment(),
            )
        try:
            while running.poll() is None and not self._service.closing:
                yield _lines(out / "cases.jsonl")
                time.sleep(POLL_S)
            if not (out / "report.html").is_file():
                early = "Stopped before a question was answered."
                raise UserError(early if self._stopped else _last_line(log.read_bytes()))
        finally:
            self._running = None
            _stop_process(running, CLOSE_TIMEOUT_S if self._service.closing else STOP_TIMEOUT_S)
            log.unlink(missing_ok=True)


def report_path(data: Path, name: str) -> Path | None:
    """Path of the report of a run or comparison; None if there is none."""
    if not _NAME.fullmatch(name):
        return None
    file = f"{name}.html" if name.startswith("compare-") else f"{name}/report.html"
    path = data / RUNS / file
    return path if path.is_file() else None


def _read(folder: Path) -> Run | None:
    if not _NAME.fullmatch(folder.name):
        return None
    try:
        config, summary = (
            parse_json((folder / f"{name}.json").read_bytes()) for name in ("config", "summary")
        )
        figures = {figure.name: summary["metrics"].get(figure.name) for figure in FIGURES}
        return Run(
            name=folder.name,
            modified=folder.stat().st_mtime,
            set=str(config.get("set", "")),
            started=str(config.get("started", ""))[:16].replace("T", " "),
            model=str(config.get("model", "")).split(" ")[0],
            questions=_lines(folder / "cases.jsonl"),
            figures={n: v if isinstance(v, int | float) else None for n, v in figures.items()},
            has_report=(folder / "report.html").is_file(),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _lines(file: Path) -> int:
    try:
        return file.read_bytes().count(b"\n")
    except OSError:
        return 0


def _last_line(errors: bytes) -> str:
    *_, last = ["", *filter(str.strip, errors.decode("utf-8", "replace").splitlines())]
    return public_message(UserError(last or "The evaluation ended without a message."))


def _stop_process(running: subprocess.Popen[bytes], timeout_s: float) -> None:
    """Interrupt a process, and kill it if it takes longer to end."""
    if running.poll() is not None:
        return
    running.send_signal(signal.SIGINT)
    try:
        running.wait(timeout_s)
    except subprocess.TimeoutExpired:
        running.kill()
        running.wait()
