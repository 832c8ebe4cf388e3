"""ArticleService: the list in pages, uploads stored and ingested, articles removed."""

from contextlib import closing
from pathlib import Path

import pytest

from index.core.errors import UsageError, UserError
from tests.fakes import ScriptedModel
from tests.serving import app_of
from ui.service.article_service import ArticleService
from ui.service.upload_limits import MAX_FILES


def silent(what, done, total):
    """Report to nobody."""


@pytest.fixture
def articles(news):
    for day, (name, source) in enumerate([("b", "Courier"), ("A", "Argus"), ("c", "Brask")], 1):
        news.write(
            f"{name}.txt", f"Title: {name}\nDate: 2024-05-0{day}\nSource: {source}\n\n{name}!\n"
        )
    news.write("undated.txt", "Title: undated\n\nNobody knows when.\n")
    news.ingest()
    with closing(app_of(news, ScriptedModel())) as app:
        yield ArticleService(app)


def titles(page):
    return [row.article.title for row in page.rows]


@pytest.mark.parametrize(
    ("view", "shown"),
    [
        ({}, ["c", "A", "b", "undated"]),  # newest first
        ({"descending": False}, ["b", "A", "c", "undated"]),
        ({"sort": "title", "descending": False}, ["A", "b", "c", "undated"]),
        ({"text": "BRASK"}, ["c"]),
        ({"text": "nowhere"}, []),
        ({"text": " KNOWS When"}, ["undated"]),  # of its text
    ],
)
def test_articles_are_sorted_and_found_by_title_source_or_text(view, shown, articles):
    assert titles(articles.page(**view)) == shown


def test_pages_are_whole_and_one_beyond_the_last_is_the_last(articles):
    first, last = articles.page(size=3), articles.page(9, size=3)
    assert (len(first.rows), first.pages, first.total) == (3, 2, 4)
    assert (last.number, titles(last)) == (2, ["undated"])


def test_one_article_is_read_by_the_beginning_of_its_id(articles):
    [row] = articles.page(text="courier").rows
    assert articles.get(row.article.id[:8]).text == "b!"
    assert articles.duplicates(row.article.id).carried_by == ()
    assert articles.get("0" * 32) is None


def test_an_upload_is_kept_by_its_name_and_can_be_removed_with_its_file(articles, tmp_path):
    sent = tmp_path / "random-name"
    sent.write_text("Title: Rain\nDate: 2024-05-03\n\nRain fell on Brask.\n")
    upload = articles.upload([("../../rain <1>.txt", sent)], silent)
    assert (upload.report.new, upload.report.skips) == (1, ())
    [row] = articles.page(text="rain").rows
    assert [file.articles for file in upload.files] == [(row,)]
    kept = Path(row.article.path)
    assert (kept.name, kept.parent.parent) == ("rain _1_.txt", articles.uploads)
    [gone] = articles.remove(row.article.id)
    assert gone.title == "Rain"
    assert list(articles.uploads.iterdir()) == []
    assert articles.page().total == 4


def test_removing_an_article_leaves_a_file_that_was_not_uploaded(articles, news):
    [row] = articles.page(text="brask").rows
    articles.remove(row.article.id)
    assert (news.folder / "c.txt").exists()


def test_an_upload_is_bounded_in_number_and_size_and_can_be_off(
    articles, news, tmp_path, monkeypatch
):
    file = tmp_path / "a.txt"
    file.write_text("too much")
    with pytest.raises(UsageError, match="too many at once"):
        articles.upload([(f"{n}.txt", file) for n in range(MAX_FILES + 1)], silent)
    monkeypatch.setattr("ui.service.article_service.MAX_FILE_BYTES", 5)
    with pytest.raises(UsageError, match=r"a\.txt is larger than"):
        articles.upload([("a.txt", file)], silent)
    off = ArticleService(app_of(news, ScriptedModel()), upload=False)
    with pytest.raises(UsageError, match=r"Uploading is off \(ui\.upload\)"):
        off.upload([("a.txt", file)], silent)
    assert not articles.uploads.exists()


def test_generations_can_be_gone_back_to_and_rebuilt(articles):
    report = articles.rebuild(silent)
    assert (report.articles, report.generation) == (4, "g000002")
    assert [state.name for state in articles.generations()] == ["g000001", "g000002"]
    articles.use("g000001")
    assert [s.name for s in articles.generations() if s.current] == ["g000001"]


def test_before_the_first_ingest_the_list_is_empty(news):
    with closing(app_of(news, ScriptedModel())) as app:
        articles = ArticleService(app)
        assert (articles.page().total, articles.page().pages) == (0, 1)
        with pytest.raises(UserError, match="Nothing is indexed yet"):
            articles.get("0")
