"""in_thread: items as they are emitted, beats between them, the result, the error, and leaving."""

import threading

import pytest

from index.core.threads import in_thread


def test_items_come_in_order_and_the_result_is_returned():
    def produce(emit, left):
        emit(1)
        emit(2)
        return "done"

    items = in_thread(produce, name="test", beat_s=5)
    assert [next(items), next(items)] == [1, 2]
    with pytest.raises(StopIteration) as end:
        next(items)
    assert end.value.value == "done"


def test_a_beat_is_none_and_what_fails_is_raised_to_the_consumer():
    go = threading.Event()

    def produce(emit, left):
        go.wait(10)
        raise KeyError("engine")

    items = in_thread(produce, name="test", beat_s=0.001)
    assert next(items) is None
    go.set()
    with pytest.raises(KeyError):
        list(items)


def test_leaving_tells_the_producer():
    told = threading.Event()

    def produce(emit, left):
        emit(1)
        assert left.wait(10)
        told.set()

    items = in_thread(produce, name="test", beat_s=5)
    next(items)
    items.close()
    assert told.wait(10)
