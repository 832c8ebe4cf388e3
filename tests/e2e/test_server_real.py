"""A running server around the real engine: nothing that is asked of it gets lost."""

from contextlib import closing

import httpx
import pytest

from assistant.core.evidence_text import format_evidence
from assistant.core.query import Query
from assistant.core.settings import load
from assistant.llm.llamacpp import LlamaCpp
from tests.drills.test_server_load import Users
from tests.serving import WHO, LightApp, StreamingService, asgi_app_of, running
from tests.small_model import NAME, small_model_path

pytestmark = pytest.mark.real


@pytest.fixture
def service(tmp_path):
    settings = load({"data": str(tmp_path), "answer.max_tokens": "24", "answer.strict": "0"})
    engine = LlamaCpp(small_model_path(), name=NAME)
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
    with running(asgi_app_of(service)) as address:
        users = Users(address, 4, 20, leaves=0.4, told='"event": "answer"')
        users.join()
        # one more has its turn when whoever left last has let go of the engine
        last = httpx.post(f"{address}/v1/answer", json={"question": WHO}, timeout=600)
    assert last.json()["evidence"]
    assert users.answered and users.left
    assert users.wrong == users.refused == []
    counts = service.counts
    assert (counts.failed, counts.busy) == (0, 0)
    assert counts.accepted == counts.answered + counts.cancelled
    assert counts.accepted == len(users.answered) + users.left + 1
    assert (service.asking, service.waiting) == (0, 0)
