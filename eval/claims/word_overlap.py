"""Attribution by word overlap alone: what the proof has to beat.

A claim passes if a sentence has a third of its weighted stems, and it and at most two more have all
its names, numbers, days and quotations.
"""

from collections.abc import Sequence

from assistant.core.answer import Evidence
from assistant.core.evidence_text import format_sentence
from index.text.entities import Entity, entities
from index.text.relative_dates import format_day
from index.text.words import opening_word, stem, stems, words

MIN_SHARE = 0.34  # of a claim's weighted stems
NAME_WEIGHT = 3.0  # of a name's stem; that of an ordinary word is 1
MAX_SENTENCES = 3


def overlaps(claim: str, evidence: Sequence[Evidence]) -> bool:
    """Whether the words of a claim stand in few enough sentences of the evidence."""
    known = [_words(item) for item in evidence]
    needed = [one for one in entities(claim) if not _only_opens(one, claim, known)]
    heavy = {stem(word) for entity in needed for word in entity.words}
    weights = {word: NAME_WEIGHT if word in heavy else 1.0 for word in stems(claim)}

    def share(cited: Sequence[int]) -> float:
        said = frozenset().union(*(known[i] for i in cited))
        return sum(w for word, w in weights.items() if word in said) / sum(weights.values())

    order = sorted(range(len(known)), key=lambda i: -share([i]))
    cited = order[:1]
    for entity in needed:
        found = next((i for i in (*cited, *order) if _has(evidence[i], known[i], entity)), None)
        if found is None:
            return False
        cited += [] if found in cited else [found]
    return len(cited) <= MAX_SENTENCES and share(cited) >= MIN_SHARE


def _only_opens(entity: Entity, claim: str, known: Sequence[frozenset[str]]) -> bool:
    """Whether it is capitalised only because it begins the claim."""
    first = entity.text == opening_word(claim) and len(entity.words) == 1
    return first and any(stem(entity.words[0]) in said for said in known)


def _has(item: Evidence, known: frozenset[str], entity: Entity) -> bool:
    if not entity.quotation:
        return known.issuperset(entity.words)
    text, size = words(item.text), len(entity.words)
    return any(text[at : at + size] == entity.words for at in range(len(text) - size + 1))


def _words(item: Evidence) -> frozenset[str]:
    """Words and stems of a sentence and its article's title, source and day."""
    article = item.article
    parts = [format_sentence(item), article.title, article.source, article.byline]
    if article.stated_day:
        parts.append(f"{article.stated_day:%A} {format_day(article.stated_day)}")
    return stems(format_sentence(item)).union(*map(words, parts))
