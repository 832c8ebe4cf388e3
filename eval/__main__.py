"""`python -m eval` and `assistant eval`: measure speed (quality comes with the next release)."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from index.errors import UserError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one measurement; returns the exit code."""
    top = argparse.ArgumentParser(prog="assistant eval", description="Measure the assistant.")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    speed = commands.add_parser(
        "speed", help="how fast, against what the parts do alone, in one run"
    )
    speed.add_argument("--questions", type=int, default=5, help="questions asked (5)")
    speed.add_argument("--articles", type=int, default=150, help="made-up articles ingested (150)")
    speed.add_argument("--json", type=Path, metavar="FILE", help="also write the figures there")
    options = top.parse_args(arguments)

    from assistant.build import stay_offline
    from eval.speed import run

    stay_offline()
    return run(options.questions, options.articles, options.json)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except UserError as problem:
        print(f"eval: {problem}", file=sys.stderr)
        sys.exit(problem.exit_code)
