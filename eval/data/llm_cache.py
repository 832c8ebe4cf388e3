"""A language model that remembers: what it wrote once to a prompt is not written again.

Writing costs nearly all of an answer's time, and checking, citing and refusing come after it. What
is changed there is measured with the drafts of before, in seconds. Never used for an answer.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

from assistant.llm.language_model import LanguageModel, Limits, Message, Piece, Reading, Usage
from index.core.articles import fingerprint

_WHOLE = ("stop", "length")  # how a draft ends that any machine would write again


class CachedLanguageModel:
    """Drafts of a model, kept in one SQLite file; `identity` tells it from others.

    A draft is found by the exact messages and limits, and comes in the pieces and with the usage
    of the first time, but at once. `remembered` counts the drafts that were not written anew. One
    that a deadline or a person ended is not kept; one whose reader had enough is kept that far.
    """

    def __init__(
        self, model: LanguageModel, identity: str, path: Path, *, read: bool = True
    ) -> None:
        self.remembered = 0
        self._model = model
        self._identity = identity
        self._read = read
        self._lock = threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")  # no wait for the disk inside a measurement
        self._db.execute("CREATE TABLE IF NOT EXISTS drafts (key TEXT PRIMARY KEY, pieces TEXT)")

    @property
    def name(self) -> str:
        """The model's own name."""
        return self._model.name

    @property
    def context_tokens(self) -> int:
        """The model's own room."""
        return self._model.context_tokens

    def count(self, text: str) -> int:
        """Tokens of a text, by the model."""
        return self._model.count(text)

    def count_prompt(self, messages: Sequence[Message]) -> int:
        """Tokens of a prompt, by the model."""
        return self._model.count_prompt(messages)

    def stream(
        self, messages: Sequence[Message], limits: Limits, cancel: threading.Event | None = None
    ) -> Iterator[Piece]:
        """The kept draft or a new one, which is kept if it came to its own end."""
        key = self._key(messages, limits)
        made = list(self._known(key))
        if made:
            self.remembered += 1
            yield from _until(cancel, made)
            if made[-1].usage or (cancel is not None and cancel.is_set()):
                return
        # nothing is known, or what was known ends where its reader had enough of it
        try:
            for piece in islice(self._model.stream(messages, limits, cancel), len(made), None):
                made.append(piece)
                if piece.usage and piece.usage.finish in _WHOLE:
                    self._keep(key, made)
                yield piece
        except GeneratorExit:
            if not any(piece.usage for piece in made):
                self._keep(key, made)
            raise

    def close(self) -> None:
        """Let go of the file; the model belongs to who made it."""
        with self._lock:
            self._db.close()

    def __getattr__(self, name: str) -> Any:
        """What a model can do beyond this is asked of the model, and nothing of it is kept."""
        return getattr(self._model, name)

    def _key(self, messages: Sequence[Message], limits: Limits) -> str:
        told = [[message.role, message.content] for message in messages]
        return fingerprint(self._identity, json.dumps(told), json.dumps(asdict(limits)))

    def _known(self, key: str) -> list[Piece]:
        if not self._read:
            return []
        with self._lock:
            row = self._db.execute("SELECT pieces FROM drafts WHERE key = ?", [key]).fetchone()
        try:
            return [_piece(kept) for kept in json.loads(row[0])] if row else []
        except (ValueError, TypeError, KeyError):
            return []  # a damaged one only costs time

    def _keep(self, key: str, made: Sequence[Piece]) -> None:
        pieces = json.dumps([asdict(piece) for piece in made], ensure_ascii=False)
        with self._lock, self._db:
            self._db.execute("INSERT OR REPLACE INTO drafts VALUES (?, ?)", [key, pieces])


def _piece(kept: dict[str, Any]) -> Piece:
    reading, usage = kept["reading"], kept["usage"]
    return Piece(
        kept["text"],
        Reading(**reading) if reading else None,
        Usage(**usage) if usage else None,
        tuple((token, logprob) for token, logprob in kept["likely"]),
    )


def _until(cancel: threading.Event | None, pieces: Sequence[Piece]) -> Iterator[Piece]:
    """The pieces, ended like a live stream when `cancel` is set."""
    for number, piece in enumerate(pieces):
        if cancel is not None and cancel.is_set():
            yield Piece(usage=Usage(0, 0, number, 0.0, 0.0, "cancelled"))
            return
        yield piece
