"""Attribution: which sentences support a claim, and which of its entities are in no article.

The model writes, this file cites. A claim is matched to the sentences of the evidence by its
stems, entities weighing three times. An entity (name, number, date, quotation) that is in no cited
sentence, nor in its article's title or date line, makes the claim unsupported. Of what the question
named, the subject of the claim need only stand somewhere in the cited article.
"""

import re
from collections.abc import Iterable, Mapping, Sequence, Set
from functools import lru_cache

from assistant.core.answer import Citation, Claim, Evidence
from assistant.core.evidence_text import format_sentence, heading
from index.core.articles import Article
from index.text.entities import Entity, entities
from index.text.query_dates import overlap
from index.text.question import AnalysedQuestion
from index.text.relative_dates import format_day
from index.text.words import (
    COMMON,
    WORD,
    abbreviations,
    initialisms,
    opening_word,
    stem,
    stems,
    words,
)

MIN_SUPPORT = 0.34  # of a claim's weighted stems; below, the claim says something else
ENTITY_WEIGHT = 3.0  # of a name's or number's stem; that of an ordinary word is 1
QUESTION_WEIGHT = 0.25  # of the question's stems, to choose among sentences with the same name
MAX_CITED = 3  # sentences for one claim
PREFIX = 5  # letters by which a question's "Japanese" is the articles' "Japan"

_SAYS_NOTHING = re.compile(
    r"(?i)(?:\b(?:not|no|nor)|n['’]t\b).{0,40}\b(?:mention|state|specif|provide|given|say|said|indicate"
    r"|information|detail|found|contain|include|clear|known|available)"
)
_ABOUT_THE_TEXT = re.compile(
    r"(?i)\b(?:article|sentence|text|passage|context)s?\b|^there(?: is|'s|’s) no information\b"
)


class Attributor:
    """Checks the claims of one answer and numbers its citations in order of first use."""

    def __init__(self, question: AnalysedQuestion, evidence: Sequence[Evidence]) -> None:
        self._question = question
        self._evidence = evidence
        self._stems = [stems(format_sentence(item)) for item in evidence]
        self._words = [_supporting_words(item) for item in evidence]
        self._vocabulary = question.stems.union(*self._stems)
        self._prefixes = {word[:PREFIX] for known in self._words for word in known}
        self._numbers: dict[tuple[str, int], int] = {}

    def check(self, sentence: str) -> Claim:
        """The claim with its citations, or with the entities that are in no article."""
        if says_nothing(sentence):
            return Claim(sentence)
        needed = [entity for entity in entities(sentence) if self._needs_support(entity, sentence)]
        own = [entity for entity in needed if not self._is_asked(entity)]
        heavy = {stem(word) for entity in own for word in entity.words}
        weights = {word: ENTITY_WEIGHT if word in heavy else 1.0 for word in stems(sentence)}
        order = sorted(
            range(len(self._evidence)),
            key=lambda i: (
                -self._coverage(weights, [i]) - QUESTION_WEIGHT * self._overlap(i),
                -self._evidence[i].relevance,
            ),
        )
        cited = order[:1]
        missing = [entity for entity in needed if not self._contains(cited, entity)]
        for entity in list(missing):
            more = next((i for i in order if self._contains([i], entity)), None)
            if more is not None and len(cited) < MAX_CITED:
                if more not in cited:
                    cited.append(more)
                missing.remove(entity)
        missing = [e for e in missing if not self._is_readers_word(e, sentence, cited)]
        if missing or not cited or self._coverage(weights, cited) < MIN_SUPPORT:
            return Claim(sentence, (), tuple(entity.text for entity in missing))
        support = [round(self._coverage(weights, [i]), 3) for i in cited]
        return Claim(sentence, tuple(map(self.cite, (self._evidence[i] for i in cited), support)))

    def cite(self, item: Evidence, support: float = 1.0) -> Citation:
        """A citation of a sentence; for those that code has read values from, `support` is 1."""
        key = (item.article.id, item.start)
        return Citation(self._numbers.setdefault(key, len(self._numbers) + 1), item, support)

    def _needs_support(self, entity: Entity, sentence: str) -> bool:
        # a capital at the beginning of a sentence does not make a name …
        first = entity.text == opening_word(sentence) and len(entity.words) == 1
        if first and stem(entity.words[0]) in self._vocabulary:
            return False
        # … and what the question named is the reader's word, if the articles know it at all
        return not (self._is_asked(entity) and _is_known(entity, self._prefixes))

    def _is_asked(self, entity: Entity) -> bool:
        return self._question.words.issuperset(entity.words)

    def _is_readers_word(self, entity: Entity, claim: str, cited: Sequence[int]) -> bool:
        """Whether the question named it, and the cited sentences are of its time or its article.

        Of names only the one that opens a claim: the sentence says "the president" or "the bill"
        for it. What is said of it has to stand in the sentence.
        """
        if not self._is_asked(entity) or entity.quotation:
            return False
        items = [self._evidence[i] for i in cited]
        times = [p for p in self._question.periods if set(entity.words) <= set(words(p.phrase))]
        if any(overlap(time, e.text, e.article.stated_day) for time in times for e in items):
            return True
        before = claim[: claim.find(entity.text)]
        opens = all(word[0] != word[0].lower() or word in COMMON for word in WORD.findall(before))
        return opens and any(_is_in_article(entity, item.article) for item in items)

    def _contains(self, cited: Iterable[int], entity: Entity) -> bool:
        if not entity.quotation:
            return any(self._names(i, entity) for i in cited)
        size = len(entity.words)
        texts = (words(self._evidence[i].text) for i in cited)
        return any(
            text[at : at + size] == entity.words
            for text in texts
            for at in range(len(text) - size + 1)
        )

    def _names(self, i: int, entity: Entity) -> bool:
        missing = [word for word in entity.words if word not in self._words[i]]
        return _is_abbreviated(missing, entity, self._evidence[i].text)

    def _coverage(self, weights: Mapping[str, float], cited: Sequence[int]) -> float:
        """The share of a claim's weighted stems that the cited sentences have, 0..1."""
        if not weights:  # "Yes.": only the question can be compared
            return max((self._overlap(i) for i in cited), default=0.0)
        known = frozenset().union(*(self._stems[i] | self._words[i] for i in cited))
        return sum(w for word, w in weights.items() if word in known) / sum(weights.values())

    def _overlap(self, i: int) -> float:
        """The share of the question's stems that a sentence has, 0..1."""
        asked = self._question.stems
        return len(asked & self._stems[i]) / len(asked) if asked else 0.0


def says_nothing(sentence: str) -> bool:
    """Whether a sentence only says that the articles do not say it.

    >>> says_nothing("The article does not mention a Russian envoy.")
    True
    >>> says_nothing("He was not hurt.")
    False
    """
    return bool(_SAYS_NOTHING.search(sentence) and _ABOUT_THE_TEXT.search(sentence))


def unknown_names(question: AnalysedQuestion, evidence: Sequence[Evidence]) -> list[str]:
    """Names of the question that are nowhere in the articles of the evidence.

    Compared by `PREFIX` or stem, so that "Russian" is in "Russia". A number in words ("two
    envoys") is the reader's count and no name.
    """
    articles = {item.article.id: item.article for item in evidence}
    known = frozenset().union(*map(_prefixes_of, articles.values()))
    return [
        name.text
        for name in question.names
        if any(
            word not in COMMON and not known & {word[:PREFIX], stem(word)}
            for word in name.words
            if not (word.isdigit() and name.text[0].islower())
        )
    ]


def _is_known(entity: Entity, prefixes: Set[str]) -> bool:
    """A reader's "Margaret Atwood" is the articles' "Atwood"; a number is known whole."""
    known = [word[:PREFIX] in prefixes for word in entity.words]
    has_digits = any(map(str.isdigit, entity.text))  # "two Koreas" are the reader's count
    return all(known) if has_digits or entity.quotation else known[-1]


def _is_in_article(entity: Entity, article: Article) -> bool:
    known = _prefixes_of(article)
    missing = [word for word in entity.words if word[:PREFIX] not in known]
    return _is_known(entity, known) or _is_abbreviated(missing, entity, article.text)


def _is_abbreviated(missing: Sequence[str], entity: Entity, text: str) -> bool:
    """Whether a text has the missing words of an entity as initials, or spelled out; or none is."""
    if "".join(word[0] for word in missing) in abbreviations(text):
        return True
    return (initialisms(text) & abbreviations(entity.text)).issuperset(missing)


@lru_cache(maxsize=64)
def _prefixes_of(article: Article) -> frozenset[str]:
    """Prefix and stem of all words of an article, its heading and byline included."""
    text = f"{heading(article)} {article.text} {article.source} {article.byline}"
    return frozenset(part for word in words(text) for part in (word[:PREFIX], stem(word)))


def _supporting_words(item: Evidence) -> frozenset[str]:
    article = item.article
    parts = [format_sentence(item), article.title, article.source, article.byline]
    if article.stated_day:
        parts.append(f"{article.stated_day:%A} {format_day(article.stated_day)}")
    return frozenset(word for part in parts for word in words(part))
