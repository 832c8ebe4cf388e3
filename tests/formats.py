"""Files of every format that archives come in, with the same two articles, made by code."""

import csv
import gzip
import io
import json
import tarfile
from dataclasses import dataclass

from tests.files import archive, docx


@dataclass(frozen=True)
class Story:
    """An article as it is put into a file, and as it must come out of it."""

    title: str
    day: str
    first: str
    last: str
    byline: str = "Ann Roe"
    source: str = "The Lane"

    @property
    def paragraphs(self) -> list[str]:
        return [self.first, MIDDLE, self.last]

    @property
    def text(self) -> str:
        return "\n\n".join(self.paragraphs)

    @property
    def html(self) -> str:
        return "".join(f"<p>{one}</p>" for one in self.paragraphs)

    @property
    def page(self) -> str:
        """A saved page with its metadata."""
        return (
            f"<!DOCTYPE html><html><head><title>{self.title} | {self.source}</title>"
            f'<meta property="article:published_time" content="{self.day}T23:30:00-05:00">'
            f'<meta property="og:site_name" content="{self.source}">'
            f'<meta name="author" content="{self.byline}"></head>'
            f"<body><article><h1>{self.title}</h1>{self.html}</article></body></html>"
        )


MIDDLE = (
    "The neighbours had helped through the whole winter, and the council of Brask paid for "
    "the beams, the tiles and the new chimney of the house."
)
CAFE = Story(
    "Café opens on Ferry Lane",
    "2024-05-06",
    "The café on Ferry Lane opened again on Monday.",
    "Its owner, Zoë Lind, baked ninety loaves before the doors were opened.",
)
TRAM = Story(
    "Tram stands still in Brask",
    "2024-05-07",
    "The tram of Brask stood still for nine hours on Tuesday.",
    "Nobody could say on Tuesday evening when it would run again.",
)
BOTH = (CAFE, TRAM)


def months(story: Story) -> str:
    """Its day in words: both are of May."""
    return f"May {int(story.day[-2:])}, 2024"


def front_matter(story: Story, title: str = "") -> str:
    """A note as the Obsidian clipper writes it."""
    head = f'title: {title or json.dumps(story.title)}\nsource: "https://lane.example/a"\nauthor:\n'
    head += f'  - "[[{story.byline}]]"\npublished: {story.day}\ncreated: 2025-01-02\n'
    return f"---\n{head}tags:\n  - clippings\n---\n{story.text}\n"


def single_file(story: Story) -> str:
    note = "\n Page saved with SingleFile \n url: https://lane.example/a \n saved date: Thu Jan 02"
    page = story.page.replace("<head>", f"<head><!--{note}-->", 1)
    picture = f'<img src="data:image/png;base64,{"A" * 2_000_000}">'
    hidden = '<p class="sf-hidden">SECRET words that nobody sees on the page.</p>'
    return page.replace("<article>", f"{picture}<article>{hidden}")


def rtf(*paragraphs: str, title: str = "") -> bytes:
    def escaped(text: str) -> str:
        units = text.encode("utf-16-le")
        codes = [int.from_bytes(units[n : n + 2], "little") for n in range(0, len(units), 2)]
        return "".join(
            chr(c) if c < 128 else f"\\u{c - (1 << 16 if c > 32767 else 0)}?" for c in codes
        )

    info = f"{{\\info{{\\title {escaped(title)}}}}}" if title else ""
    body = "".join(f"{escaped(one)}\\par\n" for one in paragraphs)
    fonts = "{\\fonttbl{\\f0\\fcharset0 Arial;}}"
    return f"{{\\rtf1\\ansi\\ansicpg1252{fonts}{info}\\f0 {body}}}".encode("ascii")


_ODF = " ".join(
    f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for short, name in (("office", "office"), ("text", "text"), ("style", "style"))
)


def odt(*paragraphs: str, title: str = "", before: str = "", styles: str = "") -> bytes:
    """A paragraph is text, or XML if it begins with `<`."""
    inner = "".join(one if one.startswith("<") else f"<text:p>{one}</text:p>" for one in paragraphs)
    head = f'<text:p text:style-name="Title">{title}</text:p>' if title else ""
    content = (
        f'<?xml version="1.0"?>{before}<office:document-content {_ODF}><office:automatic-styles>'
        f"{styles}</office:automatic-styles><office:body><office:text>{head}{inner}"
        "</office:text></office:body></office:document-content>"
    )
    meta = (
        f'<office:document-meta {_ODF} xmlns:dc="http://purl.org/dc/elements/1.1/"><office:meta>'
        "<dc:creator>Ann Roe</dc:creator></office:meta></office:document-meta>"
    )
    return archive(
        ("mimetype", b"application/vnd.oasis.opendocument.text"),
        ("content.xml", content.encode()),
        ("meta.xml", meta.encode()),
    )


def epub(*documents: str, opf: str = "", extra=()) -> bytes:
    """A book with these documents in its reading order, behind a cover and a list of contents."""
    names = ["cover", "nav", *(f"part{n}" for n in range(1, len(documents) + 1))]
    links = "".join(f'<li><a href="{x}.xhtml">Article {x}</a></li>' for x in names)
    bodies = ["<h1>The Lane</h1>", f"<nav><ol>{links}</ol></nav>", *documents]
    items = "".join(
        f'<item id="{x}" href="{x}.xhtml" media-type="application/xhtml+xml"/>' for x in names
    )
    order = "".join(f'<itemref idref="{x}"/>' for x in names)
    book = opf or (
        '<package xmlns="http://www.idpf.org/2007/opf" version="3.0"><metadata '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>The Lane</dc:title>'
        "<dc:creator>Ann Roe</dc:creator><dc:date>2024-05-06T06:00:00+02:00</dc:date>"
        f"<dc:language>en</dc:language></metadata><manifest>{items}</manifest>"
        f"<spine>{order}</spine></package>"
    )
    head = '<?xml version="1.0"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml">'
    pages = [
        (f"OEBPS/{name}.xhtml", f"{head}<body>{body}</body></html>".encode())
        for name, body in zip(names, bodies, strict=True)
    ]
    container = (
        '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
        '<rootfile full-path="OEBPS/book.opf"/></rootfiles></container>'
    )
    return archive(
        ("mimetype", b"application/epub+zip"),
        ("META-INF/container.xml", container.encode()),
        ("OEBPS/book.opf", book.encode()),
        *pages,
        *extra,
    )


def xlsx(rows, *, other=(), hidden=()) -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    for number, (name, table) in enumerate((("Articles", rows), ("x", other), ("h", hidden))):
        if not table:
            continue
        sheet = book.active if not number else book.create_sheet(name)
        sheet.title = name
        sheet.sheet_state = "hidden" if name == "h" else "visible"
        for row in table:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def tar(*members: tuple[str, bytes], links: tuple[tuple[str, str], ...] = ()) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as file:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            file.addfile(info, io.BytesIO(data))
        for name, target in links:
            link = tarfile.TarInfo(name)
            link.type, link.linkname = tarfile.SYMTYPE, target
            file.addfile(link)
    return out.getvalue()


def warc(*records: tuple, packed: bool = True) -> bytes:
    """Records of (type, address, status, headers, body)."""
    from warcio.statusandheaders import StatusAndHeaders
    from warcio.warcwriter import WARCWriter

    out = io.BytesIO()
    writer = WARCWriter(out, gzip=packed)
    writer.write_record(writer.create_warcinfo_record("a.warc", {"software": "tests"}))
    for kind, url, status, headers, body in records:
        http = StatusAndHeaders(status, list(headers.items()), protocol="HTTP/1.1")
        record = writer.create_warc_record(url, kind, payload=io.BytesIO(body), http_headers=http)
        writer.write_record(record)
    return out.getvalue()


HTML = {"Content-Type": "text/html; charset=utf-8"}


def pages(*stories: Story) -> list[tuple]:
    """Answers of a server that are the pages of these stories."""
    return [
        ("response", f"https://lane.example/{n}", "200 OK", HTML, story.page.encode())
        for n, story in enumerate(stories)
    ]


def nexis(*stories: Story) -> list[str]:
    """The lines of an export as Nexis writes it now."""
    lines = ["User Name: A. Reader", "Job Number: 12345", f"Documents ({len(stories)})"]
    lines += [f"{n}. {story.title}" for n, story in enumerate(stories, 1)]
    for story in stories:
        lines += [story.title, story.source, f"{months(story)} Monday"]
        lines += [f"Copyright 2024 {story.source} All Rights Reserved", "Section: NEWS; Pg. 3"]
        lines += ["Length: 45 words", f"Byline: {story.byline}", "Body", *story.paragraphs]
        lines += ["Load-Date: June 9, 2024", "End of Document"]
    return lines


def old_nexis(*stories: Story) -> str:
    """The text that Nexis wrote before: the source above the day, the title below it."""
    parts = []
    for number, story in enumerate(stories, 1):
        parts += [f"          {number} of {len(stories)} DOCUMENTS", f"        {story.source}"]
        parts += [f"        {months(story)} Monday", "Late Edition - Final", story.title]
        parts += [f"BYLINE: {story.byline}", "SECTION: News; Pg. 3", "LENGTH: 45 words"]
        parts += [*story.paragraphs, "LOAD-DATE: June 9, 2024", "LANGUAGE: ENGLISH"]
        parts += ["PUBLICATION-TYPE: Newspaper", f"     Copyright 2024 {story.source}"]
    return "\n\n".join(parts)


def factiva(*stories: Story) -> list[str]:
    lines = []
    for number, story in enumerate(stories):
        lines += [story.title, f"By {story.byline}", "45 words"]
        lines += [f"{int(story.day[-2:])} May 2024", story.source, "LANE", "English"]
        lines += [f"© 2024 {story.source}. All rights reserved.", *story.paragraphs]
        lines += [f"Document LANE000020240506ek560000{number}"]
    return lines


def factiva_tagged(*stories: Story) -> str:
    parts = []
    for story in stories:
        parts += [f"HD   {story.title}", f"BY   By {story.byline}", "WC   45 words"]
        parts += [f"PD   {int(story.day[-2:])} May 2024", f"SN   {story.source}", "LA   English"]
        parts += ["CY   © 2024", f"LP   {story.first}", f"TD   {MIDDLE}\n{story.last}"]
        parts += ["AN   Document LANE0000202405", "Document LANE000020240506ek56000b1"]
    return "\n".join(parts)


def proquest(*stories: Story) -> str:
    parts = []
    for number, story in enumerate(stories, 1):
        parts += ["_" * 60, f"Document {number} of {len(stories)}", story.title]
        parts += [f"Author: {story.byline}", f"Publication info: {story.source} ; Brask. 2024: 3."]
        parts += [f"Full text: {story.first}", MIDDLE, story.last, "Subject: Cafés; Trams"]
        parts += [f"Title: {story.title}", f"Publication title: {story.source}"]
        parts += [f"Publication date: {months(story)}", "Source type: Newspapers"]
    return "\n\n".join(parts)


def as_html(lines: list[str]) -> str:
    inner = "".join(f"<p>{line}</p>" for line in lines)
    return f"<!DOCTYPE html><html><head><title>Export</title></head><body>{inner}</body></html>"


def as_csv(names, *rows, delimiter=",") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows([names, *rows])
    return out.getvalue()


def csl(*stories: Story) -> str:
    """A library as Zotero exports it, with texts where abstracts are."""
    family = [{"family": "Roe", "given": "Ann"}]
    return json.dumps(
        [
            {
                "id": f"roe{n}",
                "type": "article-newspaper",
                "title": story.title,
                "container-title": story.source,
                "author": family,
                "issued": {"date-parts": [[int(part) for part in story.day.split("-")]]},
                "URL": "https://lane.example/a",
                "abstract": story.text,
            }
            for n, story in enumerate(stories)
        ]
    )


def wallabag(*stories: Story) -> str:
    return json.dumps(
        [
            {
                "id": n,
                "is_archived": 1,
                "title": story.title,
                "url": "https://lane.example/a",
                "content": story.html,
                "created_at": "2025-01-02T03:04:05+00:00",
                "updated_at": "2025-01-02T03:04:05+00:00",
                "published_at": f"{story.day}T23:30:00-05:00",
                "published_by": [story.byline],
                "domain_name": "The Lane",
                "mimetype": "text/html",
            }
            for n, story in enumerate(stories)
        ]
    )


def opml(*stories: Story) -> str:
    from html import escape

    outlines = "".join(
        f'<outline text="{story.title}" _note="{escape(story.html)}" created="{story.day}"/>'
        for story in stories
    )
    feed = '<outline text="The Lane" xmlUrl="https://lane.example/rss" description="News. All."/>'
    return (
        '<?xml version="1.0"?><opml version="2.0"><head><title>The Lane</title></head>'
        f"<body>{feed}<outline text='News'>{outlines}</outline></body></opml>"
    )


def takeout(*stories: Story) -> bytes:
    """A mailbox as Google exports it."""
    parts = []
    for number, story in enumerate(stories):
        parts.append(
            f"From 178912345678900000{number}@xxx Tue May 07 05:00:00 +0000 2024\n"
            f"X-GM-THRID: 17\nX-Gmail-Labels: News\nMessage-ID: <{number}@lane.example>\n"
            f"Subject: {story.title}\n"
            f"From: {story.source} <news@lane.example>\n"
            f"Date: Mon, {story.day[-2:]} May 2024 23:30:00 -0500\nMIME-Version: 1.0\n"
            f"Content-Type: text/plain; charset=utf-8\n\n{story.text}\n\n"
        )
    return "".join(parts).encode()


def gz(data: bytes | str) -> bytes:
    return gzip.compress(data if isinstance(data, bytes) else data.encode(), mtime=0)


def nexis_docx(*stories: Story) -> bytes:
    """A Word export: the headings of all articles are styled as such."""
    titles = {story.title for story in stories}
    styled = '<w:p><w:pPr><w:pStyle w:val="Heading1"/></w:pPr><w:r><w:t>{}</w:t></w:r></w:p>'
    return docx(*(styled.format(x) if x in titles else x for x in nexis(*stories)))
