"""Pure. Every document's nearest, in numpy arrays: 100 bytes per document instead of 1,000 as tuples.

A row holds up to `HELD` neighbours, more than the `SHOWN` that anyone sees: a neighbour can leave and the rest still
are the nearest, so most removals need no search. A row is the beginning of the ranking; a `whole` row is all of it,
down to the floor.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from services.related.closeness import MILLION
from services.related.terms import Numbers

SHOWN = 5
HELD = 10
FLOOR = round(0.07 * MILLION)
"""Below it two documents are not related; the fifth neighbour is below it for less than one page in a hundred."""
FIRST_ROWS = 256
CLOSED = 2**31 - 1
NOBODY = -1

Row = list[tuple[int, int]]
"""(slot, closeness in millionths), best first."""


class Lists:
    """The rows, by slot. `entry[slot]` is the least closeness with which a newcomer could have a place in the row."""

    def __init__(self) -> None:
        self.entry = np.full(FIRST_ROWS, CLOSED, np.int32)
        self.whole = np.zeros(FIRST_ROWS, np.bool_)
        self._slots = np.full((FIRST_ROWS, HELD), NOBODY, np.int32)
        self._units = np.zeros((FIRST_ROWS, HELD), np.int32)
        self._count = np.zeros(FIRST_ROWS, np.int8)
        self._passed_over = np.zeros((FIRST_ROWS, HELD), np.bool_)

    def row(self, slot: int) -> Row:
        """The neighbours of `slot`."""
        count = self._count[slot]
        return list(zip(self._slots[slot, :count].tolist(), self._units[slot, :count].tolist(), strict=True))

    def slots(self, slot: int) -> list[int]:
        """The neighbours of `slot` without their closeness, and without those that are passed over."""
        count = self._count[slot]
        near: list[int] = self._slots[slot, :count][~self._passed_over[slot, :count]].tolist()
        return near

    def passed_over(self, slot: int) -> list[int]:
        """The neighbours of `slot` that say what a closer one says."""
        near: list[int] = self._slots[slot, self._passed_over[slot]].tolist()
        return near

    def pass_over(self, slot: int, neighbours: Collection[int]) -> None:
        """Keep these of the row of `slot`, and do not show them."""
        self._passed_over[slot] = np.isin(self._slots[slot], list(neighbours))

    def any_at(self, units: int, slot: int) -> bool:
        """Whether one of the neighbours of `slot` has a neighbour as close as `units`."""
        near = self._slots[slot, : self._count[slot]]
        return bool((self._units[near, 0] >= units).any())

    def close_pairs(self, slot: int, units: int) -> NDArray[np.bool_]:
        """Of each two neighbours of `slot` whether one has the other in its row, as close as `units`."""
        near = self._slots[slot, : self._count[slot]]
        rows = np.where(self._units[near] >= units, self._slots[near], NOBODY)
        holds = (rows[:, :, None] == near).any(axis=1)
        pairs: NDArray[np.bool_] = holds | holds.T
        return pairs

    def store(self, slot: int, row: Row, *, whole: bool) -> None:
        """Replace the row of `slot`."""
        self._make_room(slot)
        count = len(row)
        self._count[slot] = count
        self.whole[slot] = whole and count < HELD
        self._slots[slot, count:] = NOBODY
        self._units[slot, count:] = 0
        self._passed_over[slot] = False
        if count:
            self._slots[slot, :count], self._units[slot, :count] = zip(*row, strict=True)
        self.entry[slot] = FLOOR if self.whole[slot] or not count else row[-1][1]

    def clear(self, slot: int) -> None:
        """Empty the row of a slot that no document has: nothing enters it."""
        self._make_room(slot)
        self._count[slot] = 0
        self._slots[slot] = NOBODY
        self._units[slot] = 0
        self._passed_over[slot] = False
        self.whole[slot] = False
        self.entry[slot] = CLOSED

    def wanting(self, slot: int) -> bool:
        """Whether documents that belong to the shown ones may be missing."""
        return bool(self._count[slot] < SHOWN and not self.whole[slot])

    def holding(self, slot: int, slots: int) -> Numbers:
        """Of the first `slots` slots those whose row holds `slot`."""
        return np.flatnonzero((self._slots[:slots] == slot).any(axis=1))

    def told(self, slot: int, among: Numbers) -> NDArray[np.int32]:
        """How close each of `among` holds `slot` to be; 0 if it does not stand in their row."""
        found: NDArray[np.int32] = np.where(self._slots[among] == slot, self._units[among], 0).max(axis=1)
        return found

    def _make_room(self, slot: int) -> None:
        rows = len(self.entry)
        if slot < rows:
            return
        more = max(slot + 1, rows * 3 // 2) - rows
        self.entry = np.concatenate([self.entry, np.full(more, CLOSED, np.int32)])
        self.whole = np.concatenate([self.whole, np.zeros(more, np.bool_)])
        self._slots = np.concatenate([self._slots, np.full((more, HELD), NOBODY, np.int32)])
        self._units = np.concatenate([self._units, np.zeros((more, HELD), np.int32)])
        self._count = np.concatenate([self._count, np.zeros(more, np.int8)])
        self._passed_over = np.concatenate([self._passed_over, np.zeros((more, HELD), np.bool_)])
