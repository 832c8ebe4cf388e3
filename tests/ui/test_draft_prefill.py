"""Drafts of questions at the service: questions come first, and nothing typed is kept."""

from contextlib import closing

import pytest

from assistant.answering import prefill
from assistant.core.query import Query
from tests.serving import GOOD, WHO, HeldModel, light_service

UNFINISHED = "Who is the special represen"


def done(service):
    """Wait until a draft has been read to its end."""
    if (thread := service._prefill._thread) is not None:
        thread.join(10)


def reads(model):
    """Wait until the model has begun to read."""
    assert model.reading.acquire(timeout=10)


def test_a_question_ends_the_draft_before_anything_else(service, model):
    assert service.prefill(Query(UNFINISHED))
    reads(model)
    with closing(service.steps(Query(WHO))) as steps:
        next(steps)  # nothing is searched for yet
        assert service._prefill._cancel.is_set()
        done(service)
        assert model.ends == ["cancelled"]
        reads(model)
        model.go.set()
        *_, last = steps
    assert last.answer.text == GOOD
    counts = service.counts
    assert (counts.accepted, counts.answered, counts.prompt_tokens) == (1, 1, 400)


def test_while_somebody_asks_no_draft_is_taken_and_after_the_answer_it_is(service, model):
    with closing(service.steps(Query(WHO))) as steps:
        next(steps)
        reads(model)
        assert not service.prefill(Query(UNFINISHED))
        assert not service.prefill(Query(UNFINISHED), client="somebody else")
    assert model.read_ahead == []
    model.go.set()
    asked = service.counts
    while service.asking:
        model.idle.wait(10)
    assert service.prefill(Query(UNFINISHED))
    done(service)
    assert model.ends == ["stop"]
    assert service.counts == asked  # a draft counts as nothing


def test_a_client_replaces_its_own_draft_and_nobody_elses(service, model):
    assert service.prefill(Query(UNFINISHED), client="a")
    reads(model)
    assert not service.prefill(Query("Who came for Washington"), client="b")
    assert service.prefill(Query("Who came for Washington"), client="a")
    reads(model)
    assert model.ends == ["cancelled"]
    service._prefill.close()
    assert [m[-1].content.rpartition(": ")[2] for m in model.read_ahead] == [
        UNFINISHED,
        "Who came for Washington",
    ]


def test_a_flood_of_drafts_is_dropped(service, model, monkeypatch):
    monkeypatch.setattr(prefill, "DRAFTS_WITHIN_S", 3600.0)
    taken = [service.prefill(Query(f"{UNFINISHED} {number}")) for number in range(100)]
    assert taken == [True] * 4 + [False] * 96


def test_a_service_that_ends_takes_no_draft_and_ends_the_one_it_has(service, model):
    assert service.prefill(Query(UNFINISHED))
    reads(model)
    service.stop()
    assert not service.prefill(Query(UNFINISHED))
    service.close()
    assert model.ends == ["cancelled"]


@pytest.mark.parametrize(
    "setting", [{"ui.ahead": "false"}, {"engine.url": "http://127.0.0.1:9/v1"}]
)
def test_it_is_off_by_setting_and_where_the_model_is_elsewhere(tmp_path, setting):
    model = HeldModel(held=False)
    with closing(light_service(tmp_path, model, **setting)) as service:
        assert not service.app.prefill_enabled
        assert not service.prefill(Query(UNFINISHED))
    assert model.read_ahead == []


# ── from the page, and from programs ───────────────────────────────────────────────────────────


def test_a_program_is_told_whether_its_draft_was_taken(client, service, model):
    def send(**body):
        return client.post("/v1/ahead", json=body)

    history = [{"question": WHO, "answer": GOOD}]
    assert send(question=UNFINISHED, history=history).json() == {"taken": True}
    reads(model)
    with closing(service.steps(Query(WHO))) as steps:
        next(steps)
        assert send(question=UNFINISHED).json() == {"taken": False}
    assert send(question="").status_code == 400
    assert send(question=WHO, stream=True).status_code == 400
    assert f"the reader asked: {WHO}" in model.read_ahead[0][-1].content
