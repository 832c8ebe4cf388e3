"""Exports: what their fields are called, what is broken in them, and HTML in a field."""

import json
import re

import pytest

from index.core.errors import UsageError
from index.core.records import Fields, fields_of
from tests.files import STORY
from tests.index.readers.conftest import only, records, refusal, skipped

TABLE = f'id,Title,Publish Date,Body\r\n7,"Café, opens",2024-05-06,"{STORY}\nIt ""rained""."\r\n'


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


def test_rows_without_text_are_skipped_and_empty_ones_ignored():
    found = records("title,text\nA,One.\n\n,\nB\nC,Three.\n", "/a.csv")
    assert [found[0].title, found[-1].title] == ["A", "C"]
    assert [code for _, code in skipped(found)] == ["missing_field"]


def test_a_table_without_a_column_of_text_is_refused():
    assert refusal("name,price\nbread,2\n", "a.csv") == "missing_field"


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
    found = records(data, path, records=3)
    assert len(found) == 4
    assert skipped(found) == [(path, "too_many")]


ROWS = [{"id": n, "headline": f"Day {n}", "articleBody": f"{STORY} {n}"} for n in range(3)]
LINES = "\n".join(json.dumps(row) for row in ROWS)


@pytest.mark.parametrize("path", ["a.json", "a.jsonl", "a.txt", "a"])
@pytest.mark.parametrize("data", [LINES, json.dumps(ROWS), json.dumps({"items": ROWS}, indent=1)])
def test_json_and_its_lines_are_told_apart_by_content(path, data):
    assert [raw.record for raw in records(data, path)] == ["0", "1", "2"]


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
def test_case_and_separators_of_a_name_are_ignored(name):
    row = {"text": "Rain.", name: "2024-05-06"}
    assert only(json.dumps(row), "a.json").published == "2024-05-06"


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
