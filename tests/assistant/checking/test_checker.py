"""A draft against a few articles: what is supported, contradicted, missing, and no claim."""

import datetime as dt
from dataclasses import replace

import pytest

from assistant.checking.checker import DraftChecker
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


def test_words_that_the_verifier_does_not_find_are_marked():
    claim = "Flood damaged pillars bridge yearly."

    class Doubting(KnownVerifier):
        def verify(self, claim, proofs):
            from assistant.verification.verifier import Verdict, WordSupport

            said = {"yearly": 0.01}
            return Verdict(tuple(WordSupport(w, said.get(w, 0.9)) for w in claim[:-1].split()))

    checker = DraftChecker(FixedSearch(BRIDGE), WordReranker(), lambda: None, Doubting)
    [one] = checker.check(claim).sentences
    assert (one.verdict, [span.text for span in one.spans]) == ("partly", ["yearly"])


@pytest.mark.parametrize("text", ["", "  \n ", "x" * 200_001, "It rained.\n" * 2_001])
def test_an_empty_or_too_large_draft_is_refused_in_one_line(text):
    with pytest.raises(UsageError, match="draft"):
        checked(text)


def test_without_an_index_there_is_nothing_to_check_against():
    search = FixedSearch(generation="")
    checker = DraftChecker(search, WordReranker(), lambda: None, lambda: None)
    with pytest.raises(NothingIndexedError):
        checker.check("Pavo Lenz left.")
