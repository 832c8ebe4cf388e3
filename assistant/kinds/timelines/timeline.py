"""What happened when: the dated events of a topic, oldest first, each row a cited sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import ClassVar, Self

from assistant.core.answer import Answer, Claim, Evidence, Kind, Refusal
from assistant.kinds.on_topic import NAMED, about
from assistant.kinds.question_kind import Citer, Request, with_claims
from assistant.kinds.scope import Scope, in_scope, is_all, sentences_in
from assistant.kinds.timelines.event_days import Event, events_in, may_name_a_day
from index.text.calendar_terms import MONTH_NUMBERS
from index.text.relative_dates import Period
from index.text.words import stem, stems, words

MAX_ROWS = 30
MAX_ARTICLES = 200  # the newest: no more are read for one question
MAX_QUESTION = 300  # characters
MAX_READ = 150  # sentences that are parsed, the most relevant: 2 to 4 ms each
MAX_SCORED = 30  # sentences that the reranker reads: 5 to 15 ms each
MAX_PROOFS = 3  # sentences cited for one row
SAME = 0.5  # of the stems of the shorter sentence: one event told twice on one day

_UNITS = frozenset(map(stem, (*MONTH_NUMBERS, "year", "day", "week", "month", "hour", "minut")))
_LIGHT = frozenset("be have say tell do go come take make".split())
_POLITE = re.compile(
    r"(?i)^(?:please|can you|could you|would you|will you|i(?:'d| would) like(?: to (?:see|have))?"
    r"|i (?:want|need)|and|so|now)\b[\s,]*|[\s,]*\bplease\b"
)
_ORDER = re.compile(
    r"(?i)[\s,(]*\b(?:in (?:a )?(?:the )?(?:right |correct |strict |proper )?"
    r"(?:chronological |temporal |time |date )?(?:order|sequence)(?! to\b)(?: of (?:date|time)s?)?"
    r"|in order of (?:date|time|occurrence)|chronologically|by (?:date|day)|day[- ]by[- ]day"
    r"|date by date|step by step|blow by blow|one after (?:another|the other)|in turn"
    r"|first to last|(?:sorted|ordered|arranged) by (?:date|time|day)"
    r"|with (?:the )?dates|(?:and|or|,) (?:when|on (?:which|what) (?:day|date)s?)"
    r"|from (?:the )?(?:start|beginning) to (?:the )?(?:finish|end)"
    r"|from (?:first|oldest|earliest) to (?:last|newest|latest)"
    r"|(?:oldest|earliest) (?:first|to (?:newest|latest)))(?=[\s,.?!)]|$)"
    r"|\b(?:chronological|day-by-day|dated)(?= \w)"
)
_PLAN = re.compile(r"(?i)^what(?:['’]s| is| was) the time-?line for\b")  # how long it will take
_TIMES = re.compile(
    r"(?i)\b(?:time-? ?line|chron|sequence|course|order|events?|happen|unfold|dates?|milestones?"
    r"|by day|day[- ]by|step|stages?|stations|took place|came|went on|story|account|overview"
    r"|history|developments"
    r"|from (?:the )?(?:start|begin|first|oldest|earliest))"
)
_ABOUT = r"(?:of|for|about|on|in|with|behind|around|during|to|regarding|concerning|from|at)"
_GIVE = (
    r"(?:(?:show|give|make|draw|build|create|write|list|get|have|me|us|an?|the|full|short|brief"
    r"|detailed|complete|whole) )*"
)
_ALWAYS = tuple(
    re.compile(rf"(?i)^{form}$")
    for form in (
        rf"{_GIVE}(?:time-?line|time line|chronology|sequence of events|course of events"
        rf"|order of events)\b(?: (?:leading (?:up )?to|{_ABOUT}) (?P<topic>.+))?",
        r"(?:time-?line|chronology)[:,–-]? ?(?P<topic>.+)",
        rf"what (?:are|were) the (?:\w+ )?(?:steps|stages|turning points|stations)"
        rf"(?: (?:leading (?:up )?to|on the (?:way|road) to|from|{_ABOUT}) (?P<topic>.+))",
        r"what (?:happened|came|took place) first,?(?: and)? (?:what|which) (?:came|happened"
        r"|followed"
        rf"|took place)?(?: (?:after|next|then|later|afterwards|that))*,?(?: {_ABOUT}"
        rf" (?P<topic>.+))?",
        r"(?:put|place|arrange|sort|order) (?:all )?(?:the )?events (?:of|in|around|during)"
        r" (?P<topic>.+?)"
        r"(?: in (?:the )?(?:right )?order)?",
        r"(?:show|give|make|draw|build|create|write)?(?: me| us)?(?: (?:the|an?))? ?"
        r"(?P<topic>.+?)(?:['’]s)?,?:? (?:time-?line|time line|chronology)",
        rf"when did what happen(?: {_ABOUT} (?P<topic>.+))?",
        rf"what (?:happened|took place|occurred) when(?: {_ABOUT} (?P<topic>.+)|)",
        r"how did (?P<topic>.+) unfold",
        r"(?:which|what) events (?:led|lead) (?:up )?to (?P<topic>.+)",
        rf"in (?:what|which) order did (?:things|events|everything|it all) (?:happen|take"
        rf" place|occur)"
        rf"(?: {_ABOUT} (?P<topic>.+))?",
        r"when did (?:each|every) (?:event|step|stage|part|phase) (?:of|in) (?P<topic>.+?)"
        r" (?:happen|take place|occur|begin|start)",
        rf"what (?:are|were) the (?:key |main |major |important |most important )?(?:events|dates"
        rf"|milestones)(?: (?:leading (?:up )?to|{_ABOUT}) (?P<topic>.+))?",
        rf"(?:list|give|show|name|tell|recount)(?: me| us)?(?: all| every)?(?: of)?(?: the)?"
        rf"(?: key| main| major| important)? (?:events|milestones|dates)"
        rf"(?: (?:leading (?:up )?to|{_ABOUT}) (?P<topic>.+))?",
    )
)
_IF_ORDERED = tuple(
    re.compile(rf"(?i)^{form}$")
    for form in (
        r"(?:tell|show|give|explain|describe|list)?(?: (?:me|us))? ?(?:everything |all )?"
        r"(?:that |what )?"
        rf"(?:has |have )?(?:happened|happens|took place|occurred|went on|was done)"
        rf"(?: {_ABOUT} (?P<topic>.+))?",
        rf"(?:tell|walk|take|lead)(?: me| us)? (?:through |about )?"
        rf"(?:(?:the )?(?:story|events|history)(?: {_ABOUT})? ?)?(?P<topic>.+)",
        rf"(?:give|list|show|write|recount|trace|tell)?(?: me| us)?(?: (?:an?|the|all))*"
        r"(?: full| short| brief)?"
        rf" ?(?:account|overview|list|summary|history|record|events|story|developments)"
        rf"(?: of (?:the )?events)?(?: {_ABOUT} (?P<topic>.+))?",
        r"(?:(?:show|tell|explain)(?: (?:me|us))? )?how (?P<topic>.+?) (?:went|developed|unfolded"
        r"|progressed|evolved|happened|came about)",
        r"how did (?P<topic>.+?) (?:develop|evolve|progress|go|happen|come about)",
    )
)
# "Tavrin's matches in chronological order": what is asked for has no form of its own
_BY_DATE = re.compile(
    r"(?i)\b(?:chronological(?:ly)?|temporal|by (?:date|day)|day[- ]by[- ]day|date by date"
    r"|order of (?:date|time|occurrence)|(?:time|date) (?:order|sequence)|with (?:the )?dates)\b"
)
_THINGS = re.compile(
    r"(?i)^(?:(?:put|place|arrange|sort|order|list|give|show|name|tell)(?: me| us)? )?(?:all )?"
    r"(?:of )?(?!(?:me|us|who|whom|whose|what|which|when|where|why|how|is|are|was|were|do"
    r"|does|did|has|have"
    r"|had|can|could|will|would|should|in|on|at|by|compare|summari[sz]e)\b)(?P<topic>.+)$"
)
_TOPIC_AWAY = re.compile(
    r"(?i) so far$|^(?:what happened (?:with|to|in) |the events? (?:of|in|around) )"
)


@dataclass(frozen=True, slots=True)
class Timeline:
    """The events of `topic` ("" for all articles) in the order of their days."""

    kind: ClassVar[Kind] = "timeline"
    topic: str

    @classmethod
    def recognise(cls, question: str) -> Self | None:
        """A question for events by their days.

        >>> Timeline.recognise("What happened with the Ossel flood, in order?")
        Timeline(topic='the Ossel flood')
        >>> Timeline.recognise("In what order will the shuttles fly?") is None
        True
        """
        if _PLAN.match(question) or not _TIMES.search(question) or len(question) > MAX_QUESTION:
            return None
        bare = _POLITE.sub("", question.strip(" ?.!")).strip(" ,")
        bare = re.sub(
            r"(?i)^(?:what|how) (?:is|was)(?= the (?:time|chron|sequence|course|order))", "", bare
        ).strip()
        plain = " ".join(_ORDER.sub("", bare).split()).strip(" ,:")
        forms = _ALWAYS if plain == bare else (*_ALWAYS, *_IF_ORDERED)
        if _BY_DATE.search(bare):
            forms = (*forms, _THINGS)
        found = next(filter(None, (form.match(plain) for form in forms)), None)
        if found is None:
            return None
        topic = (found["topic"] or "").strip(" ,:")
        return cls("" if is_all(topic) else _TOPIC_AWAY.sub("", topic))

    def answers(self, request: Request, answer: Answer) -> Iterator[Answer]:
        """Rows, or why there are none."""
        parser = request.parts.parser()
        if parser is None:
            why = "A timeline needs the parser. Run 'assistant models pull'."
            yield replace(answer, refusal=Refusal("unsupported", why))
            return
        scope = in_scope(self.topic, request)
        if not scope.articles:
            why = "Not in these articles: none of them is about this."
            yield replace(answer, refusal=Refusal("nothing_relevant", why))
            return
        every = sentences_in(replace(scope, articles=scope.articles[:MAX_ARTICLES]), request)
        dated = [one for one in about(self.topic, every) if may_name_a_day(one)]
        dated += self._otherwise_worded(every, dated, request)
        dated.sort(key=lambda one: (-one.relevance, one.start))
        asked = request.parts.searcher.periods(self.topic, request.filters)
        events = [
            event
            for sentence in dated[:MAX_READ]
            for event in events_in(sentence, parser)
            if _within(event, asked)
        ]
        rows = _rows(events)
        if not rows:
            why = "Not in these articles: they give no day for what happened."
            yield replace(answer, refusal=Refusal("nothing_relevant", why))
            return
        shown = sorted(rows, key=_rank)[:MAX_ROWS]
        shown.sort(key=lambda row: (row[0].first, row[0].last))
        citer = Citer()
        claims = tuple(_claim(row, citer) for row in shown)
        yield with_claims(replace(answer, caveats=_caveats(rows, scope)), claims)

    def _otherwise_worded(
        self, every: Sequence[Evidence], known: Sequence[Evidence], request: Request
    ) -> list[Evidence]:
        """The further dated sentences that the reranker finds to be about the topic."""
        spans = {one.span for one in known}
        left = [one for one in every if one.span not in spans and may_name_a_day(one)][:MAX_SCORED]
        scores = request.parts.reranker.score(self.topic, [one.text for one in left])
        return [
            replace(one, relevance=NAMED)
            for one, score in zip(left, scores, strict=True)
            if score > 0
        ]


def _within(event: Event, asked: Sequence[Period]) -> bool:
    """Whether an event is of a time that the topic names, if it names any."""
    return not asked or any(p.first <= event.last and event.first <= p.last for p in asked)


def _rows(events: Sequence[Event]) -> list[list[Event]]:
    """The events, those that are told several times on one day together, the fullest first."""
    rows: list[list[Event]] = []
    for event in sorted(events, key=lambda one: -len(stems(one.sentence.text))):
        same = next((row for row in rows if _is_same(row[0], event)), None)
        if same is None:
            rows.append([event])
        elif all(one.sentence.span != event.sentence.span for one in same):
            same.append(event)
    return rows


def _is_same(one: Event, other: Event) -> bool:
    """Whether two events of one day are one event."""
    if (one.first, one.last) != (other.first, other.last):
        return False
    first, second = stems(one.sentence.text), stems(other.sentence.text)
    common = first & second
    deed = any(
        one_.verb not in _LIGHT and stem(one_.verb) in other_
        for one_, other_ in ((one, second), (other, first))
    )
    return len(common) >= SAME * min(len(first), len(second)) or (deed and len(common) > 2)


def _rank(row: Sequence[Event]) -> tuple[float, int, int]:
    """Most relevant first, then what most articles tell, then what stands first in its article."""
    best = max(event.sentence.relevance for event in row)
    return -best, -len(row), min(event.sentence.start for event in row)


def _claim(row: Sequence[Event], citer: Citer) -> Claim:
    """One row: its fullest sentence, and those that give another number."""
    first = row[0]
    others = [one.text for one in row[1:MAX_PROOFS] if _differ(_counts(first), _counts(one))]
    texts = [first.text, *(f"Otherwise: {other}" for other in others)]
    text = " ".join(texts)
    proofs = [event.sentence for event in row[:MAX_PROOFS]]
    return citer.claim(f"Planned: {text}" if first.planned else text, *proofs, label=first.days)


def _counts(event: Event) -> dict[str, str]:
    """What is counted, by its stem, and how many: of "12 people have died" person."""
    counted = pairwise(words(event.text))
    return {stem(thing): number for number, thing in counted if number.isdigit()}


def _differ(one: dict[str, str], other: dict[str, str]) -> bool:
    return any(one[thing] != other[thing] for thing in one.keys() & other.keys() - _UNITS)


def _caveats(rows: Sequence[Sequence[Event]], scope: Scope) -> tuple[str, ...]:
    found: list[str] = []
    copies, articles = scope.copies, len(scope.articles)
    if articles > MAX_ARTICLES:
        found.append(f"Of the newest {MAX_ARTICLES} of {articles} articles.")
    if len(rows) > MAX_ROWS:
        found.append(f"The {MAX_ROWS} most relevant of {len(rows)} dated events.")
    if copies:
        found.append(f"Near copies of {copies} article{'s' * (copies > 1)} are counted once.")
    return tuple(found)
