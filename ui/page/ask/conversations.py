"""Conversations as a browser keeps them, and the journal that joins what several tabs change.

The browser's store has one value for all conversations, which each tab reads when it opens and
writes whole. So the server remembers a visitor's last changes and applies them to whatever a tab
sends: a tab that knows less loses nothing of the others. Nothing here outlives the server.
"""

from __future__ import annotations

import base64
import binascii
import json
import threading
import zlib
from collections import OrderedDict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from index.core.disk import parse_json

MAX_CONVERSATIONS = 60  # the oldest are dropped
MAX_KEPT = 600_000  # characters of all turns; a request with them stays below the page's limit
MAX_ANSWER = 2_000_000  # bytes of one answer, unpacked
MAX_TITLE = 120  # characters
MAX_CHANGES = 100  # of a visitor, that are remembered
MAX_VISITORS = 64
Vote = Literal["", "up", "down"]


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and its answer as JSON; `answer` is None until it is there, or if it never came.

    `problem` is why it did not come. `vote` is the reader's.
    """

    key: str
    question: str
    answer: Mapping[str, Any] | None = None
    problem: str = ""
    vote: Vote = ""

    def to_json(self) -> dict[str, Any]:
        """As it is kept: the answer is packed, because a browser has room for 5 MB in all."""
        packed = ""
        if self.answer is not None:
            text = json.dumps(self.answer, ensure_ascii=False).encode("utf-8", "replace")
            packed = base64.b64encode(zlib.compress(text, 9)).decode()
        kept = {"key": self.key, "question": self.question, "answer": packed}
        return kept | {"problem": self.problem, "vote": self.vote}

    @classmethod
    def from_json(cls, kept: Any) -> Exchange | None:
        """What a browser kept; None if it is no exchange, or of another version."""
        if not isinstance(kept, Mapping) or not isinstance(kept.get("key"), str):
            return None
        vote = kept.get("vote")
        return cls(
            kept["key"][:64],
            str(kept.get("question", "")),
            _unpacked(kept.get("answer")),
            str(kept.get("problem", "")),
            vote if vote in ("up", "down") else "",
        )


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation; `title` is its first question until somebody names it."""

    id: str
    title: str = ""
    turns: tuple[Exchange, ...] = ()

    @property
    def name(self) -> str:
        """What it is listed as."""
        return self.title or (self.turns[0].question[:MAX_TITLE] if self.turns else "Untitled")


@dataclass(frozen=True, slots=True)
class Change:
    """What a tab changes in a conversation.

    `saved` is an exchange, new or with its answer; `dropped` are keys of exchanges; `title` is a
    new name. `deleted` removes all of it.
    """

    conversation: str
    saved: Exchange | None = None
    dropped: frozenset[str] = frozenset()
    title: str = ""
    deleted: bool = False

    def applied(self, all_kept: Sequence[Conversation]) -> list[Conversation]:
        """The conversations with this change; the same if it is in them already."""
        others = [one for one in all_kept if one.id != self.conversation]
        if self.deleted:
            return others
        before = next((one for one in all_kept if one.id == self.conversation), None)
        if before is None and self.saved is None:
            return others
        now = before or Conversation(self.conversation)
        turns = [turn for turn in now.turns if turn.key not in self.dropped]
        if saved := self.saved:
            place = next((n for n, turn in enumerate(turns) if turn.key == saved.key), len(turns))
            turns[place : place + 1] = [saved]
        changed = replace(now, turns=tuple(turns), title=self.title or now.title)
        if before is None or self.saved:
            return [changed, *others]
        return [changed if one.id == self.conversation else one for one in all_kept]


class Journal:
    """The last changes of each visitor. Safe to use from several threads."""

    def __init__(self) -> None:
        self._changes: OrderedDict[str, deque[Change]] = OrderedDict()
        self._lock = threading.Lock()

    def add(self, visitor: str, change: Change) -> None:
        """Remember a change; the oldest visitor's are forgotten for it if there are too many."""
        with self._lock:
            self._changes.setdefault(visitor, deque(maxlen=MAX_CHANGES)).append(change)
            self._changes.move_to_end(visitor)
            while len(self._changes) > MAX_VISITORS:
                self._changes.popitem(last=False)

    def merged(self, visitor: str, kept: Any) -> list[Conversation]:
        """The conversations of a browser, as a tab knows them, with what other tabs changed."""
        with self._lock:
            changes = tuple(self._changes.get(visitor, ()))
        conversations = read(kept)
        for change in changes:
            conversations = change.applied(conversations)
        return conversations


def read(kept: Any) -> list[Conversation]:
    """The conversations of what a browser kept, without what is none."""
    found = []
    for one in kept[:MAX_CONVERSATIONS] if isinstance(kept, list) else ():
        if isinstance(one, Mapping) and isinstance(one.get("id"), str):
            turns = one.get("turns")
            read_turns = map(Exchange.from_json, turns if isinstance(turns, list) else ())
            title = str(one.get("title", ""))[:MAX_TITLE]
            found.append(Conversation(one["id"][:64], title, tuple(filter(None, read_turns))))
    return found


def written(conversations: Sequence[Conversation]) -> list[dict[str, Any]]:
    """What the browser is to keep; the oldest conversations are left out if it gets too long."""
    kept: list[dict[str, Any]] = []
    size = 0
    for one in conversations[:MAX_CONVERSATIONS]:
        turns = [turn.to_json() for turn in one.turns]
        size += sum(len(turn["answer"]) + len(turn["question"]) + 200 for turn in turns)
        if kept and size > MAX_KEPT:
            break
        kept.append({"id": one.id, "title": one.title, "turns": turns})
    return kept


def _unpacked(packed: Any) -> Mapping[str, Any] | None:
    if not packed or not isinstance(packed, str):
        return None
    try:
        opened = zlib.decompressobj()
        text = opened.decompress(base64.b64decode(packed, validate=True), MAX_ANSWER)
        answer = parse_json(text) if opened.eof else None
    except (binascii.Error, zlib.error, ValueError):
        return None
    return answer if isinstance(answer, Mapping) else None
