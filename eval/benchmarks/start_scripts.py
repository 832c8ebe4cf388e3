"""Scripts that `speed_start` times from outside, each in a process of its own.

`python -m eval.benchmarks.start_scripts chroma|numpy QUESTION` is the floor of a cold question: it
embeds a question and finds the ten nearest, without any code of the project; the environment names
the folders of models and index. `… parts` times the parts of a cold question in the order it needs
them, because an import can be timed only once, and prints a JSON object of seconds.
"""

import importlib
import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

MODEL = "bge-small-en-v1.5-int8"
PREFIX = "Represent this sentence for searching relevant passages: "
_LIBRARIES = ("numpy", "onnxruntime", "tokenizers")


def nearest(way: str, question: str) -> object:
    """The ids (chroma) or rows (numpy) of the ten passages nearest to a question."""
    import numpy as np
    import onnxruntime
    from tokenizers import Tokenizer

    root = Path(os.environ["ASSISTANT_DATA"]) / "index"
    chroma = root / (root / "CURRENT").read_text("utf-8").strip() / "chroma"
    folder = Path(os.environ["ASSISTANT_CACHE"]) / "models" / MODEL
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    session = onnxruntime.InferenceSession(
        str(folder / "model.onnx"), providers=["CPUExecutionProvider"]
    )
    read = tokenizer.encode(PREFIX + question)
    names = ("input_ids", "attention_mask", "token_type_ids")
    values = (read.ids, read.attention_mask, read.type_ids)
    inputs = {name: np.array([v], np.int64) for name, v in zip(names, values, strict=True)}
    (hidden, *_) = session.run(None, inputs)
    vector = hidden[0][0] / np.linalg.norm(hidden[0][0])  # (384,), the CLS token
    if way == "numpy":
        return np.argsort(-(np.load(chroma / "plain.npy") @ vector))[:10]
    import chromadb

    with tempfile.TemporaryDirectory() as copy:  # Chroma writes to what it reads
        shutil.copytree(chroma, copy, dirs_exist_ok=True)
        off = chromadb.config.Settings(anonymized_telemetry=False)
        collection = chromadb.PersistentClient(copy, settings=off).get_collection(
            "passages", embedding_function=None
        )
        return collection.query(vector[None], n_results=10)["ids"]


def parts() -> str:
    """The seconds of each part, with the index and models of the settings."""
    from assistant.container import App, stay_offline
    from assistant.core.settings import load

    stay_offline()
    app = App(load())
    seconds: dict[str, float] = {}
    for name, part in {
        f"import {', '.join(_LIBRARIES)}": lambda: list(map(importlib.import_module, _LIBRARIES)),
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
    return json.dumps(seconds)


if __name__ == "__main__":
    sys.stdout.write(f"{parts() if sys.argv[1] == 'parts' else nearest(*sys.argv[1:])}\n")
