"""Exports: names of fields, records that cannot be read, and HTML in a field."""

import json
import re

import pytest

from index.core.errors import UsageError
from index.core.records import fields_of
from tests.files import STORY
from tests.index.readers.conftest import only, records, skipped

TABLE = f'id,Title,Publish Date,Body\r\n7,"Café, opens",2024-05-06,"{STORY}\nIt ""rained""."\r\n'


@pytest.mark.parametrize("delimiter", [",", ";", "|", "\t"])
@pytest.mark.parametrize("path", ["a.csv", "a.tsv", "a.txt"])
def test_a_table_is_one_article_a_row(delimiter, path):
    raw = only(TABLE.replace("Café, opens", "Café opens").replace(",", delimiter), path)
    assert (raw.record, raw.title, raw.published) == ("7", "Café opens", "2024-05-06")
    assert raw.text == f'{STORY}\nIt "rained".'.replace(",", delimiter)


def test_rows_without_text_are_skipped_and_empty_ones_ignored():
    found = records("title,text\n=cmd|'/c calc'!A1,One.\n\n,\nB\nC,Three.\n", "/a.csv")
    assert [found[0].title, found[-1].title] == ["=cmd|'/c calc'!A1", "C"]
    assert skipped(found) == [("/a.csv#5", "missing_field")]


ROWS = [{"id": n, "headline": f"Day {n}", "articleBody": f"{STORY} {n}"} for n in range(3)]
LINES = "\n".join(json.dumps(row) for row in ROWS)


@pytest.mark.parametrize("path", ["a.json", "a.jsonl", "a.txt", "a"])
@pytest.mark.parametrize("data", [LINES, json.dumps(ROWS), json.dumps({"items": ROWS}, indent=1)])
def test_json_and_jsonl_are_distinguished_by_content(path, data):
    assert [raw.record for raw in records(data, path)] == ["0", "1", "2"]


def test_a_json_object_is_one_article():
    row = {"headline": "Café opens", "text": ["One.", "Two."], "pubDate": "2024-05-06"}
    row |= {"publisher": "Lane", "authors": [{"name": "Ann Roe"}, "Bo Lund"]}
    raw = only(json.dumps(row), "a.json")
    assert (raw.record, raw.title, raw.text) == ("", "Café opens", "One.\n\nTwo.")
    assert (raw.published, raw.source) == ("2024-05-06", "Lane")
    assert raw.byline == "Ann Roe, Bo Lund"


def test_articles_of_a_list_are_named_by_id_or_number():
    found = records(json.dumps([{"id": "x7", "text": STORY}, {"text": "Another one."}]), "a.json")
    assert [(raw.record, raw.text) for raw in found] == [("x7", STORY), ("2", "Another one.")]


def test_a_line_that_cannot_be_read_is_skipped_with_its_number():
    lines = [json.dumps({"text": STORY}), '{"text": ', "", "7", json.dumps({"text": "Five."})]
    found = records("\n".join(lines), "/a.jsonl")
    assert [found[0].text, found[-1].text] == [STORY, "Five."]
    assert skipped(found) == [("/a.jsonl#2", "bad_json"), ("/a.jsonl#4", "bad_json")]
    assert "Line 2" in found[1].reason


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ('{"title": "No text"}', "missing_field"),
        ('{"text": ""}', "missing_field"),
        ('{"text": null}', "missing_field"),
        ('{"text": {}}', "missing_field"),
        ('{"text": ' + "[" * 100_000, "bad_json"),
        ('{"id": %s}' % ("9" * 5000), "bad_json"),
    ],
    ids=range(6),
)
def test_a_line_without_text_is_skipped(line, code):
    assert skipped(records(line, "a.jsonl")) == [("a.jsonl#1", code)]


@pytest.mark.parametrize(
    ("line", "record", "text"),
    [
        ('{"id": NaN, "text": "One."}', "nan", "One."),
        ('{"id": 1e400, "text": "Two."}', "inf", "Two."),
        ('{"id": "A \\ud800", "text": "One \\udfff two."}', "A ?", "One ? two."),
        ('{"id": "a", "text": "One.\u2028Two.\u0085Three."}', "a", "One.\u2028Two.\u0085Three."),
    ],
)
def test_unusual_numbers_and_characters_are_read(line, record, text):
    raw = only(line, "a.jsonl")
    assert (raw.record, raw.text) == (record, text)


@pytest.mark.parametrize(
    "body", [f"<p>{STORY}</p><p hidden>SECRET</p>", {"rendered": f"<div><p>{STORY}</p></div>"}]
)
def test_html_in_a_field_is_read_as_displayed(body):
    row = {"content": body, "title": {"rendered": "Café <b>opens</b>"}}
    raw = only(json.dumps(row), "a.json")
    assert (raw.text, raw.title) == (STORY, "Café opens")


@pytest.mark.parametrize("name", ["pubDate", "pub_date", "PUB-DATE", "Pub Date"])
def test_case_and_separators_of_a_name_are_ignored(name):
    row = {"text": "Rain.", name: "2024-05-06"}
    assert only(json.dumps(row), "a.json").published == "2024-05-06"


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("tekst=text", "no field 'tekst'. They have record, title, text, published"),
        ("title=headline, text", "'text' does not say"),
        ("text=|", "does not say"),
        ("=story", "no field ''"),
    ],
)
def test_invalid_names_are_wrong_usage(written, message):
    with pytest.raises(UsageError, match=re.escape(message)):
        fields_of(written)


def test_a_row_of_highlights_that_is_cut_short_ends_no_reading():
    raw = only("Book Title,Book Author,Highlight\nRain,Lee,It rained.\nRain,Lee\n", "/a.csv")
    assert raw.text.strip() == "It rained."
