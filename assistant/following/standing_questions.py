"""Standing questions and what was told about them, kept in one file of the data folder."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, Self

from filelock import FileLock, Timeout

from index.core.articles import fingerprint
from index.core.disk import disk_errors, read_json, write_atomic
from index.core.errors import BusyError, UsageError
from index.core.filters import NO_FILTERS, Filters

MOST = 100  # standing questions
LOCK_TIMEOUT_S = 10
KEPT = 500  # updates that are kept, the newest
UpdateKind = Literal["new", "changed", "corrected"]


@dataclass(frozen=True, slots=True)
class StandingQuestion:
    """A question or topic that is followed. `known` are fingerprints of sentences about it."""

    text: str
    filters: Filters = NO_FILTERS
    known: frozenset[str] = frozenset()

    @property
    def id(self) -> str:
        """8 hexadecimal digits, equal for the same question with the same filters."""
        # as before there was this filter: updates in the file have the id
        filters = self.filters.to_json()
        if not self.filters.articles:
            del filters["articles"]
        return fingerprint(self.text.casefold(), json.dumps(filters))[:8]


@dataclass(frozen=True, slots=True)
class Update:
    """A sentence about a standing question that says something new.

    `changed`: `was` is the value that the archive had before and `now` the one of this sentence.
    `corrected`: its article corrects an earlier version; `was` is the sentence in its place there,
    if there is one. `citation` is that of an answer's JSON: title, day, source, quote and place.
    `found` is the day on which it was found, `told` whether somebody was shown it.
    """

    question: str
    kind: UpdateKind
    text: str
    citation: Mapping[str, Any]
    was: str = ""
    now: str = ""
    found: str = ""
    told: bool = False

    @property
    def id(self) -> str:
        """Equal for the same sentence about the same question."""
        place = (str(self.citation[key]) for key in ("article", "start"))
        return fingerprint(self.question, self.text, *place)

    def to_json(self) -> dict[str, Any]:
        """Plain values, for the file and for programs."""
        return {
            "id": self.id,
            "question": self.question,
            "kind": self.kind,
            "text": self.text,
            "was": self.was or None,
            "now": self.now or None,
            "citation": dict(self.citation),
            "found": self.found,
            "told": self.told,
        }

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Self:
        """The inverse of `to_json`."""
        return cls(
            question=row["question"],
            kind=row["kind"],
            text=row["text"],
            citation=row["citation"],
            was=row["was"] or "",
            now=row["now"] or "",
            found=row["found"],
            told=row.get("told", True),
        )


@dataclass(frozen=True, slots=True)
class Followed:
    """All standing questions, the articles looked at (id → digest), and updates, newest first."""

    questions: tuple[StandingQuestion, ...] = ()
    seen: Mapping[str, str] = field(default_factory=dict)
    updates: tuple[Update, ...] = ()

    def with_question(self, question: StandingQuestion) -> Followed:
        """The same with one more; UsageError if there is no room, or it is followed already."""
        if any(one.id == question.id for one in self.questions):
            raise UsageError(f"“{question.text}” is followed already.")
        if len(self.questions) >= MOST:
            raise UsageError(f"{MOST} questions are followed; remove one first.")
        return replace(self, questions=(*self.questions, question))

    def about(self, question: StandingQuestion) -> list[Update]:
        """The updates of one question, newest first."""
        return [one for one in self.updates if one.question == question.id]

    def without_gone(self) -> Followed:
        """The same without updates of articles that were removed; they return with the article."""
        kept = (one for one in self.updates if one.citation["article"] in self.seen)
        return replace(self, updates=tuple(kept))

    def after_look(self, before: Followed, after: Followed) -> Followed:
        """The same with what a look made of `before`: questions may have come or gone meanwhile."""
        looked = {one.id: one for one in after.questions}
        questions = tuple(looked.get(one.id, one) for one in self.questions)
        ids = {one.id for one in questions}
        found = after.updates[: len(after.updates) - len(before.updates)]
        fresh = tuple(one for one in found if one.question in ids)
        return replace(self, questions=questions, seen=after.seen, updates=(*fresh, *self.updates))

    def required(self, question_id: str) -> StandingQuestion:
        """The question whose id begins so; UsageError if none does, or several do."""
        found = [one for one in self.questions if question_id and one.id.startswith(question_id)]
        if len(found) != 1:
            raise UsageError(
                f"No standing question, or more than one, has an id that begins with "
                f"{question_id!r}. 'assistant follow list' shows the ids."
            )
        return found[0]


class FollowStore:
    """Reads and writes `following.json`. A write is whole or not done, also in a crash."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._file = data / "following.json"

    def read(self) -> Followed:
        """What is followed; nothing before the first question.

        Raises:
            DamagedError: if the file cannot be read.
        """
        if not self._file.exists():
            return Followed()
        row = read_json(self._file)
        questions = (
            StandingQuestion(q["text"], Filters.from_json(q["filters"]), frozenset(q["known"]))
            for q in row["questions"]
        )
        return Followed(tuple(questions), row["seen"], tuple(map(Update.from_json, row["updates"])))

    def write(self, followed: Followed) -> None:
        """Replace what is kept."""
        questions = [
            {"text": q.text, "filters": q.filters.to_json(), "known": sorted(q.known)}
            for q in followed.questions
        ]
        row = {
            "questions": questions,
            "seen": dict(followed.seen),
            "updates": [update.to_json() for update in followed.updates[:KEPT]],
        }
        with disk_errors(self._data):
            self._data.mkdir(parents=True, exist_ok=True)
            write_atomic(self._file, json.dumps(row, ensure_ascii=False), durable=True)

    @contextmanager
    def changing(self) -> Iterator[Followed]:
        """What is followed, while no other thread or process may change it: for milliseconds.

        Raises:
            BusyError: if it cannot be had.
        """
        with disk_errors(self._data):
            self._data.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self._data / "following.lock", timeout=LOCK_TIMEOUT_S)
            try:
                lock.acquire()
            except Timeout:
                raise BusyError(
                    "Another program is changing what is followed. Try again in a moment."
                ) from None
        try:
            yield self.read()
        finally:
            lock.release()
