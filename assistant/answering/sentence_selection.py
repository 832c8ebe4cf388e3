"""Selects the sentences of the retrieved passages that the model reads, within a token budget.

Prefill is what costs time on two cores, and text beside the proof misleads a small model. So each
sentence is scored with the question by the cross-encoder; the best are taken until the budget is
spent, each with the one that introduces whom it is about, and shown in the order of their articles.
"""

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from assistant.answering.introductions import introductions
from assistant.core.answer import Evidence
from assistant.core.evidence_text import format_sentence, heading
from assistant.core.sanitize import for_prompt
from index.core.articles import Passage
from index.retrieval.ranking import ScoredPassage
from index.retrieval.reranker import Reranker
from index.retrieval.selector import Selector, TitledSentences

# A sentence beside the proving one is often needed to read it ("He said so on Friday"). 0.6 of its
# lead kept 90 % of the gold quotes of wikinews_dev within 400 tokens, 0.35 kept 88 %, 0 kept 87 %.
NEIGHBOUR = 0.6
# Passages this far below the best one (in logits) are off topic: no gold quote of the sample set's
# and wikinews_dev's standalone questions was lost by it.
OFF_TOPIC = 7.0
# Sentences this far below the best one (reranker and selector together) are not read even if there
# is room: 16 and 20 % of the tokens on wikinews_dev and the sample set, and no gold quote.
FAR_BELOW = 15.0
# Where the selector gives a sentence more (2 %), those below are neither scored nor read: of 117
# gold quotes of wikinews_dev one more was shown in 199 tokens than in 230 without it, of 113
# answers of squad2_dev as many in 168 as in 190, of 50 gold quotes of the sample one less in 166
# than in 210.
UNLIKELY = -4.0
# Of the selector's logit beside the reranker's, so that neither loses what the other finds. Gold
# quotes of wikinews_dev and the sample: with 0 78 and 92 %, with 1 81 and 92 %, with 2 82 and 88 %.
SELECTOR_WEIGHT = 1.0
# Tokens of new sentences in a follow-up. With what was read before, 50 held the gold quotes of as
# many follow-ups of wikinews_dev as 280 read anew: 18 of 20; what was read before alone held 8.
FOLLOW_UP_TOKENS = 60
# New sentences this far below the best that was read are not read in a follow-up. By the reranker
# alone 5 left out a third of the new tokens and no gold quote; widened as `FAR_BELOW` was.
FOLLOW_UP_BELOW = 7.0
UNSCORED = -11.0  # relevance of a sentence that was not retrieved for a question: the least
MAX_SENTENCE = 600  # tokens of a sentence read alone; the longest of plain English has 500


def select_sentences(
    question: str,
    found: Sequence[ScoredPassage],
    reranker: Reranker,
    count: Callable[[str], int],
    budget: int,
    known: Sequence[Evidence] = (),
    selector: Selector | None = None,
) -> tuple[Evidence, ...]:
    """The best sentences of `found` whose lines cost at most `budget` tokens by `count`.

    A single sentence may cost more, up to `MAX_SENTENCE`. Sentences of one article stand together,
    in reading order; articles in the order of their best sentence. Sentences that the model has
    read already (`known`) cost nothing and come first, in the order it has read them; of others it
    is shown the best, for at most `FOLLOW_UP_TOKENS`. Without a `selector` the reranker chooses.
    """
    best = max((hit.relevance for hit in found), default=0.0)
    on_topic = [hit for hit in found if hit.score >= best - OFF_TOPIC]
    order = {item.span: number for number, item in enumerate(known)}
    selected = _selected(question, on_topic, selector) if selector else {}
    likely = {span for span, logit in selected.items() if logit >= UNLIKELY}
    wanted = likely and likely | order.keys()
    every = [
        replace(item, selected=selected.get(item.span))
        for item in _scored(question, on_topic, reranker, wanted)
    ]
    candidates = [item for item in every if not wanted or item.span in wanted]
    boosts = {hit.passage.id: hit.boost for hit in found}  # see `index.retrieval.temporal_intent`

    def score(item: Evidence) -> float:
        chosen = SELECTOR_WEIGHT * (item.selected or 0.0)
        return item.relevance + boosts[item.passage.id] + chosen

    read = sorted((c for c in candidates if c.span in order), key=lambda c: order[c.span])
    least = max(
        max(map(score, candidates), default=0.0) - FAR_BELOW,
        max(map(score, read), default=-math.inf) - FOLLOW_UP_BELOW,
    )
    new = [item for item in candidates if item.span not in order and score(item) >= least]
    new.sort(key=lambda e: (-score(e), e.article.id, e.start))
    budget = min(budget, FOLLOW_UP_TOKENS) if known else budget
    introduced = {
        span: item for span, item in introductions(every).items() if item.span not in order
    }
    taken = _within_budget(new, introduced, count, budget, only_article(known))
    best_of: dict[str, float] = {}
    for item in taken:
        best_of[item.article.id] = max(best_of.get(item.article.id, -math.inf), score(item))
    taken.sort(key=lambda e: (-best_of[e.article.id], e.article.id, e.start))
    return (*read, *taken)


def beyond(items: Iterable[Evidence], others: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """Those of `items` that are not among `others`."""
    known = {item.span for item in others}
    return tuple(item for item in items if item.span not in known)


def sentences_of(passages: Iterable[Passage]) -> list[Evidence]:
    """Every sentence of some passages, not scored for any question."""
    return [Evidence(p, start, end, UNSCORED) for p in passages for start, end in p.sentences]


def only_article(evidence: Sequence[Evidence]) -> str:
    """The id of the article that all of it is from; "" if there are several or none."""
    ids = {item.article.id for item in evidence}
    return ids.pop() if len(ids) == 1 else ""


def _scored(
    question: str,
    found: Sequence[ScoredPassage],
    reranker: Reranker,
    wanted: Collection[tuple[str, int, int]],
) -> list[Evidence]:
    """Every sentence; the `wanted` ones, or all, with their score.

    It is raised towards that of a better one beside it.
    """
    texts = {
        (hit.passage.article.id, start, end): for_prompt(hit.passage.article.text[start:end])
        for hit in found
        for start, end in hit.passage.sentences
    }
    read = {span: text for span, text in texts.items() if not wanted or span in wanted}
    logits = dict(zip(read, reranker.score(question, list(read.values())), strict=True))
    scored = []
    for hit in found:
        article = hit.passage.article.id
        own = [logits.get((article, *span), UNSCORED) for span in hit.passage.sentences]
        for number, (start, end) in enumerate(hit.passage.sentences):
            lead = max(own[max(0, number - 1) : number + 2]) - own[number]
            relevance = own[number] + NEIGHBOUR * lead
            scored.append(Evidence(hit.passage, start, end, relevance, hit.carried_by))
    return scored


def _selected(
    question: str, found: Sequence[ScoredPassage], selector: Selector
) -> dict[tuple[str, int, int], float]:
    """The selector's logit of each sentence, by its span."""
    passages = [hit.passage for hit in found]
    read = [
        TitledSentences(
            for_prompt(passage.article.title),
            tuple(for_prompt(passage.article.text[a:b]) for a, b in passage.sentences),
        )
        for passage in passages
    ]
    return {
        (passage.article.id, start, end): logit
        for passage, logits in zip(passages, selector.select(question, read), strict=True)
        for (start, end), logit in zip(passage.sentences, logits, strict=True)
    }


def _within_budget(
    ordered: Sequence[Evidence],
    introduced: Mapping[tuple[str, int, int], Evidence],
    count: Callable[[str], int],
    budget: int,
    headed_article: str,
) -> list[Evidence]:
    """The first that fit, each with its introduction if that fits too, and a heading an article.

    That of `headed_article` is there already.
    """
    taken: dict[tuple[str, int, int], Evidence] = {}
    left, headed, before = budget, {headed_article}, None
    for chosen in ordered:
        for item in (chosen, introduced.get(chosen.span)):
            if item is None or item.span in taken:
                continue
            cost = count(format_sentence(item)) + 1
            unheaded = item.article.id not in headed
            if unheaded:
                cost += count(heading(item.article, before)) + 1
            # a single one may cost more, but not so much that the prompt exceeds the context
            if cost > (left if taken else max(budget, MAX_SENTENCE)):
                break
            taken[item.span] = item
            headed.add(item.article.id)
            before = item.article if unheaded else before
            left -= cost
    return list(taken.values())
