"""shared/semantic/network.py"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from shared.errors import Unfit
from shared.semantic.network import Network
from tests.semantic_model import HEADS, LAYERS, WIDTH, Weights, weights

WEIGHTS = weights()
NETWORK = Network(WEIGHTS, HEADS)


def by_the_book(given: Weights, pieces: list[int]) -> np.ndarray[Any, Any]:
    """The same network a number at a time, with double precision and the exact error function."""
    known = {name: each.astype(float) for name, each in given.items()}

    def normal(name: str, row: Any) -> Any:
        row = row - row.mean()
        scaled = row / math.sqrt((row**2).mean() + 1e-12)
        return scaled * known[f"{name}.LayerNorm.weight"] + known[f"{name}.LayerNorm.bias"]

    def dense(name: str, row: Any) -> Any:
        return known[f"{name}.weight"] @ row + known[f"{name}.bias"]

    words, positions, kinds = (
        known[f"embeddings.{kind}_embeddings.weight"] for kind in ("word", "position", "token_type")
    )
    rows = [normal("embeddings", words[piece] + positions[place] + kinds[0]) for place, piece in enumerate(pieces)]
    for layer in (f"encoder.layer.{number}" for number in range(LAYERS)):
        looked = {
            part: [dense(f"{layer}.attention.self.{part}", row) for row in rows] for part in ("query", "key", "value")
        }
        size, after = WIDTH // HEADS, []
        for place, row in enumerate(rows):
            seen = np.zeros(WIDTH)
            for part in (slice(head * size, (head + 1) * size) for head in range(HEADS)):
                looks = [math.exp(looked["query"][place][part] @ key[part] / math.sqrt(size)) for key in looked["key"]]
                for look, value in zip(looks, looked["value"], strict=True):
                    seen[part] += look / sum(looks) * value[part]
            middle = normal(f"{layer}.attention.output", dense(f"{layer}.attention.output.dense", seen) + row)
            hidden = [x * 0.5 * (1 + math.erf(x / math.sqrt(2))) for x in dense(f"{layer}.intermediate.dense", middle)]
            after.append(normal(f"{layer}.output", dense(f"{layer}.output.dense", np.array(hidden)) + middle))
        rows = after
    mean = np.mean(rows, axis=0)
    return np.asarray(mean / np.linalg.norm(mean))


@pytest.mark.parametrize("pieces", [[2, 3], [2, 5, 5, 7, 3], list(range(24))], ids=len)
def test_it_computes_what_the_papers_say(pieces: list[int]) -> None:
    """To the precision of the hyperbolic tangent that stands for the error function."""
    assert float(np.abs(by_the_book(WEIGHTS, pieces) - NETWORK.vector(pieces)).max()) < 2e-3


def test_a_vector_is_one_long() -> None:
    """And the same every time."""
    vector = NETWORK.vector([2, 9, 3])

    assert 1.0 == round(float(vector @ vector), 5)
    assert vector.tolist() == NETWORK.vector([2, 9, 3]).tolist()


@pytest.mark.parametrize("missing", ["embeddings.position_embeddings.weight", "encoder.layer.1.output.dense.bias"])
def test_weights_that_are_not_whole_are_refused(missing: str) -> None:
    """At the start, not at the first document."""
    with pytest.raises(Unfit, match="not those of a BERT encoder"):
        Network({name: each for name, each in WEIGHTS.items() if name != missing}, HEADS)
