"""Pure. Every document's nearest, in numpy arrays: 75 bytes per document instead of 1,000 as tuples.

A row holds up to `HELD` neighbours, more than the `SHOWN` that anyone sees: a neighbour can leave and the rest still
are the nearest, so most removals need no query. A row is the true beginning of the ranking; a `whole` row is all of it,
down to the floor.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from services.related.records import UNIT
from services.related.terms import Numbers

SHOWN = 5
HELD = 8
FLOOR = round(0.07 * UNIT * UNIT)
"""Below it two documents are not related; the fifth neighbour is below it for less than one page in a hundred."""
FIRST_ROWS = 256

Row = list[tuple[int, int]]
"""(slot, similarity in parts of UNIT²), best first."""


class Lists:
    """The rows, by slot. `entry[slot]` is the least similarity with which a newcomer could have a place in the row."""

    def __init__(self) -> None:
        self.entry = np.full(FIRST_ROWS, np.inf)
        self.whole = np.zeros(FIRST_ROWS, np.bool_)
        self._slots = np.zeros((FIRST_ROWS, HELD), np.int32)
        self._units = np.zeros((FIRST_ROWS, HELD), np.int32)
        self._count = np.zeros(FIRST_ROWS, np.int8)

    def row(self, slot: int) -> Row:
        """The neighbours of `slot`."""
        count = self._count[slot]
        return list(zip(self._slots[slot, :count].tolist(), self._units[slot, :count].tolist(), strict=True))

    def store(self, slot: int, row: Row, *, whole: bool) -> None:
        """Replace the row of `slot`."""
        self._make_room(slot)
        count = len(row)
        self._count[slot] = count
        self.whole[slot] = whole and count < HELD
        if count:
            self._slots[slot, :count], self._units[slot, :count] = zip(*row, strict=True)
        self.entry[slot] = FLOOR if self.whole[slot] or not count else row[-1][1]

    def clear(self, slot: int) -> None:
        """Empty the row of a slot that no document has: nothing enters it."""
        self._make_room(slot)
        self._count[slot] = 0
        self.whole[slot] = False
        self.entry[slot] = np.inf

    def wanting(self, slot: int) -> bool:
        """Whether documents that belong to the shown ones may be missing."""
        return bool(self._count[slot] < SHOWN and not self.whole[slot])

    def open_to(self, scores: Iterable[float]) -> Numbers:
        """The slots whose row a newcomer with these similarities could enter."""
        against = np.asarray(scores)
        return np.flatnonzero(against >= self.entry[: len(against)])

    def _make_room(self, slot: int) -> None:
        rows = len(self.entry)
        if slot < rows:
            return
        more = max(slot + 1, rows * 3 // 2) - rows
        self.entry = np.concatenate([self.entry, np.full(more, np.inf)])
        self.whole = np.concatenate([self.whole, np.zeros(more, np.bool_)])
        self._slots = np.concatenate([self._slots, np.zeros((more, HELD), np.int32)])
        self._units = np.concatenate([self._units, np.zeros((more, HELD), np.int32)])
        self._count = np.concatenate([self._count, np.zeros(more, np.int8)])
