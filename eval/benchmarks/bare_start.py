"""The floor of a cold question: a short script that embeds a question and finds the ten nearest.

Run as `python -m eval.benchmarks.bare_start chroma|numpy QUESTION` by `speed_start`. Imports
nothing of the project; the environment names the folders of models and index.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

MODEL = "bge-small-en-v1.5-int8"
PREFIX = "Represent this sentence for searching relevant passages: "


def main(way: str, question: str) -> None:
    """Print the ids (chroma) or rows (numpy) of the ten passages nearest to a question."""
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
        found = np.argsort(-(np.load(chroma / "plain.npy") @ vector))[:10]
        sys.stdout.write(f"{found}\n")
        return
    import chromadb

    with tempfile.TemporaryDirectory() as copy:  # Chroma writes to what it reads
        shutil.copytree(chroma, copy, dirs_exist_ok=True)
        off = chromadb.config.Settings(anonymized_telemetry=False)
        collection = chromadb.PersistentClient(copy, settings=off).get_collection(
            "passages", embedding_function=None
        )
        sys.stdout.write(f"{collection.query(vector[None], n_results=10)['ids']}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
