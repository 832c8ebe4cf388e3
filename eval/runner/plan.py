"""What is run, which cases it asks, and all that its answers depend on."""

import platform
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import prompts
from assistant.core.code_version import code_version
from eval.data.cases import QUESTIONS, Case
from eval.data.run_folder import Identity
from eval.runner.cached_models import answer_settings, model_id
from eval.runner.corpus_index import IndexedSet
from index.core.cpu_cores import usable_cores
from index.core.disk import file_sha256
from index.core.errors import UsageError

# the assistant; search alone; the assistant given the gold evidence; with all articles read
# beforehand; a plain LlamaIndex pipeline
Mode = Literal["answers", "retrieval", "gold", "warm", "llamaindex"]


@dataclass(frozen=True, slots=True)
class Options:
    """What to run. `work` keeps indexes and caches, `out` is the run's own folder."""

    set: str = "sample"
    out: Path | None = None
    work: Path | None = None
    sample: int | None = None
    seed: int = 0
    cached: bool = True
    mode: Mode = "answers"


def select_cases(options: Options, cases: Sequence[Case]) -> tuple[Case, ...]:
    """The cases to ask, in mode "gold" those with quotes; UsageError if there are none."""
    if options.mode == "gold":
        cases = [case for case in cases if case.answerable and case.quotes]
        if not cases:
            raise UsageError("--gold needs questions whose evidence has quotes; there are none.")
    return sample(cases, options.sample, options.seed)


def sample(cases: Sequence[Case], size: int | None, seed: int) -> tuple[Case, ...]:
    """`size` of the cases, stratified by type, in the set's order; UsageError if it is below 1."""
    if size is None or size >= len(cases):
        return tuple(cases)
    if size < 1:
        raise UsageError(f"--sample wants 1 or more, not {size}.")
    types: dict[str, list[Case]] = {}
    for case in cases:
        types.setdefault(case.type, []).append(case)
    shares = {kind: size * len(some) / len(cases) for kind, some in types.items()}
    counts = {kind: int(share) for kind, share in shares.items()}
    by_rest = sorted(types, key=lambda kind: (counts[kind] - shares[kind], -shares[kind], kind))
    for kind in by_rest[: size - sum(counts.values())]:
        counts[kind] += 1
    picked: set[str] = set()
    for kind, some in types.items():
        random_state = random.Random(f"{seed} {kind}")
        picked |= {case.id for case in random_state.sample(some, counts[kind])}
    return tuple(case for case in cases if case.id in picked)


def identity_of(options: Options, indexed: IndexedSet) -> Identity:
    """What a run with these options depends on."""
    settings = indexed.app.settings
    peer = options.mode == "llamaindex"
    answer = {
        "mode": options.mode,
        "code": code_version(*(("eval/runner/peers",) if peer else ())),
        "index": indexed.key,
        "generation": indexed.app.search.generation,
        "settings": answer_settings(settings),
    }
    if options.mode != "retrieval":
        answer |= {"prompts": prompts.digest(), "model": model_id(indexed.app)}
    questions = file_sha256(indexed.set.folder / QUESTIONS)[:16]
    if options.mode == "gold":
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
