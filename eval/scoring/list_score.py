"""How complete a list is and how much else is in it: precision, recall and F1 of its entries."""

import re
from collections.abc import Iterator

from eval.data.normalize import normalize
from eval.data.results import Score
from eval.data.wanted import Groups
from eval.scoring.answer_rows import GivenRow
from eval.scoring.metrics import holds
from index.text.entities import entities

_HEAD_END = re.compile(r"[,;:(–—]| - ")
_BETWEEN = re.compile(r"[,;:\n]|\.\s|\b(?:and|or|as well as)\b")


def f1(precision: float, recall: float) -> float:
    """Harmonic mean; 0 if both are.

    >>> f1(1, 0.5), f1(0, 0)
    (0.6666666666666666, 0.0)
    """
    total = precision + recall
    return 2 * precision * recall / total if total else 0.0


def list_scores(wanted: Groups, rows: list[GivenRow], question: str) -> Iterator[tuple[str, Score]]:
    """Precision, recall and F1; a name counts in full only, and twice is once too often."""
    found: set[int] = set()
    wrong: list[str] = []
    for row in rows:
        matches, other = _entries(row, wanted, question)
        if row.alone and matches and matches <= found:
            other = [*other, row.label or row.text]  # the same entry again
        found |= matches
        wrong += other
    lacks = ", ".join(group[0] for i, group in enumerate(wanted) if i not in found)
    given = len(found) + len(wrong)
    precision, recall = len(found) / given if given else 0.0, len(found) / len(wanted)
    why = f"lacks {lacks or 'nothing'}; wrong or twice: {', '.join(wrong) or 'nothing'}"
    yield "list_precision", Score(precision, why)
    yield "list_recall", Score(recall, why)
    yield "list_f1", Score(f1(precision, recall), why)


def _entries(row: GivenRow, wanted: Groups, question: str) -> tuple[set[int], list[str]]:
    """Which wanted entries a row names, and what it names besides."""
    if row.label:
        head = normalize(_HEAD_END.split(row.label, maxsplit=1)[0])
        named = {i for i, group in enumerate(wanted) if any(_ends(head, one) for one in group)}
        if named:
            return named, []
        if _is_name(row.label) or holds(row.text, row.label):
            return set(), [row.label]
        # the label is the heading of a group, and the entries are the text
    elif row.alone:
        named = _held(row.text, wanted)
        return named, [] if named else [row.text]
    return _in_text(row.text, wanted, question)


def _is_name(label: str) -> bool:
    """Whether a label is one name of several words, and no heading such as "People"."""
    return len(label.split()) > 1 and [one.text for one in entities(label)] == [label]


def _ends(head: tuple[str, ...], name: str) -> bool:
    """Whether a name ends with the words of another: "Minister Ann Lee" with "Ann Lee"."""
    words = normalize(name)
    return head[-len(words) :] == words


def _held(text: str, wanted: Groups) -> set[int]:
    return {i for i, group in enumerate(wanted) if any(holds(text, one) for one in group)}


def _in_text(text: str, wanted: Groups, question: str) -> tuple[set[int], list[str]]:
    """Entries of running text: a part of it without one is wrong if it has a name of its own."""
    wrong: list[str] = []
    for part in _BETWEEN.split(text):
        names = [one.text for one in entities(part) if not holds(question, one.text)]
        if names and not _held(part, wanted):
            wrong.append(names[0])
    return _held(text, wanted), wrong
