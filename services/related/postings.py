"""Pure. The inverted index: for each term the documents that have it and how strong it is there, in numpy arrays.

A document is a slot, a term is a number, both are small ones. The postings of a term lie in one block of the pool; a full
block moves to the end of the pool, with half as much room again. What is left behind stays there until it is a third of
the pool; then all blocks move together.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.related.shelf import packed, unpacked
from services.related.terms import Numbers, Terms

Sums = NDArray[np.float64]

FIRST_POOL = 1 << 14
FIRST_TERMS = 1 << 10
LEFT = 3
"""The pool is tidied when one place in so many was left behind."""


class Postings:
    """Who has which term: 4 bytes per posting, 12 per term. Slots are below 2²⁴."""

    def __init__(self) -> None:
        self.frequency = np.zeros(FIRST_TERMS, np.int32)
        """How many documents have each term."""
        self._start = np.zeros(FIRST_TERMS, np.int32)
        self._capacity = np.zeros(FIRST_TERMS, np.int32)
        self._pool = np.zeros(FIRST_POOL, np.uint32)
        self._end = 0
        self._left = 0

    def know(self, terms: int) -> None:
        """Make room for all terms below `terms`."""
        if terms > len(self.frequency):
            more = max(terms, len(self.frequency) * 9 // 8) - len(self.frequency)
            self.frequency = np.concatenate([self.frequency, np.zeros(more, np.int32)])
            self._start = np.concatenate([self._start, np.zeros(more, np.int32)])
            self._capacity = np.concatenate([self._capacity, np.zeros(more, np.int32)])

    def sums(self, numbers: NDArray[np.integer[Any]], weights: NDArray[np.float32], slots: int) -> Sums:
        """For each of the first `slots` slots: weight times strength, summed over these terms."""
        if not len(numbers):
            return np.zeros(slots)
        lengths, starts = self.frequency[numbers], self._start[numbers]
        pool = self._pool
        spans = [pool[start:end] for start, end in zip(starts.tolist(), (starts + lengths).tolist(), strict=True)]
        owners, strengths = unpacked(np.concatenate(spans))
        products = weights.astype(np.float64).repeat(lengths)
        products *= strengths
        return np.bincount(owners, products, slots).astype(np.float64, copy=False)

    def add(self, slot: int, terms: Terms) -> None:
        """Enter a document that is not in."""
        numbers = terms.numbers
        lengths = self.frequency[numbers]
        self._enlarge(numbers[lengths == self._capacity[numbers]])
        places = self._start[numbers] + lengths
        self._pool[places] = slot << 8 | terms.strengths.astype(np.uint32)
        self.frequency[numbers] = lengths + 1

    def fill(self, owners: Numbers, numbers: NDArray[np.integer[Any]], strengths: NDArray[np.uint8]) -> None:
        """Enter everything at once where nothing is in: for each posting its slot, term and strength."""
        counts = np.bincount(numbers, minlength=len(self.frequency))
        self.frequency[:] = counts
        self._arrange(counts)
        both = numbers.astype(np.uint64) << np.uint64(32) | packed(owners, strengths)
        both.sort()  # numbers that hold what they sort: a tenth of the time of sorting places
        first = np.cumsum(counts) - counts
        places = np.arange(len(both)) + np.repeat(self._start - first, counts)
        self._pool[places] = both.astype(np.uint32)

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

    def _enlarge(self, terms: NDArray[np.integer[Any]]) -> None:
        """Move full blocks to the end, where they have room."""
        lengths = self.frequency[terms]
        capacities = lengths + (lengths >> 1) + 1
        room = int(capacities.sum())
        if self._end + room > len(self._pool):
            if self._left * LEFT > self._end:
                self._tidy()
            self._lengthen(self._end + room)
        starts = self._end + capacities.cumsum() - capacities
        moved = lengths.nonzero()[0]  # of a newcomer's terms that need room most were never met
        self._copy(self._start[terms[moved]], starts[moved], lengths[moved])
        self._left += int(lengths.sum())
        self._end += room
        self._start[terms], self._capacity[terms] = starts, capacities

    def _tidy(self) -> None:
        """Move all blocks together."""
        pool, starts, lengths = self._pool, self._start.copy(), self.frequency
        self._arrange(lengths)
        self._copy(starts, self._start, lengths, pool)

    def _arrange(self, lengths: NDArray[np.integer[Any]]) -> None:
        """Give every term a block, with a quarter of room in it, in a new pool."""
        self._capacity[:] = lengths + (lengths >> 2)
        ends = np.cumsum(self._capacity, dtype=np.int64)
        self._start[:] = ends - self._capacity
        self._end, self._left = int(ends[-1]), 0
        self._pool = np.zeros(max(self._end, FIRST_POOL), np.uint32)

    def _copy(
        self,
        old: NDArray[np.integer[Any]],
        new: NDArray[np.integer[Any]],
        lengths: NDArray[np.integer[Any]],
        pool: NDArray[np.uint32] | None = None,
    ) -> None:
        """Copy blocks from where they are, in another `pool` or in this one."""
        within = np.arange(int(lengths.sum())) - (lengths.cumsum() - lengths).repeat(lengths)
        source = self._pool if pool is None else pool
        self._pool[within + new.repeat(lengths)] = source[within + old.repeat(lengths)]

    def _lengthen(self, room: int) -> None:
        if room > len(self._pool):
            more = max(room, len(self._pool) * 9 // 8) - len(self._pool)
            self._pool = np.concatenate([self._pool, np.zeros(more, np.uint32)])
