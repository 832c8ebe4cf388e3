"""What a sentence tells in one breath answers a list whose noun or condition no rule knows."""

import pytest

from assistant.answering.pipeline import Assistant
from index.core.articles import Article
from index.text.grammar import Enumeration, ParsedSentence
from tests.fakes import FixedSearch, KnownGrammar, ScriptedModel, WordReranker

CROPS = "The ozone study looked at the crops wheat, rice and maize."
PAID = "The ozone study was paid by the Lund Fund and the Abt Trust."
GRAMMAR = KnownGrammar(
    ParsedSentence(
        CROPS, enumerations=(Enumeration(("wheat", "rice", "maize"), ("", "", ""), ("crop",)),)
    ),
    ParsedSentence(
        PAID,
        enumerations=(
            Enumeration(("the Lund Fund", "the Abt Trust"), ("organisation",) * 2, ("pay",)),
        ),
    ),
)
STUDY = Article("/n/study.txt", "Ozone study", f"{CROPS} {PAID} It rained.")


def ask(question):
    search, model = FixedSearch(STUDY), ScriptedModel("Nothing of that. ")
    assistant = Assistant(search, WordReranker(), lambda: model, parser=lambda: GRAMMAR)
    return assistant.ask(question)


@pytest.mark.parametrize(
    ("question", "rows", "proof"),
    [
        ("Which crops did the ozone study look at?", ["wheat", "rice", "maize"], CROPS),
        ("Which funders paid for the ozone study?", ["Lund Fund", "Abt Trust"], PAID),
    ],
)
def test_its_members_are_the_rows_and_it_is_their_proof(question, rows, proof):
    answer = ask(question)
    assert (answer.kind, [claim.text for claim in answer.claims]) == ("list", rows)
    assert {citation.quote for claim in answer.claims for citation in claim.citations} == {proof}


def test_names_of_another_kind_do_not_answer():
    assert not {"Lund Fund", "Abt Trust"} & {
        claim.text for claim in ask("Which people have paid for the ozone study?").claims
    }


def test_a_sentence_on_something_else_does_not_answer():
    assert "wheat" not in ask("Which banks were robbed in Marn during the strike?").text
