"""Standing questions over an app's index: followed, ended, looked at, told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

from assistant.core.query import Query
from assistant.following.standing_questions import (
    Followed,
    FollowStore,
    StandingQuestion,
    Update,
)
from index.core.filters import Filters

if TYPE_CHECKING:
    from assistant.container import App


def _nothing(done: int, total: int) -> None:
    """Progress that is shown to nobody."""


class Follower:
    """What is followed in an app's data folder. Threads and processes may use it side by side."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._store = FollowStore(app.settings.data)

    @property
    def followed(self) -> Followed:
        """What is followed now; its updates are those whose article is still indexed.

        Raises:
            DamagedError: if the file cannot be read.
        """
        return self._store.read().without_gone()

    def add(self, text: str, filters: Filters) -> StandingQuestion:
        """Follow a question or topic; what the archive says about it now is no news.

        Raises:
            UsageError: if it is empty, too long or followed already, or too many are.
            UserError: if the index, a model or the file cannot be used.
        """
        from assistant.following.updates import baseline

        question = StandingQuestion(Query(text).checked().question, filters)
        self._store.read().with_question(question)  # before the models are loaded
        with closing(self._app.search_with(self._app.reranker)) as archive:
            question = baseline(question, archive)
            digests = archive.library.digests() if archive.library else {}
        with self._store.changing() as now:
            # where others are followed, their next look has to see what was indexed meanwhile
            seen = now.seen if now.questions else digests
            self._store.write(replace(now.with_question(question), seen=seen))
        return question

    def remove(self, question_id: str) -> StandingQuestion:
        """End a question, by its id or how it begins, and forget what was found about it.

        Raises:
            UsageError: if no id or more than one begins so.
        """
        with self._store.changing() as now:
            gone = now.required(question_id)
            kept = tuple(one for one in now.questions if one != gone)
            updates = tuple(one for one in now.updates if one.question != gone.id)
            self._store.write(replace(now, questions=kept, updates=updates))
        return gone

    def look(self, progress: Callable[[int, int], None] = _nothing) -> None:
        """Look at what was indexed since the last look, and remember what is new in it.

        `progress` is told of each question and article; what it raises ends the look, and nothing
        is remembered of it. Nothing is loaded if nothing is followed.

        Raises:
            UserError: if the index, a model or the file cannot be used.
        """
        today = dt.datetime.now().astimezone().date()
        while (before := self._store.read()).questions:
            from assistant.following.updates import look

            with closing(self._app.search_with(self._app.reranker)) as archive:
                if archive.library and archive.library.digests() == before.seen:
                    return
                after = look(
                    before, archive, self._app.reranker, self._app.verifier, today, progress
                )[0]
            with self._store.changing() as now:
                if now.seen == before.seen:  # else somebody else has looked meanwhile
                    self._store.write(now.after_look(before, after))
                    return

    def untold(self, question_id: str = "") -> list[Update]:
        """What was found about one question, or all, and not told yet; oldest first. It is now.

        Raises:
            UsageError: if no id or more than one begins so.
        """
        if not self._store.read().questions and not question_id:
            return []
        with self._store.changing() as now:
            about = {now.required(question_id).id} if question_id else {q.id for q in now.questions}
            shown = now.without_gone().updates
            fresh = [one for one in reversed(shown) if not one.told and one.question in about]
            if fresh:
                told = {one.id for one in fresh}
                updates = (replace(u, told=u.told or u.id in told) for u in now.updates)
                self._store.write(replace(now, updates=tuple(updates)))
        return fresh
