"""`assistant index` and `ingest --dry-run`: what is there, back and forth, whole or not, anew."""

import json
import shutil
from contextlib import closing

import pytest
from filelock import FileLock

from index.core.errors import BusyError, DamagedError, UsageError, UserError
from index.ingest.integrity import check
from index.storage.chroma_folder import ChromaFolder, ChromaFolderBackend
from index.storage.generations import GenerationStore
from index.storage.manifest import sums
from tests.command_line import CommandLine
from tests.conftest import NEW, OLD
from tests.fakes import WordEmbedding

pytestmark = pytest.mark.drill

BREAD = "Zoë Lind baked ninety loaves."


@pytest.fixture
def says(news, monkeypatch, capsys):
    """Runs a command on the index of `news`; see `CommandLine`."""
    return CommandLine(news.root, monkeypatch, capsys)


def everything(root):
    """Every file and folder below with its bytes and its time."""
    return {
        path: (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else b"")
        for path in [root, *root.rglob("*")]
    }


def test_the_list_shows_every_generation_and_which_is_in_use(tram, says):
    out, _ = says("index", "list")
    older, current = out.splitlines()
    assert older.startswith("  g000001  ") and current.startswith("* g000002  ")
    assert "1 articles  1 passages  word-embedding  whole" in current
    assert says("index")[0] == out
    older, current = json.loads(says("index", "list", "--json")[0])
    assert (older["name"], older["current"], older["trouble"]) == ("g000001", False, "")
    assert (current["name"], current["current"]) == ("g000002", True)
    assert current["manifest"]["articles"] == 1


def test_the_list_names_damage(tram, says):
    (tram.store.root / "g000001" / "library.sqlite").write_bytes(b"no")
    (tram.store.root / "g000002" / "manifest.json").write_text("{")
    older, current = says("index", "list")[0].splitlines()
    assert "g000001 is damaged (library.sqlite: hash differs)" in older
    assert "its manifest cannot be read" in current and "whole" not in current


def test_before_the_first_ingest(news, says):
    assert "Nothing is indexed yet" in says("index", "list")[1]
    says("index", "verify", code=1)
    says("index", "use", "g000001", code=2)
    assert not news.data.exists()


def test_back_and_forward_again_and_an_open_search_follows(tram, says):
    search = tram.search()
    assert search.search("tram", 1)[0].passage.text == tram.finds("tram") == NEW
    out, _ = says("index", "use", "g000001")
    assert "g000001 is in use now" in out and "g000002 before" in out
    assert search.search("tram", 1)[0].passage.text == tram.finds("tram") == OLD
    says("index", "use", "g000002")
    assert tram.finds("tram") == NEW


def test_the_next_ingest_starts_from_the_one_in_use_and_names_go_on(tram, says):
    tram.put(bread=BREAD)
    says("index", "use", "g000002")
    report = tram.ingest()
    assert (report.new, report.changed, report.generation) == (1, 0, "g000004")
    assert tram.store.current_name() == "g000004"
    says("index", "use", "g000002")
    assert tram.put(tram=OLD).generation == "g000005"


def test_a_damaged_one_is_not_taken(tram, says):
    (tram.store.root / "g000001" / "chroma" / "chroma.sqlite3").write_bytes(b"no")
    _, err = says("index", "use", "g000001", code=5)
    assert "g000001 is damaged" in err
    assert tram.store.current_name() == "g000002"
    assert tram.finds("tram") == NEW


@pytest.mark.parametrize("name", ["g000009", "../g000001", "", "tmp-1", "CURRENT", "g000001/"])
def test_a_name_of_nothing_is_wrong_usage(tram, says, name):
    assert "assistant index list" in says("index", "use", name, code=2)[1]
    with pytest.raises(UsageError):
        tram.store.use(name)
    assert tram.store.current_name() == "g000002"


def test_whole_ones_are_said_to_be_whole(tram, says):
    assert says("index", "verify")[0] == "g000002: whole, 1 articles in 1 passages\n"
    both, _ = says("index", "verify", "g000001", "g000002")
    assert [line.split(":")[0] for line in both.splitlines()] == ["g000001", "g000002"]


def test_a_damaged_one_is_named_and_the_others_are_looked_at_too(tram, says):
    (tram.store.root / "g000001" / "library.sqlite").write_bytes(b"no")
    out, err = says("index", "verify", "g000001", "g000002", code=5)
    assert out.startswith("g000002: whole")
    assert "g000001 is damaged" in err
    assert "g000009" in says("index", "verify", "g000009", code=5)[1]


def manifest(name, value):
    """Writes another value into a generation's manifest."""

    def change(generation):
        path = generation.folder / "manifest.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {name: value}))

    return change


def spare_vector(generation):
    with closing(ChromaFolder(generation.vectors)) as vectors:
        vectors.upsert(["of-nothing"], WordEmbedding().question("spare"))


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (manifest("chromadb", "0.9"), UserError, "index rebuild"),  # another Chroma is no damage
        (manifest("passages", 7), DamagedError, "manifest counts other"),
        (spare_vector, DamagedError, "name other passages"),
    ],
)
def test_what_a_bug_publishes_with_right_checksums_is_told(tram, change, error, message):
    generation, _ = tram.store.open()
    change(generation)
    (generation.folder / "sums.json").write_text(json.dumps(sums(generation.folder)))
    with pytest.raises(error, match=message) as caught:
        check(tram.store, "g000002", ChromaFolderBackend())
    assert isinstance(caught.value, DamagedError) == (error is DamagedError)


def test_a_vector_that_does_not_find_its_passage_is_damage(tram, monkeypatch):
    for number in range(40):
        tram.write(f"{number}.txt", f"The council of ward {number} met on day {number * 7}.")
    tram.ingest()
    check(tram.store, "g000003", ChromaFolderBackend())
    nearest = ChromaFolder.nearest
    monkeypatch.setattr(
        ChromaFolder, "nearest", lambda self, vector, k: nearest(self, vector[::-1], k)
    )
    with pytest.raises(DamagedError, match="of 8 passages are not found by their own vector"):
        check(tram.store, "g000003", ChromaFolderBackend())


def test_many_passages_of_one_text_are_no_damage(news):
    lines = "".join(json.dumps({"id": n, "title": "T", "text": BREAD}) + "\n" for n in range(60))
    news.write("wire.jsonl", lines)
    news.ingest()
    check(news.store, "g000001", ChromaFolderBackend())


def test_a_rebuild_makes_the_index_anew_without_its_files(tram, says):
    (tram.folder / "tram.txt").unlink()
    for name in tram.store.names():
        shutil.rmtree(tram.store.root / name / "chroma")
    assert "assistant index rebuild" in says("search", "tram", code=5)[1]
    out, _ = says("index", "rebuild")
    assert out.startswith("Indexed 1 articles in 1 passages (0 new, 0 changed, 0 removed;")
    assert tram.finds("tram") == NEW
    assert json.loads(says("index", "rebuild", "--json")[0])["generation"] == "g000004"


def test_a_rebuild_takes_the_one_in_use_not_the_newest(tram, says):
    says("index", "use", "g000001")
    says("index", "rebuild")
    assert tram.finds("tram") == OLD
    assert tram.store.current_name() == "g000003"


@pytest.mark.parametrize(
    ("name", "damaged", "kept"),
    [
        ("g000000", "", ["g000001", "g000002"]),  # a writer was killed before it swept
        ("g000000", "g000001", ["g000000", "g000002"]),  # the whole one stays
        ("g000003", "", ["g000001", "g000002"]),  # never published
    ],
)
def test_an_ingest_with_nothing_to_do_sweeps_generations(tram, name, damaged, kept):
    shutil.copytree(tram.store.root / "g000002", tram.store.root / name)
    if damaged:
        (tram.store.root / damaged / "library.sqlite").write_bytes(b"no")
    tram.store = GenerationStore(tram.store.root, keep=2)
    assert not tram.ingest().published
    assert tram.store.names() == kept


def test_an_ingest_with_nothing_to_do_mends_a_damaged_index(tram):
    tram.write("tram.txt", OLD)  # as it is in the older one
    (tram.store.root / "g000002" / "library.sqlite").write_bytes(b"no")
    assert tram.ingest().generation == "g000003"
    assert tram.store.open()[1] == ""
    assert tram.finds("tram") == OLD


def test_a_publish_that_fails_leaves_no_generation(tram, monkeypatch):
    def fails(self, name):
        raise OSError("no")

    monkeypatch.setattr(GenerationStore, "_point_to", fails)
    tram.write("tram.txt", OLD)
    with pytest.raises(OSError, match="no"):
        tram.ingest()
    assert tram.store.names() == ["g000001", "g000002"]


def test_the_pid_of_a_writer_that_is_gone_is_not_told(tram):
    (tram.store.root / "writer.json").write_text(json.dumps({"pid": 2**30, "since": "09:00"}))
    with FileLock(tram.store.root / "writer.lock"), pytest.raises(BusyError, match="just started"):
        tram.ingest()


def test_a_dry_run_tells_everything_and_writes_nothing(tram, says):
    tram.put(bread=BREAD)
    tram.write("tram.txt", OLD)
    tram.write("wire.txt", OLD)
    tram.write("flood.txt", "The dike broke at Lower Brask.")
    tram.write("empty.txt", "")
    (tram.folder / "bread.txt").unlink()
    before = everything(tram.data)
    out, err = says("ingest", str(tram.folder), "--dry-run", "--prune", "--force", code=3)
    assert everything(tram.data) == before
    assert err == ""
    lines = out.splitlines()
    assert lines[0].startswith("Nothing was written. An ingest would index 2 articles (")
    told = {line.split()[0]: line for line in lines[1:]}
    assert told["REMOVED"].endswith("bread.txt") and told["SKIP"].split()[1] == "empty"
    assert "COPY" in told and "NEW" in told

    planned = json.loads(
        says("ingest", str(tram.folder), "--dry-run", "--prune", "--force", "--json", code=3)[0]
    )
    assert everything(tram.data) == before
    done = tram.ingest(prune=True, force=True)
    for name in ("new", "changed", "removed", "unchanged_files", "articles"):
        assert planned[name] == getattr(done, name), name
    assert [tuple(pair) for pair in planned["copies"]] == list(done.copies)
    assert len(planned["planned"]) == done.new + done.changed + done.removed
    assert (planned["published"], done.planned) == (False, ())


def test_a_dry_run_before_the_first_ingest_makes_no_folder(news, says):
    news.write("tram.txt", OLD)
    out, _ = says("ingest", str(news.folder), "--dry-run")
    assert "would index 1 articles (1 new," in out
    assert f"NEW  {news.folder.resolve()}/tram.txt" in out
    assert not news.data.exists()


def test_a_dry_run_needs_no_lock_and_lists_what_is_gone(tram, says):
    with tram.store.writing():
        before = everything(tram.data)
        out, _ = says("ingest", str(tram.folder), "--dry-run")
        assert everything(tram.data) == before
    assert out == (
        "Nothing was written. An ingest would index 1 articles (0 new, 0 changed, 0 removed; "
        "1 files unchanged) and skip 0.\n"
    )
    (tram.folder / "tram.txt").unlink()
    out, _ = says("ingest", str(tram.folder), "--dry-run")
    assert "GONE" in out and "REMOVED" not in out


def test_a_dry_run_does_not_watch(tram, says):
    with pytest.raises(SystemExit, match="2"):
        says("ingest", str(tram.folder), "--dry-run", "--watch")
