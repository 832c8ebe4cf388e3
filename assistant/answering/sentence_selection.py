"""Passages to the few sentences worth reading, within a budget of the model's own tokens.

Reading is what costs time on two cores, and what stands beside the proof misleads a small model: so
it is shown sentences and not passages, of the articles that are about the question and no others.
Each is scored with the question by the cross-encoder; the best are taken until the budget is spent,
and shown in the order of their articles, as they would be read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from assistant.core.answer import Evidence
from assistant.core.evidence_text import format_sentence, heading
from assistant.core.sanitize import for_prompt
from index.core.articles import Passage
from index.retrieval.ranking import ScoredPassage
from index.retrieval.reranker import Reranker

# A sentence beside the proving one is often needed to read it ("He said so on Friday"). 0.6 of its
# lead kept 90 % of the gold quotes of wikinews_dev within 400 tokens, 0.35 kept 88 %, 0 kept 87 %.
NEIGHBOUR = 0.6
# Passages that score this much less than the best one (in logits) are about something else. None of
# the gold quotes of the sample set's and wikinews_dev's stood-alone questions was lost by it.
ABOUT_THE_SAME = 7.0
# Sentences that score this much less than the best one are not read, though there be room: 8 and
# 14 % of the tokens on wikinews_dev and the sample set, and with up to 500 tokens no gold quote.
FAR_BELOW = 11.0
# Tokens of new sentences in a follow-up. With what was read before, 50 held the gold quotes of as
# many follow-ups of wikinews_dev as 280 read anew: 18 of 20; what was read before alone held 8.
FURTHER = 60
# New sentences that score this much less than the best that was read are not read in a follow-up:
# a third of the new tokens and no gold quote of those 20 follow-ups, whose nearest call was 3.8.
NO_BETTER = 5.0
UNASKED = -11.0  # the relevance of a sentence that was not found for a question: the least
DEAREST = 600  # tokens of a sentence read alone; the longest of plain English has 500


def select_sentences(
    question: str,
    found: Sequence[ScoredPassage],
    reranker: Reranker,
    count: Callable[[str], int],
    budget: int,
    known: Sequence[Evidence] = (),
) -> tuple[Evidence, ...]:
    """The best sentences of `found` whose lines cost at most `budget` tokens by `count`.

    One sentence alone may cost more, up to `DEAREST`. What is `FAR_BELOW` the best is left out.
    Sentences of one article stand together, in reading order; articles stand in the order of their
    best sentence. Those that the model has read already (`known`) cost nothing and come first, in
    the order it has read them; of others it is shown the best, for at most `FURTHER` tokens, and
    none that is `NO_BETTER` than what was read.
    """
    candidates = _scored(question, _on_the_subject(found), reranker)
    lifts = {
        hit.passage.id: hit.lift for hit in found
    }  # for its day; see `index.retrieval.temporal_intent`

    def worth(item: Evidence) -> float:
        return item.relevance + lifts[item.passage.id]

    places = {span_key(item): number for number, item in enumerate(known)}
    read = [item for item in candidates if span_key(item) in places]
    least = max(
        max(map(worth, candidates), default=0.0) - FAR_BELOW,
        max(map(worth, read), default=float("-inf")) - NO_BETTER,
    )
    fresh = [item for item in candidates if span_key(item) not in places and worth(item) >= least]
    taken = _affordable(
        sorted(fresh, key=lambda e: (-worth(e), e.article.id, e.start)),
        count,
        min(budget, FURTHER) if known else budget,
        only_article(known),
    )
    read.sort(key=lambda item: places[span_key(item)])
    return (*read, *_in_reading_order(taken, worth))


def _affordable(
    ordered: Sequence[Evidence], count: Callable[[str], int], budget: int, under: str
) -> list[Evidence]:
    """The first that fit, with a heading an article; that of `under` stands there already."""
    taken: list[Evidence] = []
    left = budget
    headed = {under}
    for evidence in ordered:
        cost = count(format_sentence(evidence)) + 1
        if evidence.article.id not in headed:
            cost += count(heading(evidence.article)) + 1
        # one alone may cost more, but not so much that the prompt bursts the context
        if cost > (left if taken else max(budget, DEAREST)):
            continue
        taken.append(evidence)
        headed.add(evidence.article.id)
        left -= cost
    return taken


def beyond(items: Iterable[Evidence], others: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """Those of `items` that are not among `others`."""
    known = set(map(span_key, others))
    return tuple(item for item in items if span_key(item) not in known)


def sentences_of(passages: Iterable[Passage]) -> list[Evidence]:
    """Every sentence of some passages, which nobody has asked for."""
    return [Evidence(p, start, end, UNASKED) for p in passages for start, end in p.sentences]


def only_article(evidence: Sequence[Evidence]) -> str:
    """The id of the article that all of it is from; "" if there are several or none."""
    ids = {item.article.id for item in evidence}
    return ids.pop() if len(ids) == 1 else ""


def span_key(item: Evidence) -> tuple[str, int, int]:
    """Where a sentence stands: its article's id, start and end."""
    return (item.article.id, item.start, item.end)


def _on_the_subject(found: Sequence[ScoredPassage]) -> list[ScoredPassage]:
    best = max((hit.relevance for hit in found), default=0.0)
    return [hit for hit in found if hit.worth >= best - ABOUT_THE_SAME]


def _scored(question: str, found: Sequence[ScoredPassage], reranker: Reranker) -> list[Evidence]:
    spans = [(f, span) for f in found for span in f.passage.sentences]
    texts = [for_prompt(f.passage.article.text[a:b]) for f, (a, b) in spans]
    scores = reranker.score(question, texts)
    scored = []
    for number, (hit, (start, end)) in enumerate(spans):
        # "He said so on Friday" is found through the sentence beside it
        beside = [
            scores[i]
            for i in (number - 1, number + 1)
            if 0 <= i < len(spans) and spans[i][0] is hit
        ]
        best = max(beside, default=scores[number])
        lead = max(0.0, best - scores[number])
        relevance = scores[number] + NEIGHBOUR * lead
        scored.append(Evidence(hit.passage, start, end, relevance, hit.carried_by))
    return scored


def _in_reading_order(
    taken: Sequence[Evidence], worth: Callable[[Evidence], float]
) -> tuple[Evidence, ...]:
    best: dict[str, float] = {}
    for evidence in taken:
        best[evidence.article.id] = max(
            best.get(evidence.article.id, float("-inf")), worth(evidence)
        )
    return tuple(sorted(taken, key=lambda e: (-best[e.article.id], e.article.id, e.start)))
