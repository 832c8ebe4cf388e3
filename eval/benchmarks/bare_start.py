"""The floor of a cold question: what a short script needs to find the nearest passages.

Run as `python -m eval.benchmarks.bare_start chroma|numpy QUESTION` by `eval.benchmarks.speed_start`. Nothing of ours is
imported; where models and index are is read from the environment.
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


def main(home: str, question: str) -> None:
    """Print the ids or rows of the ten passages nearest to a question."""
    root = Path(os.environ["ASSISTANT_DATA"]) / "index"
    chroma = root / (root / "CURRENT").read_text("utf-8").strip() / "chroma"
    folder = Path(os.environ["ASSISTANT_CACHE"]) / "models" / MODEL
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    session = onnxruntime.InferenceSession(
        str(folder / "model.onnx"), providers=["CPUExecutionProvider"]
    )
    read = tokenizer.encode(PREFIX + question)
    feed = {
        "input_ids": read.ids,
        "attention_mask": read.attention_mask,
        "token_type_ids": read.type_ids,
    }
    (hidden, *_) = session.run(None, {k: np.array([v], np.int64) for k, v in feed.items()})
    vector = hidden[0][0] / np.linalg.norm(hidden[0][0])
    if home == "numpy":
        rows = np.argsort(-(np.load(chroma / "plain.npy") @ vector))[:10]
        sys.stdout.write(f"{rows}\n")
        return
    import chromadb

    with tempfile.TemporaryDirectory() as copy:  # Chroma writes to what it reads
        shutil.copytree(chroma, copy, dirs_exist_ok=True)
        client = chromadb.PersistentClient(
            copy, settings=chromadb.config.Settings(anonymized_telemetry=False)
        )
        collection = client.get_collection("passages", embedding_function=None)
        found = collection.query(query_embeddings=vector[None], n_results=10)
        sys.stdout.write(f"{found['ids']}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
