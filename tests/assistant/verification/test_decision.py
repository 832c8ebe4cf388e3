"""Yes, no, or one of two values: only where a sentence proves it."""

import pytest

from assistant.verification.closed_questions import closed_question, is_closed
from assistant.verification.decision import Judge
from assistant.verification.relations import contradicts
from assistant.verification.verifier import Verdict, WordSupport
from index.core.articles import Article
from index.text.grammar import Argument, ParsedSentence, Relation
from index.text.words import stem, words
from tests.fakes import KnownGrammar, evidence_of

KEPT = "The ferry did not sink."
RAISED = "Divers raised the old ferry in June."
STORY = Article("/a/ferry.txt", "Ferry off Pellow", f"{KEPT} {RAISED} Nobody was hurt.")


class WordVerifier:
    """Says that a word is said if a proof has it."""

    def verify(self, claim, proofs) -> Verdict:
        known = {stem(word) for proof in proofs for word in words(proof.text)}
        said = {word: {stem(part) for part in words(word)} <= known for word in claim.split()}
        return Verdict(tuple(WordSupport(word, float(found)) for word, found in said.items()))


def deed(text: str, verb: str, *arguments: Argument, negated: bool = False) -> ParsedSentence:
    subject = next((a for a in arguments if a.role == "subject"), None)
    others = tuple(a for a in arguments if a.role != "subject")
    return ParsedSentence(text, relations=(Relation(verb, 0, subject, others, negated),))


def argument(role: str, text: str, kind: str = "") -> Argument:
    return Argument(role, text, (text,), kind)


def decide(question: str, *known: ParsedSentence):
    parser = KnownGrammar(*known)
    asked = closed_question(question, parser)
    return Judge(parser, WordVerifier(), {}).decide(asked, evidence_of(STORY))


@pytest.mark.parametrize(
    "question",
    [
        "Did the ferry sink?",
        "Didn't the ferry sink?",
        "Is it true that the ferry sank?",
        "The ferry sank, right?",
        "Was it raised in May or in June?",
        "Do the articles say whether it sank?",
    ],
)
def test_a_question_whose_answer_is_yes_or_no_or_a_value_it_names_is_closed(question) -> None:
    assert is_closed(question)


@pytest.mark.parametrize(
    "question",
    [
        "Who sank the ferry?",
        "Can you summarise the articles?",
        "Do you have anything on ferries?",
        "Did it sink, and who was hurt?",
        "Was it raised? When?",
    ],
)
def test_other_questions_are_not_closed(question) -> None:
    assert not is_closed(question)


def test_a_sentence_that_says_it_is_a_yes_with_the_sentence() -> None:
    found = decide("Did divers raise the ferry?")
    assert (found.word, found.text, found.proof.text) == ("Yes", f"Yes: {RAISED}", RAISED)


def test_a_sentence_that_denies_it_is_a_no_with_the_sentence() -> None:
    ferry = argument("subject", "the ferry")
    asked = deed("the ferry did sink", "sink", ferry)
    found = decide("Did the ferry sink?", asked, deed(KEPT, "sink", ferry, negated=True))
    assert found.text == f"No: {KEPT}"


def test_what_no_sentence_says_is_left_open() -> None:
    assert decide("Did the captain resign?") is None


def test_a_denial_is_no_yes_even_where_it_has_all_the_words() -> None:
    assert decide("Did the ferry sink?") is None


@pytest.mark.parametrize(
    "question", ["Was it May or June when divers raised the ferry?", "Was the ferry raised?"]
)
def test_the_answer_is_a_yes_or_the_only_option_that_a_sentence_has(question) -> None:
    found = decide(question)
    assert found.word == ("June" if " or " in question else "Yes")
    assert found.proof.text == RAISED


def test_two_options_of_which_none_is_said_are_left_open() -> None:
    assert decide("Did divers raise the ferry in March or in April?") is None


TALKS = argument("object", "the talks")


@pytest.mark.parametrize(("verb", "denied"), [("host", True), ("attend", False)])
def test_what_one_alone_does_is_denied_by_another_doer(verb, denied) -> None:
    claim, other = (
        deed("", verb, argument("subject", who, "place"), TALKS) for who in ("Tavrin", "Velmara")
    )
    assert contradicts(claim, other) is denied


@pytest.mark.parametrize(
    ("mine", "theirs", "denied"),
    [
        ("20 stops", "14 stops", True),
        ("14 stops", "14 stops", False),
        ("20 stops", "14 kilometres", False),
        ("20 people", "at least 12 people", False),
    ],
)
def test_another_number_of_the_same_denies(mine, theirs, denied) -> None:
    def line(text: str) -> ParsedSentence:
        object_ = Argument("object", text, (text.split()[-1],))
        return deed("", "have", argument("subject", "the line"), object_)

    assert contradicts(line(mine), line(theirs)) is denied


@pytest.mark.parametrize(
    "asked", ["Is it true that {}?", "{}, right?", "Do the articles say that {}?"]
)
def test_a_denial_that_is_asked_for_is_a_no_where_a_sentence_says_the_thing(asked) -> None:
    found = decide(asked.format("divers never raised the ferry"))
    assert found.text == f"No: {RAISED}"
    contrary = decide(asked.format("divers raised the ferry"))
    assert contrary.text == f"Yes: {RAISED}"


def test_a_denial_that_is_asked_for_is_a_yes_where_a_sentence_denies_it_too() -> None:
    ferry = argument("subject", "the ferry")
    asked = deed("the ferry did sink", "sink", ferry)
    denial = deed(KEPT, "sink", ferry, negated=True)
    assert decide("Is it true that the ferry didn't sink?", asked, denial).text == f"Yes: {KEPT}"


@pytest.mark.parametrize(
    "question",
    [
        "Didn't divers raise the ferry?",
        "Did divers not raise the ferry?",
        "Is it not true that divers raised the ferry?",
        "Do you know whether or not divers raised the ferry?",
    ],
)
def test_yes_affirms_the_deed_however_it_is_asked(question) -> None:
    assert decide(question).text == f"Yes: {RAISED}"


@pytest.mark.parametrize(("by", "to"), [("sailors", "the ferry"), ("divers", "a wreck")])
def test_what_others_did_or_was_done_to_others_is_no_yes(by, to) -> None:
    statement = "divers did raise the ferry"
    mine = deed(statement, "raise", argument("subject", "divers"), argument("object", "the ferry"))
    theirs = deed(RAISED, "raise", argument("subject", by), argument("object", to))
    assert decide("Did divers raise the ferry?", mine) is not None
    assert decide("Did divers raise the ferry?", mine, theirs) is None
    pronoun = deed(RAISED, "raise", argument("subject", "they", "pronoun"))
    assert decide("Did divers raise the ferry?", mine, pronoun) is not None


def test_an_option_is_chosen_though_a_word_beside_it_is_not_said() -> None:
    asked = "Was it May or June when divers raised the old sunken ferry?"
    assert decide(asked).word == "June"
    assert decide("Did divers raise the old sunken ferry?") is None


def test_an_option_of_which_most_of_the_rest_is_not_said_is_left_open() -> None:
    assert decide("Did the captain of the ferry resign in May or June?") is None


def test_who_it_was_that_did_it_is_asked_of_the_deed() -> None:
    asked = "Was it a sailor or divers that raised the ferry?"
    assert closed_question(asked, KnownGrammar()).statements[1] == "divers raised the ferry"
    assert decide(asked).text == f"Divers: {RAISED}"


def test_the_subject_is_what_the_verb_follows_in_the_question() -> None:
    asked = "did the harbour master, Lind, raise the ferry?"
    lind = argument("subject", "the harbour master, Lind")
    known = ParsedSentence(asked, relations=(Relation("raise", asked.index("raise"), lind),))
    found = closed_question(f"D{asked[1:]}", KnownGrammar(known))
    assert found.statements == ("the harbour master, Lind did raise the ferry",)


def test_the_subject_is_the_shortest_that_makes_a_statement() -> None:
    statement = "the port of Pellow was a ruin."
    port = argument("subject", "the port of Pellow")
    known = ParsedSentence(statement, relations=(Relation("be", 19, port),))
    found = closed_question("Was the port of Pellow a ruin?", KnownGrammar(known))
    assert found.statements == ("the port of Pellow was a ruin",)


@pytest.mark.parametrize(
    "question",
    [
        "Is it true that Kim, who did not attend, resigned?",
        "Is it true that Kim won because Lee did not run?",
        "Is it true that the dam did not break in May or June?",
        "Did Kim, who did not attend, resign?",
    ],
)
def test_what_is_denied_in_a_clause_or_of_two_options_is_left_to_the_model(
    question,
) -> None:
    assert closed_question(question, KnownGrammar()) is None


def test_a_tag_with_its_verb_is_answered_by_the_deed() -> None:
    assert decide("Divers did not raise the ferry, did they?").text == f"Yes: {RAISED}"
    assert decide("Divers did not raise the ferry, right?").text == f"No: {RAISED}"


def test_a_title_denies_nothing() -> None:
    asked = closed_question('Is it true that "Never Look Away" won the prize?', KnownGrammar())
    assert (asked.statements, asked.denied) == (('"Never Look Away" won the prize',), False)
