"""How right a timeline is: its days, and the sentences that stand at them."""

import datetime as dt
from collections.abc import Iterator

from eval.data.results import Score
from eval.data.wanted import Days, Event, days
from eval.scoring.answer_rows import GivenRow
from eval.scoring.list_score import f1
from eval.scoring.metrics import quotes_overlap
from index.text.query_dates import periods


def timeline_scores(wanted: tuple[Event, ...], rows: list[GivenRow]) -> Iterator[tuple[str, Score]]:
    """Days right among the rows that tell a wanted event, F1 of the days, and events told.

    Source of Date-F1: Martschat, Markert, CoNLL 2018. An event counts as told if its sentence
    stands, or is cited, at its day.
    """
    known = {event: days(event.day) for event in wanted}
    after = max(last for _, last in known.values()) + dt.timedelta(1)
    given = [(day, row) for row in rows if (day := _day_of(row, after))]
    told: set[Event] = set()
    wrong: list[str] = []
    right = 0
    for day, row in given:
        events = [event for event in wanted if _tells(row, event)]
        hits = [event for event in events if known[event] == day]
        told.update(hits)
        right += bool(hits)
        if events and not hits:
            wrong.append(f"{day[0]} for {events[0].day}")
    judged = right + len(wrong)
    why = f"wrong: {', '.join(wrong)}" if wrong else f"all {right} are right"
    yield "timeline_day_right", Score(right / judged if judged else None, why)
    required = [event for event in wanted if not event.optional]
    all_days = {known[event] for event in required}
    found = {day for day, _ in given} - (set(known.values()) - all_days)
    common = len(found & all_days)
    precision, recall = common / len(found) if found else 0.0, common / len(all_days)
    yield "timeline_date_f1", Score(f1(precision, recall), f"{common} of {len(all_days)} days")
    lost = [event.quote for event in required if event not in told]
    why = f"not told: {'; '.join(lost)}" if lost else "all events are told"
    yield "timeline_told", Score(1 - len(lost) / len(required), why)


def _day_of(row: GivenRow, after: dt.date) -> Days | None:
    """The day at which a row stands: that of its label, or else the first of its text.

    A day without a year is the last one before `after`.
    """
    found = periods(row.label or row.text, after)
    return (found[0].first, found[0].last) if found else None


def _tells(row: GivenRow, event: Event) -> bool:
    return any(quotes_overlap(text, event.quote) for text in (row.text, *row.quotes))
