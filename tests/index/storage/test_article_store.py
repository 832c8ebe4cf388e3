"""The library of a generation: words, copies, lists and ids, on the real SQLite FTS5."""

import datetime as dt

import pytest

from index.core.articles import Article, Skip
from index.core.errors import DamagedError
from index.core.filters import Filters
from index.storage import bm25 as lexicals
from index.storage.article_store import ArticleStore, FileRecord
from index.storage.article_writer import ArticleWriter
from index.text.chunking import PassageSplitter

BRIDGE = Article(
    "/news/bridge.txt",
    "Bridge closed",
    "Oskar Veith closed the bridge. It was noon.",
    dt.date(2024, 5, 6),
    "The Lane",
)
BREAD = Article("/news/bread.txt", "Bread is dear", "Zoë Lind baked 90 loaves. Nobody paid.")


def put(library, *articles):
    splitter = PassageSplitter(str.split, 5)
    for article in articles:
        library.put_file(FileRecord(article.path, 10, 20, "00"), [article], [])
    library.mark_copies()
    for article_id in library.digests():
        article = library.article(article_id)
        if article_id not in library.indexed():
            library.put_passages(splitter.split(article))


@pytest.fixture
def library(tmp_path):
    library = ArticleWriter(tmp_path / "library.sqlite")
    put(library, BRIDGE, BREAD)
    yield library
    library.close()


def texts(library, question, k=10):
    ids = [passage_id for passage_id, _ in library.lexical(question, k)]
    return [library.passages([passage_id])[passage_id].text for passage_id in ids]


def test_words_are_found_in_other_forms_and_without_accents(library):
    assert texts(library, "ZOE baking loaf loaves")[0] == "Zoë Lind baked 90 loaves."


def test_a_word_of_the_title_finds_every_passage_of_the_article(library):
    assert set(texts(library, "dear")) == {"Zoë Lind baked 90 loaves.", "Nobody paid."}


def plans(library, look):
    """How SQLite goes about each query of a look-up."""
    queries: list[str] = []
    library._db.set_trace_callback(queries.append)
    look()
    library._db.set_trace_callback(None)
    return [
        [row[-1] for row in library._db.execute(f"EXPLAIN QUERY PLAN {query}").fetchall()]
        for query in queries
        if query.startswith("SELECT")
    ]


def test_fts5_is_asked_once_for_a_scope_and_not_for_each_of_its_passages(library):
    scope = Filters(since=dt.date(2024, 1, 1))
    steps = [
        step
        for plan in plans(library, lambda: library.lexical("bridge bread", 5, scope))
        for step in plan
    ]
    asked = [step for step in steps if "VIRTUAL TABLE INDEX" in step]
    assert asked
    assert not [step for step in asked if "=" in step]  # that is: for one row


@pytest.fixture
def many(tmp_path, monkeypatch):
    """Of 300 passages all name the council, a third the tram, three Oskar and none the harbour."""
    monkeypatch.setattr(lexicals, "SCORED", 120)
    library = ArticleWriter(tmp_path / "many.sqlite")
    told = {n: "tram " * (n % 3 == 0) + "Oskar " * (n in (7, 9, 90)) for n in range(300)}
    put(
        library,
        *(
            Article(
                f"/{n:03}.txt",
                f"Note {n}",
                f"The council met {n} times, {'again ' * (n % 7)}{words}.",
            )
            for n, words in told.items()
        ),
    )
    yield library
    library.close()


def same_as_exactly(library, question, k, monkeypatch):
    """How many are found, if they are those of a look at all passages."""
    found = library.lexical(question, k)
    with monkeypatch.context() as patch:
        patch.setattr(lexicals, "SCORED", 10**9)
        exact = library.lexical(question, k)
    assert [one for one, _ in found] == [one for one, _ in exact]
    assert [score for _, score in found] == pytest.approx([score for _, score in exact])
    return len(found)


def test_scores_of_rare_words_are_the_same_when_common_ones_are_not_looked_through(
    many, monkeypatch
):
    for question, k in (("Oskar council", 3), ("tram Oskar council", 20), ("tram again", 50)):
        assert same_as_exactly(many, question, k, monkeypatch) == k


def test_common_words_are_looked_through_when_rare_ones_find_too_little(many, monkeypatch):
    assert same_as_exactly(many, "Oskar council", 20, monkeypatch) == 20
    assert {texts(many, "Oskar council", 3)[n].count("Oskar") for n in range(3)} == {1}


@pytest.mark.parametrize(
    "question", ["", "   ", "?!", "who was it, and what did they do?", "👩‍👩‍👧"]
)
def test_stop_words_alone_find_nothing(library, question):
    assert library.lexical(question, 10) == []


@pytest.mark.parametrize(
    "question",
    [
        'bridge"',
        '"bridge" OR "',
        "bridge AND NOT NEAR(closed, 2)",
        "title:bridge body:*",
        "bridge* ^bridge -bridge +bridge",
        "bridge') ; DROP TABLE articles; --",
        "bridge\x00closed",
        "bridge \ud800",
        "{bridge} (bridge [bridge",
        "_ __ bridge ___",
        "bridge " + " ".join(f"w{n}" for n in range(5000)),
    ],
)
def test_a_question_is_words_and_no_query_language(library, question):
    assert any("bridge" in text for text in texts(library, question))
    assert library.counts()["articles"] == 2


@pytest.mark.parametrize("prefix", ["", "%", "_", "______", f"{BRIDGE.id[:4]}%", "zz", "' OR 1=1"])
def test_nothing_wildcards_and_nonsense_are_no_beginning_of_an_id(library, prefix):
    library.remove_article(BREAD.id)  # and "" is none of the only one
    assert library.article(prefix) is None


def test_a_beginning_that_two_ids_share_names_none(library):
    first = next(a for n in range(99) if (a := Article(f"/{n}", "t", f"Text {n}.")).id[0] == "a")
    second = next(
        a for n in range(100, 999) if (a := Article(f"/{n}", "t", f"Text {n}.")).id[0] == "a"
    )
    put(library, first, second)
    assert library.article("a") is None
    assert library.article(first.id) == first


def test_the_newest_article_is_listed_first_and_unknown_dates_last(library):
    put(library, Article("/news/today.txt", "Today", "It rained.", dt.date(2024, 6, 1)))
    listed = list(library.listed())
    assert [one.article.title for one in listed] == ["Today", "Bridge closed", "Bread is dear"]
    assert [one.passages for one in listed] == [1, 2, 2]
    assert {one.article.text for one in listed} == {""}


def test_a_passage_that_is_taken_out_is_found_no_more(library):
    gone = library.drop_passages(BRIDGE.id)
    assert len(gone) == 2
    assert texts(library, "bridge noon") == []
    assert library.passages(gone) == {}


def test_skips_stand_with_their_file_and_go_with_it(library):
    skip = Skip("/news/x.txt", "empty", "The file is empty.")
    library.put_file(FileRecord("/news/x.txt", 0, 1, "11"), [], [skip])
    assert library.skips() == {"/news/x.txt": [skip]}
    library.remove_file("/news/x.txt")
    assert library.skips() == {}


@pytest.mark.parametrize("content", [b"", b"not a database at all" * 100])
def test_a_file_that_is_no_library_is_named_as_damaged(tmp_path, content):
    path = tmp_path / "library.sqlite"
    path.write_bytes(content)
    with pytest.raises(DamagedError, match="is damaged"):
        ArticleStore(path)
    with pytest.raises(DamagedError):
        ArticleStore(tmp_path / "none.sqlite")
