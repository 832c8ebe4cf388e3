"""What happens between a question in the browser and the answer in it.

Knows the desk and how an answer looks, and nothing of Gradio: `ui.page.app` gives each function its
name for the page. What comes from a browser is checked here; what a person kept is in the browser.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from assistant.audit.receipt_builder import receipt
from assistant.backends.serialization import search_results, shown_of, to_json
from assistant.backends.wire_models import Read
from assistant.core.answer import Answer, ShownSentences, Turn
from assistant.core.query import Query
from index.core.errors import UsageError, UserError
from index.core.filters import Filters
from ui.page.answer_html import problem, status, turn
from ui.page.article_html import panel
from ui.page.markdown import exchange
from ui.page.render import tag
from ui.service.answer_service import AnswerService
from ui.service.public_errors import public_message

MAX_EARLIER = 6  # exchanges of a conversation that a question brings with it
MAX_SAID = 4_000  # characters of each
RECEIPTS = 50  # last answers of which a receipt can be made
NEAREST = 3  # passages that are offered when there is no answer
_LOST = "This exchange was kept by another version and cannot be shown."


@dataclass(frozen=True, slots=True)
class _Given:
    """A final answer, and what was given with its question."""

    answer: Answer
    history: tuple[Turn, ...]
    strict: float | None


class Chat:
    """The questions of all pages that are open."""

    def __init__(self, desk: AnswerService) -> None:
        self._desk = desk
        self._under_way: dict[str, threading.Event] = {}
        self._last: OrderedDict[str, _Given] = OrderedDict()

    def ask(self, asked: Mapping[str, Any], client: str) -> Iterator[dict[str, Any]]:
        """Answer a question: `html` as it grows, and at the end `answer` and `markdown` to keep.

        `asked` has `question`, `key` (names the exchange in the page, and stops it), `history`,
        `as_of`, `since`, `until`, `sources` and `strict`, as the page sends them.
        """
        question, key = str(asked.get("question", "")), str(asked.get("key", ""))[:64]
        history, strict = _history(asked.get("history")), _share(asked.get("strict"))
        cancel = threading.Event()
        self._under_way[key] = cancel
        try:
            query = Query(question, history, _filters(asked), strict)
            with closing(self._desk.steps(query, cancel, client=client)) as steps:
                for step in steps:
                    if step.answer.final:
                        self._remember(key, _Given(step.answer, history, strict))
                        yield self._done(step.answer, key)
                    else:
                        now = step.answer
                        html = turn(to_json(now), key, pending=now.pending, status=status(step))
                        yield {"html": html}
        except UserError as wrong:
            yield {"html": problem(question, public_message(wrong), key)}
        finally:
            cancel.set()
            self._under_way.pop(key, None)

    def prefill(self, asked: Mapping[str, Any], client: str) -> None:
        """Hear how far a question is typed; `asked` is as for `ask`."""
        question, history = str(asked.get("question", "")), _history(asked.get("history"))
        with suppress(UserError):  # the question itself will tell it
            self._desk.prefill(Query(question, history, _filters(asked)), client=client)

    def stop(self, key: str) -> bool:
        """Stop the answer of this key; False if there is none under way."""
        cancel = self._under_way.get(key)
        if cancel is not None:
            cancel.set()
        return cancel is not None

    def turns(self, kept: Sequence[Any]) -> list[dict[str, str]]:
        """Exchanges that a browser has kept, as they were: `html` and `markdown` of each."""
        return [_shown(one) for one in kept]

    def read(self, article: str, marks: Sequence[Any]) -> str:
        """One article, with the sentences of `marks` ([start, end, number]) highlighted."""
        try:
            found = self._desk.shelf.article(article) if _is_id(article) else None
            if found is None:
                raise UsageError("This article is not in the index any more.")
            spans = [(int(start), int(end), str(number)) for start, end, number in marks]
            return panel(found, self._desk.shelf.standing(found.id), spans)
        except UserError as wrong:
            return tag("p", public_message(wrong), class_="problem")
        except (TypeError, ValueError):
            return tag("p", "These are no places in an article.", class_="problem")

    def receipt(self, key: str) -> dict[str, Any]:
        """The receipt of one of the last answers.

        Raises:
            UsageError: if the answer is older, or was given before the server was started.
        """
        given = self._last.get(key)
        if given is None:
            raise UsageError("Of this answer no receipt can be made any more. Ask it again.")
        app = self._desk.app
        return receipt(given.answer, app, history=given.history, strict=given.strict)

    def _remember(self, key: str, given: _Given) -> None:
        self._last[key] = given
        while len(self._last) > RECEIPTS:
            self._last.popitem(last=False)

    def _done(self, answer: Answer, key: str) -> dict[str, Any]:
        wire = to_json(answer)
        if (
            answer.refused
            and not answer.evidence
            and answer.generation
            and not answer.finish_reason
        ):
            wire["evidence"] = self._nearest(answer)
        return {"html": turn(wire, key), "answer": wire, "markdown": exchange(wire)}

    def _nearest(self, answer: Answer) -> list[dict[str, Any]]:
        """The passages that are nearest to a question without an answer, as evidence is shown."""
        try:
            query = Query(answer.standalone_question, filters=answer.filters)
            found = self._desk.search(query, NEAREST)
        except UserError:  # only an offer: the refusal stands without it
            return []
        return search_results(found)


def _shown(one: Any) -> dict[str, str]:
    try:
        return {
            "html": turn(one["answer"], str(one["key"])[:64]),
            "markdown": exchange(one["answer"]),
        }
    except (AttributeError, KeyError, TypeError, ValueError):
        return {"html": problem("", _LOST, ""), "markdown": ""}


def _history(sent: Any) -> tuple[Turn, ...]:
    """The last exchanges, as far as they have the shape of one."""
    turns = []
    for one in sent[-MAX_EARLIER:] if isinstance(sent, list) else ():
        if isinstance(one, Mapping) and isinstance(one.get("question"), str):
            articles = one.get("articles")
            ids = articles if isinstance(articles, list) else []
            said = str(one.get("answer", ""))[:MAX_SAID]
            cited = tuple(filter(_is_id, ids))
            turns.append(Turn(one["question"][:MAX_SAID], said, cited, _read(one.get("read"))))
    return tuple(turns)


def _read(sent: Any) -> ShownSentences | None:
    """What the model was shown for an exchange; None where a browser kept something else."""
    try:
        return shown_of(Read.model_validate(sent).model_dump()) if sent else None
    except ValidationError:
        return None


def _filters(asked: Mapping[str, Any]) -> Filters:
    """Which articles may answer, as the page's form says.

    Raises:
        UsageError: for a day that is none, or a period that ends before it begins.
    """
    as_of, since, until = (_day(asked.get(name)) for name in ("as_of", "since", "until"))
    if since and until and until < since:
        raise UsageError("The period ends before it begins.")
    sources = asked.get("sources")
    names = [str(name)[:200] for name in sources] if isinstance(sources, list) else []
    return Filters(as_of, since, until, tuple(names[:200]))


def _day(written: Any) -> dt.date | None:
    if not written:
        return None
    try:
        return dt.date.fromisoformat(str(written))
    except ValueError:
        raise UsageError(f"“{str(written)[:20]}” is no day; write it as 2024-05-09.") from None


def _share(sent: Any) -> float | None:
    """A number from 0 to 1, None for anything else."""
    try:
        return min(1.0, max(0.0, float(sent)))
    except (TypeError, ValueError):
        return None


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and len(value) == 32 and value.isalnum()
