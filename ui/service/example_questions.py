"""Example questions by rules from what the newest articles say, without the model.

A rule makes a question only where a sentence stands that answers it: "Kim Gunn, the envoy of
Seoul, …" makes "Who is Kim Gunn?", "Kim Gunn said …" makes "What did Kim Gunn say?".
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from index.core.articles import Article
from index.text.calendar_terms import WEEKDAYS

MOST = 4  # questions that are offered
_NAME = r"(?<![Tt]he )\b([A-Z][a-z’'-]+(?: [A-Z][a-z’'-]+){1,2})"
_ROLE = r"(?:[a-z-]+ ){0,4}[a-z-]*(?:er|or|ist|ian|man|woman|chief|president|head|ary|ative|envoy)"
_RULES = (
    (re.compile(_NAME + rf", (?:an?|the) {_ROLE}\b"), "Who is {}?"),
    (re.compile(_NAME + r" (?:said|told|announced|warned|promised)\b"), "What did {} say?"),
)
_NO_NAME = frozenset(
    "The A An In On At But And He She It They We This That These Those After Before When While As"
    " Bridge Council Court Department House Institute Ministry Park River School Street"
    " University".split()
).union(WEEKDAYS)


def questions(articles: Iterable[Article]) -> list[str]:
    """Up to `MOST` questions, one an article, of different kinds where there are."""
    offered: list[str] = []
    kinds = Counter[int]()
    rest: list[str] = []
    for article in articles:
        found = [(kind, made) for kind, made in _made(article.text) if made not in offered]
        if not found:
            continue
        kind, made = min(found, key=lambda one: kinds[one[0]])
        kinds[kind] += 1
        offered.append(made)
        rest += [other for _, other in found if other != made]
        if len(offered) == MOST:
            return offered
    return list(dict.fromkeys([*offered, *rest]))[:MOST]


def _made(text: str) -> Iterator[tuple[int, str]]:
    for kind, (rule, question) in enumerate(_RULES):
        for hit in rule.finditer(text):
            if not _NO_NAME.intersection(hit[1].split()):
                yield kind, question.format(hit[1])
