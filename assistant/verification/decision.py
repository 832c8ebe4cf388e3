"""Decides closed questions by code: whether a sentence says a statement, or says otherwise.

A small language model tends to say yes. So the words of the statement are looked for by the trained
verifier, and its grammar is compared with that of the sentences. What neither proves is left open.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from assistant.core.answer import Evidence
from assistant.verification.closed_questions import ClosedQuestion
from assistant.verification.relations import OPPOSITE, contradicts, disagreements
from assistant.verification.verifier import Verdict, Verifier
from index.text.entities import entities
from index.text.grammar import ParsedSentence, Parser, Relation
from index.text.words import COMMON, fold, stem, stems, words

# Probability of the least supported word. Of 40 statements about news the true ones mostly had .6
# to .98, the false ones up to .57 (roles of several people in one sentence).
SAYS_IT = 0.6
# Of the words beside an option the mean is enough, as the question says that one of them is true.
# Of questions by code from RTE's training half .6 gives 45 right, and 15 answers where neither
# option is true, .7 38 and 12, .8 29 and 5: a wrong answer is worse than none.
SAYS_REST = 0.8
SHARED = 0.5  # of a statement's stems: the verifier also reads the sentence before
LOOKED_AT = 12  # sentences, the most relevant first: 25 ms each
AS_RELEVANT = 6.0  # logits below the most relevant sentence; a denial further off is of another
NO_ROLE = ParsedSentence("")

_DENIES = re.compile(
    r"(?i)\b(?:not|never|no|none|nobody|neither|nor|without|den(?:y|ies|ied)|refus\w+|reject\w+"
    r"|fail(?:ed|s|ing)? to|false(?:ly)?)\b|n['’]t\b"
)

_PRONOUN = re.compile(r"(?i)^\W*(?:he|she|they|it|his|her|their|its)\b")


@dataclass(frozen=True, slots=True)
class Decision:
    """The word that answers, "Yes", "No" or an option, and the sentence that proves it.

    `introduction` is the sentence that says who "he" is in it.
    """

    word: str
    proof: Evidence
    introduction: Evidence | None = None

    @property
    def text(self) -> str:
        """The answer: the word and the sentence as it stands."""
        return f"{self.word[:1].upper()}{self.word[1:]}: {self.proof.text}"

    @property
    def proofs(self) -> tuple[Evidence, ...]:
        """The sentence, and the one that introduces whom it is about."""
        return (self.proof, self.introduction) if self.introduction else (self.proof,)


@dataclass(frozen=True, slots=True)
class Judge:
    """Reads statements and sentences."""

    parser: Parser
    verifier: Verifier
    introductions: Mapping[tuple[str, int, int], Evidence]

    def decide(self, asked: ClosedQuestion, evidence: Sequence[Evidence]) -> Decision | None:
        """The answer to a closed question; None if no sentence proves one, or two prove both."""
        near = sorted(evidence, key=lambda item: -item.relevance)[:LOOKED_AT]
        if asked.options:
            return self._choice(asked, near)
        [statement] = asked.statements
        said, denied = self._says(statement, near), self._denies(statement, near)
        if bool(said) == bool(denied):
            return None
        proof = said or denied
        word = "Yes" if bool(said) != asked.denied else "No"
        return self._decision(word, proof) if proof else None

    def _introduction(self, item: Evidence) -> Evidence | None:
        """The sentence that says who is meant, or the one before a pronoun in its passage."""
        earlier = [span for span in item.passage.sentences if span[1] <= item.start]
        if found := self.introductions.get(item.span):
            return found
        if not _PRONOUN.match(item.text) or not earlier:
            return None
        return replace(item, start=earlier[-1][0], end=earlier[-1][1])

    def _decision(self, word: str, proof: Evidence) -> Decision:
        return Decision(word, proof, self._introduction(proof))

    def _choice(self, asked: ClosedQuestion, near: Sequence[Evidence]) -> Decision | None:
        """The only option that a sentence gives, and not the other, in saying most of the rest."""
        found: dict[str, Evidence] = {}
        for item in near:
            read = [self._verdict(statement, item) for statement in asked.statements]
            own = [_least_of(*pair) for pair in zip(read, asked.options, strict=True)]
            for at, (option, verdict) in enumerate(zip(asked.options, read, strict=True)):
                alone = own[at] >= SAYS_IT > own[1 - at]
                rest = _without(verdict, option).mean
                if alone and rest >= SAYS_REST and self._agrees(asked.statements[at], item):
                    found.setdefault(option, item)
        return self._decision(*found.popitem()) if len(found) == 1 else None

    def _says(self, statement: str, near: Sequence[Evidence]) -> Evidence | None:
        """The sentence that says a statement best."""
        scored = [(self._verdict(statement, item).least(), -at) for at, item in enumerate(near)]
        for score, rank in sorted(scored, reverse=True):
            if score < SAYS_IT:
                return None
            if self._agrees(statement, near[-rank]):
                return near[-rank]
        return None

    def _verdict(self, statement: str, item: Evidence) -> Verdict:
        """How well a sentence says each word; no word if it has too few of them to be read."""
        before = self._introduction(item)
        proofs = [before, item] if before else [item]
        needed = stems(statement)
        read = stems(" ".join((*(proof.text for proof in proofs), item.article.title)))
        if len(needed & read) < SHARED * len(needed) or not needed & stems(item.text):
            return Verdict(())
        return self.verifier.verify(statement, proofs)

    def _agrees(self, statement: str, item: Evidence) -> bool:
        """Whether grammar has nothing against it; a denial has to be about something else."""
        mine, theirs = self.parser.parse(statement), self.parser.parse(item.text)
        if disagreements(NO_ROLE, mine, [theirs]) or _of_others(mine, theirs):
            return False
        if denies(statement) or not denies(item.text):
            return True
        verbs = {stem(one.verb) for one in mine.relations}
        same = [one for one in theirs.relations if stem(one.verb) in verbs]
        return bool(same) and not any(one.negated for one in same)

    def _denies(self, statement: str, near: Sequence[Evidence]) -> Evidence | None:
        """The most relevant sentence that says the opposite of a statement, or another value."""
        mine = self.parser.parse(statement)
        found = (
            item
            for item in near
            if item.relevance >= near[0].relevance - AS_RELEVANT
            and self._is_about(statement, item)
            and _says_otherwise(mine, self.parser.parse(item.text))
        )
        return next(found, None)

    def _is_about(self, statement: str, item: Evidence) -> bool:
        """Whether a sentence, or its introduction, has the name that a statement begins with."""
        names = [name for name in entities(statement) if statement.startswith(name.text)]
        before = self._introduction(item)
        text = f"{before.text if before else ''} {item.text} {item.article.title}"
        if not names:
            return bool(stems(statement) & stems(text))
        return set(words(text)).issuperset(names[0].words)


def _least_of(verdict: Verdict, option: str) -> float:
    """The probability of the least supported word of an option: "May" is a common word too."""
    return min((one.said for one in verdict.words if one.text in option.split()), default=0.0)


def _without(verdict: Verdict, option: str) -> Verdict:
    """The words that say something, those of an option left out."""
    known = {*option.split(), *COMMON}
    return Verdict(tuple(one for one in verdict.words if not {one.text, fold(one.text)} & known))


def _says_otherwise(statement: ParsedSentence, sentence: ParsedSentence) -> bool:
    found = disagreements(NO_ROLE, statement, [sentence])
    return contradicts(statement, sentence) or OPPOSITE in found


def _of_others(statement: ParsedSentence, sentence: ParsedSentence) -> bool:
    """Whether a sentence has the verb of a statement, but always done by others or to others."""
    mine = next(iter(statement.relations), None)
    if mine is None or mine.verb in ("be", "have"):
        return False
    same = [one for one in sentence.relations if stem(one.verb) == stem(mine.verb)]
    return bool(same) and not any(_may_be(mine, other) for other in same)


def _may_be(mine: Relation, other: Relation) -> bool:
    """Whether subjects and objects share a word, or one is missing or a pronoun."""
    pairs = [(mine.subject, other.subject), (mine.object, other.object)]
    return all(
        one is None
        or rival is None
        or "pronoun" in (one.kind, rival.kind)
        or bool(stems(one.text) & stems(rival.text))
        for one, rival in pairs
    )


def denies(text: str) -> bool:
    """Whether a text has a word that denies something.

    >>> denies("Norway didn't attend"), denies("Norway attended")
    (True, False)
    """
    return bool(_DENIES.search(text))
