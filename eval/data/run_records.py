"""A run folder, read back: config.json, cases.jsonl and summary.json as typed values.

The border between what runs and what reads: `eval.runner.run` writes a folder, `report`, `compare` and
`gate` read it by this file alone. What is wrong with a folder is told in one line.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, RootModel, ValidationError

from index.core.errors import UsageError, UserError

Model = TypeVar("Model", bound=BaseModel)
AMOUNTS = ("seconds_", "prompt_tokens", "model_calls", "unsupported")
LOWER_IS_BETTER = (*AMOUNTS, "false_", "errors")
# the metrics that a person looks at first, if the run has them; the others follow
FIRST = (
    *("answer", "answer_precision", "rejection", "false_refusal", "balanced_accuracy"),
    *("citation_precision", "citation_recall", "citation_gold", "quote_shown"),
    *("recall@1", "recall@5", "quote_recall@5", "mrr", "quote_mrr", "ndcg@10"),
)


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, allow_inf_nan=False)


class Score(_Value):
    """One metric of one case; `value` is None where the metric does not apply."""

    value: float | None
    why: str = ""


class Quote(_Value):
    """A sentence that proves the answer, and the article it stands in."""

    article: str = ""
    quote: str = ""


class Gold(_Value):
    """What is right: any of `answers`, or one of each group of `all_of`."""

    answers: tuple[str, ...] = ()
    all_of: tuple[tuple[str, ...], ...] = ()
    evidence: tuple[Quote, ...] = ()

    @property
    def text(self) -> str:
        """The right answer in one line.

        >>> Gold(answers=("12", "twelve")).text
        '12 / twelve'
        >>> Gold(all_of=(("Ann", "A."), ("Bob",))).text
        'Ann / A. + Bob'
        """
        if self.all_of:
            return " + ".join(" / ".join(group) for group in self.all_of)
        return " / ".join(dict.fromkeys(self.answers))


class Reason(_Value):
    """Why an answer was refused."""

    code: str = ""
    reason: str = ""


class Claim(_Value):
    """A sentence of the answer; one that is not `kept` was struck."""

    text: str = ""
    kept: bool = True
    citations: tuple[int, ...] = ()
    unsupported: tuple[str, ...] = ()


class Sentence(_Value):
    """A sentence that the model was shown (`Evidence`), as `assistant.backends.serialization` writes it."""

    article: str = ""
    title: str = ""
    published: str | None = None
    source: str | None = None
    text: str = ""
    start: int = -1
    end: int = -1
    relevance: float | None = None


class Cited(_Value):
    """A numbered pointer to such a sentence."""

    number: int
    article: str = ""
    quote: str = ""
    start: int = -1
    end: int = -1


class Output(_Value):
    """What the assistant said, as `assistant.backends.serialization.to_json` writes it."""

    answer: str = ""
    refused: bool = False
    reason: Reason | None = None
    claims: tuple[Claim, ...] = ()
    citations: tuple[Cited, ...] = ()
    evidence: tuple[Sentence, ...] = ()
    confidence: float | None = None
    signs: dict[str, float] | None = None


class Retrieved(_Value):
    """A passage that was found; `rank` is 1-based."""

    article: str = ""
    title: str = ""
    text: str = ""
    rank: int = 0
    relevance: float | None = None


class Case(_Value):
    """One question of a run, with what was said and how it scored.

    `output` is None where only retrieval was run or the case failed with an `error`.
    """

    id: Annotated[str, Field(min_length=1)]
    question: str
    type: Annotated[str, BeforeValidator(lambda value: value or "")] = ""
    tags: tuple[str, ...] = ()
    searched: str = ""
    answerable: bool = True
    gold: Gold = Gold()
    output: Output | None = None
    retrieved: tuple[Retrieved, ...] = ()
    scores: dict[str, Score] = {}
    seconds: dict[str, float | None] = {}
    error: str | None = None

    @property
    def values(self) -> dict[str, float]:
        """Every metric that applies, with its value; times are named `seconds_*`."""
        scored = {name: s.value for name, s in self.scores.items() if s.value is not None}
        timed = {timing(name): s for name, s in self.seconds.items() if s is not None}
        return timed | scored

    @property
    def confidence(self) -> float | None:
        """How sure the assistant was, or else the best relevance among its evidence."""
        if self.output is None:
            return None
        if self.output.confidence is not None:
            return self.output.confidence
        return max(
            (e.relevance for e in self.output.evidence if e.relevance is not None), default=None
        )


class Summary(_Value):
    """The figures of a run; an interval holds the metric's true value in 95 of 100 samples."""

    metrics: dict[str, float | None] = {}
    intervals: dict[str, tuple[float, float] | None] = {}
    counts: dict[str, Any] = {}
    by_type: dict[str, dict[str, float | None]] = {}


class Run(_Value):
    """One run folder."""

    name: str
    config: dict[str, Any]
    cases: tuple[Case, ...]
    summary: Summary

    @property
    def metrics(self) -> dict[str, float | None]:
        """Every metric by name, quality first and times last, else as they were written."""
        return dict(
            sorted(self.summary.metrics.items(), key=lambda item: item[0].startswith("seconds_"))
        )

    @property
    def unasked(self) -> int:
        """How many questions of the run are not asked yet, as it was stopped."""
        planned = self.summary.counts.get("planned", 0)
        return max(0, planned - len(self.cases)) if isinstance(planned, int) else 0

    @property
    def settings(self) -> dict[str, str]:
        """Everything the run was made with, one line each, as `section.name`."""
        told = {
            key: value for key, value in self.config.items() if key not in ("id", "fingerprint")
        }
        return dict(_flat(told))

    @property
    def about(self) -> str:
        """How much was asked, of what, and when, in one line."""
        asked = f"{len(self.cases)} questions"
        if self.unasked:
            planned = len(self.cases) + self.unasked
            asked = f"stopped after {len(self.cases)} of {planned} questions"
        parts = [asked, self.said("model"), _minute(self.said("started"))]
        return " · ".join(part for part in parts if part)

    def interval(self, metric: str) -> str:
        """The 95 % interval of a metric as a person reads it; empty if it has none."""
        bounds = self.summary.intervals.get(metric)
        return f"{shown(metric, bounds[0])} – {shown(metric, bounds[1])}" if bounds else ""

    def said(self, key: str) -> str:
        """A setting of the run as one line; empty if it was not written."""
        value = self.config.get(key)
        return "" if value is None else str(value)


def read(folder: Path) -> Run:
    """Read a run folder; whatever is wrong with it is one `UserError`."""
    if not folder.is_dir():
        raise UsageError(
            f"{folder} is no run folder. `assistant eval run --out {folder}` makes it."
        )
    return Run(
        name=folder.resolve().name,
        config=_parse(_Config, folder / "config.json").root,
        cases=_cases(folder / "cases.jsonl"),
        summary=_parse(Summary, folder / "summary.json"),
    )


def _minute(time: str) -> str:
    try:
        return f"{dt.datetime.fromisoformat(time):%Y-%m-%d %H:%M %Z}".strip()
    except ValueError:
        return time


def timing(name: str) -> str:
    """The metric's name of a time of a case.

    >>> timing("first_token"), timing("seconds_total")
    ('seconds_first_token', 'seconds_total')
    """
    return name if name.startswith("seconds_") else f"seconds_{name}"


def ordered(run: Run) -> list[str]:
    """Every metric that was measured, those first that a person looks at first."""
    measured = [name for name, value in run.metrics.items() if value is not None]
    place = {name: number for number, name in enumerate(FIRST)}
    return sorted(measured, key=lambda n: (n.startswith("seconds_"), place.get(n, len(place))))


def is_share(metric: str) -> bool:
    """Tell whether a metric is a share, 0..1, and no amount."""
    return not metric.startswith(AMOUNTS)


def lower_is_better(metric: str) -> bool:
    """Tell which way is better.

    >>> lower_is_better("false_refusal"), lower_is_better("answer")
    (True, False)
    """
    return metric.startswith(LOWER_IS_BETTER)


def shown(metric: str, value: float | None) -> str:
    """A metric's value as a person reads it.

    >>> shown("answer", 0.8512), shown("seconds_total", 1.234), shown("prompt_tokens", 812.4)
    ('85.1 %', '1.23 s', '812')
    >>> shown("answer", None)
    '–'
    """
    if value is None:
        return "–"
    if metric.startswith("seconds_"):
        return f"{value:.2f} s"
    if is_share(metric) and -1 <= value <= 1:
        return f"{100 * value:.1f} %"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.2f}"


def _flat(values: dict[str, Any], section: str = "") -> Iterator[tuple[str, str]]:
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{section}{key}.")
        elif value is not None:
            yield f"{section}{key}", str(value)


class _Config(RootModel[dict[str, Any]]):
    pass


def _parse(model: type[Model], path: Path) -> Model:
    return _validated(model, _text(path), str(path))


def _cases(path: Path) -> tuple[Case, ...]:
    found: dict[str, Case] = {}
    for number, line in enumerate(_text(path).split("\n"), 1):
        if not line.strip():
            continue
        case = _validated(Case, line, f"{path}, line {number}")
        if case.id in found:
            raise UserError(f"{path}, line {number}: the case {case.id} stands there twice.")
        found[case.id] = case
    return tuple(found.values())


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        raise UserError(
            f"{path} is missing: the run is not finished. Start it again with the same --out; "
            "it goes on where it stopped."
        ) from None
    except (OSError, UnicodeDecodeError) as problem:
        raise UserError(f"{path} cannot be read: {problem}") from None


def _validated(model: type[Model], text: str, where: str) -> Model:
    try:
        return model.model_validate_json(text)
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise UserError(
            f"{where}: {f'{place}: ' if place else ''}{first['msg']}. "
            "Run it again, or with another --out."
        ) from None
