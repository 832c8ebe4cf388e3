"""Exports: what their fields are called, what is broken in them, and HTML in a field."""

import json
import re

import pytest

from index.core.articles import Skip
from index.core.errors import UsageError
from index.core.records import Fields, Limits, RawRecord, Unreadable, fields_of
from index.readers.dispatch import read
from tests.files import STORY

TABLE = f'id,Title,Publish Date,Body\r\n7,"Café, opens",2024-05-06,"{STORY}\nIt ""rained""."\r\n'


def raws(data, path, **more):
    return list(read(data.encode() if isinstance(data, str) else data, path, **more))


def only(data, path, **more):
    (raw,) = raws(data, path, **more)
    assert isinstance(raw, RawRecord)
    return raw


@pytest.mark.parametrize("delimiter", [",", ";", "|", "\t"])
@pytest.mark.parametrize("path", ["a.csv", "a.tsv", "a.txt"])
def test_a_table_is_one_article_a_row(delimiter, path):
    raw = only(TABLE.replace("Café, opens", "Café opens").replace(",", delimiter), path)
    assert (raw.record, raw.title, raw.published) == ("7", "Café opens", "2024-05-06")
    assert raw.text == f'{STORY}\nIt "rained".'.replace(",", delimiter)


def test_a_formula_is_a_title_like_any_other():
    assert only("title,text\n=cmd|'/c calc'!A1,Rain fell.\n", "a.csv").title == "=cmd|'/c calc'!A1"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_a_table_in_the_encoding_of_a_spreadsheet(encoding):
    assert only(TABLE.encode(encoding), "a.csv").title == "Café, opens"


def test_rows_without_text_are_named_and_empty_ones_passed_over():
    found = raws("title,text\nA,One.\n\n,\nB\nC,Three.\n", "/a.csv")
    assert [raw.title for raw in found if isinstance(raw, RawRecord)] == ["A", "C"]
    assert [skip.code for skip in found if isinstance(skip, Skip)] == ["missing_field"]


def test_a_table_without_a_column_of_text_is_refused():
    with pytest.raises(Unreadable) as caught:
        raws("name,price\nbread,2\n", "a.csv")
    assert caught.value.code == "missing_field"


def test_prose_with_commas_is_no_table():
    text = "Text, pictures, and a date were all that was left.\nNobody, he said, knew why."
    assert only(text, "a.txt").text == text


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("a.csv", "text\n" + "Rain.\n" * 5),
        ("a.jsonl", '{"text": "Rain."}\n' * 5),
        ("a.json", json.dumps([{"text": "Rain."}] * 5)),
    ],
)
def test_only_so_many_records_are_read(path, data):
    found = raws(data, path, limits=Limits(records=3))
    assert [one.code for one in found if isinstance(one, Skip)] == ["too_many"]
    assert sum(isinstance(one, RawRecord) for one in found) == 3


ROWS = [{"id": n, "headline": f"Day {n}", "articleBody": f"{STORY} {n}"} for n in range(3)]
LINES = "\n".join(json.dumps(row) for row in ROWS)


@pytest.mark.parametrize("path", ["a.json", "a.jsonl", "a.txt", "a"])
@pytest.mark.parametrize("data", [LINES, json.dumps(ROWS), json.dumps({"items": ROWS}, indent=1)])
def test_json_and_its_lines_are_told_apart_by_content(path, data):
    assert [raw.record for raw in raws(data, path)] == ["0", "1", "2"]


def test_text_that_begins_with_a_bracket_is_text():
    text = "[BRASK] The tram stood still.\n{sic}"
    assert only(text, "a.txt").text == text


@pytest.mark.parametrize(
    "body", [f"<p>{STORY}</p><p hidden>SECRET</p>", {"rendered": f"<div><p>{STORY}</p></div>"}]
)
def test_html_in_a_field_is_read_as_it_is_seen(body):
    row = {"content": body, "title": {"rendered": "Café <b>opens</b>"}}
    raw = only(json.dumps(row), "a.json")
    assert (raw.text, raw.title) == (STORY, "Café opens")


@pytest.mark.parametrize("name", ["pubDate", "pub_date", "PUB-DATE", "Pub Date"])
def test_case_and_joints_of_a_name_do_not_count(name):
    assert (
        only(json.dumps({"text": "Rain.", name: "2024-05-06"}), "a.json").published == "2024-05-06"
    )


def test_names_can_be_told():
    fields = Fields().named({"text": ["tekst"], "source": "krant"})
    row = {"tekst": "Rain.", "text": "no", "krant": "Lane"}
    raw = only(json.dumps(row), "a.json", fields=fields)
    assert (raw.text, raw.source) == ("Rain.", "Lane")


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("tekst=text", "no field 'tekst'. They have record, title, text, published"),
        ("title=headline, text", "'text' does not say"),
        ("text=|", "does not say"),
        ("=story", "no field ''"),
    ],
)
def test_names_that_cannot_be_taken_are_wrong_usage(written, message):
    with pytest.raises(UsageError, match=re.escape(message)):
        fields_of(written)
