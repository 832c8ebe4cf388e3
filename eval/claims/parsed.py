"""Sentences with their grammar, and a claim as pieces of an article's text.

Labels of words and dependencies are spaCy's for English: Penn tags (VBD: past tense) and ClearNLP
dependencies (nsubj: subject, dobj: object, relcl: relative clause).
"""

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

SUPPORTED, CONTRADICTED, NOT_SAID = "supported", "contradicted", "not said"
Piece = str | tuple[int, int]  # written words, or a stretch of the article's text
Changed = tuple[str, tuple[Piece, ...]]  # kind of edit, the claim's pieces
NAMES = ("PERSON", "GPE", "LOC", "ORG", "NORP", "FAC")

_SPACE = re.compile(r"\s+")
_BEFORE_MARK = re.compile(r"\s+([,.;:?!)])")
_MARKS = re.compile(r",(?:\s*,)+|,\s*(?=[.;:])")
_VOWEL = re.compile(r"(?i)(?!u(?:ni|s|k|ti|ran)|eu|onc?e\b)[aeiou]|hour|honest|honou?r|heir")


class Edit(NamedTuple):
    """A claim made from a sentence: how (`kind`), whether it is true (`label`), and its text.

    `pieces` rebuild the text from the article, see `joined`.
    """

    kind: str
    label: str
    pieces: tuple[Piece, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Token:
    """A word: `start`..`end` in the article, `head` as an index into the sentence's tokens.

    `entity` is the kind of name it is part of ("" for none); `opens` says that the name begins.
    """

    start: int
    end: int
    text: str
    lemma: str
    tag: str
    dep: str
    head: int
    entity: str = ""
    opens: bool = False


class Name(NamedTuple):
    """A name or number in a sentence: tokens `first`..`last`, both included."""

    kind: str
    first: int
    last: int
    text: str


@dataclass(frozen=True)
class Sentence:
    """One sentence of an article, `start`..`end` in its text."""

    start: int
    end: int
    tokens: tuple[Token, ...]

    @cached_property
    def root(self) -> int:
        """The main verb's index."""
        return next((i for i, token in enumerate(self.tokens) if token.head == i), 0)

    @cached_property
    def _edges(self) -> list[tuple[int, int]]:
        edges = [(i, i) for i in range(len(self.tokens))]
        for i in range(len(self.tokens)):
            at = i
            while self.tokens[at].head != at:
                at = self.tokens[at].head
                edges[at] = min(edges[at][0], i), max(edges[at][1], i)
        return edges

    @cached_property
    def names(self) -> tuple[Name, ...]:
        """Names, days and numbers in reading order."""
        found: list[Name] = []
        for i, token in enumerate(self.tokens):
            before = found[-1] if found else None
            if token.entity and not token.opens and before and before.last == i - 1:
                gap = " " if token.start > self.tokens[i - 1].end else ""
                found[-1] = before._replace(last=i, text=f"{before.text}{gap}{token.text}")
            elif token.entity:
                found.append(Name(token.entity, i, i, token.text))
        return tuple(found)

    def edges(self, i: int) -> tuple[int, int]:
        """First and last token of everything that hangs on token `i`."""
        return self._edges[i]

    def children(self, i: int, *deps: str) -> list[int]:
        """Tokens that hang on token `i`, of these dependencies if any are given."""
        return [
            j
            for j, token in enumerate(self.tokens)
            if token.head == i != j and (not deps or token.dep in deps)
        ]

    def child(self, i: int, *deps: str) -> int | None:
        """The first of the children, if there is one."""
        return next(iter(self.children(i, *deps)), None)

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Where the tokens `first`..`last` stand in the article."""
        return self.tokens[first].start, self.tokens[last].end

    def words(self, first: int, last: int) -> list[str]:
        """The tokens `first`..`last` in small letters."""
        return [token.text.lower() for token in self.tokens[first : last + 1]]

    def opening(self, first: int, last: int) -> list[Piece]:
        """A span moved into a sentence: its first word loses the capital, unless it is a name."""
        token = self.tokens[first]
        named = token.tag.startswith("NNP") or token.entity in NAMES or token.text == "I"
        if first or (named and token.text not in {"The", "A", "An"}):
            return [self.span(first, last)]
        small = token.text[0].lower() + token.text[1:]
        return [small, (token.end, self.tokens[last].end)]

    def replaced(self, *changes: tuple[int, int, tuple[Piece, ...]]) -> tuple[Piece, ...]:
        """The sentence with tokens `first`..`last` replaced; empty `last < first` inserts."""
        at, pieces = self.start, list[Piece]()
        for first, last, new in sorted(changes, key=lambda change: change[:2]):
            start = self.tokens[first].start if first < len(self.tokens) else self.end
            end = self.tokens[last].end if last >= first else start
            pieces += [(at, start), *new]
            at = end
        return (*pieces, (at, self.end))


@dataclass(frozen=True)
class ParsedArticle:
    """An article's text, its sentences with grammar, and its day if that is known."""

    id: str
    text: str
    sentences: tuple[Sentence, ...]
    day: dt.date | None = None

    @cached_property
    def names(self) -> dict[str, list[str]]:
        """The names of each kind, as first written, in reading order, without "the" and "'s"."""
        found: dict[str, dict[str, None]] = {}
        for sentence in self.sentences:
            for name in sentence.names:
                found.setdefault(name.kind, {})[bare(name.text)] = None
        return {kind: [name for name in names if name] for kind, names in found.items()}

    @cached_property
    def kinds(self) -> dict[str, set[str]]:
        """The kinds that the parser gives a name, which is unsure where there are several."""
        found: dict[str, set[str]] = {}
        for kind, names in self.names.items():
            for name in names:
                found.setdefault(name, set()).add(kind)
        return found

    @cached_property
    def with_the(self) -> set[str]:
        """Names that stand behind "the" or "a" somewhere."""
        found = set()
        for sentence in self.sentences:
            for name in sentence.names:
                before = sentence.words(name.first - 1, name.first - 1) if name.first else []
                if name.text[:4].lower() == "the " or {"the", "a", "an"} & set(before):
                    found.add(bare(name.text))
        return found

    @cached_property
    def people(self) -> dict[str, str]:
        """Full name by last name, where the article has exactly one such full name."""
        full: dict[str, set[str]] = {}
        for name in self.names.get("PERSON", ()):
            if " " in name and name.replace(" ", "").replace("-", "").isalpha():
                full.setdefault(name.split()[-1], set()).add(name)
        return {last: next(iter(names)) for last, names in full.items() if len(names) == 1}


def bare(name: str) -> str:
    """A name without its article and its possessive.

    >>> bare("the United Nations's")
    'United Nations'
    """
    return re.sub(r"^(?:[Tt]he|[Aa]n?) |['’]s?$", "", name).strip()


def spaced(*pieces: Piece) -> tuple[Piece, ...]:
    """The pieces with a space between each two."""
    return tuple(part for piece in pieces for part in (piece, " "))


def article_for(word: str) -> str:
    """The indefinite article that the word needs.

    >>> [article_for(word) for word in ("envoy", "union", "hour", "mayor")]
    ['an', 'a', 'an', 'a']
    """
    return "an" if _VOWEL.match(word) else "a"


def joined(text: str, pieces: Iterable[Piece]) -> str:
    """The claim that the pieces make: one sentence, its marks and spaces in order.

    >>> joined("The dam, built in 1911, broke.", [(0, 7), (22, 30)])
    'The dam, broke.'
    >>> joined("Runa left Tavrin.", ["an hour after ", (0, 16)])
    'An hour after Runa left Tavrin.'
    """
    parts = (piece if isinstance(piece, str) else text[slice(*piece)] for piece in pieces)
    whole = _SPACE.sub(" ", "".join(parts)).strip(" ,;-–—")
    whole = _BEFORE_MARK.sub(r"\1", whole).replace("( ", "(")
    whole = _MARKS.sub(
        lambda found: "," if found[0].endswith(",") and len(found[0]) > 1 else "", whole
    )
    whole = whole[:1].upper() + whole[1:]
    return whole if re.search(r"[.!?][\"”’)]?$", whole) else f"{whole}."
