"""What is measured: one pure function a metric, with its definition, its source and its extremes.

Every share is 0 when all is wrong and 1 when all is right. Nothing here reads a file, asks a model
or knows a case; `eval.scores` says which metric applies to which case, and why it came out so.

What a failure lowers, so that a figure points at its cause:

    a wrong answer          answer, f1, exact, answer_precision
    a wrong citation        citation_gold, and citation_precision and _recall if it proves nothing
    a false refusal         false_refusal and balanced_accuracy, and answer: none was given
    an answer from nowhere  rejection, balanced_accuracy and answer_precision
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections import Counter
from collections.abc import Collection, Sequence
from decimal import Decimal
from difflib import SequenceMatcher

import numpy as np
import numpy.typing as npt

from assistant.particulars import COMMON, opening_word, particulars, stem, stems, words

ROUNDS = 2_000  # resamples of a bootstrap interval
SUPPORT = 1 / 3  # of the words of a claim without particulars that a sentence has to hold
OVERLAP = 1 / 2  # of the shorter one's words that two quotes of one sentence share in a row

# ── texts made comparable ─────────────────────────────────────────────────────────────────────

_MONTHS = {
    spelling: full
    for full in (
        "january february march april may june july august september october november december"
    ).split()
    for spelling in (full, full[:3])
} | {"sept": "september"}
_TENS = {
    word: 10 * value
    for value, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)
}
_UNITS = {
    word: value
    for spelled in (
        "one two three four five six seven eight nine",
        "first second third fourth fifth sixth seventh eighth ninth",
    )
    for value, word in enumerate(spelled.split(), 1)
}
_TWO_WORDS = re.compile(rf"\b({'|'.join(_TENS)})[\s-]+({'|'.join(_UNITS)})\b", re.IGNORECASE)
_ISO_DAY = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")
_SHORT_SCALE = re.compile(r"(?<=\d)(k|m|bn)\b", re.IGNORECASE)
_SCALES = {"hundred": 2, "thousand": 3, "million": 6, "billion": 9, "trillion": 12}
_SHORT = {"k": " thousand", "m": " million", "bn": " billion"}
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_ARTICLES = frozenset({"a", "an", "the"})


def comparable(text: str) -> tuple[str, ...]:
    """The words of a text with one spelling for a number, a date, a name's accents and case.

    >>> comparable("Twenty-three of 1.2 million, on July 20, 2023")
    ('23', 'of', '1200000', 'on', '20', 'july', '2023')
    >>> comparable("the 20th of July") == comparable("the 20 Jul") == ('the', '20', 'july')
    True
    """
    text = _ISO_DAY.sub(_spelled_day, text)
    text = _TWO_WORDS.sub(lambda m: str(_TENS[m[1].lower()] + _UNITS[m[2].lower()]), text)
    text = _SHORT_SCALE.sub(lambda m: _SHORT[m[1].lower()], text)
    return tuple(_dated(_scaled(words(text))))


def _spelled_day(found: re.Match[str]) -> str:
    try:
        day = dt.date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return found[0]
    return f"{day.day} {day:%B} {day.year}"


def _scaled(tokens: Sequence[str]) -> list[str]:
    """Multiply numbers out: "1.2", "million" becomes "1200000"."""
    out: list[str] = []
    for token in tokens:
        if token in _SCALES and out and _NUMBER.fullmatch(out[-1]):
            out[-1] = format((Decimal(out[-1]).scaleb(_SCALES[token])).normalize(), "f")
        else:
            out.append(token)
    return out


def _dated(tokens: Sequence[str]) -> list[str]:
    """Put the day before the month, and write the month in full, wherever both stand together."""
    out: list[str] = []
    rest = list(tokens)
    while rest:
        token = rest.pop(0)
        month = _MONTHS.get(token)
        if month and len(out) > 1 and out[-1] == "of" and _is_day(out[-2]):
            out.pop()
        if month and out and _is_day(out[-1]):
            out.append(month)
        elif month and rest and _is_day(rest[0]):
            out += [_plain_day(rest.pop(0)), month]
        elif month and rest and re.fullmatch(r"[12]\d{3}", rest[0]):
            out.append(month)
        else:
            out.append(token)
    return out


def _is_day(token: str) -> bool:
    return token.isdecimal() and len(token) <= 2 and 1 <= int(token) <= 31


def _plain_day(token: str) -> str:
    return str(int(token))


def contains(text: Sequence[str], part: Sequence[str]) -> bool:
    """Tell whether `part` stands in `text` in one run.

    >>> contains(("14", "march"), ("4", "march"))
    False
    """
    size = len(part)
    return any(tuple(text[i : i + size]) == tuple(part) for i in range(len(text) - size + 1))


# ── answers ───────────────────────────────────────────────────────────────────────────────────


def holds(text: str, accepted: str) -> bool:
    """Whether an answer holds an accepted string as whole words, after `comparable`.

    Source: `has_answer` of DPR (Karpukhin et al., EMNLP 2020), with numbers and dates normalised.
    A part of a number or of a word is no match. An answer that lists many things holds many.

    >>> holds("At least twelve died on 20 July 2023.", "12"), holds("20 July 2023", "July 20")
    (True, True)
    >>> holds("He paid 45,756.", "45"), holds("on 14 March", "4 March"), holds("", "4")
    (False, False, False)
    """
    wanted = comparable(accepted)
    if not wanted:  # signs only, such as "≥"
        return accepted.strip() in text
    return contains(comparable(text), wanted)


def exact(text: str, accepted: str) -> float:
    """1 if answer and accepted string are the same words, articles ("the") apart; else 0.

    Source: exact match of SQuAD (Rajpurkar et al., EMNLP 2016), after `comparable`.

    >>> exact("The twelve.", "12"), exact("About 12", "12")
    (1.0, 0.0)
    """
    return float(_plain(text) == _plain(accepted))


def token_f1(text: str, accepted: str) -> float:
    """Harmonic mean of the share of the answer's words that are right and of those it should hold.

    Source: F1 of SQuAD (Rajpurkar et al., EMNLP 2016), after `comparable`.

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
    return tuple(token for token in comparable(text) if token not in _ARTICLES)


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
    asked = frozenset(comparable(question))
    vocabulary = stems(question).union(*(stems(text) for text in known))
    opening = opening_word(claim)
    found: dict[str, frozenset[str]] = {}
    for particular in particulars(claim):
        lone = particular.text == opening and len(particular.words) == 1
        if lone and stem(particular.words[0]) in vocabulary:
            continue
        parts = frozenset(comparable(particular.text))
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
    known = [frozenset(comparable(proof)) for proof in proofs]
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


# ── how sure ──────────────────────────────────────────────────────────────────────────────────


def mean(values: Sequence[float]) -> float:
    """The mean, summed exactly so that the order of cases does not matter.

    >>> mean([0, 1])
    0.5
    """
    return math.fsum(values) / len(values)


def resampled(
    values: Sequence[float], seed: int, *, median: bool = False
) -> npt.NDArray[np.float64]:
    """The mean (or median) of each of `ROUNDS` resamples of the values, with replacement.

    Source: Efron, Bootstrap Methods, Annals of Statistics 7(1), 1979.

    >>> bool((resampled([1, 1, 1], seed=0) == 1).all())
    True
    """
    chance = np.random.default_rng(seed)
    sample = np.asarray(values, np.float64)
    statistic = np.median if median else np.mean
    size = len(sample)
    step = max(1, 1_000_000 // size)
    parts = []
    for start in range(0, ROUNDS, step):
        rounds = min(step, ROUNDS - start)
        parts.append(statistic(sample[chance.integers(0, size, (rounds, size))], axis=1))
    return np.concatenate(parts)


def interval(resamples: npt.NDArray[np.float64]) -> tuple[float, float]:
    """The middle 95 % of resampled figures (percentile bootstrap).

    >>> low, high = interval(resampled([0, 1] * 50, seed=0))
    >>> 0.39 < low < 0.42 and 0.58 < high < 0.61
    True
    """
    low, high = np.percentile(resamples, [2.5, 97.5])
    return round(float(low), 6), round(float(high), 6)
