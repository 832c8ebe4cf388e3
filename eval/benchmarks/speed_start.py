"""Cold start: `assistant ask` without a server, beside a bare script."""

import json
import subprocess
import sys
import time
from functools import partial

from assistant.core.settings import Settings
from eval.benchmarks.measure import Figures, environment, medians, python, sample_questions

ROUNDS = 5


def measure_start(settings: Settings) -> Figures:
    """Seconds until the evidence is printed, the same by a bare script, and the parts.

    The bare script (`start_scripts`) embeds a question with onnxruntime and searches the index's
    Chroma folder; it reads no article and reranks nothing. The second floor compares all vectors
    with numpy in place of Chroma.
    """
    environ = environment(settings)
    run = partial(python, environ)
    questions = sample_questions()
    rows = []
    for question in questions[:ROUNDS]:  # interleaved, so that a busy minute affects all alike
        row = {
            "python -c pass (s)": run("-c", "pass")[0],
            "assistant --help (s)": run("-m", "assistant", "--help")[0],
        }
        bare, _ = run("-m", "eval.benchmarks.start_scripts", "chroma", question)
        exact, _ = run("-m", "eval.benchmarks.start_scripts", "numpy", question)
        evidence = _evidence_seconds(environ, question)
        row |= {
            "bare: interpreter, session, embedding, Chroma (s)": bare,
            "bare: the same with numpy in place of Chroma (s)": exact,
            "ask without a server, to the evidence (s)": evidence,
            "ask without a server, to the evidence ÷ bare": evidence / bare,
            "  ÷ bare with numpy": evidence / exact,
        }
        rows.append(row)
    parts: Figures = json.loads(run("-m", "eval.benchmarks.start_scripts", "parts")[1])
    total, printed = run("-m", "assistant", "ask", "--here", "--json", questions[0])
    timings = json.loads(printed)["timings"]
    after_first = timings["total_s"] - (timings["first_token_s"] or timings["total_s"])
    return {
        **medians(rows),
        "ask without a server, to the first word (s)": total - after_first,
        "ask without a server, whole (s)": total,
        **parts,
    }


def _evidence_seconds(environ: dict[str, str], question: str) -> float:
    command = [sys.executable, "-m", "assistant", "ask", "--here", "--json", "--stream"]
    begin = time.perf_counter()
    with subprocess.Popen(
        [*command, question], env=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as asking:
        event = json.loads(asking.stdout.readline() if asking.stdout else b"")
        took = time.perf_counter() - begin
        asking.terminate()
    assert event["event"] == "evidence", question
    return took
