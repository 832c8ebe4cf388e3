"""Trains a BERT that gives a logit to each token of one of two texts.

The unit that is judged is a stretch of text (a sentence, a word): its logit is the mean over its
tokens. A run stops after some minutes, keeps its state meanwhile, and goes on from there when it
is started again. On two cores a batch takes two seconds.
"""

import json
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.core import console
from eval.train.dequantise import torch_bert
from eval.train.export import export

BATCH = 16
RATE = 4e-5
WARM_UP = 0.06  # of all batches
MAX_TOKENS = 288
SAVE_S = 240.0
LOGGED = 10  # batches


@dataclass(frozen=True, slots=True)
class Unit:
    """A stretch of text and whether it is what the model shall find."""

    start: int
    end: int
    label: bool


@dataclass(frozen=True, slots=True)
class Example:
    """Two texts that are read together, and the units of the first or the second (`side` 0, 1).

    `balanced`: found and other units weigh the same, however many there are.
    """

    first: str
    second: str
    side: int
    units: tuple[Unit, ...]
    balanced: bool = False


def train(
    examples: Sequence[Example], base: Path, out: Path, minutes: float, seed: int = 0
) -> None:
    """Train from the int8 model in folder `base`, or the state in `out`; export to `out`/model."""
    import torch
    from tokenizers import Tokenizer
    from transformers import BertForTokenClassification

    torch.manual_seed(seed)
    torch.set_flush_denormal(True)
    tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    tokenizer.enable_truncation(MAX_TOKENS)
    tokenizer.enable_padding()
    model = torch_bert(base / "model.onnx", BertForTokenClassification).train()
    model.bert.embeddings.requires_grad_(False)
    trained = [weights for weights in model.parameters() if weights.requires_grad]
    optimiser = torch.optim.AdamW(trained, lr=RATE, weight_decay=0.01)
    batches = _batches(examples, random.Random(seed))
    console.say(f"{len(examples)} examples, {len(batches)} batches")
    out.mkdir(parents=True, exist_ok=True)
    run = _Run(model, optimiser, out / "state.pt", minutes * 60)
    losses: list[float] = []
    with (out / "log.jsonl").open("a") as log:
        while run.done < len(batches) and run.seconds < run.limit:
            part = max(run.done / len(batches), run.seconds / run.limit)
            for group in optimiser.param_groups:
                group["lr"] = RATE * min((run.done + 1) / (WARM_UP * len(batches)), 1 - part)
            losses.append(_step(model, optimiser, tokenizer, batches[run.done], trained))
            run.done += 1
            if run.done % LOGGED == 0:
                mean = sum(losses[-LOGGED:]) / LOGGED
                row = {"batch": run.done, "seconds": round(run.seconds), "loss": round(mean, 4)}
                print(json.dumps(row), file=log, flush=True)
            run.save_at_times()
    run.save()
    export(model, base / "tokenizer.json", out / "model")


class _Run:
    """How far a run is, and its state on disk."""

    def __init__(self, model: Any, optimiser: Any, path: Path, limit: float) -> None:
        import torch

        self.limit, self.done, self._before = limit, 0, 0.0
        self._path, self._parts = path, {"model": model, "optimiser": optimiser}
        if path.exists():
            kept = torch.load(path)
            for name, part in self._parts.items():
                part.load_state_dict(kept[name])
            self.done, self._before = kept["done"], kept["spent"]
        self._began = self._saved = time.monotonic()

    @property
    def seconds(self) -> float:
        """Training time so far, of earlier processes too."""
        return self._before + time.monotonic() - self._began

    def save_at_times(self) -> None:
        if time.monotonic() - self._saved > SAVE_S:
            self.save()

    def save(self) -> None:
        import torch

        self._saved = time.monotonic()
        values = {name: part.state_dict() for name, part in self._parts.items()}
        partial = self._path.with_suffix(".part")
        torch.save({**values, "done": self.done, "spent": self.seconds}, partial)
        partial.replace(self._path)


def _batches(examples: Sequence[Example], chance: random.Random) -> list[list[Example]]:
    """Batches of examples of like length, in random order."""
    shuffled = chance.sample(examples, len(examples))
    found = []
    for start in range(0, len(shuffled), BATCH * 50):
        block = shuffled[start : start + BATCH * 50]
        block.sort(key=lambda one: len(one.first) + len(one.second))
        found += [block[i : i + BATCH] for i in range(0, len(block), BATCH)]
    chance.shuffle(found)
    return found


def _step(
    model: Any, optimiser: Any, tokenizer: Any, batch: Sequence[Example], trained: Sequence[Any]
) -> float:
    import torch
    from torch.nn.functional import binary_cross_entropy_with_logits

    encodings = tokenizer.encode_batch([(one.first, one.second) for one in batch])
    inputs = {
        "input_ids": torch.tensor([one.ids for one in encodings]),
        "attention_mask": torch.tensor([one.attention_mask for one in encodings]),
        "token_type_ids": torch.tensor([one.type_ids for one in encodings]),
    }
    with torch.autocast("cpu", torch.bfloat16):
        logits = model(**inputs).logits.float()[..., 0]
    rows, labels, weights = [], [], []
    for row, (encoding, example) in enumerate(zip(encodings, batch, strict=True)):
        known = list(_tokens_of(encoding, example))
        counts = [sum(unit.label == label for unit, _ in known) for label in (False, True)]
        for unit, tokens in known:
            inside = torch.zeros(logits.shape)
            inside[row, tokens] = 1 / len(tokens)
            rows.append(inside.flatten())
            labels.append(float(unit.label))
            weights.append(1 / counts[unit.label] if example.balanced else 1.0)
    losses = binary_cross_entropy_with_logits(
        torch.stack(rows) @ logits.flatten(), torch.tensor(labels), reduction="none"
    )
    weighing = torch.tensor(weights)
    loss = (losses * weighing).sum() / weighing.sum()
    torch.autograd.backward(loss)
    torch.nn.utils.clip_grad_norm_(trained, 1.0)
    optimiser.step()
    optimiser.zero_grad()
    return float(loss.detach())


def _tokens_of(encoding: Any, example: Example) -> Iterator[tuple[Unit, list[int]]]:
    """Each unit with the positions of its tokens, without those that were cut off."""
    for unit in example.units:
        tokens = [
            i
            for i, (at, end) in enumerate(encoding.offsets)
            if encoding.sequence_ids[i] == example.side and unit.start <= at < unit.end
        ]
        if tokens:
            yield unit, tokens
