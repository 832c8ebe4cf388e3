"""The page as `assistant ui` serves it, around a model that says what it is told to say."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from assistant.container import stay_offline
from assistant.llm.language_model import Finish, Limits, Message, Piece, Reading, Usage
from tests.conftest import News
from tests.fakes import SYSTEM_TEXT, ScriptedModel
from tests.serving import TOKEN, app_of, finished, running
from ui.service.answer_service import AnswerService
from ui.web.app_factory import application, page_of
from ui.web.password import Gate

ARTICLES = {
    "envoys.txt": (
        "Title: Envoys warn of a nuclear test\nDate: 2022-09-08\nSource: Harbour Courier\n"
        "URL: https://courier.example/envoys\n\n"
        "Special envoys of three countries met in Tokyo on Wednesday.\n\n"
        "Seoul was represented by Kim Gunn, the special representative for peace.\n\n"
        "Sung Kim, the envoy of Washington, said the door to talks was open."
    ),
    "karuizawa.txt": (
        "Title: Envoys meet again in Karuizawa\nDate: 2023-07-20\nSource: Pacific Ledger\n\n"
        "Kim Gunn said in Karuizawa that China should play a part.\n\n"
        "The special representative of Japan, Takehiro Funakoshi, was the host."
    ),
    "flood.txt": (
        "Title: Flood reaches Ossel\nDate: 2024-05-03\nSource: Tavrin Gazette\n\n"
        "The river Ossel broke its dike on Friday. Twelve people died in Lower Brask.\n\n"
        "Runa Feld, the mayor, promised help."
    ),
}
WHO = "Who is the special representative?"
GOOD = "Kim Gunn is the special representative for peace."
MORE = "Special envoys of three countries met in Tokyo."


class Speaker(ScriptedModel):
    """Says `answers[question]`, else `GOOD` and `MORE`; waits where a gate is closed.

    `free` is set while it is not asked anything; `asked` are the messages it was shown,
    `read_ahead` those it was to read before a question came.
    """

    def __init__(self) -> None:
        super().__init__()
        self.answers: dict[str, str] = {}
        self.may_read, self.may_write = _open(), _open()
        self.reading, self.writing = threading.Event(), threading.Event()
        self.free = _open()
        self.asked: list[Sequence[Message]] = []
        self._ahead = threading.Condition()

    def stream(
        self, messages: Sequence[Message], limits: Limits, cancel: threading.Event | None = None
    ) -> Iterator[Piece]:
        if limits.max_tokens == 0:
            with self._ahead:
                if messages != SYSTEM_TEXT:
                    self.read_ahead.append(messages)
                self._ahead.notify_all()
            return
        self.free.clear()
        self.asked.append(messages)
        total = self.count_prompt(messages)
        try:
            judges = limits.max_tokens == 1  # one word on the proof, after the answer
            text = "Yes" if judges else self._answer(messages[-1].content)
            finish = yield from self._say(text, total, cancel)
        finally:
            self.free.set()
        yield Piece(usage=Usage(total, 0, 10, 0.5, 0.5, finish))

    def _say(
        self, text: str, total: int, cancel: threading.Event | None
    ) -> Generator[Piece, None, Finish]:
        for done in (0, total // 2):
            yield Piece(reading=Reading(done, total))
        self.reading.set()
        if not _passes(self.may_read, cancel):
            return "cancelled"
        yield Piece(reading=Reading(total, total))
        for start in range(0, len(text), 7):
            yield Piece(text[start : start + 7])
            if 2 * start < len(text) or len(text) < 7:
                continue
            self.writing.set()
            if not _passes(self.may_write, cancel):
                return "cancelled"
        return "stop"

    def until_read_ahead(self, question: str) -> None:
        """Wait until a prompt that ends with this question was read ahead."""

        def there() -> bool:
            return any(shown[-1].content.endswith(question) for shown in self.read_ahead)

        with self._ahead:
            assert self._ahead.wait_for(there, 60), self.read_ahead

    def _answer(self, prompt: str) -> str:
        found = (text for question, text in self.answers.items() if question in prompt)
        return next(found, f"{GOOD} {MORE}")

    def open_gates(self) -> None:
        self.may_read.set()
        self.may_write.set()

    def close(self) -> None:
        self.open_gates()


def _open() -> threading.Event:
    event = threading.Event()
    event.set()
    return event


def _passes(gate: threading.Event, cancel: threading.Event | None) -> bool:
    """Wait until the gate is open; False if the answer was cancelled before."""
    while not gate.wait(0.01):
        if cancel is not None and cancel.is_set():
            return False
    return cancel is None or not cancel.is_set()


@dataclass
class Served:
    """A server that runs: where it is, its model, and the folder of its data."""

    address: str
    opened: str  # the address with the token
    speaker: Speaker
    data: Path
    service: AnswerService

    def until_idle(self) -> None:
        """Let the model go on until no question is left, of a closed page neither."""
        self.speaker.open_gates()
        end = time.monotonic() + 60
        while self.service.asking or self.service.waiting:
            assert time.monotonic() < end, "a question was left behind"
            time.sleep(0.01)


@contextmanager
def served(
    root: Path,
    articles: dict[str, str],
    evaluation: Sequence[str] = (),
    *,
    upload: bool = True,
    **options: str,
) -> Iterator[Served]:
    """Index some articles and serve the page; `evaluation` is run in place of `assistant eval`.

    `options` are settings.
    """
    stay_offline()
    os.environ["GRADIO_TEMP_DIR"] = str(root / "received")
    news = News(root)
    for name, text in articles.items():
        news.write(name, text)
    news.ingest()

    from ui.page.app import build  # Gradio is slow to import
    from ui.service.quality import COMMAND, Quality

    speaker = Speaker()
    service = AnswerService(app_of(news, speaker, **options), upload=upload)
    page = page_of(service, build(service, Quality(service, evaluation or COMMAND)))
    app = application(service, Gate("", TOKEN), finished(page))
    with closing(service), running(app, lifespan="auto") as address:
        yield Served(f"{address}/", f"{address}/?token={TOKEN}", speaker, news.data, service)
        speaker.open_gates()
        service.stop()
