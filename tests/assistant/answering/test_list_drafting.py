"""A list is drafted by the model, and each entry is proved by code or dropped."""

import threading

import pytest

from assistant.answering.pipeline import Assistant
from assistant.core.query import Query
from assistant.kinds.inventory.names.drafted import EntryProof, entries
from index.core.articles import Article
from tests.fakes import (
    FixedSearch,
    KnownGrammar,
    ScriptedModel,
    WordReranker,
    evidence_of,
)

SENTENCES = (
    "The Marn festival opened on Friday.",
    "Ann Lee judged the Marn films.",
    "Bo Rask judged the Marn films, too.",
    "It ended on Sunday.",
)
FESTIVAL = Article("/n/festival.txt", "Marn festival", " ".join(SENTENCES))
ASKED = "Which judges did the Marn festival have?"
PRIZES = Article("/n/prizes.txt", "Prizes", "It gave the Sun, Moon and Star Prizes.")


def assistant(model):
    return Assistant(FixedSearch(FESTIVAL), WordReranker(5), lambda: model, parser=KnownGrammar)


def ask(*said, model=None):
    return list(assistant(model or ScriptedModel(*said)).stream(ASKED))


def test_each_proved_entry_is_a_row_with_its_sentence():
    answer = ask("- Ann Lee (a judge)\n- Bo Rask\n- Cy Poe")[-1]
    assert [(c.text, [one.quote for one in c.citations]) for c in answer.supported] == [
        ("Ann Lee", [SENTENCES[1]]),
        ("Bo Rask", [SENTENCES[2]]),
    ]
    assert (answer.kind, answer.text) == ("list", "Ann Lee\nBo Rask")
    assert [claim.text for claim in answer.rejected] == ["Cy Poe"]


@pytest.mark.parametrize("said", ["Cy Poe\nDi Roe", "Marn festival", "Ann Rask", ""])
def test_where_no_entry_is_proved_it_is_refused(said):
    answer = ask(said)[-1]
    assert answer.refusal.code == "unsupported"
    assert answer.kind == "list"


def test_what_the_model_does_not_take_for_the_answer_is_refused():
    model = ScriptedModel("Ann Lee\nBo Rask")
    model.look = (("No", -0.1), ("Yes", -9.0))
    assert ask(model=model)[-1].refused


def test_entries_come_as_they_are_written_and_their_cost_is_counted():
    answers = ask("Ann Lee\nBo Rask\nCy Poe")
    shown = [len(answer.supported) for answer in answers]
    assert shown == sorted(shown)
    assert {0, 1, 2} <= set(shown)
    timings = answers[-1].timings
    assert (timings.model_calls, answers[-1].model) == (2, "scripted")
    assert timings.completion_tokens > 20
    assert answers[0].evidence


def test_a_cancelled_list_ends_with_what_is_proved():
    cancel, model = threading.Event(), ScriptedModel("Ann Lee\nBo Rask\nCy Poe")
    for answer in assistant(model).stream(Query(ASKED), cancel):
        if answer.supported:
            cancel.set()
    assert (answer.finish_reason, answer.text) == ("cancelled", "Ann Lee")
    assert answer.final


def test_an_entry_keeps_no_more_than_stands_in_the_article():
    proof = EntryProof("Who judged?", evidence_of(FESTIVAL))
    assert proof.check("Ann Lee of Marn").text == "Ann Lee"
    assert proof.check("Bo Rask (a critic)").text == "Bo Rask"
    assert not proof.check("Ann Rask").supported


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ("nuclear talks", "The nuclear plant was closed after the peace talks."),
        ("red car", "The red house was hit by a car and a tram."),
        ("Norway", "Norway did not attend the talks."),
    ],
)
def test_words_that_stand_apart_or_are_denied_prove_no_entry(entry, sentence):
    told = Article("/n/told.txt", "Told", sentence)
    assert not EntryProof("Which were there?", evidence_of(told)).check(entry).supported


def test_whose_mayor_it_is_is_no_entry_of_its_own():
    told = Article("/n/talks.txt", "Talks", "Brask's mayor met the envoys. They came from Lund.")
    proof = EntryProof("Which towns sent envoys?", evidence_of(told))
    assert proof.check("Lund").supported
    assert not proof.check("Brask").supported


def test_a_word_that_entries_share_may_stand_behind_the_last():
    proof = EntryProof("What did it give?", evidence_of(PRIZES))
    assert proof.check("Sun Prize").supported
    assert not proof.check("Gold Prize").supported
    assert not proof.check("Sun Medal").supported


@pytest.mark.parametrize(
    ("draft", "expected"),
    [
        ("Here is the list:\n1. Ann Lee\n2) Bo Rask\n2) Bo Rask", ["Ann Lee", "Bo Rask"]),
        ("Ann Lee, Bo Rask and Cy Poe.", ["Ann Lee", "Bo Rask", "Cy Poe"]),
        ("There are three: Ann Lee, Bo Rask and Cy Poe.", ["Ann Lee", "Bo Rask", "Cy Poe"]),
        ("wheat, which is grown here\nrye", ["wheat, which is grown here", "rye"]),
        ("The crops include: wheat, rice and maize.", ["wheat", "rice", "maize"]),
        ("It grows two. The crops are wheat and rye.", ["wheat", "rye"]),
        ("The crops, all of them old, are a gift. They are wheat or rye.", ["wheat", "rye"]),
        ("A judge is who sees all films and is paid by Ann Lee, Bo Rask and Cy Poe.", []),
        ("Ann Lee\n---\n", ["Ann Lee"]),
    ],
)
def test_a_draft_is_cut_into_its_entries(draft, expected):
    assert entries(draft, done=True) == (expected, "")


@pytest.mark.parametrize(
    "draft", ["Ann Lee (a, b and c)\nBo Rask\nCy Poe, the last", "Ann Lee, Bo Rask\n"]
)
def test_finished_entries_stay_while_a_draft_grows(draft):
    before = []
    for end in range(len(draft) + 1):
        found, _ = entries(draft[:end], done=False)
        assert found[: len(before)] == before
        before = found
    assert entries(draft, done=True)[0][: len(before)] == before
