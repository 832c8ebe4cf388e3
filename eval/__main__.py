"""`python -m eval` and `assistant eval`: measure answers, speed and extraction.

Each command names the function that runs it, as "module:name", and has an option for each of its
parameters, or for each field of a parameter that is a dataclass. `--setting` makes `settings`.
"""

import argparse
import inspect
import sys
from collections.abc import Callable, Sequence
from dataclasses import fields, is_dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from assistant.cli.error_exit import guarded
from assistant.cli.options import Commands, setting


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one measurement; returns the exit code."""
    function, options = parse(arguments)

    from assistant.container import stay_offline

    stay_offline()
    return int(function(**options) or 0)


def parse(arguments: Sequence[str] | None = None) -> tuple[Callable[..., Any], dict[str, Any]]:
    """The function of a command and its arguments."""
    options = vars(parser().parse_args(arguments))
    module, _, name = options["run"].partition(":")
    function: Callable[..., Any] = getattr(import_module(module), name)
    if "setting" in options:
        from assistant.core.console import remarks
        from assistant.core.settings import load, parse_flags

        options["settings"] = load(parse_flags(options["setting"]))
        remarks(options["settings"].notices)
    parameters = inspect.signature(function, eval_str=True).parameters
    for name, parameter in parameters.items():
        kind = parameter.annotation
        if name not in options and isinstance(kind, type) and is_dataclass(kind):
            options[name] = kind(**{field.name: options[field.name] for field in fields(kind)})
    return function, {name: value for name, value in options.items() if name in parameters}


def parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    top = argparse.ArgumentParser(prog="assistant eval", description="Measure the assistant.")
    commands = Commands(top, common=False)
    for add in (
        _speed,
        _extract_and_injection,
        _claims,
        _sources,
        _run,
        _generate_and_import,
        _what_reads_runs,
        _train,
        _follow,
        _drafts,
    ):
        add(commands)
    return top


def _path(parser: argparse.ArgumentParser, name: str, metavar: str, text: str, **more: Any) -> None:
    parser.add_argument(name, type=Path, metavar=metavar, help=text, **more)


def _json(parser: argparse.ArgumentParser) -> None:
    _path(parser, "--json", "FILE", "also write the figures there", dest="json_file")


def _cache(parser: argparse.ArgumentParser, text: str) -> None:
    parser.add_argument("--no-cache", dest="cached", action="store_false", help=text)


def _speed(commands: Commands) -> None:
    text = "how fast, against what the parts do alone, in one run"
    speed = commands.add("speed", text, "eval.benchmarks.speed:run")
    text = "ingest and search with many articles; 0 leaves out"
    parts = Commands(speed, "PART", common=False)
    ingest = parts.add("ingest", text, "eval.benchmarks.speed_ingest:run")
    for parser, name, size, what in (
        (speed, "questions", 5, "questions asked"),
        (speed, "articles", 150, "synthetic articles ingested"),
        (speed, "passages", 0, "passages searched through the server too"),
        (ingest, "articles", 1000, "articles ingested twice with the real embedder"),
        (ingest, "memory", 50_000, "passages of the ingest whose memory is measured"),
        (ingest, "search", 300_000, "passages of the index that is searched"),
        (ingest, "equality", 0, "articles ingested into folder, server and cluster, and compared"),
    ):
        parser.add_argument(f"--{name}", type=int, default=size, help=f"{what} ({size})")
    _json(speed)
    _json(ingest)


def _extract_and_injection(commands: Commands) -> None:
    text = "how well web pages are read, on pages whose article is known"
    extract = commands.add("extract", text, "eval.extraction.evaluate:run")
    extract.add_argument("--failures", action="store_true", help="list what ours got wrong")
    text = "read public test pages there instead of made-up ones"
    _path(extract, "--pages", "FOLDER", text, dest="folder")
    _json(extract)
    text = "how often the model obeys an article; Ctrl-C keeps what is done"
    injection = commands.add("injection", text, "eval.robustness.injection:run")
    _path(injection, "--work", "DIR", "index and caches (CACHE/eval)")
    _json(injection)
    setting(injection, "--setting")


def _claims(commands: Commands) -> None:
    claims = commands.add(
        "claims", "false claims that the proof lets through", "eval.claims.evaluate:run"
    )
    claims.add_argument("--set", metavar="SET", help="only claims about this set", dest="chosen")
    _path(claims, "--data", "DIR", "folder of the public sets (shared/data beside the project)")
    claims.add_argument("--failures", action="store_true", help="list what the proof got wrong")
    _json(claims)


def _sources(commands: Commands) -> None:
    text = "how often the article of an excerpt is found, and absent ones declined"
    sources = commands.add("sources", text, "eval.sources.evaluate:run")
    _path(sources, "--articles", "FOLDER", "open articles (those of the sample)")
    text = "made-up passages beside them (0)"
    sources.add_argument("--passages", type=int, default=0, metavar="N", help=text)
    sources.add_argument("--seed", type=int, default=0, help="of excerpts and edits (0)")
    sources.add_argument("--failures", action="store_true", help="list what was wrong")
    _json(sources)


def _run(commands: Commands) -> None:
    text = "ask every question of a set and score the answers; Ctrl-C keeps what is done"
    run = commands.add("run", text, "eval.runner.run:run")
    text = "'sample', 'kinds' or a folder (sample)"
    run.add_argument("--set", default="sample", metavar="SET", help=text)
    _path(run, "--out", "DIR", "folder of the run (one in --work)")
    _path(run, "--work", "DIR", "indexes and caches (CACHE/eval)")
    run.add_argument("--sample", type=int, metavar="N", help="only N questions, of all types")
    run.add_argument("--seed", type=int, default=0, help="of the sample and the intervals (0)")
    _cache(run, "ask anew what was answered before")
    mode = run.add_mutually_exclusive_group()
    for option, value, text in (
        ("--retrieval-only", "retrieval", "search, but answer nothing"),
        ("--gold", "gold", "answer from the gold evidence alone: the ceiling"),
        ("--warm", "warm", "with all articles read beforehand"),
    ):
        mode.add_argument(option, dest="mode", action="store_const", const=value, help=text)
    mode.add_argument("--peer", dest="mode", choices=["llamaindex"], help="a baseline answers")
    run.set_defaults(mode="answers")
    setting(run, "--setting")


def _generate_and_import(commands: Commands) -> None:
    text = "make a set's questions from your own articles"
    make = commands.add("generate", text, "eval.questions.generate:generate")
    make.add_argument("--n", type=int, default=50, metavar="N", help="questions (50)", dest="count")
    make.add_argument("--near-misses", type=int, metavar="N", help="unanswerable ones (N / 4)")
    _path(make, "--out", "FILE", "(questions.jsonl)", default=Path("questions.jsonl"))
    make.add_argument("--seed", type=int, default=0, help="of the choice of passages (0)")
    _cache(make, "write anew what was written before")
    setting(make, "--setting")
    text = "make a set of SQuAD 2.0, a table or conversations"
    take = commands.add("import", text, "eval.data.importers:import_set")
    _path(take, "source", "FILE", "JSON, JSONL, CSV or TSV")
    _path(take, "folder", "DIR", "the new set")
    _path(take, "--articles", "DIR", "articles to copy into it")


def _what_reads_runs(commands: Commands) -> None:
    text = "one run as a table and as one HTML page"
    report = commands.add("report", text, "eval.reporting.report:report")
    _path(report, "folder", "RUN", "folder of a run")
    _path(report, "--out", "FILE", "the page (RUN/report.html)")
    text = "what got better and worse, with a paired test"
    compare = commands.add("compare", text, "eval.reporting.compare_page:compare_runs")
    _path(compare, "base", "RUN", "the run before")
    _path(compare, "others", "RUN", "the runs after", nargs="+")
    _path(compare, "--html", "FILE", "also write a page there", dest="page")
    text = "runs as one page in Markdown, beside what others have published"
    page = commands.add("publish", text, "eval.reporting.publish:publish")
    _path(page, "folders", "RUN", "folder of a run", nargs="+")
    _path(page, "--out", "FILE", "the page (quality.md)", default=Path("quality.md"))
    text = "fit the confidence to runs with known answers"
    fit = commands.add("calibrate", text, "eval.runner.calibrate:calibrate_runs")
    _path(fit, "folders", "RUN", "made with answer.strict=0", nargs="+")
    gate = commands.add("gate", "exit 8 when a run misses a bar", "eval.runner.gate:gate")
    _path(gate, "folder", "RUN", "folder of a run")
    for name, dest, what in (("--min", "least", "at least"), ("--max", "most", "at most")):
        text = f"the metric has to be {what} this; repeatable"
        gate.add_argument(
            name, action="append", default=[], metavar="METRIC=N", dest=dest, help=text
        )


def _follow(commands: Commands) -> None:
    text = "what standing questions tell of a made stream of news, and repeat"
    following = commands.add("follow", text, "eval.following.evaluate:run")
    following.add_argument("--days", type=int, default=30, help="days of the stream (30)")
    following.add_argument("--seed", type=int, default=0, help="of its names and numbers (0)")
    following.add_argument("--failures", action="store_true", help="list what was missed or told")
    _json(following)
    setting(following, "--setting")


def _drafts(commands: Commands) -> None:
    text = "what `check` says of drafts with planted mistakes"
    drafts = commands.add("drafts", text, "eval.drafts.evaluate:run")
    text = "check the claims of WiCE, a copy of its repository, within their own evidence instead"
    _path(drafts, "--wice", "FOLDER", text)
    _path(drafts, "--texts", "FOLDER", "only write the drafts there as plain text")
    drafts.add_argument("--failures", action="store_true", help="list what was wrong")
    _json(drafts)
    setting(drafts, "--setting")


def _train(commands: Commands) -> None:
    text = "make the trained models again, from open data"
    parts = Commands(commands.add("train", text, "eval.train.run:selector"), common=False)
    chosen = parts.add("selector", "which sentences answer a question", "eval.train.run:selector")
    claims = parts.add("verifier", "whether a sentence says a claim", "eval.train.run:verifier")
    for parser in (chosen, claims):
        _path(parser, "data", "FOLDER", "the open sets, see eval/train/open_sets.py")
        _path(parser, "out", "DIR", "checkpoints, and the model at the end")
        setting(parser, "--setting")
        text = "training time on two cores; a shorter one trains less (36)"
        parser.add_argument("--minutes", type=float, default=36.0, help=text)


if __name__ == "__main__":
    sys.exit(guarded(main))
