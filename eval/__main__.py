"""`python -m eval` and `assistant eval`: measure answers, speed and extraction."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from assistant.cli.guarded import guarded


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one measurement; returns the exit code."""
    options = _parser().parse_args(arguments)

    from assistant.container import stay_offline

    stay_offline()
    code: int = options.run(options)
    return code


def _parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="assistant eval", description="Measure the assistant.")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    speed = commands.add_parser(
        "speed", help="how fast, against what the parts do alone, in one run"
    )
    speed.add_argument("--questions", type=int, default=5, help="questions asked (5)")
    speed.add_argument("--articles", type=int, default=150, help="made-up articles ingested (150)")
    speed.add_argument(
        "--passages", type=int, default=0, help="passages searched through the server too (0: none)"
    )
    speed.add_argument("--json", type=Path, metavar="FILE", help="also write the figures there")
    speed.set_defaults(run=_speed)
    _speed_ingest_options(speed.add_subparsers(dest="part", metavar="PART"))
    extract = commands.add_parser(
        "extract", help="what extraction loses and lets in, on pages whose truth is known"
    )
    extract.add_argument("--failures", action="store_true", help="list what ours got wrong")
    extract.add_argument("--pages", type=Path, metavar="FOLDER", help="also write the pages there")
    extract.add_argument("--json", type=Path, metavar="FILE", help="also write the figures there")
    extract.set_defaults(run=_extract)
    injection = commands.add_parser(
        "injection", help="how often the model obeys an article; Ctrl-C keeps what is done"
    )
    injection.add_argument("--work", type=Path, metavar="DIR", help="index, drafts (CACHE/eval)")
    injection.add_argument("--json", type=Path, metavar="FILE", help="also write what came of each")
    injection.add_argument("--setting", action="append", default=[], metavar="KEY=VALUE")
    injection.set_defaults(run=_injection)
    _run_options(commands)
    _reading_options(commands)
    return top


def _run_options(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    run = commands.add_parser(
        "run", help="ask every question of a set and score the answers; Ctrl-C keeps what is done"
    )
    run.add_argument("--set", default="sample", metavar="SET", help="'sample' or a folder (sample)")
    run.add_argument("--out", type=Path, metavar="DIR", help="folder of the run (one in --work)")
    run.add_argument("--work", type=Path, metavar="DIR", help="indexes and answers (CACHE/eval)")
    run.add_argument("--sample", type=int, metavar="N", help="only N questions, of all types")
    run.add_argument("--seed", type=int, default=0, help="of the sample and the intervals (0)")
    run.add_argument("--no-cache", action="store_true", help="ask anew what was answered before")
    way = run.add_mutually_exclusive_group()
    way.add_argument("--retrieval-only", action="store_true", help="search, but answer nothing")
    way.add_argument("--gold", action="store_true", help="answer from the proof alone: the ceiling")
    way.add_argument("--warm", action="store_true", help="with all articles read beforehand")
    way.add_argument("--peer", default="", choices=["llamaindex"], help="another answers instead")
    run.add_argument("--setting", action="append", default=[], metavar="KEY=VALUE", help="any one")
    run.set_defaults(run=_run)
    make = commands.add_parser("generate", help="make a set's questions from your own articles")
    make.add_argument("--n", type=int, default=50, metavar="N", help="questions (50)")
    make.add_argument("--near-misses", type=int, metavar="N", help="unanswerable ones (N / 4)")
    make.add_argument("--out", type=Path, default=Path("questions.jsonl"), metavar="FILE")
    make.add_argument("--seed", type=int, default=0, help="of the choice of passages (0)")
    make.add_argument("--no-cache", action="store_true", help="write anew what was written before")
    make.add_argument("--setting", action="append", default=[], metavar="KEY=VALUE", help="any one")
    make.set_defaults(run=_generate)
    take = commands.add_parser("import", help="make a set of SQuAD 2.0, a table or conversations")
    take.add_argument("source", type=Path, metavar="FILE", help="JSON, JSONL, CSV or TSV")
    take.add_argument("folder", type=Path, metavar="DIR", help="the new set")
    take.add_argument("--articles", type=Path, metavar="DIR", help="articles to copy into it")
    take.set_defaults(run=_import)


def _reading_options(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    report = commands.add_parser("report", help="one run as a table and as one HTML page")
    report.add_argument("folder", type=Path, metavar="RUN", help="folder of a run")
    report.add_argument("--out", type=Path, metavar="FILE", help="the page (RUN/report.html)")
    report.set_defaults(run=_report)
    compare = commands.add_parser("compare", help="what got better and worse, with a paired test")
    compare.add_argument("base", type=Path, metavar="RUN", help="the run before")
    compare.add_argument("others", type=Path, metavar="RUN", nargs="+", help="the runs after")
    compare.add_argument("--html", type=Path, metavar="FILE", help="also write a page there")
    compare.set_defaults(run=_compare)
    fit = commands.add_parser("calibrate", help="fit the confidence to runs with known answers")
    fit.add_argument(
        "folders", type=Path, metavar="RUN", nargs="+", help="made with answer.strict=0"
    )
    fit.set_defaults(run=_calibrate)
    gate = commands.add_parser("gate", help="exit 8 when a run misses a bar")
    gate.add_argument("folder", type=Path, metavar="RUN", help="folder of a run")
    for kind, what in (("min", "at least"), ("max", "at most")):
        gate.add_argument(
            f"--{kind}",
            action="append",
            default=[],
            metavar="METRIC=NUMBER",
            help=f"the metric has to be {what} this; repeatable",
        )
    gate.set_defaults(run=_gate)


def _speed_ingest_options(parts: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    ingest = parts.add_parser("ingest", help="ingest and search with many articles; 0 leaves out")
    for name, size, what in (
        ("articles", 1000, "articles ingested twice with the real embedder"),
        ("memory", 50_000, "passages of the ingest whose memory is measured"),
        ("search", 300_000, "passages of the index that is searched"),
        ("equality", 0, "articles brought into folder, Chroma server and cluster, and compared"),
    ):
        ingest.add_argument(f"--{name}", type=int, default=size, help=f"{what} ({size})")
    ingest.add_argument("--json", type=Path, metavar="FILE", help="also write the figures there")
    ingest.set_defaults(run=_speed_ingest)


def _speed_ingest(options: argparse.Namespace) -> int:
    from eval.benchmarks.speed_ingest import run

    return run(
        articles=options.articles,
        memory=options.memory,
        search=options.search,
        equality=options.equality,
        json_file=options.json,
    )


def _speed(options: argparse.Namespace) -> int:
    from eval.benchmarks.speed import run

    return run(options.questions, options.articles, options.passages, options.json)


def _run(options: argparse.Namespace) -> int:
    from assistant.core.settings import load, parse_flags
    from eval.runner.plan import Options
    from eval.runner.run import run

    wanted = Options(
        set=options.set,
        out=options.out,
        work=options.work,
        sample=options.sample,
        seed=options.seed,
        cached=not options.no_cache,
        retrieval_only=options.retrieval_only,
        gold=options.gold,
        warm=options.warm,
        peer=options.peer,
    )
    return run(wanted, load(parse_flags(options.setting)))


def _generate(options: argparse.Namespace) -> int:
    from assistant.core.settings import load, parse_flags
    from eval.questions.generate import Wanted, generate

    near_misses = options.n // 4 if options.near_misses is None else options.near_misses
    wanted = Wanted(options.n, near_misses, options.out, options.seed, not options.no_cache)
    return generate(wanted, load(parse_flags(options.setting)))


def _import(options: argparse.Namespace) -> int:
    from eval.data.importers import take

    print(take(options.source, options.folder, options.articles))
    return 0


def _extract(options: argparse.Namespace) -> int:
    from eval.extraction.evaluate import run

    return run(options.failures, options.json, options.pages)


def _injection(options: argparse.Namespace) -> int:
    from assistant.core.settings import load, parse_flags
    from eval.robustness.injection import run

    return run(load(parse_flags(options.setting)), options.work, options.json)


def _report(options: argparse.Namespace) -> int:
    from eval.reporting.report import tell

    tell(options.folder, options.out)
    return 0


def _compare(options: argparse.Namespace) -> int:
    from eval.data.run_records import read
    from eval.reporting import html_page as page
    from eval.reporting.compare_page import html, lines
    from eval.reporting.table import show
    from eval.scoring.compare import compare

    base = read(options.base)
    found = [compare(base, read(folder)) for folder in options.others]
    for one in found:
        show([*lines(one), ""])
    if options.html:
        page.write(options.html, html(found))
        show([f"Page: {options.html}"])
    return 0


def _calibrate(options: argparse.Namespace) -> int:
    from eval.data.run_records import read
    from eval.reporting.table import show
    from eval.runner.calibrate import calibrate

    show(list(calibrate([read(folder) for folder in options.folders]).lines()))
    return 0


def _gate(options: argparse.Namespace) -> int:
    from eval.data.run_records import read
    from eval.reporting.table import show
    from eval.runner.gate import lines, parse

    told, code = lines(read(options.folder), parse("min", options.min) + parse("max", options.max))
    show(told)
    return code


if __name__ == "__main__":
    sys.exit(guarded(main))
