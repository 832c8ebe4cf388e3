"""Scores of a question of a certain kind, by code alone: lists, counts, timelines and so on.

What a case wants is told by `eval.data.wanted`. Where a system answers in plain text, without rows
and citations, its lines are its rows.
"""

import re
from collections.abc import Callable, Iterator

from eval.data.cases import Case
from eval.data.normalize import normalize
from eval.data.results import AnswerJson, Outcome, Score
from eval.data.wanted import Groups, Wanted
from eval.scoring.answer_rows import GivenRow, cited_text, rows_of
from eval.scoring.list_score import list_scores
from eval.scoring.metrics import contains_quote, entities_to_support, holds, supported
from eval.scoring.quote_score import quote_scores
from eval.scoring.timeline_score import timeline_scores
from index.text.calendar_terms import CALENDAR_NAMES
from index.text.chunking import sentences
from index.text.words import stems

SENTENCES = 5  # of a summary
SHARED = 3 / 4  # of a summary sentence's words that stand in what it cites
_NOTHING = re.compile(
    r"(?i)\W*(?:no|none|nothing|not|there (?:is|are|was|were) (?:no|none|nothing))\b"
)
_UNCHECKED = re.compile(
    r"(?i)\b(?:not|never|cannot|can't|could not|without)\b[^.]{0,60}\bcheck|\bunchecked\b"
)
_WORDED = {"once": 1, "twice": 2, "none": 0, "no": 0, "never": 0}
_ASKS_A_FACT = ("fact", "several", "reason")
_YEAR = re.compile(r"(?:19|20)\d\d")

Scores = Iterator[tuple[str, Score]]


def kind_scores(case: Case, outcome: Outcome) -> Scores:
    """Every metric that applies to a case because of its `kind` and `wanted`.

    A question whose answer failed counts as answered with nothing.
    """
    if case.kind is None and case.wanted is None:
        return
    output = outcome.output
    if output is None:
        if outcome.error is None:
            return
        output = {"kind": "", "answer": ""}
    taken = output.get("kind")
    if taken is not None and case.kind is not None:
        yield "kind_right", Score(float(taken == case.kind), f"taken as {taken or 'nothing'}")
    if case.kind == "unclear":
        yield "asked_back", _asked_back(case.wanted or Wanted(), output)
        return
    if taken is not None:
        why = "it asked back" if taken == "unclear" else "it did not ask back"
        yield "false_ask_back", Score(float(taken == "unclear"), why)
    if not case.answerable:
        yield "declined", _declined(output, may_say=case.kind not in _ASKS_A_FACT)
    elif case.kind == "greeting" and taken is not None:
        fine = taken == "greeting" and bool(output.get("answer")) and not output.get("citations")
        yield "greeted", Score(float(fine), output.get("answer") or "nothing was said")
    else:
        yield from _content(case, outcome, output)


def _asked_back(wanted: Wanted, output: AnswerJson) -> Score:
    """Whether it asks what was meant, and offers at least two of the possible meanings."""
    said = output.get("answer") or ""
    offered = " ".join([said, *output.get("options", ())])
    found = [one for one in wanted.asks_back if holds(offered, one)]
    kind = output.get("kind")
    asks = "?" in said if kind is None else kind == "unclear"
    enough = len(found) >= min(2, len(wanted.asks_back))
    what = f"it offers {', '.join(found) or 'nothing that is listed'}"
    return Score(float(asks and enough), what if asks else "it did not ask back")


def _declined(output: AnswerJson, *, may_say: bool = True) -> Score:
    """Whether it refuses, or says that there is nothing, where `may_say` allows that.

    "No, she did not" is no such thing: the articles would have to say so.
    """
    said = output.get("answer") or ""
    fine = bool(output.get("refused")) or (may_say and bool(_NOTHING.match(said)))
    return Score(float(fine), "it says that there is nothing" if fine else f"it said: {said}")


def _content(case: Case, outcome: Outcome, output: AnswerJson) -> Scores:
    wanted, rows = case.wanted or Wanted(), rows_of(output)
    yield from _of_rows(wanted, rows, output, case.question)
    yield from _of_text(wanted, output, case.question)
    if case.kind == "archive":
        yield "archive_right", _archive(case, output)
    if case.kind == "news" and output.get("citations"):
        yield "news_in_scope", _in_scope(case, outcome, output)


def _of_rows(wanted: Wanted, rows: list[GivenRow], output: AnswerJson, question: str) -> Scores:
    if wanted.items:
        yield from list_scores(wanted.items, rows, question)
    if wanted.rows:
        yield from timeline_scores(wanted.rows, rows)
    if wanted.said:
        yield from quote_scores(wanted.said, rows)
    if wanted.nuggets:
        yield from _summary(wanted, rows, output.get("answer") or "", question)


def _of_text(wanted: Wanted, output: AnswerJson, question: str) -> Scores:
    said = output.get("answer") or ""
    if wanted.count is not None:
        yield "count_exact", _count(wanted.count, output, question)
    if wanted.verdict:
        yield "verdict_right", _verdict(wanted, said)
    elif wanted.parts:
        yield "parts_covered", _covered(wanted.parts, said)
    if wanted.differences:
        yield "differences_found", _differences(wanted.differences, said)
    if wanted.language:
        yield "language_told", _language(output)


def _count(wanted: int, output: AnswerJson, question: str) -> Score:
    """Whether the first number of the answer is the right one, not counting years and days."""
    if wanted == 0 and _declined(output).value:
        return Score(1.0, "it says that there is nothing")
    said = [claim.get("computed") or "" for claim in output.get("claims", ())]
    found = _first_number(" ".join([*said, output.get("answer") or ""]), question)
    return Score(float(found == wanted), f"{found} where {wanted} is right")


def _first_number(text: str, question: str) -> int | None:
    asked, tokens = normalize(question), normalize(text)
    for token, after in zip(tokens, (*tokens, "")[1:], strict=True):
        if token in asked or after in CALENDAR_NAMES or _YEAR.fullmatch(token):
            continue
        if token in _WORDED:
            return _WORDED[token]
        if token.isdecimal():
            return int(token)
    return None


def _verdict(wanted: Wanted, said: str) -> Score:
    """Whether it begins with the right one of yes and no, or else says what amounts to it."""
    first = next(iter(normalize(said)), "")
    if first in ("yes", "no"):
        return Score(float(first == wanted.verdict), f"it says {first}")
    fine = bool(said) and _covered(wanted.parts, said).value == 1
    return Score(float(fine), "it says what amounts to it" if fine else f"it said: {said}")


def _covered(groups: Groups, text: str) -> Score:
    """Share of the groups of which the text holds a member."""
    return _share(groups, lambda group: any(holds(text, one) for one in group))


def _differences(differences: tuple[Groups, ...], text: str) -> Score:
    """Share of the differences of which the text holds both sides."""
    flat = tuple(tuple(side[0] for side in sides) for sides in differences)
    by_name = dict(zip(flat, differences, strict=True))
    return _share(flat, lambda name: _covered(by_name[name], text).value == 1)


def _share(groups: Groups, is_held: Callable[[tuple[str, ...]], bool]) -> Score:
    lost = [group for group in groups if not is_held(group)]
    why = "; ".join(" / ".join(group) for group in lost)
    return Score(1 - len(lost) / len(groups), f"it lacks {why}" if lost else "it holds all")


def _summary(wanted: Wanted, rows: list[GivenRow], said: str, question: str) -> Scores:
    cited = " ".join(quote for row in rows for quote in row.quotes)
    yield "nuggets_covered", _covered(wanted.nuggets, f"{said} {cited}")
    length = len(sentences(said))
    fine = bool(said) and length <= SENTENCES
    yield "summary_short", Score(float(fine), f"{length} sentences")
    proved = [row for row in rows if row.cited]
    if proved:
        lost = [row.text for row in proved if not _verified(row, question)]
        why = "; ".join(lost)
        value = 1 - len(lost) / len(proved)
        yield "summary_verified", Score(value, f"not cited: {why}" if lost else "all is cited")


def _verified(row: GivenRow, question: str) -> bool:
    """Whether a sentence stands in what it cites: in one run, or its names and most of its words.

    Every name, number and date has to be there, and three quarters of the other words.
    """
    if any(contains_quote(quote, row.text) for quote in row.quotes):
        return True
    known = [cited_text(citation) for citation in row.cited]
    required = entities_to_support(row.text, question, known)
    ours = stems(row.text)
    shared = len(ours & stems(" ".join(known)))
    return supported(row.text, required, known) and shared >= SHARED * len(ours)


def _language(output: AnswerJson) -> Score:
    """Whether it says that nothing was checked, in place of "not in these articles"."""
    reason = output.get("reason") or {}
    notes = [*output.get("caveats", ()), reason.get("reason") or "", output.get("answer") or ""]
    told = any(_UNCHECKED.search(note) for note in notes)
    absent = reason.get("code") == "nothing_relevant"
    return Score(float(told and not absent), " ".join(notes).strip() or "nothing was said")


def _archive(case: Case, output: AnswerJson) -> Score:
    """Whether the answer, with what it links to, holds every part."""
    links = (
        f"{c.get('title')}\n{c.get('source')}\n{c.get('published')}"
        for c in output.get("citations", ())
    )
    found = _covered(case.all_of, "\n".join([output.get("answer") or "", *links]))
    return Score(float(found.value == 1), found.why)


def _in_scope(case: Case, outcome: Outcome, output: AnswerJson) -> Score:
    """Share of the citations that are of articles of the time that is asked for."""
    cited = [outcome.names.get(c["article"], c["article"]) for c in output.get("citations", ())]
    other = [name for name in cited if name not in case.articles]
    why = f"of another time: {', '.join(other)}" if other else "all is of the time asked for"
    return Score(1 - len(other) / len(cited), why)
