"""The page to ask without a browser: what is kept, shown and joined, whatever a browser sends."""

from __future__ import annotations

import json
from contextlib import closing

import pytest

from index.core.articles import Article
from index.core.errors import UsageError
from tests.conftest import News
from tests.serving import GOOD, WHO, HeldModel, service_of
from tests.stories import TALKS, file_of
from tests.ui.test_page_markdown import an_answer
from ui.page.ask.ask_events import AskEvents, Tab, messages
from ui.page.ask.conversations import Change, Conversation, Exchange, Journal, read, written
from ui.page.ask.opening import opening
from ui.page.ask.questions import Choice, history
from ui.service.example_questions import questions

TAB, OTHER = Tab("visitor", "one", "me"), Tab("visitor", "two", "me")
STRANGER = Tab("somebody", "three", "them")


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


@pytest.fixture
def events(service):
    return AskEvents(service)


def asked(events, question=WHO, *, tab=TAB, kept=None, opened="talk", replaces=None, **choice):
    """The views of a question, from what the tab has kept."""
    return list(events.ask(tab, kept, opened, question, replaces, Choice(**choice)))


def keys(view):
    return [turn.key for turn in view.conversation.turns]


def sent(conversations):
    """What a browser sends after it has kept something."""
    return json.loads(json.dumps(written(conversations)))


# ── one question ──────────────────────────────────────────────────────────────────────────────


def test_a_question_is_kept_at_once_and_shown_again_with_its_answer(events):
    first, *_, last = asked(events)
    assert [turn.question for turn in read(sent(first.kept))[0].turns] == [WHO]
    assert first.running and not last.running
    assert GOOD in last.messages[1]["content"]
    again = AskEvents(events._service).view(TAB, sent(last.kept), "talk")
    assert (again.messages, again.proof) == (last.messages, last.proof)


def test_the_evidence_is_shown_before_the_answer(events):
    views = asked(events)
    proof = next(view for view in views if view.proof)
    assert "What the model reads" in proof.proof
    assert GOOD not in proof.messages[-1]["content"]
    # progress and the quoted sentence are one message: each has buttons
    assert {len(view.messages) for view in views} == {2}


@pytest.mark.parametrize(
    ("question", "choice", "told"),
    [
        (" ", {}, "empty"),
        ("w" * 2001, {}, "2,001 characters"),
        (WHO, {"as_of": "yesterday"}, "is not a date"),
        (WHO, {"since": "2024-02-01", "until": "2024-01-01"}, "ends before it begins"),
    ],
)
def test_what_cannot_be_asked_is_told_and_not_kept(events, question, choice, told):
    with pytest.raises(UsageError, match=told):
        asked(events, question, **choice)
    assert events.view(TAB, [], "talk").kept == []


def test_one_article_alone_may_be_asked(events):
    last = asked(events)[-1]
    cited = last.conversation.turns[-1].answer["citations"][0]["article"]
    choice = Choice(articles=(cited,))
    assert str(choice) == "1 chosen article"
    *_, same = asked(events, articles=choice.articles)
    assert same.conversation.turns[-1].answer["citations"]
    *_, none = asked(events, articles=("0" * 32,))
    assert none.conversation.turns[-1].answer["refused"]


def test_an_answer_that_never_came_can_be_asked_again(events):
    steps = events.ask(TAB, [], "talk", WHO, None, Choice())
    next(steps)
    steps.close()  # as when the page is closed
    view = events.view(TAB, [], "talk")
    assert view.messages[-1]["options"] == [{"value": WHO, "label": "Ask again"}]
    last = asked(events, replaces=0)[-1]
    assert [turn.question for turn in last.conversation.turns] == [WHO]
    assert "options" not in last.messages[-1]


def test_a_question_may_take_the_place_of_one_and_those_after_it(events):
    kept = sent(asked(events)[-1].kept)
    kept = sent(asked(events, "Who came for Washington?", kept=kept)[-1].kept)
    last = asked(events, "Who met in Karuizawa?", kept=kept, replaces=0)[-1]
    assert [turn.question for turn in last.conversation.turns] == ["Who met in Karuizawa?"]


def test_a_question_goes_on_with_the_sentences_of_the_one_before(events):
    kept = sent(asked(events)[-1].kept)
    last = asked(events, "Who of them said that the door was open?", kept=kept)[-1]
    assert last.conversation.turns[-1].answer["read"]["goes_on"] is True


def test_a_tab_asks_one_question_at_a_time_from_its_first_moment(events):
    steps = events.ask(TAB, [], "talk", WHO, None, Choice())
    next(steps)  # the question is shown, no thread runs yet
    with pytest.raises(UsageError, match="Stop it first"):
        next(events.ask(TAB, [], "talk", "Who met in Tokyo?", None, Choice()))
    last = list(steps)[-1]
    assert [turn.question for turn in last.conversation.turns] == [WHO]


def test_an_answer_can_be_stopped_and_has_a_receipt(events):
    steps = events.ask(TAB, [], "talk", WHO, None, Choice())
    next(steps), next(steps)
    assert events.questions.is_running(TAB.name)
    events.questions.stop(TAB.name)
    last = list(steps)[-1]
    assert not events.questions.is_running(TAB.name)
    assert last.conversation.turns[0].answer["cut"] in ("cancelled", None)
    last = asked(events, replaces=0)[-1]
    assert events.questions.receipt(keys(last)[0])["asked"]["question"] == WHO
    assert events.questions.receipt("other") is None


# ── several tabs ──────────────────────────────────────────────────────────────────────────────


def test_two_tabs_of_one_conversation_keep_both_answers(events):
    before = sent(asked(events)[-1].kept)
    asked(events, "Who came for Washington?", kept=before)
    last = asked(events, "Who met in Karuizawa?", tab=OTHER, kept=before)[-1]
    assert len(last.conversation.turns) == 3
    assert len(set(keys(last))) == 3


def test_nobody_sees_what_another_visitor_asked(events):
    asked(events)
    assert events.view(STRANGER, [], "talk").messages == []


def test_what_one_tab_deletes_the_other_does_not_bring_back(events):
    before = sent(asked(events)[-1].kept)
    events.change(TAB, before, Change("talk", deleted=True))
    assert asked(events, opened="new", tab=OTHER, kept=before)[-1].kept[0].id == "new"
    assert [one.id for one in events.conversations(OTHER, before)] == ["new"]


def test_a_vote_is_kept_with_the_exchange_and_on_this_machine(events):
    kept = sent(asked(events)[-1].kept)
    view = events.vote(TAB, kept, "talk", 0, "up", "")
    assert view.votes == ["Like"]
    again = AskEvents(events._service).view(TAB, sent(view.kept), "talk")
    assert again.votes == ["Like"]
    assert events.feedback.votes()[-1]["key"] == keys(view)[0]
    with pytest.raises(UsageError, match="no answer"):
        events.vote(TAB, kept, "talk", 5, "up", "")


# ── what a browser may send ───────────────────────────────────────────────────────────────────

PACKED = Exchange("k", WHO, an_answer("x")).to_json()["answer"]


@pytest.mark.parametrize(
    "kept",
    [
        *(None, "x", [1], [{}], [{"id": 1}], [{"id": "a", "turns": 5}]),
        [{"id": "a", "turns": [1, {}, {"key": 1}]}],
    ],
)
def test_kept_values_of_any_shape_are_read_as_far_as_they_go(events, kept):
    view = events.view(TAB, kept, "a")
    assert view.messages == [] and view.proof == ""
    assert asked(events, kept=kept, opened="a")[-1].conversation.turns[0].answer


@pytest.mark.parametrize("packed", ["x", PACKED[:-8], "é", 5, "H4sIAAAA", None, [PACKED]])
def test_an_answer_that_cannot_be_unpacked_is_told_to_be_missing(packed):
    [turn] = read([{"id": "a", "turns": [{"key": "k", "question": WHO, "answer": packed}]}])[
        0
    ].turns
    assert turn.answer is None
    assert messages([turn])[1]["options"]


@pytest.mark.parametrize("answer", [{}, {"answer": []}, {"claims": 5}, {"citations": [{}]}])
def test_an_answer_of_another_version_is_told_to_be_lost(events, answer):
    kept = sent([Conversation("a", turns=(Exchange("k", WHO, answer),))])
    view = events.view(TAB, kept, "a")
    assert "another version" in view.messages[1]["content"]
    assert view.proof == ""
    assert history(view.conversation.turns)[0].question == WHO


def test_what_is_kept_comes_back_as_it_was_and_stays_below_what_a_request_may_hold():
    turns = tuple(Exchange(f"{n}", "why " * 400, an_answer(f"{n} " * 900)) for n in range(40))
    many = [Conversation(f"{n}", turns=turns) for n in range(60)]
    kept = sent(many)
    assert 0 < len(kept) < 60
    assert len(json.dumps(kept)) < 900_000
    assert read(kept)[0] == many[0]


def test_only_so_many_changes_and_visitors_are_remembered():
    journal = Journal()
    for number in range(300):
        turn = Exchange(f"{number}", WHO)
        journal.add("one", Change("a", turn))
        journal.add(f"visitor {number}", Change("a", turn))
    assert len(journal.merged("visitor 299", [])[0].turns) == 1
    assert journal.merged("visitor 1", []) == []
    assert len(journal.merged("one", [])[0].turns) <= 100


# ── examples ──────────────────────────────────────────────────────────────────────────────────


def test_examples_are_made_of_names_that_a_sentence_explains():
    told = "Seoul was represented by Kim Gunn, the special representative for peace."
    assert questions([Article("/a", title="", text=told)]) == ["Who is Kim Gunn?"]
    untold = "The White House said so. On Monday it did."
    assert questions([Article("/b", title="", text=untold)]) == []


def test_examples_stay_while_the_newest_articles_are_short(tmp_path):
    """Only the newest few were read for them."""
    news = News(tmp_path)
    for number in range(60):
        news.write(f"{number}.txt", f"Title: Rain {number}\nDate: 2024-06-01\n\nIt rained.")
    news.write("kim.txt", "Title: Talks\nDate: 2023-07-20\n\nKim Gunn said that it was late.")
    news.ingest()
    with closing(service_of(news, HeldModel(held=False))) as service:
        _, examples, _ = opening(service)
    assert examples == [{"text": "What did Kim Gunn say?"}]
