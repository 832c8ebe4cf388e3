"""Drafts of several formats, and the offsets of their sentences."""

import io
import zipfile

import pytest

from assistant.checking.draft import draft_sentences, read_draft
from assistant.checking.reports import html, markdown
from index.core.errors import UsageError


def test_offsets_are_those_of_the_draft_also_where_lines_are_broken():
    text = (
        "The mayor of the old town by the river has closed the\r\nbridge. It is old.\r\n\r\n- Open?"
    )
    found = draft_sentences(text)
    assert [one.text for one in found] == [
        "The mayor of the old town by the river has closed the bridge.",
        "It is old.",
        "Open?",
    ]
    assert text[found[1].start : found[1].end] == "It is old."
    assert text[found[2].start : found[2].end] == "Open?"
    assert (found[1].before, found[2].before) == (found[0].text, "")


def test_markdown_and_html_are_read_without_their_marks():
    assert "**" not in read_draft(b"# Town\n\nThe **mayor** left.", "a.md")
    page = b"<html><title>Town</title><body><p>The mayor left town early.</p></body></html>"
    assert "The mayor left town early." in read_draft(page, "a.html")


@pytest.mark.parametrize(
    ("data", "name"), [(b"", "a.docx"), (b"PK\x03\x04broken", "a.zip"), (b"\x89PNG\r\n", "a.txt")]
)
def test_what_cannot_be_read_is_one_line(data, name):
    with pytest.raises(UsageError):
        read_draft(data, name)


def test_a_zip_archive_is_not_unpacked():
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("a.txt", "The mayor left.")
    with pytest.raises(UsageError, match="not unpacked"):
        read_draft(held.getvalue(), "a.zip")


EVIL = "<script>alert(1)</script> [x](javascript:alert(1)) <img src=x onerror=alert(1)>"
REPORT = {
    "counts": {"supported": 0, "partly": 1, "contradicted": 0, "not_in_archive": 0, "no_claim": 0},
    "sentences": [
        {
            **{"number": 1, "text": f"{EVIL} twelve", "start": 0, "end": 99, "verdict": "partly"},
            **{"reason": EVIL, "origins": 1},
            "spans": [{"text": "twelve", "start": 80, "end": 86, "reason": f'"{EVIL}'}],
            "quotations": [{"said": EVIL, "speaker": EVIL}],
            "citations": [
                {"number": 1, "quote": EVIL, "title": EVIL, "source": EVIL, "published": None}
            ],
        }
    ],
}


def test_the_page_holds_nothing_of_others_unescaped_and_marks_with_a_sign():
    page = html(REPORT)
    assert "<script" not in page
    assert "<img" not in page
    assert 'title="&quot;&lt;script' in page
    assert "▸twelve◂" in page
    assert "~ partly supported" in page
    assert "http" not in page.replace("http-equiv", "")


def test_markdown_links_and_tags_are_escaped():
    text = markdown(REPORT)
    assert "<script" not in text.replace("\\<script", "")
    assert "[x](" not in text
