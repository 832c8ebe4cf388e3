"""What articles are about: the names and words that several of their titles share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from assistant.kinds.inventory.names.name_signs import tidy
from index.core.articles import Article
from index.text.entities import entities
from index.text.words import COMMON, WORD, stem, words

TOPICS = 10
NAMED = 0.5  # articles that a name counts more than another word
READ = 2_000  # titles, the newest
_PLAIN = frozenset(
    "new says said say year years week day days news first last two three former gets get set one"
    " back calls call plan plans big more than make made take takes still amid win wins report"
    " reports people man woman time part top high low officials official interview interviews"
    " process".split()
)


def topics_of(articles: Sequence[Article]) -> list[tuple[str, list[Article]]]:
    """The topics with most articles, each with those; a single article's come last.

    Where topics have no article that one before does not have, they are left out.
    """
    by_topic: dict[str, list[Article]] = defaultdict(list)
    written: dict[str, str] = {}
    for article in articles[:READ]:
        of_source = {stem(word) for word in words(article.source)}
        for topic, as_written in _topics(article.title).items():
            if topic in of_source:
                continue
            by_topic[topic].append(article)
            written.setdefault(topic, as_written)
    ranked = sorted(
        by_topic.items(), key=lambda pair: -len(pair[1]) - NAMED * written[pair[0]][0].isupper()
    )
    covered: set[str] = set()
    found: list[tuple[str, list[Article]]] = []
    for topic, of in ranked:
        ids = {article.id for article in of}
        if ids <= covered or len(found) == TOPICS:
            continue
        covered |= ids
        found.append((written[topic], of))
    return found


def _topics(title: str) -> dict[str, str]:
    """The names of a title, and its other words by their stems, as they are written.

    >>> sorted(_topics("Ossel flood toll rises to 15").values())
    ['Ossel', 'flood', 'rises', 'toll']
    """
    names = [one for one in entities(title) if not one.text[0].isdigit() and not one.quotation]
    capitals = sum(word[0].isupper() for word in WORD.findall(title))
    headline_case = capitals > len(WORD.findall(title)) * 0.6
    found = {}
    for token in WORD.findall(title):
        comparable = words(token)[:1]
        if comparable and len(token) > 2 and not token[0].isdigit():
            word = comparable[0]
            if word not in COMMON and word not in _PLAIN:
                found[stem(word)] = token
    if headline_case:
        return found
    for name in names:
        for token in WORD.findall(name.text):
            found.pop(stem(words(token)[0]), None)
        if written := tidy(name.text):
            found[" ".join(words(written))] = written
    return found
