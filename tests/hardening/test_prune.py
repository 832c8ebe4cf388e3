"""`--prune` removes what was deleted, and nothing that could only not be read."""

import os
import shutil

import pytest

from tests.command_line import CommandLine
from tests.fakes import WordEmbedding

TEXTS = [f"Report number {number} of the council says little." for number in range(12)]


@pytest.fixture
def twelve(news):
    """Twelve articles, six of them in a folder of their own."""
    for number, text in enumerate(TEXTS):
        news.write(f"{'deep/' * (number % 2)}{number}.txt", text)
    news.ingest()
    return news


@pytest.fixture
def assistant(twelve, monkeypatch, capsys):
    return CommandLine(twelve.folder.parent, monkeypatch, capsys)


def pruned(news, **options):
    report = news.ingest(prune=True, **options)
    assert report.articles + report.removed == 12
    return report.removed


def test_what_was_deleted_is_pruned(twelve):
    for number in (0, 1):
        next(twelve.folder.rglob(f"{number}.txt")).unlink()
    report = twelve.ingest(prune=True)
    assert (report.removed, report.missing, report.unpruned) == (2, (), "")


def test_nothing_below_a_folder_that_may_not_be_read_is_pruned(twelve, monkeypatch):
    """Its articles were removed."""
    scandir = os.scandir

    def denied(path):
        if str(path).endswith("deep"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", denied)
    (twelve.folder / "2.txt").unlink()
    report = twelve.ingest(prune=True, force=True)
    assert (report.removed, report.articles) == (1, 11)
    assert [skip.code for skip in report.skips] == ["denied"]


@pytest.mark.parametrize("to", ["an empty folder", "its own place", "nowhere"])
def test_nothing_below_a_folder_that_became_a_link_is_pruned(twelve, to):
    """Its articles were removed, because links are not followed."""
    moved = twelve.folder.parent / "moved"
    (twelve.folder / "deep").rename(moved)
    empty = twelve.folder.parent / "empty"
    empty.mkdir()
    target = {"an empty folder": empty, "its own place": moved}
    (twelve.folder / "deep").symlink_to(target.get(to, "nowhere"))
    report = twelve.ingest(prune=True, force=True)
    assert (report.removed, [skip.code for skip in report.skips]) == (0, ["symlink"])


def test_a_file_that_became_a_link_is_not_pruned(twelve):
    (twelve.folder / "0.txt").rename(twelve.folder.parent / "0.txt")
    (twelve.folder / "0.txt").symlink_to(twelve.folder.parent / "0.txt")
    assert pruned(twelve, force=True) == 0


@pytest.mark.parametrize("left", [[], [".lost+found"], ["photo.jpg"]])
def test_an_empty_folder_may_be_a_disk_that_is_not_mounted(twelve, assistant, left):
    """All articles were removed, with exit code 0."""
    shutil.rmtree(twelve.folder)
    twelve.folder.mkdir()
    for name in left:
        (twelve.folder / name).write_text("x")
    out, err = assistant("ingest", "articles", "--prune", code=3)
    assert "0 removed" in out
    assert "12 of 12 articles" in err and "mounted" in err and "--prune --force" in err
    out, err = assistant(
        "ingest", "articles", "--prune", "--force", code=3 if "photo" in str(left) else 0
    )
    assert "12 removed" in out and err == ""


def test_a_small_folder_that_is_empty_is_not_pruned_either(news):
    for number, text in enumerate(TEXTS):
        news.write(f"{'here' if number else 'there'}/{number}.txt", text)
    here, there = news.folder / "here", news.folder / "there"
    news.ingest(here, there)
    (there / "0.txt").unlink()
    report = news.ingest(there, prune=True)
    assert (report.removed, "there" in report.unpruned) == (0, True)
    assert news.ingest(there, prune=True, force=True).removed == 1


def test_a_folder_that_is_a_link_to_another_place_now_is_not_pruned(twelve):
    twelve.folder.rename(twelve.folder.with_name("moved"))
    (twelve.folder.parent / "other").mkdir()
    twelve.folder.symlink_to("other")
    report = twelve.ingest(prune=True)
    assert (report.removed, "is a link now" in report.unpruned) == (0, True)
    twelve.folder.unlink()
    twelve.folder.symlink_to("moved")
    report = twelve.ingest(prune=True)  # the same files, in another place
    assert (report.unpruned, report.articles) == ("", 12)


def test_more_than_a_fifth_of_the_index_needs_force(twelve):
    for number in (0, 2, 4):
        (twelve.folder / f"{number}.txt").unlink()
    report = twelve.ingest(prune=True)
    assert (report.removed, len(report.missing)) == (0, 3)
    assert "3 of 12 articles" in report.unpruned
    assert twelve.ingest().unpruned == ""  # nobody asked for it
    assert twelve.ingest(prune=True, force=True).removed == 3


def test_what_is_new_is_taken_while_pruning_is_refused(twelve):
    shutil.rmtree(twelve.folder / "deep")
    twelve.write("new.txt", "The tram ran again on Tuesday.")
    report = twelve.ingest(prune=True)
    assert (report.new, report.removed, report.articles) == (1, 0, 13)


def test_a_folder_that_was_renamed_is_pruned(twelve):
    """Nothing is lost: the same files are found elsewhere."""
    (twelve.folder / "deep").rename(twelve.folder / "deeper")
    report = twelve.ingest(prune=True)
    assert (report.removed, report.unpruned, report.articles) == (6, "", 12)


def test_a_dry_run_says_what_would_not_be_pruned(twelve, assistant):
    shutil.rmtree(twelve.folder / "deep")
    out, err = assistant("ingest", "articles", "--prune", "--dry-run", code=3)
    assert "0 removed" in out and "6 of 12 articles" in err


def test_watching_prunes_by_the_same_rules(twelve, assistant, monkeypatch):
    """A disk that was unmounted while it was watched took its articles along."""

    def steps(paths, ignored):
        shutil.rmtree(twelve.folder)
        twelve.folder.mkdir()
        yield
        yield
        raise KeyboardInterrupt

    monkeypatch.setattr("index.ingest.watch.changes", steps)
    _, err = assistant("ingest", "articles", "--watch", "--prune", code=130)
    assert err.count("12 of 12 articles") == 1
    assert len(twelve.articles()) == 12
    assert twelve.search(WordEmbedding()).search("Report number 7", 1)
