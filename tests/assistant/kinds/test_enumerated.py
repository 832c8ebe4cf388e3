"""What a sentence tells in one breath answers a list whose noun or condition no rule knows."""

import pytest

from assistant.answering.pipeline import Assistant
from assistant.verification.verifier import WORD, Verdict, WordSupport
from index.core.articles import Article
from index.text.grammar import Enumeration, Name, ParsedSentence
from tests.fakes import FixedSearch, KnownGrammar, ScriptedModel, WordReranker, WordVerifier

CROPS = "The ozone study looked at the three crops wheat, rice and maize."
PAID = "The ozone study was paid by the Lund Fund and the Abt Trust."
LED = "The ozone study was led by Ann Lee, a chemist, Bo Rask and Cy Poe."
GRAMMAR = KnownGrammar(
    ParsedSentence(
        CROPS, enumerations=(Enumeration(("wheat", "rice", "maize"), ("", "", ""), ("crop",)),)
    ),
    ParsedSentence(
        PAID,
        (
            Name("the Lund Fund", 28, 41, "organisation"),
            Name("the Abt Trust", 46, 59, "organisation"),
        ),
        enumerations=(
            Enumeration(("the Lund Fund", "the Abt Trust"), ("organisation",) * 2, ("pay",)),
        ),
    ),
    ParsedSentence(
        LED, enumerations=(Enumeration(("Ann Lee", "chemist", "Cy Poe"), ("",) * 3, ("lead",)),)
    ),
)
STUDY = Article("/n/study.txt", "Ozone study", f"{CROPS} {PAID} {LED} It rained.")


def ask(question, verifier=WordVerifier):
    search, model = FixedSearch(STUDY), ScriptedModel("Nothing of that. ", "Nothing of that. ")
    assistant = Assistant(
        search, WordReranker(), lambda: model, parser=lambda: GRAMMAR, verifier=verifier
    )
    return assistant.ask(question)


def rows(answer):
    return [claim.text for claim in answer.claims]


@pytest.mark.parametrize(
    ("question", "expected", "proof"),
    [
        ("Which crops did the ozone study look at?", ["wheat", "rice", "maize"], CROPS),
        ("What crops did the ozone study look at?", ["wheat", "rice", "maize"], CROPS),
        ("Which three crops did the ozone study look at?", ["wheat", "rice", "maize"], CROPS),
        ("Which funders paid for the ozone study?", ["Lund Fund", "Abt Trust"], PAID),
    ],
)
def test_its_members_are_the_rows_and_it_is_their_proof(question, expected, proof):
    answer = ask(question)
    assert (answer.kind, rows(answer)) == ("list", expected)
    assert {citation.quote for claim in answer.claims for citation in claim.citations} == {proof}


def test_what_one_of_several_names_is_said_to_be_is_no_row():
    asked = "What are the full names of the chemists that led the ozone study?"
    assert rows(ask(asked)) == ["Ann Lee", "Bo Rask", "Cy Poe"]


def test_of_another_number_than_is_asked_for_the_model_reads():
    assert "wheat" not in rows(ask("Which two crops did the ozone study look at?"))


def test_names_of_another_kind_do_not_answer():
    assert not {"Lund Fund", "Abt Trust"} & set(
        rows(ask("Which people have paid for the ozone study?"))
    )


def test_what_the_verifier_does_not_find_said_of_the_question_does_not_answer():
    class Doubtful(WordVerifier):
        def verify(self, claim, proofs):
            return super().verify(claim, [])

    assert "wheat" not in rows(ask("Which crops did the ozone study look at?", Doubtful))


def test_words_of_the_question_are_never_taken_for_members():
    asked = "Which crops did the ozone study look at?"

    class Narrow(WordVerifier):
        """Finds the question said and no member, of which it reads the first alone."""

        def verify(self, claim, proofs):
            question = WORD.findall(asked)
            [first, *_] = WORD.findall(claim)[len(question) :]
            said = [WordSupport(word, 1.0) for word in question]
            return Verdict((*said, WordSupport(first, 0.0)))

    assert "wheat" not in rows(ask(asked, Narrow))


def test_a_sentence_on_something_else_does_not_answer():
    assert "wheat" not in ask("Which banks were robbed in Marn during the strike?").text


def test_the_model_drafts_first_and_what_it_cost_counts_where_it_proves_nothing():
    said = Assistant(
        FixedSearch(STUDY),
        WordReranker(),
        lambda: ScriptedModel("rice\nrye"),
        parser=lambda: GRAMMAR,
    ).ask("Which crops did the ozone study look at?")
    assert (said.text, said.timings.model_calls) == ("rice", 2)
    unproved = ask("Which crops did the ozone study look at?")
    assert (unproved.text, unproved.timings.model_calls) == ("wheat\nrice\nmaize", 1)


def test_where_nothing_is_enumerated_the_model_reads():
    model = ScriptedModel("Nothing of that. ")
    assistant = Assistant(FixedSearch(STUDY), WordReranker(), lambda: model, parser=lambda: GRAMMAR)
    assistant.ask("What are the names of the ozone study's ferries?")
    assert model.shown
