"""What a new process waits for, part by part: prints one JSON object of seconds.

Run as `python -m eval.benchmarks.cold_start` by `eval.benchmarks.speed`, because an import can be timed only once in a
process. The parts are in the order in which a question needs them.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable


def main() -> None:
    """Time each part of a cold question against the index and models of the settings."""
    from assistant.container import App, stay_offline
    from assistant.core.settings import load

    stay_offline()
    seconds: dict[str, float] = {}

    def timed(name: str, part: Callable[[], object]) -> None:
        start = time.perf_counter()
        part()
        seconds[name] = time.perf_counter() - start

    app = App(load())
    timed("import numpy, onnxruntime, tokenizers", _import_onnx)
    timed("load the embedder", lambda: app.embedder)
    timed("load the reranker", lambda: app.reranker)
    timed("open the index", lambda: app.search.generation)
    timed("first search", lambda: app.search.search("Who is the ROK representative?", 6))
    timed("load the language model", app.model)
    app.close()
    sys.stdout.write(json.dumps(seconds))


def _import_onnx() -> None:
    import numpy
    import onnxruntime
    import tokenizers

    assert numpy and onnxruntime and tokenizers


if __name__ == "__main__":
    main()
