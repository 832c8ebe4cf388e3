"""A document as Markdown, its sources as footnotes: for Obsidian, pandoc, Zettlr and the like."""

from collections.abc import Iterator

from assistant.core.sanitize import for_markdown
from assistant.exports.document import Document, Exchange, Source


def markdown(document: Document) -> str:
    """A heading for each question, its answer with footnote marks, and all footnotes at the end."""
    parts = [f"# {for_markdown(document.title)}\n"] if document.title else []
    level = "##" if document.title else "#"
    parts += ["\n".join(_exchange(exchange, level)) for exchange in document.exchanges]
    if document.sources:
        parts.append("".join(map(_footnote, document.sources)))
    return "\n".join(parts)


def _exchange(exchange: Exchange, level: str) -> Iterator[str]:
    yield f"{level} {for_markdown(exchange.question)}\n"
    said = [
        for_markdown(one.text) + "".join(f"[^{number}]" for number in one.notes)
        for one in exchange.statements
    ]
    yield "\n".join(f"- {line}" for line in said) if exchange.in_rows else " ".join(said)
    for remark in exchange.remarks:
        yield f"\n> {for_markdown(remark)}"
    yield ""


def _footnote(source: Source) -> str:
    where = f" <{source.url.replace('<', '%3C').replace('>', '%3E')}>" if source.url else ""
    about = f"*{for_markdown(source.title)}*, {for_markdown(source.about)}."
    return f"[^{source.number}]: {about} “{for_markdown(source.quote)}”{where}\n"
