"""Two removals left no way back; a generation that was just swept was called damaged."""

from contextlib import closing
from pathlib import Path

import pytest

from index.core.errors import UsageError
from index.storage import generations
from index.storage.generations import GenerationStore
from index.storage.manifest import surplus
from tests.command_line import CommandLine
from tests.conftest import OLD
from tests.fakes import ScriptedModel
from tests.serving import app_of
from ui.service.article_service import ArticleService

DAYS = "abcdefgh"


@pytest.fixture
def four(news):
    """An index of four articles in one generation."""
    for name in DAYS[:4]:
        news.write(f"{name}.txt", f"Title: {name}\n\nThe tram {name} stood still.\n")
    news.ingest()
    return news


def removed(four, title: str) -> str:
    """Remove an article; the generation that was published."""
    [article] = [one for one in four.articles().values() if one.title == title]
    four.remove(article.id)
    return four.store.current_name()


def test_after_three_removals_the_first_can_be_undone(four):
    for title in "abc":
        removed(four, title)
    four.store.use("g000001")
    assert sorted(four.articles()) == ["a.txt", "b.txt", "c.txt", "d.txt"]


def test_changes_of_today_are_kept_one_by_one_and_those_of_other_days_by_day():
    days: dict[str, str] = {}
    for number in range(6 * len(DAYS)):
        name = f"g{number:06d}"
        days[name] = DAYS[number // 6]
        for gone in surplus(days, 10, [name]):
            del days[gone]
        assert len(days) <= 10
    assert "".join(days.values()) == "cdefghhhhh"


def test_old_generations_make_room_for_the_next_where_the_disk_is_short(four, monkeypatch):
    for title in "abc":
        removed(four, title)
    size = sum(p.stat().st_size for p in (four.store.root / "g000004").rglob("*") if p.is_file())

    class Usage:
        free = int(1.5 * size)

    monkeypatch.setattr(generations.shutil, "disk_usage", lambda path: Usage)
    removed(four, "d")
    assert 2 <= len(four.store.names()) < 5
    assert {"g000004", "g000005"} <= set(four.store.names())


def test_no_way_back_is_given_up_where_that_would_not_make_enough_room(four, monkeypatch):
    removed(four, "a")
    removed(four, "b")

    class Usage:
        free = -(10**9)

    monkeypatch.setattr(generations.shutil, "disk_usage", lambda path: Usage)
    removed(four, "c")
    assert four.store.names() == ["g000001", "g000002", "g000003", "g000004"]


def test_a_generation_that_another_process_removes_meanwhile_is_not_called_damaged(
    tram, monkeypatch
):
    load = GenerationStore._load

    def swept(self, name):
        generation = load(self, name)
        if name == "g000001":
            self._drop([name])
        return generation

    monkeypatch.setattr(GenerationStore, "_load", swept)
    [state] = tram.store.states()
    assert (state.name, state.problem) == ("g000002", "")


def test_the_command_that_removes_names_the_one_that_undoes_it(four, monkeypatch, capsys):
    says = CommandLine(four.folder.parent, monkeypatch, capsys)
    [article] = [one for one in four.articles().values() if one.title == "a"]
    out, _ = says("articles", "remove", article.id)
    assert "'assistant index use g000001' undoes it" in out
    says("index", "use", "g000001")
    assert "a.txt" in four.articles()


def silent(what, done, total):
    """Report to nobody."""


@pytest.fixture
def articles(four):
    with closing(app_of(four, ScriptedModel())) as app:
        yield ArticleService(app)


def test_a_removal_of_several_is_undone_at_once_with_their_uploaded_files(articles, tmp_path):
    """Every removal was a generation of its own, and only the last could be undone."""
    for title in ("Rain", "Snow"):
        (tmp_path / title).write_text(f"Title: {title}\n\n{title} fell on Brask.\n")
    sent = [("fell.txt", tmp_path / "Rain"), ("fell.txt", tmp_path / "Snow")]
    articles.upload(sent, silent)
    generations, rows = len(articles.generations()), articles.page(text="fell on").rows
    assert len(articles.remove(*(row.article.id for row in rows))) == 2
    assert len(articles.generations()) == generations + 1
    assert not any(Path(row.article.path).exists() for row in rows)
    articles.undo(articles.last_removal)
    assert articles.page(text="fell on").rows == rows
    kept = sorted(Path(row.article.path).read_text() for row in rows)
    assert kept == [path.read_text() for _, path in sent]


def test_of_several_articles_none_is_removed_if_one_is_not_there(articles):
    [row, *_] = articles.page().rows
    before = articles.page().total
    with pytest.raises(UsageError, match="No article"):
        articles.remove(row.article.id, "0" * 32)
    assert articles.page().total == before


def test_a_removal_is_not_undone_over_what_came_later(articles, four):
    [row] = articles.page(text="a").rows[:1]
    articles.remove(row.article.id)
    four.write("new.txt", OLD)
    four.ingest()
    for removal in (articles.last_removal, ""):
        with pytest.raises(UsageError, match="has changed since"):
            articles.undo(removal)
    with pytest.raises(UsageError, match="has changed since"):
        four.store.use("g000001", instead_of="g000002")
    assert "new.txt" in four.articles()
