"""The page without a browser: what it is sent, what it may name, and what it keeps."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path

import pytest
from ui.page.library import LibraryTab
from ui.page.quality import QualityTab, report_path
from ui.service.progress import watched

from eval.data.cases import read as read_cases
from index.core.errors import UsageError
from tests.conftest import News
from tests.serving import HeldModel, service_of
from tests.stories import TALKS, file_of
from tests.ui.test_page_markdown import an_answer
from ui.service.feedback import MAX_LINE, Feedback


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    """Its articles are changed by no test."""
    news = News(tmp_path_factory.mktemp("service"))
    news.write(
        "talks.txt", f"{file_of(TALKS)}Sung Kim, the envoy of Washington, said the door was open.\n"
    )
    news.ingest()
    with closing(service_of(news, HeldModel(held=False))) as service:
        yield service


# ── the Library ───────────────────────────────────────────────────────────────────────────────


def test_a_visitor_may_not_name_files_of_this_machine(service, tmp_path):
    received = tmp_path / "received"
    received.mkdir()
    secret = tmp_path / "secret.txt"
    secret.write_text(file_of(TALKS), "utf-8")
    (received / "link.txt").symlink_to(secret)
    shelves = LibraryTab(service, received)
    inside = (received / ".." / "secret.txt", received / "link.txt", received)
    for path in (secret, *inside, "/etc/hosts"):
        last = list(shelves.take([{"name": "a.txt", "path": str(path)}]))[-1]
        assert "was not uploaded here" in last["html"]
    assert not service.articles.uploads.exists()


def test_each_file_of_an_upload_is_told_what_became_of_it(news, tmp_path):
    (tmp_path / "good.txt").write_text("Title: Rain\n\nRain fell on Brask.", "utf-8")
    (tmp_path / "bad.pdf").write_bytes(b"%PDF-1.4 no")
    sent = [{"name": name, "path": str(tmp_path / name)} for name in ("good.txt", "bad.pdf")]
    with closing(service_of(news, HeldModel())) as service:
        last = list(LibraryTab(service, tmp_path).take(sent))[-1]
    assert last["done"]
    assert "<b>good.txt</b> 1 article" in last["html"]
    assert "not taken (bad_pdf)" in last["html"]


@pytest.mark.parametrize("view", [{}, {"page": "x", "sort": "x", "text": None}, {"page": 10**9}])
def test_a_view_of_any_shape_shows_the_list(service, view):
    shown = LibraryTab(service, Path()).listed(view | {"text": ""})
    assert "Envoys talk in Karuizawa" in shown


# ── feedback ──────────────────────────────────────────────────────────────────────────────────


def test_votes_come_out_as_cases_that_an_evaluation_reads(tmp_path):
    feedback = Feedback(tmp_path / "feedback.jsonl")
    answer = an_answer("Kim Gunn")
    feedback.keep({"key": "1", "vote": "down", "answer": answer})
    feedback.keep({"key": "1", "vote": "up", "answer": answer})
    feedback.keep({"key": "2", "vote": "up", "answer": an_answer("Nobody?", refused=True)})
    feedback.keep({"key": "3", "vote": "down", "note": "Sung Kim", "answer": answer})
    feedback.keep({"key": "4", "vote": "down", "answer": answer})
    titled = {**answer, "citations": [{**answer["citations"][0], "part": "title"}]}
    feedback.keep({"key": "6", "vote": "up", "answer": titled})
    with (tmp_path / "feedback.jsonl").open("a") as file:
        file.write('{"key": "5", "vo')
    (tmp_path / "questions.jsonl").write_text(feedback.cases(lambda article: "talks"), "utf-8")
    praised, refused, blamed, by_title = read_cases(tmp_path / "questions.jsonl")
    assert [gold.quote for gold in by_title.evidence] == [""]
    assert (praised.answers, praised.articles) == (("Kim Gunn",), ("talks",))
    assert not refused.answerable
    assert blamed.answers == ("Sung Kim",)
    assert (tmp_path / "feedback.jsonl").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "said",
    [{}, {"vote": "left", "answer": {}}, {"vote": "up", "answer": {"x": "y" * MAX_LINE}}],
)
def test_what_is_no_vote_is_not_kept(tmp_path, said):
    with pytest.raises(UsageError):
        Feedback(tmp_path / "f.jsonl").keep(said)
    assert not (tmp_path / "f.jsonl").exists()


# ── QualityTab ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("wanted", [{}, {"set": "/etc", "size": 10}, {"set": "sample", "size": 3}])
def test_only_known_sets_and_sizes_are_run(service, wanted):
    [only] = QualityTab(service, ("false",)).run(wanted)
    assert "no such set" in only["html"]


def test_an_evaluation_that_fails_tells_its_last_words(service):
    words = "import sys; sys.exit('eval: The model is missing.')"
    tab = QualityTab(service, (sys.executable, "-c", words))
    *_, last = tab.run({"set": "sample", "size": 10})
    assert "The model is missing." in last["html"]


@pytest.mark.parametrize("name", ["..", "../feedback", "a/b", "A", "", "compare-../x", "absent"])
def test_a_report_is_named_and_not_a_path(service, name):
    assert report_path(service.app.settings.data, name) is None
    with pytest.raises(UsageError, match="no such run"):
        QualityTab(service, ("false",)).compare(name, name)


# ── long work ─────────────────────────────────────────────────────────────────────────────────


def test_work_is_told_and_its_end_or_failure_comes_back():
    ended = []

    def follow(work):
        ended.append((yield from watched(work)))

    def fails(progress):
        raise UsageError("no")

    assert list(follow(lambda progress: progress("reading", 1, 2) or "read"))
    assert ended == ["read"]
    with pytest.raises(UsageError, match="no"):
        list(follow(fails))
