"""A sentence model small enough to make in a test: two layers of eight numbers, made by lot, and a few words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

WIDTH, HIDDEN, HEADS, LAYERS, POSITIONS = 8, 12, 2, 2, 24
VOCABULARY = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    *"abcdefghijklmnopqrstuvwxyz0123456789.,",
    *(f"##{c}" for c in "abcdefghijklmnopqrstuvwxyz"),
]
VOCABULARY += ["moon", "moons", "##light", "tide", "##s", "sea", "law", "the", "月"]

Weights = dict[str, NDArray[np.float32]]


def weights(seed: int = 5) -> Weights:
    """Named as those of a BERT encoder are."""
    random = np.random.default_rng(seed)

    def some(*shape: int) -> NDArray[np.float32]:
        return random.normal(0, 0.5, shape).astype(np.float32)

    def dense(name: str, out: int, into: int) -> Weights:
        return {f"{name}.weight": some(out, into), f"{name}.bias": some(out)}

    def normal(name: str) -> Weights:
        return {f"{name}.LayerNorm.weight": some(WIDTH), f"{name}.LayerNorm.bias": some(WIDTH)}

    found = normal("embeddings")
    for kind, rows in (("word", len(VOCABULARY)), ("position", POSITIONS), ("token_type", 2)):
        found[f"embeddings.{kind}_embeddings.weight"] = some(rows, WIDTH)
    for layer in (f"encoder.layer.{number}" for number in range(LAYERS)):
        for part in ("query", "key", "value"):
            found |= dense(f"{layer}.attention.self.{part}", WIDTH, WIDTH)
        found |= dense(f"{layer}.attention.output.dense", WIDTH, WIDTH) | normal(f"{layer}.attention.output")
        found |= dense(f"{layer}.intermediate.dense", HIDDEN, WIDTH)
        found |= dense(f"{layer}.output.dense", WIDTH, HIDDEN) | normal(f"{layer}.output")
    return found


def safetensors(tensors: Weights) -> bytes:
    """The file as the format's page describes it, with a tensor of whole numbers among them that is no weight."""
    parts: dict[str, NDArray[Any]] = {"embeddings.position_ids": np.arange(POSITIONS), **tensors}
    head: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name, part in parts.items():
        kind = "F32" if part.dtype == np.float32 else "I64"
        head[name] = {"dtype": kind, "shape": list(part.shape), "data_offsets": [end, end := end + part.nbytes]}
    written = json.dumps(head).encode()
    written += b" " * (-len(written) % 8)
    return len(written).to_bytes(8, "little") + written + b"".join(part.tobytes() for part in parts.values())


def write_model(folder: Path) -> Path:
    """The files of a model, in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps({"num_attention_heads": HEADS}))
    (folder / "vocab.txt").write_text("\n".join(VOCABULARY) + "\n", encoding="utf-8")
    (folder / "model.safetensors").write_bytes(safetensors(weights()))
    return folder
