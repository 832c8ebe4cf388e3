"""What is measured: one pure function a metric, with its definition, its source and its extremes.

Every share is 0 when all is wrong and 1 when all is right. Nothing here reads a file, asks a model
or knows a case; `eval.scoring.scores` says which metric applies to which case, and why it came out so.

What a failure lowers, so that a figure points at its cause:

    a wrong answer          answer, f1, exact, answer_precision
    a wrong citation        citation_gold, and citation_precision and _recall if it proves nothing
    a false refusal         false_refusal and balanced_accuracy, and answer: none was given
    an answer from nowhere  rejection, balanced_accuracy and answer_precision
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Sequence
from difflib import SequenceMatcher

from eval.data.normalize import contains, normalize
from index.text.entities import entities
from index.text.words import COMMON, opening_word, stem, stems, words

SUPPORT = 1 / 3  # of the words of a claim without particulars that a sentence has to hold
_SCALE = re.compile(r"\b(?:thousand|million|billion)\b", re.IGNORECASE)
OVERLAP = 1 / 2  # of the shorter one's words that two quotes of one sentence share in a row
_ARTICLES = frozenset({"a", "an", "the"})

# ── answers ───────────────────────────────────────────────────────────────────────────────────


def holds(text: str, accepted: str) -> bool:
    """Whether an answer holds an accepted string as whole words, after `normalize`.

    Source: `has_answer` of DPR (Karpukhin et al., EMNLP 2020), with numbers and dates normalised.
    A part of a number or of a word is no match. An answer that lists many things holds many.

    >>> holds("At least twelve died on 20 July 2023.", "12"), holds("20 July 2023", "July 20")
    (True, True)
    >>> holds("142 million crowns.", "142")
    True
    >>> holds("He paid 45,756.", "45"), holds("on 14 March", "4 March"), holds("", "4")
    (False, False, False)
    """
    wanted = normalize(accepted)
    if not wanted:  # signs only, such as "≥"
        return accepted.strip() in text
    # "142" is accepted of a question that counts in millions, and "142 million" holds it
    return contains(normalize(text), wanted) or contains(normalize(_SCALE.sub("", text)), wanted)


def exact(text: str, accepted: str) -> float:
    """1 if answer and accepted string are the same words, articles ("the") apart; else 0.

    Source: exact match of SQuAD (Rajpurkar et al., EMNLP 2016), after `normalize`.

    >>> exact("The twelve.", "12"), exact("About 12", "12")
    (1.0, 0.0)
    """
    return float(_plain(text) == _plain(accepted))


def token_f1(text: str, accepted: str) -> float:
    """Harmonic mean of the share of the answer's words that are right and of those it should hold.

    Source: F1 of SQuAD (Rajpurkar et al., EMNLP 2016), after `normalize`.

    >>> token_f1("Kim Gunn", "the Kim Gunn"), token_f1("Sung", "Kim Gunn")
    (1.0, 0.0)
    >>> round(token_f1("It was Kim Gunn", "Kim Gunn"), 3)
    0.667
    """
    said, wanted = _plain(text), _plain(accepted)
    if not said or not wanted:
        return float(said == wanted)
    common = (Counter(said) & Counter(wanted)).total()
    return 2 * common / (len(said) + len(wanted))


def _plain(text: str) -> tuple[str, ...]:
    return tuple(token for token in normalize(text) if token not in _ARTICLES)


# ── retrieval ─────────────────────────────────────────────────────────────────────────────────
# `ranked` holds, for each rank, the names of the wanted things that stand there: an article and
# those that carry the same text, or the quotes inside a passage.


def recall_at(k: int, ranked: Sequence[Collection[str]], wanted: Collection[str]) -> float:
    """Share of the wanted that stands among the first `k`.

    Source: Manning, Raghavan, Schütze, Introduction to Information Retrieval (2008), 8.3.

    >>> recall_at(1, [{"a"}, {"b"}], {"a", "b"}), recall_at(2, [{"a"}, {"b"}], {"a", "b"})
    (0.5, 1.0)
    >>> recall_at(5, [{"c"}], {"a"})
    0.0
    """
    found = {name for names in ranked[:k] for name in names}
    return len(found & set(wanted)) / len(set(wanted))


def reciprocal_rank(ranked: Sequence[Collection[str]], wanted: Collection[str]) -> float:
    """1 / rank of the first that is wanted; 0 if none is. Its mean over questions is the MRR.

    Source: Voorhees, The TREC-8 Question Answering Track Report (1999).

    >>> reciprocal_rank([{"a"}], {"a"}), reciprocal_rank([{"b"}, {"a"}], {"a"})
    (1.0, 0.5)
    >>> reciprocal_rank([{"b"}], {"a"})
    0.0
    """
    ranks = (r for r, names in enumerate(ranked, 1) if set(names) & set(wanted))
    return 1 / next(ranks, math.inf)


def ndcg_at(k: int, ranked: Sequence[Collection[str]], wanted: Collection[str]) -> float:
    """Gain of the first `k`, each rank that brings a new wanted one counting 1 / log2(1 + rank).

    Divided by the gain of the best order. Source: Järvelin, Kekäläinen, ACM TOIS 20(4), 2002.

    >>> ndcg_at(10, [{"a"}, {"b"}], {"a", "b"}), ndcg_at(10, [{"c"}], {"a"})
    (1.0, 0.0)
    >>> round(ndcg_at(10, [{"c"}, {"a"}], {"a"}), 3)
    0.631
    """
    left = set(wanted)
    gain = 0.0
    for rank, names in enumerate(ranked[:k], 1):
        if left & set(names):
            gain += 1 / math.log2(1 + rank)
            left -= set(names)
    best = sum(1 / math.log2(1 + rank) for rank in range(1, min(k, len(set(wanted))) + 1))
    return gain / best


# ── proof ─────────────────────────────────────────────────────────────────────────────────────


def quote_stands(quote: str, text: str) -> bool:
    """Whether the words of a quote stand in a text in one run; marks and white space do not count.

    >>> quote_stands("He left — on Monday", "Then he left on Monday."), quote_stands("a", "b")
    (True, False)
    """
    return contains(words(text), words(quote))


def quotes_overlap(one: str, other: str) -> bool:
    """Whether two quotes are of one sentence: they share half of the shorter one's words in a row.

    >>> quotes_overlap("Kim Gunn came", "On Monday Kim Gunn came to Tokyo")
    True
    >>> quotes_overlap("Kim Gunn came", "Sung Kim left")
    False
    """
    a, b = words(one), words(other)
    run = SequenceMatcher(None, a, b, autojunk=False).find_longest_match().size
    return run > 0 and run >= OVERLAP * min(len(a), len(b))


def wanted_particulars(
    claim: str, question: str, known: Sequence[str]
) -> dict[str, frozenset[str]]:
    """Names, numbers and dates of a claim with the words that must stand in its proof.

    What the question named itself is left out, and so is a first word that has its capital only by
    its place, which is known from a text of `known` that holds it.

    >>> list(wanted_particulars("Talks were led by Kim Gunn on 20 July.", "Who?", ["the talks"]))
    ['Kim Gunn', '20 July']
    """
    asked = frozenset(normalize(question))
    vocabulary = stems(question).union(*(stems(text) for text in known))
    opening = opening_word(claim)
    found: dict[str, frozenset[str]] = {}
    for particular in entities(claim):
        lone = particular.text == opening and len(particular.words) == 1
        if lone and stem(particular.words[0]) in vocabulary:
            continue
        parts = frozenset(normalize(particular.text))
        if not asked.issuperset(parts):
            found[particular.text] = parts
    return found


def unsupported(wanted: dict[str, frozenset[str]], proofs: Sequence[str]) -> list[str]:
    """The particulars that stand, word for word, in none of the proving texts.

    Source: the entailment check of ALCE (Gao et al., EMNLP 2023), made by particulars, not a model.

    >>> unsupported({"12": frozenset({"12"})}, ["Twelve died."])
    []
    >>> unsupported({"12": frozenset({"12"})}, ["Many died."])
    ['12']
    """
    # "26" of "26 million" stands in "26 million", which `normalize` reads as one number
    known = [frozenset((*normalize(proof), *words(proof))) for proof in proofs]
    return [
        text for text, parts in wanted.items() if not any(held.issuperset(parts) for held in known)
    ]


def needed_quotes(claim: str, wanted: dict[str, frozenset[str]], proofs: Sequence[str]) -> int:
    """How many of the proofs cited for a claim do prove a part of it (numerator of precision).

    A proof does if it holds every particular, or one that no other proof of the claim holds; for a
    claim without particulars, if it holds a third of the claim's words. Source: citation precision
    of ALCE (Gao et al., EMNLP 2023), made by particulars.

    >>> kim = {"Kim Gunn": frozenset({"kim", "gunn"})}
    >>> needed_quotes("It was Kim Gunn.", kim, ["Kim Gunn came.", "It rained."])
    1
    """
    if not wanted:
        return sum(_shares_words(claim, proof) for proof in proofs)
    missing = [frozenset(unsupported(wanted, [proof])) for proof in proofs]
    everything = frozenset(wanted)
    return sum(
        not lacks
        or any(
            all(part in other for j, other in enumerate(missing) if j != i)
            for part in everything - lacks
        )
        for i, lacks in enumerate(missing)
    )


def proved(claim: str, wanted: dict[str, frozenset[str]], proofs: Sequence[str]) -> bool:
    """Whether the proofs cited for a claim, taken together, hold all of it (citation recall).

    Source: citation recall of ALCE (Gao et al., EMNLP 2023), made by particulars.

    >>> proved("It was Kim Gunn.", {"Kim Gunn": frozenset({"kim", "gunn"})}, ["Kim Gunn came."])
    True
    >>> proved("It rained.", {}, [])
    False
    """
    if not wanted:
        return any(_shares_words(claim, proof) for proof in proofs)
    return not unsupported(wanted, proofs)


def _shares_words(claim: str, proof: str) -> bool:
    said = stems(claim) or frozenset(w for w in words(claim) if w not in COMMON)
    if not said:  # "Yes.": nothing to compare
        return True
    return len(said & stems(proof)) >= SUPPORT * len(said)


# ── refusals ──────────────────────────────────────────────────────────────────────────────────


def balanced_accuracy(rejection: float, false_refusal: float) -> float:
    """Mean of the shares of unanswerable questions refused and of answerable ones not refused.

    One half for a program that always, or never, refuses. Source: Brodersen et al., ICPR 2010.

    >>> balanced_accuracy(1, 0), balanced_accuracy(0, 1), balanced_accuracy(1, 1)
    (1.0, 0.0, 0.5)
    """
    return (rejection + 1 - false_refusal) / 2
