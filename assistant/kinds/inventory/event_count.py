"""How many events of one sort the articles report: told apart by their days, places and names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from assistant.core.answer import Answer, Claim, Evidence, Kind, Refusal
from assistant.kinds.comparisons.aspects import LONG_AGO, ONE_EVENT, places
from assistant.kinds.digest.salience import plain
from assistant.kinds.question_kind import Citer, Request, with_claims
from assistant.kinds.same_event import DISASTERS, MAX_ARTICLES, SYNONYMS, may_be_one
from assistant.kinds.scope import FAR_BELOW, as_evidence
from index.core.articles import CAPTION, Article
from index.core.cancellation import checkpoint
from index.text.calendar_terms import NUMBER_WORDS, ORDINALS
from index.text.grammar import Parser
from index.text.query_dates import time_words
from index.text.relative_dates import format_day
from index.text.words import stems

OPENING = 3  # sentences of an article that name what it is about
LEAD = 1_000  # characters of an article that hold its opening
READ = 8  # sentences of an article that say where something was held

_MEETINGS = ("meeting", "talks", "round", "summit")
_HELD = (*_MEETINGS, "hearing", "ceremony", "conference")
"""What is held again and again by the same people, and is reported in the days around it.

Not matches, of which one report tells many, nor trials and elections, told of for weeks.
"""


def _plural(noun: str) -> str:
    """The plural of a noun.

    >>> [_plural(noun) for noun in ("fire", "robbery", "crash", "talks")]
    ['fires', 'robberies', 'crashes', 'talks']
    """
    if noun.endswith("s"):
        return noun
    if noun.endswith("y"):
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith(("sh", "ch")) else f"{noun}s"


_PLURAL = {_plural(noun): noun for noun in (*_HELD, *DISASTERS) if noun != "floods"}
_TOLD = (
    r"(?: (?:(?:were|are|have) there(?: been)?|(?:have )?(?:took|taken) place|(?:have )?happened"
    r"|(?:have )?occurred|(?:were|are|have been) (?:held|reported(?: on)?|described))"
    r"| (?:did|have) (?P<who>.+?) (?:hold|held|host(?:ed)?))"
)
_ASKS = re.compile(
    rf"(?i)^how many (?P<topic>(?:different )?(?:[\w’'-]+ ){{0,3}}?(?P<noun>{'|'.join(_PLURAL)})\b"
    rf"(?: .+?)?){_TOLD}(?P<rest>(?: .+)?)$"
)
_TAIL = re.compile(
    r"(?i) (?:so far|in total|in all|altogether|here|in (?:the|these|all) articles)$"
)
_OF_A_WEAPON = r"(?<!open )(?<!opened )(?<!set )"  # who "opened fire" tells of no fire


@dataclass(frozen=True, slots=True)
class EventCount:
    """The events that are counted ("rounds of talks about Lor"), and their noun ("round")."""

    kind: ClassVar[Kind] = "count"
    topic: str
    noun: str

    @classmethod
    def recognise(cls, question: str) -> Self | None:
        """A question for the number of events, at any time.

        >>> EventCount.recognise("How many rounds of talks about Lor were there?")
        EventCount(topic='rounds of talks about Lor', noun='round')
        >>> EventCount.recognise("How many meetings did the envoys hold in May?")
        >>> EventCount.recognise("How many people were there at the meeting?")
        """
        asked = " ".join(question.split()).strip(" ?.!")
        found = None if time_words(asked) else _ASKS.match(_TAIL.sub("", asked))
        if not found:
            return None
        topic = re.sub(r"(?i)^different ", "", found["topic"])
        whole = " ".join((topic, found["who"] or "", found["rest"])).split()
        return cls(" ".join(whole), _PLURAL[found["noun"].lower()])

    def answers(self, request: Request, answer: Answer) -> Iterator[Answer]:
        """The number, and a row for each event; what is not told apart is left to the model."""
        reports = self._reports(request)
        events = self._apart(reports, request.parts.parser())
        # one speaks of "the third round", or of "12 attacks"
        if len(events) < max([2, *map(self._numbered, reports)]):
            reason = f"The articles do not tell two {_plural(self.noun)} apart."
            yield replace(answer, refusal=Refusal("unsupported", reason))
            return
        cite = Citer()
        proofs = [next(filter(self._names_it, items), items[0]) for items in events]
        text = f"The articles report on {len(events)} different {_plural(self.noun)}."
        count = cite.claim(text, *proofs, computed=str(len(events)))
        caveat = "Counted by article: what an article tells in passing is not among them."
        counted = with_claims(answer, (count, *(_row(proof, cite) for proof in proofs)))
        yield replace(counted, caveats=(caveat,))

    @property
    def _nouns(self) -> tuple[str, ...]:
        """What articles call such an event."""
        same = next((row for row in SYNONYMS if self.noun in row), (self.noun,))
        return _MEETINGS if self.noun in _MEETINGS else same

    def _names_it(self, item: Evidence) -> bool:
        return self._is_named(item.text)

    def _is_named(self, text: str) -> bool:
        return bool(re.search(rf"(?i){_OF_A_WEAPON}\b(?:{self._pattern})\b", text))

    @property
    def _pattern(self) -> str:
        return "|".join((*self._nouns, *map(_plural, self._nouns)))

    def _numbered(self, items: Sequence[Evidence]) -> int:
        """The highest number that a report gives such events, 0 for none."""
        text = " ".join(item.text for item in items).lower()
        found = re.findall(rf"\b(\w+)(?= (?:[\w-]+ )?(?:{self._pattern})\b)", text)
        known = ORDINALS | NUMBER_WORDS
        return max((known.get(one, int(one) if one.isdecimal() else 0) for one in found), default=0)

    def _reports(self, request: Request) -> list[list[Evidence]]:
        """The texts of the articles that begin with such an event, the oldest first."""
        searcher, filters, check = request.parts.searcher, request.filters, checkpoint()
        asked = stems(self.topic) - stems(self._pattern.replace("|", " "))
        listed = {row.article.id for row in searcher.articles_in(filters)}
        articles = {
            one.article.id: one.article
            for noun in self._nouns
            for one in searcher.passages_with([noun], filters)
            if one.article.id in listed
        }
        found: dict[str, Article] = {}
        for name, article in articles.items():
            check()
            if self._is_named(f"{article.title} {article.text[:LEAD]}") and asked <= stems(
                f"{article.title} {article.text}"
            ):
                found[name] = article
        if len(found) > MAX_ARTICLES:
            return []
        days = {one.id: str(one.published or "") for one in found.values()}
        newest = sorted(found, key=lambda one: (days[one], one))
        texts: dict[str, list[Evidence]] = {one: [] for one in newest}
        for item in as_evidence(searcher.passages_of(newest, filters)):
            if not item.text.startswith(CAPTION):
                texts[item.article.id].append(item)
        reports = [items for items in texts.values() if any(map(self._names_it, _opening(items)))]
        openings = [" ".join(item.text for item in _opening(items)) for items in reports]
        logits = request.parts.reranker.score(self.topic, openings)
        least = max(logits, default=0.0) - FAR_BELOW
        return [items for items, logit in zip(reports, logits, strict=True) if logit >= least]

    def _apart(
        self, reports: Sequence[list[Evidence]], parser: Parser | None
    ) -> list[list[Evidence]]:
        """The first report on each event."""
        events: list[tuple[list[Evidence], frozenset[str]]] = []
        for items in reports:
            where = self._places(items, parser)
            if not any(self._is_one(items, where, other, at) for other, at in events):
                events.append((items, where))
        return [items for items, _ in events]

    def _places(self, items: Sequence[Evidence], parser: Parser | None) -> frozenset[str]:
        if parser is None or self.noun not in _HELD:
            return frozenset()
        told = [item for item in items[:READ] if self._names_it(item)]
        return frozenset(word for found in places(told, parser) for word in found.key)

    def _is_one(
        self,
        one: Sequence[Evidence],
        where: frozenset[str],
        other: Sequence[Evidence],
        at: frozenset[str],
    ) -> bool:
        """Whether two articles may tell of one event, held where they say."""
        report, known = one[0].article, other[0].article
        if report.published and known.published:
            apart = abs(report.published - known.published)
            if apart > (ONE_EVENT if self.noun in _HELD else LONG_AGO):
                return False
        return not (where and at and not where & at) and may_be_one(report, known, self.noun)


def _opening(items: Sequence[Evidence]) -> list[Evidence]:
    return [items[0].title, *items[:OPENING]]


def _row(proof: Evidence, cite: Citer) -> Claim:
    day = proof.article.stated_day
    return cite.claim(plain(proof), proof, label=format_day(day) if day else "Undated")
