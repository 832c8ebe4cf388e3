"""A running server around the real engine: nothing that is asked of it gets lost."""

import random
import threading
from contextlib import closing

import httpx
import pytest

from assistant.core.evidence_text import format_evidence
from assistant.core.query import Query
from assistant.core.settings import load
from assistant.llm.llamacpp import LlamaCpp
from assistant.models.store import ModelStore
from tests.serving import WHO, LightApp, StreamingService, asgi_app_of, running

pytestmark = pytest.mark.real

MODEL = "smollm2-135m-instruct"
QUESTIONS = [WHO, "Where did Kim Gunn meet his counterparts?", "How long did the talks last?"]


@pytest.fixture
def service(tmp_path):
    settings = load({"data": str(tmp_path), "answer.max_tokens": "24", "answer.strict": "0"})
    engine = LlamaCpp(ModelStore(settings.cache).path(MODEL), name=MODEL)
    app = type("RealEngine", (LightApp,), {"speaker": engine})(settings)
    with closing(StreamingService(app)) as service:
        app.model()
        yield service


def test_what_was_read_ahead_is_not_read_again_by_the_answer(service):
    assert service.prefill(Query(WHO.removesuffix(" of South Korea?")))
    if (thread := service._prefill._thread) is not None:
        thread.join(60)
    drafted = next(a for a in service.stream(Query(WHO)) if a.timings.model_calls == 1)
    model = service.app.model()
    before_the_question = [drafted.messages[0].content, format_evidence(drafted.evidence)]
    assert drafted.timings.cached_tokens >= sum(map(model.count, before_the_question))


def test_of_four_users_some_of_whom_leave_every_question_is_answered_or_cancelled(service):
    ended: list[str] = []

    def ask(address: str, number: int) -> None:
        rng = random.Random(number)
        for question in QUESTIONS:
            leaves = rng.random() < 0.4
            body = {"question": question, "stream": True}
            headers = {"X-Forwarded-For": f"10.0.0.{number}"}
            with httpx.stream(
                "POST", f"{address}/v1/answer", json=body, headers=headers, timeout=600
            ) as reply:
                assert reply.status_code == 200
                lines = reply.iter_lines()
                if leaves:  # with the evidence, while the model reads
                    next(line for line in lines if line.startswith("data: "))
                    ended.append("left")
                else:
                    *_, last = (line for line in lines if line.startswith("data: "))
                    ended.append("answered" if '"event": "answer"' in last else last)

    with running(asgi_app_of(service)) as address:
        users = [threading.Thread(target=ask, args=(address, number)) for number in range(4)]
        for user in users:
            user.start()
        for user in users:
            user.join(600)
            assert not user.is_alive()
        # one more has its turn when whoever left last has let go of the engine
        last = httpx.post(f"{address}/v1/answer", json={"question": QUESTIONS[0]}, timeout=600)
    assert last.json()["evidence"]
    assert len(ended) == 12
    assert set(ended) == {"answered", "left"}
    counts = service.counts
    assert (counts.accepted, counts.failed, counts.busy) == (13, 0, 0)
    assert counts.answered + counts.cancelled == 13
    assert counts.answered == ended.count("answered") + 1
    assert (service.asking, service.waiting) == (0, 0)
