"""A sentence of an article read in its article: what stands around it, and who "he" is there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from assistant.checking.claim_parts import Part, parts_of
from assistant.core.answer import Evidence
from assistant.core.evidence_text import format_sentence
from index.core.articles import Article
from index.text.chunking import sentences
from index.text.grammar import ParsedSentence, Parser
from index.text.relative_dates import format_day
from index.text.words import COMMON, abbreviations, initialisms, words

BEFORE = 3  # sentences before a proof that may say whom it is about
PREFIX = 5  # letters by which "Japanese" is "Japan"; not for persons
_PRONOUN = re.compile(r"(?i)\b(?:he|she|his|her|him|they|their)\b")
_QUOTED = re.compile(r"[“\"][^”\"]*[”\"]?")


@dataclass(frozen=True, slots=True)
class ArticleContext:
    """A proof with its grammar and its parts; `before` is nearest first, `after` at most one."""

    proof: Evidence
    parsed: ParsedSentence
    parts: tuple[Part, ...]
    before: tuple[Evidence, ...]
    after: tuple[Evidence, ...]
    antecedent: str = ""

    @classmethod
    def of(cls, proof: Evidence, parser: Parser | None) -> ArticleContext:
        """Read a proof in its article."""
        parse: Callable[[str], ParsedSentence] = parser.parse if parser else ParsedSentence
        parsed, spans = parse(proof.text), spans_of(proof.article)
        earlier = [span for span in spans if span[1] <= proof.start][-BEFORE:]
        later = [span for span in spans if span[0] >= proof.end][:1]
        before, after = (
            tuple(replace(proof, start=a, end=b) for a, b in some)
            for some in (reversed(earlier), [] if proof.is_title else later)
        )
        context = cls(proof, parsed, tuple(parts_of(parsed)), before, after)
        return replace(context, antecedent=_antecedent(context, parse))

    @property
    def article(self) -> Article:
        """The article of the proof."""
        return self.proof.article

    @property
    def text(self) -> str:
        """The proof with its relative days resolved."""
        return format_sentence(self.proof)

    def says(self, part: Part) -> bool:
        """Whether the proof, the title or the article's day has a part, or it names the paper."""
        told = f"{self.text} {about(self.article)}"
        return has(part, told) or part.words == words(self.article.source)

    def near(self, part: Part) -> Evidence | None:
        """The sentence beside the proof that has a part."""
        return next((e for e in (*self.before, *self.after) if has(part, e.text)), None)

    def elsewhere(self, part: Part) -> Evidence | None:
        """The first sentence of the article that has a part."""
        if not has(part, self.article.text):
            return None
        each = (replace(self.proof, start=a, end=b) for a, b in spans_of(self.article))
        return next((one for one in each if has(part, one.text)), None)


def about(article: Article) -> str:
    """Title and day of an article."""
    day = article.stated_day
    written = f"{day:%A} {format_day(day)}" if day else ""
    return f"{article.title} {written}"


def has(part: Part, text: str) -> bool:
    """Whether a text has all words of a part, or its initials."""
    known, prefixes = _known(text)
    exact = part.kind in ("person", "number", "day")
    missing = [
        word
        for word in part.words
        if word not in known and word not in COMMON and (exact or word[:PREFIX] not in prefixes)
    ]
    if not missing:
        return True
    if part.kind in ("number", "day"):
        return False
    if "".join(word[0] for word in missing) in abbreviations(text):
        return True
    return initialisms(text).issuperset(missing) and abbreviations(part.text).issuperset(missing)


@lru_cache(maxsize=2_048)
def _known(text: str) -> tuple[frozenset[str], frozenset[str]]:
    found = frozenset(words(text))
    return found, frozenset(word[:PREFIX] for word in found)


@lru_cache(maxsize=64)
def spans_of(article: Article) -> tuple[tuple[int, int], ...]:
    """The sentences of an article."""
    return tuple(sentences(article.text))


def _antecedent(context: ArticleContext, parse: Callable[[str], ParsedSentence]) -> str:
    """The person of whom a proof speaks as "he" or "she": the nearest before; "" if not sure."""
    bare = _QUOTED.sub(" ", context.proof.text)
    if not _PRONOUN.search(bare) or any(part.kind == "person" for part in context.parts):
        return ""
    for item in context.before:
        if names := list(_persons(parse(item.text))):
            return names[0] if len(set(names)) == 1 else ""
    return ""


def _persons(parsed: ParsedSentence) -> Iterator[str]:
    """The persons that are subjects, or else all."""
    persons = [name.text for name in parsed.names if name.kind == "person"]
    subjects = [r.subject.text for r in parsed.relations if r.subject]
    leading = [name for name in persons if any(name in subject for subject in subjects)]
    yield from leading or persons


def neighbours(text: str, start: int, end: int) -> tuple[str, str]:
    """The comparable word before and the one behind a stretch of a text; "" at its ends."""
    before, behind = words(text[:start]), words(text[end:])
    return (before[-1] if before else ""), (behind[0] if behind else "")
