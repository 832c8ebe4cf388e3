"""What is told of an article beside its text: notes, its language; and fields that are named."""

import json

import pytest

from index.core.articles import Note
from index.core.records import Fields, Limits
from index.ingest.extraction import extract
from index.ingest.sandbox import Extractor
from index.text.language import LONG, primary, settled
from tests.command_line import CommandLine

STORY = "The café on Ferry Lane opened again on Monday. Its owner, Zoë Lind, baked 90 loaves."
GERMAN = (
    "Der Damm brach in der Nacht, und das Wasser stand bis zum Morgen in den Straßen der Stadt. "
)


def page(attributes="", head=""):
    body = f"<body><article><h1>Title</h1><p>{STORY}</p></article>"
    return f"<html{attributes}><head>{head}</head>{body}"


def found(data, name="a.txt"):
    data = data.encode() if isinstance(data, str) else data
    return extract(data, f"/{name}", Limits(), Fields())


def test_a_note_is_one_line_and_names_its_article():
    lines = '{"id": "a", "text": "One."}\n{"id": "b", "date": "x\\ny", "text": "Two."}'
    told = found(lines, "a.jsonl").notes
    assert [note.path for note in told] == ["/a.jsonl#a", "/a.jsonl#b"]
    assert told[1] == Note("date", "'x y' is no possible date; its date is unknown.", told[1].path)


def test_notes_come_out_of_the_worker(worker_process):
    with Extractor() as extractor:
        assert extractor.extract(STORY.encode(), "/a.txt").notes == found(STORY).notes != ()


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (page(' lang="de-AT"'), "a.html"),
        (page(' xmlns="http://www.w3.org/1999/xhtml" xml:lang="de"'), "a.xhtml"),
        (page(head='<meta http-equiv="Content-Language" content="de">'), "a.html"),
        (page(head='<meta property="og:locale" content="de_DE">'), "a.html"),
        (
            "<rss version='2.0'><channel><title>T</title><language>de-de</language><item><title>x"
            f"</title><description>{STORY}</description></item></channel></rss>",
            "a.rss",
        ),
        (json.dumps({"text": STORY, "language": "de"}), "a.json"),
        (
            "From: a@b.c\nMessage-ID: <1@b>\nSubject: x\nContent-Type: text/plain; charset=utf-8\n"
            f"Content-Language: de\n\n{STORY}",
            "a.eml",
        ),
    ],
)
def test_a_declared_language_holds_for_a_short_text(data, name):
    assert found(data, name).articles[0].language == "de"


def test_an_undeclared_language_is_guessed():
    assert settled(found(GERMAN).articles[0].language, GERMAN) == "de"
    assert settled("", "👍👍") == ""


def test_a_long_text_contradicts_the_language_of_its_template():
    assert len(GERMAN * 9) > LONG
    assert settled("en", GERMAN * 9) == "de"
    assert settled("en", GERMAN) == "en"
    assert settled("en", "1 2 3 4 " * LONG) == "en"


@pytest.mark.parametrize("declared", ["", "x-default", "English", "deutsch", "und", "*", "-"])
def test_what_names_no_language_declares_none(declared):
    assert primary(declared) == ""


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    article = {"kop": "Bridge", "verhaal": STORY, "story": "Rain."}
    (tmp_path / "a.json").write_text(json.dumps(article))
    return CommandLine(tmp_path, monkeypatch, capsys)


def test_the_setting_names_the_fields_of_an_export_and_another_one_reads_it_again(run):
    def ingested(*flags):
        return json.loads(run("ingest", "a.json", "--json", *flags)[0])

    named = ("--set", "ingest.fields=title=kop, text=verhaal")
    assert ingested(*named)["new"] == 1
    assert json.loads(run("articles", "list", "--json")[0])[0]["title"] == "Bridge"
    report = ingested(*named, "--dry-run")
    assert (report["planned"], report["unchanged_files"]) == ([], 1)
    report = ingested("--dry-run")
    assert ([what for what, _ in report["planned"]], report["unchanged_files"]) == (["changed"], 0)
