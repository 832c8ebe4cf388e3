"""How much may be uploaded at once, and where Gradio puts it."""

import os
import tempfile
from pathlib import Path

MAX_FILES = 50  # of one upload
MAX_FILE_BYTES = 20_000_000  # as many as an ingest reads of one file
MAX_REQUEST_BYTES = 64 * 1024 * 1024  # several files in one request


def received() -> Path:
    """The folder of files that browsers have sent and of those that they may fetch."""
    return Path(os.environ.get("GRADIO_TEMP_DIR") or Path(tempfile.gettempdir()) / "gradio")
