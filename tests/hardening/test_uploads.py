"""Uploads never replace one another, and each is told what became of it."""

from contextlib import closing
from pathlib import Path

import pytest

from index.core.errors import BusyError
from tests.fakes import ScriptedModel
from tests.serving import app_of
from ui.page.library_changes import Added
from ui.service.answer_service import AnswerService


def silent(what, done, total):
    """Report to nobody."""


@pytest.fixture
def service(news):
    with closing(AnswerService(app_of(news, ScriptedModel()))) as service:
        yield service


@pytest.fixture
def send(tmp_path):
    """Makes a file as a browser sends it: its name, and where it lies."""
    made = []

    def send(name, title):
        made.append(tmp_path / f"received-{len(made)}")
        made[-1].write_text(f"Title: {title}\nDate: 2024-05-03\n\n{title} was in the news.\n")
        return name, made[-1]

    return send


def titles(service):
    return sorted(row.article.title for row in service.articles.page().rows)


@pytest.mark.parametrize(
    "names",
    [
        ("Report (1).txt", "Report [1].txt"),
        ("x" * 90 + "a.txt", "x" * 90 + "b.txt"),
        ("notes.txt", "notes.txt"),
        ("../notes.txt", "notes.txt"),
    ],
)
def test_names_that_become_one_name_are_two_articles(names, service, send):
    """Cleaned or shortened names met, so the second file replaced the first; both were shown."""
    upload = service.articles.upload(
        [send(name, title) for name, title in zip(names, ("Rain", "Snow"), strict=True)], silent
    )
    assert [[row.article.title for row in file.articles] for file in upload.files] == [
        ["Rain"],
        ["Snow"],
    ]
    assert titles(service) == ["Rain", "Snow"]


def test_a_second_visitor_with_the_same_file_name_replaces_nothing(service, send):
    """The second `notes.txt` took the place of the first visitor's."""
    for title in ("Rain", "Snow"):
        service.articles.upload([send("notes.txt", title)], silent)
    assert titles(service) == ["Rain", "Snow"]
    again = service.articles.upload([send("notes.txt", "Rain")], silent)
    assert (again.report.new, len(again.files[0].articles)) == (0, 1)


def test_each_file_is_told_its_article(service, send):
    """Two files of one name were both told the article that the second had made."""
    sent = [send("a (1).txt", "Rain"), send("a [1].txt", "Snow"), send("a.pdf", "Hail")]
    added = Added().plus(service.articles.upload(sent, silent))
    assert added.taken == ("a (1).txt: 1 article: Rain", "a &#91;1&#93;.txt: 1 article: Snow")
    [refused] = added.refused
    assert refused.startswith("a.pdf: not taken (bad&#95;pdf): ")


def test_a_name_longer_than_a_disk_allows_is_shortened(service, send):
    """Eighty characters of four bytes each are more than a file name may have."""
    service.articles.upload([send("\U00020000" * 90 + ".txt", "Rain")], silent)
    assert titles(service) == ["Rain"]


def test_what_was_not_indexed_is_not_kept(service, send, monkeypatch):
    """A file stayed in the data folder for good, although the visitor was told of an error."""
    bad = send("a.pdf", "Hail")
    service.articles.upload([bad, send("b.txt", "Rain")], silent)
    assert [path.name for path in kept(service)] == ["b.txt"]

    def busy(progress):
        raise BusyError("Another ingest is running.")

    monkeypatch.setattr(service.app, "ingest", busy)
    with pytest.raises(BusyError):
        service.articles.upload([send("c.txt", "Snow")], silent)
    assert [path.name for path in kept(service)] == ["b.txt"]


def kept(service) -> list[Path]:
    return [path for path in service.articles.uploads.rglob("*") if path.is_file()]
