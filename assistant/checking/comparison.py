"""Compares one sentence of a draft with one sentence of an article, part by part.

In this order: what the grammar finds (`assistant.verification.relations`), what is denied, the
names, numbers and days, the offices, and last the words that the trained verifier does not find.
A part is contradicted only where the article has another of its kind in its place; a part that is
nowhere is only not proved.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass

from assistant.checking.article_context import ArticleContext
from assistant.checking.claim_parts import Part, parts_of
from assistant.checking.offices import office_conflicts
from assistant.checking.part_checks import Mark, checked_part
from assistant.core.answer import Evidence
from assistant.verification.relations import disagreements
from assistant.verification.verifier import WORD as VERIFIED_WORD
from assistant.verification.verifier import Verifier
from index.text.grammar import ParsedSentence, Parser
from index.text.words import COMMON, WORD, stem, words

UNSAID = 0.05  # probability of a word by the verifier below which it is marked if it is new
MISPLACED = 0.015  # the same for a word that the article has there
_QUOTED = re.compile(r"[“\"][^”\"]*[”\"]?")
_NAMED_LAST = re.compile(r"not (?:of |“)?([^“”]+?)”?$")
_NO_QUESTION = ParsedSentence("")
_NEGATORS = frozenset("not never cannot neither nor without hardly nobody".split())
_DENIERS = frozenset(map(stem, "fail refuse deny decline reject unable avoid prevent no".split()))
_OPPOSITE = ("un", "in", "im", "dis", "non", "il", "ir")
_DEGREES = frozenset(
    "very quite really just also too even rather somewhat particularly especially still already"
    " however meanwhile moreover furthermore therefore thus then currently reportedly".split()
)
_DENIED_WITHIN = 4  # words between a negation and what it denies
# words of which a thing is only one
_EXCLUSIVE = tuple(
    tuple(frozenset(map(stem, side.split())) for side in group.split(" / "))
    for group in (
        "north northern / south southern / east eastern / west western",
        "increase rise rose grow climb gain / decrease fall fell drop decline shrink lose",
        "win won victory beat / lose lost defeat",
        "men man male boy / women woman female girl",
        "before / after",
        "first / second / third / last / final",
        "semi quarter / final",
        "approve accept pass adopt back support / reject refuse oppose block veto",
        "open / close shut",
        "arrive enter / leave depart",
        "buy purchase / sell",
        "million / billion / thousand / hundred",
        "guilty convict / innocent acquit",
        "alive survive / dead die kill",
        "upper / lower",
        "morning / afternoon / evening / night",
        "more / less fewer",
        "daily / weekly / monthly / annual yearly",
        "major / minor",
        "import / export",
        "public / private",
        "begin start launch / end finish stop",
        "include contain / exclude lack",
        "allow permit / forbid ban prohibit",
        "minimum / maximum",
        "old / new",
        "ancient / modern",
    )
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What one proof says of a claim: the marks, and the share (0..1) of its stems that it has."""

    proofs: tuple[Evidence, ...]
    share: float
    marks: tuple[Mark, ...] = ()

    @property
    def contradicted(self) -> bool:
        """True if the proof says something else."""
        return any(mark.differs for mark in self.marks)

    @property
    def supported(self) -> bool:
        """True if the proof says all of it."""
        return not self.marks


@dataclass(frozen=True, slots=True)
class ReadClaim:
    """A sentence of a draft with its grammar; `stems` without stop words."""

    parsed: ParsedSentence
    parts: tuple[Part, ...]
    stems: frozenset[str]

    @classmethod
    def of(cls, text: str, parser: Parser | None) -> ReadClaim:
        """Read a sentence."""
        parsed = parser.parse(text) if parser else ParsedSentence(text)
        return cls(parsed, tuple(parts_of(parsed)), content(text))

    @property
    def text(self) -> str:
        """The sentence."""
        return self.parsed.text


def content(text: str) -> frozenset[str]:
    """The stems of a text without stop words; numbers in one form."""
    return frozenset(stem(word) for word in words(text) if word not in COMMON)


def share_of(claim: ReadClaim, text: str) -> float:
    """The share of a claim's stems that a text has, 0..1."""
    return len(claim.stems & content(text)) / max(1, len(claim.stems))


def compare(
    claim: ReadClaim, proof: Evidence, parser: Parser | None, verifier: Verifier | None
) -> Comparison:
    """What one sentence of an article, read in its article, says of a claim."""
    context = ArticleContext.of(proof, parser)
    proofs, marks = [proof], [*_grammar(claim, context), *_denials(claim, context)]
    for part in claim.parts:
        mark, more = checked_part(part, claim.parsed, claim.parts, context)
        marks += [mark] if mark else []
        proofs += [more] if more and more.span not in {one.span for one in proofs} else []
    article = f"{proof.article.title}. {proof.article.text}"
    for conflict in office_conflicts(claim.parsed, context.text, article):
        marks.append(Mark(*conflict, differs=True))
    marks += [*_exclusive(claim, context), *_yet_to_come(claim, context)]
    if verifier:
        marks += _unsaid(claim, proofs, context, verifier)
    share = share_of(claim, " ".join((context.text, proof.article.title)))
    return Comparison(tuple(proofs), share, tuple(_apart(marks)))


def _grammar(claim: ReadClaim, context: ArticleContext) -> Iterator[Mark]:
    for reason in disagreements(_NO_QUESTION, claim.parsed, [context.parsed]):
        named = _NAMED_LAST.search(reason)
        start = claim.text.find(named[1]) if named else -1
        span = (start, start + len(named[1])) if named and start >= 0 else (0, len(claim.text))
        known = start >= 0 and named is not None and _is_said(named[1], context)
        if not known:
            reason = reason.replace("the cited sentence", "the article")
            yield Mark(*span, reason, differs=True)


def _is_said(text: str, context: ArticleContext) -> bool:
    """Whether the antecedent of the proof's "he" is what the grammar missed there."""
    return bool(context.antecedent) and set(words(text)) <= set(words(context.antecedent))


def _denials(claim: ReadClaim, context: ArticleContext) -> Iterator[Mark]:
    """Words that one side denies and the other states."""
    mine, theirs = _denied(claim.text), _denied(context.proof.text)
    said = content(_QUOTED.sub(" ", context.proof.text))
    for word, (start, end) in mine.items():
        if word in said and word not in theirs and not _DENIERS & content(context.proof.text):
            yield Mark(start, end, "the article says the opposite", differs=True)
    claimed = {
        stem(words(found[0])[0]): found.span()
        for found in WORD.finditer(claim.text)
        if words(found[0])[0] not in COMMON
    }
    for word in theirs:
        if word in claimed and word not in mine and not _DENIERS & content(claim.text):
            yield Mark(*claimed[word], "the article says the opposite", differs=True)


def _denied(text: str) -> dict[str, tuple[int, int]]:
    """The stem of the word that each negation denies, with the stretch from the negation to it."""
    found: dict[str, tuple[int, int]] = {}
    bare = _QUOTED.sub(lambda quoted: " " * len(quoted[0]), text)
    tokens = list(WORD.finditer(bare))
    for at, token in enumerate(tokens):
        written = token[0].lower().replace("’", "'")
        only = at + 1 < len(tokens) and tokens[at + 1][0].lower() in ("only", "just", "until")
        if only or not (written in _NEGATORS or written.endswith("n't")):
            continue
        for other in tokens[at + 1 : at + 1 + _DENIED_WITHIN]:
            word = words(other[0])[0]
            if word not in COMMON:
                found[stem(word)] = (token.start(), other.end())
                break
    stated = [stem(words(token[0])[0]) for token in tokens]
    return {word: span for word, span in found.items() if stated.count(word) == 1}


def _exclusive(claim: ReadClaim, context: ArticleContext) -> Iterator[Mark]:
    """A word in whose place the article has one that excludes it: "north" and "south"."""
    mine = list(WORD.finditer(claim.text))
    theirs = list(WORD.finditer(context.proof.text))
    known = {stem(words(word[0])[0]) for word in theirs}
    claimed = {stem(words(word[0])[0]) for word in mine}
    for at, word in enumerate(mine):
        written = stem(words(word[0])[0])
        for rival in _rivals_of(written, known) & known - claimed if written not in known else ():
            for their_at, other in enumerate(theirs):
                if stem(words(other[0])[0]) == rival and _beside_same(mine, at, theirs, their_at):
                    reason = f"the article says “{other[0]}”, not “{word[0]}”"
                    yield Mark(*word.span(), reason, differs=True)


def _rivals_of(word: str, known: Set[str]) -> frozenset[str]:
    """Words that exclude a word: by the list, or because one is "un" and the other."""
    opposite = {
        one
        for one in known
        for prefix in _OPPOSITE
        if len(min(one, word, key=len)) > 3 and (one == prefix + word or word == prefix + one)
    }
    return frozenset(opposite) | frozenset(
        other
        for group in _EXCLUSIVE
        if any(word in side for side in group)
        for side in group
        if word not in side
        for other in side
    )


def _beside_same(
    mine: Sequence[re.Match[str]], at: int, theirs: Sequence[re.Match[str]], other: int
) -> bool:
    """Whether a content word beside one word is also beside the other."""
    near = [
        {stem(words(w[0])[0]) for w in tokens[max(0, i - 4) : i + 5]} - set(map(stem, COMMON))
        for tokens, i in ((mine, at), (theirs, other))
    ]
    return bool(near[0] & near[1])


def _unsaid(
    claim: ReadClaim, proofs: Sequence[Evidence], context: ArticleContext, verifier: Verifier
) -> Iterator[Mark]:
    """Runs of words that the verifier does not find; names, numbers and days are judged before."""
    said = " ".join(item.text for item in (*proofs, *context.before[:1], *context.after))
    known = content(f"{said} {context.article.title}")
    tokens = iter(VERIFIED_WORD.finditer(claim.text))
    quoted = [found.span() for found in _QUOTED.finditer(claim.text)]
    for word in verifier.verify(claim.text, proofs).words:
        found = next((token for token in tokens if token[0] == word.text), None)
        if found is None or _is_common(word.text):
            continue
        start, end = found.span()
        judged = [(part.start, part.end) for part in claim.parts] + quoted
        if any(a <= start < b for a, b in judged):
            continue
        least = MISPLACED if content(word.text) <= known else UNSAID
        if word.said < least:
            yield Mark(start, end, f"the article does not say “{word.text}”")


def _is_common(word: str) -> bool:
    return set(words(word)) <= COMMON | _DEGREES


def _yet_to_come(claim: ReadClaim, context: ArticleContext) -> Iterator[Mark]:
    """Verbs in the past of what the article only says will be."""
    for mine in claim.parsed.relations:
        found = WORD.match(claim.text, mine.start)
        if found is None or mine.modality or found[0].lower() == mine.verb:
            continue
        same = [r for r in context.parsed.relations if stem(r.verb) == stem(mine.verb)]
        past = not found[0].lower().endswith(("s", "ing"))
        if same and past and all(r.modality in ("will", "would", "shall") for r in same):
            yield Mark(*found.span(), "the article says that it would happen, not that it did")


def _apart(marks: Sequence[Mark]) -> Iterator[Mark]:
    """The marks without those inside, or equal to, one that says what the article has instead."""
    kept: list[Mark] = []
    for mark in sorted(marks, key=lambda m: (not m.differs, m.end - m.start)):
        if not any(one.start < mark.end and mark.start < one.end for one in kept):
            kept.append(mark)
    yield from sorted(kept, key=lambda mark: mark.start)
