"""Cited answers as a query engine and as a chat engine of LlamaIndex."""

import asyncio
from collections.abc import AsyncGenerator, Generator, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Self, TypeVar

from llama_index.core import llms
from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.response import schema as responses
from llama_index.core.callbacks import CBEventType, EventPayload, trace_method
from llama_index.core.chat_engine import types as chats
from llama_index.core.schema import NodeWithScore, QueryBundle
from llama_index.core.vector_stores.types import MetadataFilters

from assistant.answering.pipeline import Assistant
from assistant.backends.serialization import to_json
from assistant.container import App
from assistant.core.answer import Answer, Turn
from assistant.core.console import remarks
from assistant.core.query import Query
from index.core.articles import fingerprint
from index.core.filters import Filters
from index.llama_index import filters_of, node_of

Item = TypeVar("Item")
History = list[llms.ChatMessage] | None
KEPT = ("searched", "kind", "refused", "reason", "claims", "caveats", "options", "confidence")
_USER, _ASSISTANT = llms.MessageRole.USER, llms.MessageRole.ASSISTANT


class CitedQueryEngine(BaseQueryEngine):
    """Answers from the articles of an index, each sentence proved by a sentence of theirs.

    The response has a source node for each proving sentence, in the order of its number; its
    metadata are the keys `KEPT` of the answer object. A refusal is the text that says why. While
    streaming, text and sources come when they are judged, because words cannot be taken back.
    """

    def __init__(
        self,
        assistant: Assistant,
        filters: MetadataFilters | Filters | None = None,
        streaming: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(**{"callback_manager": None, **options})
        self._assistant, self._filters, self._streaming = assistant, filters_of(filters), streaming

    @classmethod
    def from_folder(cls, path: Path | str, data: Path | str = "", **options: Any) -> Self:
        """Over the articles at `path`, which are brought into the index in `data`.

        That is by default the settings' own; what else is in it answers too.

        Raises:
            UserError: a path, a model or the index cannot be used.
        """
        app = App.open({"data": str(data)} if data else None)
        report = app.ingest(lambda what, done, total: None).run([Path(path)])
        remarks(f"{skip.path}: not read ({skip.code}): {skip.reason}" for skip in report.skips)
        return cls(app.assistant, **options)

    def as_chat_engine(self, history: Sequence[llms.ChatMessage] = ()) -> "CitedChatEngine":
        """A conversation with the same articles."""
        return CitedChatEngine(self, history)

    def ask(self, question: str, history: Sequence[Turn] = ()) -> Answer:
        """The assistant's own answer."""
        return self._assistant.ask(Query(question, history, self._filters))

    def _get_prompt_modules(self) -> dict[str, Any]:
        return {}

    def _query(self, query_bundle: QueryBundle) -> responses.RESPONSE_TYPE:
        question = query_bundle.query_str
        asked: dict[str, Any] = {EventPayload.QUERY_STR: question}
        with self.callback_manager.event(CBEventType.QUERY, payload=asked) as event:
            response: responses.Response | responses.StreamingResponse
            if self._streaming:
                nodes, known = list[NodeWithScore](), dict[str, Any]()
                pieces = self._pieces(question, nodes, known)
                response = responses.StreamingResponse(pieces, nodes, known)
            else:
                response = response_of(self.ask(question))
            event.on_end(payload={EventPayload.RESPONSE: response})
        return response

    def _pieces(
        self, question: str, nodes: list[NodeWithScore], known: dict[str, Any]
    ) -> Generator[str, None, None]:
        """The text; `nodes` and `known` get the sources and the metadata of the response."""
        found = response_of(self.ask(question))
        nodes += found.source_nodes
        known |= found.metadata or {}
        yield str(found)

    async def _aquery(self, query_bundle: QueryBundle) -> responses.RESPONSE_TYPE:
        found = await asyncio.to_thread(self._query, query_bundle)
        if not isinstance(found, responses.StreamingResponse):
            return found
        pieces = in_threads(found.response_gen)
        return responses.AsyncStreamingResponse(pieces, found.source_nodes, found.metadata)


class CitedChatEngine(chats.BaseChatEngine):
    """A conversation: a follow-up is understood from the exchanges before it."""

    def __init__(
        self, query_engine: CitedQueryEngine, history: Sequence[llms.ChatMessage] = ()
    ) -> None:
        self._engine = query_engine
        self.callback_manager = query_engine.callback_manager
        self._remember(history)

    def _remember(self, messages: Sequence[llms.ChatMessage]) -> None:
        self._messages = list(messages)
        self._turns = [
            Turn(asked.content or "", said.content or "")
            for asked, said in pairwise(messages)
            if (asked.role, said.role) == (_USER, _ASSISTANT)
        ]

    @property
    def chat_history(self) -> list[llms.ChatMessage]:
        """The conversation so far."""
        return self._messages

    def reset(self) -> None:
        """Begin another conversation."""
        self._remember(())

    @trace_method("chat")
    def chat(self, message: str, chat_history: History = None) -> chats.AgentChatResponse:
        """Answer a message; `chat_history` takes the place of the conversation so far."""
        if chat_history is not None:
            self._remember(chat_history)
        answer = self._engine.ask(message, tuple(self._turns))
        found = response_of(answer)
        self._turns.append(answer.turn)
        for role, text in ((_USER, message), (_ASSISTANT, str(found))):
            self._messages.append(llms.ChatMessage(text, role=role))
        return chats.AgentChatResponse(
            str(found), source_nodes=found.source_nodes, metadata=found.metadata
        )

    def stream_chat(
        self, message: str, chat_history: History = None
    ) -> chats.StreamingAgentChatResponse:
        """The same; the sources are there when the text is, the metadata in its `raw`."""
        response = chats.StreamingAgentChatResponse(is_writing_to_memory=False)

        def pieces() -> llms.ChatResponseGen:
            found = self.chat(message, chat_history)
            response.source_nodes += found.source_nodes
            last = self._messages[-1]
            yield llms.ChatResponse(message=last, delta=found.response, raw=found.metadata)

        response.chat_stream = pieces()
        return response

    async def achat(self, message: str, chat_history: History = None) -> chats.AgentChatResponse:
        """Answer a message in a thread."""
        return await asyncio.to_thread(self.chat, message, chat_history)

    async def astream_chat(
        self, message: str, chat_history: History = None
    ) -> chats.StreamingAgentChatResponse:
        """Stream the answer of a thread."""
        response = self.stream_chat(message, chat_history)
        response.achat_stream = in_threads(response.chat_stream or iter(()))
        return response


def response_of(answer: Answer) -> responses.Response:
    """A final answer as LlamaIndex has it."""
    text = answer.refusal.reason if answer.refusal else answer.turn.answer
    nodes = []
    for citation in answer.citations:
        item = citation.evidence
        span = (None, None) if item.is_title else (item.start, item.end)
        node = node_of(item.article, fingerprint(*map(str, item.span)), item.text, *span)
        nodes.append(NodeWithScore(node=node, score=citation.support))
    known = to_json(answer)
    return responses.Response(text, nodes, {key: known[key] for key in KEPT})


async def in_threads(items: Iterator[Item]) -> AsyncGenerator[Item, None]:
    """The items of an iterator, each waited for in a thread."""
    while (item := await asyncio.to_thread(next, items, None)) is not None:
        yield item
