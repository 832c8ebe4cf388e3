"""A receipt: question, answer, prompt and the hashes of all it was made of, in one sealed file.

It holds no time, so that two receipts of one answer are the same bytes. Anybody can write such a
file: its content is only compared, and no address or file named in it is used.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from assistant.backends.serialization import turn_of
from assistant.backends.wire_models import Exchange, Place
from assistant.core.query import Query
from index.core.disk import disk_errors, write_atomic
from index.core.errors import DamagedError, UsageError, UserError
from index.core.filters import Filters

FORMAT = 2
MAX_BYTES = 4_000_000  # a receipt has tens of thousands


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class Asked(_Part):
    """What was asked, of which articles, and how sure an answer had to be."""

    question: str
    history: list[Exchange]
    as_of: str | None
    since: str | None
    until: str | None
    sources: list[str]
    articles: list[str] = []
    strict: float


class Proof(Place):
    """A sentence of the evidence, or a passage of it (no text) as the reranker scored it."""

    relevance: float
    text: str = ""


class Said(BaseModel):
    """The answer's JSON object; the keys that are not named here are kept as they are."""

    model_config = ConfigDict(frozen=True, extra="allow")

    evidence: list[Proof]
    confidence: float | None
    generation: str
    model: str


class Receipt(_Part):
    """A receipt. `sha256` is of all the rest, so that a change of it is noticed.

    `hashes` are of the `model`'s file, the checksums of the `index`, `prompts` and `code`; "" for
    a model that only a server knows.
    """

    receipt: int
    asked: Asked
    answer: Said
    passages: list[Proof]
    prompt: list[dict[str, str]]
    hashes: dict[str, str]
    seed: int
    version: str
    settings: dict[str, dict[str, str | int | float | bool | None]]
    sha256: str

    @property
    def query(self) -> Query:
        """What was asked; UserError if a filter names a day that is none."""
        history = tuple(turn_of(past.model_dump()) for past in self.asked.history)
        try:
            filters = Filters.from_json(self.asked.model_dump())
        except ValueError:
            raise UserError("A date in the receipt's filters is not valid.") from None
        return Query(self.asked.question, history, filters, self.asked.strict)


def save(path: Path, content: dict[str, Any]) -> None:
    """Write a receipt, completely or not at all; UserError if it cannot be written."""
    require_free(path)
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, indent=1) + "\n"
    with disk_errors(path.parent):
        write_atomic(path, text.encode("utf-8", "surrogatepass"), durable=True)


def require_free(path: Path) -> None:
    """Refuse, before an answer is made, a name that exists or whose folder does not: UsageError."""
    if path.exists() or path.is_symlink():
        raise UsageError(f"{path} exists already. Give another name, or delete it.")
    if not path.parent.is_dir():
        raise UsageError(f"There is no folder {path.parent} to write the receipt into.")


def read(path: Path) -> Receipt:
    """A receipt from its file, checked.

    Raises:
        UsageError: there is no such file, or it is something else or of another version.
        DamagedError: it is no longer what was written.
    """
    foreign = UsageError(f"{path} is no receipt of 'assistant ask --receipt'.")
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        content = json.loads(data) if len(data) <= MAX_BYTES else None
    except OSError as problem:
        raise UsageError(f"The receipt {path} cannot be read ({problem.strerror}).") from None
    except (ValueError, RecursionError):
        if b'"receipt"' in data:
            raise DamagedError(f"{path} is damaged: it is cut off or was changed.") from None
        content = None
    if not isinstance(content, dict) or not isinstance(content.get("receipt"), int):
        raise foreign
    if content["receipt"] != FORMAT:
        raise UsageError(
            f"{path} is a receipt of format {content['receipt']}; this version reads {FORMAT}."
            " Ask its question again with --receipt."
        )
    if content.pop("sha256", "") != (seal := seal_of(content)):
        raise DamagedError(f"{path} is damaged: it was changed after it was written.")
    try:
        return Receipt.model_validate(content | {"sha256": seal})
    except ValidationError as problem:
        where = ".".join(map(str, problem.errors()[0]["loc"]))
        raise DamagedError(f"{path} is no whole receipt: {where} is wrong or missing.") from None


def seal_of(content: dict[str, Any]) -> str:
    """SHA-256 of a receipt without its own."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
