"""Answer services with fakes, a model that waits for a signal, and a real server on loopback."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing, contextmanager
from functools import cached_property
from pathlib import Path
from typing import Literal

import uvicorn
from fastapi import FastAPI

from assistant.container import App
from assistant.core.answer import Answer
from assistant.core.query import Query
from assistant.core.settings import load
from assistant.llm.language_model import (
    Emit,
    Finish,
    Limits,
    Message,
    Piece,
    Reading,
    Stopped,
    Usage,
    relay,
)
from index.core.filters import NO_FILTERS
from index.storage.article_store import Listed
from tests import stories
from tests.conftest import News
from tests.fakes import SYSTEM_TEXT, FakeApp, FixedSearch, ScriptedModel, app_with
from tests.stories import GOOD as GOOD
from tests.stories import WHO as WHO
from tests.stories import file_of
from ui.service.answer_service import AnswerService
from ui.web.app_factory import application
from ui.web.password import Gate
from ui.web.server import listen

TALKS = file_of(stories.TALKS)
TOKEN = "t" * 64


class HeldModel(ScriptedModel):
    """Reads for as long as it is held, then says one sentence; any number of times."""

    def __init__(self, text: str = GOOD, *, held: bool = True) -> None:
        super().__init__()
        self._text = text
        self.go = threading.Event()
        self.reading = threading.Semaphore(0)  # released when it has begun to read
        self.ends: list[Finish] = []  # of what was read ahead
        self.idle = threading.Event()  # set while it neither reads nor writes
        self.idle.set()
        if not held:
            self.go.set()

    def stream(
        self, messages: Sequence[Message], limits: Limits, cancel: threading.Event | None = None
    ) -> Iterator[Piece]:
        if messages == SYSTEM_TEXT:
            yield from super().stream(messages, limits, cancel)
            return
        if limits.max_tokens == 1:  # the word on the proof
            yield Piece("Yes", likely=self.look)
            yield Piece(usage=Usage(0, 0, 0, 0.0, 0.0, "length"))
            return

        def produce(emit: Emit, stopped: Stopped) -> None:
            emit(Piece(reading=Reading(64, 400)))
            self.reading.release()
            while not self.go.wait(0.005):
                if stopped():
                    return
            if limits.max_tokens:
                self._write(emit, stopped)

        if not limits.max_tokens:
            self.read_ahead.append(messages)
        self.idle.clear()
        try:
            finish = (yield from relay(produce, limits, cancel)) or "stop"
            if not limits.max_tokens:
                self.ends.append(finish)
            yield Piece(usage=Usage(400, 100, 12, 0.1, 0.1, finish))
        finally:
            self.idle.set()

    def _write(self, emit: Emit, stopped: Stopped) -> None:
        emit(Piece(self._text))


class EndlessModel(HeldModel):
    """Says one sentence and the beginning of another, and never ends."""

    def __init__(self) -> None:
        super().__init__(held=False)

    def _write(self, emit: Emit, stopped: Stopped) -> None:
        emit(Piece(f"{GOOD} Sung Kim"))
        while not stopped():
            time.sleep(0.01)


class FixedIndex(FixedSearch):
    """A search of one article, which can be opened and closed like a real one."""

    warning = ""

    def search(self, question, k, *, filters=NO_FILTERS, also=()):
        about = "Iceland" not in question
        return super().search(question, k, filters=filters) if about else []

    def listed(self):
        return (Listed(stories.TALKS, 1, None),)

    def refresh(self) -> None:
        """Nothing is ever published."""

    def close(self) -> None:
        """Nothing is open."""


class LightApp(FakeApp):
    """A app without an index: whatever is asked, `TALKS` is found."""

    @cached_property
    def search(self) -> FixedIndex:
        return FixedIndex(stories.TALKS)


def light_app(model: ScriptedModel) -> type[LightApp]:
    """A LightApp with this model in it."""
    return type("LightApp", (LightApp,), {"speaker": model})


class StreamingService(AnswerService):
    """An AnswerService that also gives its answers without the steps between."""

    def stream(
        self, query: Query, cancel: threading.Event | None = None, *, client: str = ""
    ) -> Iterator[Answer]:
        """Ever more complete answers, as `Assistant.stream` gives them; see `steps`."""
        last: Answer | None = None
        with closing(self.steps(query, cancel, client=client)) as steps:
            for step in steps:
                if step.answer is not last and not step.ahead:
                    yield (last := step.answer)


def light_service(
    folder: Path, model: ScriptedModel, *, waiting: int = 16, **settings: str
) -> StreamingService:
    """A service in a light app."""
    flags = {"data": str(folder), "cache": str(folder), **settings}
    return StreamingService(light_app(model)(load(flags, environ={})), waiting=waiting)


def app_of(news: News, model: ScriptedModel, **settings: str) -> App:
    """A app with fakes around the articles of `news`."""
    flags = {"data": str(news.data), "cache": str(news.data / "cache"), **settings}
    return app_with(model)(load(flags, environ={}))


def service_of(
    news: News, model: ScriptedModel, *, waiting: int = 16, **settings: str
) -> StreamingService:
    """A service around the articles of `news`; one article if there is none."""
    if not any(news.folder.iterdir()):
        news.put(talks=TALKS)
    return StreamingService(app_of(news, model, **settings), waiting=waiting)


class OpenGate(Gate):
    """Lets everybody in; without a password a real one wants the token."""

    def is_session(self, session: str) -> bool:
        return True


def gate_of(password: str = "") -> Gate:
    """A gate that wants the password, or an open one."""
    return Gate(password, TOKEN) if password else OpenGate("", TOKEN)


def finished(page: FastAPI) -> Future[FastAPI]:
    """A page that is there already."""
    future: Future[FastAPI] = Future()
    future.set_result(page)
    return future


def asgi_app_of(service: AnswerService, password: str = ""):
    """The whole application without Gradio's page; open to everybody without a password."""
    return application(service, gate_of(password))


@contextmanager
def running(
    app, *, lifespan: Literal["auto", "off"] = "off", server: uvicorn.Server | None = None
) -> Iterator[str]:
    """Serve an application, or run its `server`, from a thread; gives its address."""
    server = server or uvicorn.Server(
        uvicorn.Config(
            app,
            log_level="critical",
            access_log=False,
            ws="none",
            timeout_graceful_shutdown=1,
            lifespan=lifespan,
        )
    )
    listening = listen("127.0.0.1", 0)
    port = listening.getsockname()[1]
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        thread.join(0.002)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)
        assert not thread.is_alive()


@contextmanager
def hanging_up(address: str, path: str, body: dict[str, object]) -> Iterator[None]:
    """Post a question, and close the connection in the middle of the answer."""
    data = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(data)}\r\n"
    port = int(address.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)) as sock:
        sock.sendall(f"{head}Content-Type: application/json\r\n\r\n".encode() + data)
        yield
