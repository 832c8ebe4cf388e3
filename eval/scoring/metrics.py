"""Metrics: one pure function each, with its definition, source and extremes.

Every share is 0 when all is wrong and 1 when all is right. `eval.scoring.case_scores` decides which
metric applies to which case. Which failure lowers which metric:

    a wrong answer          answer, f1, exact, answer_precision
    a wrong citation        citation_gold, and citation_precision and _recall if it proves nothing
    a false refusal         false_refusal and balanced_accuracy, and answer: none was given
    an unsupported answer   rejection, balanced_accuracy and answer_precision
"""

import math
import re
from collections import Counter
from collections.abc import Collection, Sequence
from difflib import SequenceMatcher

from eval.data.normalize import contains, normalize
from index.text.entities import entities
from index.text.words import COMMON, opening_word, stem, stems, words

SUPPORT = 1 / 3  # share of the words of a claim without entities that a sentence has to hold
_SCALE = re.compile(r"\b(?:thousand|million|billion)\b", re.IGNORECASE)
OVERLAP = 1 / 2  # share of the shorter quote's words that two quotes have in common in a row
_ARTICLES = frozenset({"a", "an", "the"})


def holds(text: str, accepted: str) -> bool:
    """Whether an answer contains an accepted string as whole words, after `normalize`.

    Source: `has_answer` of DPR (Karpukhin et al., EMNLP 2020), with numbers and dates normalised.
    Part of a number or of a word is no match.

    >>> holds("At least twelve died on 20 July 2023.", "12"), holds("142 million crowns.", "142")
    (True, True)
    >>> holds("He paid 45,756.", "45"), holds("on 14 March", "4 March")
    (False, False)
    """
    part = normalize(accepted)
    if not part:  # signs only, such as "≥"
        return accepted.strip() in text
    # "142" is accepted of a question that counts in millions, and "142 million" holds it
    return contains(normalize(text), part) or contains(normalize(_SCALE.sub("", text)), part)


def exact(text: str, accepted: str) -> float:
    """1 if answer and accepted string are the same words, articles ("the") apart; else 0.

    Source: exact match of SQuAD (Rajpurkar et al., EMNLP 2016), after `normalize`.

    >>> exact("The twelve.", "12"), exact("About 12", "12")
    (1.0, 0.0)
    """
    return float(_plain(text) == _plain(accepted))


def token_f1(text: str, accepted: str) -> float:
    """Harmonic mean of precision and recall of the answer's words.

    Source: F1 of SQuAD (Rajpurkar et al., EMNLP 2016), after `normalize`.

    >>> token_f1("Kim Gunn", "the Kim Gunn"), round(token_f1("It was Kim Gunn", "Kim Gunn"), 3)
    (1.0, 0.667)
    """
    ours, theirs = _plain(text), _plain(accepted)
    if not ours or not theirs:
        return float(ours == theirs)
    common = (Counter(ours) & Counter(theirs)).total()
    return 2 * common / (len(ours) + len(theirs))


def _plain(text: str) -> tuple[str, ...]:
    return tuple(token for token in normalize(text) if token not in _ARTICLES)


# ── retrieval ─────────────────────────────────────────────────────────────────────────────────
# `ranked` holds, for each rank, the names of what is found there: an article and its near
# duplicates, or the gold quotes inside a passage.


def recall_at(k: int, ranked: Sequence[Collection[str]], relevant: Collection[str]) -> float:
    """Share of the relevant that is found at ranks 1 to `k`.

    Source: Manning, Raghavan, Schütze, Introduction to Information Retrieval (2008), 8.3.

    >>> recall_at(1, [{"a"}, {"b"}], {"a", "b"}), recall_at(2, [{"a"}, {"b"}], {"a", "b"})
    (0.5, 1.0)
    """
    found = {name for names in ranked[:k] for name in names}
    return len(found & set(relevant)) / len(set(relevant))


def reciprocal_rank(ranked: Sequence[Collection[str]], relevant: Collection[str]) -> float:
    """1 / rank of the first that is relevant; 0 if none is. Its mean over questions is the MRR.

    Source: Voorhees, The TREC-8 Question Answering Track Report (1999).

    >>> reciprocal_rank([{"b"}, {"a"}], {"a"}), reciprocal_rank([{"b"}], {"a"})
    (0.5, 0.0)
    """
    ranks = (r for r, names in enumerate(ranked, 1) if set(names) & set(relevant))
    return 1 / next(ranks, math.inf)


def ndcg_at(k: int, ranked: Sequence[Collection[str]], relevant: Collection[str]) -> float:
    """Gain of the first `k`: each rank with a new relevant item counts 1 / log2(1 + rank).

    Divided by the gain of the best order. Source: Järvelin, Kekäläinen, ACM TOIS 20(4), 2002.

    >>> ndcg_at(10, [{"a"}, {"b"}], {"a", "b"}), round(ndcg_at(10, [{"c"}, {"a"}], {"a"}), 3)
    (1.0, 0.631)
    """
    left = set(relevant)
    gain = 0.0
    for rank, names in enumerate(ranked[:k], 1):
        if left & set(names):
            gain += 1 / math.log2(1 + rank)
            left -= set(names)
    best = sum(1 / math.log2(1 + rank) for rank in range(1, min(k, len(set(relevant))) + 1))
    return gain / best


def contains_quote(text: str, quote: str) -> bool:
    """Whether a text holds the words of a quote in one run, whatever the punctuation.

    >>> contains_quote("Then he left on Monday.", "He left — on Monday"), contains_quote("b", "a")
    (True, False)
    """
    return contains(words(text), words(quote))


def quotes_overlap(one: str, other: str) -> bool:
    """Whether two quotes are of one sentence: a common run of half of the shorter one's words.

    >>> quotes_overlap("Kim Gunn came", "On Monday Kim Gunn came to Tokyo")
    True
    """
    a, b = words(one), words(other)
    run = SequenceMatcher(None, a, b, autojunk=False).find_longest_match().size
    return run > 0 and run >= OVERLAP * min(len(a), len(b))


def entities_to_support(
    claim: str, question: str, known: Sequence[str]
) -> dict[str, frozenset[str]]:
    """Names, numbers and dates of a claim with the words that have to be in its evidence.

    What the question names itself is left out, and so is a first word with a capital only for its
    place, which is known from a text of `known` that holds it.

    >>> list(entities_to_support("Talks were led by Kim Gunn on 20 July.", "Who?", ["the talks"]))
    ['Kim Gunn', '20 July']
    """
    asked = frozenset(normalize(question))
    vocabulary = stems(question).union(*(stems(text) for text in known))
    opening = opening_word(claim)
    found: dict[str, frozenset[str]] = {}
    for entity in entities(claim):
        lone = entity.text == opening and len(entity.words) == 1
        if lone and stem(entity.words[0]) in vocabulary:
            continue
        parts = frozenset(normalize(entity.text))
        if not asked.issuperset(parts):
            found[entity.text] = parts
    return found


def unsupported(required: dict[str, frozenset[str]], quotes: Sequence[str]) -> list[str]:
    """The entities that are, word for word, in none of the quotes.

    Source: the entailment check of ALCE (Gao et al., EMNLP 2023), by entities instead of a model.

    >>> twelve = {"12": frozenset({"12"})}
    >>> unsupported(twelve, ["Twelve died."]), unsupported(twelve, ["Many died."])
    ([], ['12'])
    """
    # "26" of "26 million" is in "26 million", which `normalize` reads as one number
    known = [frozenset((*normalize(quote), *words(quote))) for quote in quotes]
    return [
        text
        for text, parts in required.items()
        if not any(held.issuperset(parts) for held in known)
    ]


def needed_quotes(claim: str, required: dict[str, frozenset[str]], quotes: Sequence[str]) -> int:
    """How many of the quotes cited for a claim support a part of it (numerator of precision).

    One does if it holds every entity, or one that no other quote of the claim holds; for a claim
    without entities, if it holds a third of the claim's words. Source: citation precision of ALCE
    (Gao et al., EMNLP 2023), by entities.

    >>> kim = {"Kim Gunn": frozenset({"kim", "gunn"})}
    >>> needed_quotes("It was Kim Gunn.", kim, ["Kim Gunn came.", "It rained."])
    1
    """
    if not required:
        return sum(_shares_words(claim, quote) for quote in quotes)
    missing = [frozenset(unsupported(required, [quote])) for quote in quotes]
    return sum(
        not lacks
        or any(
            all(part in other for j, other in enumerate(missing) if j != i)
            for part in required.keys() - lacks
        )
        for i, lacks in enumerate(missing)
    )


def supported(claim: str, required: dict[str, frozenset[str]], quotes: Sequence[str]) -> bool:
    """Whether the quotes cited for a claim, taken together, support all of it.

    Source: citation recall of ALCE (Gao et al., EMNLP 2023), by entities.

    >>> supported("It was Kim Gunn.", {"Kim Gunn": frozenset({"kim", "gunn"})}, ["Kim Gunn came."])
    True
    """
    if not required:
        return any(_shares_words(claim, quote) for quote in quotes)
    return not unsupported(required, quotes)


def _shares_words(claim: str, quote: str) -> bool:
    ours = stems(claim) or frozenset(w for w in words(claim) if w not in COMMON)
    if not ours:  # "Yes.": nothing to compare
        return True
    return len(ours & stems(quote)) >= SUPPORT * len(ours)


def balanced_accuracy(rejection: float, false_refusal: float) -> float:
    """Mean of the shares of unanswerable questions refused and of answerable ones not refused.

    One half for a system that always, or never, refuses. Source: Brodersen et al., ICPR 2010.

    >>> balanced_accuracy(1, 0), balanced_accuracy(0, 1), balanced_accuracy(1, 1)
    (1.0, 0.0, 0.5)
    """
    return (rejection + 1 - false_refusal) / 2
