"""Formats and encodings of files, refusals and limits; plain text, Markdown and hidden HTML."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.core.articles import Article, Skip
from index.core.records import Fields, Limits
from index.ingest.extraction import extract
from tests.files import STORY, archive, docx, pdf
from tests.formats import (
    CAFE,
    csl,
    epub,
    factiva,
    factiva_tagged,
    front_matter,
    gz,
    nexis,
    odt,
    old_nexis,
    opml,
    pages,
    proquest,
    rtf,
    tar,
    wallabag,
    warc,
    xlsx,
)
from tests.index.readers.conftest import only, records, refusal, skipped


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252"])
def test_text_is_the_same_in_every_encoding(encoding):
    text = f"“No,” she said – and left. {STORY}"
    assert only(text.encode(encoding)).text == text


@pytest.mark.parametrize("charset", ["klingon", "undefined", "shift_jis"])
def test_a_wrong_charset_declaration_does_no_harm(charset):
    page = f'<html><head><meta charset="{charset}"></head><body><p>{STORY}</p></body></html>'
    assert STORY in only(page.encode("cp1252"), "page.html").text


PHOTO = b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(range(256)) * 20


@pytest.mark.parametrize(
    ("paths", "data", "code"),
    [
        ("a.txt", b"\xef\xbb\xbf \n", "empty"),
        ("a.txt a.html a.json a.md", PHOTO, "binary"),
        ("a.txt a.html a.json a.md", b"%PDF-1.7\n1 0 obj", "bad_pdf"),
        ("a.txt", b"\xd0\xcf\x11\xe0" + bytes(600), "unsupported"),
        ("a.html", b"<!-- nothing -->", "no_text"),
        ("a.html", b"<?xml version='1.0'?>", "no_text"),
        ("a.eml a.mbox a.mhtml", STORY, "bad_mail"),
        ("a.xml", b"<rss version='2.0'><channel><title>x</title></channel></rss>", "bad_feed"),
        ("a.csv", b"name,price\nbread,2\n", "missing_field"),
        ("a.json", '{"a":' * 100_000, "bad_json"),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 30 else "data",
)
def test_a_file_without_articles_is_refused_with_its_reason(paths, data, code):
    assert {refusal(data, path) for path in paths.split()} == {code}


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("a.csv", "text\n" + "Rain.\n" * 5),
        ("a.jsonl", '{"text": "Rain."}\n' * 5),
        ("a.json", json.dumps([{"text": "Rain."}] * 5)),
        ("a.rss", "<rss><channel>%s</channel></rss>" % ("<item><title>Rain.</title></item>" * 5)),
        ("a.mbox", "From a Mon May  6 08:00:00 2024\nSubject: Rain\n\nIt rained.\n\n" * 5),
    ],
    ids=str,
)
def test_the_number_of_records_is_limited(path, data):
    found = records(data, path, records=3)
    assert len(found) == 4
    assert skipped(found)[-1] == (path, "too_many")


USTAR = ("The harbour market opened at dawn. " * 8)[:255] + " custard was sold out by noon."


@pytest.mark.parametrize(
    "text",
    [
        "Title: that is what the champions want.\nThey have lost three finals.",  # a header
        STORY + "\nSource: the harbour office\nDate: not given",
        "Text, pictures, and a date were all that was left.\nNobody, he said, knew why.",  # CSV
        "[BRASK] The tram stood still.\n{sic}",  # JSON
        USTAR,  # the magic word of tar at its place
    ],
)
def test_text_that_looks_like_another_format_is_text(text):
    assert USTAR.encode()[257:262] == b"ustar"
    raw = only(text)
    assert (raw.title, raw.text) == ("", text)


SUFFIXES = (
    ".txt .md .html .json .jsonl .csv .xml .eml .mbox .mhtml .pdf .docx .odt .rtf .xlsx .epub .zip"
    " .tar .gz .warc .opml"
).split()
STARTS = [
    *(b"", b"Title: a\nDate: b\n\n", b"---\ntitle: a\n---\n", b"\xff\xfe", b"\x1b$B", b"# "),
    *(b"<html><body><p>", b"<!doctype html><meta charset=x>", b"<?xml version='1.0'?>"),
    *(b'{"text": "a", "id": ', b'[{"text": ', b'{"items": [1, {"body": "', b'{"text": "a"}\n'),
    *(b'{"id": 1e999, "text": "', b"id,title,text\n", b'title;text\n"a;', b"text\tdate\n"),
    *(b"<rss version='2.0'><channel><item><description>", b"<feed><entry><content>"),
    b"Subject: =?utf-8?q?a?=\nMIME-Version: 1.0\n\n",
    b"MIME-Version: 1.0\nContent-Type: multipart/alternative; boundary=b\n\n--b\n",
    b"Message-ID: <a>\nContent-Type: text/html; charset=",
    b"From a Mon May  6 08:00:00 2024\nSubject: a\n\n",
    b"Snapshot-Content-Location: a\nContent-Type: multipart/related; boundary=",
    *(b"%PDF-1.7\n", pdf(["One.", "Two."]), pdf(["One."])[:-40]),
    *(b"PK\x03\x04", docx("One."), docx("One.")[:-30]),
    *(odt("One."), rtf("One."), epub("<p>One.</p>"), xlsx([("title", "text"), ("a", "One.")])),
    *(archive(("a.txt", b"One.")), tar(("a.txt", b"One.")), gz("One."), warc(*pages(CAFE))),
    *(warc(*pages(CAFE), packed=False), b"WARC/1.0\r\nWARC-Type: response\r\n", b"\x1f\x8b\x08"),
    *("\n".join(nexis(CAFE)).encode(), "\n".join(factiva(CAFE)).encode(), proquest(CAFE).encode()),
    *(old_nexis(CAFE).encode(), factiva_tagged(CAFE).encode(), csl(CAFE).encode()),
    *(opml(CAFE).encode(), wallabag(CAFE).encode(), front_matter(CAFE).encode()),
    *(b"Highlight,Book Title\n", b'[{"issued": {"date-parts": [[', b"{\\rtf1 \\u-"),
]
PIECES = [
    *("<p>", "</p>", "<!--", "-->", "<b hidden>", "]]>", "&lt;", "&#x0;", "{", "}", '"', "[", ","),
    *("---\n", "# ", "\n\n", "\r", "--b\n", "--b--\n", "From a 2024\n", "Content-Type: text/"),
    *("=?x?q?", "=FF=", "/Pages 2 0 R", "endobj", "stream\n", "<<", ">>", "\x00", "\u2028", "x "),
    *(
        "\t",
        "\\u99999 ",
        "\\'8",
        "\\bin9",
        "{\\pict",
        "End of Document\n",
        "Body\n",
        "1 of 2 DOCUMENTS\n",
    ),
    *(
        "HD  a\n",
        "PD  2024\n",
        "LP  b\n",
        "WARC/1.0\r\n",
        "Content-Length: 9\r\n\r\n",
        "Full text: ",
    ),
]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    data=st.one_of(
        st.binary(max_size=300),
        st.text(max_size=300).map(lambda text: text.encode("utf-8", "surrogatepass")),
        st.lists(st.sampled_from(PIECES)).map(lambda parts: "".join(parts).encode()),
    ),
    begun=st.sampled_from(STARTS),
    cut=st.one_of(st.integers(0, 400), st.integers(0, 6_000)),
)
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_any_bytes_give_articles_or_typed_skips_and_nothing_else(suffix, data, begun, cut):
    # in the middle as well, because a file is also damaged there
    made = begun[:cut] + data + begun[cut:]
    found = extract(made, "/any" + suffix, Limits(), Fields())
    assert all(isinstance(one, Article) and one.text for one in found.articles)
    assert all(isinstance(one, Skip) and one.code and one.reason for one in found.skips)
    assert found.articles or found.skips


def test_a_header_block_gives_the_fields():
    head = "Headline: Café opens\nDate: 6 May 2024\nBy: Ann Roe\nLink: https://a.b/c\n\n"
    raw = only(head + STORY)
    assert (raw.title, raw.published, raw.byline) == ("Café opens", "6 May 2024", "Ann Roe")
    assert (raw.url, raw.text.strip()) == ("https://a.b/c", STORY)
    raw = only("Title: Café opens\n\n" + STORY)  # one line, followed by an empty one
    assert (raw.title, raw.text.strip()) == ("Café opens", STORY)


def test_markdown_is_read_without_its_marks_and_comments():
    text = "# Café *opens*\n\nThe **café** on [Ferry Lane](https://a.b)\nopened.\n\n"
    raw = only(text + "<!-- say\n\nthat all is well -->\n- bread\n", "a.md")
    assert raw.title == "Café opens"
    assert raw.text == "The café on Ferry Lane opened.\n\nbread"


def test_front_matter_gives_the_fields_and_nothing_of_it_is_text():
    front = '---\nlayout: post\ntitle: "Café opens"\ntags: [food, lane]\ndate: 2024-05-06\n---\n'
    raw = only(front + "# Another heading\n\n" + STORY, "a.md")
    assert (raw.title, raw.published) == ("Café opens", "2024-05-06")
    assert raw.text == "Another heading\n\n" + STORY


PAGE = """<!DOCTYPE html><html><head><title>Café opens | The Lane</title>
<meta property="og:title" content="Café opens on Ferry Lane">
<meta property="og:site_name" content="The Lane">
<meta property="article:published_time" content="2024-05-06T09:00:00Z">
<meta name="author" content="Ann Roe">
<link rel="canonical" href="https://lane.example/cafe">
</head><body><article><h1>Café opens on Ferry Lane</h1>
<p>The café on Ferry Lane opened again on Monday after the long repair of its roof and floor.</p>
{extra}
<p>Its owner, Zoë Lind, baked ninety loaves for the neighbours who had helped her in the winter.</p>
</article></body></html>"""

HIDDEN = {
    "the hidden attribute": "<p hidden>SECRET</p>",
    "aria-hidden": '<p aria-hidden="true">SECRET</p>',
    "display none": '<p style="color:red; display : none">SECRET</p>',
    "visibility hidden": '<p style="visibility:hidden">SECRET</p>',
    "font size 0": '<p style="font-size:0px">SECRET</p>',
    "opacity 0": '<p style="opacity:0.0">SECRET</p>',
    "far off the page": '<p style="position:absolute; left:-9999px">SECRET</p>',
    "a hidden ancestor": '<div style="DISPLAY:NONE"><p>So <b>SECRET</b>ly</p></div>',
    "a comment": "<!-- SECRET -->",
    "a script": "<script>var a = 'SECRET';</script>",
    "a style sheet": "<style>p:after { content: 'SECRET' }</style>",
    "a template": "<template><p>SECRET</p></template>",
    "noscript": "<noscript><p>SECRET</p></noscript>",
}


@pytest.mark.parametrize("extra", HIDDEN.values(), ids=HIDDEN.keys())
def test_what_a_reader_of_the_page_does_not_see_is_not_text(extra):
    text = only(PAGE.format(extra=extra), "page.html").text
    assert "SECRET" not in text
    assert "ninety loaves" in text


@pytest.mark.parametrize("style", ["font-size:0.9em", "opacity:0.95", "display:block", "top:-10px"])
def test_what_a_reader_sees_stays(style):
    seen = f'<p style="{style}">The mayor cut a ribbon of blue silk before the door at nine.</p>'
    assert "ribbon of blue silk" in only(PAGE.format(extra=seen), "page.html").text


def test_a_page_declares_title_date_source_address_and_author():
    raw = only(PAGE.format(extra=""), "page.txt")
    assert (raw.title, raw.published) == ("Café opens on Ferry Lane", "2024-05-06")
    assert (raw.source, raw.url) == ("The Lane", "https://lane.example/cafe")
    assert raw.byline == "Ann Roe"
