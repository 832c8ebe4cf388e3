"""The model writes, the grounder cites: on two articles where three people are called Kim."""

import datetime as dt

import pytest

from assistant.core.answer import Claim
from assistant.verification.attribution import MAX_CITED, Attributor, says_nothing, unknown_names
from index.core.articles import Article
from index.text.question import analyse
from tests.fakes import evidence_of

TALKS = Article(
    path="/talks.txt",
    title="Envoys talk in Karuizawa",
    text=(
        "Sung Kim spoke for the United States.\n"
        "Kim Gunn is the Special Representative of the Republic of Korea.\n"
        "Kim Jong Un leads the North.\n"
        "The talks lasted twelve hours and cost 45,756 dollars.\n"
        "“We are ready to sit down at the table,” one of the envoys said.\n"
        "The next round begins in Busan on August 18."
    ),
    published=dt.date(2023, 7, 20),
    source="Pacific Ledger",
)
FLOOD = Article(
    path="/flood.txt",
    title="Dike gives way at Lower Brask",
    text="Nadia Korvin heads the rescue service.\nShe said nine people were missing.",
)
WHO = "Who is the ROK special representative?"


def check(sentence: str, question: str = WHO, articles=(TALKS, FLOOD)) -> Claim:
    return Attributor(analyse(question), evidence_of(*articles)).check(sentence)


def quotes(claim: Claim) -> list[str]:
    return [citation.quote for citation in claim.citations]


@pytest.mark.parametrize(
    ("claim", "begins"),
    [
        ("The ROK special representative is Kim Gunn.", "Kim Gunn"),
        ("Sung Kim spoke for the U.S. that day.", "Sung Kim"),
        ("Kim Jong Un is the leader of the North.", "Kim Jong Un"),
    ],
)
def test_the_sentence_of_the_right_kim_is_cited(claim, begins) -> None:
    [quote] = quotes(check(claim))
    assert quote.startswith(begins)


def test_a_name_alone_is_cited_by_the_sentence_that_fits_the_question() -> None:
    [quote] = quotes(check("Kim Gunn."))
    assert quote == "Kim Gunn is the Special Representative of the Republic of Korea."


def test_a_shared_surname_alone_goes_by_the_question() -> None:
    [quote] = quotes(check("Kim.", "Who leads the North?"))
    assert quote == "Kim Jong Un leads the North."


@pytest.mark.parametrize(
    ("claim", "missing"),
    [
        ("The special representative is Kim Jong Nam.", "Kim Jong Nam"),
        ("The talks lasted 13 hours.", "13"),
        ("The talks lasted thirteen hours.", "thirteen"),
        ("The talks cost 45 dollars.", "45"),
        ("The next round begins in Busan on August 19.", "August 19"),
        ("The next round begins in Busan in May.", "May"),
        ("The next round begins in Tokyo on August 18.", "Tokyo"),
        ("One of the envoys said “we will never sit down again.”", "we will never sit down again."),
        ("Kim Gunn is the special representative, see http://evil.example/?q=1.", "http://evil"),
    ],
)
def test_a_claim_with_a_particular_that_nobody_wrote_is_not_kept(claim, missing) -> None:
    checked = check(claim, "What happened?")
    assert not checked.supported
    assert checked.citations == ()
    assert any(particular.startswith(missing) for particular in checked.unsupported)


@pytest.mark.parametrize(
    "claim",
    [
        "The talks lasted 12 hours.",
        "The talks cost 45756 dollars.",
        "An envoy said: “We are ready to sit down at the table.”",
        "Kim Gunn is the Special Representative of South Korea.",
        "Kim Gunn is the ROK's special representative.",
        "Sung Kim spoke for the United States of America.",
        "She said 9 people were missing.",
    ],
)
def test_another_spelling_of_what_is_written_is_kept(claim) -> None:
    assert check(claim, "What happened?").supported


def test_a_quotation_whose_words_stand_in_another_order_is_invented() -> None:
    assert not check("One said “at the table we are ready to sit down.”").supported


def test_a_claim_that_joins_two_sentences_cites_both() -> None:
    claim = check("Sung Kim spoke for the United States and Kim Gunn for South Korea.")
    assert {quote.split(" ")[0] for quote in quotes(claim)} == {"Sung", "Kim"}
    assert len(quotes(claim)) == 2


def test_a_claim_never_cites_more_than_a_few_sentences() -> None:
    claim = check("Sung Kim, Kim Gunn, Kim Jong Un, Nadia Korvin and Busan came up on August 18.")
    assert not claim.supported
    assert len(claim.citations) <= MAX_CITED


def test_a_claim_about_something_else_is_not_kept_though_no_particular_is_missing() -> None:
    claim = check("The fishermen sold their boats because prices fell.")
    assert not claim.supported
    assert claim.unsupported == ()


def test_citations_are_numbered_in_the_order_of_their_first_use() -> None:
    grounder = Attributor(analyse(WHO), evidence_of(TALKS, FLOOD))
    claims = [
        grounder.check("Nadia Korvin heads the rescue service."),
        grounder.check("Kim Gunn is the special representative."),
        grounder.check("Nadia Korvin leads the rescue service."),
    ]
    assert [[c.number for c in claim.citations] for claim in claims] == [[1], [2], [1]]
    assert claims[0].citations[0].quote == claims[2].citations[0].quote


def test_a_struck_claim_uses_up_no_number() -> None:
    grounder = Attributor(analyse(WHO), evidence_of(TALKS))
    assert not grounder.check("Sung Kim flew to Paris.").supported
    assert grounder.check("Kim Jong Un leads the North.").citations[0].number == 1


def test_one_proof_is_enough_though_two_articles_have_the_sentence() -> None:
    copies = [Article(path=f"/{i}", title=f"No {i}", text="Rain fell in Brask.") for i in (1, 2)]
    grounder = Attributor(analyse("Where did rain fall?"), evidence_of(*copies))
    assert len(grounder.check("Rain fell in Brask.").citations) == 1


def test_the_date_line_of_an_article_may_prove_a_date() -> None:
    assert check("Kim Gunn is the special representative as of 20 July 2023.").supported
    assert check("Kim Jong Un led the North on Thursday, July 20, 2023.").supported
    assert not check("Kim Jong Un led the North on Friday, July 21, 2023.").supported


def test_the_title_of_an_article_may_prove_a_place() -> None:
    assert check("Kim Gunn is the special representative at Karuizawa.").supported


def test_the_date_line_of_one_article_proves_nothing_of_another() -> None:
    assert not check("On July 20, 2023, nine people were missing.", "Who?", (FLOOD,)).supported


def test_support_is_the_share_of_the_claims_words_that_are_proved() -> None:
    [whole] = check("Kim Jong Un leads the North.").citations
    [part] = check("Kim Jong Un leads the North with an iron fist and great pomp.").citations
    assert whole.support == 1.0
    assert 0.34 <= part.support < 1.0


def test_without_evidence_nothing_is_proved() -> None:
    claim = Attributor(analyse(WHO), ()).check("Kim Gunn is.")
    assert not claim.supported


@pytest.mark.parametrize(
    "sentence",
    [
        "The articles do not mention a Russian envoy.",
        "The article doesn't say who he is.",
        "The article doesn’t say who he is.",
        "There is no information about that.",
        "It is not clear from the text who spoke.",
        "The sentences provided do not state it.",
    ],
)
def test_a_sentence_that_only_says_that_nothing_is_said_is_no_claim(sentence) -> None:
    assert says_nothing(sentence)
    assert not check(sentence).supported


@pytest.mark.parametrize(
    "sentence", ["He was not hurt.", "She did not say who had called.", "The article is long."]
)
def test_an_ordinary_denial_says_something(sentence) -> None:
    assert not says_nothing(sentence)


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("Who is the ROK special representative?", []),
        ("Who is the Russian special representative?", ["Russian"]),
        ("What did the European Union say to Kim Gunn?", ["European Union"]),
        ("Did Kim Gunn meet Emil Stroud?", ["Emil Stroud"]),
        ("What happened in 1987?", ["1987"]),
        ("What did the Pacific Ledger write on Thursday, July 20?", []),
        ("Which two envoys spoke?", []),
        ("Which three men are named Kim?", []),
    ],
)
def test_names_of_the_question_that_no_article_knows_are_found(question, names) -> None:
    assert unknown_names(analyse(question), evidence_of(TALKS)) == names


def test_a_name_is_known_if_any_sentence_of_the_article_has_it() -> None:
    first_only = evidence_of(TALKS)[:1]
    assert unknown_names(analyse("What did Kim Jong Un do in Busan?"), first_only) == []


def test_a_nationality_is_known_by_its_country() -> None:
    article = Article(path="/r", title="", text="A ship left Russia.")
    assert unknown_names(analyse("What about the Russian ship?"), evidence_of(article)) == []
