"""What the articles say of one side: found by search, names and time, ranked by the reranker."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from assistant.core.answer import Evidence
from assistant.kinds.comparisons.wording import LATEST, Wanted
from assistant.kinds.digest.salience import plain, points_back
from assistant.kinds.digest.topics import published_within, without_article
from assistant.kinds.question_kind import Parts, Request
from assistant.kinds.scope import ABOUT, FAR_BELOW, SEARCHED, as_evidence, is_told
from index.core.articles import CAPTION, Article, Passage
from index.core.filters import Filters
from index.retrieval.selector import TitledSentences
from index.text.calendar_terms import MONTH_NUMBERS
from index.text.entities import entities
from index.text.query_dates import overlap
from index.text.relative_dates import Period
from index.text.words import stems, words

LEAD = 400  # characters of a text that say what it is about
RERANKED = 20  # sentences that the reranker reads for a side, about 5 ms each
OWN = 3.0  # logits for having the words that a side has alone
IN_TIME = 2.0  # logits for a season or a place in the order of days
CLEARLY = 0.6  # of the best article's fit: as much about the event
SAME_EVENT = 2  # days between reports on one event
_SEASONS = {"spring": (3, 4, 5), "summer": (6, 7, 8), "autumn": (9, 10, 11), "fall": (9, 10, 11)}
_GENERIC = stems(
    "position stance view opinion promise plan statement demand reaction proposal role part account"
)
# "INS Vela", "Gen. Quist": texts may write it out
_ABBREVIATION = re.compile(r"^(?:[A-Z]{2,4}|[A-Z][a-z]{1,4}\.) (?=[A-Z])")
_PRONOUN = re.compile(r"(?i)\b(?:one|ones|that of|its|their|his|her)\b")


_OTHER_WORDS = {
    **dict.fromkeys(
        ("meet", "talk", "summit", "round"), ("meet", "met", "talk", "summit", "gather", "round")
    ),
    **dict.fromkeys(("match", "game", "final"), ("match", "game", "beat", "won", "final")),
    **dict.fromkeys(("earthquak", "quak"), ("earthquak", "quak", "tremor")),
    **dict.fromkeys(("elect", "vote"), ("elect", "vote", "poll", "ballot")),
    **dict.fromkeys(("verdict", "sentenc"), ("verdict", "sentenc", "convict", "acquit")),
    "offer": ("offer", "propos", "bid"),
    "propos": ("offer", "propos"),
}
"""Stems of events, and of what articles say for them."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A side with the passages that are about it, the best first.

    `own` are the stems that it has alone, `names` those of its names, `others` those of the names
    of other sides, `query` is what is searched.
    """

    wanted: Wanted
    query: str
    own: frozenset[str]
    names: frozenset[str]
    others: frozenset[str]
    passages: tuple[Passage, ...]
    aspect: str
    parts: Parts

    def article(self, taken: Sequence[str]) -> Article | None:
        """The article that is most about it, without those of other sides (ids).

        None if one of these is far more about it: two sides of one article.
        """
        best = max(self.passages, key=self._fit, default=None)
        free = [one for one in self.passages if one.article.id not in taken]
        own = max(free, key=self._fit, default=None)
        if best is None or own is None or self._fit(best) > self._fit(own) + FAR_BELOW:
            return None
        return own.article if self.wanted.place is not None else self._newest(own.article, free)

    def _newest(self, report: Article, passages: Sequence[Passage]) -> Article:
        """Of reports on the same event the newest, which knows most: with its day and names."""
        day, topic = report.published, self.wanted.topic
        if day is None:
            return report
        named, least = names_of(report), CLEARLY * fit(topic, report)
        reports = [
            (one.article.published, one.article)
            for one in passages
            if one.article.published
            and 0 <= (one.article.published - day).days <= SAME_EVENT
            and fit(topic, one.article) >= least
            and named & names_of(one.article)
        ]
        return max(reports, key=lambda found: found[0])[1] if reports else report

    def _fit(self, passage: Passage) -> float:
        article = passage.article
        about = fit(self.wanted.topic, article)
        return passage.score + about + self._bonus(stems(lead(article)), article)

    def _bonus(self, text: frozenset[str], article: Article) -> float:
        """What words, season and order of days add, in logits."""
        share = len(self.own & text) / len(self.own) if self.own else 0.0
        return OWN * share + IN_TIME * (self._in_season(article) + self._in_order(article))

    def _in_season(self, article: Article) -> bool:
        months = [month for name in self.own & _SEASONS.keys() for month in _SEASONS[name]]
        return bool(article.published and article.published.month in months)

    def _in_order(self, article: Article) -> float:
        """How near an article is to the end of the row of days that is asked for, 0..1."""
        days = sorted({one.article.published for one in self.passages if one.article.published})
        if self.wanted.place is None or len(days) < 2 or article.published is None:
            return 0.0
        place = days.index(article.published) / (len(days) - 1)
        return place if self.wanted.place == LATEST else 1 - place

    def sentences(self) -> list[Evidence]:
        """Its sentences with what they are worth as `relevance`, the best first.

        A side that has a name needs it in the sentence, or before a pronoun.
        """
        items = [
            item
            for passage in self.passages
            for item in self._of_passage(as_evidence([passage]))
            if not item.text.startswith(CAPTION)
        ]
        items = list({item.span: item for item in items}.values())
        scored = (
            replace(item, relevance=item.relevance + self._bonus(stems(item.text), item.article))
            for item in by_relevance(self.query, self.aspect, items, self.parts)
        )
        return sorted(scored, key=lambda item: -item.relevance)

    def is_title(self, article: Article) -> bool:
        """Whether an article is titled with the names of this side alone."""
        title = stems(article.title)
        return bool(self.names) and self.names <= title and not self.others & title

    def _of_passage(self, items: Sequence[Evidence]) -> list[Evidence]:
        titled = self.is_title(items[0].article) and not self.wanted.is_speaker
        if not self.names or titled:
            return list(items)
        found, goes_on = [], False
        for item in items:
            text = plain(item)
            named = bool(self.names & stems(text))
            goes_on = named or (goes_on and points_back(text) and not _names_another(text))
            if goes_on:
                found.append(item)
        return found


def fit(topic: str, article: Article) -> float:
    """The share of the topic's words in title (twice) and beginning of an article, 0..3."""
    asked = stems(topic)
    return 2 * _share(asked, stems(article.title)) + _share(asked, stems(lead(article)))


def _share(asked: frozenset[str], text: frozenset[str]) -> float:
    said = sum(bool(with_other_words(frozenset({word})) & text) for word in asked)
    return said / max(1, len(asked))


def names_of(article: Article) -> frozenset[str]:
    """The words of the names at the beginning of an article."""
    found = (one.words for one in entities(lead(article)) if not one.quotation)
    return frozenset(word for name in found for word in name if not word[0].isdigit())


def with_other_words(event: frozenset[str]) -> frozenset[str]:
    """The stems of an event with those of what articles say for it ("met" for a "meeting")."""
    return event.union(*(_OTHER_WORDS.get(word, ()) for word in event))


def lead(article: Article) -> str:
    """What an article says first."""
    return f"{article.title}. {article.text[:LEAD]}"


def by_relevance(
    topic: str, aspect: str, items: Sequence[Evidence], parts: Parts
) -> list[Evidence]:
    """The sentences with what they say of an aspect of a topic as `relevance`, the best first.

    Reranker and selector are added up, as in sentence selection, and a logit for each word.
    """
    asked, about = stems(aspect) or stems(topic), stems(f"{topic} {aspect}")
    question = f"What are the {aspect} of {topic}?" if aspect else topic
    told = [item for item in items if not item.text.startswith(CAPTION)]
    told.sort(key=lambda item: (-len(asked & stems(item.text)), -len(about & stems(item.text))))
    read = told[:RERANKED]
    logits = parts.reranker.score(question, [plain(one) for one in read])
    chosen = _selected(question, read, parts)
    scored = [
        replace(item, relevance=logit + chosen[item.span] + len(asked & stems(item.text)))
        for item, logit in zip(read, logits, strict=True)
    ]
    return sorted(scored, key=lambda item: -item.relevance)


def _selected(
    question: str, items: Sequence[Evidence], parts: Parts
) -> dict[tuple[str, int, int], float]:
    """The selector's logit of each sentence, read in its passage; 0 without a selector."""
    if parts.selector is None:
        return {item.span: 0.0 for item in items}
    passages = list({item.passage.id: item.passage for item in items}.values())
    read = [
        TitledSentences(one.article.title, tuple(one.article.text[a:b] for a, b in one.sentences))
        for one in passages
    ]
    return {
        (one.article.id, *span): logit
        for one, logits in zip(passages, parts.selector.select(question, read), strict=True)
        for span, logit in zip(one.sentences, logits, strict=True)
    }


def _names_another(text: str) -> bool:
    return any(not one.quotation and not one.words[0].isdigit() for one in entities(text))


def subject_of(side: Wanted, sides: Sequence[Wanted], aspect: str, request: Request) -> Subject:
    """A side among others, with the passages about it; without passages if there are none."""
    others = [other for other in sides if other is not side]
    if aspect and side.is_name and (sources := _sources(side.topic, request)):
        narrow = replace(request, filters=replace(request.filters, sources=sources))
        return _of_source(side, aspect, narrow)
    shared = frozenset().union(*(stems(other.topic) for other in others))
    periods = request.parts.searcher.periods(side.topic, request.filters)
    topic = _without_times(side.topic, periods)
    query = _query(topic, others, aspect)
    names = [re.sub(r"['’]s?$", "", one) for one in _names(side.topic)]
    passages = _passages(query, names, periods[:1], request)
    if not passages and (written := [_ABBREVIATION.sub("", name) for name in names]) != names:
        passages = _passages(query, written, periods[:1], request)
    if not passages and not names:  # "the final agreement" is of what the other side is of
        query = " ".join([query, *(other.topic for other in others)])
        passages = _passages(query, names, periods[:1], request)
    best = max((one.score for one in passages), default=ABOUT)
    if names and not side.is_speaker and not is_told(topic, passages, best):
        passages = []
    own = (stems(side.topic) - shared) or stems(side.topic)
    return Subject(
        side,
        query,
        own,
        stems(" ".join(names)) - shared,
        _names_of(others) - stems(" ".join(names)),
        tuple(passages),
        aspect,
        request.parts,
    )


def _sources(name: str, request: Request) -> tuple[str, ...]:
    """The newspapers or agencies that a name stands for: "the Post"."""
    asked = frozenset(words(name))
    rows = request.parts.searcher.articles_in(request.filters)
    sources = dict.fromkeys(row.article.source for row in rows if row.article.source)
    return tuple(source for source in sources if asked <= frozenset(words(source)))


def _of_source(side: Wanted, aspect: str, request: Request) -> Subject:
    passages = tuple(_relevant(aspect, (), request.filters, request))
    none = frozenset[str]()
    return Subject(side, aspect, none, none, none, passages, aspect, request.parts)


def _names_of(sides: Sequence[Wanted]) -> frozenset[str]:
    return stems(" ".join(one.text for side in sides for one in entities(side.topic)))


def _names(text: str) -> list[str]:
    """The names of a text, without days and years."""
    return [
        one.text
        for one in entities(text)
        if not any(word.isdigit() or word in MONTH_NUMBERS for word in one.words)
    ]


def _without_times(topic: str, times: Sequence[Period]) -> str:
    """A topic without the times that its articles are of: the reranker misses them in the texts."""
    for time in times:
        before = r"(?i)(?:\b(?:in|of|from|on|during|at) (?:the )?)?"
        topic = re.sub(rf"{before}\b{re.escape(time.phrase)}\b", "", topic)
    return " ".join(topic.split())


def _query(topic: str, others: Sequence[Wanted], aspect: str) -> str:
    """What is searched for: the side, with the names and the noun that another side has for it."""
    topic = without_article(topic)
    rest = " ".join(other.topic for other in others)
    if re.match(r"(?i)(?:what|how much)\b", topic):
        topic = f"{topic} {rest}"
    elif _PRONOUN.search(topic):
        topic = f"{_PRONOUN.sub('', topic)} {rest}"
    elif not entities(topic):
        topic = " ".join([topic, *_names(rest)])
    return " ".join(f"{topic} {aspect}".split())


def _passages(
    query: str, names: Sequence[str], periods: Sequence[Period], request: Request
) -> list[Passage]:
    """The passages about a side with all of its names, of its time if there are such."""
    for period in periods:
        narrow = published_within(period, request.filters)
        if found := _relevant(query, names, narrow, request):
            return found
    found = _relevant(query, names, request.filters, request)
    for period in periods:
        found = [one for one in found if overlap(period, one.text, one.article.published)]
    return found


def _relevant(
    query: str, names: Sequence[str], filters: Filters, request: Request
) -> list[Passage]:
    searcher = request.parts.searcher
    hits = searcher.search(query, SEARCHED, filters=filters)
    least = max(ABOUT, max((hit.relevance for hit in hits), default=ABOUT) - FAR_BELOW)
    with_names: list[Passage] = searcher.passages_with(names, filters) if names else []
    ids = {one.article.id for one in with_names}
    found = [
        replace(hit.passage, score=hit.relevance)
        for hit in hits
        if hit.relevance >= least and (not names or hit.passage.article.id in ids)
    ]
    known = {one.id for one in found}
    more = [replace(one, score=ABOUT) for one in with_names if one.id not in known]
    asked = stems(query) - stems(" ".join(names)) - _GENERIC
    if not found:
        more = [
            one for one in more if not asked or asked & stems(f"{one.article.title} {one.text}")
        ]
    more.sort(key=lambda one: -len(asked & stems(one.text)))
    return [*found, *more[:SEARCHED]]
