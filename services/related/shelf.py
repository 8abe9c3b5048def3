"""Pure. The forward index: for each document its own terms, one after the other in one pool.

What a document leaves behind stays in the pool until that is the half of it; then the rest moves together.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.related.terms import NOTHING, Numbers, Terms

FIRST_POOL = 1 << 14
FIRST_SLOTS = 256
BLOCK = 1024

Gathered = tuple[Numbers, NDArray[np.uint8], Numbers]
"""Terms and strengths of several documents one after the other, and where each begins."""


class Shelf:
    """Documents' terms by slot: 4 bytes per term, which is below 2²⁴."""

    def __init__(self) -> None:
        self._pool = np.zeros(FIRST_POOL, np.uint32)
        self._start = np.zeros(FIRST_SLOTS, np.int64)
        self._count = np.zeros(FIRST_SLOTS, np.int32)
        self._end = 0
        self._left = 0

    def get(self, slot: int) -> Terms:
        """The terms of `slot`."""
        if slot >= len(self._count):
            return NOTHING
        start = int(self._start[slot])
        end = start + int(self._count[slot])
        return Terms(*unpacked(self._pool[start:end]))

    def put(self, slot: int, terms: Terms) -> None:
        """Give an empty slot its terms."""
        count = len(terms.numbers)
        self._make_room(slot, count)
        start, self._end = self._end, self._end + count
        self._pool[start : self._end] = packed(terms.numbers, terms.strengths)
        self._start[slot], self._count[slot] = start, count

    def put_all(self, slots: Numbers, counts: Numbers, terms: Terms) -> None:
        """Give many empty slots their terms: `counts` of them each, one after the other."""
        self._make_room(int(slots.max()), len(terms.numbers))
        ends = self._end + np.cumsum(counts)
        self._pool[self._end : ends[-1]] = packed(terms.numbers, terms.strengths)
        self._start[slots], self._count[slots] = ends - counts, counts
        self._end = int(ends[-1])

    def drop(self, slot: int) -> None:
        """Empty a slot."""
        self._left += int(self._count[slot])
        self._count[slot] = 0

    def gather(self, slots: Numbers) -> Gathered:
        """The terms of `slots`, each of which has some."""
        pool, starts = self._gather(slots)
        return *unpacked(pool), starts

    def blocks(self) -> Iterator[tuple[Numbers, Numbers, NDArray[np.uint8], Numbers]]:
        """All slots that have terms, and these, some thousands at a time."""
        filled = np.flatnonzero(self._count)
        for first in range(0, len(filled), BLOCK):
            slots = filled[first : first + BLOCK]
            yield slots, *self._in_a_row(slots)

    def _in_a_row(self, slots: Numbers) -> Gathered:
        """The same as gathered, in a third of the time if these lie one after the other."""
        starts, counts = self._start[slots], self._count[slots]
        if (starts[1:] - starts[:-1] != counts[:-1]).any():
            return self.gather(slots)
        first, end = int(starts[0]), int(starts[-1] + counts[-1])
        return *unpacked(self._pool[first:end]), starts - first

    def filled(self, slots: Numbers) -> NDArray[np.bool_]:
        """Which of these have terms."""
        return self._count[slots] > 0

    def _make_room(self, slot: int, count: int) -> None:
        if slot >= len(self._count):
            more = max(slot + 1, len(self._count) * 3 // 2) - len(self._count)
            self._start = np.concatenate([self._start, np.zeros(more, np.int64)])
            self._count = np.concatenate([self._count, np.zeros(more, np.int32)])
        if self._end + count <= len(self._pool):
            return
        if self._left * 2 > self._end:
            self._move_together()
        if self._end + count > len(self._pool):
            more = max(self._end + count, len(self._pool) * 9 // 8) - len(self._pool)
            self._pool = np.concatenate([self._pool, np.zeros(more, np.uint32)])

    def _gather(self, slots: Numbers) -> tuple[NDArray[np.uint32], Numbers]:
        counts = self._count[slots].astype(np.int64)
        ends = counts.cumsum()
        starts = ends - counts
        places = (self._start[slots] - starts).repeat(counts)
        places += np.arange(len(places))
        return self._pool[places], starts

    def _move_together(self) -> None:
        filled = np.flatnonzero(self._count)
        pool, starts = self._gather(filled)
        self._start[filled] = starts
        self._end, self._left = len(pool), 0
        self._pool[: self._end] = pool


def packed(numbers: NDArray[np.integer[Any]], strengths: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """A number below 2²⁴ and a strength, in one."""
    return np.left_shift(numbers.astype(np.uint32), np.uint32(8)) | strengths


def unpacked(pool: NDArray[np.uint32]) -> tuple[Numbers, NDArray[np.uint8]]:
    """The numbers and the strengths; an index of 64 bits finds its place in a third of the time."""
    return np.right_shift(pool, np.uint32(8)).astype(np.int64), pool.astype(np.uint8)
