"""The articles that are compared: by name, place in a row, topic or year, or "both"."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from assistant.kinds.digest.topics import (
    articles_of,
    best_article,
    in_order,
    published_within,
    without_article,
)
from assistant.kinds.question_kind import Request
from assistant.kinds.scope import in_scope, is_all
from index.core.articles import Article
from index.storage.article_store import Listed
from index.text.calendar_terms import ORDINALS
from index.text.query_dates import overlap
from index.text.relative_dates import Period, format_day
from index.text.words import stem, stems, words

MOST = 3
LEAD = 400  # characters of a text that say what it is about
NAME = 40  # characters of a side's name

_SEVERAL = re.compile(
    r"(?i)^(?:both|all|the two|the three|these|those|them|each|the (?:articles|reports"
    r"|stories|texts))\b"
)
_SPAN = re.compile(
    r"(?i)\b(?:two|three|these|those|past|last) (?:year|month|week|day|decade|hour)s\b"
)
_DEFINITE = re.compile(
    r"(?i)^(?:what )?(?:the|this|that|these|those|both|article|them|it|its|their)\b"
)
_JOINT = re.compile(r",? (?:and|with|to|from|versus|vs\.?) |, ")
# "Korvin's two offers": several of one kind
_TWO_OF = re.compile(
    r"(?i)^(?:(?:the|his|her|their|its|[\w.'’-]+(?: [\w.'’-]+){0,3}['’]s?) )(?:two|three) (?=[a-z])"
)
# "the positions of Korvin and Abt"
_OF_BOTH = re.compile(
    r"^(?P<what>[Tt]he [a-z]+s of) (?P<one>[A-Z][\w’'-]*(?: [A-Z][\w’'-]*)*) and"
    r" (?P<other>[A-Z][\w’'-]*(?: [A-Z][\w’'-]*)*)$"
)
_OF_ALL = re.compile(r"(?i)^(?:(?:both|all|each|these|those|the)(?: of)? )*(?:(?:two|three) )?")
_AGES = (
    "newest|latest|oldest|older|newer|old|new|original|revised|updated|corrected|earlier|later|former"
    "|current|previous"
)
_NAMES_ONE = re.compile(rf"(?i)^(?:\d{{4}}|{'|'.join(ORDINALS)}|{_AGES})$")
# "the 2023" of "the 2023 meeting of envoys"
_NAME_BEFORE = re.compile(
    rf"^(?:(?i:the|this|that) )?(?:(?:\d[\w.]*|[A-Z][\w’'-]*|(?i:{'|'.join(ORDINALS)}"
    rf"|{_AGES}))(?: |$))*"
)
_OTHER_WORDS = {
    **dict.fromkeys(("meet", "talk", "summit"), ("meet", "met", "talk", "summit", "gather")),
    **dict.fromkeys(("match", "game", "final"), ("match", "game", "beat", "won", "final")),
    **dict.fromkeys(("earthquak", "quak"), ("earthquak", "quak", "tremor")),
    **dict.fromkeys(("elect", "vote"), ("elect", "vote", "poll", "ballot")),
}


@dataclass(frozen=True, slots=True)
class Side:
    """One side: its name in the answer, as it was asked, its article.

    `words` are the stems that its sentences need where two sides are in one article.
    """

    name: str
    asked: str
    article: Article
    words: frozenset[str] = frozenset()


def split_sides(text: str) -> tuple[str, ...]:
    """The sides that a text names; () if they are no definite things.

    >>> split_sides("the Tokyo and Karuizawa meetings")
    ('the Tokyo meetings', 'Karuizawa meetings')
    >>> split_sides("both articles"), split_sides("primary and secondary sources")
    (('both articles',), ())
    """
    text = text.strip(" ?.!,:")
    if _SPAN.search(text):
        return ()
    if (_SEVERAL.match(text) or _TWO_OF.match(text)) and not _JOINT.search(text):
        return (text,)
    if both := _OF_BOTH.match(text):
        return tuple(f"{both['what']} {both[name]}" for name in ("one", "other"))
    parts = [part.strip(" ?.!,:") for part in _JOINT.split(text)]
    if not 2 <= len(parts) <= MOST + 1 or not all(map(_is_definite, parts)):
        return ()
    noun = _NAME_BEFORE.sub("", parts[-1]) or _NAME_BEFORE.sub("", parts[0])
    return tuple(f"{part} {noun}" if noun and _lacks_noun(part) else part for part in parts)


def _is_definite(part: str) -> bool:
    named = any(word[0].isupper() or word[0].isdigit() for word in part.split())
    indefinite = re.match(r"(?i)(?:an?|(?:the )?others?)\b", part)
    return bool((named or _DEFINITE.match(part)) and not indefinite)


def _lacks_noun(part: str) -> bool:
    rest = [word for word in part.split() if word.lower() not in ("the", "this", "that", "those")]
    return all(_NAMES_ONE.match(word) or word[0].isupper() for word in rest)


def sides_of(asked: Sequence[str], request: Request) -> list[Side]:
    """The sides with their articles; fewer than two or more than `MOST` if it is not clear."""
    if len(asked) == 1:
        rows = sorted(_several(asked[0], request), key=lambda row: str(row.article.published or ""))
        return _named([("", row) for row in rows], asked[0])
    found: list[tuple[str, Listed]] = []
    everything = request.parts.searcher.articles_in(request.filters)
    for side in asked[: MOST + 1]:
        taken = [row.article.id for _, row in found]
        if row := _one(side, request, everything, taken):
            found.append((side, row))
    if len(found) == 1 < len(asked):
        return _within(found[0][1], asked)
    return _named(found) if len(found) == len(asked) else []


def _several(asked: str, request: Request) -> Sequence[Listed]:
    """The articles of "both", "the two meetings"; the last cited ones first."""
    topic = re.sub(r"(?i)(?<=['’]s )(?:two|three) ", "", asked)
    topic = without_article(_OF_ALL.sub("", topic)).strip()
    listed = in_scope("", request).articles
    if is_all(topic):
        before = next((turn.articles for turn in reversed(request.history) if turn.articles), ())
        cited = [row for row in listed if row.article.id in before]
        return cited if 2 <= len(cited) <= MOST else listed
    if len(listed) <= MOST:
        return listed
    about = in_scope(topic, request).articles
    passages = request.parts.searcher.passages_of(
        [row.article.id for row in about], request.filters
    )
    texts = {p.article.id: stems(lead(p.article)) for p in passages}
    event, most = stems(topic), 3 if "three" in asked.lower() else 2
    fit = {
        row.article.id: 2 * _tells_of(event, stems(row.article.title))
        + _tells_of(event, texts.get(row.article.id, frozenset()))
        for row in about
    }
    best = sorted(
        filter(lambda row: fit[row.article.id], about), key=lambda row: -fit[row.article.id]
    )
    if len(best) > most and fit[best[most - 1].article.id] > fit[best[most].article.id]:
        return best[:most]
    return best


def _tells_of(event: frozenset[str], text: frozenset[str]) -> bool:
    return all(with_other_words(frozenset({word})) & text for word in event)


def with_other_words(event: frozenset[str]) -> frozenset[str]:
    """The stems of an event with those of what articles say for it ("met" for a "meeting")."""
    return event.union(*(_OTHER_WORDS.get(word, ()) for word in event))


def _one(
    side: str, request: Request, among: Sequence[Listed], taken: Sequence[str]
) -> Listed | None:
    """The article of one side: by its place in the row, the year in it, or its topic."""
    if in_order(side):
        return next(iter(articles_of(side, request).articles), None)
    topic = re.sub(r"(?i)^(?:the|this|that) ", "", without_article(side))
    times = request.parts.searcher.periods(topic, request.filters)
    if times:
        rest = " ".join((topic[: times[0].start] + topic[times[0].end :]).split())
        return _of_time(rest, times[0], request, among, taken)
    return best_article(topic, request, among, taken)


def _of_time(
    topic: str, period: Period, request: Request, among: Sequence[Listed], taken: Sequence[str]
) -> Listed | None:
    """The article about a topic that was published in a time, or else names it, or has no day."""
    narrow = replace(request, filters=published_within(period, request.filters))
    if found := best_article(topic, narrow, in_scope(topic, narrow).articles, taken):
        return found
    rows = among if len(among) <= MOST else in_scope(topic, request).articles
    rows = [row for row in rows if row.article.id not in taken]
    passages = request.parts.searcher.passages_of([r.article.id for r in rows], request.filters)
    naming = {p.article.id for p in passages if overlap(period, lead(p.article), None)}
    undated = (row for row in rows if row.article.published is None)
    return next((row for row in rows if row.article.id in naming), next(undated, None))


def lead(article: Article) -> str:
    """What an article says first."""
    return f"{article.title}. {article.text[:LEAD]}"


def _within(row: Listed, asked: Sequence[str]) -> list[Side]:
    """Sides that one article names, each by the words that it has alone."""
    every = [frozenset(map(stem, words(side))) & stems(side) for side in asked]
    common = frozenset.intersection(*every)
    article = row.article
    return [
        Side(side, side, article, own - common)
        for side, own in zip(asked, every, strict=True)
        if own - common
    ]


def _named(found: Sequence[tuple[str, Listed]], event: str = "") -> list[Side]:
    """Sides with names that set them apart: as asked, else the day, else the title."""
    rows = [row for _, row in found]
    if any(asked for asked, _ in found):
        names = [re.sub(r"(?i)^the ", "", asked) for asked, _ in found]
    else:
        stated = [row.article.stated_day for row in rows]
        names = [f"article of {format_day(day)}" if day else "" for day in stated]
    if "" in names or max(Counter(names).values(), default=0) > 1:
        names = [_short(row.article.title) for row in rows]
    return [
        Side(name, asked or event, row.article)
        for name, (asked, row) in zip(names, found, strict=True)
    ]


def _short(title: str) -> str:
    return title if len(title) <= NAME else f"{title[:NAME].rsplit(' ', 1)[0].rstrip(' …')} …"
