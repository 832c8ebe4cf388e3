"""What is to be run, and all that its answers depend on."""

from __future__ import annotations

import json
import platform
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import prompts
from assistant.container import App
from assistant.core.code_version import code_version
from assistant.core.settings import SECTIONS, Settings, public_values
from assistant.models.catalogue import catalogue
from eval.data.cases import QUESTIONS, Case, file_hash
from eval.runner.corpus_index import Indexed
from index.core.articles import fingerprint
from index.core.cores import usable_cores
from index.core.errors import UsageError


@dataclass(frozen=True, slots=True)
class Options:
    """What is to be run. `work` keeps indexes and answers, `out` is the run's own folder."""

    set: str = "sample"
    out: Path | None = None
    work: Path | None = None
    sample: int | None = None
    seed: int = 0
    cached: bool = True
    retrieval_only: bool = False
    gold: bool = False
    warm: bool = False
    peer: str = ""

    @property
    def mode(self) -> str:
        """What is measured: "answers", "retrieval", "gold", "warm" or the name of a peer."""
        ways = {"retrieval": self.retrieval_only, "gold": self.gold, "warm": self.warm}
        return self.peer or next((name for name, taken in ways.items() if taken), "answers")


def asked_of(options: Options, cases: Sequence[Case]) -> tuple[Case, ...]:
    """The cases that these options ask: with `gold` only those whose proof is known.

    Raises:
        UsageError: if there are none, or the sample is below 1.
    """
    if options.gold:
        cases = [case for case in cases if case.answerable and case.quotes]
        if not cases:
            raise UsageError("--gold needs questions whose evidence has quotes; there are none.")
    return sample(cases, options.sample, options.seed)


def sample(cases: Sequence[Case], size: int | None, seed: int) -> tuple[Case, ...]:
    """`size` of the cases, each type as often as its share of all wants, in the set's order.

    Raises:
        UsageError: if `size` is below 1.
    """
    if size is None or size >= len(cases):
        return tuple(cases)
    if size < 1:
        raise UsageError(f"--sample wants 1 or more, not {size}.")
    types: dict[str, list[Case]] = {}
    for case in cases:
        types.setdefault(case.type, []).append(case)
    wanted = {kind: size * len(some) / len(cases) for kind, some in types.items()}
    taken = {kind: int(share) for kind, share in wanted.items()}
    by_rest = sorted(types, key=lambda kind: (taken[kind] - wanted[kind], -wanted[kind], kind))
    for kind in by_rest[: size - sum(taken.values())]:
        taken[kind] += 1
    picked: set[str] = set()
    for kind, some in types.items():
        chance = random.Random(f"{seed} {kind}")
        picked |= {case.id for case in chance.sample(some, taken[kind])}
    return tuple(case for case in cases if case.id in picked)


@dataclass(frozen=True, slots=True)
class Identity:
    """What a run depends on: `answer` decides every answer, `asked` which questions are put."""

    answer: dict[str, Any]
    asked: dict[str, Any]
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def hash(self) -> str:
        """Equal for runs that cannot differ."""
        return fingerprint(canonical(self.answer), canonical(self.asked))

    def key(self, case: Case) -> str:
        """Equal for questions whose answers cannot differ."""
        turns = [[turn.question, turn.answer] for turn in case.history]
        day = case.as_of.isoformat() if case.as_of else ""
        return fingerprint(canonical(self.answer), case.question, canonical(turns), day)


def identity_of(options: Options, indexed: Indexed) -> Identity:
    """What a run with these options depends on."""
    settings = indexed.app.settings
    generation = indexed.app.search.generation
    answer = {
        "mode": options.mode,
        "code": code_version(*(("eval/runner/peers",) if options.peer else ())),
        "index": indexed.key,
        "generation": generation,
        "settings": that_matter(settings),
    }
    if not options.retrieval_only:
        answer |= {"prompts": prompts.digest(), "model": model_of(indexed.app)}
    questions = file_hash(indexed.set.folder / QUESTIONS)[:16]
    if options.gold:
        answer |= {"proofs": questions}
    asked = {
        "set": indexed.set.name,
        "questions": questions,
        "sample": options.sample,
        "seed": options.seed,
    }
    facts = {
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}, {usable_cores()} cores",
    }
    return Identity(answer, asked, facts)


def that_matter(settings: Settings) -> dict[str, Any]:
    """The settings that can change an answer, without secrets."""
    values = public_values(settings, [name for name in SECTIONS if name != "models"])
    del values["engine"]["cache_mb"], values["engine"]["warm_mb"]
    return values


def model_of(app: App) -> str:
    """The model's name with what identifies its bytes, where this process can know them."""
    engine = app.settings.engine
    known = catalogue().get(engine.model)
    if engine.url:
        return engine.model
    if known:
        return f"{engine.model} {known.sha256[:16]}"
    path = Path(engine.model)
    size = path.stat() if path.is_file() else None
    return f"{path.name} {size.st_size} {size.st_mtime_ns}" if size else engine.model


def canonical(value: object) -> str:
    """JSON that is equal for equal values."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
