"""The line: its limit, one client's share of it, and whose turn comes next."""

import pytest

from ui.service.fair_queue import FairQueue, QueueFull


def enter(line, client, times=1):
    return [line.enter(client) for _ in range(times)]


def test_the_first_one_has_its_turn_at_once():
    line = FairQueue(4)
    [place] = enter(line, "a")
    assert line.wait(place, 0) == 0
    assert (line.waiting, line.active) == (0, 1)


def test_the_second_waits_until_the_first_has_left():
    line = FairQueue(4)
    first, second = enter(line, "a", 2)
    assert line.wait(second, 0) == 1
    line.leave(first)
    assert line.wait(second, 0) == 0


def test_as_many_have_their_turn_as_are_answered_at_once():
    line = FairQueue(4, at_once=2)
    places = enter(line, "a", 3)
    assert [line.wait(place, 0) for place in places] == [0, 0, 2]


def test_one_client_may_fill_half_and_the_other_half_is_for_others():
    line = FairQueue(16)
    enter(line, "flood", 9)  # one has its turn, eight wait
    with pytest.raises(QueueFull, match="You have 8 questions waiting already"):
        line.enter("flood")
    places = [line.enter(f"guest {n}") for n in range(8)]
    assert line.wait(places[0], 0) == 1  # before the eight, who had a turn already
    with pytest.raises(QueueFull, match="16 questions are waiting already"):
        line.enter("late")


def test_clients_take_turns():
    line = FairQueue(16)
    running, *flood = enter(line, "flood", 4)
    guests = [line.enter("guest"), line.enter("other")]
    served = []
    for _ in range(5):
        line.leave(running)
        [running] = [p for p in (*flood, *guests) if line.wait(p, 0) == 0 and p not in served]
        served.append(running)
    assert [place.client for place in served] == ["guest", "other", "flood", "flood", "flood"]


def test_who_leaves_while_waiting_makes_room():
    line = FairQueue(2)
    first, second = enter(line, "a", 2)
    third = line.enter("b")
    with pytest.raises(QueueFull):
        line.enter("c")
    line.leave(second)
    assert line.wait(third, 0) == 1
    assert line.enter("c")
    line.leave(second)
    line.leave(first)
    assert (line.waiting, line.active) == (1, 1)


def test_who_is_turned_away_learns_when_to_come_again():
    line = FairQueue(1)
    enter(line, "a", 2)
    with pytest.raises(QueueFull) as away:
        line.enter("b")
    assert away.value.retry_after_s == 20
    assert "Please try again in about 20 s." in str(away.value)
