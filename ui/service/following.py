"""Standing questions in a server: changed by its users, looked at after its changes of the index.

A look is made in a thread of its own, so that an upload does not wait for it; the next one makes up
for one that failed. What is new is kept until somebody runs the question.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assistant.following.feed import atom
from assistant.following.follower import Follower
from assistant.following.standing_questions import StandingQuestion, Update
from index.core.filters import NO_FILTERS, Filters
from ui.service.fair_queue import Closing
from ui.service.public_errors import log_error

if TYPE_CHECKING:
    from assistant.container import App


@dataclass(frozen=True, slots=True)
class FollowedQuestion:
    """A standing question and what was found about it, newest first; `told` says what was shown."""

    question: StandingQuestion
    updates: Sequence[Update]

    @property
    def new(self) -> int:
        """How many updates nobody was shown yet."""
        return sum(not one.told for one in self.updates)

    def to_json(self) -> dict[str, Any]:
        """The object of the HTTP API."""
        return {
            "id": self.question.id,
            "question": self.question.text,
            "filters": self.question.filters.to_json(),
            "new": self.new,
            "updates": [one.to_json() for one in self.updates],
        }


class FollowingService:
    """The standing questions of an app's data folder. Safe to use from several threads."""

    def __init__(self, app: App) -> None:
        self._follower = Follower(app)
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="following")
        self._due = threading.Event()
        self._stopping = threading.Event()

    def list(self) -> list[FollowedQuestion]:
        """Every question with its updates, in the order in which they were followed.

        Raises:
            DamagedError: if the file cannot be read.
        """
        now = self._follower.followed
        return [FollowedQuestion(one, now.about(one)) for one in now.questions]

    def add(self, text: str, filters: Filters = NO_FILTERS) -> FollowedQuestion:
        """Follow a question or topic; what is indexed already is no news.

        Raises:
            UserError: as `Follower.add`.
        """
        return FollowedQuestion(self._follower.add(text, filters), ())

    def remove(self, question_id: str) -> StandingQuestion:
        """End a question and forget its updates; `question_id` may be how its id begins.

        Raises:
            UsageError: if no id or more than one begins so.
        """
        return self._follower.remove(question_id)

    def run(self, question_id: str = "") -> Sequence[Update]:
        """Look now; what is new about one question, or all, and was not told yet. It is then.

        Raises:
            UsageError: if no id or more than one begins so.
            UserError: if the index or a model cannot be used.
            Closing: if the server ends before it is done.
        """
        if question_id:
            self._follower.followed.required(question_id)
        self._follower.look(self._progress)
        return self._follower.untold(question_id)

    def feed(self, question_id: str = "") -> str:
        """The Atom feed of one question, or of all: what was found, told or not.

        Raises:
            UsageError: if no id or more than one begins so.
        """
        now = self._follower.followed
        asked = [now.required(question_id)] if question_id else now.questions
        known = {one.id: one for one in asked}
        return atom([one for one in now.updates if one.question in known], known)

    def look_later(self) -> None:
        """Look soon, once for several calls; returns at once. For when the index has changed."""
        if not self._due.is_set():
            self._due.set()
            with suppress(RuntimeError):  # the server is ending
                self._pool.submit(self._look)

    def stop(self) -> None:
        """End a running look, and make no more; returns at once."""
        self._stopping.set()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def close(self) -> None:
        """Stop, and wait for the running look to end."""
        self.stop()
        self._pool.shutdown()

    def _look(self) -> None:
        self._due.clear()  # a change from now on needs another look
        try:
            self._follower.look(self._progress)
        except Closing:
            return
        except Exception as problem:
            log_error(problem)

    def _progress(self, done: int, total: int) -> None:
        if self._stopping.is_set():
            raise Closing("The assistant is being shut down. What is followed stays as it was.")
