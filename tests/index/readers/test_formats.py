"""Formats of people's archives x (good, damaged, hostile): right articles, or a reason of one line.

Every file is made by `tests/formats.py` of the same two articles.
"""

import io
import json
import textwrap
import zipfile
from dataclasses import replace

import brotli
import pytest

from index.core.articles import Skip
from index.core.records import Fields, Limits
from index.ingest.extraction import extract
from tests.files import archive, pdf
from tests.formats import (
    BOTH,
    CAFE,
    HTML,
    MIDDLE,
    TRAM,
    Story,
    as_csv,
    as_html,
    csl,
    epub,
    factiva,
    factiva_tagged,
    front_matter,
    gz,
    nexis,
    nexis_docx,
    odt,
    old_nexis,
    opml,
    pages,
    proquest,
    rtf,
    single_file,
    takeout,
    tar,
    wallabag,
    warc,
    xlsx,
)

COLUMNS = ("Title", "Date", "Author", "Source", "Text")
ROWS = [(s.title, s.day, s.byline, s.source, s.text) for s in BOTH]
LINES = "\n".join(json.dumps(dict(zip(COLUMNS, row, strict=True))) for row in ROWS)
FILES = [("cafe.html", CAFE.page.encode()), ("news/tram.html", TRAM.page.encode())]
CHAPTERS = [f"<h2>{s.title}</h2>{s.html}" for s in BOTH]
HIGHLIGHTS = [(part, s.title, s.byline, "2025-01-02") for s in BOTH for part in s.paragraphs]
HIGHLIGHTED = [
    {"title": s.title, "author": s.byline, "highlights": [{"text": x} for x in s.paragraphs]}
    for s in BOTH
]
ENTITIES = '<!DOCTYPE x [<!ENTITY a "haha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'


def read(data, name, **limits):
    data = data.encode() if isinstance(data, str) else data
    return extract(data, f"/{name}", Limits(seconds=1e9, **limits), Fields())


def told(found):
    """The name and the code of each skip, whose reason must be one line."""
    for skip in found.skips:
        assert isinstance(skip, Skip)
        assert skip.reason.strip() and "\n" not in skip.reason
    return {(skip.path, skip.code) for skip in found.skips}


def codes(found):
    return {code for _, code in told(found)}


# name of the file, its bytes, its stories, and what the format states besides title and text
GOOD = [
    ("note.md", front_matter(CAFE), [CAFE], "day byline"),
    ("colon.md", front_matter(CAFE, CAFE.title), [CAFE], "day byline"),
    ("page.html", single_file(CAFE), [CAFE], "day byline source"),
    ("cafe.rtf", rtf(CAFE.title, *CAFE.paragraphs, title=CAFE.title), [CAFE], ""),
    ("cafe.odt", odt(*CAFE.paragraphs, title=CAFE.title), [CAFE], "byline"),
    ("table.xlsx", xlsx([COLUMNS, *ROWS]), BOTH, "day byline source"),
    ("lane.epub", epub(*CHAPTERS), BOTH, "byline source"),
    ("lines.jsonl.gz", gz(LINES), BOTH, "day byline source"),
    ("page.html.gz", gz(CAFE.page), [CAFE], "day byline source"),
    ("pages.zip", archive(*FILES), BOTH, "day byline source"),
    ("pages.tar.gz", gz(tar(*FILES)), BOTH, "day byline source"),
    ("pages.tgz", gz(tar(*FILES)), BOTH, "day byline source"),
    ("site.warc.gz", warc(*pages(*BOTH)), BOTH, "day byline source"),
    ("site.warc", warc(*pages(*BOTH), packed=False), BOTH, "day byline source"),
    ("site.wacz", archive(("archive/a.warc.gz", warc(*pages(*BOTH)))), BOTH, "day source"),
    ("nexis.rtf", rtf(*nexis(*BOTH)), BOTH, "day byline source"),
    ("nexis.docx", nexis_docx(*BOTH), BOTH, "day byline source"),
    ("nexis.html", as_html(nexis(*BOTH)), BOTH, "day byline source"),
    ("nexis.txt", old_nexis(*BOTH), BOTH, "day byline source"),
    ("factiva.rtf", rtf(*factiva(*BOTH)), BOTH, "day byline source"),
    ("factiva.html", as_html(factiva(*BOTH)), BOTH, "day byline source"),
    ("factiva.txt", factiva_tagged(*BOTH), BOTH, "day byline source"),
    ("proquest.txt", proquest(*BOTH), BOTH, "day byline source"),
    (
        "readwise.csv",
        as_csv(("Highlight", "Book Title", "Book Author", "Highlighted at"), *HIGHLIGHTS),
        BOTH,
        "byline",
    ),
    ("readwise.json", json.dumps({"results": HIGHLIGHTED}), BOTH, "byline"),
    ("wallabag.json", wallabag(*BOTH), BOTH, "day byline source"),
    ("library.json", csl(*BOTH), BOTH, "day byline source"),
    ("outline.opml", opml(*BOTH), BOTH, "day source"),
    ("Takeout.mbox", takeout(*BOTH), BOTH, "day source"),
]


def short(value):
    """The same in every process, as the order of a set and the time in a packed file are not."""
    if isinstance(value, bytes):
        return "bytes"
    return str(sorted(value) if isinstance(value, set) else value)[:20]


@pytest.mark.parametrize(("name", "data", "stories", "states"), GOOD, ids=short)
def test_every_article_of_a_file_is_read_whole(name, data, stories, states):
    found = read(data, name)
    assert told(found) <= {(f"/{name}", "no_page")}
    assert [article.title for article in found.articles] == [one.title for one in stories]
    for article, story in zip(found.articles, stories, strict=True):
        assert article.text == story.text
        if "day" in states:
            assert f"{article.published}" == story.day
            assert article.modified is None
        if "byline" in states:
            assert article.byline.removeprefix("By ") == story.byline
        if "source" in states:
            assert article.source == story.source


@pytest.mark.parametrize(("name", "data", "stories", "states"), GOOD, ids=short)
def test_a_file_that_is_cut_off_gives_articles_or_reasons(name, data, stories, states):
    data = data.encode() if isinstance(data, str) else data
    for end in (30, len(data) // 3, len(data) * 2 // 3, len(data) - 20):
        found = read(data[:end], name)
        told(found)
        assert found.articles or found.skips


BAD = b"\xff\x00\x01" * 200
DAMAGED = [
    ("a.rtf", b"{\\rtf1\\ansi\\ansicpg99999 {\\pict\\bin}", {"bad_rtf", "no_text"}),
    ("a.odt", b"PK\x03\x04" + BAD, {"bad_odt"}),
    ("a.odt", odt("<text:p>never closed"), {"bad_odt"}),
    ("a.odt", odt(), {"no_text"}),
    ("a.xlsx", archive(("xl/workbook.xml", b"<workbook/>")), {"bad_xlsx"}),
    ("a.xlsx", xlsx([("Name", "Price"), ("bread", 2)]), {"missing_field"}),
    ("a.epub", archive(("mimetype", b"application/epub+zip")), {"bad_epub"}),
    ("a.epub", epub(opf="<package/>"), {"no_text"}),
    ("a.zip", b"PK\x03\x04" + BAD, {"bad_archive"}),
    ("a.zip", archive(), {"no_text"}),
    ("a.gz", b"\x1f\x8b" + BAD, {"bad_archive"}),
    ("a.pptx", archive(("ppt/presentation.xml", b"<p/>")), {"unsupported"}),
    ("a.warc", b"WARC/1.0\r\n" + BAD, {"bad_archive", "no_text"}),
    (
        "a.json",
        json.dumps([{"type": "book", "id": "a", "title": "B", "URL": "x"}]),
        {"missing_field"},
    ),
    (
        "pocket.csv",
        "title,url,time_added,tags,status\nA,https://a.b,1714953600,,unread\n",
        {"no_text"},
    ),
    ("instapaper.csv", "URL,Title,Selection,Folder\nhttps://a.b,A,,Unread\n", {"no_text"}),
    ("a.html", "<!DOCTYPE NETSCAPE-Bookmark-file-1><title>x</title><a href=x>y</a>", {"no_text"}),
    ("a.html", "<!DOCTYPE html><html><title>Pocket Export</title><a href=x>A.</a>", {"no_text"}),
    ("a.opml", "<opml><body><outline text='a' xmlUrl='b'/></body></opml>", {"no_text"}),
    ("a.7z", b"7z\xbc\xaf\x27\x1c" + BAD, {"unsupported"}),
]


@pytest.mark.parametrize(("name", "data", "expected"), DAMAGED, ids=short)
def test_a_file_without_articles_gives_a_reason_of_one_line(name, data, expected):
    found = read(data, name)
    assert not found.articles
    assert codes(found) and codes(found) <= expected


def nested(times):
    data = archive(("cafe.html", CAFE.page.encode()))
    for number in range(times):
        data = archive((f"{number}.zip", data))
    return data


def sheet_with(change):
    """An Excel file with its sheet changed."""
    with zipfile.ZipFile(io.BytesIO(xlsx([COLUMNS, *ROWS]))) as old:
        members = {name: old.read(name) for name in old.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    return archive(*(members | {sheet: change(members[sheet])}).items())


FAR = b'<row r="999999999"><c r="ZZZZZZ999999999" t="inlineStr"><is><t>far</t></is></c></row>'
HOSTILE = [
    # expansion of entities
    ("a.odt", odt(CAFE.text, before=ENTITIES), {}, [], {"bad_odt"}),
    ("a.xlsx", sheet_with(lambda x: ENTITIES.encode() + x), {}, [], {"bad_xlsx"}),
    ("a.epub", epub(opf=f"{ENTITIES}<package>&b;</package>"), {}, [], {"bad_epub"}),
    ("a.opml", f"{ENTITIES}<opml><body/></opml>", {}, [], {"bad_feed"}),
    # what unpacks to too much
    ("a.gz", gz(b"x" * 5_000_000), {}, [], {"bomb"}),
    ("a.zip", archive(*FILES, ("z.txt", b"x" * 5_000_000)), {}, BOTH, {"bomb"}),
    ("a.zip", archive(("z.txt", bytes(99_999)), *FILES), {"file_bytes": 50_000}, BOTH, {"bomb"}),
    ("a.tar.gz", gz(tar(*FILES, ("z.txt", b"x" * 5_000_000))), {}, [], {"bomb"}),
    ("a.odt", odt("x" * 100_000), {"file_bytes": 50_000}, [], {"bomb"}),
    ("a.xlsx", xlsx([COLUMNS, *((n, "", "", "", f"{'x' * 30_000}{n}") for n in range(50))]),
     {"file_bytes": 50_000}, [], {"bomb"}),
    ("a.epub", epub(CHAPTERS[0], f"<p>{'x. ' * 50_000}</p>"), {"file_bytes": 50_000}, [CAFE],
     {"bomb"}),
    # too many
    ("a.zip", archive(*FILES, *((f"{n}.txt", b"x") for n in range(9))), {"records": 2}, BOTH,
     {"too_many"}),
    ("a.tar", tar(*FILES, *((f"{n}.txt", b"x") for n in range(9))), {"records": 2}, BOTH,
     {"too_many"}),
    ("a.warc", warc(*pages(*BOTH, CAFE, CAFE)), {"records": 2}, BOTH, {"too_many"}),
    ("a.xlsx", xlsx([COLUMNS, *ROWS, *ROWS]), {"records": 2}, BOTH, {"too_many"}),
    # one in another
    ("a.zip", nested(1), {}, [CAFE], set()),
    ("a.zip", nested(2), {}, [], {"unsupported"}),
    ("a.gz", gz(gz(CAFE.page)), {}, [], {"unsupported"}),
    ("a.zip", archive(*FILES, ("b.zip", nested(3))), {}, BOTH, {"unsupported"}),
    # ways out
    ("a.zip", archive(("../../x.html", b"x"), ("/etc/x.html", b"x"), ("C:\\x.html", b"x"), *FILES),
     {}, BOTH, {"unsafe_name"}),
    ("a.tar", tar(("../x.html", b"x"), *FILES, links=(("l.html", "/etc/passwd"),)), {}, BOTH,
     {"unsafe_name", "not_regular"}),
    # a bad member beside good ones
    ("a.zip", archive(("a.pdf", b"%PDF-1.7"), *FILES, ("b.docx", b"x"), ("c.jpg", b"x")), {}, BOTH,
     {"bad_pdf", "bad_docx", "unsupported"}),
    ("a.tar", tar(("0.gz", gz(b"x" * 5_000_000)), *FILES), {}, BOTH, {"bomb"}),
    # a sheet that says it is endless, and cells far out
    ("a.xlsx", sheet_with(lambda x: x.replace(b'ref="A1:E3"', b'ref="A1:XFD1048576"')), {}, BOTH,
     set()),
    ("a.xlsx", sheet_with(lambda x: x.replace(b"</sheetData>", FAR + b"</sheetData>")), {}, BOTH,
     set()),
    ("a.xlsx", xlsx([COLUMNS, *ROWS], hidden=[COLUMNS, ("h", "", "", "", "SECRET.")]), {}, BOTH,
     set()),
    # YAML that names itself
    ("a.md", f"---\na: &a [x]\nb: &b [*a, *a]\nc: [*b, *b]\ntitle: {CAFE.title}\n---\n{CAFE.text}",
     {}, [CAFE], set()),
    ("a.md", f"---\n{'[' * 5_000}\ntitle: {CAFE.title}\n---\n{CAFE.text}", {}, [CAFE], set()),
]  # fmt: skip


@pytest.mark.parametrize(("name", "data", "limits", "stories", "expected"), HOSTILE, ids=short)
def test_a_hostile_file_costs_nothing_but_itself(name, data, limits, stories, expected):
    found = read(data, name, **limits)
    assert [(a.title, a.text) for a in found.articles] == [(s.title, s.text) for s in stories]
    assert codes(found) == expected


def test_hidden_and_deleted_text_of_documents_is_not_read():
    text = rtf(CAFE.text, r"Seen {\v SECRET}and \v SECRET\v0  heard.")
    assert "SECRET" not in read(text, "a.rtf").articles[0].text
    style = (
        '<style:style style:name="T1"><style:text-properties text:display="none"/></style:style>'
    )
    inner = (
        "<text:tracked-changes><text:p>SECRET</text:p></text:tracked-changes>"
        '<text:p>Seen <text:span text:style-name="T1">SECRET</text:span>and<text:s/>heard'
        "<office:annotation><text:p>SECRET</text:p></office:annotation>.</text:p>"
    )
    assert read(odt(inner, styles=style), "a.odt").articles[0].text == "Seen and heard."


def test_a_web_archive_gives_pages_and_counts_what_it_leaves_out():
    latin = {"Content-Type": "text/html; charset=iso-8859-5"}
    russian = f"<html><body><p>{MIDDLE}</p><p>Дождь шёл весь день в городе Бряск.</p></body></html>"
    url = "https://lane.example/"
    records = [
        *pages(CAFE),
        ("response", f"{url}moved", "301 Moved", {"Location": f"{url}0"}, b""),
        ("revisit", f"{url}0", "200 OK", HTML, b""),
        ("response", f"{url}a.png", "200 OK", {"Content-Type": "image/png"}, b"x"),
        ("response", f"{url}gone", "404 Not Found", HTML, TRAM.page.encode()),
        ("response", f"{url}ru", "200 OK", latin, russian.encode("iso-8859-5")),
    ]
    found = read(warc(*records), "a.warc.gz")
    assert [article.url for article in found.articles] == [f"{url}0", f"{url}ru"]
    assert "Дождь шёл" in found.articles[1].text
    [skip] = found.skips
    assert (skip.code, skip.reason) == (
        "no_page",
        "Left out: errors (1), other files (1), redirects (1), revisits (1).",
    )


@pytest.mark.parametrize("chunked", [False, True])
def test_pages_of_a_web_archive_that_brotli_packed_are_read(chunked):
    packed = brotli.compress(CAFE.page.encode())
    headers = {**HTML, "Content-Encoding": "br"}
    if chunked:
        headers["Transfer-Encoding"] = "chunked"
        half = len(packed) // 2
        packed = b"".join(
            b"%x\r\n%s\r\n" % (len(part), part) for part in (packed[:half], packed[half:], b"")
        )
    [article] = read(
        warc(("response", "https://a.example/", "200 OK", headers, packed)), "a.warc.gz"
    ).articles
    assert (article.title, article.url) == (CAFE.title, "https://a.example/")


@pytest.mark.parametrize(
    ("packed", "code"),
    [
        (b"\xff", "bad_archive"),
        (brotli.compress(CAFE.page.encode())[:-9], "bad_archive"),
        (brotli.compress(b"<p>" * 10_000_000), "bomb"),
    ],
)
def test_a_page_that_brotli_did_not_pack_right_is_a_skip(packed, code):
    headers = {**HTML, "Content-Encoding": "br"}
    found = read(warc(("response", "https://a.example/", "200 OK", headers, packed)), "a.warc.gz")
    assert [(one.path, one.code) for one in found.skips] == [
        ("/a.warc.gz#https://a.example/", code)
    ]


def test_articles_of_an_archive_are_named_by_their_members():
    inner = archive(("lines.jsonl", LINES.encode()))
    found = read(archive(*FILES, ("b.zip", inner), ("__MACOSX/._a.html", b"x")), "a.zip")
    assert [article.path for article in found.articles] == [
        *("/a.zip#cafe.html", "/a.zip#news/tram.html"),
        *("/a.zip#b.zip#lines.jsonl#1", "/a.zip#b.zip#lines.jsonl#2"),
    ]
    assert not found.skips


def test_the_day_of_loading_is_a_guess_and_no_day_of_publication():
    lines = [line for line in nexis(CAFE) if "2024 Monday" not in line]
    [article] = read("\n\n".join(lines), "a.txt").articles
    assert (f"{article.published}", article.dated_by) == ("2024-06-09", "guess")


@pytest.mark.parametrize(
    "line",
    ["It was Document 3 of 50 in the case.", "3 of 50", "Full text: none", "LENGTH: 9 words"],
)
def test_a_text_that_speaks_of_documents_is_not_cut(line):
    [article] = read(f"{CAFE.text}\n\n{line}\n\n{TRAM.text}", "a.txt").articles
    assert article.text.startswith(CAFE.first) and article.text.endswith(TRAM.last)


def test_a_hard_wrapped_export_is_cut_and_its_lines_are_joined():
    wrapped = "\n\n".join(textwrap.fill(part, 60) for part in old_nexis(*BOTH).split("\n\n"))
    found = read(wrapped.replace("LENGTH", "HIGHLIGHT: A short sentence.\n\nLENGTH"), "a.txt")
    assert [(a.title, a.text) for a in found.articles] == [(s.title, s.text) for s in BOTH]


def test_the_days_of_a_reading_list_are_not_those_of_the_article():
    [cafe, _] = read(wallabag(*BOTH), "a.json").articles
    assert (f"{cafe.published}", cafe.modified) == ("2024-05-06", None)  # in its own time zone


@pytest.mark.parametrize(
    "written",
    ["12 mars 2024", "12. März 2024", "12 марта 2024 г.", "2024年3月12日", "12 maart 2024"],
)
def test_a_day_is_read_in_the_language_it_is_written_in(written):
    [article] = read(
        json.dumps({"title": "T", "text": CAFE.text, "date": written}), "a.json"
    ).articles
    assert f"{article.published}" == "2024-03-12"


def test_a_title_on_two_lines_is_one_title():
    long = "Harbour of Brask to be deepened by four metres;\nfishermen angry"
    found = read(old_nexis(replace(CAFE, title=long), TRAM), "a.txt").articles
    assert [article.title for article in found] == [long.replace("\n", " "), TRAM.title]


def test_short_articles_of_an_old_export_end_at_their_labels():
    short = Story("Tram stands still", "2024-05-07", "The tram stood still.", "It ran again later.")
    lines = old_nexis(CAFE, short).replace(f"\n\n{MIDDLE}", "")
    found = read(lines, "a.txt")
    assert [article.title for article in found.articles] == [CAFE.title, short.title]
    assert [a.text for a in found.articles] == [f"{s.first}\n\n{s.last}" for s in (CAFE, short)]


def test_an_export_as_a_pdf_is_cut_as_well():
    lines = [part for line in nexis(*BOTH) for part in textwrap.wrap(line, 70)]
    found = read(pdf(lines[:9], lines[9:]), "a.pdf").articles
    assert [article.title for article in found] == [one.title for one in BOTH]
    assert [f"{article.published}" for article in found] == [one.day for one in BOTH]
    assert [" ".join(a.text.split()) for a in found] == [" ".join(s.paragraphs) for s in BOTH]


def test_a_page_that_cannot_be_unpacked_leaves_the_others_of_a_web_archive():
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: br\r\n\r\n\xff"
    head = (
        "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: http://a.example/x\r\n"
        "Content-Type: application/http; msgtype=response\r\n"
        f"Content-Length: {len(answer)}\r\n\r\n"
    )
    found = read((head.encode() + answer + b"\r\n\r\n") * 2, "a.warc")
    assert [one.path for one in found.skips] == ["/a.warc#http://a.example/x"] * 2
