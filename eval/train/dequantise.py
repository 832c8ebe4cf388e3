"""Turns the int8 cross-encoder of the catalogue back into a torch BERT, to train on from there.

An int8 weight is `scale * (q - zero_point)` (ONNX, DequantizeLinear). Activations of the int8 model
are quantised as well and those of the torch model are not, so logits agree but for that rounding.
"""

import re
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

_LAYER = re.compile(r"/bert/encoder/layer\.(\d+)/(.+)/MatMul(?:_quant)?$")
HEADS = 12


def dequantised(model: Path) -> dict[str, npt.NDArray[np.float32]]:
    """The weights of an int8 BERT cross-encoder in ONNX, by their names in transformers."""
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(str(model)).graph
    values = {one.name: numpy_helper.to_array(one) for one in graph.initializer}

    def weight(name: str) -> npt.NDArray[np.float32]:
        quantised = values[f"{name}_quantized"].astype(np.float32)
        zero = values[f"{name}_zero_point"].astype(np.float32)
        return np.asarray((quantised - zero) * values[f"{name}_scale"], np.float32)

    found = {name: value for name, value in values.items() if name.startswith(("bert.", "class"))}
    found = {name: value for name, value in found.items() if value.dtype == np.float32}
    found = {name: value for name, value in found.items() if not name.endswith("_scale")}
    for name in values:
        if name.endswith(".weight_quantized"):
            plain = name.removesuffix("_quantized")
            embeds = plain.startswith("bert.embeddings.")
            found[plain] = weight(plain) if embeds else weight(plain).T  # Gemm became MatMul
    for node in graph.node:
        place = _LAYER.match(node.name)
        if node.op_type == "MatMulInteger" and place:
            inner = place[2].replace("/", ".")
            name = node.input[1].removesuffix("_quantized")
            found[f"bert.encoder.layer.{place[1]}.{inner}.weight"] = weight(name).T
    return found


def torch_bert(model: Path, head: Any) -> Any:
    """A transformers model of class `head`, with one output, and the weights of an int8 ONNX file.

    A head's own weights are taken where they fit, and begin at random where they do not.
    """
    import torch
    from transformers import BertConfig

    weights = dequantised(model)
    vocabulary, width = weights["bert.embeddings.word_embeddings.weight"].shape
    layers = 1 + max(int(name.split(".")[3]) for name in weights if ".layer." in name)
    inner = weights["bert.encoder.layer.0.intermediate.dense.weight"].shape[0]
    config = BertConfig(
        vocab_size=vocabulary,
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=HEADS,
        intermediate_size=inner,
    )
    config.num_labels = 1
    built = head(config)
    known = built.state_dict()
    fitting = {
        name: torch.from_numpy(value.copy())
        for name, value in weights.items()
        if name in known and tuple(known[name].shape) == value.shape
    }
    built.load_state_dict(fitting, strict=False)
    return built
