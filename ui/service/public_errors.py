"""What a visitor is told when something cannot be done: the way out, no path of this machine."""

from __future__ import annotations

import re

from assistant.llm.language_model import PromptTooLongError
from index.core.errors import BusyError, NoSpaceError, UsageError, UserError
from ui.service.answer_service import Closing
from ui.service.fair_queue import QueueFull

_PATH = re.compile(r"(?<![\w:/.])(?:/[^\s/:;,()'\"]+)+/([^\s/:;,()'\"]+)")


def public_message(error: UserError) -> str:
    """Its text with the folders of every path left out.

    >>> public_message(UserError("There is no model file /home/me/models/a.gguf. Pull it."))
    'There is no model file a.gguf. Pull it.'
    >>> public_message(UserError("See https://example.org/a/b, or /x."))
    'See https://example.org/a/b, or /x.'
    """
    return _PATH.sub(r"\1", str(error))


def status_of(error: UserError) -> int:
    """The HTTP status that says the same."""
    kinds = (
        (QueueFull, 429),
        (Closing, 503),
        (PromptTooLongError, 400),
        (UsageError, 400),
        (BusyError, 409),
        (NoSpaceError, 507),
    )
    return next((status for kind, status in kinds if isinstance(error, kind)), 503)
