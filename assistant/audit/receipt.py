"""A receipt: all that an answer was made of, in one file that proves itself.

It holds no clock, so that two receipts of one answer are the same bytes. Whoever can write a file
can write a receipt: nothing in one is trusted but to be compared, and none may name an address or a
file that is then used. `assistant.audit.receipt_builder` makes one, `assistant.audit.replay` asks again with it.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from index.core.disk import disk_errors
from index.core.errors import DamagedError, UsageError

FORMAT = 1
MOST_BYTES = 4_000_000  # a receipt has tens of thousands


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Sentence(_Part):
    """A sentence the model was shown: where it stands, its SHA-256, and that of its article.

    `start` and `end`, and those of its passage, are character offsets in the article's text.
    `relevance` is that of the passage, as the search gave it.
    """

    article: str
    title: str
    digest: str
    start: int
    end: int
    passage_start: int
    passage_end: int
    relevance: float
    text: str
    sha256: str


class Said(_Part):
    """One message of the prompt as it was sent."""

    role: Literal["system", "user", "assistant"]
    content: str


class Place(_Part):
    """Where a sentence stands: character offsets in the article's text."""

    article: str
    start: int
    end: int


class ReadBefore(_Part):
    """What the model was shown for an earlier exchange; see `assistant.core.answer.ShownSentences`."""

    generation: str
    sentences: list[Place]
    goes_on: bool


class Before(_Part):
    """An earlier exchange of the conversation."""

    question: str
    answer: str
    articles: list[str]
    read: ReadBefore | None = None


class Asked(_Part):
    """What was asked, of which articles, and how sure an answer had to be."""

    question: str
    searched: str
    history: list[Before]
    as_of: str | None
    since: str | None
    until: str | None
    sources: list[str]
    strict: float


class Model(_Part):
    """What wrote the answer; `sha256` is "" if only a server knows its bytes."""

    name: str
    sha256: str
    seed: int


class Made(_Part):
    """What else the answer was made with. `index` is the SHA-256 of the generation's checksums."""

    generation: str
    index: str
    prompts: str
    version: str
    code: str
    settings: dict[str, dict[str, str | int | float | bool | None]]


class Receipt(_Part):
    """The whole; `sha256` is of all the rest, so that a change of it is noticed."""

    receipt: int
    asked: Asked
    evidence: list[Sentence]
    prompt: list[Said]
    model: Model
    made: Made
    answer: dict[str, Any]
    sha256: str


def save(path: Path, whole: dict[str, Any]) -> None:
    """Write a receipt, whole or not at all.

    Raises:
        UsageError: if there is a file of that name, or no such folder.
        NoSpaceError, UserError: if it cannot be written.
    """
    require_free(path)
    text = json.dumps(whole, sort_keys=True, ensure_ascii=False, indent=1) + "\n"
    with disk_errors(path.parent):
        handle, name = tempfile.mkstemp(prefix=f".{path.name[:40]}-", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(text.encode("utf-8", "surrogatepass"))
                file.flush()
                os.fsync(file.fileno())
            _publish(Path(name), path)
        finally:
            Path(name).unlink(missing_ok=True)


def require_free(path: Path) -> None:
    """Refuse, before an answer is made, a name that cannot be written.

    Raises:
        UsageError: if there is a file of that name, or no such folder.
    """
    if path.exists() or path.is_symlink():
        raise UsageError(f"{path} exists already. Give another name, or delete it.")
    if not path.parent.is_dir():
        raise UsageError(f"There is no folder {path.parent} to write the receipt into.")


def _publish(written: Path, path: Path) -> None:
    try:
        os.link(written, path)  # unlike a renaming it never replaces a file
    except FileExistsError:
        require_free(path)
    except OSError:  # a file system without links
        require_free(path)
        written.replace(path)


def read(path: Path) -> Receipt:
    """A receipt from its file, checked.

    Raises:
        UsageError: there is no such file, or it is something else.
        DamagedError: it is no longer what was written.
    """
    foreign = UsageError(f"{path} is no receipt of 'assistant ask --receipt'.")
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as problem:
        raise UsageError(f"The receipt {path} cannot be read ({problem.strerror}).") from None
    if len(data) > MOST_BYTES:
        raise foreign
    try:
        whole = json.loads(data)
    except (ValueError, RecursionError):
        if b'"receipt"' in data:
            raise DamagedError(f"{path} is damaged: it is cut off or was changed.") from None
        raise foreign from None
    if not isinstance(whole, dict) or not isinstance(whole.get("receipt"), int):
        raise foreign
    if whole["receipt"] != FORMAT:
        raise UsageError(
            f"{path} is a receipt of format {whole['receipt']}; this version reads {FORMAT}."
        )
    if whole.pop("sha256", "") != (seal := seal_of(whole)):
        raise DamagedError(f"{path} is damaged: it was changed after it was written.")
    try:
        return Receipt.model_validate(whole | {"sha256": seal})
    except ValidationError as problem:
        where = ".".join(str(part) for part in problem.errors()[0]["loc"])
        raise DamagedError(
            f"{path} is no whole receipt: {where} is not what it should be."
        ) from None


def seal_of(whole: dict[str, Any]) -> str:
    """SHA-256 of all of a receipt but its own."""
    return text_hash(json.dumps(whole, sort_keys=True, ensure_ascii=False))


def text_hash(text: str) -> str:
    """SHA-256 of a text, in 64 hex digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
