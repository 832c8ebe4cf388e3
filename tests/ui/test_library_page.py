"""The Library page without a browser: its rows, what became of files, what a visitor may name."""

from __future__ import annotations

from contextlib import closing

import gradio as gr
import pytest

from index.core.errors import UsageError
from tests.fakes import ScriptedModel
from tests.serving import app_of
from ui.page.library_changes import Added, discard, received, ticked, written_state
from ui.page.library_page import library_page, row_of
from ui.service.answer_service import AnswerService

RAIN = "Title: Rain\nDate: 2024-05-03\nSource: Brask Bulletin\n\nRain fell on Brask for a week.\n"


def silent(what, done, total):
    """Report to nobody."""


@pytest.fixture
def service(news):
    news.put(rain=RAIN)
    with closing(AnswerService(app_of(news, ScriptedModel()))) as service:
        yield service


def components(service, *, upload):
    """The types of the page's components."""
    service.articles.upload_allowed = upload
    with gr.Blocks(analytics_enabled=False) as blocks:
        library_page(service)
    return [block.get_block_name() for block in blocks.blocks.values()], blocks.fns


def test_a_row_says_what_the_list_knows_of_an_article(service, news):
    news.put(
        again=RAIN.replace("Brask Bulletin", "Other\u202e Wire"),
        undated="Title: Sun\n\nThe sun shone.",
    )
    rows = {row.article.source: row for row in service.articles.page().rows}
    first, other = rows["Brask Bulletin"], rows["Other Wire"]
    chosen = [other.article.id[:10]]
    carriers = service.articles.duplicates(other.article.id).carried_by
    *cells, notes, article_id = row_of(other, carriers, chosen)
    assert cells == [True, "Rain", "2024-05-03", "Other Wire", str(other.passages)]
    assert "Also in Brask Bulletin" in notes
    assert service.articles.get(article_id).source == "Other Wire"
    assert row_of(first, (), chosen)[0] is False
    [undated] = service.articles.page(text="the sun").rows
    assert "No date" in row_of(undated, (), ())[-2]


def test_ticks_stay_where_another_page_of_the_list_is_shown():
    first = [[True, "Rain", "a1"], [False, "Snow", "b2"]]
    chosen = ticked(first, ())
    chosen = ticked([["true", "Hail", "c3"], []], chosen)
    assert chosen == ("a1", "c3")
    assert ticked([[False, "Rain", "a1"]], chosen) == ("c3",)


def test_batches_of_files_add_up_and_each_refusal_has_its_reason(service, tmp_path):
    added = Added()
    for name, text in (("snow.txt", "Title: Snow\n\nSnow fell."), ("a <b>.pdf", "%PDF-1.4 no")):
        (tmp_path / name).write_text(text)
        added = added.plus(service.articles.upload([(name, tmp_path / name)], silent))
    assert (added.new, added.articles) == (1, 2)
    shown = added.markdown()
    assert "**1 new, 0 changed; 2 articles in all.**" in shown
    assert "- a &#60;b&#62;.pdf: not taken (bad&#95;pdf): " in shown
    assert "<summary>1 file taken</summary>snow.txt: 1 article: Snow<" in shown


def test_a_visitor_may_not_name_files_of_this_machine(tmp_path):
    folder = tmp_path / "received"
    folder.mkdir()
    (tmp_path / "secret.txt").write_text("s")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    outside = (tmp_path / "secret.txt", folder / ".." / "secret.txt", folder / "link.txt", folder)
    for path in (*outside, "/etc/hosts", folder / "gone.txt"):
        with pytest.raises(UsageError, match="was not uploaded here"):
            received([str(path)], folder)


def test_received_files_are_gone_with_the_empty_ones_beside_them(tmp_path):
    (tmp_path / "ab").mkdir()
    for name in ("ab/rain.txt", "ab/other.txt", "tmpxyz"):
        (tmp_path / name).write_text("" if name == "tmpxyz" else RAIN)
    discard(received([str(tmp_path / "ab" / "rain.txt")], tmp_path), tmp_path)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["other.txt"]


def test_a_generation_is_told_apart_by_its_size_and_time(service):
    [state] = service.articles.generations()
    assert written_state(state).startswith("g000001 · 1 article · ")
    assert written_state(state).endswith(" · in use")


def test_where_nothing_may_be_uploaded_nothing_of_the_page_changes_the_index(service):
    """A call that is not registered cannot be made by hand either."""
    every, all_calls = components(service, upload=True)
    some, calls = components(service, upload=False)
    assert "file" in every and "radio" in every
    assert {"file", "radio", "accordion"}.isdisjoint(some)
    assert "dataframe" in some and "textbox" in some
    assert len(calls) < len(all_calls)
    targets = {event for call in calls.values() for _, event in call.targets}
    assert {"upload", "click", "input", "expand"} & targets == {"click"}  # Previous and Next
