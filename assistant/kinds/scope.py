"""Which articles a question is about: all, those of a topic, or the one talked of before."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.core.answer import Evidence
from assistant.kinds.on_topic import content
from assistant.kinds.question_kind import Request
from index.core.articles import Article, Passage
from index.storage.article_store import Listed
from index.text.entities import entities
from index.text.words import stems

SEARCHED = 20  # passages looked at for a topic
FAR_BELOW = 7.0  # logits below the best passage: on another topic (as in sentence selection)
ABOUT = -4.0  # logits of a passage that is somehow about the topic
# logits of a passage on a topic of which it does not have all words: 4.9 or more of topics of
# wikinews_dev, -1 or less of others
TOLD = 3.0
LEAST_OF_TITLE = 3  # stems of a title that a topic can be
UNSCORED = 0.0

_ALL = re.compile(
    r"(?i)^(?:in |of |from |across )?(?:(?:all|both|each|every) )?(?:of )?"
    r"(?:(?:the|these|those|my|our) )?(?:(?:two|three|four|five|\d+) )?"
    r"(?:articles?|news|stories|texts?|documents?|archive|collection|reports?|everything|them)?$"
)
_THIS = re.compile(
    r"(?i)^(?:(?:this|that|the|the same|the last|that last) (?:article|story|report|text|piece|one)"
    r"|it|this|that)$"
)


@dataclass(frozen=True, slots=True)
class Scope:
    """Articles that a question is about, newest first; of near copies the first that was found.

    `searched` counts the articles looked through, `copies` the near copies left out.
    """

    articles: tuple[Listed, ...]
    searched: int
    copies: int = 0

    @property
    def ids(self) -> tuple[str, ...]:
        """Ids of the articles."""
        return tuple(row.article.id for row in self.articles)


def in_scope(topic: str, request: Request) -> Scope:
    """The articles that `topic` names, within the filters.

    "", "both articles" and the like are all of them; "this article" is the one that the last answer
    cited. A title is that article. Anything else is searched for: articles with all names of the
    topic, and those with a passage that is about it.
    """
    listed = request.parts.searcher.articles_in(request.filters)
    topic = topic.strip(" ?.!,")
    if _THIS.match(topic):
        before = next((turn.articles for turn in reversed(request.history) if turn.articles), ())
        chosen = [row for row in listed if row.article.id in before[:1]]
        return _without_copies(chosen or listed[: len(listed) == 1], len(listed))
    if _ALL.match(topic):
        return _without_copies(listed, len(listed))
    if named := _titled(topic, listed):
        return _without_copies(named, len(listed))
    about = _about(topic, request)
    return _without_copies([row for row in listed if row.article.id in about], len(listed))


def is_all(topic: str) -> bool:
    """Whether a topic stands for all articles.

    >>> [is_all(topic) for topic in ("both articles", "", "all these articles?", "the flood")]
    [True, True, True, False]
    """
    return bool(_ALL.match(topic.strip(" ?.!,")))


def sentences_in(scope: Scope, request: Request) -> list[Evidence]:
    """All sentences of the articles in scope, in the order of the scope, then of reading."""
    passages = request.parts.searcher.passages_of(scope.ids, request.filters)
    return as_evidence(passages)


def is_told(topic: str, passages: Sequence[Passage], best: float) -> bool:
    """Whether some passages are on a topic and not only on a part of it, or one like it.

    One has all its words, or the `best` logit says so: a strike in Lor is no strike in Marn.
    """
    asked = content(topic)
    whole = any(asked <= stems(f"{one.article.title} {one.text}") for one in passages)
    return len(asked) < 2 or whole or best >= TOLD


def as_evidence(passages: Sequence[Passage]) -> list[Evidence]:
    """Every sentence of some passages, each once."""
    found = {
        (p.article.id, start): Evidence(p, start, end, UNSCORED)
        for p in passages
        for start, end in p.sentences
    }
    return list(found.values())


def title_of(article: Article) -> Evidence:
    """The title of an article, to cite the article as a whole."""
    return Evidence(Passage(article, ((0, 0),)), 0, 0, UNSCORED).title


def _titled(topic: str, listed: Sequence[Listed]) -> list[Listed]:
    """The articles whose title the topic is."""
    asked = stems(topic)
    if len(asked) < LEAST_OF_TITLE:
        return []
    near = (row for row in listed if len(row.article.title) <= 2 * len(topic))
    return [
        row
        for row in near
        if len(known := stems(row.article.title)) >= LEAST_OF_TITLE
        and known <= asked
        and len(asked) <= len(known) + 2
    ]


def _about(topic: str, request: Request) -> set[str]:
    """Ids of the articles about a topic."""
    parts, filters = request.parts, request.filters
    hits = parts.searcher.search(topic, SEARCHED, filters=filters)
    best = max((hit.relevance for hit in hits), default=ABOUT)
    if not is_told(topic, [hit.passage for hit in hits], best):
        return set()
    found = {
        hit.passage.article.id
        for hit in hits
        if hit.relevance >= ABOUT and hit.relevance >= best - FAR_BELOW
    }
    names = [entity.text for entity in entities(topic)]
    rest = stems(topic) - stems(" ".join(names))
    if names and (found or not rest):
        for passage in parts.searcher.passages_with([*names, *sorted(rest)], filters):
            found.add(passage.article.id)
    return found


def _without_copies(rows: Sequence[Listed], searched: int) -> Scope:
    first: dict[str, Listed] = {}
    for row in rows:
        first.setdefault(row.cluster_id, row)
    return Scope(tuple(first.values()), searched, len(rows) - len(first))
