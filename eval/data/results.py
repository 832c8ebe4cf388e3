"""Results of a run: outcome and scores of each case, metrics of all; pydantic validates them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Annotated, Any

from pydantic import ConfigDict, Field, FiniteFloat, TypeAdapter, with_config
from typing_extensions import TypedDict  # pydantic needs this one before Python 3.12

from eval.data.cases import CASE, Case


@with_config(ConfigDict(extra="allow"))
class Sentence(TypedDict, total=False):
    """A sentence shown to the model, a citation of one, or a retrieved passage (`rank` from 1)."""

    article: str
    title: str
    published: str | None
    source: str | None
    text: str
    part: str
    quote: str
    number: int
    start: int
    end: int
    days: dict[str, str] | None
    relevance: float | None
    rank: int
    carried_by: list[Any]


@with_config(ConfigDict(extra="allow"))
class ClaimJson(TypedDict, total=False):
    """A sentence of the answer; rejected if it is not `kept`."""

    label: str | None
    text: str
    kept: bool
    computed: str | None
    citations: list[int]
    unsupported: list[str]


@with_config(ConfigDict(extra="allow"))
class AnswerJson(TypedDict, total=False):
    """The keys that scores and reports read of the object of `ask --json`."""

    kind: str
    in_rows: bool
    answer: str
    refused: bool
    reason: dict[str, str] | None
    claims: list[ClaimJson]
    citations: list[Sentence]
    evidence: list[Sentence]
    caveats: list[str]
    options: list[str]
    confidence: float | None
    signs: dict[str, float] | None
    timings: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a system returned for a case, as plain values.

    `output` is None where no model was asked. `retrieved` holds the passages found, best first;
    `names` the name of an article by its id. `seconds` is empty where a part was `replayed` from
    a cache: a sum of then and now would be no measurement.
    """

    standalone_question: Annotated[str, Field(alias="searched")] = ""
    retrieved: tuple[Sentence, ...] = ()
    output: AnswerJson | None = None
    names: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    replayed: bool = False
    error: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The outcome as caches and run folders keep it."""
        values = asdict(self)
        return {"searched": values.pop("standalone_question"), **values}


@dataclass(frozen=True, slots=True)
class Score:
    """One metric of one case: its value, None where it does not apply, and the reason."""

    value: FiniteFloat | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class CaseResult:
    """A case with its outcome and scores."""

    case: Case
    outcome: Outcome
    scores: dict[str, Score]

    @property
    def values(self) -> dict[str, float]:
        """Every metric that applies, with its value; times are named `seconds_*`."""
        scored = {name: s.value for name, s in self.scores.items() if s.value is not None}
        return {f"seconds_{name}": s for name, s in self.outcome.seconds.items()} | scored

    @property
    def confidence(self) -> float | None:
        """The answer's confidence, or else the best relevance among its evidence."""
        output = self.outcome.output or {}
        if (confidence := output.get("confidence")) is not None:
            return confidence
        found = [item.get("relevance") for item in output.get("evidence", ())]
        return max((value for value in found if value is not None), default=None)

    def as_json(self) -> dict[str, Any]:
        """The result as a line of cases.jsonl; `parse` reads it."""
        case = self.case
        of_kind = {"kind": case.kind, "wanted": case.wanted and asdict(case.wanted)}
        return {
            "id": case.id,
            "type": case.type,
            "tags": list(case.tags),
            "question": case.question,
            "history": [asdict(turn) for turn in case.history],
            "answerable": case.answerable,
            "gold": {
                "answers": list(case.answers),
                "all_of": [list(group) for group in case.all_of],
                "evidence": [asdict(gold) for gold in case.evidence],
                **{key: value for key, value in of_kind.items() if value is not None},
            },
            **self.outcome.as_json(),
            "scores": {name: asdict(found) for name, found in self.scores.items()},
        }

    @staticmethod
    def parse(line: str) -> CaseResult:
        """A line of cases.jsonl, without the history of its case; ValueError if it is none."""
        row = _OBJECT.validate_json(line)
        known = {"id", "question", "type", "tags", "answerable"} & row.keys()
        given = {"answerable": True, "type": ""} | {key: row[key] for key in known}
        gold = _OBJECT.validate_python(row.get("gold", {}))
        return CaseResult(
            CASE.validate_python(gold | given),
            OUTCOME.validate_python(row),
            _SCORES.validate_python(row.get("scores", {})),
        )


OUTCOME = TypeAdapter(Outcome)
_OBJECT = TypeAdapter(dict[str, Any])
_SCORES = TypeAdapter(dict[str, Score])


@dataclass(frozen=True, slots=True)
class Summary:
    """The metrics of a run, and a 95 % confidence interval of each."""

    metrics: dict[str, FiniteFloat | None] = field(default_factory=dict)
    intervals: dict[str, tuple[FiniteFloat, FiniteFloat] | None] = field(default_factory=dict)
    counts: dict[str, Any] = field(default_factory=dict)
    by_type: dict[str, dict[str, FiniteFloat | None]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Run:
    """One run folder."""

    name: str
    config: dict[str, Any]
    results: tuple[CaseResult, ...]
    summary: Summary

    @property
    def metrics(self) -> dict[str, float | None]:
        """Every metric by name, times last."""
        ordered = sorted(self.summary.metrics.items(), key=lambda m: m[0].startswith("seconds_"))
        return dict(ordered)

    @property
    def unasked(self) -> int:
        """How many questions are left of a run that was stopped."""
        planned = self.summary.counts.get("planned", 0)
        return max(0, planned - len(self.results)) if isinstance(planned, int) else 0

    @property
    def settings(self) -> dict[str, str]:
        """Everything the run was made with, flat, as `section.name`."""
        skipped = ("id", "fingerprint")
        return dict(_flat({k: v for k, v in self.config.items() if k not in skipped}))

    def setting(self, key: str) -> str:
        """A value of the configuration as text; empty if it is not there."""
        value = self.config.get(key)
        return "" if value is None else str(value)


def _flat(values: dict[str, Any], section: str = "") -> Iterator[tuple[str, str]]:
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{section}{key}.")
        elif value is not None:
            yield f"{section}{key}", str(value)
