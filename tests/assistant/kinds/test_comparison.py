"""Two or three articles side by side: what differs, each cell with its proof."""

import datetime as dt
from dataclasses import replace

import pytest

from assistant.answering.pipeline import Assistant
from assistant.core.answer import Evidence
from assistant.kinds.comparisons.aspects import places
from assistant.kinds.comparisons.comparison import Comparison
from assistant.kinds.routing import kind_of
from index.core.articles import Article, Passage
from index.text.grammar import Argument, Name, ParsedSentence, Relation
from tests.fakes import FixedSearch, KnownGrammar, ScriptedModel, WordReranker

IN_MARN = "The ministers met in Marn on Tuesday and agreed to share 40 trains."
IN_LOR = "The ministers met in Lor on Monday and agreed to share 60 trains."
HOSTED = "Tilda Roeve hosted the meeting."
UNSAID = "The articles do not say it."
FIRST = Article(
    "/a.txt", "Rail meeting in Marn", f"{IN_MARN} {HOSTED}", dt.date(2022, 3, 3), "Post"
)
SECOND = Article("/b.txt", "Rail meeting in Lor", f"{IN_LOR} {HOSTED}", dt.date(2023, 5, 2), "Wire")
THIRD = Article(
    "/c.txt", "A bakery closes", "The bakery of Marn closes.", dt.date(2023, 5, 2), "Wire"
)
FOURTH = Article("/d.txt", "Rain", "It rained all week in Lor.", dt.date(2023, 5, 1), "Wire")


def parsed(text: str, *names: tuple[str, str], verb: str = "", subject: str = ""):
    found = [Name(n, text.index(n), text.index(n) + len(n), kind) for n, kind in names]
    who = Argument("subject", subject, (subject,), "person") if subject else None
    relations = (Relation(verb, text.index(subject or " "), who),) if verb else ()
    return ParsedSentence(text, tuple(found), relations)


GRAMMAR = KnownGrammar(
    parsed(IN_MARN, ("Marn", "place"), verb="meet", subject="The ministers"),
    parsed(IN_LOR, ("Lor", "place"), verb="meet", subject="The ministers"),
    parsed(HOSTED, ("Tilda Roeve", "person"), verb="host", subject="Tilda Roeve"),
)


def ask(question: str, *articles: Article):
    search = FixedSearch(*articles)
    return Assistant(
        search, WordReranker(), lambda: ScriptedModel(UNSAID), parser=lambda: GRAMMAR
    ).ask(question)


RAIDS = ("the raid on Marn", "the raid on Lor")
TALKS = ("the Marn talks", "the Lor talks")
VOTES = ("the vote of 2008", "the vote of 2011")


@pytest.mark.parametrize(
    ("asked", "sides", "aspect"),
    [
        ("What differs between the two meetings?", ("the two meetings",), ""),
        ("Compare the Marn talks with the Lor talks", ("the Marn talks", "the Lor talks"), ""),
        ("How did the 2022 and 2023 summits differ?", ("the 2022 summits", "2023 summits"), ""),
        ("How do the Post and the Wire differ on the toll?", ("the Post", "the Wire"), "the toll"),
        ("Contrast the first text with the second", ("the first text", "the second text"), ""),
        (
            "What is the difference between the raid on Marn and the raid on Lor?",
            ("the raid on Marn", "the raid on Lor"),
            "",
        ),
        ("What sets the raid on Marn apart from that on Lor?", RAIDS, ""),
        ("What separates the Marn talks from the Lor talks?", TALKS, ""),
        ("Lenz versus Quill: what did they promise?", ("Lenz", "Quill"), "promise"),
        ("Lenz vs. Quill: how do their plans differ?", ("Lenz", "Quill"), "plans"),
        ("Lenz or Quill as mayors: where do they differ?", ("Lenz", "Quill"), ""),
        ("How did the vote of 2008 differ from that of 2011?", VOTES, ""),
    ],
)  # fmt: skip
def test_a_comparison_is_recognised_with_its_sides(asked, sides, aspect):
    assert kind_of(asked) == Comparison(sides, aspect)


@pytest.mark.parametrize(
    "asked",
    [
        "What is the difference between primary and secondary sources?",
        "How are 'un-aided' schools different from 'aided' schools?",
        "What changed in the last two years?",
        "Who compared the minister to a fox?",
    ],
)
def test_a_question_for_a_fact_is_none(asked):
    assert not isinstance(kind_of(asked), Comparison)


def test_when_and_where_stand_side_by_side_with_their_sentences():
    answer = ask("What differs between the two meetings?", SECOND, FIRST)
    lines = answer.text.splitlines()
    assert answer.kind == "comparison"
    assert "When: article of 3 March 2022: 1 March 2022" in lines
    assert "When: article of 2 May 2023: 1 May 2023" in lines
    assert "Where: article of 3 March 2022: Marn" in lines
    assert "Where: article of 2 May 2023: Lor" in lines
    assert any("40 trains" in line for line in lines)
    assert any("60 trains" in line for line in lines)
    assert lines[-1] == "The same: Both: " + HOSTED  # what is the same comes last
    where = next(claim for claim in answer.claims if claim.text.endswith(": Lor"))
    assert [citation.quote for citation in where.citations] == [IN_LOR]


def test_years_tell_the_articles_apart_whatever_else_is_there():
    answer = ask("Compare the 2022 meeting and the 2023 meeting", THIRD, SECOND, FIRST, FOURTH)
    assert "Where: 2022 meeting: Marn" in answer.text
    assert "Where: 2023 meeting: Lor" in answer.text


def test_one_aspect_takes_the_nearest_sentence_of_each_side():
    answer = ask("How do the two articles differ on trains?", SECOND, FIRST)
    assert [claim.label for claim in answer.claims] == ["trains", "trains"]
    assert {c.quote for c in answer.citations} == {IN_MARN, IN_LOR}


def test_an_aspect_that_one_side_says_nothing_of_is_told():
    snow = "Snow fell on the trains."
    extra = Article("/a.txt", "Marn", f"{IN_MARN} {snow}", dt.date(2022, 3, 3))
    answer = ask("How do the two articles differ on snow?", SECOND, extra)
    assert [claim.text for claim in answer.claims] == [f"article of 3 March 2022: {snow}"]
    assert answer.caveats == ("Nothing found for article of 2 May 2023 on snow.",)


@pytest.mark.parametrize("articles", [(FIRST,), (FIRST, SECOND, THIRD, FOURTH)])
def test_one_article_or_too_many_are_not_compared(articles):
    answer = ask("Compare all articles", *articles)
    assert answer.refusal and answer.refusal.code == "unsupported"
    assert "two or three articles or things" in answer.refusal.reason


def test_without_a_parser_the_sentences_are_compared():
    search = FixedSearch(FIRST, SECOND)
    answer = Assistant(search, WordReranker(), ScriptedModel).ask("Compare both articles")
    assert [claim.label for claim in answer.claims] == ["Main point", "Main point", "The same"]


ROUND_ONE = Article(
    "/r/z-first.txt",
    "Miners and owners open pay talks",
    "The first round of pay talks at the Gorm mine lasted two hours. No offer was made.",
    dt.date(2024, 1, 9),
)
ROUND_TWO = Article(
    "/r/a-second.txt",
    "Second round of pay talks at the Gorm mine",
    "The second round of pay talks at the Gorm mine lasted nine hours. Owners offered 3 crowns.",
    dt.date(2024, 2, 20),
)


@pytest.mark.parametrize("found", [(ROUND_ONE, ROUND_TWO), (ROUND_TWO, ROUND_ONE)])
@pytest.mark.parametrize(
    "asked",
    [
        "What is the difference between the first and the second round of pay talks?",
        "How does the earlier round of pay talks differ from the later one?",
        "Compare the old and the new round of pay talks",
    ],
)
def test_the_first_of_two_is_the_earlier_whatever_the_search_finds_first(asked, found):
    answer = ask(asked, *found, THIRD, FOURTH)
    first, second = (
        {c.article.path for claim in side for c in claim.citations}
        for side in (
            [claim for claim in answer.claims if claim.text.startswith(("first", "earl", "old"))],
            [claim for claim in answer.claims if claim.text.startswith(("second", "later", "new"))],
        )
    )
    assert (first, second) == ({ROUND_ONE.path}, {ROUND_TWO.path})


RIVALS = Article(
    "/rivals.txt",
    "Two plans for the harbour",
    "Vera Holm promised a ferry to Lor. Her rival Aron Pike promised a bridge. "
    "He promised free parking too. Voters heard both in Marn.",
    dt.date(2024, 5, 5),
)


def test_two_people_in_one_article_are_told_apart_and_pronouns_stay_with_their_name():
    answer = ask("Holm vs. Pike: how do their promises differ?", RIVALS, FIRST, SECOND, FOURTH)
    texts = [claim.text for claim in answer.claims]
    assert "Holm: Vera Holm promised a ferry to Lor." in texts
    assert not any(text.startswith("Holm") and "bridge" in text for text in texts)
    assert any(text.startswith("Pike") and "bridge" in text for text in texts)
    assert all(claim.citations for claim in answer.claims)


def test_what_is_not_in_the_archive_is_not_compared_with_something_else():
    answer = ask(
        "Compare the flood in Dellin with the meeting in Lor", FIRST, SECOND, THIRD, FOURTH
    )
    assert answer.refusal and answer.refusal.code == "nothing_relevant"
    assert answer.refusal.reason == "The articles say nothing of the flood in Dellin."


def test_the_first_and_the_last_figure_are_those_of_the_days():
    early = Article(
        "/f1.txt", "Bus crash near Lor", "Eleven people were injured near Lor.", dt.date(2025, 1, 3)
    )
    late = Article(
        "/f2.txt",
        "Bus crash near Lor: more hurt",
        "The number of people injured near Lor has risen to 19.",
        dt.date(2025, 1, 5),
    )
    answer = ask(
        "How do the first and the later number of people injured near Lor differ?", late, early
    )
    assert [(claim.label, claim.text.partition(": ")[2]) for claim in answer.claims] == [
        ("3 January 2025", "Eleven people were injured near Lor."),
        ("5 January 2025", "The number of people injured near Lor has risen to 19."),
    ]


def test_a_place_in_the_name_of_the_talks_is_not_where_they_were_held():
    sentence = "Ministers met on Monday for the Lake Ovo talks."
    other = "Ministers met on Friday in Lor for the Lake Ovo talks."
    grammar = KnownGrammar(
        parsed(sentence, ("Lake Ovo", "place"), verb="meet", subject="Ministers"),
        parsed(other, ("Lor", "place"), ("Lake Ovo", "place"), verb="meet", subject="Ministers"),
    )
    articles = (
        Article("/o1.txt", "Lake Ovo talks open", sentence, dt.date(2024, 1, 3)),
        Article("/o2.txt", "Lake Ovo talks go on", other, dt.date(2024, 3, 3)),
    )
    search = FixedSearch(*articles)
    assistant = Assistant(search, WordReranker(), ScriptedModel, parser=lambda: grammar)
    answer = assistant.ask("What differs between the two rounds of talks?")
    assert [claim.text for claim in answer.claims if claim.label == "Where"] == [
        "article of 3 March 2024: Lor"
    ]


def _quake(name: str, day: dt.date, text: str) -> Article:
    return Article(f"/{name}.txt", f"Quake in {name.title()}", text, day, "Post")


FIRST_REPORT = _quake("lor", dt.date(2009, 1, 4), "A quake in Lor killed one person, police say.")
LATER_REPORT = _quake(
    "lor", dt.date(2009, 1, 5), "The quake in Lor killed at least 4 people. Two hotels collapsed."
)
OTHER_QUAKE = _quake("marn", dt.date(2013, 7, 2), "A quake in Marn killed 11 people on Tuesday.")


def test_the_newest_report_speaks_for_an_event_and_the_dead_stand_side_by_side():
    later = replace(LATER_REPORT, path="/later.txt")
    answer = ask(
        "Compare the quake in Lor with the quake in Marn", FIRST_REPORT, later, OTHER_QUAKE
    )
    dead = [claim.text for claim in answer.claims if claim.label == "Dead"]
    assert dead == ["quake in Lor: at least 4 dead", "quake in Marn: 11 dead"]


def test_an_event_is_found_by_its_year_though_its_article_does_not_name_it():
    asked = "How did the quake of 2009 differ from that of 2013?"
    answer = ask(asked, FIRST_REPORT, OTHER_QUAKE)
    told = {claim.text.partition(": ")[0] for claim in answer.claims}
    assert told == {"quake of 2009", "quake of 2013"}


def test_a_name_is_found_where_the_text_writes_out_what_stands_before_it():
    ship = Article("/v.txt", "Pirates", "The naval ship Vela seized six rifles off Lor.")
    other = Article("/m.txt", "Pirates", "The INS Mora seized seven rifles off Marn.")
    answer = ask("INS Vela versus INS Mora: what did they seize?", ship, other)
    assert [claim.text for claim in answer.claims] == [
        "INS Vela: The naval ship Vela seized six rifles off Lor.",
        "INS Mora: The INS Mora seized seven rifles off Marn.",
    ]


def test_a_meeting_in_a_place_is_held_there_whatever_the_verb():
    text = "Their meeting Thursday in the city of Lor comes days after a launch."
    held = Article("/m.txt", "Envoys meet", text, dt.date(2023, 7, 20))
    grammar = KnownGrammar(parsed(text, ("Lor", "place")))
    items = [Evidence(Passage(held, ((0, len(text)),)), 0, len(text), 0.0)]
    assert [found.text for found in places(items, grammar)] == ["Lor"]


def test_names_with_an_article_of_their_own_are_compared_by_the_whole_of_it():
    text = "He grew up in Lor. At 21 {} scored 40 goals. The coach praised him. He stays a year."
    lenz = Article("/l.txt", "Lenz sets a record", text.format("Lenz"))
    quill = Article("/q.txt", "Quill sets a record", text.format("Quill").replace("40", "50"))
    answer = ask("Compare Lenz and Quill", lenz, quill)
    assert any(claim.text.startswith("Both: ") and "stays" in claim.text for claim in answer.claims)
