"""Quotations are word for word, by the right speaker, newest first."""

import datetime as dt

import pytest

from assistant.answering.pipeline import Assistant
from assistant.kinds.routing import kind_of
from index.core.articles import Article
from index.text.grammar import Argument, Name, ParsedSentence, Relation, Speech
from tests.fakes import FixedSearch, KnownGrammar, ScriptedModel, WordReranker

INTRO = "Ada Venn, the mayor of Arden, said the dam was safe."
QUOTED = "“We checked every stone of the dam,” Venn said."
MORE = "“Twice.”"
HE = "She added that the tax would stay."
OTHER = "Jon Pell said Ada Venn was wrong about the dam."
SURNAME = "Venn said the road was closed."


def article(name, *sentences, day=10):
    published = dt.date(2024, 5, day)
    return Article(f"/n/{name}.txt", f"News {name}", " ".join(sentences), published)


def grammar(text, subject, lemma, word, kind="person", heads=None):
    """What a parser tells of the one verb of speech; whole quotations are given in short."""
    person = Argument("subject", subject, heads or (subject,), kind)
    start = text.index(word)
    names = (Name(subject, 0, len(subject), "person"),) if kind == "person" else ()
    said = (0, 14) if text.startswith("“") else (start + len(word) + 1, len(text))
    return ParsedSentence(
        text, names, (Relation(lemma, start, person),), (Speech(person, lemma, *said),)
    )


GRAMMAR = KnownGrammar(
    grammar(INTRO, "Ada Venn, the mayor of Arden", "say", "said", heads=("Ada Venn", "mayor")),
    grammar("“This is so,” Venn said.", "Venn", "say", "said"),
    grammar(HE, "She", "add", "added", kind="pronoun"),
    grammar(OTHER, "Jon Pell", "say", "said"),
    grammar(SURNAME, "Venn", "say", "said"),
)
DAM = article("dam", INTRO, QUOTED, MORE, HE)
PELL = article("pell", OTHER, day=12)
ROAD = article("road", "Ada Venn came late.", SURNAME, day=14)


def ask(question, *articles, parser=GRAMMAR):
    search = FixedSearch(*articles)
    return Assistant(search, WordReranker(), ScriptedModel, parser=lambda: parser).ask(question)


def test_all_that_a_person_says_with_role_and_day_newest_first():
    answer = ask("Quotes by Ada Venn", DAM, PELL, ROAD)
    assert [one.text for one in answer.claims] == [SURNAME, INTRO, f"{QUOTED} {MORE}", HE]
    assert [one.label for one in answer.claims] == [
        "Ada Venn, 14 May 2024",
        *["Ada Venn, the mayor of Arden, 10 May 2024"] * 3,
    ]
    assert (answer.kind, answer.in_rows) == ("quotes", True)


def test_what_others_say_of_a_person_is_left_out():
    assert OTHER not in ask("What has Ada Venn said?", DAM, PELL).text
    assert ask("What has Jon Pell said?", DAM, PELL).claims[0].text == OTHER


def test_a_full_name_from_another_sentence_is_cited_as_well():
    [row] = ask("Quotes by Ada Venn", ROAD).claims
    assert [citation.quote for citation in row.citations] == [SURNAME, "Ada Venn came late."]


def test_a_surname_that_two_persons_have_is_not_resolved():
    two = article("two", "Ada Venn came.", "Max Venn left.", "It rained.", SURNAME)
    [row] = ask("Quotes by Ada Venn", two).claims
    assert row.label == "Venn (the article names several), 10 May 2024"


def test_an_office_and_a_topic():
    answer = ask("What did the mayor say about the tax?", article("tax", INTRO, HE))
    assert answer.claims[-1].text == HE
    answer = ask("Who said what about the dam?", DAM, PELL)
    assert {one.label.split(",")[0] for one in answer.claims} == {"Ada Venn", "Jon Pell"}


def test_a_quotation_alone_stands_without_its_speaker():
    only = article("only", "Ada Venn came.", QUOTED)
    [row] = ask("Quotes by Ada Venn", only).claims
    assert row.text == "“We checked every stone of the dam,”"


def test_a_statement_that_is_announced_is_the_persons():
    issued = "Ada Venn issued a statement on the dam."
    known = KnownGrammar(
        ParsedSentence(
            issued,
            (Name("Ada Venn", 0, 8, "person"),),
            (Relation("issue", 9, Argument("subject", "Ada Venn", ("Ada Venn",), "person")),),
        )
    )
    said = "“The dam is safe, and it stays so.”"
    [row] = ask("Quotes by Ada Venn", article("dam", issued, said), parser=known).claims
    assert (row.text, row.label) == (said, "Ada Venn, 10 May 2024")


def test_a_persons_statement_is_what_the_person_says():
    added = "Venn's statement added that the tax would stay."
    known = KnownGrammar(grammar(added, "Venn's statement", "add", "added", kind=""))
    [row] = ask("Quotes by Ada Venn", article("tax", "Ada Venn came.", added), parser=known).claims
    assert (row.text, row.label.split(",")[0]) == (added, "Ada Venn")


def test_any_verb_with_a_quotation_tells_who_said_it():
    cried = "“Close it at once,” Jon Pell cried."
    known = KnownGrammar(grammar("“This is so,” Jon Pell cried.", "Jon Pell", "cry", "cried"))
    [row] = ask("Quotes by Jon Pell", article("dam", cried), parser=known).claims
    assert (row.text, row.label) == ("“Close it at once,”", "Jon Pell, 10 May 2024")


def test_a_quotation_of_any_length_is_read():
    long = f"“{'we checked every stone of it, ' * 30}twice,” Jon Pell said."
    known = KnownGrammar(grammar("“This is so,” Jon Pell said.", "Jon Pell", "say", "said"))
    assert len(ask("Quotes by Jon Pell", article("dam", long), parser=known).claims) == 1


def test_he_is_the_first_who_does_something_and_is_not_called_she():
    met = "Ada Venn took her hat and Jon Pell stayed."
    said = "He said the dam was old."
    ada, jon = (Argument("subject", name, (name,), "person") for name in ("Ada Venn", "Jon Pell"))
    known = KnownGrammar(
        ParsedSentence(met, (), (Relation("take", 9, ada), Relation("stay", 35, jon))),
        grammar(said, "He", "say", "said", kind="pronoun"),
    )
    [row] = ask("Quotes by Jon Pell", article("dam", met, said), parser=known).claims
    assert row.text == said
    assert ask("Quotes by Ada Venn", article("dam", met, said), parser=known).refused


def test_she_may_be_a_person_of_the_same_sentence():
    text = "Venn opened the dam, and she said it was safe."
    venn, she = (
        Argument("subject", name, (name,), kind)
        for name, kind in (("Venn", "person"), ("she", "pronoun"))
    )
    both = Relation("open", 5, venn), Relation("say", text.index("said"), she)
    said = Speech(she, "say", text.index("it was"), len(text))
    known = KnownGrammar(ParsedSentence(text, (), both, (said,)))
    [row] = ask("Quotes by Ada Venn", article("dam", "Ada Venn came.", text), parser=known).claims
    assert (row.text, row.label.split(",")[0]) == (text, "Ada Venn")


def test_it_says_what_it_does_not_find():
    answer = ask("What did Jon Pell say about the new opera house?", PELL)
    assert answer.refusal.reason == (
        "Not in these articles: they quote Jon Pell, but not about the new opera house."
    )
    assert answer.evidence[0].text == OTHER
    missing = ask("What did Max Orr say about opera?", PELL).refusal
    assert missing.reason == "Not in these articles: they do not say what Max Orr said."
    assert ask("Quotes by Jon Pell", PELL, parser=None).refusal.code == "unsupported"


def test_captions_and_bylines_speak_not():
    lines = Article("/n/c.txt", "Dam", f"[Caption] {INTRO}\n\nBy Ada Venn said\n\nIt rained.")
    assert ask("Quotes by Ada Venn", lines).refused


@pytest.mark.parametrize(
    ("question", "speaker", "topic"),
    [
        ("What did Sung Kim say about North Korea?", "Sung Kim", "North Korea"),
        ("What has the mayor said on the dam?", "the mayor", "the dam"),
        ("what did ada venn say", "ada venn", ""),
        ("Quotes from Ada Venn", "Ada Venn", ""),
        ("Who said what about the dam?", "", "the dam"),
        ("Everything the mayor said", "the mayor", ""),
        ("What did the mayor tell reporters about the dam?", "the mayor", "the dam"),
        ("Show me Ada Venn's statements on the dam", "Ada Venn", "the dam"),
        ("What was said by the union about the dam?", "the union", "the dam"),
    ],
)
def test_wordings(question, speaker, topic):
    found = kind_of(question)
    assert found is not None
    assert (found.kind, found.speaker, found.topic) == ("quotes", speaker, topic)


@pytest.mark.parametrize(
    "question",
    [
        "What did the mayor say the dam would cost?",
        "What did Kim say happened?",
        "Who said that the dam would hold?",
        "What does the article say about taxes?",
        "What can you say about football?",
        "Why did the mayor say no?",
        "What did the mayor say when the dam broke?",
        "What did they say about it?",
        "When was the statement issued?",
    ],
)
def test_a_single_fact_is_no_question_for_quotations(question):
    assert kind_of(question) is None
