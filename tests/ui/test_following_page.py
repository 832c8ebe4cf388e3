"""The page of standing questions without a browser: what its events show."""

from contextlib import closing

import gradio as gr
import pytest

from index.core.errors import UsageError
from tests.fakes import ScriptedModel, WordVerifier
from tests.serving import service_of
from tests.ui.test_following import BRIDGE, FLOOD, article, upload
from ui.page.desk.following_page import FollowingPage

NO_FILTERS = (None, None, None, [])


@pytest.fixture
def service(news):
    news.put(a=article("Flood in Marn", 3, FLOOD))
    with closing(service_of(news, ScriptedModel())) as service:
        service.app.verifier = WordVerifier()
        yield service


@pytest.fixture
def page(service):
    with gr.Blocks(analytics_enabled=False):
        return FollowingPage(service)


def test_what_is_new_is_marked_until_somebody_has_looked(service, page, tmp_path):
    box, listed, told, updates = page._add("the <b>flood</b> in Marn", *NO_FILTERS)
    assert box == updates == "" and "&#60;b&#62;flood" in told
    upload(service, tmp_path)
    listed, told, updates = page._shown()
    [everything, (name, question)] = listed["choices"]
    assert everything[1] == listed["value"] == "" and name == "the <b>flood</b> in Marn (1 new)"
    assert told == "**1 not seen yet** · 1 update kept"
    assert "not seen before" in updates and BRIDGE in updates
    *_, (listed, told, updates) = page._look(question)
    assert told == "**1 update found**" and "not seen before" in updates
    assert listed["value"] == question and listed["choices"][1][0].endswith("Marn")
    *_, (_, told, updates) = page._look("")
    assert told == "Nothing new." and BRIDGE in updates and "not seen before" not in updates


def test_only_a_chosen_question_is_removed(service, page):
    page._add("the flood in Marn", *NO_FILTERS)
    with pytest.raises(UsageError, match="Choose a question first"):
        page._remove("")
    listed, told, _ = page._remove(service.following.list()[0].question.id)
    assert not listed["visible"] and "is not followed any more" in told
