"""What a new process waits for: `assistant ask` without a server, beside a bare script."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time

from assistant.cli.ask import REFUSED
from assistant.core.settings import Settings
from eval.benchmarks.speed_questions import asked
from eval.benchmarks.speed_server import environment
from index.core.errors import UserError

TIMES = 5  # of each, in turn


def measure_start(settings: Settings) -> dict[str, float]:
    """Seconds until the evidence is printed, the same by a bare script, and the parts.

    The bare script (`eval.benchmarks.bare_start`) embeds a question with onnxruntime and searches the index's
    Chroma folder. It reads no article and reranks nothing. The second floor compares all vectors
    with numpy in place of Chroma.
    """
    environ = environment(settings)

    def process(*command: str) -> tuple[float, str]:
        start = time.perf_counter()
        done = subprocess.run(
            [sys.executable, *command], env=environ, capture_output=True, text=True, check=False
        )
        if done.returncode not in (0, REFUSED):
            raise UserError(f"{' '.join(command)} failed: {done.stderr.strip()[-200:]}")
        return time.perf_counter() - start, done.stdout

    def evidence(question: str) -> float:
        start = time.perf_counter()
        command = ["-m", "assistant.cli", "ask", "--here", "--json", "--stream", question]
        with subprocess.Popen(
            [sys.executable, *command],
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as asking:
            event = json.loads(asking.stdout.readline() if asking.stdout else "")
            took = time.perf_counter() - start
            asking.terminate()
        assert event["event"] == "evidence", question
        return took

    rounds = []
    for question in asked()[:TIMES]:  # in turn, so that a busy minute is in all of them
        rounds.append(
            (
                process("-c", "pass")[0],
                process("-m", "assistant.cli", "--help")[0],
                process("-m", "eval.benchmarks.bare_start", "chroma", question)[0],
                process("-m", "eval.benchmarks.bare_start", "numpy", question)[0],
                evidence(question),
            )
        )
    nothing, helping, bare, exact, evident = map(statistics.median, zip(*rounds, strict=True))
    parts: dict[str, float] = json.loads(process("-m", "eval.benchmarks.cold_start")[1])
    total, printed = process("-m", "assistant.cli", "ask", "--here", "--json", asked()[0])
    timings = json.loads(printed)["timings"]
    return {
        "python -c pass (s)": nothing,
        "assistant --help (s)": helping,
        "bare: interpreter, session, embedding, Chroma (s)": bare,
        "bare: the same with numpy in place of Chroma (s)": exact,
        "ask without a server, to the evidence (s)": evident,
        "ask without a server, to the evidence ÷ bare": statistics.median(
            row[-1] / row[2] for row in rounds
        ),
        "  ÷ bare with numpy": statistics.median(row[-1] / row[3] for row in rounds),
        "ask without a server, to the first word (s)": total
        - timings["total_s"]
        + (timings["first_token_s"] or timings["total_s"]),
        "ask without a server, whole (s)": total,
        **parts,
    }
