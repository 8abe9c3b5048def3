"""Pure. The inverted index: for each term the documents that have it and their weights, in numpy arrays.

A document is a slot, a small number. The postings of a term lie in one block of the pool; a block holds a power of two,
and a full one moves to a block twice as large and leaves its own to a later comer. So the pool stays below twice what
is in it, plus what waits for reuse.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from services.related.records import Vector
from services.related.terms import SPACE, Numbers

Scores = NDArray[np.float64]

FIRST_POOL = 1 << 14
SIZES = 32


class Postings:
    """Who has which term: 6 bytes per posting, 9 per term of the whole space."""

    def __init__(self) -> None:
        self.frequency = np.zeros(SPACE, np.int32)
        """How many documents have each term."""
        self._start = np.zeros(SPACE, np.int32)
        self._size = np.zeros(SPACE, np.int8)
        self._slots = np.zeros(FIRST_POOL, np.int32)
        self._weights = np.zeros(FIRST_POOL, np.uint16)
        self._end = 0
        self._free: list[list[int]] = [[] for _ in range(SIZES)]

    def scores(self, vector: Vector, slots: int) -> Scores:
        """The similarity of `vector` to whoever is in the first `slots` slots, in parts of UNIT²: whole numbers."""
        lengths = self.frequency[vector.terms]
        known = np.flatnonzero(lengths)
        if not len(known):
            return np.zeros(slots)
        lengths = lengths[known]
        starts = self._start[vector.terms[known]]
        spans = list(map(slice, starts.tolist(), (starts + lengths).tolist()))
        weights = np.repeat(vector.weights[known].astype(np.float64), lengths)
        weights *= np.concatenate([self._weights[span] for span in spans])
        return np.bincount(np.concatenate([self._slots[span] for span in spans]), weights, slots).astype(
            np.float64, copy=False
        )

    def add(self, slot: int, vector: Vector) -> None:
        """Enter a document that is not in."""
        lengths = self.frequency[vector.terms]
        self._enlarge(vector.terms[lengths == _capacity(self._size[vector.terms])])
        places = self._start[vector.terms] + lengths
        self._slots[places] = slot
        self._weights[places] = vector.weights
        self.frequency[vector.terms] = lengths + 1

    def discard(self, slot: int, vector: Vector) -> None:
        """Take out a document, by the vector that it was entered with; the last of each block fills its place."""
        lasts = self._start[vector.terms] + self.frequency[vector.terms] - 1
        for start, last in zip(self._start[vector.terms].tolist(), lasts.tolist(), strict=True):
            place = start + int(np.argmax(self._slots[start : last + 1] == slot))
            self._slots[place] = self._slots[last]
            self._weights[place] = self._weights[last]
        self.frequency[vector.terms] -= 1

    @property
    def room(self) -> int:
        """Places in the pool that were ever given out."""
        return self._end

    def _enlarge(self, terms: NDArray[np.uint32]) -> None:
        """Move full blocks to blocks twice as large."""
        sizes = self._size[terms]
        for size in np.unique(sizes).tolist():
            moving = terms[sizes == size]
            old, new = self._start[moving], self._blocks(size + 1, len(moving))
            within = np.arange(int(_capacity(size)))
            for pool in (self._slots, self._weights):
                pool[new[:, None] + within] = pool[old[:, None] + within]
            if size:
                self._free[size] += old.tolist()
            self._start[moving] = new
            self._size[moving] = size + 1

    def _blocks(self, size: int, count: int) -> Numbers:
        """The starts of that many blocks: left ones first, then new ones at the end of the pool."""
        free = self._free[size]
        left = [free.pop() for _ in range(min(count, len(free)))]
        capacity = int(_capacity(size))
        fresh = self._end + capacity * np.arange(count - len(left))
        self._end += capacity * len(fresh)
        if self._end > len(self._slots):
            room = max(self._end, len(self._slots) * 3 // 2) - len(self._slots)
            self._slots = np.concatenate([self._slots, np.zeros(room, np.int32)])
            self._weights = np.concatenate([self._weights, np.zeros(room, np.uint16)])
        return np.concatenate([np.array(left, np.int64), fresh])


def _capacity(size: NDArray[np.int8] | int) -> Numbers:
    """Postings in a block: 0, 1, 2, 4, 8, …"""
    return np.left_shift(np.int64(1), size) >> 1
