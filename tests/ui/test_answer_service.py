"""AnswerService: every accepted question has exactly one end, and leaving frees the engine."""

import threading
import time
from contextlib import ExitStack, closing, contextmanager

import pytest

from assistant.answering.prefill import PrefillScheduler
from assistant.core.query import Query
from index.core.errors import UsageError, UserError
from tests.fakes import ScriptedModel
from tests.serving import GOOD, WHO, EndlessModel, HeldModel, light_service, service_of
from ui.service.answer_service import Counts
from ui.service.fair_queue import Closing, QueueFull


def until(steps, wanted):
    """The first step of which `wanted` is true."""
    for step in steps:
        if wanted(step):
            return step
    raise AssertionError("it ended before")


def ends(counts: Counts) -> tuple[int, int, int, int]:
    return counts.accepted, counts.answered, counts.cancelled, counts.failed


@contextmanager
def another_asks(service, model):
    """Somebody else asks, and the model reads; gives the answers, which are there at the end."""
    answers = []
    thread = threading.Thread(
        target=lambda: answers.extend(service.stream(Query(WHO), client="another"))
    )
    thread.start()
    assert model.reading.acquire(timeout=5)
    yield answers
    model.go.set()
    thread.join(5)


def test_evidence_comes_first_then_the_reading_then_the_answer(service, model):
    with closing(service.steps(Query(WHO))) as steps:
        step = until(steps, lambda step: step.reading)
        assert (step.reading.done, step.reading.total) == (64, 400)
        assert step.answer.evidence and not (step.answer.claims or step.answer.final)
        model.go.set()
        last = until(steps, lambda step: step.answer.final)
        assert (last.answer.text, last.reading) == (GOOD, None)
    *_, refused = service.stream(Query("Who is the special representative of Iceland?"))
    assert refused.refused
    assert ends(service.counts) == (2, 2, 0, 0)
    assert (service.counts.refused, service.counts.prompt_tokens) == (1, 400)


def test_setting_cancel_while_it_reads_ends_with_what_was_ready(service, model):
    cancel = threading.Event()
    with closing(service.steps(Query(WHO), cancel)) as steps:
        until(steps, lambda step: step.reading)
        cancel.set()
        last = until(steps, lambda step: step.answer.final)
    assert last.answer.finish_reason == "cancelled"
    assert model.idle.wait(5)
    assert ends(service.counts) == (1, 0, 1, 0)


def test_closing_the_iterator_frees_the_engine(service, model):
    steps = service.steps(Query(WHO))
    until(steps, lambda step: step.reading)
    steps.close()
    assert model.idle.wait(5)
    assert ends(service.counts) == (1, 0, 1, 0)
    model.go.set()
    assert list(service.stream(Query(WHO)))[-1].text == GOOD


def test_who_waits_is_told_how_many_are_before(service, model):
    with another_asks(service, model) as answers, closing(service.steps(Query(WHO))) as steps:
        step = next(steps)
        assert step.ahead == 1 and not step.answer.evidence
        model.go.set()
        assert until(steps, lambda step: step.answer.final).answer.text == GOOD
    assert answers[-1].text == GOOD
    assert ends(service.counts) == (2, 2, 0, 0)


def test_who_waits_reads_the_evidence_meanwhile(service, model):
    with another_asks(service, model), closing(service.steps(Query(WHO))) as steps:
        step = until(steps, lambda step: step.answer.evidence)
        assert step.ahead == 1 and step.left_s and not step.answer.final
        assert not model.reading.acquire(timeout=0.1)  # the model reads for the other one only


def test_what_needs_no_model_waits_for_nobody(service, model):
    with another_asks(service, model) as answers:
        *_, last = service.steps(Query("Who is the special representative of Iceland?"))
        assert last.answer.refused and last.ahead == 0 and not answers[-1].final
        assert service.waiting == 0


def test_one_that_waits_searches_at_a_time(service, model, monkeypatch):
    searching, at_once = threading.Lock(), []
    search = service.app.search.search

    def alone(*given, **how):
        at_once.append(searching.acquire(blocking=False))
        time.sleep(0.05)
        searching.release()
        return search(*given, **how)

    monkeypatch.setattr(service.app.search, "search", alone)
    with another_asks(service, model), ExitStack() as stack:
        at_once.clear()
        waiting = [service.steps(Query(WHO), client=name) for name in "abc"]
        for steps in waiting:
            assert next(stack.enter_context(closing(steps))).ahead
        for steps in waiting:
            until(steps, lambda step: step.answer.evidence)
    assert at_once == [True] * 3


@pytest.mark.parametrize("found", [False, True])
def test_cancelling_while_waiting_takes_no_turn(service, model, found):
    cancel = threading.Event()
    with another_asks(service, model), closing(service.steps(Query(WHO), cancel)) as steps:
        assert until(steps, lambda step: bool(step.answer.evidence) == found).ahead == 1
        cancel.set()
        last = until(steps, lambda step: step.answer.final)
        assert (last.answer.finish_reason, last.answer.refused) == ("cancelled", True)
        assert service.waiting == 0
    assert ends(service.counts) == (2, 1, 1, 0)


def test_beyond_the_line_it_is_a_friendly_no_and_counts_as_nothing_accepted(service, model):
    opened = [service.steps(Query(WHO), client="a") for _ in range(3)]
    until(opened[0], lambda step: step.reading)
    for steps in opened[1:]:
        assert next(steps).ahead
    with pytest.raises(QueueFull, match="You have 2 questions waiting already"):
        next(service.steps(Query(WHO), client="a"))
    assert (service.counts.accepted, service.counts.busy) == (3, 1)
    for steps in opened:
        steps.close()
    assert ends(service.counts) == (3, 0, 3, 0)


def test_a_model_that_fails_fails_one_question_only(tmp_path):
    class Broken(HeldModel):
        def stream(self, messages, limits, cancel=None):
            if not self.shown:
                self.shown.append(messages)
                raise UserError("The model stopped.")
            yield from super().stream(messages, limits, cancel)

    with closing(light_service(tmp_path, Broken(held=False))) as service:
        with pytest.raises(UserError, match="The model stopped"):
            list(service.stream(Query(WHO)))
        assert list(service.stream(Query(WHO)))[-1].text == GOOD
        assert ends(service.counts) == (2, 1, 0, 1)


@pytest.mark.parametrize("question", ["", "  ", "x" * 2001])
def test_a_question_that_is_none_takes_no_place(question, service):
    with pytest.raises(UsageError):
        next(service.steps(Query(question)))
    assert service.counts == Counts()


def test_stopping_cuts_what_is_written_and_takes_nothing_more(service, model):
    with closing(service.steps(Query(WHO))) as steps:
        until(steps, lambda step: step.reading)
        service.stop()
        assert until(steps, lambda step: step.answer.final).answer.finish_reason == "cancelled"
    with pytest.raises(Closing):
        next(service.steps(Query(WHO)))
    assert ends(service.counts) == (1, 0, 1, 0)
    assert not service.ready


def test_a_question_ends_what_is_read_beforehand_and_is_answered_first(tmp_path):
    interrupted = threading.Event()

    def articles(cancel):
        yield "read while nobody asks"
        assert [*service.stream(Query(WHO))][-1].text == GOOD
        assert cancel.is_set()
        interrupted.set()

    with closing(light_service(tmp_path, ScriptedModel(GOOD))) as service:
        scheduler = PrefillScheduler(
            lambda draft, cancel: None, service._idle, read_articles=articles, quiet_s=0.0
        )
        service._prefill = scheduler
        scheduler.start_reading_articles()
        assert interrupted.wait(10)
        service.stop()
        assert not service._idle()


@pytest.mark.parametrize(("model", "ready"), [(HeldModel(), ""), (EndlessModel(), GOOD)])
def test_l7_an_endless_answer_ends_at_the_deadline_with_what_was_ready(tmp_path, model, ready):
    with closing(light_service(tmp_path, model, **{"answer.deadline_s": "0.3"})) as service:
        *_, last = service.stream(Query(WHO))
    assert (last.finish_reason, last.final, last.text) == ("deadline", True, ready)
    assert ends(service.counts) == (1, 1, 0, 0)


def test_an_article_of_another_process_is_found_by_the_next_question(news):
    model = ScriptedModel("Rain fell on Brask.")
    with closing(service_of(news, model)) as service:
        assert list(service.stream(Query("Where did rain fall?")))[-1].refused
        news.write("rain.txt", "Title: Rain\nDate: 2024-05-03\n\nRain fell on Brask.\n")
        news.ingest()  # by a store of its own, as another process has one
        assert list(service.stream(Query("Where did rain fall?")))[-1].text == "Rain fell on Brask."
        assert service.articles.page(text="rain").total == 1


def test_a_search_writes_nothing_and_has_bounds(service, model):
    [found] = service.search(Query(WHO), 3)
    assert found.passage.article.title == "Envoys talk in Karuizawa"
    assert model.shown == [] and service.counts == Counts()
    for k in (0, 51):
        with pytest.raises(UsageError, match="from 1 to 50"):
            service.search(Query(WHO), k)
    with pytest.raises(UsageError, match="empty"):
        service.search(Query(" "), 3)
