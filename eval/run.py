"""One run of a set: index it, ask every question, score, and keep all of it in one folder.

A run can be stopped at any time and started again with the same words: what is finished is taken
from its folder. Answers are kept by fingerprint as well (question, history, index, prompts, model,
settings, code), so that two runs that differ in nothing cost one; a kept answer keeps the seconds
it took when it was made. Scores are made anew each time.

The folder holds `config.json`, `cases.jsonl` (one object a line, in the set's order) and
`summary.json`; `eval.runs` reads it back.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import platform
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import index.embedding
import index.rerank
import prompts
from assistant import screen
from assistant.build import House
from assistant.engine import Limits
from assistant.followup import standalone
from assistant.models import catalogue
from assistant.settings import SECRETS, Settings
from assistant.wire import as_json
from eval.cases import QUESTIONS, Case, CaseSet, file_hash, load
from eval.known import KnownScores
from eval.runs import shown
from eval.scores import DEPTH, Outcome, score, summarise
from index.articles import fingerprint
from index.errors import UsageError, UserError
from index.search import Found, IndexSearch, Searcher

if TYPE_CHECKING:
    from eval.peers.llamaindex import LlamaIndexPeer

STOPPED = 130
PEER_DEADLINE_S = 3600.0  # LlamaIndex has none: a slow machine must not make it look worse
_OURS = ("assistant", "index", "prompts")  # packages whose code can change an answer
_CODE = (".py", ".txt", ".toml")


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
    peer: str = ""

    @property
    def mode(self) -> str:
        """What is measured: "answers", "retrieval" or the name of a peer."""
        return self.peer or ("retrieval" if self.retrieval_only else "answers")


def run(options: Options, settings: Settings, house_of: Callable[[Settings], House] = House) -> int:
    """Run a set, write its folder and print the table; returns the exit code.

    130 if it was stopped, 1 if a question failed.

    Raises:
        UserError: if the set, the models or the folder cannot be used.
    """
    chosen = load(options.set)
    cases = sample(chosen.cases, options.sample, options.seed)
    work = options.work or settings.cache / "eval"
    with _indexed(chosen, work, settings, house_of) as indexed, screen.Bars() as bars:
        identity = _identity(options, indexed)
        folder = options.out or work / "runs" / f"{chosen.name}-{options.mode}-{identity.hash[:8]}"
        kept = Folder(folder, identity, fresh=not options.cached)
        answers = Answers(work / "answers", read=options.cached)
        todo = _Todo(cases, kept, answers, identity, options.seed)
        stopped = todo.run(_asker(options, indexed, work), bars.step)
    screen.say(table(todo.summary()))
    screen.say(f"\n{folder}")
    if stopped:
        screen.note(f"Stopped after {len(todo.rows)} of {len(cases)}; the same command goes on.")
        return STOPPED
    return 1 if any(row["error"] for row in todo.rows) else 0


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


# ── the index of a set ────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Indexed:
    """A set whose articles are indexed: the house that searches them, and their names by id."""

    set: CaseSet
    house: House
    key: str
    names: dict[str, str]
    open: ExitStack  # what is closed with it


@contextmanager
def _indexed(
    chosen: CaseSet, work: Path, settings: Settings, house_of: Callable[[Settings], House]
) -> Iterator[Indexed]:
    """The set's own data folder, brought up to date; vectors are kept by text for all sets."""
    key = fingerprint(str(chosen.articles), chosen.digest())
    data = work / "sets" / f"{chosen.name}-{key[:12]}"
    with ExitStack() as stack:
        house = house_of(settings.model_copy(update={"data": data}))
        stack.callback(house.close)
        _ingest(house, chosen, work / "embeddings.sqlite")
        library = house.search.library
        if library is None:
            raise UserError(f"Nothing in {chosen.articles} could be indexed.")
        articles = [listed.article for listed in library.listed()]
        names = {article.id: chosen.name_of(article.path) for article in articles}
        _tell_unknown(chosen, set(names.values()))
        yield Indexed(chosen, house, key, names, stack)


def _ingest(house: House, chosen: CaseSet, vectors: Path) -> None:
    from index.ingest import Ingest

    with screen.Bars() as bars:
        report = Ingest(
            house.store, vectors, house.embedder, house.indexer, bars.step, vectors=house.vectors
        ).run([chosen.articles], prune=True)
    if report.skips:
        first = report.skips[0]
        about = screen.line(f"{first.path}: {first.reason}")
        screen.note(f"{len(report.skips)} skipped, such as {about}")


def _tell_unknown(chosen: CaseSet, names: set[str]) -> None:
    unknown = sorted({a for case in chosen.cases for a in case.articles} - names)
    if unknown:
        some = screen.line(", ".join(unknown[:3]))
        screen.note(f"{len(unknown)} articles of the evidence are not in the set, such as {some}.")


# ── what an answer depends on ─────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Identity:
    """What a run depends on: `answer` decides every answer, `asked` which questions are put."""

    answer: dict[str, Any]
    asked: dict[str, Any]
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def hash(self) -> str:
        """Equal for runs that cannot differ."""
        return fingerprint(_canonical(self.answer), _canonical(self.asked))

    def key(self, case: Case) -> str:
        """Equal for questions whose answers cannot differ."""
        turns = [[turn.question, turn.answer] for turn in case.history]
        day = case.as_of.isoformat() if case.as_of else ""
        return fingerprint(_canonical(self.answer), case.question, _canonical(turns), day)


def _identity(options: Options, indexed: Indexed) -> Identity:
    settings = indexed.house.settings
    generation = indexed.house.search.generation
    answer = {
        "mode": options.mode,
        "code": code_version(*_OURS, *(("eval/peers",) if options.peer else ())),
        "index": indexed.key,
        "generation": generation,
        "settings": _that_matter(settings),
    }
    if not options.retrieval_only:
        answer |= {"prompts": prompts.digest(), "model": _model(indexed.house)}
    asked = {
        "set": indexed.set.name,
        "questions": file_hash(indexed.set.folder / QUESTIONS)[:16],
        "sample": options.sample,
        "seed": options.seed,
    }
    facts = {
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}, {_cores()} cores",
    }
    return Identity(answer, asked, facts)


def code_version(*packages: str) -> str:
    """Sixteen digits that change when any file of these packages does."""
    root = Path(__file__).parent.parent
    files = sorted(
        path
        for package in packages
        for path in (root / package).rglob("*")
        if path.suffix in _CODE and "__pycache__" not in path.parts
    )
    parts = [
        part for path in files for part in (path.relative_to(root).as_posix(), file_hash(path))
    ]
    return fingerprint(*parts)[:16]


def _that_matter(settings: Settings) -> dict[str, Any]:
    values = settings.model_dump(mode="json", exclude={"data", "cache", "models"})
    for secret in SECRETS:
        section, _, name = secret.partition(".")
        values[section].pop(name, None)
    return values


def _model(house: House) -> str:
    """The model's name with what identifies its bytes, where this process can know them."""
    engine = house.settings.engine
    known = catalogue().get(engine.model)
    if engine.url:
        return engine.model
    if known:
        return f"{engine.model} {known.sha256[:16]}"
    path = Path(engine.model)
    size = path.stat() if path.is_file() else None
    return f"{path.name} {size.st_size} {size.st_mtime_ns}" if size else engine.model


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


# ── asking ────────────────────────────────────────────────────────────────────────────────────

Ask = Callable[[Case], Outcome]


def _asker(options: Options, indexed: Indexed, work: Path) -> Callable[[], Ask]:
    """What makes the asker when the first answer is missing: loading a model takes seconds."""

    @cache
    def made() -> Ask:
        if options.peer:
            return _peer(indexed, work).answer
        if options.retrieval_only:
            return _searcher(indexed, work, read=options.cached)
        indexed.house.model()  # a missing model ends the run and does not fail every case
        return lambda case: _answered(case, indexed)

    return made


def _searcher(indexed: Indexed, work: Path, *, read: bool) -> Ask:
    """Searches alone; a question of which a score was known has no time worth telling."""
    house = indexed.house
    reads = [Path(module.__file__ or "") for module in (index.rerank, index.embedding)]
    made_by = catalogue().get(house.reranker.name)
    identity = fingerprint(
        house.reranker.name, made_by.sha256 if made_by else "", *map(file_hash, reads)
    )
    scores = KnownScores(house.reranker, identity, work / "scores.sqlite", read=read)
    search = IndexSearch(house.store, house.embedder, scores, house.vectors)
    indexed.open.callback(scores.close)
    indexed.open.callback(search.close)

    def found(case: Case) -> Outcome:
        searched = standalone(case.question, case.history)
        before, start = scores.remembered, time.perf_counter()
        hits = _search(search, searched)
        seconds = {"search": round(time.perf_counter() - start, 3)}
        fresh = scores.remembered == before
        return Outcome(searched, retrieved(hits, indexed.names), seconds=seconds if fresh else {})

    return found


def _answered(case: Case, indexed: Indexed) -> Outcome:
    answer = indexed.house.assistant.ask(case.question, case.history)
    hits = _search(indexed.house.search, answer.searched)  # once more, deeper, and off the clock
    used = [c.article.id for c in answer.citations] + [e.article.id for e in answer.evidence]
    times = answer.timings
    seconds = {"evidence": times.evidence_s, "total": times.total_s}
    if times.first_token_s is not None:
        seconds["first_token"] = times.first_token_s
    return Outcome(
        searched=answer.searched,
        retrieved=retrieved(hits, indexed.names),
        output=as_json(answer),
        names={i: indexed.names[i] for i in dict.fromkeys(used)},
        seconds=seconds,
    )


def _peer(indexed: Indexed, work: Path) -> LlamaIndexPeer:
    from eval.peers.llamaindex import LlamaIndexPeer

    house, library = indexed.house, indexed.house.search.library
    assert library is not None  # `_indexed` has seen it
    told = house.settings.answer
    return LlamaIndexPeer(
        articles=[article for _, article in library.articles()],
        names=indexed.names,
        model=house.model(),
        limits=Limits(told.max_tokens, PEER_DEADLINE_S),
        embedder=house.embedder,
        indexer=house.indexer,
        vectors=work / "embeddings.sqlite",
    )


def _search(searcher: Searcher, question: str) -> list[Found]:
    return searcher.search(question, DEPTH)


def retrieved(hits: Sequence[Found], names: dict[str, str]) -> tuple[dict[str, Any], ...]:
    """Passages found, best first, as a run folder keeps them."""
    return tuple(
        {
            "article": names[hit.passage.article.id],
            "carried_by": [names[other.id] for other in hit.carried_by if other.id in names],
            "title": hit.passage.article.title,
            "text": hit.passage.text,
            "rank": rank,
            "relevance": round(hit.relevance, 3),
        }
        for rank, hit in enumerate(hits, 1)
    )


def _tried(ask: Ask, case: Case) -> Outcome:
    try:
        return ask(case)
    except UserError as problem:
        return Outcome(error=str(problem))
    except Exception as problem:  # a bug costs one question and not the night's run
        return Outcome(error=f"{type(problem).__name__}: {problem}")


# ── keeping ───────────────────────────────────────────────────────────────────────────────────


class Answers:
    """Outcomes by key, one file each; `read` tells whether older ones may be used."""

    def __init__(self, folder: Path, *, read: bool) -> None:
        self._folder = folder
        self._read = read

    def get(self, key: str) -> Outcome | None:
        """The outcome of this key, if one was put and can be read."""
        if not self._read:
            return None
        try:
            return _outcome(json.loads(self._path(key).read_text("utf-8")))
        except (OSError, ValueError, TypeError, KeyError):
            return None  # a damaged one only costs time

    def put(self, key: str, outcome: Outcome) -> None:
        """Keep an outcome; one that failed is tried again next time."""
        if outcome.error is None:
            _write(self._path(key), json.dumps(asdict(outcome), ensure_ascii=False))

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / f"{key}.json"


class Folder:
    """The folder of a run, and what an earlier run of the same identity has left there.

    Raises:
        UsageError: if it holds another run, or files that are none.
    """

    def __init__(self, folder: Path, identity: Identity, *, fresh: bool) -> None:
        self.folder = folder
        self._cases = folder / "cases.jsonl"
        config = self._config()
        if config is None and folder.is_dir() and any(folder.iterdir()):
            raise UsageError(f"{folder} holds other files. Give another --out.")
        if config is not None and config.get("id") != identity.hash and not fresh:
            differs = ", ".join(_differences(config, identity)) or "its version"
            raise UsageError(
                f"{folder} holds a run that differs in {differs}. "
                "Give another --out, or --no-cache to begin it anew."
            )
        self.finished = {} if fresh or config is None else dict(self._rows())
        started = config.get("started") if config and self.finished else None
        now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        self._write_config(identity, started or now)
        (folder / "summary.json").unlink(missing_ok=True)

    def append(self, row: dict[str, Any]) -> None:
        """Keep one finished case."""
        with self._cases.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")

    def close(self, rows: Sequence[dict[str, Any]], summary: dict[str, Any]) -> None:
        """Write the cases in the set's order, and their summary."""
        self.begin(rows)
        _write(self.folder / "summary.json", json.dumps(summary, indent=1, ensure_ascii=False))

    def begin(self, rows: Sequence[dict[str, Any]]) -> None:
        """Write the cases that are finished, and no other."""
        lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        _write(self._cases, "".join(lines))

    def _config(self) -> dict[str, Any] | None:
        try:
            config = json.loads((self.folder / "config.json").read_text("utf-8"))
        except (OSError, ValueError):
            return None
        return config if isinstance(config, dict) else None

    def _write_config(self, identity: Identity, started: str) -> None:
        config = {
            "id": identity.hash,
            "started": started,
            **identity.asked,
            **identity.answer,
            **identity.facts,
            "fingerprint": identity.answer | identity.asked,
        }
        _write(self.folder / "config.json", json.dumps(config, indent=1, ensure_ascii=False))

    def _rows(self) -> Iterator[tuple[str, Outcome]]:
        if not self._cases.is_file():
            return
        for line in self._cases.read_text("utf-8", "replace").split("\n"):
            try:
                row = json.loads(line)
                if row["error"] is None:
                    yield row["id"], _outcome(row)
            except (ValueError, TypeError, KeyError):
                continue  # the line that was being written when the power went


def _differences(config: dict[str, Any], identity: Identity) -> list[str]:
    before = config.get("fingerprint")
    now = identity.answer | identity.asked
    return [name for name in now if isinstance(before, dict) and before.get(name) != now[name]]


def _outcome(row: dict[str, Any]) -> Outcome:
    return Outcome(
        searched=row["searched"],
        retrieved=tuple(row["retrieved"]),
        output=row["output"],
        names=row["names"],
        seconds=row["seconds"],
        error=row["error"],
    )


def _row(case: Case, outcome: Outcome) -> dict[str, Any]:
    return {
        "id": case.id,
        "type": case.type,
        "tags": list(case.tags),
        "question": case.question,
        "history": [asdict(turn) for turn in case.history],
        "searched": outcome.searched,
        "answerable": case.answerable,
        "gold": {
            "answers": list(case.answers),
            "all_of": [list(group) for group in case.all_of],
            "evidence": [asdict(gold) for gold in case.evidence],
        },
        "output": outcome.output,
        "retrieved": list(outcome.retrieved),
        "names": outcome.names,
        "scores": {name: asdict(found) for name, found in score(case, outcome).items()},
        "seconds": outcome.seconds,
        "error": outcome.error,
    }


def _write(path: Path, text: str) -> None:
    """Write a whole file or none of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(text, "utf-8")
    draft.replace(path)


class _Todo:
    """The cases of a run, asked one after the other; `rows` are the finished ones."""

    def __init__(
        self, cases: Sequence[Case], kept: Folder, answers: Answers, identity: Identity, seed: int
    ) -> None:
        self._cases = cases
        self._kept = kept
        self._answers = answers
        self._identity = identity
        self._seed = seed
        self.rows: list[dict[str, Any]] = []

    def run(self, asker: Callable[[], Ask], progress: Callable[[str, int, int], None]) -> bool:
        """Ask what is left; True if it was stopped. What is finished is kept either way."""
        known = {case.id: self._kept.finished.get(case.id) for case in self._cases}
        self.rows = [_row(case, done) for case in self._cases if (done := known[case.id])]
        self._kept.begin(self.rows)
        stopped = False
        try:
            for case in self._cases:
                if known[case.id] is None:
                    self._one(case, asker)
                progress("asking", len(self.rows), len(self._cases))
        except KeyboardInterrupt:
            stopped = True
        place = {case.id: number for number, case in enumerate(self._cases)}
        self.rows.sort(key=lambda row: place[row["id"]])
        self._kept.close(self.rows, self.summary())
        return stopped

    def _one(self, case: Case, asker: Callable[[], Ask]) -> None:
        key = self._identity.key(case)
        outcome = self._answers.get(key)
        if outcome is None:
            outcome = _tried(asker(), case)
            self._answers.put(key, outcome)
        row = _row(case, outcome)
        self.rows.append(row)
        self._kept.append(row)

    def summary(self) -> dict[str, Any]:
        """The figures of what is finished."""
        summary = summarise(self.rows, self._seed)
        summary["counts"]["planned"] = len(self._cases)
        return summary


# ── the table ─────────────────────────────────────────────────────────────────────────────────

_GROUPS = {
    "retrieval": ("recall@", "mrr", "ndcg@", "quote_recall@", "quote_mrr"),
    "answers": ("answer", "f1", "exact"),
    "refusals": ("rejection", "false_refusal", "balanced_accuracy"),
    "proof": ("quote_shown", "citation_", "unsupported"),
    "cost": ("seconds_", "prompt_tokens", "model_calls", "errors"),
}
_BY_TYPE = ("mrr", "quote_recall@5", "answer", "false_refusal", "rejection", "citation_gold")


def table(summary: dict[str, Any]) -> str:
    """Figures with their 95 % intervals and the number of cases, then the main ones by type."""
    counts, figures = summary["counts"], summary["metrics"]
    lines = [
        f"{counts['cases']} of {counts['planned']} questions, {counts['answerable']} answerable, "
        f"{counts['errors']} failed"
    ]
    for group, starts in _GROUPS.items():
        names = [name for start in starts for name in figures if name.startswith(start)]
        if names:
            lines += ["", f"{group:24} {'figure':>9}   95 % interval        cases"]
            lines += [_figure_line(name, summary) for name in dict.fromkeys(names)]
    return "\n".join([*lines, "", *_type_lines(summary["by_type"], figures)])


def _figure_line(name: str, summary: dict[str, Any]) -> str:
    low, high = (shown(name, bound) for bound in summary["intervals"][name])
    cases = summary["counts"]["scored"].get(name, summary["counts"]["cases"])
    return (
        f"  {name:22} {shown(name, summary['metrics'][name]):>9}   {f'{low} … {high}':20} {cases:5}"
    )


def _type_lines(by_type: dict[str, dict[str, float]], figures: dict[str, float]) -> list[str]:
    names = [name for name in _BY_TYPE if name in figures]
    heads = "".join(f"{name:>15}" for name in names)
    return [
        f"{'type':14}{heads}",
        *(
            f"{screen.fit(kind, 14)}"
            + "".join(f"{shown(name, found.get(name)):>15}" for name in names)
            for kind, found in by_type.items()
        ),
    ]
