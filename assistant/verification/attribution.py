"""Each claim against the evidence: which sentence proves it, and which particulars nobody wrote.

The model writes, this file cites. A claim is matched to the sentences it was shown by its words,
particulars weighing three times; a particular (name, number, date, quotation) that stands in no
cited sentence, nor in its article's title or date line, makes the claim unsupported.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.core.answer import Citation, Claim, Evidence
from assistant.core.evidence_text import format_sentence, heading
from index.text.entities import Entity, entities
from index.text.words import COMMON, opening_word, stem, stems, words

MIN_SUPPORT = 0.34  # of a claim's weighted words; below, the claim says something else
PARTICULAR_WEIGHT = 3.0  # of a name's or number's word against an ordinary word
QUESTION_WEIGHT = 0.25  # of the question's words, to choose among sentences that prove a bare name
MAX_CITED = 3  # sentences for one claim

_SAYS_NOTHING = re.compile(
    r"(?:\b(?:not|no|nor)|n['’]t\b).{0,40}\b(?:mention|state|specif|provide|given|say|said|indicate|information"
    r"|detail|found|contain|include|clear|known|available)",
    re.IGNORECASE,
)
_ABOUT_THE_TEXT = re.compile(
    r"\b(?:article|sentence|text|passage|context)s?\b|^there(?: is|'s|’s) no information\b",
    re.IGNORECASE,
)


class Attributor:
    """Checks the claims of one answer, numbering its citations in order of first use."""

    def __init__(self, question: str, evidence: Sequence[Evidence]) -> None:
        self._question = stems(question)
        self._asked = frozenset(words(question))
        self._evidence = evidence
        self._stems = [stems(format_sentence(item)) for item in evidence]
        self._words = [_proving_words(item) for item in evidence]
        # by the first five letters: a question's "Japanese" is the articles' "Japan"
        self._begun = frozenset(word[:5] for known in self._words for word in known)
        self._numbers: dict[tuple[str, int], int] = {}

    def check(self, sentence: str) -> Claim:
        """The claim with its citations and the particulars that nobody wrote."""
        if says_nothing(sentence):
            return Claim(sentence)
        wanted = self._particulars(sentence)
        weights = _weights(sentence, wanted)
        order = sorted(
            range(len(self._evidence)),
            key=lambda i: (
                -self._share(weights, i) - QUESTION_WEIGHT * self._overlap(i),
                -self._evidence[i].relevance,
            ),
        )
        cited = order[:1]
        missing = [p for p in wanted if not self._stands(p, cited)]
        for particular in list(missing):
            more = next((i for i in order if self._stands(particular, [i])), None)
            if more is not None and len(cited) < MAX_CITED:
                if more not in cited:
                    cited.append(more)
                missing.remove(particular)
        if missing or not cited or self._union(weights, cited) < MIN_SUPPORT:
            return Claim(sentence, (), tuple(p.text for p in missing))
        return Claim(sentence, tuple(self._citation(i, weights) for i in cited))

    def _particulars(self, sentence: str) -> list[Entity]:
        opening = opening_word(sentence)
        found = []
        for particular in entities(sentence):
            # a capital at the beginning of a sentence does not make a name …
            lone = particular.text == opening and len(particular.words) == 1
            if lone and stem(particular.words[0]) in self._vocabulary():
                continue
            # … and what the question named is the reader's word, if the articles know it at all
            asked = self._asked.issuperset(particular.words)
            if asked and self._known_in_part(particular):
                continue
            found.append(particular)
        return found

    def _known_in_part(self, named: Entity) -> bool:
        """A reader's "Margaret Atwood" is the "Atwood" of the articles; a number is known whole."""
        known = [word[:5] in self._begun for word in named.words]
        numbers = any(sign.isdigit() for sign in named.text)  # "two Koreas" are the reader's count
        return all(known) if numbers or named.quotation else any(known)

    def _vocabulary(self) -> frozenset[str]:
        return self._question.union(*self._stems)

    def _stands(self, particular: Entity, cited: Sequence[int]) -> bool:
        if particular.quotation:
            return any(_contains(words(self._evidence[i].text), particular.words) for i in cited)
        return any(self._words[i].issuperset(particular.words) for i in cited)

    def _share(self, weights: dict[str, float], i: int) -> float:
        return self._union(weights, [i])

    def _union(self, weights: dict[str, float], cited: Sequence[int]) -> float:
        known = frozenset().union(*(self._stems[i] | self._words[i] for i in cited))
        total = sum(weights.values())
        if not total:  # "Yes.": all that can be compared is the question
            return max((self._overlap(i) for i in cited), default=0.0)
        return sum(weight for word, weight in weights.items() if word in known) / total

    def _overlap(self, i: int) -> float:
        return len(self._question & self._stems[i]) / len(self._question) if self._question else 0.0

    def _citation(self, i: int, weights: dict[str, float]) -> Citation:
        return self.cite(self._evidence[i], round(self._share(weights, i), 3))

    def cite(self, item: Evidence, support: float = 1.0) -> Citation:
        """A citation of a sentence that code itself has read something from."""
        key = (item.article.id, item.start)
        return Citation(self._numbers.setdefault(key, len(self._numbers) + 1), item, support)


def says_nothing(sentence: str) -> bool:
    """Tell whether a sentence only says that the articles do not say it.

    >>> says_nothing("The article does not mention a Russian envoy.")
    True
    >>> says_nothing("He was not hurt.")
    False
    """
    return bool(_SAYS_NOTHING.search(sentence) and _ABOUT_THE_TEXT.search(sentence))


def unknown_names(question: str, evidence: Sequence[Evidence]) -> list[str]:
    """Names of the question that stand nowhere in the articles the evidence is from.

    Compared by the first five letters, so that "Russian" finds "Russia". A number written out ("two
    envoys") is the reader's count and no name.
    """
    known: set[str] = set()
    for article in {item.article.id: item.article for item in evidence}.values():
        text = f"{heading(article)} {article.text} {article.source} {article.byline}"
        known.update(word[:5] for word in words(text))
        known.update(stem(word) for word in words(text))
    return [
        particular.text
        for particular in names(question)
        if any(
            word[:5] not in known and stem(word) not in known and word not in COMMON
            for word in particular.words
            if not (word.isdigit() and particular.text[0].islower())
        )
    ]


def names(question: str) -> list[Entity]:
    """Names and numbers of a question; its first word is capitalised by its place only."""
    opening = opening_word(question)
    return [p for p in entities(question) if not p.quotation and p.text != opening]


def _proving_words(item: Evidence) -> frozenset[str]:
    article = item.article
    day = article.published
    parts = [format_sentence(item), article.title, article.source, article.byline]
    if day:
        parts.append(f"{day:%A} {day.day} {day:%B} {day.year}")
    return frozenset(word for part in parts for word in words(part))


def _weights(sentence: str, wanted: Sequence[Entity]) -> dict[str, float]:
    heavy = {stem(word) for particular in wanted for word in particular.words}
    return {word: PARTICULAR_WEIGHT if word in heavy else 1.0 for word in stems(sentence)}


def _contains(text: Sequence[str], part: Sequence[str]) -> bool:
    size = len(part)
    return any(tuple(text[i : i + size]) == tuple(part) for i in range(len(text) - size + 1))
