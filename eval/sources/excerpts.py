"""Excerpts of articles as people paste them: verbatim, or with a light edit made by code."""

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from index.core.articles import CAPTION, Article
from index.text.chunking import sentences

SHORTEST = 8  # words of an excerpt
PER_EDIT = 8  # one word of so many is dropped, replaced or respelled
_VARIANTS = (
    (r"is(e|ed|ing|ation)\b", r"iz\1"),
    (r"our\b", "or"),
    (r"([a-z])l(led|ling)\b", r"\1\2"),
)
_STRAIGHT = str.maketrans("“”‘’–—", "\"\"''--")

Edit = Callable[[Sequence[str], random.Random, Sequence[str]], str]
"""Sentences that follow one another, chance, words of other articles → the edited excerpt."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """An excerpt and where it is from: `start`..`end` of its article's text, and which edit."""

    text: str
    article: Article
    start: int
    end: int
    edit: str


def _some(words: Sequence[str], chance: random.Random) -> set[int]:
    """Places of the words to edit, the first and the last left alone."""
    places = range(1, len(words) - 1)
    return set(chance.sample(places, max(1, min(len(places), len(words) // PER_EDIT))))


def dropped(parts: Sequence[str], chance: random.Random, others: Sequence[str]) -> str:
    """Without some of its words."""
    words = " ".join(parts).split()
    gone = _some(words, chance)
    return " ".join(word for place, word in enumerate(words) if place not in gone)


def replaced(parts: Sequence[str], chance: random.Random, others: Sequence[str]) -> str:
    """With words of other articles in the place of some."""
    words = " ".join(parts).split()
    for place in _some(words, chance):
        words[place] = chance.choice(others)
    return " ".join(words)


def respelled(parts: Sequence[str], chance: random.Random, others: Sequence[str]) -> str:
    """American spelling; where nothing differs, two letters change places in some long words."""
    text = " ".join(parts)
    for pattern, spelling in _VARIANTS:
        text = re.sub(pattern, spelling, text)
    if text != " ".join(parts):
        return text
    words = text.split()
    for place in _some(words, chance):
        word = words[place]
        if len(word) > 5:
            words[place] = f"{word[:2]}{word[3]}{word[2]}{word[4:]}"
    return " ".join(words)


def retyped(parts: Sequence[str], chance: random.Random, others: Sequence[str]) -> str:
    """With straight quotes and hyphens, or typographic ones where they were straight; all small."""
    text = " ".join(parts)
    plain = text.translate(_STRAIGHT)
    if plain == text:
        plain = text.replace("'", "’").replace(" - ", " — ").replace('"', "”")
    return plain if plain != text else text.lower()


def joined(parts: Sequence[str], chance: random.Random, others: Sequence[str]) -> str:
    """Two sentences made one."""
    first, second = parts
    return f"{first.rstrip('.!?”')}, and {second[0].lower()}{second[1:]}"


def cut(parts: Sequence[str], chance: random.Random, others: Sequence[str]) -> str:
    """Without its middle third."""
    words = " ".join(parts).split()
    third = len(words) // 3
    return " ".join([*words[:third], "[…]", *words[-third:]])


def both(parts: Sequence[str], chance: random.Random, others: Sequence[str]) -> str:
    """Words dropped, others replaced."""
    return replaced([dropped(parts, chance, others)], chance, others)


def _bare(text: str) -> str:
    """Text without what stands around its words."""
    return " ".join(text.split()).strip(" \"“”'‘’.")


EDITS: Mapping[str, Edit] = {
    edit.__name__: edit for edit in (dropped, replaced, respelled, retyped, joined, cut, both)
}


def make_excerpts(
    articles: Sequence[Article], edits: Sequence[str], chance: random.Random
) -> list[Excerpt]:
    """One excerpt of one to three sentences for each of `edits`; "" is verbatim.

    Articles that have no sentence of `SHORTEST` words are left out; no place is taken twice for one
    kind of edit.
    """
    others = [word for one in articles for word in one.text.split() if word.isalpha()]
    found: list[Excerpt] = []
    taken: set[tuple[str, int, str]] = set()
    for edit in edits:
        for _ in range(200):  # tries
            article = chance.choice(articles)
            spans = sentences(article.text)
            first = chance.randrange(len(spans))
            last = first + (1 if edit == "joined" else chance.choice((0, 1, 2)))
            if last >= len(spans):
                continue
            start, end = spans[first][0], spans[last][1]
            text = article.text[start:end]
            usable = len(text.split()) >= SHORTEST and CAPTION not in text
            if usable and (article.id, first, edit) not in taken:
                taken.add((article.id, first, edit))
                parts = [article.text[a:b] for a, b in spans[first : last + 1]]
                edited = EDITS[edit](parts, chance, others) if edit else text
                if edit and (len(edited.split()) < SHORTEST or _bare(edited) == _bare(text)):
                    continue  # too little is left, or nothing could be edited so
                found.append(Excerpt(edited, article, start, end, edit))
                break
    return found
