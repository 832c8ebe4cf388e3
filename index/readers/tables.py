"""Exports with one article a record: JSON, JSONL, CSV, TSV and the rows of other tables.

The names of the fields are those of `Fields`. A record without text becomes a Skip with its
number; the other records are read.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from index.core.articles import Skip
from index.core.records import Fields, Limits, RawRecord, Unreadable
from index.readers.common import error_line, one_line, storable, too_many
from index.readers.exports.link_lists import ONLY_ADDRESSES
from index.readers.html_fragment import as_text

Reader = Callable[[str, str, Limits, Fields], Iterator[RawRecord | Skip]]
_LISTS = ("articles", "items", "data", "results", "docs", "hits", "posts")
_BROKEN_JSON = (ValueError, RecursionError)


def read_json(text: str, path: str, limits: Limits, fields: Fields) -> Iterator[RawRecord | Skip]:
    """One JSON object, a list of them, or an object whose `articles`/`items`/… is the list."""
    try:
        value = json.loads(text)
    except _BROKEN_JSON as error:
        raise Unreadable("bad_json", f"This is not JSON: {error_line(error)}.") from None
    if isinstance(value, dict):
        value = next((value[k] for k in _LISTS if isinstance(value.get(k), list)), [value])
    if not isinstance(value, list):
        raise Unreadable("bad_json", "The JSON is neither an object nor a list of objects.")
    single = len(value) == 1
    for number, row in enumerate(value[: limits.records], 1):
        yield _record(row, path, "" if single else str(number), f"record {number}", fields)
    if len(value) > limits.records:
        yield too_many(path, f"{limits.records} of {len(value)} records")


def read_jsonl(text: str, path: str, limits: Limits, fields: Fields) -> Iterator[RawRecord | Skip]:
    """One JSON object a line; a broken line becomes a Skip with its number."""
    # not splitlines: a JSON string may contain other line ends than these
    for number, line in enumerate(re.split(r"\r\n|\n|\r", text), 1):
        if number > limits.records:
            yield too_many(path, f"{limits.records} lines")
            return
        if not line.strip():
            continue
        try:
            yield _record(json.loads(line), path, str(number), f"line {number}", fields)
        except _BROKEN_JSON as error:
            reason = f"Line {number} is not JSON: {error_line(error)}."
            yield Skip(f"{path}#{number}", "bad_json", reason)


def is_json_lines(text: str) -> bool:
    """Whether the first two lines with text are each a JSON object."""
    lines = [line for line in islice(io.StringIO(text), 50) if line.strip()][:2]
    return len(lines) == 2 and all(is_json_object(line) for line in lines)


def is_json_object(text: str) -> bool:
    """Whether the text is a JSON object, or a list that contains one."""
    try:
        value = json.loads(text)
    except _BROKEN_JSON:
        return False
    return any(isinstance(row, dict) for row in (value if isinstance(value, list) else [value]))


def read_csv(text: str, path: str, limits: Limits, fields: Fields) -> Iterator[RawRecord | Skip]:
    """A table whose first row names the columns; every other row is an article."""
    text = text.lstrip("\ufeff")
    csv.field_size_limit(max(limits.file_bytes, 131_072))
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(text))
    try:
        yield from read_rows(rows, path, limits, fields)
    except csv.Error as error:
        raise Unreadable("bad_csv", f"Line {rows.line_num}: {error_line(error)}.") from None


def read_rows(
    rows: Iterator[list[str]], path: str, limits: Limits, fields: Fields, prefix: str = ""
) -> Iterator[RawRecord | Skip]:
    """The rows of any table, the first of which names the columns; numbers begin with `prefix`."""
    names = [name.strip() for name in next(rows, [])]
    if not _has_column(names, fields.text):
        if _has_column(names, fields.url):
            raise Unreadable("no_text", ONLY_ADDRESSES)
        raise Unreadable("missing_field", f"No column is called {', '.join(fields.text)}.")
    numbered: Iterable[tuple[int, Mapping[str, object]]] = (
        (number, dict(zip(names, row, strict=False)))
        for number, row in enumerate(rows, 2)
        if any(cell.strip() for cell in row)
    )
    if {"Highlight", "Book Title"} <= set(names):
        numbered = _by_title(islice(numbered, limits.records + 1))
    for number, named in numbered:
        if number - 1 > limits.records:
            yield too_many(path, f"{limits.records} rows")
            return
        yield _record(named, path, f"{prefix}{number}", f"row {number}", fields)


def _by_title(
    rows: Iterable[tuple[int, Mapping[str, object]]],
) -> Iterable[tuple[int, Mapping[str, object]]]:
    """Readwise has a row for each highlight: those of one page become one article."""
    pages: dict[tuple[object, object], tuple[int, dict[str, object]]] = {}
    for number, row in rows:
        key = (row.get("Book Title"), row.get("Book Author"))
        _, page = pages.setdefault(key, (number, {**row, "Highlight": list[object]()}))
        marked = page["Highlight"]
        assert isinstance(marked, list)
        marked.append(row.get("Highlight", ""))  # a row may be short
    return pages.values()


def delimiter_of(text: str) -> str:
    r"""The most frequent of comma, tab, semicolon and bar in the first line.

    csv.Sniffer takes frequent letters for delimiters in tables with few columns.

    >>> delimiter_of("id\ttitle, or so\ttext"), delimiter_of("text")
    ('\t', ',')
    """
    return max(",\t;|", key=_first_line(text).count)


def is_table(text: str, fields: Fields) -> bool:
    """Whether the first line names a column of text and one more known column."""
    first = _first_line(text.lstrip("\ufeff"))
    try:
        names = next(csv.reader([first], delimiter=delimiter_of(first)), [])
    except csv.Error:
        return False
    others = (fields.record, fields.title, fields.published, fields.source, fields.url)
    return _has_column(names, fields.text) and any(_has_column(names, one) for one in others)


def _first_line(text: str) -> str:
    return next(iter(text[:10_000].splitlines()), "")


def _has_column(names: Sequence[str], accepted: Sequence[str]) -> bool:
    return not {_plain_name(x) for x in names}.isdisjoint(_plain_name(x) for x in accepted)


def _record(row: object, path: str, number: str, where: str, fields: Fields) -> RawRecord | Skip:
    if not isinstance(row, Mapping):
        name = f"{path}#{number}" if number else path
        return Skip(name, "bad_json", f"In {where} there is no JSON object.")
    values = {_plain_name(str(key)): value for key, value in row.items()}
    text = as_text(_first(values, fields.text, "\n\n"))
    record = _first(values, fields.record)[:200] or number
    if not text.strip():
        name = f"{path}#{record}" if record else path
        if _first(values, fields.url) and not _first(values, fields.record):
            return Skip(name, "no_text", ONLY_ADDRESSES)
        return Skip(name, "missing_field", f"In {where} there is no {', '.join(fields.text)}.")
    if "isarchived" in values:  # wallabag writes here when an entry was read or tagged
        values.pop("updatedat", None)
    names = ("published", "source", "url", "modified", "language")
    plain: dict[str, Any] = {name: _first(values, getattr(fields, name)) for name in names}
    return RawRecord(
        text=text,
        record=record,
        title=as_text(_first(values, fields.title)),
        byline=as_text(_first(values, fields.byline)),
        dated_by="field",
        **plain,
    )


def _plain_name(name: str) -> str:
    return re.sub(r"[\s_-]", "", name).casefold()


def _first(row: Mapping[str, object], names: Sequence[str], separator: str = ", ") -> str:
    """The value of the first of these fields that has one; the items of a list are joined."""
    for name in names:
        value = row.get(_plain_name(name))
        items = map(_text_of, value if isinstance(value, list) else [value])
        found = separator.join(item for item in items if item)
        if found.strip():
            return storable(found)
    return ""


def _text_of(value: object) -> str:
    if isinstance(value, Mapping):
        if parts := value.get("date-parts"):  # CSL-JSON, as Zotero exports it: [[2024, 5, 6]]
            return "-".join(f"{part:0>2}" for part in parts[0]) if _is_day(parts) else ""
        if isinstance(value.get("family"), str):
            return one_line(f"{value.get('given', '')} {value['family']}")
        inner = ("name", "title", "rendered", "text", "value", "#text", "literal", "raw")
        value = next((value[name] for name in inner if value.get(name)), None)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    try:
        return str(value)
    except ValueError:  # an integer with more digits than Python converts
        return ""


def _is_day(parts: object) -> bool:
    first = parts[0] if isinstance(parts, list) and parts else None
    return isinstance(first, list) and all(isinstance(part, int | str) for part in first)
