"""Examples for the claim verifier: which words of a claim its proof says.

From questions with their answer: the answer as a statement beside its sentence; false ones have
another name or number of the same kind in its place, a sentence that does not answer as proof, or
a question that names somebody else. From sentences alone: the rewrites and false edits of
`eval.claims.edits`, whose words that the sentence has not are what it does not say.
"""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby
from typing import Any

from assistant.verification.verifier import WORD, claim_text, proof_text
from eval.claims.article_parser import parsed
from eval.claims.edits import edits, unsaid
from eval.train.open_sets import OpenQuestion
from eval.train.statement import statement
from eval.train.token_model import Example, Unit
from index.text.parser import SpacyParser
from index.text.words import words

TRUE, FALSE = 2, 3  # edits taken of one sentence
SHORT = 0.25  # of the statements are only the answer itself
VERBATIM = 0.3  # of the sentences are claims as they stand
SWAPPED = ("PERSON", "GPE", "LOC", "ORG", "NORP", "FAC", "EVENT")  # in a question


@dataclass(frozen=True, slots=True)
class LabelledClaim:
    """A claim with the question it answers ("" for none), a proof, and what that does not say.

    `unsaid` are (start, end) in the claim; none: it is supported.
    """

    question: str
    claim: str
    proof: str
    unsaid: tuple[tuple[int, int], ...] = ()

    @property
    def example(self) -> Example:
        """Each word of the claim as a unit: True if the proof says it."""
        text, start = claim_text(self.question, self.claim)
        units = (
            Unit(
                start + word.start(),
                start + word.end(),
                not any(a < word.end() and word.start() < b for a, b in self.unsaid),
            )
            for word in WORD.finditer(self.claim)
        )
        return Example(text, self.proof, 0, tuple(units), balanced=True)


def whole(claim: str) -> tuple[tuple[int, int], ...]:
    """All of a claim."""
    return ((0, len(claim)),)


def from_questions(
    questions: Sequence[OpenQuestion], parser: SpacyParser, chance: random.Random
) -> Iterator[LabelledClaim]:
    """Pairs of questions that come with an answer."""
    usable = [one for one in questions if one.answer and len(one.answer) < 80]
    for _, group in groupby(usable, key=lambda one: (one.document, one.sentences)):
        asked = list(group)
        docs = [parser.tokens(line) for line in asked[0].sentences]
        for one in asked:
            yield from _of_question(one, docs, parser, chance)


def _of_question(
    one: OpenQuestion, docs: Sequence[Any], parser: SpacyParser, chance: random.Random
) -> Iterator[LabelledClaim]:
    question = parser.tokens(one.question)
    gold = min(one.gold)

    def proof(number: int) -> str:
        before = one.sentences[number - 1] if number else ""
        return proof_text(one.title, "", before, one.sentences[number])

    def said(answer: str, asked: Any = question) -> str:
        text = None if chance.random() < SHORT else statement(asked, answer, docs[gold])
        return text or f"{answer}."

    yield LabelledClaim(one.question, said(one.answer), proof(gold))
    known = set(words(one.answer)) | set(words(one.question))
    named = [(e, i) for i, doc in enumerate(docs) for e in doc.ents]
    kind = next((e.label_ for e, i in named if i == gold and _alike(e.text, one.answer)), "")
    rivals = (
        [(e, i) for e, i in named if e.label_ == kind and not known & set(words(e.text))]
        if kind
        else []
    )
    for name, place in chance.sample(rivals, min(1, len(rivals))):
        text = said(name.text)
        at = text.find(name.text)
        wrong = ((at, at + len(name.text)),) if at >= 0 else whole(text)
        yield LabelledClaim(one.question, text, proof(place), wrong)
        if place != gold and chance.random() < 0.5:
            yield LabelledClaim(one.question, text, proof(gold), wrong)
    beside = [i for i in range(len(docs)) if i not in one.gold]
    if beside and chance.random() < 0.4:
        text = said(one.answer)
        yield LabelledClaim(one.question, text, proof(chance.choice(beside)), whole(text))
    asked_names = [e for e in question.ents if e.label_ in SWAPPED]
    others = [
        e
        for e, _ in named
        for own in asked_names
        if e.label_ == own.label_ and not known & set(words(e.text))
    ]
    if others:
        other = chance.choice(others)
        own = next(e for e in asked_names if e.label_ == other.label_)
        text = f"{one.question[: own.start_char]}{other.text}{one.question[own.end_char :]}"
        claim = said(one.answer, parser.tokens(text))
        yield LabelledClaim(text, claim, proof(gold), whole(claim))


def _alike(name: str, answer: str) -> bool:
    mine, asked = set(words(name)), set(words(answer))
    return bool(mine) and (mine <= asked or asked <= mine)


def from_sentences(
    texts: Sequence[tuple[str, str]], parser: SpacyParser, chance: random.Random
) -> Iterator[LabelledClaim]:
    """Pairs of the sentences of some (title, text)."""
    for number, (title, text) in enumerate(texts):
        article = parsed(parser, str(number), text)
        lines = [text[s.start : s.end] for s in article.sentences]
        for i in range(len(lines)):
            found = list(edits(article, i, number))
            proof = proof_text(title, "", lines[i - 1] if i else "", lines[i])
            if found and chance.random() < VERBATIM:
                yield LabelledClaim("", lines[i], proof)
            for name, most in (("supported", TRUE), ("contradicted", FALSE)):
                alike = [edit for edit in found if edit.label == name]
                for edit in chance.sample(alike, min(most, len(alike))):
                    wrong = () if name == "supported" else differing(edit.text, lines[i])
                    yield LabelledClaim("", edit.text, proof, wrong)
            other = unsaid(article, i, number) if found else None
            if other is not None and chance.random() < 0.5:
                yield LabelledClaim("", other.text, proof, whole(other.text))
            if found and i and chance.random() < 0.2:  # true by the sentence before alone
                yield LabelledClaim("", lines[i - 1], proof, whole(lines[i - 1]))


def differing(claim: str, sentence: str) -> tuple[tuple[int, int], ...]:
    """Where a claim has other words than its sentence; the words around what was left out."""
    mine = list(re.finditer(r"\w+", claim))
    theirs = re.findall(r"\w+", sentence.lower())
    matcher = SequenceMatcher(None, [word[0].lower() for word in mine], theirs, autojunk=False)
    found = []
    for kind, start, end, _, _ in matcher.get_opcodes():
        if kind == "insert":
            start, end = max(0, start - 1), min(len(mine), end + 1)
        if kind != "equal" and start < end:
            found.append((mine[start].start(), mine[end - 1].end()))
    return tuple(found) or whole(claim)
