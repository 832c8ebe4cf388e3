"""What a cited sentence says otherwise, on hand-made grammar; tests/e2e has the real parser."""

import pytest

from assistant.verification.relations import disagreements
from index.text.grammar import Argument, Name, ParsedSentence, Relation, Speech

ASKED = ParsedSentence("What happened?")
RACE = Argument("object", "the harbour race", ("harbour race",))


def person(name: str, role: str = "subject") -> Argument:
    return Argument(role, name, (name,), "person")


def day(text: str) -> Argument:
    return Argument("when", text, (text,), "day")


def said(verb: str, subject: Argument | None = None, *arguments: Argument, **more) -> Relation:
    return Relation(verb, 0, subject, arguments, **more)


def sentence(*relations: Relation, text: str = "") -> ParsedSentence:
    return ParsedSentence(text, relations=relations)


HOLT_WON = said("win", person("Mara Holt"), RACE)


@pytest.mark.parametrize(
    ("claim", "cited", "reason"),
    [
        (said("win", person("Weld"), RACE), HOLT_WON, "of Mara Holt, not of Weld"),
        (
            said("beat", person("Weld"), person("Holt", "object")),
            said("beat", person("Mara Holt"), person("Jonas Weld", "object")),
            "of Mara Holt, not of Weld",
        ),
        (
            said("kill", None, person("Weld", "object")),
            said("kill", None, person("Holt", "object")),
            "says Holt, not Weld",
        ),
        (HOLT_WON, said("win", person("Holt"), RACE, negated=True), "the opposite"),
        (HOLT_WON, said("win", person("Holt"), RACE, modality="plan"), "“plan … win”"),
        (HOLT_WON, said("win", person("Holt"), RACE, modality="deny"), "“deny … win”"),
        (said("win", person("Holt"), RACE, modality="refuse"), HOLT_WON, "not “refuse … win”"),
        (
            said("win", person("Kim Gunn"), RACE),
            said("win", person("Sung Kim"), RACE),
            "of Sung Kim, not of Kim Gunn",
        ),
    ],
)
def test_the_same_verb_says_something_else(claim, cited, reason) -> None:
    [found] = disagreements(ASKED, sentence(claim), [sentence(cited)])
    assert reason in found


@pytest.mark.parametrize(
    ("claim", "cited"),
    [
        (said("win", person("Holt"), RACE), HOLT_WON),
        (said("win", Argument("subject", "She", ("She",), "pronoun"), RACE), HOLT_WON),
        (said("win", Argument("subject", "the teacher", ("teacher",)), RACE), HOLT_WON),
        (said("win", None, RACE), HOLT_WON),
        (said("enter", person("Weld"), RACE), HOLT_WON),
        # another race
        (said("win", person("Weld"), Argument("object", "the cup", ("cup",))), HOLT_WON),
        (
            said("meet", person("Weld"), person("Mara Holt", "object")),
            said("meet", person("Mara Holt"), person("Jonas Weld", "with")),
        ),
        (
            said("win", Argument("subject", "the WHO", ("WHO",), "organisation")),
            said("win", Argument("subject", "W", ("World Health Organization",), "organisation")),
        ),
        (
            said("win", person("Holt"), RACE, modality="may"),
            said("win", None, RACE, modality="may"),
        ),
        (
            said("win", person("Holt"), RACE, negated=True),
            said("win", person("Holt"), RACE, modality="fail"),
        ),
    ],
)
def test_rewritten_shortened_or_about_something_else(claim, cited) -> None:
    assert disagreements(ASKED, sentence(claim), [sentence(cited)]) == []


def test_one_of_the_cited_sentences_that_says_it_is_enough() -> None:
    weld = sentence(said("win", person("Weld"), RACE))
    assert disagreements(ASKED, weld, [sentence(HOLT_WON)])
    assert not disagreements(ASKED, weld, [sentence(HOLT_WON), weld])


def test_a_plan_that_was_asked_for_may_be_told_as_the_article_does() -> None:
    asked = ParsedSentence("What does Holt plan to win?")
    planned = sentence(said("win", person("Holt"), RACE, modality="plan"))
    assert disagreements(asked, sentence(HOLT_WON), [planned]) == []


def test_a_day_belongs_to_its_verb() -> None:
    claim = sentence(said("die", person("Holt"), day("May 3, 2019")))
    buried = said("bury", None, person("Holt", "object"), day("May 3, 2019"))
    died = said("die", person("Holt"), day("April 9, 2019"))
    first, *_ = disagreements(ASKED, claim, [sentence(died, buried)])
    assert "May 3, 2019 for “bury”, not “die”" in first
    # another verb alone may be another word for it
    assert disagreements(ASKED, claim, [sentence(buried)]) == []


def test_a_day_of_another_place_and_verb_is_no_proof() -> None:
    spain = Argument("to", "Spain", ("Spain",), "place")
    claim = sentence(said("return", person("Holt"), spain, day("May 3")))
    released = ParsedSentence(
        "Holt was released in Norway on May 3.",
        (Name("Norway", 21, 27, "place"),),
        (said("release", None, person("Holt", "object"), day("May 3")),),
    )
    assert disagreements(ASKED, claim, [released])


@pytest.mark.parametrize(
    ("kind", "mine", "theirs", "swapped"),
    [
        ("place", "Oslo", "Lerma", True),
        ("day", "May 3", "June 9", True),
        ("day", "Monday", "Friday", True),
        ("day", "May 3", "Friday", False),
        ("number", "12", "nine", True),
        ("organisation", "WHO", "World Health Organization", False),
        ("person", "Mara Holt", "Holt", False),
    ],
)
def test_a_name_in_the_place_of_another(kind, mine, theirs, swapped) -> None:
    def told(name: str) -> ParsedSentence:
        text = f"The new harbour bridge was opened by the mayors for {name} after the talks."
        return ParsedSentence(text, (Name(name, 52, 52 + len(name), kind),))

    found = disagreements(ASKED, told(mine), [told(theirs)])
    assert found == ([f"the cited sentence says {theirs}, not {mine}"] if swapped else [])
    assert disagreements(ASKED, told(mine), [told(theirs), told(mine)]) == []


def test_a_people_in_the_place_of_another() -> None:
    text = "In the final the {} team won the long race by a second."
    claim, cited = (ParsedSentence(text.format(people)) for people in ("Estonian", "Afghan"))
    assert disagreements(ASKED, claim, [cited]) == ["the cited sentence says Afghan, not Estonian"]


def test_the_same_words_of_another_speaker() -> None:
    def speech(name: str) -> ParsedSentence:
        text = f"{name} said the bridge was safe."
        return ParsedSentence(
            text, speeches=(Speech(person(name), "say", len(name) + 6, len(text) - 1),)
        )

    [found] = disagreements(ASKED, speech("Jonas Weld"), [speech("Mara Holt")])
    assert found == "Mara Holt said it, not Jonas Weld"
    assert disagreements(ASKED, speech("Holt"), [speech("Mara Holt")]) == []


def test_a_city_is_no_hotel() -> None:
    asked = ParsedSentence("Which hotel hosted the Lerma talks?")
    text = "The hotel was the Spanish city of Lerma."
    city = ParsedSentence(text, (Name("Lerma", 34, 39, "place"),))
    assert disagreements(asked, city, []) == ["it names no hotel"]
    named = ParsedSentence("The Ritz in Lerma.", (Name("Ritz", 4, 8, "other"),))
    assert disagreements(asked, named, []) == []


def test_nobody_meets_himself() -> None:
    text = "Mara Holt met Jonas Weld and Mara Holt."
    holt, weld = Name("Mara Holt", 0, 9, "person"), Name("Jonas Weld", 14, 24, "person")
    again = Name("Mara Holt", 29, 38, "person")
    assert disagreements(ASKED, ParsedSentence(text, (holt, weld, again)), []) == [
        "it has Mara Holt in two places"
    ]
    assert disagreements(ASKED, ParsedSentence(text, (holt, weld)), []) == []


def test_what_the_answer_is_to_another_question() -> None:
    def says(subject: str, text: str) -> ParsedSentence:
        to_be = Relation("be", 0, Argument("subject", subject, (subject.split()[-1],)))
        return ParsedSentence(text, (), (to_be,))

    claim = says("The keeper", "The keeper was Bakuba.")
    told = says("The answer", "The answer is Bakuba.")
    assert disagreements(ASKED, claim, [told]) == ["the cited sentence says it of “The answer”"]
    asks = says("The keeper", "Readers ask who the keeper was.")
    assert disagreements(ASKED, claim, [asks, told]) != []
    known = says("The keeper", "The keeper Bakuba was old.")
    assert disagreements(ASKED, claim, [told, known]) == []
    assert disagreements(ASKED, says("The answer", "The answer is no."), [told]) == []
