"""A surname in the answer to "Who …?" is written out as the article introduces it."""

import pytest

from assistant.core.answer import Citation, Claim
from assistant.verification.full_names import with_full_name
from index.core.articles import Article
from index.text.question import analyse
from tests.fakes import evidence_of

TALKS = Article(
    "/talks.txt",
    "Talks",
    "Ambassador Sung Kim came from Washington.\n"
    "South Korea's Kim Gunn spoke first.\n"
    "Kim added that the line has not changed.\n"
    "Japan's Kim agreed.\n"
    "Velmara Post fell in Velmara.\n"
    "Velmara was silent, and so was the U.S. when Gunn came.\n"
    "Ann Orr met her brother Ben Orr.\n"
    "Orr was content.",
)
WHO = "Who said that the line has not changed?"


def named(text, quote, question=WHO):
    item = next(e for e in evidence_of(TALKS) if e.text.startswith(quote))
    claim = Claim(text, (Citation(1, item, 1.0),))
    return with_full_name(claim, analyse(question), lambda e: Citation(2, e, 1.0))


def test_the_nearest_introduction_says_who_it_is_and_is_cited() -> None:
    claim, several = named("Kim added that the line has not changed.", "Kim added")
    assert (claim.text, several) == ("Kim Gunn added that the line has not changed.", ())
    assert [c.quote for c in claim.citations][1] == "South Korea's Kim Gunn spoke first."


OFFICIALS = Article(
    "/officials.txt",
    "Officials",
    "The DPRK Ambassador Sung Kim and the Representative for Security Affairs Kim Gunn met.\n"
    "Kim left.",
)


def test_offices_before_a_name_are_no_part_of_it() -> None:
    item = evidence_of(OFFICIALS)[1]
    claim = Claim("Kim left.", (Citation(1, item, 1.0),))
    _, several = with_full_name(claim, analyse("Who left?"), lambda e: Citation(2, e, 1.0))
    assert several == ("Sung Kim", "Kim Gunn")


def test_nobody_is_chosen_among_several() -> None:
    claim, several = named("Orr was content.", "Orr was", "Who was content?")
    assert (claim.text, several) == ("Orr was content.", ("Ann Orr", "Ben Orr"))


@pytest.mark.parametrize(
    ("text", "quote", "question"),
    [
        ("Sung Kim came from Washington.", "Ambassador", WHO),
        ("Kim added it.", "Kim added", "What did Kim add?"),
        ("Kim added it.", "Kim added", "Who is Kim?"),
        ("Velmara was silent.", "Velmara was", "Who was silent?"),  # a place
        ("U.S. was silent.", "Velmara was", "Who was silent?"),
        ("It was Gunn.", "Velmara was", "Who came?"),  # not the one that the sentence is about
        ("Kim came.", "Ambassador", WHO),  # the cited sentence has the full name itself …
        ("Kim agreed.", "Japan's Kim", "Who agreed?"),  # … or sets this one apart
    ],
)
def test_other_names_stay_as_they_are(text, quote, question) -> None:
    assert named(text, quote, question)[0].text == text
