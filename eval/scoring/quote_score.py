"""Whether quotes are word for word what was said, all of them, and by whom it is said."""

import re
from collections.abc import Iterator

from eval.data.results import Score
from eval.data.wanted import Statement
from eval.scoring.answer_rows import GivenRow
from eval.scoring.list_score import f1
from eval.scoring.metrics import contains_quote, holds, quotes_overlap
from index.text.calendar_terms import CALENDAR_NAMES
from index.text.entities import entities

_QUOTED = re.compile(r"[“\"„«]([^“”\"„«»]+)[”\"“»]")


def quote_scores(
    wanted: tuple[Statement, ...], rows: list[GivenRow]
) -> Iterator[tuple[str, Score]]:
    """Rows that are verbatim, and F1 of the statements with their speakers."""
    proved = [row for row in rows if row.cited]
    if proved:
        altered = [row.text for row in proved if not _verbatim(row)]
        why = f"altered: {'; '.join(altered)}" if altered else "word for word"
        yield "quotes_verbatim", Score(1 - len(altered) / len(proved), why)
    found: set[Statement] = set()
    wrong: list[str] = []
    right = 0
    for row in rows:
        hits = {one for one in wanted if _is_of(row, one)}
        found |= hits
        right += any(not one.optional for one in hits)
        if not hits:
            wrong.append(row.text)
    required = [one for one in wanted if not one.optional]
    lost = [one.text for one in required if one not in found]
    given = right + len(wrong)
    precision, recall = right / given if given else 0.0, 1 - len(lost) / len(required)
    why = f"lacks {'; '.join(lost) or 'nothing'}; wrong: {'; '.join(wrong) or 'nothing'}"
    yield "quotes_speaker_f1", Score(f1(precision, recall), why)


def _verbatim(row: GivenRow) -> bool:
    """Whether a row stands in what it cites: all of it, or all that it puts in quotation marks."""
    cited = " ".join(row.quotes)
    quoted = _QUOTED.findall(row.text)
    return contains_quote(cited, row.text) or (
        bool(quoted) and all(contains_quote(cited, one) for one in quoted)
    )


def _is_of(row: GivenRow, statement: Statement) -> bool:
    """Whether a row tells a statement and names nobody else as the one who made it."""
    if not any(quotes_overlap(text, statement.text) for text in (row.text, *row.quotes)):
        return False
    names = [
        one.text
        for one in entities(row.label)
        if not any(word in CALENDAR_NAMES or word.isdecimal() for word in one.words)
    ]
    return not names or holds(row.label, statement.speaker)
