"""Speculative prefill: a draft is read at idle priority, and no question waits for it."""

import threading
from contextlib import closing

import pytest

from assistant.answering.pipeline import Assistant
from assistant.answering.prefill import PAUSE_S, TYPING_S, PrefillScheduler, TypingDebouncer
from assistant.core.query import Query
from index.core.cancellation import checkpoint
from index.core.errors import DamagedError, UserError
from index.core.filters import Filters
from tests.fakes import FixedSearch, ScriptedModel, WordReranker
from tests.stories import GOOD, TALKS, WHO

UNFINISHED = "Who is the special represen"


def sent(debouncer, *moments):
    """The drafts that are sent of a line as it stood at these seconds."""
    return [draft for now, line in moments if (draft := debouncer.due(line, now))]


LINE = "Who is the mayor"


@pytest.mark.parametrize(
    ("moments", "drafts"),
    [
        ([(0, LINE), (PAUSE_S - 0.01, LINE), (PAUSE_S, LINE)], [LINE]),  # after a pause
        ([(0, LINE), (0.1, f"{LINE}?")], [f"{LINE}?"]),  # at a question mark
        ([(0, LINE), (1, LINE), (2, f"{LINE} "), (3, f"{LINE} "), (9, LINE)], [LINE]),  # once
        ([(0, LINE), (1, LINE), (2, f"{LINE} of"), (3, f"{LINE} of")], [LINE, f"{LINE} of"]),
        ([(0, "Kim Gunn Seo"), (60, "Kim Gunn Seo")], ["Kim Gunn Seo"]),
        *(
            ([(0, short), (60, short)], [])
            for short in ("", "Who is", "Who wonnnnnnnnnnnnnnn", "   \n  ")
        ),
    ],
)
def test_a_draft_is_sent_when_it_rests_and_is_long_enough(moments, drafts):
    assert sent(TypingDebouncer(), *moments) == drafts


def test_long_typing_sends_the_complete_words():
    line = f"{LINE} of Lower Brask today and tomorrow"
    keys = [(at / 10, line[:at]) for at in range(1, len(line) + 1)]
    assert TYPING_S == 1.5
    assert sent(TypingDebouncer(), *keys) == [
        LINE,
        f"{LINE} of Lower Brask",
        f"{LINE} of Lower Brask today and",
    ]


class Reader:
    """Reads each draft until it is cancelled."""

    def __init__(self):
        self.began, self.ended = [], []
        self.beginning = threading.Semaphore(0)

    def __call__(self, draft, cancel):
        self.began.append(draft.question)
        self.beginning.release()
        assert cancel.wait(10)
        self.ended.append(draft.question)

    def wait(self):
        assert self.beginning.acquire(timeout=10)


def test_an_interrupted_draft_is_not_read_and_the_next_one_is():
    reader = Reader()
    with closing(PrefillScheduler(reader)) as scheduler:
        scheduler.submit(Query("first"))
        reader.wait()
        scheduler.submit(Query("second"))
        scheduler.interrupt()
        finish(scheduler)
        assert reader.ended == ["first"]
        scheduler.submit(Query("third"))
        reader.wait()
    assert reader.ended == ["first", "third"]


def test_what_the_question_will_report_is_ignored_and_a_bug_is_passed_on():
    errors = [UserError("The index is damaged."), KeyError("bug")]

    def fails(draft, cancel):
        raise errors[int(draft.question)]

    failed = []
    scheduler = PrefillScheduler(fails, failed=failed.append)
    for number in "01":
        scheduler.submit(Query(number))
        finish(scheduler)
    assert failed == [errors[1]]


def finish(scheduler):
    """Wait until nothing is read and nothing is waited for."""
    if (thread := scheduler._thread) is not None:
        thread.join(10)


class Articles:
    """Reads at most `most` articles in all; `during` is called after each."""

    def __init__(self, most=3, during=lambda number: None):
        self.most, self.during, self.read = most, during, []
        self.turns = threading.Semaphore(0)

    def __call__(self, cancel):
        while not cancel.is_set() and len(self.read) < self.most:
            yield self.read.append(len(self.read))
            self.during(len(self.read))
        self.turns.release()

    def wait(self):
        assert self.turns.acquire(timeout=10)


def reading(articles, idle=lambda: True):
    scheduler = PrefillScheduler(Reader(), idle, read_articles=articles, quiet_s=0.0)
    scheduler.start_reading_articles()
    return scheduler


def test_while_somebody_asks_no_article_is_read():
    looked = threading.Semaphore(0)
    articles = Articles()
    with closing(reading(articles, lambda: looked.release() or False)):
        assert all(looked.acquire(timeout=10) for _ in range(3))
    assert articles.read == []


def test_an_interrupt_ends_the_reading_and_it_goes_on_when_it_is_quiet_again():
    articles = Articles(5, lambda number: number == 2 and scheduler.interrupt())
    with closing(reading(articles)) as scheduler:
        articles.wait()
        articles.wait()
    assert articles.read == [0, 1, 2, 3, 4]


def test_a_draft_takes_the_place_of_the_articles():
    draft = Query(UNFINISHED)
    articles = Articles(5, lambda number: number == 2 and scheduler.submit(draft))
    with closing(reading(articles)) as scheduler:
        scheduler._read_draft.wait()
        assert articles.read == [0, 1]


@pytest.mark.parametrize("problem", [DamagedError("x"), OSError(28, "No space left on device")])
def test_a_failure_pauses_the_reading_of_articles(problem):
    tried = threading.Semaphore(0)

    def articles(cancel):
        tried.release()
        raise problem

    with closing(reading(articles)):
        assert tried.acquire(timeout=10)
        assert not tried.acquire(timeout=0.05)


def assistant(model, reranker=None, **found):
    return Assistant(FixedSearch(TALKS, **found), reranker or WordReranker(), lambda: model)


def test_the_model_reads_the_very_prompt_of_the_answer_and_writes_nothing():
    model = ScriptedModel(GOOD, "Kim Gunn met his counterparts in Karuizawa.")
    built = assistant(model)
    built.prefill(Query(WHO), threading.Event())
    assert model.shown == []
    first = built.ask(WHO)
    assert model.read_ahead == [first.messages]
    follow_up = "Where did he meet his counterparts?"
    built.prefill(Query(follow_up, (first.turn,)), threading.Event())
    assert built.ask(Query(follow_up, (first.turn,))).messages == model.read_ahead[1]


def test_an_unfinished_question_has_the_evidence_before_it():
    model = ScriptedModel()
    assistant(model).prefill(Query(UNFINISHED), threading.Event())
    [(_, user)] = model.read_ahead
    evidence, _, question = user.content.rpartition("Question: ")
    assert GOOD in evidence
    assert question == UNFINISHED


def test_nothing_is_read_where_nothing_is_found_or_no_article_may_answer():
    model = ScriptedModel()
    assistant(model, relevance=-11.0).prefill(Query(WHO), threading.Event())
    assistant(model).prefill(Query(WHO, filters=Filters(sources=("Nobody",))), threading.Event())
    assert model.read_ahead == []


def test_a_draft_that_is_ended_while_it_is_searched_for_asks_no_model():
    cancel = threading.Event()

    class Ending(WordReranker):
        def score(self, question, texts):
            cancel.set()
            checkpoint()()
            raise AssertionError("it went on")

    model = ScriptedModel()
    assistant(model, Ending()).prefill(Query(WHO), cancel)
    assert model.read_ahead == []
