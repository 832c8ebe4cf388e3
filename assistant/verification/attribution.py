"""Attribution: which sentences support a claim, and which of its entities are in no article.

The model writes, this file cites. A claim is matched to the sentences of the evidence by its
stems, entities weighing three times. An entity (name, number, date, quotation) that is in no cited
sentence, nor in its article's title or date line, makes the claim unsupported. Of what the question
named, the subject of the claim need only stand somewhere in the cited article. What only a title or
date line says is cited as the title.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from functools import lru_cache
from itertools import pairwise

from assistant.core.answer import Citation, Claim, Evidence
from assistant.core.evidence_text import format_sentence
from index.core.articles import Article
from index.text.calendar_terms import CALENDAR_NAMES
from index.text.entities import TITLES, Entity, entities
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
TITLE_GAIN = 0.2  # share of a claim's weighted stems from which words of a title alone are cited
PREFIX = 5  # letters by which a question's "Japanese" is the articles' "Japan"

_SAYS_NOTHING = re.compile(
    r"(?i)(?:\b(?:not|no|nor)|n['’]t\b).{0,40}\b(?:mention|state|specif|provide|given|say|said|indicate"
    r"|information|detail|found|contain|include|clear|known|available)"
)
_ABOUT_THE_TEXT = re.compile(
    r"(?i)\b(?:article|sentence|text|passage|context)s?\b|^there(?: is|'s|’s) no information\b"
)
_ASKS_AUTHOR = re.compile(
    r"(?i)\b(?:wr(?:o|i)tes?|written|authors?|report(?:ed|s|er)?|photo\w*|journalist)\b"
)


class Attributor:
    """Checks the claims of one answer and numbers its citations in order of first use.

    `disagreement` of a claim and the sentences found for it is what they say otherwise, or "".
    """

    def __init__(
        self,
        question: AnalysedQuestion,
        evidence: Sequence[Evidence],
        disagreement: Callable[[str, Sequence[Evidence]], str] = lambda claim, proofs: "",
    ) -> None:
        self._disagreement = disagreement
        self._question = question
        self._evidence = evidence
        self._stems = [stems(format_sentence(item)) for item in evidence]
        author = bool(_ASKS_AUTHOR.search(question.text))  # else a reporter is no name of the news
        self._words = [
            _words_of(e) | _words_of(e.title) | set(words(e.article.byline) if author else ())
            for e in evidence
        ]
        self._vocabulary = question.stems.union(*self._stems)
        self._prefixes = {word[:PREFIX] for known in self._words for word in known}
        self._numbers: dict[tuple[str, int, int], int] = {}

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
            more = next((i for i in order if self._adds(i, cited[0], entity)), None)
            if more is not None and len(cited) < MAX_CITED:
                if more not in cited:
                    cited.append(more)
                missing.remove(entity)
        missing = [e for e in missing if not self._is_readers_word(e, sentence, cited)]
        if missing or not cited or self._coverage(weights, cited) < MIN_SUPPORT:
            return Claim(sentence, (), tuple(entity.text for entity in missing))
        proofs = _with_titles([self._evidence[i] for i in cited], needed, weights)
        if otherwise := self._disagreement(sentence, proofs):
            return Claim(sentence, disagreement=otherwise)
        return Claim(
            sentence, tuple(self.cite(item, round(_share(weights, [item]), 3)) for item in proofs)
        )

    def cite(self, item: Evidence, support: float = 1.0) -> Citation:
        """A citation of a sentence; for those that code has read values from, `support` is 1."""
        number = self._numbers.setdefault(item.span, len(self._numbers) + 1)
        return Citation(number, item, support)

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

    def _adds(self, i: int, first: int, entity: Entity) -> bool:
        """Whether a sentence beside the first proves an entity.

        It is of the same article, or of one that names what the question is about: the day of
        another's death proves nothing.
        """
        one, other = (self._evidence[at].article for at in (first, i))
        about = [name for name in self._question.names if not self._is_time_or_number(name)]
        same = one.id == other.id or not about or any(_is_in_article(n, other) for n in about)
        return same and self._contains([i], entity)

    def _is_time_or_number(self, entity: Entity) -> bool:
        return self._question.time_words.issuperset(entity.words) or entity.words[0].isdigit()

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
        whole = bool(missing) or _is_run(entity, self._evidence[i])
        return whole and _is_abbreviated(missing, entity, self._evidence[i].text)

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


def _is_run(entity: Entity, item: Evidence) -> bool:
    """Whether the words of a name stand side by side, as those of "Kim Gunn" do.

    A title may stand elsewhere ("Kim Gunn, the Special Representative"), as may what the sentence
    does not write as a name, and one word in front ("Utah's Ann Lee"). Initials may be left out.
    """
    name = [word for word in entity.words if len(word) > 1]
    if len(name) < 2 or any(word.isdigit() or word in CALENDAR_NAMES for word in name):
        return True
    article = item.article
    text = "\n".join((format_sentence(item), article.title, article.source, article.byline))
    written = [words(word) for word in WORD.findall(text) if word[0].islower()]
    loose = TITLES.union(abbreviations(entity.text), *written)
    adjacent = set(pairwise(word for word in words(text) if len(word) > 1))
    runs = [[name[0]]]
    for one, other in pairwise(name):
        if (one, other) in adjacent:
            runs[-1].append(other)
        else:
            runs.append([other])
    return all(len(run) > 1 or run[0] in loose for run in runs[len(runs[0]) == 1 < len(runs) :])


def _is_abbreviated(missing: Sequence[str], entity: Entity, text: str) -> bool:
    """Whether a text has the missing words of an entity as initials, or spelled out; or none is."""
    if "".join(word[0] for word in missing) in abbreviations(text):
        return True
    return (initialisms(text) & abbreviations(entity.text)).issuperset(missing)


@lru_cache(maxsize=64)
def _prefixes_of(article: Article) -> frozenset[str]:
    """Prefix and stem of all words of an article, of what is known about it as well."""
    text = f"{_about(article)} {article.byline} {article.text}"
    return frozenset(part for word in words(text) for part in (word[:PREFIX], stem(word)))


def _with_titles(
    sentences: Sequence[Evidence], needed: Sequence[Entity], weights: Mapping[str, float]
) -> list[Evidence]:
    """The sentences that a claim needs, and the titles of those that do not say all of it."""
    titles: dict[str, Evidence] = {}
    said = [_words_of(item) for item in sentences]
    for item in sentences:
        both = _words_of(item) | _words_of(item.title)
        names = any(
            both.issuperset(entity.words) and not any(map(frozenset(entity.words).issubset, said))
            for entity in needed
        )
        gain = _share(weights, [*sentences, item.title]) - _share(weights, sentences)
        if item.article.title and (names or gain >= TITLE_GAIN):
            titles[item.article.id] = item.title
    found = list(titles.values())
    enough = _share(weights, found) if found else -1.0
    return [item for item in sentences if _share(weights, [item, *found]) > enough] + found


def _share(weights: Mapping[str, float], items: Iterable[Evidence]) -> float:
    """The share of a claim's weighted stems that stand in some sentences and titles, 0..1."""
    known = frozenset().union(*(_words_of(item) | stems(format_sentence(item)) for item in items))
    total = sum(weights.values()) or 1.0
    return sum(weight for word, weight in weights.items() if word in known) / total


def _words_of(item: Evidence) -> frozenset[str]:
    """The words of a sentence, or of a title with its date line."""
    return frozenset(words(_about(item.article) if item.is_title else format_sentence(item)))


def _about(article: Article) -> str:
    day = article.stated_day
    written = f"{day:%A} {format_day(day)}" if day else ""
    return f"{article.title} {article.source} {written}"
