"""What came of a case: what was found, what was said and how long it took."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a case, in plain values.

    `output` is the object of `assistant.backends.serialization`, None where nothing was asked of a model. `retrieved`
    holds the passages found, best first; `names` the article's name by its id. `seconds` is empty
    where a part was `replayed` from an earlier run: a sum of then and now would be the time of
    nothing.
    """

    searched: str = ""
    retrieved: tuple[dict[str, Any], ...] = ()
    output: dict[str, Any] | None = None
    names: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    replayed: bool = False
    error: str | None = None


def outcome_of(row: dict[str, Any]) -> Outcome:
    """An outcome as it was kept.

    Raises:
        KeyError, TypeError: if the row is none.
    """
    return Outcome(
        searched=row["searched"],
        retrieved=tuple(row["retrieved"]),
        output=row["output"],
        names=row["names"],
        seconds=row["seconds"],
        replayed=row["replayed"],
        error=row["error"],
    )
