"""Pure. The network of a BERT encoder: numbers of pieces → one vector for the whole text.

numpy alone computes it: a text of 128 pieces takes 2.7 billion operations, which its matrix products do as fast as an inference
engine without quantisation does, and without that engine there is nothing to install but the weights. (Vaswani et al., Attention is all you
need, 2017; J. Devlin et al., 2019; the mean of the pieces as the text's vector: N. Reimers and I. Gurevych, Sentence-BERT, 2019.)
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from shared.errors import Unfit

Floats = NDArray[np.float32]

QUERY, KEY, VALUE = (f"attention.self.{name}" for name in ("query", "key", "value"))
ATTENDED = "attention.output"
HIDDEN, OUTPUT = "intermediate.dense", "output"
TINY = 1e-12
TO_HYPERBOLA = math.sqrt(2 / math.pi)


class Network:
    """Weights by their names in the model's file; `heads` of attention."""

    def __init__(self, weights: Mapping[str, Floats], heads: int) -> None:
        self._weights = weights
        self._heads = heads
        self._layers = len({name.split(".")[2] for name in weights if name.startswith("encoder.layer.")})
        try:
            self.most_pieces, self.width = weights["embeddings.position_embeddings.weight"].shape
            self.vector([0, 0])
        except (KeyError, ValueError, IndexError) as error:
            raise Unfit(f"the weights of the semantic model are not those of a BERT encoder: {error}") from None

    def vector(self, pieces: Sequence[int]) -> Floats:
        """Of unit length; `pieces` are one at least and `most_pieces` at the most."""
        states = self._begin(pieces)
        for number in range(self._layers):
            layer = f"encoder.layer.{number}."
            states = self._normal(layer + ATTENDED, self._attended(layer, states) + states)
            hidden = _gelu(self._linear(layer + HIDDEN, states))
            states = self._normal(layer + OUTPUT, self._linear(f"{layer}{OUTPUT}.dense", hidden) + states)
        mean: Floats = states.mean(axis=0)
        return mean / np.float32(math.sqrt(float(mean @ mean)) or 1.0)

    def _begin(self, pieces: Sequence[int]) -> Floats:
        words, positions, kinds = (
            self._weights[f"embeddings.{name}_embeddings.weight"] for name in ("word", "position", "token_type")
        )
        return self._normal("embeddings", words[list(pieces)] + positions[: len(pieces)] + kinds[0])

    def _attended(self, layer: str, states: Floats) -> Floats:
        """Each piece looks at all others, with several heads."""
        query, key, value = (self._by_head(self._linear(layer + name, states)) for name in (QUERY, KEY, VALUE))
        looks: Floats = query @ key.transpose(0, 2, 1)
        looks *= 1 / math.sqrt(query.shape[-1])
        looks -= looks.max(axis=-1, keepdims=True)
        np.exp(looks, out=looks)
        looks /= looks.sum(axis=-1, keepdims=True)
        seen: Floats = (looks @ value).transpose(1, 0, 2).reshape(states.shape)
        return self._linear(f"{layer}{ATTENDED}.dense", seen)

    def _by_head(self, states: Floats) -> Floats:
        return states.reshape(len(states), self._heads, -1).transpose(1, 0, 2)

    def _linear(self, name: str, states: Floats) -> Floats:
        made: Floats = states @ self._weights[f"{name}.weight"].T
        made += self._weights[f"{name}.bias"]
        return made

    def _normal(self, name: str, states: Floats) -> Floats:
        """Mean 0 and variance 1 for each piece, then scaled and moved as was learned."""
        states = states - states.mean(axis=-1, keepdims=True)
        states /= np.sqrt(np.square(states).mean(axis=-1, keepdims=True) + np.float32(TINY))
        states *= self._weights[f"{name}.LayerNorm.weight"]
        states += self._weights[f"{name}.LayerNorm.bias"]
        return states


def _gelu(states: Floats) -> Floats:
    """The state times its share of the normal distribution, by a hyperbolic tangent (D. Hendrycks and K. Gimpel, 2016, section 2): exact to 0.0005.

    numpy has no error function.
    """
    bent = np.square(states)
    bent *= np.float32(0.044715)
    bent += 1
    bent *= states
    bent *= np.float32(TO_HYPERBOLA)
    np.tanh(bent, out=bent)
    bent += 1
    bent *= states
    bent *= np.float32(0.5)
    return bent
