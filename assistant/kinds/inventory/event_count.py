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
from index.core.articles import CAPTION
from index.text.calendar_terms import ORDINALS
from index.text.grammar import Parser
from index.text.relative_dates import format_day
from index.text.words import stems

OPENING = 3  # sentences of an article that name what it is about
READ = 8  # sentences of an article that say where something was held

_MEETINGS = ("meeting", "talks", "round", "summit")
_HELD = (*_MEETINGS, "hearing", "ceremony", "conference")
"""What is held again and again by the same people, and is reported in the days around it.

Not matches, of which one report tells many, nor trials and elections, told of for weeks.
"""
_PLURAL = {
    noun if noun.endswith("s") else f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s": noun
    for noun in (*_HELD, *DISASTERS)
    if noun != "floods"
}
_TOLD = (
    r"(?: (?:(?:were|are|have) there(?: been)?|(?:have )?(?:took|taken) place|(?:have )?happened"
    r"|(?:have )?occurred|(?:were|are|have been) (?:held|reported(?: on)?|described))"
    r"| (?:did|have) (?P<who>.+?) (?:hold|held|host(?:ed)?))"
)
_ASKS = re.compile(
    rf"(?i)^how many (?P<topic>(?:different )?(?:[\w’'-]+ ){{0,3}}?(?P<noun>{'|'.join(_PLURAL)})\b"
    rf"(?: .+?)?){_TOLD}(?P<rest>(?: .+)?)$"
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
        """A question for the number of events.

        >>> EventCount.recognise("How many rounds of talks about Lor were there?")
        EventCount(topic='rounds of talks about Lor', noun='round')
        >>> EventCount.recognise("How many meetings did the envoys hold in Lor?").topic
        'meetings the envoys in Lor'
        >>> EventCount.recognise("How many people were there at the meeting?")
        """
        found = _ASKS.match(" ".join(question.split()).strip(" ?.!"))
        if not found:
            return None
        topic = re.sub(r"(?i)^different ", "", found["topic"])
        whole = " ".join((topic, found["who"] or "", found["rest"])).split()
        return cls(" ".join(whole), _PLURAL[found["noun"].lower()])

    def answers(self, request: Request, answer: Answer) -> Iterator[Answer]:
        """The number, and a row for each event; what is not told apart is left to the model."""
        reports = self._reports(request)
        events = self._apart(reports, request.parts.parser())
        if len(events) < max([2, *map(self._numbered, reports)]):  # one speaks of "the third round"
            reason = f"The articles do not tell two {self.topic} apart."
            yield replace(answer, refusal=Refusal("unsupported", reason))
            return
        cite = Citer()
        proofs = [next(filter(self._names_it, items), items[0]) for items in events]
        text = f"The articles report on {len(events)} different {self.topic}."
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
        nouns = "|".join(self._nouns)
        return bool(re.search(rf"(?i){_OF_A_WEAPON}\b(?:{nouns})s?\b", item.text))

    def _numbered(self, items: Sequence[Evidence]) -> int:
        """The highest ordinal that a report gives such an event, 0 for none."""
        numbered = rf"\b({'|'.join(ORDINALS)}) (?:[\w-]+ )?(?:{'|'.join(self._nouns)})\b"
        found = re.findall(f"(?i){numbered}", " ".join(item.text for item in items))
        return max((ORDINALS[word.lower()] for word in found), default=0)

    def _reports(self, request: Request) -> list[list[Evidence]]:
        """The texts of the articles that begin with such an event, the oldest first."""
        searcher, filters = request.parts.searcher, request.filters
        nouns = "|".join(self._nouns)
        asked = stems(self.topic) - stems(nouns.replace("|", " "))
        listed = {row.article.id for row in searcher.articles_in(filters)}
        found = {
            one.article.id: str(one.article.published or "")
            for noun in self._nouns
            for one in searcher.passages_with([noun], filters)
            if asked <= stems(f"{one.article.title} {one.article.text}")
        }
        newest = sorted(found.keys() & listed, key=lambda one: (found[one], one))[-MAX_ARTICLES:]
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
