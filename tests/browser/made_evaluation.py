"""Stands in for `assistant eval` in the page's test: writes a made-up run, slowly, or compares."""

from __future__ import annotations

import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from eval.__main__ import main  # noqa: E402
from eval.reporting.report import report  # noqa: E402
from tests.made_runs import mixed, write  # noqa: E402


def run(words: list[str]) -> None:
    out = Path(words[words.index("--out") + 1])
    size = int(words[words.index("--sample") + 1])
    write(out, mixed(size))
    cases, summary = out / "cases.jsonl", out / "summary.json"
    lines, figures = cases.read_text("utf-8").splitlines(keepends=True), summary.read_text("utf-8")
    summary.unlink()
    try:
        for done in range(1, len(lines) + 1):
            cases.write_text("".join(lines[:done]), "utf-8")
            time.sleep(0.2)
    except KeyboardInterrupt:
        pass
    cases.write_text("".join(lines), "utf-8")
    summary.write_text(figures, "utf-8")
    report(out)


if __name__ == "__main__":
    if sys.argv[1] == "run":
        run(sys.argv[2:])
    else:
        sys.exit(main(sys.argv[1:]))
