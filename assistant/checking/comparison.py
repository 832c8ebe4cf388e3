"""Compares one sentence of a draft with one sentence of an article, part by part.

In this order: what the grammar finds (`assistant.verification.relations`), what is denied, the
names, numbers and days, the offices, and last the words that the trained verifier does not find,
unless it finds most: the rest is then said in other words. A part is contradicted only where the
article has another of its kind in its place; a part that is nowhere is only not proved.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.checking.article_context import ArticleContext, has
from assistant.checking.claim_parts import Part, parts_of
from assistant.checking.offices import offices_checked
from assistant.checking.opposites import opposites
from assistant.checking.part_checks import Mark, checked_part, has_rival
from assistant.core.answer import Evidence
from assistant.verification.relations import disagreements
from assistant.verification.verifier import WORD as VERIFIED_WORD
from assistant.verification.verifier import Verdict, Verifier
from index.text.grammar import ParsedSentence, Parser
from index.text.words import COMMON, WORD, stem, words

# Mean probability from which a claim is said, if in other words: of true sentences about the set
# of drafts' articles nearly all have more, of sentences about something else none.
OTHER_WORDS = 0.4
UNSAID = 0.05  # probability of a word by the verifier below which it is marked if it is new
MISPLACED = 0.015  # the same for a word that the article has there
_QUOTED = re.compile(r"[“\"][^”\"]*[”\"]?")
_NAMED_LAST = re.compile(r"not (?:of |“)?([^“”]+?)”?$")
_NO_QUESTION = ParsedSentence("")
_DEGREES = frozenset(
    "very quite really just also too even rather somewhat particularly especially still already"
    " however meanwhile moreover furthermore therefore thus then currently reportedly".split()
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What proofs say of a claim: the marks, and the share (0..1) of its stems that they have.

    `said` is the mean probability (0..1) of its words by the verifier, 1 without one. `reworded`
    are words that it does not find in what is said otherwise.
    """

    proofs: tuple[Evidence, ...]
    share: float
    marks: tuple[Mark, ...] = ()
    said: float = 1.0
    reworded: tuple[Mark, ...] = ()

    @property
    def contradicted(self) -> bool:
        """True if the proof says something else."""
        return any(mark.differs for mark in self.marks)

    def refutes(self, other: Comparison) -> bool:
        """True if it says something else in place of a word that another takes for reworded."""
        return any(
            mark.differs and mark.start < word.end and word.start < mark.end
            for mark in self.marks
            for word in other.reworded
        )

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
    claim: ReadClaim,
    proof: Evidence,
    parser: Parser | None,
    verifier: Verifier | None,
    beside: Sequence[Evidence] = (),
) -> Comparison:
    """What one sentence of an article, read in its article, says of a claim.

    What it leaves open may be said by the sentences `beside` it, of the same article.
    """
    context = ArticleContext.of(proof, parser)
    proofs = [proof]
    marks = [*_grammar(claim, context), *opposites(claim.parsed, context.parsed)]
    for part in claim.parts:
        mark, more = checked_part(part, claim.parsed, claim.parts, context)
        # where the proof names another, what stands beside it is of something else
        if mark and not mark.differs and not has_rival(part, claim.text, context):
            mark = None if any(has(part, one.text) for one in beside) else mark
        marks += [mark] if mark else []
        proofs += [more] if more and more.span not in {one.span for one in proofs} else []
    known = {one.span for one in proofs}
    proofs += [one for one in beside if one.span not in known]
    article = f"{proof.article.title}. {proof.article.text}"
    marks += offices_checked(claim.parsed, context.text, article)
    marks += _yet_to_come(claim, context)
    verdict = verifier.verify(claim.text, proofs) if verifier else None
    unsaid = tuple(_unsaid(claim, proofs, context, verdict)) if verdict else ()
    reworded = verdict is not None and verdict.mean >= OTHER_WORDS
    marks += () if reworded else unsaid
    said = (context.text, proof.article.title, *(one.text for one in beside))
    share = share_of(claim, " ".join(said))
    mean = verdict.mean if verdict else 1.0
    return Comparison(tuple(proofs), share, tuple(_apart(marks)), mean, unsaid if reworded else ())


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


def _unsaid(
    claim: ReadClaim, proofs: Sequence[Evidence], context: ArticleContext, verdict: Verdict
) -> Iterator[Mark]:
    """Words that the verifier does not find; names, numbers and days are judged before."""
    said = " ".join(item.text for item in (*proofs, *context.before[:1], *context.after))
    known = content(f"{said} {context.article.title}")
    tokens = iter(VERIFIED_WORD.finditer(claim.text))
    quoted = [found.span() for found in _QUOTED.finditer(claim.text)]
    for word in verdict.words:
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
