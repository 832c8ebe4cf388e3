"""The page to ask: which event does what (`ui.page.ask.ask_events`), and what it gives back."""

from __future__ import annotations

import functools
import html
import json
import secrets
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import gradio as gr

from index.core.errors import UsageError, UserError
from index.text.visible_text import one_line
from ui.page.article_page import GONE, Place
from ui.page.ask.ask_events import AskEvents, Tab, View, proof_of
from ui.page.ask.components import DELETE, FILTERS, NEW, AskComponents
from ui.page.ask.conversations import MAX_TITLE, Change, Conversation, Vote, written
from ui.page.ask.exports import files_of
from ui.page.ask.opening import opening
from ui.page.ask.questions import Choice, past
from ui.page.events import on, public

if TYPE_CHECKING:
    from ui.service.answer_service import AnswerService

SURE = {NEW: "Stop the answer and begin", DELETE: "Delete for good"}
PARTS = 11  # that a view of a conversation changes
LISTED = 5  # the list of conversations among them


class AskPage(AskComponents):
    """The page to ask; made inside the `gr.Blocks` that it belongs to."""

    def __init__(self, service: AnswerService, blocks: gr.Blocks) -> None:
        super().__init__(service.app.settings.answer.strict)
        self._service = service
        self._events = AskEvents(service)
        self._wire(blocks)

    # ── events ────────────────────────────────────────────────────────────────────────────────

    def _wire(self, blocks: gr.Blocks) -> None:
        browser = [self.kept, self.opened]
        choice: list[Any] = [*self.days, self.sources, self.articles, self.strict]
        parts: list[Any] = [self.chat, *browser, self.proof, self.shown, self.talks, self.name]
        parts += [self.box, self.halt, self.context, self.export]
        self._wire_questions(blocks, browser, choice, parts)
        on(blocks.load, self._load, browser, [*parts, self.about, self.sources])
        on(self.new.click, self._new, [self.new, *browser], [self.new, *parts])
        on(self.chat.clear, self._new, [self.new, *browser], [self.new, *parts])
        on(self.talks.input, self._open, [self.talks, *browser], parts)
        on(self.search.change, self._search, [self.search, *browser], self.talks)
        on(self.name.submit, self._rename, [self.name, *browser], parts)
        on(self.delete.click, self._delete, [self.delete, *browser], [self.delete, *parts])
        on(self.export.expand, self._export, [*browser, self.shown], self.files)
        on(self.chat.like, self._like, browser, [*parts, self.note])
        on(self.note.submit, self._noted, [self.note, *browser, self.shown], self.note)
        on(self.chat.select, self._select, browser, [self.proof, self.shown, self.tabs])
        reader = [self.reader, self.tabs, self.only]
        on(self.place.change, self._article, [self.place, *browser, self.shown], reader)
        chosen = functools.partial(gr.on, [part.change for part in choice])
        told = [self.which, self.context]
        # several may change at once; the last call has all their values
        on(chosen, self._chosen, [*browser, *choice], told, trigger_mode="always_last")
        on(self.everything.click, self._everything, None, choice)
        on(self.only.click, self._only_this, self.place, [*choice, self.which])

    def _wire_questions(
        self, blocks: gr.Blocks, browser: list[Any], choice: list[Any], parts: list[Any]
    ) -> None:
        for event, function, inputs in (
            (self.box.submit, _typed, self.box),
            (self.chat.example_select, _example, None),
            (self.chat.option_select, self._option, browser),
            (self.chat.retry, _again, browser),
            (self.chat.edit, _edited, None),
        ):
            asked = on(event, function, inputs, self.asked)
            on(asked.success, self._ask, [self.asked, *browser, *choice], parts)
        on(self.halt.click, self._stop, queue=False)
        # a page that is closed before it hears of its question: Gradio goes on with the answer
        blocks.unload(public(self._stop))

    def _ask(
        self,
        request: gr.Request,
        asked: tuple[str, int | None],
        kept: Any,
        opened: str,
        *given: Any,
    ) -> Iterator[Any]:
        tab, (question, replaces) = Tab.of(request), asked
        choice = _choice(*given)
        for view in self._events.ask(tab, kept, opened, question, replaces, choice):
            yield self._outputs(view, choice)

    def _stop(self, request: gr.Request) -> None:
        self._events.questions.stop(Tab.of(request).name)

    def _load(self, request: gr.Request, kept: Any, opened: str) -> Any:
        view = self._events.view(Tab.of(request), kept, opened or _new_id())
        about, examples, sources = opening(self._service)
        chat, *others = self._outputs(view)
        chat["examples"] = examples
        return chat, *others, about, gr.update(choices=sources, visible=bool(sources))

    def _new(self, request: gr.Request, label: str, kept: Any, opened: str) -> Any:
        tab = Tab.of(request)
        if self._events.questions.is_running(tab.name):
            if label != SURE[NEW]:
                return SURE[NEW], *self._unchanged()
            self._events.stopped(tab)
        return NEW, *self._outputs(self._events.view(tab, kept, _new_id()))

    def _open(self, request: gr.Request, chosen: str, kept: Any, opened: str) -> Any:
        tab = Tab.of(request)
        if self._events.questions.is_running(tab.name):
            gr.Info("An answer is being written. Stop it first.")
            parts = self._unchanged()
            parts[LISTED] = gr.update(value=opened)
            return parts
        return self._outputs(self._events.view(tab, kept, chosen))

    def _search(self, request: gr.Request, words: str, kept: Any, opened: str) -> Any:
        return _listed(self._events.conversations(Tab.of(request), kept), opened, words)

    def _rename(self, request: gr.Request, name: str, kept: Any, opened: str) -> Any:
        change = Change(opened, title=name.strip()[:MAX_TITLE])
        return self._outputs(self._events.change(Tab.of(request), kept, change))

    def _delete(self, request: gr.Request, label: str, kept: Any, opened: str) -> Any:
        tab = Tab.of(request)
        if self._events.questions.is_running(tab.name):
            raise UsageError("An answer is being written. Stop it first.")
        if label != SURE[DELETE]:
            return SURE[DELETE], *self._unchanged()
        self._events.change(tab, kept, Change(opened, deleted=True))
        return DELETE, *self._outputs(self._events.view(tab, kept, _new_id()))

    def _export(self, request: gr.Request, kept: Any, opened: str, shown: int) -> Any:
        """Write the files that the download buttons give; a button without one is off."""
        conversation = self._events.view(Tab.of(request), kept, opened).conversation
        key = conversation.turns[shown].key if 0 <= shown < len(conversation.turns) else ""
        receipt = self._events.questions.receipt(key)
        files = files_of(self._service, conversation, receipt, self._events.feedback)
        return [gr.update(value=path, interactive=path is not None) for path in files]

    def _like(self, request: gr.Request, event: gr.LikeData, kept: Any, opened: str) -> Any:
        place = _turn_at(event.index)
        vote: Vote = "up" if event.liked is True else "down" if event.liked is False else ""
        view = self._events.vote(Tab.of(request), kept, opened, place, vote, "")
        if vote:
            gr.Info("Kept on this machine. Thank you.")
        label = "A note, if you like" if vote == "up" else "What would have been right?"
        view = replace(view, shown=place, proof=proof_of(view.conversation, place))
        return *self._outputs(view), gr.update(visible=bool(vote), label=label, value="")

    def _noted(self, request: gr.Request, note: str, kept: Any, opened: str, shown: int) -> Any:
        tab = Tab.of(request)
        turns = self._events.view(tab, kept, opened).conversation.turns
        vote = turns[shown].vote if 0 <= shown < len(turns) else ""
        self._events.vote(tab, kept, opened, shown, vote, note)
        gr.Info("Your note is kept.")
        return gr.update(visible=False, value="")

    def _select(self, request: gr.Request, event: gr.SelectData, kept: Any, opened: str) -> Any:
        """The proof of the answer that is clicked on."""
        place = _turn_at(event.index)
        conversation = self._events.view(Tab.of(request), kept, opened).conversation
        if not (proof := proof_of(conversation, place)):
            return gr.skip(), gr.skip(), gr.skip()
        return proof, place, gr.Tabs(selected="proof")

    def _article(
        self, request: gr.Request, address: str, kept: Any, opened: str, shown: int
    ) -> Any:
        view = replace(self._events.view(Tab.of(request), kept, opened), shown=shown)
        text = self._events.article(view, address)
        return text, gr.Tabs(selected="article"), gr.update(visible=text != GONE)

    def _option(
        self, request: gr.Request, event: gr.SelectData, kept: Any, opened: str
    ) -> tuple[str, int | None]:
        """Ask what is chosen; the question of an exchange without an answer takes its place."""
        turns = self._events.view(Tab.of(request), kept, opened).conversation.turns
        again = bool(turns) and turns[-1].question == event.value
        return str(event.value), len(turns) - 1 if again else None

    def _chosen(self, request: gr.Request, kept: Any, opened: str, *given: Any) -> Any:
        choice = _choice(*given)
        conversation = self._events.view(Tab.of(request), kept, opened).conversation
        return gr.update(label=_narrowed(choice)), self._context(conversation, choice)

    def _everything(self) -> Any:
        strict = self._service.app.settings.answer.strict
        return None, None, None, [], gr.update(value=[], visible=False), strict

    def _only_this(self, address: str) -> Any:
        """Narrow the filters to the article beside."""
        place = Place.from_address(address)
        article = self._service.articles.get(place.article) if place else None
        if article is None:
            raise UsageError(GONE)
        name = one_line(article.title or "Untitled")
        chosen = gr.update(choices=[(name, article.id)], value=[article.id], visible=True)
        # said here too: a box that comes into sight may tell nobody that it has changed
        label = _narrowed(Choice(articles=(article.id,)))
        return None, None, None, [], chosen, gr.skip(), gr.Accordion(open=True, label=label)

    # ── what an event gives back ──────────────────────────────────────────────────────────────

    def _outputs(self, view: View, choice: Choice | None = None) -> list[Any]:
        """A value for each of the parts; a part that stays is skipped."""
        running = view.running
        return [
            gr.update(value=view.messages, feedback_value=view.votes),
            gr.skip() if view.kept is None else written(view.kept),
            view.conversation.id,
            gr.skip() if view.proof is None else view.proof,
            gr.skip() if view.shown is None else view.shown,
            gr.skip() if view.kept is None else _listed(view.kept, view.conversation.id),
            view.conversation.name if view.conversation.turns else "",
            gr.update(submit_btn=not running and "Ask", **_given(value=view.question)),
            gr.update(visible=running),
            gr.skip() if running else self._context(view.conversation, choice or Choice()),
            gr.update(open=False),
        ]

    def _unchanged(self) -> list[Any]:
        return [gr.skip()] * PARTS

    def _context(self, conversation: Conversation, choice: Choice) -> str:
        """What the script sends with an unfinished question; "" if nothing is read ahead."""
        if not self._service.app.prefill_enabled:
            return ""
        try:
            filters = choice.filters.to_json()
        except UserError:
            return ""
        return json.dumps({"history": past(conversation.turns), **filters})


def _typed(question: str) -> tuple[str, None]:
    return question, None


def _example(event: gr.SelectData) -> tuple[str, None]:
    return str(event.value["text"]), None


def _again(request: gr.Request, event: gr.RetryData, kept: Any, opened: str) -> tuple[str, int]:
    return html.unescape(_text(event.value)), _turn_at(event.index)


def _edited(event: gr.EditData) -> tuple[str, int]:
    return html.unescape(_text(event.value)), _turn_at(event.index)


def _text(value: Any) -> str:
    """The text of a chat's message, which comes as text or in parts."""
    if isinstance(value, list):
        return " ".join(map(_text, value))
    return str(value["text"]) if isinstance(value, dict) else str(value)


def _turn_at(index: int | tuple[int, ...]) -> int:
    """The exchange that a message belongs to: each has two."""
    return (index if isinstance(index, int) else index[0]) // 2


def _narrowed(choice: Choice) -> str:
    """The label of the filters: what is left out."""
    told = str(choice)
    return f"{FILTERS}: {told}" if told else FILTERS


def _choice(
    as_of: str | None,
    since: str | None,
    until: str | None,
    sources: list[str] | None,
    articles: list[str] | None,
    strict: float,
) -> Choice:
    names = tuple(sources or ()), tuple(articles or ())
    return Choice(as_of or "", since or "", until or "", *names, strict)


def _listed(conversations: list[Conversation], opened: str, words: str = "") -> Any:
    """The list of conversations that hold some words."""
    found = []
    for one in conversations:
        text = " ".join([one.title, *(turn.question for turn in one.turns)])
        if words.casefold() in text.casefold():
            found.append((one.name, one.id))
    is_there = any(one == opened for _, one in found)
    return gr.update(choices=found, value=opened if is_there else None)


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _new_id() -> str:
    return secrets.token_hex(12)
