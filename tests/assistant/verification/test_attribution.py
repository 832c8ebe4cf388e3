"""The model writes, the attributor cites: on two articles where three people are called Kim."""

import datetime as dt

import pytest

from assistant.core.answer import TITLE, Claim
from assistant.verification.attribution import MAX_CITED, Attributor, says_nothing, unknown_names
from index.core.articles import Article
from index.text.query_dates import periods
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
GUNN = "Kim Gunn is the Special Representative of the Republic of Korea."


def check(sentence: str, question: str = WHO, articles=(TALKS, FLOOD)) -> Claim:
    return Attributor(analyse(question), evidence_of(*articles)).check(sentence)


def quotes(claim: Claim) -> list[str]:
    return [citation.quote for citation in claim.citations]


@pytest.mark.parametrize(
    ("claim", "question", "quote"),
    [
        ("The ROK special representative is Kim Gunn.", WHO, GUNN),
        ("Sung Kim spoke for the U.S. that day.", WHO, "Sung Kim spoke for the United States."),
        ("Kim Jong Un is the leader of the North.", WHO, "Kim Jong Un leads the North."),
        # a name alone is cited by the sentence that fits the question
        ("Kim Gunn.", WHO, GUNN),
        ("Kim.", "Who leads the North?", "Kim Jong Un leads the North."),
    ],
)
def test_the_sentence_of_the_right_kim_is_cited(claim, question, quote) -> None:
    assert quotes(check(claim, question)) == [quote]


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
        ("One said “at the table we are ready to sit down.”", "at the table we are ready"),
        ("Kim Gunn is the special representative, see http://evil.example/?q=1.", "http://evil"),
    ],
)
def test_a_claim_with_an_entity_that_is_in_no_article_is_rejected(claim, missing) -> None:
    checked = check(claim, "What happened?")
    assert not checked.supported
    assert checked.citations == ()
    assert any(entity.startswith(missing) for entity in checked.unsupported)


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
        # date line and title of the article
        "Kim Gunn is the special representative as of 20 July 2023.",
        "Kim Jong Un led the North on Thursday, July 20, 2023.",
        "Kim Gunn is the special representative at Karuizawa.",
    ],
)
def test_another_spelling_of_what_is_written_is_supported(claim) -> None:
    assert check(claim, "What happened?").supported


BOARD = Article(
    path="/board.txt",
    title="Grid firm names new head",
    text=(
        "The legislature of Velmara passed House Bill 4002 in spring, and President Ann Lee signed"
        " it.\nThe bill caps grid fees at 40 crowns.\n"
        "Mara Holt, the chief executive officer of Velmara Grid, thanked the PM.\n"
        "The Office of Energy Markets fined a rival."
    ),
    published=dt.date(2023, 11, 20),
)


@pytest.mark.parametrize(
    "claim",
    [
        "Mara Holt is the CEO of Velmara Grid.",
        "Mara Holt thanked the Prime Minister.",
        "The OEM fined a rival.",
    ],
)
def test_initials_stand_for_adjacent_words_and_these_for_their_initials(claim) -> None:
    assert check(claim, "What happened?", (BOARD,)).supported


@pytest.mark.parametrize(
    ("claim", "missing"),
    [
        ("Mara Holt is the CFO of Velmara Grid.", "CFO"),
        ("Mara Holt thanked the Public Prosecutor.", "Public Prosecutor"),
        ("The EMF fined a rival.", "EMF"),
        ("Holt thanked Cleo.", "Cleo"),
    ],
)
def test_other_initials_are_another_body(claim, missing) -> None:
    assert check(claim, "What happened?", (BOARD,)).unsupported == (missing,)


@pytest.mark.parametrize(
    ("claim", "question"),
    [
        ("Velmara's HB 4002 caps grid fees at 40 crowns.", "What does Velmara's HB 4002 cap?"),
        ("President Lee's bill caps grid fees at 40 crowns.", "What does President Lee's bill do?"),
        ("Fees were capped in autumn 2023 by the bill.", "What was capped in autumn 2023?"),
    ],
)
def test_a_subject_or_time_that_the_question_named_is_known_from_the_article(claim, question):
    shown = tuple(e for e in evidence_of(BOARD) if "caps" in e.text)
    periods_asked = periods(question, None)
    claim = Attributor(analyse(question, periods_asked), shown).check(claim)
    assert (claim.supported, claim.unsupported) == (True, ())


@pytest.mark.parametrize(
    ("claim", "question", "missing"),
    [
        # neither does the article know it …
        ("President Orr's bill caps grid fees.", "What does President Orr's bill do?", "Orr"),
        ("Fees were capped in autumn 2022.", "What was capped in autumn 2022?", "2022"),
        # … nor is what is said of a subject proved by a mention elsewhere
        ("The bill caps fees of Ann Lee.", "When were the fees of Ann Lee capped?", "Ann Lee"),
    ],
)
def test_what_the_question_says_wrongly_is_not_confirmed(claim, question, missing) -> None:
    shown = tuple(e for e in evidence_of(BOARD) if "caps" in e.text)
    claim = Attributor(analyse(question, periods(question, None)), shown).check(claim)
    assert (claim.supported, missing in " ".join(claim.unsupported)) == (False, True)


@pytest.mark.parametrize(
    ("claim", "articles"),
    [
        ("Kim Jong Un led the North on Friday, July 21, 2023.", (TALKS, FLOOD)),
        # the date line of another article
        ("On July 20, 2023, nine people were missing.", (FLOOD,)),
        ("Kim Gunn is.", ()),
    ],
)
def test_another_day_and_another_article_prove_nothing(claim, articles) -> None:
    assert not check(claim, "Who?", articles).supported


@pytest.mark.parametrize(
    ("claim", "cited"),
    [
        ("Kim Gunn is the special representative as of 20 July 2023.", [GUNN, TALKS.title]),
        ("Kim Gunn is the special representative at Karuizawa.", [GUNN, TALKS.title]),
        ("A dike gave way at Lower Brask.", [FLOOD.title]),
        ("Kim Gunn is the special representative.", [GUNN]),
    ],
)
def test_what_only_title_or_date_line_say_is_cited_as_the_title(claim, cited) -> None:
    found = check(claim, "What happened?")
    assert quotes(found) == cited
    for citation in found.citations:
        assert citation.evidence.is_title == (citation.quote in (TALKS.title, FLOOD.title))


def test_a_title_has_a_number_of_its_own_beside_the_first_sentence() -> None:
    claim = check("Sung Kim spoke for the United States in Karuizawa.", "What happened?")
    assert [(c.number, c.evidence.start) for c in claim.citations] == [(1, 0), (2, TITLE)]


PEOPLE = Article(
    path="/people.txt",
    title="Utah mourns a senator",
    text=(
        "Kim Holt met Ann Gunn, the Utah governor, at the Prime Ministry.\n"
        "George W. Marsh, Mr Holt and Dana Marsh Lee came too.\n"
        "Orrin Hask fell ill in spring."
    ),
    published=dt.date(2022, 4, 1),
    byline="Ivo Brandt",
)
NEIGHBOUR = Article("/orr.txt", "Mrs Orr dies", "Mrs Orr died on April 23.", dt.date(2022, 4, 24))


@pytest.mark.parametrize(
    ("claim", "supported"),
    [
        ("Kim Holt met Ann Gunn.", True),
        ("Utah Governor Ann Gunn met Kim Holt.", True),
        ("George Marsh came too.", True),
        ("Kim Gunn met the governor.", False),
        ("The governor met Holt Gunn.", False),
        ("George Lee came too.", False),
        ("Ivo Brandt met the governor.", False),
    ],
)
def test_a_name_has_to_stand_as_one_run(claim, supported) -> None:
    assert check(claim, "What happened?", (PEOPLE,)).supported == supported


def test_a_reporter_is_the_answer_only_to_who_wrote_it() -> None:
    wrote = "Ivo Brandt wrote that Orrin Hask fell ill in spring."
    assert check(wrote, "Who wrote that Hask fell ill?", (PEOPLE,)).supported
    assert not check(wrote, "Who said that Hask fell ill?", (PEOPLE,)).supported


def test_what_an_article_on_another_says_proves_nothing() -> None:
    died = "Orrin Hask fell ill and died on April 23."
    assert check(died, "When did Orrin Hask die?", (PEOPLE, NEIGHBOUR)).unsupported == ("April 23",)
    both = "Orrin Hask fell ill in spring, and Mrs Orr died on April 23."
    assert check(both, "What happened to Orrin Hask and Mrs Orr?", (PEOPLE, NEIGHBOUR)).supported


def test_a_claim_that_joins_two_sentences_cites_both() -> None:
    claim = check("Sung Kim spoke for the United States and Kim Gunn for South Korea.")
    assert sorted(quote.split(" ")[0] for quote in quotes(claim)) == ["Kim", "Sung"]


def test_a_claim_never_cites_more_than_a_few_sentences() -> None:
    claim = check("Sung Kim, Kim Gunn, Kim Jong Un, Nadia Korvin and Busan came up on August 18.")
    assert not claim.supported
    assert len(claim.citations) <= MAX_CITED


def test_a_claim_about_something_else_is_rejected_though_no_entity_is_missing() -> None:
    claim = check("The fishermen sold their boats because prices fell.")
    assert (claim.supported, claim.unsupported) == (False, ())


def test_citations_are_numbered_in_the_order_of_their_first_use() -> None:
    attributor = Attributor(analyse(WHO), evidence_of(TALKS, FLOOD))
    claims = [
        attributor.check("Nadia Korvin heads the rescue service."),
        attributor.check("Sung Kim flew to Paris."),  # rejected: uses up no number
        attributor.check("Kim Gunn is the special representative."),
        attributor.check("Nadia Korvin leads the rescue service."),
    ]
    assert [[c.number for c in claim.citations] for claim in claims] == [[1], [], [2], [1]]
    assert claims[0].citations[0].quote == claims[3].citations[0].quote


def test_support_is_the_share_of_the_claims_words_that_are_proved() -> None:
    [whole] = check("Kim Jong Un leads the North.").citations
    [part] = check("Kim Jong Un leads the North with an iron fist and great pomp.").citations
    assert whole.support == 1.0
    assert 0.34 <= part.support < 1.0


@pytest.mark.parametrize(
    ("sentence", "nothing"),
    [
        ("The articles do not mention a Russian envoy.", True),
        ("The article doesn't say who he is.", True),
        ("The article doesn’t say who he is.", True),
        ("There is no information about that.", True),
        ("It is not clear from the text who spoke.", True),
        ("The sentences provided do not state it.", True),
        ("He was not hurt.", False),
        ("She did not say who had called.", False),
        ("The article is long.", False),
    ],
)
def test_a_sentence_that_only_says_that_nothing_is_said_is_no_claim(sentence, nothing) -> None:
    assert says_nothing(sentence) == nothing
    assert not (nothing and check(sentence).supported)


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


def test_a_name_is_known_from_the_whole_article_and_a_nationality_by_its_country() -> None:
    asked = analyse("What did Kim Jong Un do in Busan?")
    assert unknown_names(asked, evidence_of(TALKS)[:1]) == []
    article = Article(path="/r", title="", text="A ship left Russia.")
    assert unknown_names(analyse("What about the Russian ship?"), evidence_of(article)) == []
