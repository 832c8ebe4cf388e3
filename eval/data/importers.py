"""Imports question sets of common formats: writes a set folder with articles and questions.jsonl.

    SQuAD 2.0       {"data": [{"title", "paragraphs": [{"context", "qas": [...]}]}]}: each paragraph
                    becomes an article and the evidence of its questions
    conversations   a list (or lines) of {"messages": [{"speaker" | "role", "text" | "content",
                    "contexts": [{"document_id", "title", "text"}]}]} as in MTRAG: each answered
                    question becomes a case with the turns before it as history
    a table         CSV, TSV or JSONL with a column `question` and one of `answer`/`answers`; a
                    column `context` (or `passage`) becomes an article, else `--articles` is needed

Errors name the place in the file; nothing is left behind then. The target folder must not exist.
"""

import csv
import io
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assistant.core import console
from eval.data.cases import ARTICLES, CORPUS, QUESTIONS, Case, as_row, load, parse, parse_json
from index.core.articles import fingerprint
from index.core.errors import UsageError
from index.readers.tables import delimiter_of

_CONTEXT = ("context", "passage")
_SEPARATOR = "|"  # between accepted answers in a cell of a table


@dataclass(slots=True)
class _Draft:
    """The articles and cases of a set that is being made."""

    articles: dict[str, dict[str, str]] = field(default_factory=dict)
    cases: list[Case] = field(default_factory=list)

    def article(self, text: str, title: str = "", name: str = "") -> str:
        """Add an article, once; returns its name."""
        name = name or f"a{fingerprint(title, text)[:12]}"
        self.articles.setdefault(name, {"id": name, "title": title, "text": text})
        return name


def import_set(source: Path, folder: Path, articles: Path | None = None) -> None:
    """Make the set `folder` of a file and print what was made; UsageError if it cannot be made."""
    if folder.exists():
        raise UsageError(f"{folder} is there already. Name a folder that is not.")
    draft = _read(source)
    if not draft.cases:
        raise UsageError(f"{source} holds no question.")
    if not draft.articles and articles is None:
        raise UsageError(f"{source} holds no articles. Say where they are with --articles DIR.")
    if articles is not None and not articles.is_dir():
        raise UsageError(f"There is no folder {articles}.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".import-", dir=folder.parent) as scratch:
        target = Path(scratch) / folder.name
        target.mkdir()
        if articles is None:
            count = _write_lines(target / CORPUS, list(draft.articles.values()))
        else:
            shutil.copytree(articles, target / ARTICLES)
            count = sum(1 for _ in (target / ARTICLES).rglob("*"))
        _write_lines(target / QUESTIONS, [as_row(case) for case in draft.cases])
        load(str(target))  # proves that what was written can be read
        target.rename(folder)
    console.say(f"{folder}: {len(draft.cases)} questions, {count} articles")


def _write_lines(path: Path, rows: Sequence[Mapping[str, Any]]) -> int:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return len(rows)


def _read(source: Path) -> _Draft:
    try:
        text = source.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        raise UsageError(f"{source} cannot be read: {problem}.") from None
    draft = _Draft()
    try:
        if source.suffix.lower() in (".csv", ".tsv"):
            _add_table(draft, _csv_rows(text))
            return draft
        value = _json(text)
        if isinstance(value, dict):
            _add_squad(draft, value["data"])
            return draft
        rows = [(f"record {number}", row) for number, row in enumerate(value, 1)]
        talks = rows and isinstance(rows[0][1], dict) and "messages" in rows[0][1]
        (_add_conversations if talks else _add_table)(draft, rows)
    except ValueError as problem:
        raise UsageError(f"{source}, {problem}.") from None
    return draft


def _json(text: str) -> Any:
    """The SQuAD object, or a list of records: a JSON list, one object, or one value a line."""
    try:
        value = json.loads(text)
    except ValueError:
        return [_line(n, line) for n, line in enumerate(text.split("\n"), 1) if line.strip()]
    if isinstance(value, dict):
        return value if "data" in value else [value]
    if not isinstance(value, list):
        raise ValueError("record 1: it is neither an object nor a list")
    return value


def _line(number: int, line: str) -> Any:
    with _errors_at(f"line {number}"):
        return parse_json(line)


@contextmanager
def _errors_at(where: str) -> Iterator[None]:
    """Turn whatever is wrong with a record into a ValueError that names its place."""
    try:
        yield
    except KeyError as problem:
        raise ValueError(f"{where}: {problem} is missing") from None
    except (TypeError, AttributeError):
        raise ValueError(f"{where}: it has another shape than the rest") from None
    except ValueError as problem:
        raise ValueError(f"{where}: {problem}") from None


def _add_squad(draft: _Draft, pages: Any) -> None:
    """SQuAD 2.0 (Rajpurkar et al., ACL 2018)."""
    with _errors_at("'data'"):
        pages = enumerate(pages, 1)
    for number, page in pages:
        with _errors_at(f"data {number}"):
            title = str(page.get("title", "")).replace("_", " ")
            for paragraph in page["paragraphs"]:
                article = draft.article(str(paragraph["context"]), title)
                for asked in paragraph["qas"]:
                    answers = [answer["text"] for answer in asked.get("answers") or ()]
                    row = {
                        "id": asked["id"],
                        "question": asked["question"].strip(),
                        "answers": list(dict.fromkeys(answers)),
                        "answerable": bool(answers) and not asked.get("is_impossible"),
                        "evidence_ids": [article],
                    }
                    draft.cases.append(parse(row))


def _add_conversations(draft: _Draft, rows: Sequence[tuple[str, Any]]) -> None:
    for where, row in rows:
        with _errors_at(where):
            name = row.get("id") or row.get("conversation_id") or where.replace("record ", "c")
            draft.cases += _conversation(draft, str(name), row["messages"])


def _conversation(draft: _Draft, name: str, messages: Sequence[Any]) -> Iterator[Case]:
    history: list[dict[str, str]] = []
    asked: Mapping[str, Any] | None = None
    for message in messages:
        speaker = message.get("speaker", message.get("role"))
        text = message.get("text", message.get("content"))
        if speaker not in ("user", "agent", "assistant") or not isinstance(text, str):
            raise ValueError("a message needs 'speaker' and 'text', or role and content")
        if speaker == "user":
            asked = message
        elif asked is not None:
            question = str(asked.get("text", asked.get("content"))).strip()
            # how MTRAG marks a question that the documents do not answer
            marks = (asked.get("enrichments") or {}).get("Answerability") or []
            answerable = not any(str(mark).lower() == "unanswerable" for mark in marks)
            found = [
                draft.article(c["text"], str(c.get("title") or ""), str(c.get("document_id") or ""))
                for c in message.get("contexts") or []
                if c.get("text")
            ]
            row = {
                "id": f"{name}_{len(history) + 1}",
                "question": question,
                "answerable": answerable,
                "answers": [text] if answerable else [],
                "evidence_ids": found if answerable else [],
                "history": history,
            }
            yield parse(row)
            history = [*history, {"question": question, "answer": text}]
            asked = None


def _csv_rows(text: str) -> list[tuple[str, Any]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter_of(text))
    rows = []
    for row in reader:
        named = {key.strip(): (cell or "").strip() for key, cell in row.items() if key}
        answers = named.pop("answers", named.pop("answer", "")).split(_SEPARATOR)
        given: dict[str, Any] = {k: cell for k, cell in named.items() if cell and k != "tags"}
        if "answerable" in given:
            given["answerable"] = given["answerable"].lower() in ("1", "true", "yes")
        given["answers"] = [answer.strip() for answer in answers if answer.strip()]
        rows.append((f"line {reader.line_num}", given))
    return rows


def _add_table(draft: _Draft, rows: Sequence[tuple[str, Any]]) -> None:
    for number, (where, row) in enumerate(rows, 1):
        with _errors_at(where):
            plain = {key: value for key, value in row.items() if key not in (*_CONTEXT, "title")}
            if context := next((row[key] for key in _CONTEXT if row.get(key)), None):
                name = draft.article(str(context), str(row.get("title") or ""))
                plain.setdefault("evidence_ids", [name])
            draft.cases.append(parse(plain, f"q{number:04d}"))
