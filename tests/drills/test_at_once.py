"""Two ingests, or an ingest and a reader, in processes of their own."""

from multiprocessing.connection import wait

import pytest

from index.retrieval.hybrid_search import IndexSearch
from index.storage.generations import GenerationStore
from tests.drills.drill import Child, answer, command, examined, held, ingested, processes
from tests.fakes import WordEmbedding, WordReranker


def test_of_two_ingests_at_once_one_works_and_the_other_is_told(place, mutations, extent):
    """The one that has the lock is held until the other has ended: so that does not wait."""
    published: dict[str, str] = {}
    for _ in range(extent.pairs):
        mutations.change(3, 10)
        reached, go_on = processes().Event(), processes().Event()
        arguments = ("ingest", str(place.folder), "--prune", "--force")
        options = {"reached": reached, "go_on": go_on, "hold": "embedding"}
        pair = [Child(command, place.root, *arguments, **options) for _ in range(2)]
        loser = _first_to_end(pair)
        winner = next(child for child in pair if child is not loser)
        code, out, err = loser.hear()
        assert (code, loser.end(), out) == (4, 4, "")
        assert f"pid {winner.process.pid}, since" in err
        assert winner.process.is_alive()
        go_on.set()
        code, out, err = winner.hear()
        assert (code, winner.end(), err) == (0, 0, "")
        published = held(place, mutations.corpus, published, clean=True)


def _first_to_end(pair: list[Child]) -> Child:
    ended = wait([child.process.sentinel for child in pair], 60)
    assert ended, "neither of two ingests has ended"
    return next(child for child in pair if child.process.sentinel in ended)


def test_a_running_reader_finds_what_another_process_publishes(place, mutations, extent):
    """Chroma alone would go on to answer from what it had read when it was opened."""
    place.write("tram.txt", "The tram of the harbour stood still on Monday.")
    mutations.change(30, 30)
    ingested(place)
    reader = Child(answer, place.root)
    assert reader.hear() == "ready"
    for number in range(extent.publishes):
        mutations.change(5, 20)
        word = f"Zenobia{chr(ord('a') + number) * 3}"
        text = f"{word} came to Tavrin by barge."
        place.write(f"new{number}.txt", text)
        ingested(place)
        reader.tell(f"{word} came to Tavrin by barge")
        assert reader.hear() == text
    reader.tell(None)
    asked, failed, why = reader.hear()
    assert reader.end() == 0
    assert (failed, why) == (0, "")
    assert asked > 0
    assert examined(place.root)["leftovers"] == []


def test_a_reader_in_between_two_publishes_is_not_confused(place, mutations, extent):
    """The generation that it is about to open may be swept: two were published since."""
    place.write("tram.txt", "The tram of the harbour stood still on Monday.")
    ingested(place)
    open_newest = GenerationStore._newest_intact
    left, publishing = 2, False

    def late(self, name, read_only):
        nonlocal left, publishing
        if left and not publishing:
            left, publishing = left - 1, True
            for _ in range(2):
                mutations.change(3, 3)
                ingested(place)
            publishing = False
        return open_newest(self, name, read_only)

    search = IndexSearch(place.store, WordEmbedding(), WordReranker())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(GenerationStore, "_newest_intact", late)
        assert search.search("tram of the harbour", 1)[0].passage.text.startswith("The tram")
    assert search.warning == ""
    assert search.generation == place.store.current_name()
    search.close()
