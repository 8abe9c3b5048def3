"""Pure. The inverted index: for each term the documents that have it and how strong it is there, in numpy arrays.

A document is a slot, a term is a number, both are small ones. The postings of a term lie in one block of the pool; a block holds a power of two,
and a full one moves to a block twice as large and leaves its own to a later comer. So the pool stays below twice what
is in it, plus what waits for reuse.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from services.related.shelf import packed, unpacked
from services.related.terms import Numbers, Terms

Sums = NDArray[np.float64]

FIRST_POOL = 1 << 14
FIRST_TERMS = 1 << 10
SIZES = 32


class Postings:
    """Who has which term: 4 bytes per posting, 9 per term. Slots are below 2²⁴."""

    def __init__(self) -> None:
        self.frequency = np.zeros(FIRST_TERMS, np.int32)
        """How many documents have each term."""
        self._start = np.zeros(FIRST_TERMS, np.int32)
        self._size = np.zeros(FIRST_TERMS, np.int8)
        self._pool = np.zeros(FIRST_POOL, np.uint32)
        self._end = 0
        self._free: list[list[int]] = [[] for _ in range(SIZES)]

    def know(self, terms: int) -> None:
        """Make room for all terms below `terms`."""
        if terms > len(self.frequency):
            more = max(terms, len(self.frequency) * 9 // 8) - len(self.frequency)
            self.frequency = np.concatenate([self.frequency, np.zeros(more, np.int32)])
            self._start = np.concatenate([self._start, np.zeros(more, np.int32)])
            self._size = np.concatenate([self._size, np.zeros(more, np.int8)])

    def sums(self, numbers: NDArray[np.uint32], weights: NDArray[np.float32], slots: int) -> Sums:
        """For each of the first `slots` slots: weight times strength, summed over these terms."""
        lengths = self.frequency[numbers]
        known = np.flatnonzero(lengths)
        if not len(known):
            return np.zeros(slots)
        lengths = lengths[known]
        starts = self._start[numbers[known]]
        spans = list(map(slice, starts.tolist(), (starts + lengths).tolist()))
        pool = self._pool
        owners, strengths = unpacked(np.concatenate([pool[span] for span in spans]))
        products = np.repeat(weights[known].astype(np.float64), lengths)
        products *= strengths
        return np.bincount(owners, products, slots).astype(np.float64, copy=False)

    def add(self, slot: int, terms: Terms) -> None:
        """Enter a document that is not in."""
        numbers = terms.numbers
        lengths = self.frequency[numbers]
        self._enlarge(numbers[lengths == _capacity(self._size[numbers])])
        places = self._start[numbers] + lengths
        self._pool[places] = slot << 8 | terms.strengths.astype(np.uint32)
        self.frequency[numbers] = lengths + 1

    def fill(self, owners: Numbers, numbers: NDArray[np.uint32], strengths: NDArray[np.uint8]) -> NDArray[np.uint32]:
        """Enter everything at once where nothing is in: for each posting its slot, term and strength. Gives the terms."""
        order = np.argsort(numbers, kind="stable")
        frequency = np.bincount(numbers)
        terms = np.flatnonzero(frequency).astype(np.uint32)
        counts = frequency[terms]
        first = np.cumsum(counts) - counts
        sizes = np.ceil(np.log2(counts)).astype(np.int8) + np.int8(1)
        capacities = _capacity(sizes)
        self._end = int(capacities.sum())
        self._pool = np.zeros(self._end, np.uint32)
        self._start[terms] = starts = np.cumsum(capacities) - capacities
        self._size[terms], self.frequency[terms] = sizes, counts
        places = np.arange(len(order)) + np.repeat(starts - first, counts)
        self._pool[places] = packed(owners, strengths)[order]
        return terms

    def discard(self, slot: int, terms: Terms) -> None:
        """Take out a document, by the terms that it was entered with; the last of each block fills its place."""
        numbers = terms.numbers
        lasts = self._start[numbers] + self.frequency[numbers] - 1
        for start, last in zip(self._start[numbers].tolist(), lasts.tolist(), strict=True):
            place = start + int(np.argmax(self._pool[start : last + 1] >> 8 == slot))
            self._pool[place] = self._pool[last]
        self.frequency[numbers] -= 1

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
            self._pool[new[:, None] + within] = self._pool[old[:, None] + within]
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
        if self._end > len(self._pool):
            room = max(self._end, len(self._pool) * 9 // 8) - len(self._pool)
            self._pool = np.concatenate([self._pool, np.zeros(room, np.uint32)])
        return np.concatenate([np.array(left, np.int64), fresh])


def _capacity(size: NDArray[np.int8] | int) -> Numbers:
    """Postings in a block: 0, 1, 2, 4, 8, …"""
    return np.left_shift(np.int64(1), size) >> 1
