"""Writes a trained BERT as an int8 ONNX file that `index.embedding.onnx_model` reads."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

INPUTS = ("input_ids", "attention_mask", "token_type_ids")


def export(model: Any, tokenizer: Path, folder: Path) -> None:
    """Write `model.onnx` (weights and embeddings in int8) and `tokenizer.json` into `folder`."""
    import torch
    from onnxruntime.quantization import QuantType, quantize_dynamic

    model = model.eval()
    model.config.return_dict = False
    example = {name: torch.ones(1, 16, dtype=torch.int64) for name in INPUTS}
    axes = {name: {0: "batch", 1: "tokens"} for name in INPUTS}
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        plain = Path(scratch) / "model.onnx"
        torch.onnx.export(
            model,
            tuple(example.values()),
            str(plain),
            input_names=list(INPUTS),
            output_names=["logits"],
            dynamic_axes=axes,
            opset_version=17,
            dynamo=False,
        )
        quantize_dynamic(
            plain, folder / "model.onnx", per_channel=True, weight_type=QuantType.QInt8
        )
    shutil.copy(tokenizer, folder / "tokenizer.json")
