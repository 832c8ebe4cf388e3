"""A document as a Word file (.docx), its sources as a numbered list at the end."""

import io

import docx
from docx.document import Document as WordFile

from assistant.exports.document import Document, Exchange, Source


def word(document: Document) -> bytes:
    """The bytes of a .docx file: a heading for each question, marks as superscript numbers."""
    file = docx.Document()
    about = file.core_properties
    about.title, about.author, about.comments = document.title[:255], "", ""
    if document.title:
        file.add_heading(document.title, 0)
    for exchange in document.exchanges:
        _add_exchange(file, exchange)
    if document.sources:
        file.add_heading("Sources", 1)
    for source in document.sources:
        _add_source(file, source)
    written = io.BytesIO()
    file.save(written)
    return written.getvalue()


def _add_exchange(file: WordFile, exchange: Exchange) -> None:
    file.add_heading(exchange.question, 1)
    paragraph = None
    for statement in exchange.statements:
        if exchange.in_rows or paragraph is None:
            paragraph = file.add_paragraph(style="List Bullet" if exchange.in_rows else None)
        else:
            paragraph.add_run(" ")
        paragraph.add_run(statement.text)
        if statement.notes:
            marks = paragraph.add_run(", ".join(map(str, statement.notes)))
            marks.font.superscript = True
    for remark in exchange.remarks:
        file.add_paragraph(remark, style="Quote")


def _add_source(file: WordFile, source: Source) -> None:
    paragraph = file.add_paragraph(f"{source.number}. ")
    paragraph.add_run(source.title).italic = True
    where = f" {source.url}" if source.url else ""
    paragraph.add_run(f", {source.about}. “{source.quote}”{where}")
