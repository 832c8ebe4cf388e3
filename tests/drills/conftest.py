"""How much the drills do: a little with every run of the tests, all of it by `make test-faults`."""

import os
import random
from dataclasses import dataclass

import pytest

pytest.register_assert_rewrite("tests.drills.drill")

from tests.drills.drill import Mutations, Place  # noqa: E402


@dataclass(frozen=True)
class Extent:
    """The counts of the short or of the long form."""

    kills: int
    times: int  # each named point
    pairs: int  # of ingests at once
    signals: int
    publishes: int  # while a reader asks
    room: int  # bytes by which a full disk gets emptier


SHORT = Extent(kills=12, times=1, pairs=3, signals=1, publishes=3, room=500_000)
LONG = Extent(kills=100, times=3, pairs=20, signals=3, publishes=25, room=100_000)


def pytest_collection_modifyitems(items):
    for item in items:
        if "drills" in item.path.parts and not item.get_closest_marker("real"):
            item.add_marker("drill")


@pytest.fixture(scope="session")
def extent():
    return LONG if os.environ.get("FAULTS") == "long" else SHORT


@pytest.fixture
def seed():
    """Another one each time, unless FAULTS_SEED is set; printed if the test fails."""
    chosen = int(os.environ.get("FAULTS_SEED") or random.randrange(10**6))
    print(f"FAULTS_SEED={chosen}")
    return chosen


@pytest.fixture
def place(tmp_path):
    """An empty place; pytest keeps its folder, which is printed if the test fails."""
    print(f"the folder is kept: {tmp_path}")
    return Place(tmp_path)


@pytest.fixture
def mutations(place, seed):
    return Mutations(place, seed)
