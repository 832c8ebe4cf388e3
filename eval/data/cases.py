"""The questions of an evaluation: one frozen Case a question, read from a set's questions.jsonl.

A set is a folder that holds `articles/` (files as `assistant ingest` takes them) or `corpus.jsonl`
(one article a line, with `id`, `title` and `text`), and `questions.jsonl`. The name `sample` is
the set that ships. One JSON object a line of `questions.jsonl`:

    question      what is asked (the only key that must be there besides `answers`)
    id            name of the case, no two alike; the line number if it is not given
    answers       accepted answers, any one of them will do; `answer` may hold a single one
    all_of        groups of strings: a full answer holds one of every group (also: `must_all`)
    answerable    whether the articles answer it; if not given: whether there are `answers`
    evidence      the proof: a list of {"article", "quote"}; without `quote` the article as a whole
    evidence_ids  the same without quotes: a list of articles
    type          what kind of question; made from the rest if it is not given
    history       earlier turns, oldest first, in one of three shapes: {"question", "answer"}
                  objects; {"role": "user" | "assistant", "content"} objects; strings, question
                  and answer by turns
    as_of         the day the question is asked on, such as "2024-06-15"
    tags          words to find the case by

An article is named by its file without the suffix (`tokyo-envoys-2022`), a record of an export by
file and record (`velmara-sport#cup-final`), a record of `corpus.jsonl` by its id alone. Other keys
(`note`, `rewrite`, …) are left alone, unless one looks like a misspelt key of this list.

Knows neither index nor model: what is wrong with a file is said in one line, with its number.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from assistant.core.answer import Turn
from index.core.articles import fingerprint
from index.core.errors import UsageError

SETS = Path(__file__).parents[1] / "sets"
QUESTIONS = "questions.jsonl"
CORPUS = "corpus.jsonl"
ARTICLES = "articles"
_KEYS = (
    *("question", "id", "answers", "answer", "all_of", "must_all", "answerable", "evidence"),
    *("evidence_ids", "type", "history", "as_of", "tags"),
)
# words of the common exports that resemble a key and are none
_EXTRAS = frozenset({"answer_type", "answer_start", "questions", "question_id", "tag", "turn"})


@dataclass(frozen=True, slots=True)
class Gold:
    """What proves an answer: an article by name, and a quote of it ("" for the whole article)."""

    article: str
    quote: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """One question with all that is known about its right answer; see the module's table."""

    id: str
    question: str
    answerable: bool
    answers: tuple[str, ...] = ()
    all_of: tuple[tuple[str, ...], ...] = ()
    evidence: tuple[Gold, ...] = ()
    type: str = "question"
    history: tuple[Turn, ...] = ()
    as_of: dt.date | None = None
    tags: tuple[str, ...] = ()

    @property
    def articles(self) -> tuple[str, ...]:
        """Names of the articles that prove the answer, each once."""
        return tuple(dict.fromkeys(gold.article for gold in self.evidence))

    @property
    def quotes(self) -> tuple[Gold, ...]:
        """The evidence that names a sentence and not only an article."""
        return tuple(gold for gold in self.evidence if gold.quote)


@dataclass(frozen=True, slots=True)
class CaseSet:
    """A folder of articles and the cases about them."""

    name: str
    folder: Path
    cases: tuple[Case, ...]

    @property
    def articles(self) -> Path:
        """What is to be indexed: the folder `articles/`, or the file `corpus.jsonl`."""
        corpus = self.folder / CORPUS
        return corpus if corpus.is_file() else self.folder / ARTICLES

    def digest(self) -> str:
        """Identity of all article files: their names and bytes."""
        return _digest(self.articles)

    def name_of(self, path: str) -> str:
        """What cases call the article that was read from `path`.

        >>> CaseSet("s", Path("s"), ()).name_of("/s/articles/velmara-sport.jsonl#cup-final")
        'velmara-sport#cup-final'
        """
        file, _, record = path.partition("#")
        if record and Path(file).name == CORPUS:
            return record
        stem = Path(file).stem
        return f"{stem}#{record}" if record else stem


def load(name: str) -> CaseSet:
    """The set of this name or in this folder.

    Raises:
        UsageError: if there is no such set, or a line of it is wrong.
    """
    folder = Path(name)
    if not folder.is_dir() and (SETS / name / QUESTIONS).is_file():
        folder = SETS / name
    if not folder.is_dir():
        raise UsageError(f"There is no set {name!r}: give 'sample' or a folder.")
    if not (folder / CORPUS).is_file() and not (folder / ARTICLES).is_dir():
        raise UsageError(f"The set {folder} holds neither {ARTICLES}/ nor {CORPUS}.")
    cases = tuple(read(folder / QUESTIONS))
    return CaseSet(folder.resolve().name, folder.resolve(), cases)


def read(path: Path) -> Iterator[Case]:
    """The cases of one JSONL file, in order.

    Raises:
        UsageError: naming the first line that is wrong.
    """
    try:
        text = path.read_text("utf-8-sig")
    except FileNotFoundError:
        raise UsageError(f"There is no {path}.") from None
    except (OSError, UnicodeDecodeError) as problem:
        raise UsageError(f"{path} cannot be read: {problem}.") from None
    known: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            case = parse(_object(line), str(number))
            if case.id in known:
                raise ValueError(f"line {known[case.id]} has the id {case.id!r} as well")
        except ValueError as problem:
            raise UsageError(f"{path}, line {number}: {problem}.") from None
        known[case.id] = number
        yield case
    if not known:
        raise UsageError(f"{path} holds no question.")


def parse(row: dict[str, Any], fallback_id: str = "") -> Case:
    """One case from the object of a line.

    Raises:
        ValueError: telling which key is wrong, and how.
    """
    _check_keys(row)
    answers = _answers(row)
    groups = row.get("all_of", row.get("must_all")) or []
    if not isinstance(groups, list) or not all(isinstance(group, list) for group in groups):
        raise ValueError("'all_of' has to be a list of lists of strings")
    all_of = tuple(_strings(group, "all_of") for group in groups)
    if any(not group for group in all_of):
        raise ValueError("a group of 'all_of' is empty")
    answerable = row.get("answerable", bool(answers or all_of))
    if not isinstance(answerable, bool):
        raise ValueError(f"'answerable' has to be true or false, not {_shown(answerable)}")
    if answerable and not answers and not all_of:
        raise ValueError("it is answerable, but has no 'answers'")
    history = _history(row.get("history") or [])
    return Case(
        id=str(row.get("id") or fallback_id),
        question=_text(row, "question"),
        answerable=answerable,
        answers=answers if answerable else (),
        all_of=all_of if answerable else (),
        evidence=_evidence(row),
        type=_optional(row, "type") or _type(answerable=answerable, history=bool(history)),
        history=history,
        as_of=_day(row.get("as_of")),
        tags=_strings(row.get("tags") or [], "tags"),
    )


def as_row(case: Case) -> dict[str, Any]:
    """The case as a line of `questions.jsonl` holds it."""
    row: dict[str, Any] = {
        "id": case.id,
        "question": case.question,
        "answers": list(case.answers),
        "answerable": case.answerable,
        "evidence": [{"article": g.article, "quote": g.quote} for g in case.evidence],
        "type": case.type,
        "history": [{"question": t.question, "answer": t.answer} for t in case.history],
        "tags": list(case.tags),
    }
    if case.all_of:
        row["all_of"] = [list(group) for group in case.all_of]
    if case.as_of:
        row["as_of"] = case.as_of.isoformat()
    return row


# ── one key at a time ─────────────────────────────────────────────────────────────────────────


def _object(line: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as problem:
        raise ValueError(f"this is not JSON ({problem})") from None
    if not isinstance(row, dict):
        raise ValueError(f"this is no JSON object but {_shown(row)}")
    return row


def _check_keys(row: dict[str, Any]) -> None:
    for key in row.keys() - set(_KEYS) - _EXTRAS:
        near = get_close_matches(key, _KEYS, n=1, cutoff=0.8)
        if near:
            raise ValueError(f"the key {key!r} is not known; did you mean {near[0]!r}?")


def _text(row: dict[str, Any], key: str) -> str:
    value = row.get(key)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{key!r} has to be a text that is not empty, not {_shown(value)}")
    return value


def _optional(row: dict[str, Any], key: str) -> str:
    return _text(row, key) if row.get(key) is not None else ""


def _answers(row: dict[str, Any]) -> tuple[str, ...]:
    value = row.get("answers", row.get("answer"))
    if value is None and row.get("answerable") is not False and not _has_groups(row):
        raise ValueError("'answers' is missing")
    return _strings([value] if isinstance(value, str) else value or [], "answers")


def _has_groups(row: dict[str, Any]) -> bool:
    return bool(row.get("all_of") or row.get("must_all"))


def _strings(value: object, key: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError(f"{key!r} has to be a list of strings, not {_shown(value)}")
    for item in value:
        if not isinstance(item, str) or not item.strip():
            raise ValueError(f"{key!r} holds {_shown(item)}, which is no text")
    return tuple(value)


def _evidence(row: dict[str, Any]) -> tuple[Gold, ...]:
    value = row.get("evidence") or []
    if not isinstance(value, list):
        raise ValueError(f"'evidence' has to be a list, not {_shown(value)}")
    found = [_gold(item) for item in value]
    quoted = {gold.article for gold in found}
    ids = _strings(row.get("evidence_ids") or [], "evidence_ids")
    found += [Gold(article) for article in ids if article not in quoted]
    return tuple(dict.fromkeys(found))


def _gold(item: object) -> Gold:
    if not isinstance(item, dict) or not isinstance(item.get("article"), str):
        raise ValueError(f"'evidence' wants objects with 'article' and 'quote', not {_shown(item)}")
    quote = item.get("quote") or ""
    if not isinstance(quote, str):
        raise ValueError(f"the quote of an evidence has to be a text, not {_shown(quote)}")
    return Gold(item["article"], quote)


def _history(value: object) -> tuple[Turn, ...]:
    if not isinstance(value, list):
        raise ValueError(f"'history' has to be a list, not {_shown(value)}")
    if all(isinstance(item, dict) and "question" in item for item in value):
        return tuple(Turn(_text(item, "question"), str(item.get("answer") or "")) for item in value)
    if value and all(isinstance(item, str) and item.rstrip().endswith("?") for item in value):
        return tuple(Turn(item, "") for item in value)  # what was asked, without the answers
    return _turns([_said(number, item) for number, item in enumerate(value)])


def _said(number: int, item: object) -> tuple[bool, str]:
    """Whether the reader says it, and what is said."""
    if isinstance(item, str):
        return number % 2 == 0, item
    if not isinstance(item, dict):
        raise ValueError(f"'history' holds {_shown(item)}, which is no turn")
    role, content = item.get("role", item.get("speaker")), item.get("content", item.get("text"))
    if role not in ("user", "assistant", "agent") or not isinstance(content, str):
        raise ValueError(
            f"'history' wants 'role' (user or assistant) and 'content': {_shown(item)}"
        )
    return role == "user", content


def _turns(said: Sequence[tuple[bool, str]]) -> tuple[Turn, ...]:
    turns: list[Turn] = []
    for by_reader, text in said:
        if by_reader:
            turns.append(Turn(text, ""))
        elif not turns:
            raise ValueError("'history' begins with an answer")
        else:
            turns[-1] = Turn(turns[-1].question, f"{turns[-1].answer} {text}".strip())
    return tuple(turns)


def _type(*, answerable: bool, history: bool) -> str:
    if not answerable:
        return "unanswerable"
    return "followup" if history else "question"


def _day(value: object) -> dt.date | None:
    if value is None:
        return None
    try:
        return dt.date.fromisoformat(str(value))
    except ValueError:
        raise ValueError(
            f"'as_of' has to be a day such as 2024-06-15, not {_shown(value)}"
        ) from None


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else f"{text[:60]}…"


def _digest(path: Path) -> str:
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
    parts: list[str] = []
    for file in files:
        name = file.relative_to(path.parent).as_posix()
        parts += [name, file_hash(file)]
    return fingerprint(*parts)


def file_hash(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
