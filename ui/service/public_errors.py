"""Errors as visitors and the log may see them: no path of this machine, no question, no answer."""

import json
import re
import sys
import traceback

from assistant.llm.language_model import PromptTooLongError
from index.core.errors import BusyError, NoSpaceError, UsageError, UserError
from ui.service.fair_queue import Closing, QueueFull

INTERNAL_ERROR = "Something went wrong here. Ask whoever runs the assistant."
_PATH = re.compile(r"(?<![\w:/.])(?:/[^\s/:;,()'\"]+)+/([^\s/:;,()'\"]+)")
_STATUS = {
    QueueFull: 429,
    Closing: 503,
    PromptTooLongError: 400,
    UsageError: 400,
    BusyError: 409,
    NoSpaceError: 507,
}


def public_message(error: UserError) -> str:
    """The error's text with the folders of every path left out.

    >>> public_message(UserError("There is no model file /home/me/models/a.gguf. Pull it."))
    'There is no model file a.gguf. Pull it.'
    >>> public_message(UserError("See https://example.org/a/b, or /x."))
    'See https://example.org/a/b, or /x.'
    """
    return _PATH.sub(r"\1", str(error))


def status_of(error: UserError) -> int:
    """The HTTP status of an error; 503 where none fits better."""
    return next((status for kind, status in _STATUS.items() if isinstance(error, kind)), 503)


def log_error(error: Exception) -> None:
    """Write one line to stderr: the error's class and place, never what was asked or answered."""
    frames = traceback.extract_tb(error.__traceback__)[-3:]
    where = " < ".join(f"{f.filename.rpartition('/')[2]}:{f.lineno}" for f in reversed(frames))
    sys.stderr.write(json.dumps({"error": type(error).__name__, "at": where}) + "\n")
