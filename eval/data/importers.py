"""Questions in other people's shapes to a set folder: articles and questions.jsonl.

    SQuAD 2.0       {"data": [{"title", "paragraphs": [{"context", "qas": [...]}]}]}: each paragraph
                    becomes an article and the evidence of its questions
    conversations   a list (or lines) of {"messages": [{"speaker" | "role", "text" | "content",
                    "contexts": [{"document_id", "title", "text"}]}]} as in MTRAG: each answered
                    question becomes a case with the turns before it as history
    a table         CSV, TSV or JSONL with a column `question` and one of `answer`/`answers`; a
                    column `context` (or `passage`) becomes an article, else `--articles` says where
                    they are

What cannot be read is told with its place; nothing is left behind then. The new folder must not
exist, so that nobody's questions are overwritten.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assistant.core.answer import Turn
from eval.data.cases import ARTICLES, CORPUS, QUESTIONS, Case, Gold, as_row, load, parse
from index.core.articles import fingerprint
from index.core.errors import UsageError
from index.readers.tables import delimiter_of

_NO_ANSWER = ("unanswerable",)  # how MTRAG marks a turn that the documents do not answer
_CONTEXT = ("context", "passage")
_SEVERAL = "|"  # between accepted answers in a cell of a table


@dataclass(slots=True)
class _Set:
    """The articles and cases of a set that is being made."""

    articles: dict[str, dict[str, str]] = field(default_factory=dict)
    cases: list[Case] = field(default_factory=list)

    def article(self, text: str, title: str = "", name: str = "") -> str:
        """Take in an article, once; its name."""
        name = name or f"a{fingerprint(title, text)[:12]}"
        self.articles.setdefault(name, {"id": name, "title": title, "text": text})
        return name


def take(source: Path, folder: Path, articles: Path | None = None) -> str:
    """Make the set `folder` of the file `source`; one sentence on what was made.

    Raises:
        UsageError: if the file cannot be read or is of no known shape, or the folder is there.
    """
    if folder.exists():
        raise UsageError(f"{folder} is there already. Name a folder that is not.")
    made = _read(source)
    if not made.cases:
        raise UsageError(f"{source} holds no question.")
    if not made.articles and articles is None:
        raise UsageError(f"{source} holds no articles. Say where they are with --articles DIR.")
    if articles is not None and not articles.is_dir():
        raise UsageError(f"There is no folder {articles}.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".import-", dir=folder.parent) as scratch:
        draft = Path(scratch) / folder.name
        _write(draft, made, articles)
        load(str(draft))  # what was written can be read
        draft.rename(folder)
    count = (
        len(made.articles) if articles is None else sum(1 for _ in (folder / ARTICLES).rglob("*"))
    )
    return f"{folder}: {len(made.cases)} questions, {count} articles"


def _write(draft: Path, made: _Set, articles: Path | None) -> None:
    draft.mkdir()
    if articles is not None:
        shutil.copytree(articles, draft / ARTICLES)
    else:
        _write_lines(draft / CORPUS, list(made.articles.values()))
    _write_lines(draft / QUESTIONS, [as_row(case) for case in made.cases])


def _write_lines(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_text("".join(lines), "utf-8")


# ── which shape ───────────────────────────────────────────────────────────────────────────────


def _read(source: Path) -> _Set:
    try:
        text = source.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        raise UsageError(f"{source} cannot be read: {problem}.") from None
    try:
        if source.suffix.lower() in (".csv", ".tsv"):
            return _table(_csv_rows(text))
        value = _json(text)
        if isinstance(value, dict) and "data" in value:
            return _squad(value)
        rows = [(f"record {number}", row) for number, row in enumerate(value, 1)]
        if rows and isinstance(rows[0][1], dict) and "messages" in rows[0][1]:
            return _conversations(rows)
        return _table(rows)
    except ValueError as problem:
        raise UsageError(f"{source}, {problem}.") from None


def _json(text: str) -> Any:
    """One JSON value, or a list of the lines' values."""
    try:
        value = json.loads(text)
    except ValueError:
        return [
            _line(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()
        ]
    if isinstance(value, dict) and "data" not in value:
        return [value]
    if not isinstance(value, dict | list):
        raise ValueError("record 1: it is neither an object nor a list")
    return value


def _line(number: int, line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError as problem:
        raise ValueError(f"line {number}: this is not JSON ({problem})") from None


def _field(row: object, key: str, where: str) -> Any:
    if not isinstance(row, dict) or key not in row:
        raise ValueError(f"{where}: {key!r} is missing")
    return row[key]


def _items(row: object, key: str, where: str) -> list[dict[str, Any]]:
    value = _field(row, key, where)
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise ValueError(f"{where}: {key!r} is no list of objects")
    return value


# ── SQuAD 2.0 ─────────────────────────────────────────────────────────────────────────────────


def _squad(value: Mapping[str, Any]) -> _Set:
    made = _Set()
    for number, page in enumerate(_items(value, "data", "record 1"), 1):
        where = f"data {number}"
        title = str(page.get("title", "")).replace("_", " ")
        for place, paragraph in enumerate(_items(page, "paragraphs", where), 1):
            here = f"{where}, paragraph {place}"
            context = str(_field(paragraph, "context", here))
            article = made.article(context, title)
            made.cases += [_squad_case(qa, article, here) for qa in _items(paragraph, "qas", here)]
    return made


def _squad_case(qa: dict[str, Any], article: str, where: str) -> Case:
    answers = [str(_field(answer, "text", where)) for answer in qa.get("answers") or ()]
    answerable = bool(answers) and not qa.get("is_impossible", False)
    return Case(
        id=str(_field(qa, "id", where)),
        question=str(_field(qa, "question", where)).strip(),
        answerable=answerable,
        answers=tuple(dict.fromkeys(answers)) if answerable else (),
        evidence=(Gold(article),),
        type="question" if answerable else "unanswerable",
    )


# ── conversations ─────────────────────────────────────────────────────────────────────────────


def _conversations(rows: Sequence[tuple[str, Any]]) -> _Set:
    made = _Set()
    for where, row in rows:
        _field(row, "messages", where)
        name = str(row.get("id") or row.get("conversation_id") or where.replace("record ", "c"))
        made.cases += _turns(_items(row, "messages", where), name, where, made)
    return made


def _turns(
    messages: Sequence[Mapping[str, Any]], name: str, where: str, made: _Set
) -> Iterator[Case]:
    history: list[Turn] = []
    asked: Mapping[str, Any] | None = None
    for message in messages:
        speaker = message.get("speaker", message.get("role"))
        text = message.get("text", message.get("content"))
        if speaker not in ("user", "agent", "assistant") or not isinstance(text, str):
            raise ValueError(f"{where}: a message wants 'speaker' and 'text', or role and content")
        if speaker == "user":
            asked = message
        elif asked is not None:
            question = str(asked.get("text", asked.get("content"))).strip()
            yield _turn(f"{name}_{len(history) + 1}", question, text, asked, message, history, made)
            history.append(Turn(question, text))
            asked = None


def _turn(
    name: str,
    question: str,
    answer: str,
    asked: Mapping[str, Any],
    given: Mapping[str, Any],
    history: Sequence[Turn],
    made: _Set,
) -> Case:
    marks = (asked.get("enrichments") or {}).get("Answerability") or []
    answerable = not any(str(mark).lower() in _NO_ANSWER for mark in marks)
    contexts = [c for c in given.get("contexts") or [] if isinstance(c, dict) and c.get("text")]
    evidence = [
        Gold(made.article(c["text"], str(c.get("title") or ""), str(c.get("document_id") or "")))
        for c in contexts
    ]
    return Case(
        id=name,
        question=question,
        answerable=answerable,
        answers=(answer,) if answerable else (),
        evidence=tuple(dict.fromkeys(evidence)) if answerable else (),
        type="unanswerable" if not answerable else "followup" if history else "question",
        history=tuple(history),
    )


# ── tables ────────────────────────────────────────────────────────────────────────────────────


def _csv_rows(text: str) -> list[tuple[str, dict[str, Any]]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter_of(text))
    rows = []
    for row in reader:
        named = {key.strip(): (cell or "").strip() for key, cell in row.items() if key}
        answers = named.pop("answers", named.pop("answer", ""))
        accepted = [part.strip() for part in answers.split(_SEVERAL) if part.strip()]
        rows.append((f"line {reader.line_num}", _without_empty(named) | {"answers": accepted}))
    return rows


def _without_empty(row: dict[str, str]) -> dict[str, Any]:
    kept: dict[str, Any] = {key: cell for key, cell in row.items() if cell and key != "tags"}
    if "answerable" in kept:
        kept["answerable"] = kept["answerable"].lower() in ("1", "true", "yes")
    return kept


def _table(rows: Sequence[tuple[str, Any]]) -> _Set:
    made = _Set()
    for number, (where, row) in enumerate(rows, 1):
        if not isinstance(row, dict):
            raise ValueError(f"{where}: it is no object")
        plain = {key: value for key, value in row.items() if key not in (*_CONTEXT, "title")}
        context = next((row[key] for key in _CONTEXT if row.get(key)), None)
        if context:
            name = made.article(str(context), str(row.get("title") or ""))
            plain.setdefault("evidence_ids", [name])
        try:
            made.cases.append(parse(plain, f"q{number:04d}"))
        except ValueError as problem:
            raise ValueError(f"{where}: {problem}") from None
    return made
