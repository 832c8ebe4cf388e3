"""A draft against a few articles: what is supported, contradicted, missing, and no claim."""

import datetime as dt
from dataclasses import replace

import pytest

from assistant.checking.checker import DraftChecker
from assistant.verification.verifier import Verdict, WordSupport
from index.core.articles import Article
from index.core.errors import NothingIndexedError, UsageError
from index.core.filters import Filters
from index.text.grammar import (
    Argument,
    Name,
    ParsedSentence,
    Relation,
)
from tests.fakes import FixedSearch, KnownGrammar, KnownVerifier, WordReranker

BRIDGE = Article(
    "/a/bridge.txt",
    "Bridge closed in Tavrin",
    "Mayor Pavo Lenz closed the Orm bridge on Tuesday. The flood damaged 12 pillars of the bridge."
    " “We will rebuild it within two years,” said Lise Amsel, the city engineer."
    " The repair was not approved by the council.",
    dt.date(2024, 5, 9),
    "Tavrin Gazette",
)


def checked(text, *articles, grammar=(), unsaid=(), filters=None):
    checker = DraftChecker(
        FixedSearch(*(articles or (BRIDGE,))),
        WordReranker(),
        lambda: KnownGrammar(*grammar),
        lambda: KnownVerifier(*unsaid),
    )
    return checker.check(text, filters or Filters()).sentences


def article(text):
    return replace(BRIDGE, path="/a/other.txt", title="News", text=text)


def verdicts(text, **more):
    return [sentence.verdict for sentence in checked(text, **more)]


def test_a_true_sentence_is_supported_by_the_sentence_that_says_it():
    [one] = checked("Twelve pillars of the bridge were damaged by the flood.")
    assert one.verdict == "supported"
    assert [c.quote for c in one.citations] == ["The flood damaged 12 pillars of the bridge."]
    assert (one.origins, one.citations[0].number) == (1, 1)


def test_another_number_is_contradicted_and_marked_with_what_the_article_says():
    text = "It rained. The flood damaged 15 pillars of the bridge."
    one = checked(text)[1]
    assert one.verdict == "contradicted"
    [span] = one.spans
    assert span.reason == "the article says 12, not 15"
    assert text[span.start : span.end] == span.text == "15"


def test_the_place_of_a_mark_is_that_of_the_draft_whatever_space_is_in_it():
    text = "The  flood \u00a0damaged\t15 pillars of the bridge."
    [span] = checked(text)[0].spans
    assert text[span.start : span.end] == "15"


def test_another_day_is_contradicted():
    [one] = checked("Pavo Lenz closed the Orm bridge on Friday.")
    assert one.verdict == "contradicted"
    assert "Friday" in one.reason


def test_the_day_that_a_weekday_means_is_supported():
    assert verdicts("Pavo Lenz closed the Orm bridge on 7 May 2024.") == ["supported"]
    assert verdicts("Pavo Lenz closed the Orm bridge on 2 May 2024.") == ["contradicted"]


def test_another_office_is_contradicted():
    [one] = checked("Governor Pavo Lenz closed the Orm bridge on Tuesday.")
    assert one.verdict == "contradicted"
    assert one.reason == "the article says Mayor, not Governor"


def test_a_denial_that_the_article_has_not_is_contradicted_and_the_other_way_round():
    assert verdicts("The flood never damaged 12 pillars of the bridge.") == ["contradicted"]
    assert verdicts("The repair was approved by the council.") == ["contradicted"]


def test_another_person_in_the_same_role_is_contradicted():
    claim = "Ilse Dorran closed the Orm bridge."
    said = "Mayor Pavo Lenz closed the Orm bridge on Tuesday."
    lenz = Name("Pavo Lenz", 6, 15, "person")
    dorran = Name("Ilse Dorran", 0, 11, "person")

    def closing(who, start):
        bridge = Argument("object", "the Orm bridge", ("Orm bridge",), "other")
        return Relation("close", start, Argument("subject", who, (who,), "person"), (bridge,))

    grammar = (
        ParsedSentence(claim, (dorran,), (closing("Ilse Dorran", 12),)),
        ParsedSentence(said, (lenz,), (closing("Pavo Lenz", 16),)),
    )
    [one] = checked(claim, grammar=grammar)
    assert one.verdict == "contradicted"
    assert "Pavo Lenz" in one.reason


def test_a_name_that_the_article_has_not_is_only_not_proved():
    [one] = checked("Pavo Lenz closed the Orm bridge on Tuesday near Velmara.")
    assert (one.verdict, [span.text for span in one.spans]) == ("partly", ["Velmara"])


def test_what_no_article_is_about_is_not_in_the_archive():
    [one] = checked("Norwegian cod quotas were raised by the fishing ministry.")
    assert (one.verdict, one.citations) == ("not_in_archive", ())


def test_an_altered_word_of_a_quotation_is_marked():
    [one] = checked("“We will rebuild it within three years,” said Lise Amsel.")
    assert one.verdict != "supported"
    [quotation] = one.quotations
    assert [word.text for word in quotation.altered] == ["three"]
    assert quotation.said.startswith("We will rebuild it within two years")


def test_a_quotation_word_for_word_is_supported():
    [one] = checked("“We will rebuild it within two years,” said Lise Amsel.")
    assert one.verdict == "supported"
    assert one.quotations[0].verbatim


def test_what_claims_nothing_is_not_judged():
    text = (
        "The bridge\n\nDear readers,\n\nWho pays?\n\nI think it is a shame.\n\nMail a@b.example\n"
    )
    assert verdicts(text) == ["no_claim"] * 5


def test_what_somebody_said_should_be_done_is_a_claim():
    assert verdicts("Pavo Lenz said that the bridge should stay closed.") != ["no_claim"]


def test_independent_articles_are_counted():
    other = replace(BRIDGE, path="/a/other.txt", source="Harbour Courier")
    [one] = checked("The flood damaged 12 pillars of the bridge.", BRIDGE, other)
    assert one.origins == 2
    assert one.reason.startswith("2 independent articles")


def test_filters_hold():
    early = Filters(as_of=dt.date(2024, 5, 1))
    text = "The flood damaged 12 pillars of the bridge."
    assert verdicts(text, filters=early) == ["not_in_archive"]


class Doubting(KnownVerifier):
    """Finds no word but these, whatever the proof is."""

    def verify(self, claim, proofs):
        found = self._unsaid
        return Verdict(tuple(WordSupport(w, 0.9 if w in found else 0.01) for w in claim.split()))


def doubted(text, *found):
    checker = DraftChecker(
        FixedSearch(BRIDGE), WordReranker(), lambda: None, lambda: Doubting(*found)
    )
    return checker.check(text).sentences[0]


def test_words_that_the_verifier_does_not_find_are_marked_if_they_are_most():
    one = doubted("Flood damaged bridge yearly experts worried", "damaged", "bridge")
    assert one.verdict == "partly"
    assert [span.text for span in one.spans] == ["yearly", "experts", "worried"]


def test_the_same_in_other_words_is_supported():
    one = doubted("The flood hurt pillars of the bridge.", *"The flood pillars of bridge.".split())
    assert one.verdict == "supported"


def test_a_sentence_of_which_the_verifier_finds_nothing_is_not_in_the_archive():
    assert doubted("Flood damaged bridge yearly experts worried").verdict == "not_in_archive"


@pytest.mark.parametrize(
    ("said", "claim"),
    [
        ("Hessel denied all charges of fraud.", "Hessel admitted the charges of fraud."),
        ("Northway accepted the pay rise.", "Northway turned down the pay rise."),
        ("The ponds are closed to walkers.", "Walkers are allowed at the ponds."),
        ("The court upheld the fine.", "The court overturned the fine."),
    ],
)
def test_a_word_that_excludes_the_article_s_is_contradicted(said, claim):
    [one] = checked(claim, article(said))
    assert one.verdict == "contradicted"


def test_who_lost_to_whom_is_who_beat_whom():
    claim, said = "Halvern Town lost 2-1 at Orlane City.", "Orlane City beat Halvern Town 2-1."
    assert checked(claim, article(said))[0].verdict == "supported"
    claim, said = "Halvern Town lost to Orlane City.", "Halvern Town beat Orlane City."
    assert checked(claim, article(said))[0].verdict == "contradicted"


def test_a_verb_is_denied_in_whatever_form_it_stands():
    claim, said = (
        "Lise Benning did not take part in the vote.",
        "Lise Benning took part in the vote.",
    )
    grammar = (
        ParsedSentence(claim, (), (Relation("take", claim.index("take"), None, negated=True),)),
        ParsedSentence(said, (), (Relation("take", said.index("took"), None),)),
    )
    [one] = checked(claim, article(said), grammar=grammar)
    assert (one.verdict, one.reason) == ("contradicted", "the article says the opposite")


@pytest.mark.parametrize(
    ("said", "claim"),
    [
        (
            "Lise Amsel kept the light for 31 years.",
            "For thirty-one years Lise Amsel kept the light.",
        ),
        ("A ticket costs 2.50 crowns.", "A ticket costs two and a half crowns."),
        ("Then 4,000 marks were paid.", "Then four thousand marks were paid."),
    ],
)
def test_numbers_in_words_are_those_in_figures(said, claim):
    assert checked(claim, article(said))[0].verdict == "supported"
    other = said.replace("31", "32").replace("2.50", "3.50").replace("4,000", "5,000")
    assert checked(claim, article(other))[0].verdict == "contradicted"


def test_an_office_that_no_sentence_about_the_person_has_is_not_proved():
    said = "The boats came at once, said Lise Amsel, who organised the rescue."
    claim = "The boats came at once, said Lise Amsel, the mayor of Tavrin."
    amsel = Name("Lise Amsel", claim.index("Lise"), claim.index(", the"), "person")
    grammar = (ParsedSentence(claim, (amsel,)),)
    [one] = checked(claim, article(said + " Tavrin elects a mayor in May."), grammar=grammar)
    assert one.verdict == "partly"
    assert "mayor" in [span.text for span in one.spans]


def test_words_of_another_speaker_are_contradicted():
    claim = "“We will rebuild it within two years,” said Pavo Lenz."
    said = "“We will rebuild it within two years,” said Lise Amsel, the city engineer."
    grammar = (
        ParsedSentence(claim, (Name("Pavo Lenz", claim.index("Pavo"), len(claim) - 1, "person"),)),
        ParsedSentence(
            said, (Name("Lise Amsel", said.index("Lise"), said.index(", the"), "person"),)
        ),
    )
    [one] = checked(claim, grammar=grammar)
    assert one.verdict == "contradicted"
    assert "Lise Amsel" in one.reason


def test_two_facts_of_two_sentences_prove_one_sentence_together():
    said = "The bridge cost 40 million marks. The opening took place two years late in May."
    claim = "The bridge cost 40 million marks, and the opening took place two years late."
    verbs = tuple(
        Relation(v, claim.index(w), None) for v, w in (("cost", "cost"), ("take", "took"))
    )
    [one] = checked(claim, article(said), grammar=(ParsedSentence(claim, (), verbs),))
    assert one.verdict == "supported"


def test_the_capital_of_a_first_word_makes_no_name():
    claim = "Rescuers closed the Orm bridge on Tuesday."
    verb = Relation("close", claim.index("closed"), None)
    [one] = checked(claim, grammar=(ParsedSentence(claim, (), (verb,)),))
    assert not any(span.text == "Rescuers" for span in one.spans)


@pytest.mark.parametrize("text", ["", "  \n ", "x" * 200_001, "It rained.\n" * 2_001])
def test_an_empty_or_too_large_draft_is_refused_in_one_line(text):
    with pytest.raises(UsageError, match="draft"):
        checked(text)


def test_without_an_index_there_is_nothing_to_check_against():
    search = FixedSearch(generation="")
    checker = DraftChecker(search, WordReranker(), lambda: None, lambda: None)
    with pytest.raises(NothingIndexedError):
        checker.check("Pavo Lenz left.")
