"""What all readers share: strings on one line, days of mail and RSS, the Skip of a limit."""

import re
from email.utils import parsedate_to_datetime

from index.core.articles import Skip


def one_line(text: str) -> str:
    """The text with every run of white space replaced by one space."""
    return " ".join(text.split())


def error_line(error: BaseException) -> str:
    """The message of an error for the reason of a Skip: one line of at most 120 characters."""
    return one_line(str(error)).rstrip(".")[:120] or type(error).__name__


def displayed_title(title: str, text: str) -> str:
    """The title in the properties of a file if the text begins with it, else ""."""
    letters, begin = (re.sub(r"\W+", "", x).casefold() for x in (title, text[:3000]))
    return title if letters in begin else ""


def storable(text: str) -> str:
    """The text with lone surrogates replaced, which cannot be stored as UTF-8."""
    return text.encode("utf-8", "replace").decode("utf-8")


def too_many(path: str, read: str) -> Skip:
    """The Skip of the records beyond the limit; `read` says which ones are read."""
    return Skip(path, "too_many", f"Only the first {read} are read.")


def sent_day(date: str) -> str:
    """The day of a date as mail and RSS write it, in its own time zone; "" if it is none.

    >>> sent_day("Mon, 06 May 2024 23:30:00 -0500"), sent_day("2024")
    ('2024-05-06', '')
    """
    try:
        return parsedate_to_datetime(date).date().isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):
        return ""
