"""Question sets: one frozen Case per question, read from a set's questions.jsonl.

A set is a folder that holds `articles/` (files as `assistant ingest` takes them) or `corpus.jsonl`
(one article a line, with `id`, `title` and `text`), and `questions.jsonl`. The name `sample` is
the set that ships. One JSON object a line of `questions.jsonl`:

    question      what is asked (the only required key besides `answers`, or `kind` or `wanted`)
    id            unique name of the case; the line number if it is not given
    answers       accepted answers, any one of them is enough; `answer` may hold a single one
    all_of        groups of strings: a full answer holds one of every group (also: `must_all`)
    answerable    whether the articles answer it; if not given: whether there are `answers`
    evidence      the gold evidence: a list of {"article", "quote"}; without `quote` the article
    evidence_ids  the same without quotes: a list of articles
    type          type of question; derived from the rest if it is not given
    history       earlier turns, oldest first, in one of three shapes: {"question", "answer"}
                  objects; {"role": "user" | "assistant", "content"} objects; alternating strings
    as_of         the day the question is asked on, such as "2024-06-15"
    tags          words to find the case by
    kind          what it asks for: a `Kind` of `assistant.core.answer`
    wanted        what an answer of that kind holds: an object of `eval.data.wanted`

An article is named by its file without the suffix (`tokyo-envoys-2022`), a record of an export by
file and record (`velmara-sport#cup-final`), a record of `corpus.jsonl` by its id alone. Other keys
(`note`, `rewrite`, …) are ignored, unless one looks like a misspelt key of this list.
"""

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, StrictBool, StrictStr, TypeAdapter, ValidationError

from assistant.backends.serialization import to_json
from assistant.core.answer import Kind, Turn
from eval.data.wanted import Groups, Text, Texts, Wanted, not_blank
from index.core.articles import fingerprint
from index.core.disk import file_sha256
from index.core.errors import UsageError

SETS = Path(__file__).parents[1] / "sets"
QUESTIONS = "questions.jsonl"
CORPUS = "corpus.jsonl"
ARTICLES = "articles"
# keys of common exports that resemble one of ours
_EXTRAS = frozenset({"answer_type", "answer_start", "questions", "question_id", "tag", "turn"})
_KEYS = frozenset(
    "question id answers answer all_of must_all answerable evidence evidence_ids type history as_of"
    " tags kind wanted".split()
)
_ROLES = {"user": "user", "assistant": "assistant", "agent": "assistant"}


@dataclass(frozen=True, slots=True)
class Gold:
    """Gold evidence: an article by name, and a quote of it ("" for the whole article)."""

    article: str
    quote: Annotated[str, BeforeValidator(lambda quote: quote or "")] = ""


@dataclass(frozen=True, slots=True)
class Case:
    """One question with all that is known about its right answer; see the module's table."""

    id: str
    question: Text
    answerable: StrictBool
    answers: Texts = ()
    all_of: Groups = ()
    evidence: tuple[Gold, ...] = ()
    type: StrictStr = "question"
    history: tuple[Turn, ...] = ()
    as_of: dt.date | None = None
    tags: Texts = ()
    kind: Kind | None = None
    wanted: Wanted | None = None

    @property
    def articles(self) -> tuple[str, ...]:
        """Names of the articles of the gold evidence, each once."""
        return tuple(dict.fromkeys(gold.article for gold in self.evidence))

    @property
    def quotes(self) -> tuple[Gold, ...]:
        """The gold evidence that names a sentence and not only an article."""
        return tuple(gold for gold in self.evidence if gold.quote.strip())

    @property
    def expected(self) -> str:
        """The right answer in one line.

        >>> Case("1", "?", True, ("12", "twelve")).expected
        '12 / twelve'
        >>> Case("1", "?", True, all_of=(("Ann", "A."), ("Bob",))).expected
        'Ann / A. + Bob'
        """
        if self.all_of:
            return " + ".join(" / ".join(group) for group in self.all_of)
        return " / ".join(dict.fromkeys(self.answers))


@dataclass(frozen=True, slots=True)
class CaseSet:
    """A folder of articles and the cases about them."""

    name: str
    folder: Path
    cases: tuple[Case, ...]

    @property
    def articles(self) -> Path:
        """What is indexed: the folder `articles/`, or the file `corpus.jsonl`."""
        corpus = self.folder / CORPUS
        return corpus if corpus.is_file() else self.folder / ARTICLES

    def digest(self) -> str:
        """Identity of all article files: their names and bytes."""
        path = self.articles
        files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
        parts: list[str] = []
        for file in files:
            parts += [file.relative_to(path.parent).as_posix(), file_sha256(file)]
        return fingerprint(*parts)


CASE = TypeAdapter(Case)
_ARTICLES = TypeAdapter(dict[str, Texts])


def article_name(path: str) -> str:
    """What cases call the article that was read from `path`.

    >>> article_name("/s/articles/velmara-sport.jsonl#cup-final"), article_name("/s/a.v2.txt")
    ('velmara-sport#cup-final', 'a.v2')
    >>> article_name("/s/corpus.jsonl#sq_1")
    'sq_1'
    """
    file, _, record = path.partition("#")
    if record and Path(file).name == CORPUS:
        return record
    stem = Path(file).stem
    return f"{stem}#{record}" if record else stem


def load(name: str) -> CaseSet:
    """The set of this name or in this folder; UsageError if there is none, or a line is wrong."""
    folder = Path(name)
    if not folder.is_dir() and (SETS / name / QUESTIONS).is_file():
        folder = SETS / name
    if not folder.is_dir():
        raise UsageError(f"There is no set {name!r}: give 'sample', 'kinds' or a folder.")
    if not (folder / CORPUS).is_file() and not (folder / ARTICLES).is_dir():
        raise UsageError(f"The set {folder} holds neither {ARTICLES}/ nor {CORPUS}.")
    cases = tuple(read(folder / QUESTIONS))
    return CaseSet(folder.resolve().name, folder.resolve(), cases)


def read(path: Path) -> Iterator[Case]:
    """The cases of one JSONL file, in order; UsageError names the first line that is wrong."""
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
            case = parse(parse_json(line), str(number))
            if case.id in known:
                raise ValueError(f"line {known[case.id]} has the id {case.id!r} as well")
        except ValueError as problem:
            raise UsageError(f"{path}, line {number}: {problem}.") from None
        known[case.id] = number
        yield case
    if not known:
        raise UsageError(f"{path} holds no question.")


def parse_json(line: str) -> Any:
    """The JSON value of a line; ValueError if it is none."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as problem:
        raise ValueError(f"this is not JSON ({problem})") from None


def first_error(problem: ValidationError) -> str:
    """The first of pydantic's findings in one line: which key, and what is wrong with it."""
    first = problem.errors(include_url=False, include_input=False)[0]
    key = ".".join(str(part) for part in first["loc"])
    message = first["msg"].removeprefix("Value error, ")
    return f"{key!r}: {message}" if key else message


def parse(row: object, fallback_id: str = "") -> Case:
    """One case from the object of a line; ValueError names the key that is wrong, and how."""
    if not isinstance(row, dict):
        raise ValueError("this is no JSON object")
    for key in row.keys() - _KEYS - _EXTRAS:
        if near := get_close_matches(key, _KEYS, n=1, cutoff=0.8):
            raise ValueError(f"the key {key!r} is not known; did you mean {near[0]!r}?")
    given = {key: value for key, value in row.items() if value is not None}
    answers = given.get("answers", given.get("answer"))
    groups = given.get("all_of", given.get("must_all", ()))
    other = "kind" in given or "wanted" in given
    if answers is None and not groups and not other and given.get("answerable") is not False:
        raise ValueError("'answers' is missing")
    answers = [answers] if isinstance(answers, str) else answers or ()
    answerable = given.get("answerable", bool(answers or groups or other))
    if answerable and not answers and not groups and not other:
        raise ValueError("it is answerable, but has no 'answers'")
    history = _history(given.get("history", []))
    kind = "unanswerable" if not answerable else "followup" if history else "question"
    values = {
        "id": str(given.get("id") or fallback_id),
        "question": given.get("question"),
        "answerable": answerable,
        "answers": answers,
        "all_of": groups,
        "type": given.get("type") or kind,
        "history": history,
    }
    try:
        case = CASE.validate_python(given | values)
        whole = _ARTICLES.validate_python({"evidence_ids": given.get("evidence_ids", ())})
    except ValidationError as problem:
        raise ValueError(first_error(problem)) from None
    if not answerable:
        case = replace(case, answers=(), all_of=())
    more = [Gold(name) for name in whole["evidence_ids"] if name not in case.articles]
    return replace(case, evidence=tuple(dict.fromkeys([*case.evidence, *more])))


def as_row(case: Case) -> dict[str, Any]:
    """The case as a line of `questions.jsonl` holds it."""
    row: dict[str, Any] = to_json(case)
    return {key: value for key, value in row.items() if value is not None}


def _history(items: object) -> tuple[Turn, ...]:
    if not isinstance(items, list):
        raise ValueError("'history' has to be a list")
    if all(isinstance(item, str) and item.rstrip().endswith("?") for item in items):
        return tuple(Turn(item, "") for item in items)  # questions without their answers
    turns: list[Turn] = []
    for number, item in enumerate(items):
        if isinstance(item, dict) and isinstance(item.get("question"), str):
            turns.append(Turn(not_blank(item["question"]), str(item.get("answer") or "")))
            continue
        role, text = _message(number, item)
        if role == "user":
            turns.append(Turn(text, ""))
        elif not turns:
            raise ValueError("'history' begins with an answer")
        else:
            turns[-1] = Turn(turns[-1].question, f"{turns[-1].answer} {text}".strip())
    return tuple(turns)


def _message(number: int, item: object) -> tuple[str, str]:
    """Role and text of a message of a history."""
    if isinstance(item, str):
        return ("assistant" if number % 2 else "user"), item
    if isinstance(item, dict):
        role = _ROLES.get(str(item.get("role", item.get("speaker"))))
        text = item.get("content", item.get("text"))
        if role and isinstance(text, str):
            return role, text
    raise ValueError(
        f"'history': message {number + 1} needs 'role' (user or assistant) and 'content'"
    )
