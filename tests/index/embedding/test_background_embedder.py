"""A thread embeds ahead of the ingest: each text once, in order, and its failures are told."""

import sqlite3
import threading
from contextlib import closing

import numpy as np
import pytest

from index.embedding.background_embedder import BackgroundEmbedder
from index.embedding.vector_cache import BATCH
from tests.fakes import WordEmbedding

TEXTS = [f"Report number {number} of the council." for number in range(3 * BATCH + 5)]


@pytest.fixture
def embedder():
    """Notes in which threads it works."""
    embedder = WordEmbedding(lambda: embedder.threads.add(threading.current_thread().name))
    embedder.threads = set()
    return embedder


@pytest.fixture
def ahead(tmp_path, embedder):
    with closing(BackgroundEmbedder(tmp_path / "cache.sqlite", embedder)) as made:
        yield made


def vectors(ahead, texts, progress=lambda done, total: None):
    return np.concatenate(list(ahead.vectors(texts, progress)))


def test_vectors_come_in_the_order_that_is_asked_for(ahead, embedder):
    ahead.add(TEXTS)
    backwards = TEXTS[::-1]
    assert np.array_equal(vectors(ahead, backwards), WordEmbedding().passages(backwards))
    assert embedder.threads == {"embedding"}


def test_each_text_is_embedded_once(ahead, embedder):
    ahead.add(TEXTS[:100])
    ahead.add(TEXTS[50:])
    assert len(vectors(ahead, [*TEXTS, *TEXTS[:7]])) == len(TEXTS) + 7
    assert embedder.embedded == len(TEXTS)


def test_a_vector_that_the_cache_has_lost_is_made_again_but_not_at_the_same_time(tmp_path):
    class OneAtATime(WordEmbedding):
        busy = False

        def passages(self, texts):
            assert not self.busy
            self.busy = True
            found = super().passages(texts)
            self.busy = False
            return found

    path, embedder = tmp_path / "cache.sqlite", OneAtATime()
    with closing(BackgroundEmbedder(path, embedder)) as ahead:
        first = vectors(ahead, TEXTS)
        with closing(sqlite3.connect(path)) as db:
            db.execute("DELETE FROM vectors")
            db.commit()
        ahead.add([f"{text} It met again." for text in TEXTS])
        assert np.array_equal(vectors(ahead, TEXTS), first)


def test_what_goes_wrong_in_the_thread_is_told_where_its_vectors_are_wanted(tmp_path):
    def fail():
        raise MemoryError("no more")

    with closing(BackgroundEmbedder(tmp_path / "cache.sqlite", WordEmbedding(fail))) as ahead:
        with pytest.raises(MemoryError, match="no more"):
            vectors(ahead, TEXTS)
        with pytest.raises(MemoryError, match="no more"):
            ahead.add(["one more"])


def test_a_closed_one_embeds_no_further_than_its_batch(tmp_path):
    reached, go_on = threading.Event(), threading.Event()
    embedder = WordEmbedding(lambda: reached.set() or go_on.wait(60))
    ahead = BackgroundEmbedder(tmp_path / "cache.sqlite", embedder)
    ahead.add(TEXTS)
    assert reached.wait(60)
    closing_ = threading.Thread(target=ahead.close)
    closing_.start()
    while not ahead._stop:
        pass
    go_on.set()
    closing_.join()
    assert embedder.embedded == BATCH
