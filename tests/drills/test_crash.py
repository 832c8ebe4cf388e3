"""After any kill every article is wholly in the published index or wholly absent from it, and the
next run takes up what is missing. Nothing is lost, nothing is double."""

import os
import random
import signal
import time
from contextlib import suppress

import pytest

from index.storage.generations import GenerationStore
from tests.command_line import CommandLine
from tests.conftest import OLD
from tests.drills.drill import Child, command, held, ingest, ingested, processes
from tests.drills.points import POINTS, PUBLISHED


def begun(place, mutations, articles):
    """Index so many articles; what is published then, and the seconds it took."""
    mutations.change(articles, articles)
    _, seconds = ingested(place)
    return held(place, mutations.corpus, {}, clean=True), seconds


def test_kills_at_random_moments(place, mutations, seed, extent, capsys):
    """Every fifth round runs to its end and must equal the corpus."""
    moments = random.Random(seed + 1)
    published, seconds = begun(place, mutations, 60)
    kills = rounds = seen_published = 0
    while kills < extent.kills:
        rounds += 1
        to_its_end = rounds % 5 == 0
        worker = rounds % 10 == 3  # the reading worker takes seconds to start
        mutations.change()
        child = Child(ingest, place.root, worker=worker)
        assert child.hear() == "begun"
        if not to_its_end:
            time.sleep(moments.uniform(0, seconds * 1.1 + worker * 1.5))
            with suppress(ProcessLookupError):  # it was faster
                child.signal(signal.SIGKILL)
        code = child.end()
        assert code in ((0,) if to_its_end else (0, -signal.SIGKILL))
        killed = code != 0
        kills += killed
        before = published
        published = held(place, mutations.corpus, before, clean=not killed)
        seen_published += killed and published == mutations.corpus
    ingested(place)
    held(place, mutations.corpus, published, clean=True)
    with capsys.disabled():
        print(
            f"\n[crash] seed {seed}: {kills} kills in {rounds} rounds, {seen_published} after it "
            f"was published, 0 violations; the last generation is {place.store.current_name()}"
        )


@pytest.mark.parametrize("point", POINTS)
def test_kills_at_a_named_point(point, place, mutations, extent):
    published, _ = begun(place, mutations, 40)
    for time_ in range(1, extent.times + 1):
        for _ in range(2):  # there are two generations, so that one is swept
            mutations.one_of_each()
            ingested(place)
        published = held(place, mutations.corpus, published, clean=True)
        mutations.one_of_each()
        child = Child(ingest, place.root, point, time_ if point == "mid_extract" else 1)
        assert child.hear() == "begun"
        assert child.end() == -signal.SIGKILL, f"it never came to {point}"
        after = held(place, mutations.corpus, published, clean=False)
        assert after == (mutations.corpus if point in PUBLISHED else published)
        ingested(place)
        published = held(place, mutations.corpus, after, clean=True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
@pytest.mark.parametrize("moment", ["reading", "embedding", "publishing"])
def test_a_signal_stops_an_ingest_and_leaves_the_index(moment, number, place, mutations, extent):
    published, _ = begun(place, mutations, 10)
    for _ in range(extent.signals):
        mutations.change(5, 5)
        reached, go_on = processes().Event(), processes().Event()
        arguments = ("ingest", str(place.folder), "--prune", "--force")
        options = {"reached": reached, "go_on": go_on, "hold": moment}
        child = Child(command, place.root, *arguments, **options)
        assert reached.wait(60)
        child.signal(number)
        code, out, err = child.hear()
        assert (code, child.end()) == (128 + number, 128 + number)
        assert out == ""
        assert "the index is unchanged" in err and "stopped" in err
        assert "Traceback" not in err
        assert not list(place.store.root.glob("tmp-*"))
        assert held(place, mutations.corpus, published, clean=False) == published


def test_a_signal_after_the_index_was_published_says_so(news, monkeypatch, capsys):
    """It may come between the pointer's move and the report."""
    drop = GenerationStore._drop

    def interrupted(self, names):
        drop(self, names)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(10)

    monkeypatch.setattr(GenerationStore, "_drop", interrupted)
    news.write("tram.txt", OLD)
    run = CommandLine(news.folder.parent, monkeypatch, capsys)
    _, err = run("ingest", str(news.folder), code=128 + signal.SIGTERM)
    assert "g000001 is published" in err
    assert news.finds("tram").startswith("The tram")
