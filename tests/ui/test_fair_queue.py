"""FairQueue: its limit, one client's share of it, and whose turn comes next."""

import pytest

from ui.service.fair_queue import FairQueue, QueueFull


def enter(queue, client, times=1):
    return [queue.enter(client) for _ in range(times)]


def test_the_first_has_its_turn_at_once_and_the_second_when_the_first_has_left():
    queue = FairQueue(4)
    first, second = enter(queue, "a", 2)
    assert [queue.wait(place, 0) for place in (first, second)] == [0, 1]
    assert (queue.waiting, queue.active) == (1, 1)
    queue.leave(first)
    assert queue.wait(second, 0) == 0


def test_as_many_have_their_turn_as_are_answered_at_once():
    queue = FairQueue(4, at_once=2)
    places = enter(queue, "a", 3)
    assert [queue.wait(place, 0) for place in places] == [0, 0, 2]


def test_one_client_may_fill_half_and_the_other_half_is_for_others():
    queue = FairQueue(16)
    enter(queue, "flood", 9)  # one has its turn, eight wait
    with pytest.raises(QueueFull, match="You have 8 questions waiting already"):
        queue.enter("flood")
    places = [queue.enter(f"guest {n}") for n in range(8)]
    assert queue.wait(places[0], 0) == 1  # before the eight, who had a turn already
    with pytest.raises(QueueFull, match="16 questions are waiting already"):
        queue.enter("late")


def test_clients_take_turns():
    queue = FairQueue(16)
    running, *flood = enter(queue, "flood", 4)
    guests = [queue.enter("guest"), queue.enter("other")]
    served = []
    for _ in range(5):
        queue.leave(running)
        [running] = [p for p in (*flood, *guests) if queue.wait(p, 0) == 0 and p not in served]
        served.append(running)
    assert [place.client for place in served] == ["guest", "other", "flood", "flood", "flood"]


def test_who_leaves_while_waiting_makes_room():
    queue = FairQueue(2)
    first, second = enter(queue, "a", 2)
    third = queue.enter("b")
    with pytest.raises(QueueFull):
        queue.enter("c")
    queue.leave(second)
    assert queue.wait(third, 0) == 1
    assert queue.enter("c")
    queue.leave(second)
    queue.leave(first)
    assert (queue.waiting, queue.active) == (1, 1)


def test_who_is_turned_away_learns_when_to_come_again():
    queue = FairQueue(1)
    enter(queue, "a", 2)
    with pytest.raises(QueueFull) as away:
        queue.enter("b")
    assert away.value.retry_after_s == 20
    assert "Please try again in about 20 s." in str(away.value)
