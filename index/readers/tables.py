"""Exports with one article a record: JSON, JSONL, CSV and TSV.

The names of the fields are those of `Fields`. A record without
text is a Skip with its number; the others are read.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from index.core.articles import Skip
from index.core.records import Fields, Limits, RawRecord, Unreadable
from index.readers.html_fragment import as_text

_LISTS = ("articles", "items", "data", "results", "docs", "hits", "posts")

# ── JSON and JSONL ────────────────────────────────────────────────────────────────────────────


def read_json(text: str, path: str, limits: Limits, fields: Fields) -> Iterator[RawRecord | Skip]:
    """One JSON object, a list of them, or an object whose `articles`/`items`/… is the list."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise Unreadable("bad_json", f"This is not JSON: {_one_line(problem)}.") from None
    if isinstance(value, dict):
        inner = next((value[k] for k in _LISTS if isinstance(value.get(k), list)), None)
        value = [value] if inner is None else inner
    if not isinstance(value, list):
        raise Unreadable("bad_json", "The JSON is neither an object nor a list of objects.")
    single = len(value) == 1
    for number, row in enumerate(value[: limits.records], 1):
        yield _record(row, path, "" if single else str(number), f"record {number}", fields)
    if len(value) > limits.records:
        yield too_many(path, f"{limits.records} of {len(value)} records")


def read_jsonl(text: str, path: str, limits: Limits, fields: Fields) -> Iterator[RawRecord | Skip]:
    """One JSON object a line; a broken line is skipped with its number."""
    # not splitlines: a string of JSON may hold other line ends than these
    for number, line in enumerate(re.split(r"\r\n|\n|\r", text), 1):
        if number > limits.records:
            yield too_many(path, f"{limits.records} lines")
            return
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as problem:
            yield Skip(
                f"{path}#{number}", "bad_json", f"Line {number} is not JSON: {_one_line(problem)}."
            )
            continue
        yield _record(row, path, str(number), f"line {number}", fields)


def is_json_lines(text: str) -> bool:
    """Whether the first two lines with text are each a JSON object."""
    lines = [line for line in islice(io.StringIO(text), 50) if line.strip()][:2]
    return len(lines) == 2 and all(is_json_object(line) for line in lines)


def is_json_object(text: str) -> bool:
    """Whether the text is a JSON object, or a list that holds some."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) or (
        isinstance(value, list) and any(isinstance(row, dict) for row in value)
    )


def too_many(path: str, what: str) -> Skip:
    """The Skip for records beyond the limit."""
    return Skip(path, "too_many", f"Only the first {what} are read.")


# ── CSV and TSV ───────────────────────────────────────────────────────────────────────────────


def read_csv(text: str, path: str, limits: Limits, fields: Fields) -> Iterator[RawRecord | Skip]:
    """A table whose first row names the columns; every other row is an article."""
    text = text.lstrip("\ufeff")
    csv.field_size_limit(max(limits.file_bytes, 131_072))
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(text))
    try:
        names = [name.strip() for name in next(rows, [])]
        if not _known(names, fields.text):
            wanted = ", ".join(fields.text)
            raise Unreadable("missing_field", f"No column is called {wanted}.")
        for number, row in enumerate(rows, 2):
            if number - 1 > limits.records:
                yield too_many(path, f"{limits.records} rows")
                return
            if any(cell.strip() for cell in row):
                named = dict(zip(names, row, strict=False))
                yield _record(named, path, str(number), f"row {number}", fields)
    except csv.Error as problem:
        raise Unreadable("bad_csv", f"Line {rows.line_num}: {_one_line(problem)}.") from None


def delimiter_of(text: str) -> str:
    r"""The most frequent of tab, comma, semicolon and bar in the first line.

    >>> delimiter_of("id\ttitle, or so\ttext"), delimiter_of("text")
    ('\t', ',')
    """
    first = text[:10_000].splitlines()[0] if text else ""
    return max(",\t;|", key=first.count)


def is_table(text: str, fields: Fields) -> bool:
    """Whether the first line names a column of text and one more known column."""
    text = text.lstrip("\ufeff")
    first = text[:10_000].splitlines()[0] if text else ""
    try:
        names = next(csv.reader([first], delimiter=delimiter_of(first)), [])
    except csv.Error:
        return False
    others = (fields.record, fields.title, fields.published, fields.source, fields.url)
    return _known(names, fields.text) and any(_known(names, other) for other in others)


def _known(names: Sequence[str], wanted: Sequence[str]) -> bool:
    return not {_plain_name(x) for x in names}.isdisjoint(_plain_name(x) for x in wanted)


# ── one record ────────────────────────────────────────────────────────────────────────────────


def _record(row: object, path: str, fallback: str, where: str, fields: Fields) -> RawRecord | Skip:
    name = f"{path}#{fallback}" if fallback else path
    if not isinstance(row, Mapping):
        return Skip(name, "bad_json", f"In {where} there is no JSON object.")
    values = {_plain_name(str(key)): value for key, value in row.items()}
    body = as_text(_first(values, fields.text, "\n\n"))
    record = _first(values, fields.record)[:200] or fallback
    if not body.strip():
        wanted = ", ".join(fields.text)
        name = f"{path}#{record}" if record else path
        return Skip(name, "missing_field", f"In {where} there is no {wanted}.")
    return RawRecord(
        text=body,
        record=record,
        title=as_text(_first(values, fields.title)),
        published=_first(values, fields.published),
        source=_first(values, fields.source),
        url=_first(values, fields.url),
        byline=as_text(_first(values, fields.byline)),
        dated_by="field",
        modified=_first(values, fields.modified),
        language=_first(values, fields.language),
    )


def _plain_name(name: str) -> str:
    return re.sub(r"[\s_-]", "", name).casefold()


def _first(row: Mapping[str, object], names: Sequence[str], between: str = ", ") -> str:
    for name in names:
        value = row.get(_plain_name(name))
        values = [_plain(item) for item in (value if isinstance(value, list) else [value])]
        found = between.join(v for v in values if v)
        if found.strip():
            # a lone surrogate cannot be stored as UTF-8
            return found.encode("utf-8", "replace").decode("utf-8")
    return ""


def _plain(value: object) -> str:
    if isinstance(value, Mapping):
        inner = ("name", "title", "rendered", "text", "value", "#text")
        value = next((value[name] for name in inner if value.get(name)), None)
    plain = isinstance(value, str | int | float) and not isinstance(value, bool)
    try:
        return str(value) if plain else ""
    except ValueError:  # an integer of more digits than Python writes
        return ""


def _one_line(problem: Exception) -> str:
    return " ".join(str(problem).split())[:120] or type(problem).__name__
