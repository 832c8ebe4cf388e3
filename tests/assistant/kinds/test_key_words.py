"""Key words alone go the way of the question that they stand for."""

import pytest

from assistant.kinds.key_words import in_full
from assistant.kinds.routing import kind_of


@pytest.mark.parametrize(
    ("asked", "kind"),
    [
        ("latest developments dam collapse", "news"),
        ("anything new strike since Monday", "news"),
        ("newest on the mine rescue", "news"),
        ("harbour fire overview", "summary"),
        ("main points budget", "summary"),
        ("course of events dam collapse", "timeline"),
        ("quotes mayor about harbour", "quotes"),
        ("minister's remarks dam", "quotes"),
        ("number of articles flood", "count"),
        ("everything on the merger", "archive"),
        ("Dorran or Lenz as mayors: where do they differ?", "comparison"),
        ("Calder and Voss compared", "comparison"),
        ("Which crops did the study look at?", "list"),
        ("Which players converted spot kicks on the fifth day of the 2018 World Cup?", "list"),
    ],
)
def test_they_are_understood(asked, kind):
    found = kind_of(asked)
    assert found is not None
    assert found.kind == kind


@pytest.mark.parametrize(
    "asked",
    [
        "newest member of the band?",
        "price of the tram ticket",
        "cause of the fire",
        "What news did he bring his father?",
        "Which school employs Simon Lee?",
        "Which sport ties her career to the team?",
        "Which enzyme does ibuprofen inhibit?",
        "Lenz or Dorran: who is the mayor?",
    ],
)
def test_facts_stay_facts(asked):
    assert kind_of(asked) is None


@pytest.mark.parametrize(
    ("asked", "full"),
    [
        ("latest developments WHO vaccine", "what is new on WHO vaccine"),
        ("updates on Will Dorran", "what is new on Will Dorran"),
        ("latest news May flood", "what is new on May flood"),
        ("minister's remarks dam", "quotes by minister about dam"),
        ("Lee's new remarks on tax", "quotes by Lee about tax"),
        ("count of articles flood", "how many articles are about flood"),
        ("Will remarks be made on tax", None),
        ("the new remarks on tax", None),
        ("number of stories in the tower", None),
        ("number of articles of the treaty", None),
        ("all stories by Ann Lee", None),
    ],
)
def test_a_word_is_taken_for_what_it_is(asked, full):
    assert in_full(asked) == (full or asked)
