"""Times the parts of a cold question in the order it needs them; prints a JSON object of seconds.

Run as `python -m eval.benchmarks.cold_start`, because an import can be timed only once in a
process; nothing is imported here beforehand.
"""

from __future__ import annotations

import importlib
import json
import sys
import time


def main() -> None:
    """Time each part against the index and models of the settings."""
    from assistant.container import App, stay_offline
    from assistant.core.settings import load

    stay_offline()
    app = App(load())
    onnx = ("numpy", "onnxruntime", "tokenizers")
    seconds: dict[str, float] = {}
    for name, part in {
        f"import {', '.join(onnx)}": lambda: [importlib.import_module(one) for one in onnx],
        "load the embedder": lambda: app.embedder,
        "load the reranker": lambda: app.reranker,
        "open the index": lambda: app.search.generation,
        "first search": lambda: app.search.search("Who is the ROK representative?", 6),
        "load the language model": app.model,
    }.items():
        begin = time.perf_counter()
        part()
        seconds[name] = time.perf_counter() - begin
    app.close()
    sys.stdout.write(json.dumps(seconds))


if __name__ == "__main__":
    main()
