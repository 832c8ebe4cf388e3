"""A folder in, an index out: idempotent, resumable, and honest about what it did not take."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from index.core.errors import DamagedError
from index.core.records import Limits
from index.embedding.vector_cache import BATCH
from index.ingest import pipeline as ingesting
from index.ingest.pipeline import Ingest
from index.storage import chroma_folder
from index.storage.chroma_folder import ChromaFolderBackend
from index.storage.generations import GenerationStore
from index.storage.manifest import SCHEMA
from tests.fakes import WordEmbedding

TRAM = "The tram stood still on Monday. Nobody knew why."
BREAD = "Zoë Lind baked ninety loaves. The neighbours paid in coins."
FLOOD = "The dike broke at Lower Brask. Twelve people died."


@pytest.fixture
def two(news):
    """An index of two articles."""
    news.put(tram=TRAM, bread=BREAD)
    return news


def codes(report):
    return {skip.path.rpartition("/")[2]: skip.code for skip in report.skips}


def test_near_copies_and_corrected_versions_are_told(news):
    told = " ".join(f"Sentence {number} tells of the dike at Brask." for number in range(20))
    corrected = f"{told} Correction: an earlier version gave a wrong number."
    for name, head, text in (
        ("a.txt", "Date: 2024-05-01\nSource: The Lane", told),
        ("b.txt", "Date: 2024-05-01\nSource: The Wire", f"(Wire) {told}"),
        ("c.txt", "Date: 2024-05-03\nSource: The Wire", corrected),
    ):
        news.write(name, f"Title: Dike\n{head}\n\n{text}")
    report = news.ingest()
    names = [tuple(Path(path).name for path in family) for family in report.near_copies]
    assert names == [("a.txt", "c.txt")]
    assert [(Path(a).name, Path(b).name) for a, b in report.superseded] == [("b.txt", "c.txt")]
    again = news.ingest()
    assert (again.near_copies, again.superseded) == (report.near_copies, report.superseded)


@pytest.mark.parametrize("within", ["articles", "articles/deeper"])
def test_the_data_folder_among_the_articles_is_no_article(news, within):
    # a file of this very moment may still change, and is looked at again
    os.utime(news.write("tram.txt", TRAM), (1_700_000_000, 1_700_000_000))
    data = news.root / within / "data"
    store = GenerationStore(data / "index")
    for expected in ((1, True), (0, False), (0, False)):
        work = Ingest(store, data / "embeddings.sqlite", news.embedder)
        (data / "notes.txt").parent.mkdir(parents=True, exist_ok=True)
        (data / "notes.txt").write_text("The conversations that somebody has had.")
        assert {path.name for path in work.changed([news.folder])} <= {"tram.txt"}
        report = work.run([news.folder])
        assert ((report.new, report.published), report.skips) == (expected, ())


def test_a_folder_of_articles_in_the_data_folder_is_read(news):
    (news.data / "saved").mkdir(parents=True)
    (news.data / "saved" / "tram.txt").write_text(TRAM)
    assert news.ingest(news.data / "saved").new == 1


def test_reingesting_the_same_files_changes_nothing(two):
    embedded = two.embedder.embedded
    report = two.ingest()
    assert (report.new, report.changed, report.removed, report.published) == (0, 0, 0, False)
    assert (report.unchanged_files, report.articles, report.generation) == (2, 2, "g000001")
    assert two.store.names() == ["g000001"]
    assert two.embedder.embedded == embedded


def test_a_file_rewritten_within_a_tick_of_the_clock_is_changed(two):
    """Same size, same time: coarse clocks give both to two writes."""
    path = two.write("tram.txt", "The tram was sold to Tavrin.")
    two.ingest()
    times = path.stat()
    two.write("tram.txt", "The tram was lent to Tavrin.")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert two.ingest().changed == 1
    assert two.articles()["tram.txt"].text == "The tram was lent to Tavrin."


def test_only_changed_passages_are_embedded(news):
    paragraphs = [" ".join(f"word{n}x{m}" for m in range(150)) + "." for n in range(6)]
    news.put(long="\n\n".join(paragraphs), tram=TRAM)
    before = news.embedder.embedded
    report = news.put(long="\n\n".join([*paragraphs[:5], "The last one is another now."]))
    assert report.changed == 1
    assert news.embedder.embedded == before + 1


def test_a_cached_vector_whose_bytes_changed_is_computed_again(two):
    with closing(sqlite3.connect(two.cache)) as db, db:
        db.execute("UPDATE vectors SET vector = zeroblob(1024)")
    before = two.embedder.embedded
    two.ingest(rebuild=True)
    assert two.embedder.embedded == before + 2
    assert two.finds("tram still").startswith("The tram")


def test_an_article_whose_file_is_gone_stays_and_is_reported_until_it_is_pruned(two):
    gone = (two.folder / "tram.txt").resolve()
    gone.unlink()
    for _ in range(2):
        report = two.ingest()
        assert (report.missing, report.removed, report.articles) == ((str(gone),), 0, 2)
    assert two.finds("tram still") == TRAM
    report = two.ingest(prune=True, force=True)
    assert (report.missing, report.removed, report.articles) == ((), 1, 1)
    assert two.finds("tram still") != TRAM


def test_one_folder_does_not_prune_another(news):
    here, there = news.folder / "here", news.folder / "here-too"
    news.write("here/tram.txt", TRAM)
    news.write("here-too/bread.txt", BREAD)
    news.ingest(here)
    report = news.ingest(there, prune=True)
    assert (report.removed, report.articles) == (0, 2)
    (here / "tram.txt").unlink()
    assert news.ingest(there, prune=True).articles == 2
    assert news.ingest(here, prune=True, force=True).articles == 1


def test_a_file_that_became_unreadable_for_us_is_not_taken_as_gone(two):
    two.write("tram.txt", TRAM * 9)
    small = ingesting.Ingest(two.store, two.cache, two.embedder, limits=Limits(file_bytes=60))
    report = small.run([two.folder], prune=True)
    assert codes(report) == {"tram.txt": "too_large"}
    assert (report.removed, report.articles) == (0, 2)


def test_an_article_is_taken_out_by_the_beginning_of_its_id_and_comes_back_by_its_file(two):
    tram = two.articles()["tram.txt"]
    assert two.remove(tram.id[:10]) == tram
    assert list(two.articles()) == ["bread.txt"]
    assert "tram" not in two.finds("tram still")
    assert (two.folder / "tram.txt").exists()
    assert two.ingest().articles == 1  # it does not come back by itself
    report = two.ingest(two.folder / "tram.txt")
    assert (report.new, report.articles) == (1, 2)
    assert two.articles()["tram.txt"] == tram
    assert not two.ingest(two.folder / "tram.txt").published


def test_copies_are_indexed_once_and_listed(two):
    for number in range(3):
        two.write(f"wire{number}.txt", TRAM)
    report = two.ingest()
    assert (report.new, report.articles, report.passages) == (0, 2, 2)
    assert [Path(copy).name for copy, _ in report.copies] == ["wire0.txt", "wire1.txt", "wire2.txt"]
    assert {Path(kept).name for _, kept in report.copies} == {"tram.txt"}
    assert len(two.search().search("tram still", 9)) == 2


def test_a_copy_takes_the_place_of_the_first_when_that_goes(two):
    two.put(wire=TRAM)
    (two.folder / "tram.txt").unlink()
    report = two.ingest(prune=True, force=True)
    assert (report.copies, report.articles) == ((), 2)
    best = two.search().search("tram still", 1)[0].passage
    assert (Path(best.article.path).name, best.text) == ("wire.txt", TRAM)


def test_a_run_broken_off_while_embedding_leaves_the_index_and_is_taken_up_again(two):
    for number in range(3 * BATCH):
        two.write(f"{number:03}.txt", f"Report number {number} of the council says little.")

    def interrupt():
        if embedder.embedded > BATCH:
            raise KeyboardInterrupt

    embedder = WordEmbedding(interrupt)
    with pytest.raises(KeyboardInterrupt):
        two.ingest(embedder=embedder)
    assert two.store.current_name() == "g000001"
    assert two.finds("tram still") == TRAM
    done = embedder.embedded
    assert done == 2 * BATCH
    again = WordEmbedding()
    report = two.ingest(embedder=again)
    assert (report.new, again.embedded) == (3 * BATCH, BATCH)
    assert two.finds("report number 77 of the council").startswith("Report number 77 ")


def test_with_another_embedder_everything_is_made_anew(two):
    other = WordEmbedding()
    other.identity = "words-2"
    report = two.ingest(embedder=other)
    assert (report.published, report.articles, other.embedded) == (True, 2, 2)
    assert (report.new, report.changed, report.unchanged_files) == (0, 0, 2)
    best = two.search(other).search("tram still", 1)[0]
    assert (best.passage.text, best.similarity > 0) == (TRAM, True)
    assert not two.ingest(embedder=other).published


@pytest.mark.parametrize("name", ["chromadb", "schema"])
def test_an_index_of_another_chroma_or_schema_is_made_anew(two, monkeypatch, name):
    if name == "schema":
        monkeypatch.setattr(ingesting, "SCHEMA", SCHEMA + 1)
    else:
        monkeypatch.setattr(ChromaFolderBackend, "kind", "9.9")
    before = two.embedder.embedded
    assert two.ingest().published
    assert two.embedder.embedded == before
    assert not two.ingest().published


def test_a_rebuild_needs_only_one_whole_library(two):
    two.put(flood=FLOOD)
    for name in two.store.names():
        (two.store.root / name / "sums.json").chmod(0o644)
        (two.store.root / name / "chroma" / "chroma.sqlite3").write_bytes(b"")
    (two.store.root / "g000002" / "library.sqlite").write_bytes(b"")
    with pytest.raises(DamagedError):
        two.ingest()
    (two.folder / "bread.txt").unlink()  # its text stands in the library only
    report = two.ingest(rebuild=True)
    assert report.articles == 3
    assert two.finds("ninety loaves") == BREAD
    assert two.finds("Lower Brask") == FLOOD


def test_a_folder_that_is_ingested_later_is_read_again_too_when_reading_has_improved(
    news, monkeypatch
):
    here, there = news.folder / "here", news.folder / "there"
    news.write("here/tram.txt", TRAM)
    news.write("there/bread.txt", BREAD)
    news.ingest(here, there)
    monkeypatch.setattr(ingesting, "EXTRACTOR", ingesting.EXTRACTOR + 1)
    assert news.ingest(here).unchanged_files == 0
    assert news.ingest(there).unchanged_files == 0
    assert news.ingest(here, there).unchanged_files == 2


def test_what_is_not_taken_is_named_and_named_again(two):
    two.write("empty.txt", "")
    two.write("menu.txt", "Skip to main content\nLoading...\n")
    two.write("feed.jsonl", '{"text": "One."}\n{"text": \n')
    two.write("notes.docx", "no")
    (two.folder / "photo.txt").write_bytes(bytes(range(256)))
    first = two.ingest()
    assert codes(first) == {
        "empty.txt": "empty",
        "menu.txt": "no_text",
        "feed.jsonl#2": "bad_json",
        "notes.docx": "bad_docx",
        "photo.txt": "binary",
    }
    again = two.ingest()
    assert not again.published
    assert codes(again) == codes(first)
    assert {skip.reason for skip in again.skips} == {skip.reason for skip in first.skips}


def test_hidden_files_and_folders_are_passed_over(two):
    two.write(".draft.txt", FLOOD)
    two.write(".git/notes.txt", FLOOD)
    report = two.ingest()
    assert (report.published, report.skips) == (False, ())


@pytest.mark.parametrize(
    "name",
    [
        *("new\nline.txt", "esc\x1b[31m.txt", "quote'\".txt", "-rf ; rm.txt", "tab\t.txt"),
        *("\u202etxt.txt", "👩‍👩‍👧.txt", "#1.txt", "?a=b%20.txt", "n" * 250 + ".txt"),
        os.fsdecode(b"latin-\xe9.txt"),
    ],
)
def test_a_file_of_any_name_is_indexed_once(two, name):
    two.write(name, FLOOD)
    assert two.ingest().new == 1
    report = two.ingest()
    assert (report.unchanged_files, report.missing, report.published) == (3, (), False)
    assert two.finds("Lower Brask") == FLOOD
    (two.folder / name).unlink()
    assert two.ingest(prune=True, force=True).removed == 1


@pytest.mark.parametrize("name", ["story", "story.html?page=2.5", "No. 7 of May", "STORY.TXT"])
def test_a_file_is_taken_whether_its_name_tells_its_kind_or_nothing(news, name):
    news.write(name, FLOOD)
    assert news.ingest().articles == 1


@pytest.mark.parametrize("name", ["a.py", "a.jpg", "a.rar", "a.7z", "a.doc", "a.css", "a.js"])
def test_a_file_whose_name_tells_another_kind_is_not_opened(news, name):
    news.write(name, FLOOD)
    assert codes(news.ingest()) == {name: "unsupported"}


def test_names_that_differ_only_in_bytes_that_are_no_text_are_two_files(two):
    two.write(os.fsdecode(b"a\xe9.txt"), FLOOD)
    two.write(os.fsdecode(b"a\xe8.txt"), "Something else happened in Tavrin.")
    assert two.ingest().articles == 4


def test_a_folder_named_in_bytes_that_are_no_text_can_be_pruned(news):
    name = os.fsdecode(b"latin-\xe9")
    news.write(f"{name}/tram.txt", TRAM)
    news.write(f"{name}/bread.txt", BREAD)
    news.ingest(news.folder / name)
    (news.folder / name / "tram.txt").unlink()
    assert news.ingest(news.folder / name, prune=True, force=True).removed == 1


def test_a_file_given_twice_and_by_its_folder_is_read_once(two):
    report = two.ingest(two.folder, two.folder / "tram.txt", two.folder)
    assert report.unchanged_files == 2


def test_an_empty_folder_makes_no_index(news):
    report = news.ingest()
    assert (report.published, report.articles, news.store.names()) == (False, 0, [])


def segments(news):
    """The folders of Chroma's own files in the published generation."""
    return [path for path in news.store.open()[0].vectors.iterdir() if path.is_dir()]


def test_vectors_that_were_removed_leave_chromas_files(two):
    """They would stay in its graph, and others become unreachable through them."""
    [before] = segments(two)
    two.put(tram=FLOOD)
    [after] = segments(two)
    assert before.name != after.name
    assert two.finds("Lower Brask") == FLOOD


def test_a_large_folder_is_written_anew_when_many_vectors_were_removed(two, monkeypatch):
    monkeypatch.setattr(chroma_folder, "SMALL", 1)
    monkeypatch.setattr(chroma_folder, "DEAD", 0.5)
    [before] = segments(two)
    two.put(tram=FLOOD)
    [kept] = segments(two)
    assert (kept.name, (kept.parent / "dead").read_text()) == (before.name, "1")
    two.put(tram=TRAM)
    [anew] = segments(two)
    assert (anew.name == before.name, (anew.parent / "dead").exists()) == (False, False)
    assert two.finds("tram still") == TRAM
