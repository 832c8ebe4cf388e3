"""PDF and Word: the text without headers and footers, and limits against hostile files."""

import pytest

from tests.files import STORY, archive, docx, pdf
from tests.index.readers.conftest import only, refusal

LONG = [
    "The council of Brask decided on Monday evening that the old harbour shall be",
    "deepened by four metres, although the fishermen of the western quay had asked",
    "for another year of talks about it. The work begins in May.",
]


HEADING = "Harbour to be deepened"
TEXT = " ".join(LONG)


@pytest.mark.parametrize("path", ["a.pdf", "a.txt", "a"])
@pytest.mark.parametrize(
    ("lines", "paragraphs"),
    [
        (LONG, [TEXT]),
        ([HEADING, *LONG], [HEADING, TEXT]),  # a short line without a full stop
        ([*LONG, *LONG], [TEXT, TEXT]),  # a sentence ends on a short line
    ],
)
def test_lines_are_joined_to_paragraphs(path, lines, paragraphs):
    assert only(pdf(lines), path).text.split("\n\n") == paragraphs


def test_words_broken_at_the_end_of_a_line_are_joined():
    lines = [
        "The fishermen of the western quay had asked for another year of talks but the coun-",
        "cil of Brask, a well-known body, voted for the work of the well-",
        "known firm from Tavrin, which is called Lower-",
        "Brask Dredging and was founded there.",
    ]
    text = only(pdf(lines)).text
    assert "the council of Brask" in text
    assert "the well-known firm" in text
    assert "Lower- Brask" in text


def test_headers_and_footers_are_not_text():
    words = ("harbour", "dike", "tram")
    pages = [
        ["The Brask Gazette, 6 May", *(f"The {word} {line}" for line in LONG), f"Page {n} of 3"]
        for n, word in enumerate(words, 1)
    ]
    text = only(pdf(*pages)).text
    assert "Gazette" not in text
    assert "Page" not in text
    assert text.count("deepened by four metres") == 3


def test_a_sentence_goes_on_over_the_end_of_a_page():
    pages = [[*LONG[:2], "1"], [*LONG[2:], "2"]]
    assert only(pdf(*pages)).text == " ".join(LONG)


@pytest.mark.parametrize(
    ("title", "expected"),
    [(HEADING, HEADING), ("Microsoft Word - minutes.doc", ""), ("Something else", "")],
)
def test_the_title_of_the_file_is_used_if_it_is_on_the_page(title, expected):
    raw = only(pdf([HEADING, *LONG], title=title))
    assert (raw.title, raw.published) == (expected, "")  # and never the day the file was made


@pytest.mark.parametrize(
    ("data", "limits", "code"),
    [
        (b"%PDF-1.7\n" + b"\xff" * 500, {}, "bad_pdf"),
        (pdf(LONG, trailer="/Encrypt << /Filter /Standard >>"), {}, "encrypted"),
        (pdf(LONG, LONG, LONG), {"pages": 2}, "too_many_pages"),
        (pdf(LONG), {"text": 50}, "too_large"),
    ],
)
def test_a_pdf_that_cannot_be_read_is_refused_with_its_reason(data, limits, code):
    assert refusal(data, **limits) == code


@pytest.mark.parametrize("path", ["a.docx", "a.txt", "a"])
def test_the_paragraphs_of_a_word_document_are_read(path):
    raw = only(docx(STORY, "Rain fell."), path)
    assert raw.text == f"{STORY}\n\nRain fell."
    assert (raw.byline, raw.published) == ("Ann Roe", "")


def run(text, properties=""):
    return f"<w:r><w:rPr>{properties}</w:rPr><w:t>{text}</w:t></w:r>"


def test_the_title_is_found_by_its_style():
    title = f'<w:p><w:pPr><w:pStyle w:val="Title"/></w:pPr>{run("Café opens")}</w:p>'
    raw = only(docx(title, STORY), "a.docx")
    assert (raw.title, raw.text) == ("Café opens", STORY)


def test_what_is_not_displayed_is_not_read():
    hidden = (
        f"<w:p>{run('Seen ')}{run('SECRET', '<w:vanish/>')}<w:del><w:r><w:delText>SECRET"
        f"</w:delText></w:r></w:del><w:r><w:instrText>SECRET</w:instrText></w:r>{run('words.')}</w:p>"
    )
    assert only(docx(hidden), "a.docx").text == "Seen words."


def test_tables_and_text_boxes_are_read_once():
    inside = f"<w:r><w:txbxContent><w:p>{run('Inside.')}</w:p></w:txbxContent></w:r>"
    box = f"<w:p>{run('Around.')}{inside}</w:p>"
    table = f"<w:tbl><w:tr><w:tc><w:p>{run('A cell.')}</w:p></w:tc></w:tr></w:tbl>"
    assert only(docx(box, table), "a.docx").text == "Around.\n\nInside.\n\nA cell."


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"PK\x03\x04 no archive", "bad_docx"),
        (archive(("a.txt", b"x")), "bad_docx"),
        (docx(STORY)[:200], "bad_docx"),
        (docx("<w:p>"), "bad_docx"),
        (docx(STORY, before='<!DOCTYPE x [<!ENTITY a "b">]>'), "bad_docx"),
        (docx(""), "no_text"),
        (docx("x" * 100_000), "bomb"),
    ],
)
def test_a_document_that_cannot_be_read_is_refused_with_its_reason(data, code):
    assert refusal(data, "a.docx", file_bytes=50_000) == code


def test_other_members_of_the_archive_are_not_unpacked():
    data = docx(STORY, extra=(("word/media/a.bin", bytes(5_000_000)),))
    assert only(data, "a.docx", file_bytes=9_999).text == STORY
