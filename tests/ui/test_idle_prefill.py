"""The server reads articles while nobody asks, and stops as soon as somebody does."""

import threading

import pytest

from index.core.errors import DamagedError
from ui.service.idle_prefill import QUIET_S, REST_S, Warming


def test_while_nobody_asks_all_are_read_and_then_it_rests():
    read = []
    warming = Warming(lambda cancel: (read.append(n) for n in range(3)), lambda: True)
    assert warming.turn() == REST_S
    assert read == [0, 1, 2]


def test_while_somebody_asks_nothing_is_read():
    warming = Warming(lambda cancel: pytest.fail("it read"), lambda: False)
    assert warming.turn() == QUIET_S


def test_a_question_ends_the_reading_and_it_goes_on_when_it_is_quiet_again():
    read = []

    def articles(cancel):
        while not cancel.is_set() and len(read) < 5:
            yield read.append(len(read))
            if len(read) == 2:
                warming.interrupt()

    warming = Warming(articles, lambda: True)
    assert warming.turn() == QUIET_S
    assert read == [0, 1]
    assert warming.turn() == REST_S
    assert read == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("problem", [DamagedError("x"), OSError(28, "No space left on device")])
def test_trouble_makes_it_rest(problem):
    def articles(cancel):
        raise problem
        yield

    assert Warming(articles, lambda: True).turn() == REST_S


def test_closing_waits_until_nothing_is_read():
    begun, ended = threading.Event(), threading.Event()

    def articles(cancel):
        begun.set()
        cancel.wait()
        ended.set()
        yield from ()

    warming = Warming(articles, lambda: True, quiet_s=0.0)
    warming.start()
    assert begun.wait(10)
    warming.close()
    assert ended.is_set()
    ended.clear()
    warming.turn()
    assert not ended.is_set()
