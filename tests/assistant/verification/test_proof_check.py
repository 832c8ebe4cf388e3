"""Whether cited sentences say a claim: grammar first, then the trained verifier."""

from assistant.core.answer import Evidence
from assistant.verification.proof_check import ProofCheck
from assistant.verification.verifier import Verdict, WordSupport, proof_of
from index.core.articles import Article, Passage
from index.text.grammar import Argument, ParsedSentence, Relation
from index.text.words import stems
from tests.fakes import KnownGrammar, KnownVerifier

TEXT = "The race was long. Mara Holt won the race."
PASSAGE = Passage(Article("/race.txt", "A race", TEXT), ((0, 18), (19, 42)))
PROOF = Evidence(PASSAGE, 19, 42, 3.0)


def won(name: str) -> ParsedSentence:
    race = Argument("object", "the race", ("race",))
    subject = Argument("subject", name, (name,), "person")
    return ParsedSentence(f"{name} won the race.", (), (Relation("win", 5, subject, (race,)),))


def check(verifier=None, grammar=None):
    return ProofCheck("Who won?", lambda: grammar, lambda: verifier)


def test_grammar_says_what_the_sentence_says_otherwise():
    grammar = KnownGrammar(won("Mara Holt"), won("Weld"))
    found = check(KnownVerifier(), grammar).disagreement("Weld won the race.", [PROOF])
    assert "Mara Holt" in found


def test_a_claim_that_the_verifier_does_not_find_is_struck():
    claim = "Weld retired."
    assert check(KnownVerifier(claim)).disagreement(claim, [PROOF])
    assert check(KnownVerifier()).disagreement(claim, [PROOF]) == ""


def test_models_are_loaded_once_when_they_are_needed():
    loaded = []
    checking = ProofCheck("Who won?", lambda: loaded.append("parser"), lambda: KnownVerifier())
    assert loaded == []
    checking.load()
    assert checking.disagreement("Weld won the race.", [PROOF]) == ""
    assert loaded == ["parser"]


def test_without_models_nothing_is_said():
    assert check().disagreement("Weld won the race.", [PROOF]) == ""


def test_the_verifier_reads_title_and_sentence_before():
    assert proof_of([PROOF]) == "A race | The race was long. | Mara Holt won the race."
    assert proof_of([PROOF.title]).startswith("A race | ")


def test_a_verdict_is_that_of_the_least_supported_new_word():
    verdict = Verdict((WordSupport("the", 0.1), WordSupport("Weld", 0.2), WordSupport("won", 0.9)))
    assert verdict.least() == 0.2
    assert verdict.least(stems("Did Weld win?")) == 0.9
    assert verdict.least(stems("Who won, Weld?")) == 0.1  # nothing is new
    assert verdict.unsaid == "the Weld"
    assert Verdict(()).least() == 0.0
