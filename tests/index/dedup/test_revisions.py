"""A corrected version takes the place of the older one; what is undecided says so."""

import datetime as dt
import os
import random
import sqlite3
from contextlib import closing

import pytest

from assistant.cli.printing import show_article, show_articles
from index.core.articles import Article
from index.core.filters import NO_FILTERS
from index.dedup.near_duplicates import clusters, signature
from index.dedup.revisions import (
    ArticleVersion,
    correction_note,
    find_revisions,
)
from index.storage.article_store import ArticleStore, DuplicateInfo, FileRecord, PassageMeta
from index.storage.article_writer import ArticleWriter
from tests.index.dedup.conftest import OTHER, SAMPLE, STORY, changed, names

URL = "https://example.org/gazette/flood"
CORRECTED = STORY.replace("seven bodies", "nine bodies")
NOTE = "Correction: an earlier version of this article gave a wrong number."
ASKED = "How many bodies were recovered?"


def page(text, day=3, title="Dike gives way", source="Gazette", url=""):
    head = [("Title", title), ("Date", f"2024-05-0{day}"), ("Source", source), ("URL", url)]
    return "".join(f"{name}: {value}\n" for name, value in head if value) + f"\n{text}\n"


def test_a_later_version_under_the_same_url_supersedes_the_older(index):
    index.put(old=page(STORY, url=URL), new=page(CORRECTED, 5, url=f"{URL}/?utm_source=x"))
    assert index.found(ASKED) == ["new"]
    assert index.found(ASKED, superseded=True) == ["new", "old"]
    newer = index.info("new")
    assert names([index.info("old").superseded_by]) == ["new"]
    assert (names(newer.corrects), newer.carried_by) == (["old"], ())
    assert index.news.search().passages_of([newer.corrects[0].id], NO_FILTERS) == []
    index.news.remove(index.id("new"))
    assert index.info("old").superseded_by is None
    assert index.found(ASKED) == ["old"]


def test_a_version_without_a_url_is_known_by_source_and_title(index):
    wire = page(CORRECTED.replace("evening", "night"), source="Wire")
    index.put(old=page(STORY), new=page(CORRECTED, 5), wire=wire)
    assert names([index.info("old").superseded_by]) == ["new"]
    assert index.info("wire").superseded_by is None
    assert index.found(ASKED) == ["new"]


def test_a_changed_file_replaces_its_article_and_leaves_no_version(index):
    index.put(flood=page(STORY, url=URL))
    assert index.put(flood=page(CORRECTED, 5, url=URL)).changed == 1
    assert index.info("flood") == DuplicateInfo()
    assert "nine bodies" in index.news.finds(ASKED)


def test_of_one_day_the_version_that_says_it_corrects_is_the_newer(index):
    index.put(a=page(f"{CORRECTED} {NOTE}", url=URL), b=page(STORY, url=URL))
    assert names([index.info("b").superseded_by]) == ["a"]
    assert index.info("a").note == NOTE


@pytest.mark.parametrize(("later", "decides"), [(86_401, True), (3_600, False), (0, False)])
def test_of_one_day_the_file_that_is_younger_by_a_day_is_the_newer(index, later, decides):
    os.utime(index.news.write("a.txt", page(STORY, url=URL)), (1e9, 1e9))
    os.utime(index.news.write("b.txt", page(CORRECTED, url=URL)), (1e9 + later, 1e9 + later))
    index.news.ingest()
    assert (index.info("a").superseded_by is not None) == decides
    if not decides:
        assert names([index.info("a").unsettled, index.info("b").unsettled]) == ["b", "a"]
    assert len(index.found(ASKED)) == 1


def test_a_corrected_text_is_superseded_wherever_it_was_copied(index):
    index.put(
        copy=page(STORY, source="Lane", url="https://example.org/lane/1"),
        old=page(STORY, url=URL),
        new=page(CORRECTED, 5, url=URL),
        wire=page(STORY.replace("evening", "night"), source="Wire"),
    )
    assert index.found("late in the night seven bodies") == ["new"]
    assert names(index.info("new").corrects) == ["copy", "old"]


@pytest.mark.parametrize(
    "second",
    [
        ("b", "Dike gives way", "Lane", URL),  # another paper claims the URL
        ("c", "Bread is dear", "Gazette", URL),  # the URL was given to another story
        ("b", "Dike gives way", "Gazette", "https://example.org/gazette/flood-2"),
        ("b", "Another title", "Gazette"),
        ("b", "Dike gives way", ""),
    ],
)
def test_what_is_not_surely_the_same_article_supersedes_nothing(second):
    signed = {"a": signature(STORY), "b": signature(CORRECTED), "c": signature(OTHER)}
    first = ArticleVersion("a", "Dike gives way", "Gazette", URL, dt.date(2024, 5, 3))
    later = ArticleVersion(*second, day=dt.date(2024, 5, 9))
    assert find_revisions([first, later], signed, clusters(signed)) == ({}, {})


def test_a_url_that_many_texts_have_is_that_of_a_list():
    signed = {f"{n:02}": signature(changed(STORY, n, "x")) for n in range(30)}
    versions = [
        ArticleVersion(name, f"No {name}", "Gazette", URL, dt.date(2024, 5, n))
        for n, name in enumerate(signed, 1)
    ]
    assert find_revisions(versions, signed, clusters(signed)).superseded == {}
    few = find_revisions(versions[:5], signed, clusters(signed)).superseded
    assert few == {"00": "04", "01": "04", "02": "04", "03": "04"}


def test_no_mix_of_evidence_makes_all_versions_old():
    rng = random.Random(7)
    signed = {str(n): signature(changed(STORY, n, "x")) for n in range(5)}
    days, times = [None, dt.date(2024, 5, 3), dt.date(2024, 5, 9)], [0, 1, 10**18, 10**18 + 1]
    for _ in range(300):
        versions = [
            ArticleVersion(
                name, "T", "Gazette", URL, rng.choice(days), rng.choice(times), rng.random() < 0.3
            )
            for name in signed
        ]
        superseded = find_revisions(versions, signed, clusters(signed)).superseded
        assert set(superseded.values()).isdisjoint(superseded)


@pytest.mark.parametrize(
    ("text", "is_note"),
    [
        ("Correction: the toll is nine.", True),
        ("This article was amended on 4 May to give the right toll.", True),
        ("An earlier version of this story misspelled the name.", True),
        ("This story has been corrected.", True),
        ("Our report of Tuesday, March 12, gave a wrong figure for the quay walls.", True),
        ("The department of correction opened a prison.", False),
        ("Editor's note: this story tells of violence.", False),
        ("The first version of the report was kept secret.", False),
        ("Market corrections are normal.", False),
    ],
)
def test_a_note_that_something_was_wrong_is_found(text, is_note):
    assert correction_note("Toll", f"It rained for days.\n\n{text}") == (text if is_note else "")


def test_of_the_sample_articles_only_the_correction_has_a_note(index):
    index.news.ingest(SAMPLE)
    with index.opened() as store:
        noted = [row.article.title for row in store.listed() if row.note]
        assert not any(row.superseded_by for row in store.listed())
    assert noted == ["Correction: Tavrin city budget"]


def test_all_that_is_known_of_an_article_is_kept(tmp_path):
    article = Article(
        *("/a.txt", "Title", "Text.", dt.date(2024, 5, 3), "Gazette", "https://x.org/a"),
        *("Ann Roe", "TAVRIN", "dateline", dt.date(2024, 5, 4), "en"),
    )
    with closing(ArticleWriter(tmp_path / "library.sqlite")) as store:
        store.put_file(FileRecord("/a.txt", 1, 2, "00"), [article], [])
        assert store.article(article.id) == article
        assert [found for _, found in store.articles()] == [article]


def test_an_index_without_clusters_and_revisions_can_still_be_read(index):
    index.put(a=STORY)
    generation, _ = index.news.store.open()
    with closing(sqlite3.connect(generation.library)) as db:
        kept = "id, file, path, title, text, published, source, url, byline, place, digest, copy_of"
        db.execute(f"CREATE TABLE old AS SELECT {kept} FROM articles")
        db.execute("DROP TABLE articles")
        db.execute("DROP TABLE wordings")
        db.execute("ALTER TABLE old RENAME TO articles")
    with closing(ArticleStore(generation.library)) as store:
        (_, article), (row,) = next(store.articles()), store.listed()
        assert (article.text, article.language, row.superseded_by) == (STORY, "", None)
        place = store.passage_meta(store.passage_ids())[store.passage_ids()[0]]
        assert place == PassageMeta(article.id, article.id, False, False)
        assert store.duplicate_info(article.id) == DuplicateInfo()
        assert store.carried_by(article.id) == []


def test_show_and_list_name_versions_copies_warnings_and_days(index, capsys):
    text = f"{CORRECTED} He died on Wednesday, police said. {NOTE}"
    wire = page(STORY.replace("evening", "night"), 3, "Toll", "Wire")
    index.put(old=page(STORY, url=URL), new=page(text, 5, url=URL), wire=wire)
    old, new, wire = (index.id(name)[:8] for name in ("old", "new", "wire"))
    with index.opened() as store:
        show_article(store, index.id("new"))
        newer = capsys.readouterr().out
        show_article(store, index.id("old"))
        older = capsys.readouterr().out
        show_articles(store)
        listed = capsys.readouterr().out
    for line in (
        f"corrects: {old} Dike gives way — Gazette, 3 May 2024\n",
        f"also carried by: {wire} Toll — Wire, 3 May 2024\n",
        f"warning: {NOTE}\n",
        "language: en\n",
        "days: Wednesday = 2024-05-01\n",
    ):
        assert line in newer
    assert f"superseded by: {new}" in older
    assert listed.count(f"superseded by {new}") == 1
