"""Passages to the few sentences worth reading, within a budget of the model's own tokens.

Reading is what costs time on two cores, so the model is shown sentences and not passages. Each is
scored with the question by the cross-encoder; the best are taken until the budget is spent, and
shown in the order of their articles, as they would be read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from assistant.answer import Evidence
from assistant.textgate import for_prompt
from index.articles import Article
from index.rerank import Reranker
from index.search import Found

# A sentence beside the proving one is often needed to read it ("He said so on Friday"). 0.6 of its
# lead kept 90 % of the gold quotes of wikinews_dev within 400 tokens, 0.35 kept 88 %, 0 kept 87 %.
NEIGHBOUR = 0.6


def choose(
    question: str,
    found: Sequence[Found],
    reranker: Reranker,
    count: Callable[[str], int],
    budget: int,
) -> tuple[Evidence, ...]:
    """The best sentences of `found` whose lines cost at most `budget` tokens by `count`.

    At least one sentence is returned if there is any. Sentences of one article stand together, in
    reading order; articles stand in the order of their best sentence.
    """
    candidates = _scored(question, found, reranker)
    taken: list[Evidence] = []
    left = budget
    headed: set[str] = set()
    for evidence in sorted(candidates, key=lambda e: (-e.relevance, e.article.id, e.start)):
        cost = count(for_prompt(evidence.text)) + 1
        if evidence.article.id not in headed:
            cost += count(heading(evidence.article)) + 1
        if cost > left and taken:
            continue
        taken.append(evidence)
        headed.add(evidence.article.id)
        left -= cost
    return _in_reading_order(taken)


def _scored(question: str, found: Sequence[Found], reranker: Reranker) -> list[Evidence]:
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
        scored.append(Evidence(hit.passage, start, end, relevance))
    return scored


def _in_reading_order(taken: Sequence[Evidence]) -> tuple[Evidence, ...]:
    best: dict[str, float] = {}
    for evidence in taken:
        best[evidence.article.id] = max(
            best.get(evidence.article.id, float("-inf")), evidence.relevance
        )
    return tuple(sorted(taken, key=lambda e: (-best[e.article.id], e.article.id, e.start)))


def heading(article: Article) -> str:
    """The line above an article's sentences: its title, day and paper."""
    day = (
        f"{article.published:%A}, {article.published.day} {article.published:%B %Y}"
        if article.published
        else ""
    )
    about = ", ".join(part for part in (day, for_prompt(article.source)) if part)
    return f"{for_prompt(article.title)} ({about})" if about else for_prompt(article.title)


def as_read(evidence: Sequence[Evidence]) -> str:
    """The evidence as the model reads it: a heading an article, a line a sentence."""
    lines: list[str] = []
    last = ""
    for item in evidence:
        if item.article.id != last:
            lines.extend(["", heading(item.article)] if lines else [heading(item.article)])
            last = item.article.id
        lines.append(f"- {for_prompt(item.text)}")
    return "\n".join(lines)
