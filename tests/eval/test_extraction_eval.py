"""Scores of extraction, loading of gold pages, and the bars for the project's own pages."""

import gzip
import json

import pytest

from eval.extraction.evaluate import Extracted, ours, run, scores
from eval.extraction.gold_pages import OWN_PAGES, Page, load_pages
from index.core.errors import UsageError


def test_the_own_pages_are_read_as_well_as_before():
    pages = load_pages(OWN_PAGES)
    assert {page.name for page in pages} == {p.name for p in (OWN_PAGES / "pages").iterdir()}
    assert len(pages) >= 130
    assert min(len(page.required) for page in pages) >= 8
    # what the reader reached when it was built on trafilatura; not to be tuned to
    found = scores(pages, ours).figures()
    assert found["recall"] >= 0.97
    assert found["precision"] >= 0.85
    assert found["hidden kept"] == 0
    assert found["title right"] >= 0.95
    assert found["date right"] >= 0.95
    assert found["wrong stated"] == 0


PAGE = Page(
    "a.txt",
    b"",
    text="It opened. Zoë baked.",
    required=("It opened.", "Zoë baked."),
    forbidden=("Menu",),
    hidden=("SECRET",),
    title="Café opens",
    published="2024-05-06",
)


def test_all_right_is_one():
    said = Extracted("It opened.\n\nZoë baked.\n\n[Caption] Menu", "CAFÉ opens", "2024-05-06")
    found = scores([PAGE], lambda page: said).figures()
    names = ("body F1", "precision", "recall", "pieces F1", "title right", "date right")
    assert [found[name] for name in names] == [1] * len(names)
    assert found["F1 with captions"] < 1
    assert found["hidden kept"] == found["dates wrong"] == found["wrong stated"] == 0


def test_all_wrong_is_nought_and_a_guess_is_not_stated():
    said = Extracted("Menu SECRET", "Home", "2024-05-07", guessed=True)
    found = scores([PAGE], lambda page: said).figures()
    names = ("body F1", "precision", "recall", "pieces F1", "title right", "date right")
    assert [found[name] for name in names] == [0] * len(names)
    assert (found["hidden kept"], found["dates wrong"], found["wrong stated"]) == (1, 1, 0)


def test_folders_of_public_pages_are_read(tmp_path):
    page = "<html><body><p>It opened on Monday.</p></body></html>"

    def put(path, text):
        path = tmp_path / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())

    row = {"file": "a.html", "with": ["opened"], "without": ["Menu"], "date": "2024-05-06"}
    put("own/a.html", page)
    put("own/gold.jsonl", json.dumps(row | {"text": "It opened."}))
    put("traf/tests/evaldata.json", json.dumps({"https://a.example": row}))
    put("traf/tests/cache/a.html", page)
    put("bench/ground-truth.json", json.dumps({"x": {"articleBody": "It opened."}}))
    put("bench/html/x.html.gz", gzip.compress(page.encode()))
    put("read/test/test-pages/x/source.html", page)
    put("read/test/test-pages/x/expected.html", "<p>It opened.</p>")
    put("read/test/test-pages/x/expected-metadata.json", '{"title": "Café", "byline": null}')
    own, traf, bench, read = (
        load_pages(tmp_path / name)[0] for name in ("own", "traf", "bench", "read")
    )
    assert (own.required, own.forbidden, own.published) == (("opened",), ("Menu",), "2024-05-06")
    assert (traf.data, traf.text) == (page.encode(), "")
    assert own.text == bench.text == read.text == "It opened."
    assert read.title == "Café"
    assert run(failures=True, json_file=tmp_path / "out.json", folder=tmp_path / "own") == 0
    assert json.loads((tmp_path / "out.json").read_text("utf-8"))["ours"]["date right"] == 0
    with pytest.raises(UsageError):
        load_pages(tmp_path)
