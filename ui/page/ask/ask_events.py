"""What happens on the page to ask: each event takes what the browser knows and gives a new view.

A view names only what changes. Conversations come from the browser and go back to it, joined with
what other tabs did (`ui.page.ask.conversations`); the server keeps them no longer than it needs to.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from assistant.backends.serialization import to_json
from assistant.core.query import Query
from index.core.errors import UsageError, UserError
from ui.page.answer_markdown import answer_markdown, quoted_markdown, status
from ui.page.article_page import Mark, Place, article_at
from ui.page.ask.conversations import Change, Conversation, Exchange, Journal, Vote
from ui.page.ask.questions import Choice, Questions, history, past
from ui.page.escaping import escaped
from ui.page.proof_markdown import proof_markdown
from ui.service.answer_service import AnswerService
from ui.service.answer_stream import Step
from ui.service.feedback import Feedback
from ui.service.public_errors import INTERNAL_ERROR, log_error, public_message

AGAIN = "Ask again"
STOP_TIMEOUT_S = 5.0
_UNFINISHED = "*No answer is kept: it is being written in another window, or it was interrupted.*"
_UNREADABLE = "*This exchange was kept by another version and cannot be shown.*"
Message = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Tab:
    """Who acts: the visitor (of a browser), the tab, and the address for fairness."""

    visitor: str
    name: str
    address: str

    @classmethod
    def of(cls, request: gr.Request) -> Tab:
        """The tab of a request of the page."""
        visitor = request.cookies.get("assistant_visitor", "")
        address = request.client.host if request.client else ""
        return cls(visitor, request.session_hash or "", address)


@dataclass(frozen=True, slots=True)
class View:
    """What the page shows of a conversation; None leaves a part as it is.

    `shown` is the place of the exchange whose proof stands beside.
    """

    conversation: Conversation
    messages: list[Message]
    kept: list[Conversation] | None = None
    proof: str | None = None
    shown: int | None = None
    running: bool = False
    question: str | None = None

    @property
    def votes(self) -> list[str | None]:
        """The votes on its answers, as the chat shows them."""
        names: dict[Vote, str | None] = {"up": "Like", "down": "Dislike", "": None}
        return [names[turn.vote] for turn in self.conversation.turns]


class AskEvents:
    """The events of all open pages to ask."""

    def __init__(self, service: AnswerService) -> None:
        self.questions = Questions(service)
        self.feedback = Feedback(service.app.settings.data / "feedback.jsonl")
        self._service = service
        self._journal = Journal()

    def conversations(self, tab: Tab, kept: Any) -> list[Conversation]:
        """All conversations of a visitor, with what other tabs changed."""
        return self._journal.merged(tab.visitor, kept)

    def view(self, tab: Tab, kept: Any, opened: str) -> View:
        """A conversation as it is kept; an empty one if there is none of this id."""
        conversations = self.conversations(tab, kept)
        found = next((one for one in conversations if one.id == opened), Conversation(opened))
        last = len(found.turns) - 1
        return View(found, messages(found.turns), conversations, proof_of(found, last), last)

    def change(self, tab: Tab, kept: Any, change: Change) -> View:
        """The conversation after a change of it."""
        self._journal.add(tab.visitor, change)
        return self.view(tab, kept, change.conversation)

    def ask(
        self, tab: Tab, kept: Any, opened: str, question: str, replaces: int | None, choice: Choice
    ) -> Iterator[View]:
        """Ask a question: it is kept at once, its evidence shown, then sentence after sentence.

        `replaces` is the place of an exchange that it and those after it make room for.

        Raises:
            UserError: if it is no question, a filter is wrong, or the tab's last question is still
                being answered; nothing is kept then.
        """
        before = self.view(tab, kept, opened).conversation
        gone = (
            before.turns[replaces:] if replaces is not None else before.turns[len(before.turns) :]
        )
        turns = before.turns[: len(before.turns) - len(gone)]
        query = Query(question, history(turns), choice.filters, choice.strict).checked()
        turn = Exchange(secrets.token_hex(12), query.question)
        dropped = frozenset(one.key for one in gone)
        with self.questions.running(tab.name) as cancel:
            self._journal.add(tab.visitor, Change(opened, turn, dropped))
            shown = [*messages(turns), _asked(turn)]
            first = self.view(tab, kept, opened)
            live = [*shown, _thought("Searching the articles")]
            yield replace(first, messages=live, proof="", running=True, question="")
            try:
                for step in self.questions.steps(turn.key, query, cancel, tab.address):
                    if step.answer.final:
                        turn = replace(turn, answer=self.questions.kept(step.answer))
                    else:
                        yield _step(first.conversation, shown, step)
            except UserError as error:
                turn = replace(turn, problem=public_message(error))
            except Exception as bug:
                log_error(bug)
                turn = replace(turn, problem=INTERNAL_ERROR)
            yield self.change(tab, kept, Change(opened, turn))

    def stopped(self, tab: Tab) -> bool:
        """Stop the answer of a tab and wait for its end; False if that takes too long."""
        self.questions.stop(tab.name)
        end = time.monotonic() + STOP_TIMEOUT_S
        while self.questions.is_running(tab.name) and time.monotonic() < end:
            time.sleep(0.05)
        return not self.questions.is_running(tab.name)

    def vote(self, tab: Tab, kept: Any, opened: str, place: int, vote: Vote, note: str) -> View:
        """Keep a vote on an answer, with a note, on this machine and in the conversation.

        Raises:
            UserError: if there is no such answer, or it cannot be kept.
        """
        turns = self.view(tab, kept, opened).conversation.turns
        if not 0 <= place < len(turns) or turns[place].answer is None:
            raise UsageError("There is no answer to vote on.")
        turn = turns[place]
        if vote:
            row = {"key": turn.key, "vote": vote, "note": note, "answer": turn.answer}
            self.feedback.keep(row | {"history": past(turns[:place])})
        return self.change(tab, kept, Change(opened, replace(turn, vote=vote)))

    def article(self, view: View, address: str) -> str:
        """The article of a link, with all that the shown answer cites in it marked."""
        place = Place.from_address(address)
        turns = view.conversation.turns
        answer = turns[view.shown].answer if view.shown is not None and turns else None
        return article_at(self._service, place, _marks(answer, place) if place else [])


def messages(turns: Sequence[Exchange]) -> list[Message]:
    """Question and answer of each exchange; what can be chosen stands behind the last."""
    shown: list[Message] = []
    for turn in turns:
        shown += [_asked(turn), {"role": "assistant", "content": _answered(turn)}]
    if turns and (options := _options(turns[-1])):
        shown[-1]["options"] = options
    return shown


def _asked(turn: Exchange) -> Message:
    return {"role": "user", "content": escaped(turn.question)}


def _thought(title: str, text: str = "") -> Message:
    """Progress above a text, as Gradio shows a model's thoughts."""
    metadata = {"title": title, "status": "pending"}
    return {"role": "assistant", "content": text, "metadata": metadata}


def _answered(turn: Exchange) -> str:
    if turn.problem:
        return f"## No answer\n\n{escaped(turn.problem)}"
    if turn.answer is None:
        return _UNFINISHED
    try:
        return answer_markdown(turn.answer) or "*The answer is empty.*"
    except Exception:  # whatever a browser kept
        return _UNREADABLE


def _options(turn: Exchange) -> list[dict[str, str]]:
    """Questions that may have been meant; or to ask again what was not answered."""
    answer = turn.answer
    if answer is None or answer.get("cut") == "cancelled":
        return [{"value": turn.question, "label": AGAIN}]
    options = answer.get("options")
    return [{"value": str(one)} for one in options] if isinstance(options, list) else []


def proof_of(conversation: Conversation, place: int) -> str:
    """The proof of one exchange; "" if it has none."""
    turns = conversation.turns
    answer = turns[place].answer if 0 <= place < len(turns) else None
    try:
        return proof_markdown(answer, final=True) if answer else ""
    except Exception:  # whatever a browser kept
        return ""


def _step(conversation: Conversation, shown: list[Message], step: Step) -> View:
    """What is shown of an answer that is being written."""
    answer = step.answer
    wire = to_json(answer)
    written = answer.claims or answer.pending
    if text := answer_markdown(wire, answer.pending) if written else "":
        reply: Message = {"role": "assistant", "content": text}
    else:
        reply = _thought(status(step), quoted_markdown(wire))
    proof = proof_markdown(wire, final=False)
    return View(conversation, [*shown, reply], proof=proof, running=True)


def _marks(answer: Any, place: Place) -> list[Mark]:
    """What an answer cites in the article of a place."""
    try:
        return [
            (int(c["start"]), int(c["end"]), str(c["number"]))
            for c in (answer or {}).get("citations", ())
            if c["article"] == place.article
        ]
    except (KeyError, TypeError, ValueError):
        return []
