"""Pure. What the documents mean, as vectors of one byte for each component, and how alike two of these are.

A product of two such vectors is a sum of whole numbers, below 2²⁴ for any 1,040 components. So single precision holds it exactly, in
whatever order it is summed: the cosine is the same from both sides, in one product or in many, and in every process.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from services.related.terms import Numbers

Alike = tuple[NDArray[np.float64], NDArray[np.bool_]]
"""Cosines, and whether both have a vector; without one the cosine is 0."""

FIRST_SLOTS = 256
BLOCK = 2048
"""Rows that are made single precision at once: these stay near the processor, and bytes are compared as fast as floats would be."""


class Meanings:
    """Vectors by slot, all of one width. A document may have none; as long as none has one they take no room."""

    def __init__(self) -> None:
        self._vectors = np.zeros((FIRST_SLOTS, 0), np.int8)
        self._per_length = np.zeros(FIRST_SLOTS)
        """One over the length of each vector; 0 for none."""

    def get(self, slot: int) -> bytes:
        """The vector of the document at `slot`; empty if it has none."""
        return self._vectors[slot].tobytes() if self._per_length[slot] else b""

    def put(self, slot: int, vector: bytes) -> None:
        """Give a slot its vector, or none; one of another width than the first one ever was is none."""
        self._make_room(slot, len(vector))
        self._per_length[slot] = 0.0
        if not vector:
            return
        components = np.frombuffer(vector, np.int8)
        length = math.sqrt(np.square(components.astype(np.int64)).sum())
        if length and len(components) == self._vectors.shape[1]:
            self._per_length[slot] = 1 / length
            self._vectors[slot] = components

    def cosines_to_all(self, slot: int, slots: int) -> Alike:
        """The document at `slot` beside each of the first `slots` slots."""
        mine = self._vectors[slot].astype(np.float32)
        products = np.zeros(slots, np.float32)
        block = np.empty((min(BLOCK, slots), len(mine)), np.float32)
        for first in range(0, slots if self._per_length[slot] else 0, BLOCK):
            rows = self._vectors[first : min(first + BLOCK, slots)]
            np.copyto(block[: len(rows)], rows)
            np.matmul(block[: len(rows)], mine, out=products[first : first + len(rows)])
        scale = self._per_length[:slots] * self._per_length[slot]
        return products * scale, scale > 0

    def cosines(self, slots: Numbers, others: Numbers) -> Alike:
        """Each of `slots` beside the one of `others` at the same place."""
        ones, theirs = self._vectors[slots].astype(np.float32), self._vectors[others].astype(np.float32)
        scale = self._per_length[slots] * self._per_length[others]
        return np.einsum("ij,ij->i", ones, theirs) * scale, scale > 0

    def _make_room(self, slot: int, width: int) -> None:
        before, so_wide = self._vectors.shape
        if slot < before and (so_wide or not width):
            return
        rows = before if slot < before else max(slot + 1, before * 9 // 8)
        vectors = np.zeros((rows, so_wide or width), np.int8)
        vectors[:before, :so_wide] = self._vectors
        self._vectors = vectors
        self._per_length = np.pad(self._per_length, (0, rows - before))
