"""A parser that knows the names of the stories, and the answers that the kinds give on them."""

import datetime as dt

from assistant.answering.pipeline import Assistant
from index.core.articles import Article
from index.text.grammar import Argument, Name, ParsedSentence, Relation
from tests.fakes import FixedSearch, ScriptedModel, WordReranker

NAMES = {
    "Mara Quist": "person",
    "Oto Quist": "person",
    "Quist": "person",
    "Bel Hadar": "person",
    "Norland": "place",
    "Peru": "place",
    "Harbin Bay": "place",
    "Tern Motors": "organisation",
    "the Harbour Council": "organisation",
}
STRIKE = Article(
    "/a/strike.txt",
    "Dockers strike in Harbin Bay",
    "Mara Quist, the mayor of Harbin Bay, spoke to the dockers. Quist said the strike would end. "
    "Coach Bel Hadar came from Peru. The carmaker Tern Motors waits for parts, and the Harbour "
    "Council met.",
    dt.date(2024, 2, 5),
    "Bay Post",
)
REGATTA = Article(
    "/a/regatta.txt",
    "Oto Quist wins the regatta",
    "Oto Quist won the regatta off Norland. The government of Norland gave the cup.",
    dt.date(2024, 3, 1),
    "Sailing Week",
)


def parsed(text: str) -> ParsedSentence:
    """The sentence with the names that stand in it, the longest first."""
    found: list[Name] = []
    for name in sorted(NAMES, key=len, reverse=True):
        start = text.find(name)
        if start >= 0 and not any(one.start <= start < one.end for one in found):
            found.append(Name(name, start, start + len(name), NAMES[name]))
    relations = ()
    if "won the regatta" in text:
        subject = Argument("subject", "Oto Quist", ("Oto Quist",), "person")
        won = Argument("object", "the regatta", ("regatta",))
        relations = (Relation("win", text.index("won"), subject, (won,)),)
    return ParsedSentence(text, tuple(found), relations)


class StoryGrammar:
    """Finds the names above in any sentence."""

    def parse(self, text: str) -> ParsedSentence:
        return parsed(text)


def ask(question: str, *articles: Article, relevance: float = 5.0, parser=StoryGrammar):
    search = FixedSearch(*articles, relevance=relevance)
    unsaid = ScriptedModel("The articles do not say it.")
    return Assistant(search, WordReranker(), lambda: unsaid, parser=parser).ask(question)


def rows(answer) -> list[str]:
    return [claim.line for claim in answer.claims]
