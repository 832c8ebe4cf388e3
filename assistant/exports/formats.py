"""The formats by name, with the endings of their files and their media types."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.exports.bibliography import bibtex, csl_json
from assistant.exports.document import Document, document
from assistant.exports.markdown import markdown
from index.core.errors import UsageError


@dataclass(frozen=True, slots=True)
class Format:
    """A format; `ending` is that of its files' names."""

    ending: str
    media_type: str
    write: Callable[[Document], str | bytes]


def _word(made: Document) -> bytes:
    from assistant.exports.word import word  # loads python-docx

    return word(made)


_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
FORMATS = {
    "markdown": Format(".md", "text/markdown; charset=utf-8", markdown),
    "csl-json": Format(".csl.json", "application/vnd.citationstyles.csl+json", csl_json),
    "bibtex": Format(".bib", "application/x-bibtex; charset=utf-8", bibtex),
    "docx": Format(".docx", _DOCX, _word),
}


def exported(name: str, title: str, answers: Sequence[Mapping[str, Any]]) -> bytes:
    """Answers' JSON objects in the format of this name; `title` is "" for a single answer."""
    written = FORMATS[name].write(document(title, answers))
    return written.encode("utf-8", "replace") if isinstance(written, str) else written


def format_of(path: Path) -> str:
    """The name of the format that a file's ending asks for; UsageError if none does."""
    for name, known in FORMATS.items():
        if path.name.lower().endswith(known.ending):
            return name
    endings = ", ".join(known.ending for known in FORMATS.values())
    raise UsageError(f"{path} does not say the format: its name has to end in one of {endings}.")
