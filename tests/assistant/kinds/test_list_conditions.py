"""A list with a condition has all who fulfil it, and nobody else."""

import datetime as dt

import pytest

from assistant.kinds.inventory.entity_list import EntityList
from index.core.articles import Article
from index.text.grammar import Argument, Name, ParsedSentence, Relation
from tests.assistant.kinds.names_in_stories import ask, rows
from tests.fakes import KnownGrammar

OPENED = "The Ruden poetry prize has a new jury."
CHAIRED = "The jury is chaired by the poet Ada Venn and includes the critic Bram Oste."
SEATED = "A third seat went to the singer Cleo Marr."
SAID = "Mayor Dov Pell called the jury a good choice."
HIT = "The storm cut off the islands of Vell, Great Sorn and Tamm, and Port Ruden was spared."
ARRESTED = "Police arrested Eli Noor and Fay Quent, and inspector Gus Hale thanked them."
PHOTO = "The harbour after the storm. (Hal Ivers/Pool Photo via AP)"
RANKED = "Pvt. Ike King is missed."


def told(text: str, names: dict[str, str], *relations: Relation) -> ParsedSentence:
    found = (Name(n, text.index(n), text.index(n) + len(n), kind) for n, kind in names.items())
    return ParsedSentence(text, tuple(found), relations)


def did(text: str, verb: str, lemma: str, subject: str, role: str, other: str) -> Relation:
    argument = Argument(role, other, (other,))
    who = Argument("subject", subject, (subject,))
    return Relation(lemma, text.index(verb), who, (argument,))


PRIZE = Article(
    "/a/prize.txt", "Ruden prize", f"{OPENED} {CHAIRED} {SEATED} {SAID}", dt.date(2024, 1, 9)
)
STORM = Article(
    "/a/storm.txt", "Storm off Ruden", f"{HIT} {ARRESTED} {RANKED}\n\n{PHOTO}", dt.date(2024, 2, 2)
)
GRAMMAR = KnownGrammar(
    told(
        CHAIRED,
        {"Ada Venn": "person", "Bram Oste": "place"},
        did(CHAIRED, "chaired", "chair", "poet Ada Venn", "object", "The jury"),
        did(CHAIRED, "includes", "include", "The jury", "object", "Bram Oste"),
    ),
    told(
        SEATED,
        {"Cleo Marr": "person"},
        did(SEATED, "went", "go", "A third seat", "to", "Cleo Marr"),
    ),
    told(
        SAID,
        {"Dov Pell": "person"},
        did(SAID, "called", "call", "Dov Pell", "object", "the jury"),
    ),
    told(
        HIT,
        {"Vell": "person", "Tamm": "organisation", "Port Ruden": "place"},
        did(HIT, "cut", "cut", "The storm", "object", "islands"),
        did(HIT, "spared", "spare", "", "object", "Port Ruden"),
    ),
    told(
        ARRESTED,
        {"Fay Quent": "person", "Gus Hale": "person"},
        did(ARRESTED, "arrested", "arrest", "Police", "object", "Eli Noor"),
        did(ARRESTED, "thanked", "thank", "Gus Hale", "object", "them"),
    ),
    told(PHOTO, {"Hal Ivers": "person"}),
    told(
        "They were cut off by the storm.",
        {},
        did("were cut", "cut", "cut", "storm", "object", "They"),
    ),
)


def listed(asked: str) -> set[str]:
    return {row.split(",")[0] for row in rows(ask(asked, PRIZE, STORM, parser=lambda: GRAMMAR))}


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ("Name the members of the jury", {"Ada Venn", "Bram Oste", "Cleo Marr"}),
        ("List the islands that were cut off by the storm", {"Vell", "Great Sorn", "Tamm"}),
        ("List the people arrested in the storm", {"Eli Noor", "Fay Quent"}),
    ],
)
def test_all_who_fulfil_a_condition_are_listed_and_no_others(asked, names):
    assert listed(asked) == names


def test_each_row_cites_a_sentence_with_its_name():
    for claim in ask("Name the members of the jury", PRIZE, parser=lambda: GRAMMAR).claims:
        assert claim.text.split(",")[0] in claim.citations[0].quote


def test_what_is_called_something_else_is_no_such_thing():
    answer = ask("List the villages that were cut off by the storm", STORM, parser=lambda: GRAMMAR)
    assert answer.refusal.code == "unsupported"


def test_a_rank_makes_a_person_and_a_photo_credit_does_not():
    names = listed("List all people mentioned")
    assert "Ike King" in names
    assert "Hal Ivers" not in names


@pytest.mark.parametrize(
    ("asked", "topic", "condition"),
    [
        ("Name the authors of the inquiry report", "", "of the inquiry report"),
        ("List the guests at the dinner", "", "at the dinner"),
        ("List all villages in Saro that were flooded", "", "in Saro that were flooded"),
        ("List the ministers in the article about the flood", "the flood", ""),
        ("List all members mentioned in the report", "the report", ""),
        ("List all people in the articles", "the articles", ""),
    ],
)
def test_who_belongs_to_a_group_is_told_from_what_articles_are_about(asked, topic, condition):
    found = EntityList.recognise(asked)
    assert (found.topic, found.condition) == (topic, condition)
