"""A receipt: all that an answer was made of, in one file that proves itself.

It holds no clock, so that two receipts of one answer are the same bytes. `assistant.replay` asks
again with it. Whoever can write a file can write a receipt: nothing in one is trusted but to be
compared, and none may name an address or a file that is then used.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import threading
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

import prompts
from assistant import wire
from assistant.answer import Answer, Evidence, Turn
from assistant.hashes import hash_file
from assistant.here import Here
from assistant.models import catalogue
from assistant.settings import SECRETS
from index.articles import fingerprint
from index.disk import disk_errors
from index.errors import DamagedError, UsageError
from index.scope import Scope

if TYPE_CHECKING:
    from assistant.build import House

FORMAT = 1
MOST_BYTES = 4_000_000  # a receipt has tens of thousands
_SETTINGS = ("engine", "embedder", "reranker", "answer")  # sections that can change an answer
_ANSWER = ("answer", "refused", "reason", "claims", "citations", "caveats", "confidence", "cut")
_OURS = ("assistant", "index", "prompts")  # packages whose code can change an answer
_CODE = (".py", ".txt", ".toml")


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
    """What the model was shown for an earlier exchange; see `assistant.answer.Read`."""

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


class Receipting(Here):
    """`Here`, and each final answer has its receipt written before it is given."""

    def __init__(self, house: House, path: Path) -> None:
        require_free(path)
        super().__init__(house, warm=False)  # another machine has not read the same beforehand
        self._path = path

    def answers(
        self,
        question: str,
        history: Sequence[Turn],
        cancel: threading.Event,
        scope: Scope,
        strict: float | None,
    ) -> Iterator[Answer]:
        """Ever more complete answers; the last is final."""
        for answer in super().answers(question, history, cancel, scope, strict):
            if answer.final:
                save(self._path, receipt(answer, self._house, history=history, strict=strict))
            yield answer


def receipt(
    answer: Answer, house: House, *, history: Sequence[Turn] = (), strict: float | None = None
) -> dict[str, Any]:
    """The receipt of a final answer as plain values, which `save` writes down.

    `house` is what made it; `history` and `strict` are what was given with the question.

    Raises:
        ValueError: if the answer is not final.
    """
    if not answer.final:
        raise ValueError("only a final answer has a receipt")
    settings = house.settings
    whole = {
        "receipt": FORMAT,
        "asked": {
            "question": answer.question,
            "searched": answer.searched,
            "history": [wire.turn(past) for past in history],
            **_scope(answer.scope),
            "strict": float(settings.answer.strict if strict is None else strict),
        },
        "evidence": [sentence(item) for item in answer.evidence],
        "prompt": [{"role": m.role, "content": m.content} for m in answer.messages],
        "model": {"name": answer.model, "sha256": _model_hash(house, answer), "seed": _seed()},
        "made": {
            "generation": answer.generation,
            "index": index_hash(house, answer.generation),
            "prompts": prompts.digest(),
            "version": _version(),
            "code": code_version(*_OURS),
            "settings": settings_that_matter(house),
        },
        "answer": {key: value for key, value in wire.as_json(answer).items() if key in _ANSWER},
    }
    return whole | {"sha256": _seal(whole)}


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
    if whole.pop("sha256", "") != (seal := _seal(whole)):
        raise DamagedError(f"{path} is damaged: it was changed after it was written.")
    try:
        return Receipt.model_validate(whole | {"sha256": seal})
    except ValidationError as problem:
        where = ".".join(str(part) for part in problem.errors()[0]["loc"])
        raise DamagedError(
            f"{path} is no whole receipt: {where} is not what it should be."
        ) from None


def sentence(item: Evidence) -> dict[str, Any]:
    """A sentence of the evidence as a receipt holds it."""
    return {
        "article": item.article.id,
        "title": item.article.title,
        "digest": item.article.digest,
        "start": item.start,
        "end": item.end,
        "passage_start": item.passage.start,
        "passage_end": item.passage.end,
        "relevance": float(item.passage.score),
        "text": item.text,
        "sha256": text_hash(item.text),
    }


def text_hash(text: str) -> str:
    """SHA-256 of a text, in 64 hex digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def index_hash(house: House, generation: str) -> str:
    """SHA-256 of the checksums of a generation; "" if it is not here."""
    sums = house.store.root / generation / "sums.json"
    return hash_file(sums) if generation and sums.is_file() else ""


def settings_that_matter(house: House) -> dict[str, dict[str, Any]]:
    """The settings that can change an answer, without secrets."""
    values = house.settings.model_dump(mode="json", include=set(_SETTINGS))
    for key in (*SECRETS, "engine.cache_mb"):
        section, _, name = key.partition(".")
        values.get(section, {}).pop(name, None)
    return values


def code_version(*packages: str) -> str:
    """Sixteen digits that change when any file of these packages does."""
    root = Path(__file__).parent.parent
    parts = [
        part
        for package in packages
        for path in sorted((root / package).rglob("*"))
        if path.suffix in _CODE and "__pycache__" not in path.parts
        for part in (path.relative_to(root).as_posix(), hash_file(path))
    ]
    return fingerprint(*parts)[:16]


def _scope(scope: Scope) -> dict[str, Any]:
    days = {name: getattr(scope, name) for name in ("as_of", "since", "until")}
    told = {name: day.isoformat() if day else None for name, day in days.items()}
    return told | {"sources": list(scope.sources)}


def _model_hash(house: House, answer: Answer) -> str:
    engine = house.settings.engine
    if engine.url or not answer.model:
        return ""
    known = catalogue().get(engine.model)
    if known:
        return known.sha256
    return hash_file(house.models.resolve(engine.model, engine.sha256 or None, engine.trust))


def _seed() -> int:
    from assistant.llamacpp import SEED

    return SEED


def _version() -> str:
    try:
        return version("assistant")
    except PackageNotFoundError:  # run from its folder
        return ""


def _seal(whole: dict[str, Any]) -> str:
    return text_hash(json.dumps(whole, sort_keys=True, ensure_ascii=False))
