"""The Ask tab: validates what a browser sends, asks the answer service, returns HTML.

Knows nothing of Gradio: `ui.page.app` registers the functions as endpoints. Conversations are kept
in the browser, so nothing it sends is trusted.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, suppress
from typing import Any

from pydantic import ValidationError

from assistant.audit.receipt_builder import receipt
from assistant.backends.serialization import search_results, shown_of, to_json
from assistant.backends.wire_models import Read
from assistant.core.answer import Answer, ShownSentences, Turn
from assistant.core.query import Query
from index.core.errors import UsageError, UserError
from index.core.filters import Filters
from ui.page.answer_html import failed, status, turn
from ui.page.article_html import panel
from ui.page.markdown import exchange
from ui.service.answer_service import AnswerService
from ui.service.public_errors import public_message

MAX_HISTORY = 6  # exchanges sent with a question
MAX_TURN_CHARS = 4_000
MAX_RECEIPTS = 50  # latest answers that receipts can be made of
NEAREST = 3  # passages offered when there is no answer
_UNREADABLE = "This exchange was kept by another version and cannot be shown."


class Chat:
    """Questions of all open pages."""

    def __init__(self, service: AnswerService) -> None:
        self._service = service
        self._running: dict[str, threading.Event] = {}
        self._answered: OrderedDict[str, tuple[Answer, Query]] = OrderedDict()

    def ask(self, payload: Mapping[str, Any], client: str) -> Iterator[dict[str, Any]]:
        """Answer a question: yields growing `html`, finally with `answer` and `markdown` to keep.

        `payload` has `question`, `key` (id of the exchange, also to stop it), `history`, `as_of`,
        `since`, `until`, `sources` and `strict`, as the page sends them.
        """
        question, key = str(payload.get("question", "")), str(payload.get("key", ""))[:64]
        history, strict = _history(payload.get("history")), _share(payload.get("strict"))
        cancel = threading.Event()
        self._running[key] = cancel
        try:
            query = Query(question, history, _filters(payload), strict)
            with closing(self._service.steps(query, cancel, client=client)) as steps:
                for step in steps:
                    if step.answer.final:
                        self._remember(key, step.answer, query)
                        yield self._done(step.answer, key)
                    else:
                        now = step.answer
                        html = turn(to_json(now), key, pending=now.pending, status=status(step))
                        yield {"html": html}
        except UserError as error:
            yield {"html": failed(question, public_message(error), key)}
        finally:
            cancel.set()
            self._running.pop(key, None)

    def prefill(self, payload: Mapping[str, Any], client: str) -> None:
        """Prefill for an unfinished question; `payload` as for `ask`."""
        question, history = str(payload.get("question", "")), _history(payload.get("history"))
        with suppress(UserError):  # the question itself will report it
            self._service.prefill(Query(question, history, _filters(payload)), client=client)

    def stop(self, key: str) -> bool:
        """Stop the answer of this key; False if none is running."""
        if cancel := self._running.get(key):
            cancel.set()
        return cancel is not None

    def turns(self, kept: Sequence[Any]) -> list[dict[str, str]]:
        """`html` and `markdown` of each exchange that a browser has kept."""
        return [_rendered(one) for one in kept]

    def read(self, article: str, marks: Sequence[Any]) -> str:
        """HTML of an article with the `marks` ([start, end, number]) highlighted; or UsageError."""
        found = self._service.articles.get(article) if _is_id(article) else None
        if found is None:
            raise UsageError("This article is not in the index any more.")
        try:
            spans = [(int(start), int(end), str(number)) for start, end, number in marks]
        except (TypeError, ValueError, OverflowError):
            raise UsageError("These are not valid positions in an article.") from None
        return panel(found, self._service.articles.duplicates(found.id), spans)

    def receipt(self, key: str) -> dict[str, Any]:
        """The receipt of one of the last `MAX_RECEIPTS` answers; UsageError for an older one."""
        if key not in self._answered:
            raise UsageError("No receipt of this answer can be made any more. Ask it again.")
        answer, query = self._answered[key]
        return receipt(answer, self._service.app, query)

    def _remember(self, key: str, answer: Answer, query: Query) -> None:
        self._answered[key] = answer, query
        while len(self._answered) > MAX_RECEIPTS:
            self._answered.popitem(last=False)

    def _done(self, answer: Answer, key: str) -> dict[str, Any]:
        wire = to_json(answer)
        shows_none = answer.refused and not answer.evidence
        if shows_none and answer.generation and not answer.finish_reason:
            wire["evidence"] = self._nearest(answer)
        return {"html": turn(wire, key), "answer": wire, "markdown": exchange(wire)}

    def _nearest(self, answer: Answer) -> list[dict[str, Any]]:
        """The nearest passages to a question without an answer, in the form of evidence."""
        try:
            query = Query(answer.standalone_question, filters=answer.filters)
            return search_results(self._service.search(query, NEAREST))
        except UserError:  # optional: the refusal is complete without them
            return []


def _rendered(one: Any) -> dict[str, str]:
    try:
        return {
            "html": turn(one["answer"], str(one["key"])[:64]),
            "markdown": exchange(one["answer"]),
        }
    except Exception:  # whatever a browser kept
        return {"html": failed("", _UNREADABLE, ""), "markdown": ""}


def _history(sent: Any) -> tuple[Turn, ...]:
    """The last valid exchanges."""
    turns = []
    for one in sent[-MAX_HISTORY:] if isinstance(sent, list) else ():
        if isinstance(one, Mapping) and isinstance(one.get("question"), str):
            ids = one.get("articles")
            cited = tuple(filter(_is_id, ids)) if isinstance(ids, list) else ()
            question, text = one["question"], str(one.get("answer", ""))
            shown = _read(one.get("read"))
            turns.append(Turn(question[:MAX_TURN_CHARS], text[:MAX_TURN_CHARS], cited, shown))
    return tuple(turns)


def _read(sent: Any) -> ShownSentences | None:
    """The sentences the model was shown for an exchange; None if invalid."""
    try:
        return shown_of(Read.model_validate(sent).model_dump()) if sent else None
    except ValidationError:
        return None


def _filters(payload: Mapping[str, Any]) -> Filters:
    """The filters of the form; UsageError for a wrong date, or an end before the beginning."""
    as_of, since, until = (_day(payload.get(name)) for name in ("as_of", "since", "until"))
    if since and until and until < since:
        raise UsageError("The period ends before it begins.")
    sources = payload.get("sources")
    names = [str(name)[:200] for name in sources] if isinstance(sources, list) else []
    return Filters(as_of, since, until, tuple(names[:200]))


def _day(written: Any) -> dt.date | None:
    if not written:
        return None
    try:
        return dt.date.fromisoformat(str(written))
    except ValueError:
        raise UsageError(f"“{str(written)[:20]}” is not a date; write it as 2024-05-09.") from None


def _share(sent: Any) -> float | None:
    """A number clipped to 0..1; None if it is none."""
    try:
        return min(1.0, max(0.0, float(sent)))
    except (TypeError, ValueError, OverflowError):
        return None


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and len(value) == 32 and value.isalnum()
