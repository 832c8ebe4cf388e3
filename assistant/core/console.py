"""Terminal output: results on stdout, progress and remarks on stderr, text made safe to print."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from assistant.core.sanitize import for_terminal


def say(text: str = "") -> None:
    """Print a result."""
    print(text, flush=True)  # noqa: T201


def note(text: str) -> None:
    """Print something about the work, on stderr."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201


def remarks(texts: Iterable[str]) -> None:
    """Print what a person should know of this run, on stderr."""
    for text in texts:
        note(f"assistant: {line(text)}")


def line(text: str) -> str:
    """Text as one line, so that a line break in a title or a path cannot forge another."""
    return " ".join(for_terminal(text).split())


def fit(text: str, width: int) -> str:
    """One line of at most `width` characters, padded to it."""
    text = line(text)
    return (text if len(text) <= width else text[: width - 1] + "…").ljust(width)


class Bars:
    """Progress bars on stderr, one a stage; nothing where stderr is no terminal."""

    def __init__(self, *, in_bytes: bool = False) -> None:
        scaled = {"unit": "B", "unit_scale": True, "unit_divisor": 1000}
        self._options: dict[str, Any] = scaled if in_bytes else {"unit": ""}
        self._stage = ""
        self._bar: Any = None

    def __enter__(self) -> Bars:
        return self

    def __exit__(self, *_: object) -> None:
        self._finish()

    def step(self, stage: str, done: int, total: int) -> None:
        """Show that `done` of `total` is done; total 0 if it is unknown."""
        if not sys.stderr.isatty():
            return
        if stage != self._stage:
            self._finish()
            from tqdm import tqdm

            self._stage = stage
            self._bar = tqdm(total=total or None, desc=stage, file=sys.stderr, **self._options)
        self._bar.total = total or None
        self._bar.update(done - self._bar.n)

    def _finish(self) -> None:
        if self._bar is not None:
            self._bar.close()
        self._bar, self._stage = None, ""


def about(article: Mapping[str, Any]) -> str:
    """Title, paper and day of an article's JSON object in one line."""
    return line(f"{article['title']} — {paper_and_day(article)}")


def paper_and_day(article: Mapping[str, Any]) -> str:
    """Paper and day of an article's JSON object in one line."""
    day = dt.date.fromisoformat(article["published"]) if article["published"] else None
    about = (article["source"], f"{day.day} {day:%B %Y}" if day else "undated")
    return line(", ".join(filter(None, about)))
