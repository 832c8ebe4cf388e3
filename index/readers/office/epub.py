"""EPUB: an article for each document of the book's reading order that has text."""

import posixpath
import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import unquote

from index.core.articles import Skip
from index.core.records import Limits, RawRecord, Unreadable
from index.readers.common import one_line, too_many
from index.readers.encoding import decode
from index.readers.office.package import DC, Node, Package, opened
from index.readers.visible_html import drop_hidden, mark_captions, parse_html, visible_lines

MIN_TEXT = 100  # characters: a cover or a title page has fewer
_OPF = "{http://www.idpf.org/2007/opf}"
_PAGES = ("application/xhtml+xml", "text/html")


class _Book(NamedTuple):
    """The metadata of a book, and the names of its documents in reading order."""

    title: str
    byline: str
    published: str
    language: str
    documents: list[str]


def read_epub(data: bytes, path: str, limits: Limits) -> Iterator[RawRecord | Skip]:
    """The documents of the book; its title is their source where it has several."""
    with opened(data, limits, "bad_epub", "EPUB") as package:
        book = _book(package)
        found = 0
        for number, name in enumerate(book.documents):
            if number >= limits.records:
                yield too_many(path, f"{limits.records} of {len(book.documents)} documents")
                return
            record: RawRecord | Skip | None
            try:
                record = _read_document(package, name, book)
            except Unreadable as problem:
                record = Skip(f"{path}#{name}", problem.code, problem.reason)
            if record is not None:
                found += 1
                yield record
        if not found:
            raise Unreadable("no_text", "The EPUB has no text.")


def _book(package: Package) -> _Book:
    container = package.xml("META-INF/container.xml")
    root = next(container.iter("{*}rootfile"), None)
    name = root.get("full-path", "") if root is not None else ""
    opf = package.xml(name)
    items = {item.get("id"): item for item in opf.iter(f"{_OPF}item")}
    documents = []
    for reference in opf.iter(f"{_OPF}itemref"):
        item = items.get(reference.get("idref"))
        if item is None or item.get("media-type") not in _PAGES:
            continue
        if "nav" not in item.get("properties", "").split():
            inside = posixpath.join(posixpath.dirname(name), unquote(item.get("href", "")))
            documents.append(posixpath.normpath(inside))
    fields = (one_line(opf.findtext(f".//{DC}{x}") or "") for x in ("title", "date", "language"))
    title, date, language = fields
    authors = [one_line(node.text or "") for node in opf.iter(f"{DC}creator")]
    return _Book(title, ", ".join(filter(None, authors)), date, language, documents)


def _read_document(package: Package, name: str, book: _Book) -> RawRecord | None:
    if name not in package.names:
        raise Unreadable("bad_epub", "The EPUB names this document but does not have it.")
    tree = parse_html(decode(package.read(name) or b" ").text)
    if tree is None or _is_index(tree):
        return None
    drop_hidden(tree)
    heading = next((one_line(n.text_content()) for n in tree.iter("h1", "h2", "h3")), "")
    mark_captions(tree)
    lines = [line for line in visible_lines(tree) if line != heading]
    if sum(map(len, lines)) < MIN_TEXT or not re.search(r"[.!?…。！？।]", " ".join(lines)):
        return None
    several = len(book.documents) > 1
    return RawRecord(
        text="\n\n".join(lines),
        record=name,
        title=heading or ("" if several else book.title),
        published=book.published,
        source=book.title if several else "",
        byline=book.byline,
        paragraphs=True,
        dated_by="metadata",
        language=book.language,
    )


def _is_index(tree: Node) -> bool:
    """Whether most of a document is links: a table of contents or the list of a section."""
    linked = sum(len(link.text_content()) for link in tree.iter("a") if link.get("href"))
    return 2 * linked > len(tree.text_content().strip())
