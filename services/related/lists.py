"""Pure. Every document's nearest, in numpy arrays: 100 bytes per document instead of 1,000 as tuples.

A row holds up to `HELD` neighbours, more than the `SHOWN` that anyone sees: a neighbour can leave and the rest still
are the nearest, so most removals need no search. A row is the beginning of the ranking; a `whole` row is all of it,
down to the floor.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import pairwise

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
Rows = tuple[NDArray[np.int32], NDArray[np.int32]]
"""Several rows, a line each: slots and closenesses. NOBODY and 0 fill a line up."""
Kept = tuple[list[int], list[int], bool, list[int]]
"""A row's slots and closenesses, whether it is whole, and those of it that are passed over."""


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

    def rows(self, slots: Numbers) -> Rows:
        """The rows of all these."""
        return self._slots[slots], self._units[slots]

    def kept(self, slots: Sequence[int]) -> list[Kept]:
        """All that is kept of the rows of these."""
        counts: list[int] = self._count[slots].tolist()
        wholes: list[bool] = self.whole[slots].tolist()
        rows = zip(self._slots[slots].tolist(), self._units[slots].tolist(), strict=True)
        repeat = self._passed_over[slots].sum(axis=1).tolist()
        passed_over = [self.passed_over(slot) if some else [] for slot, some in zip(slots, repeat, strict=True)]
        return [
            (near[:count], units[:count], whole, others)
            for (near, units), count, whole, others in zip(rows, counts, wholes, passed_over, strict=True)
        ]

    def slots(self, slots: Sequence[int]) -> list[list[int]]:
        """The neighbours of each of these without their closeness, and without those that are passed over."""
        near = self._slots[slots]
        stands = (near != NOBODY) & ~self._passed_over[slots]
        found, ends = near[stands].tolist(), stands.sum(axis=1).cumsum().tolist()
        return [found[start:end] for start, end in pairwise([0, *ends])]

    def passed_over(self, slot: int) -> list[int]:
        """The neighbours of `slot` that say what a closer one says."""
        near: list[int] = self._slots[slot, self._passed_over[slot]].tolist()
        return near

    def pass_over(self, slot: int, neighbours: Collection[int]) -> None:
        """Keep these of the row of `slot`, and do not show them."""
        self._passed_over[slot] = np.isin(self._slots[slot], list(neighbours))

    def any_at(self, units: int, near: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Whether one of those in a row, or in each of these, has a neighbour as close as `units`."""
        found: NDArray[np.bool_] = ((self._units[near, 0] >= units) & (near != NOBODY)).any(axis=-1)
        return found

    def close_pairs(self, near: NDArray[np.int32], units: int) -> NDArray[np.bool_]:
        """Of each two in each of these rows whether one has the other in its own, as close as `units`."""
        rows = np.where(self._units[near] >= units, self._slots[near], NOBODY)
        holds = (rows[:, :, :, None] == near[:, None, None, :]).any(axis=2)
        pairs: NDArray[np.bool_] = holds | holds.swapaxes(1, 2)
        return pairs

    def passing(self, slots: Numbers) -> NDArray[np.bool_]:
        """Which places of the rows of these are passed over."""
        return self._passed_over[slots]

    def pass_by(self, slots: Numbers, places: NDArray[np.bool_]) -> None:
        """Keep these places of the rows of these, and do not show them."""
        self._passed_over[slots] = places

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

    def replace(self, slots: Numbers, rows: Rows) -> None:
        """Other rows for all these, as whole as theirs are."""
        near, units = rows
        count = (near != NOBODY).sum(axis=1)
        self._slots[slots], self._units[slots], self._count[slots] = near, units, count
        self._passed_over[slots] = False
        self.whole[slots] &= count < HELD
        last = units[np.arange(len(slots)), np.maximum(count, 1) - 1]
        self.entry[slots] = np.where(self.whole[slots] | (count == 0), FLOOR, last)

    def clear(self, slot: int) -> None:
        """Empty the row of a slot that no document has: nothing enters it."""
        self._make_room(slot)
        self._count[slot] = 0
        self._slots[slot] = NOBODY
        self._units[slot] = 0
        self._passed_over[slot] = False
        self.whole[slot] = False
        self.entry[slot] = CLOSED

    def wanting(self, slots: Numbers) -> NDArray[np.bool_]:
        """Whether documents that belong to the shown ones of these may be missing."""
        missing: NDArray[np.bool_] = (self._count[slots] < SHOWN) & ~self.whole[slots]
        return missing

    def holding(self, slot: int, slots: int) -> Numbers:
        """Of the first `slots` slots those whose row holds `slot`."""
        return np.flatnonzero((self._slots[:slots] == slot).any(axis=1))

    def holding_two(self, these: Sequence[int], slots: int) -> Numbers:
        """Of the first `slots` slots those whose row holds two of these, or more."""
        wanted = np.zeros(slots + 1, np.bool_)  # the last stands for NOBODY
        wanted[these] = True
        return np.flatnonzero(wanted[self._slots[:slots]].sum(axis=1) > 1)

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


def ordered(rows: Rows, ids: Sequence[str]) -> Rows:
    """The closest of each row first, ties by id."""
    near, units = rows
    order, lines = (-units).argsort(axis=1, kind="stable"), np.arange(len(near))[:, None]
    near, units = near[lines, order], units[lines, order]
    tied = ((units[:, 1:] == units[:, :-1]) & (near[:, 1:] != NOBODY)).any(axis=1)
    for line in np.flatnonzero(tied).tolist():
        row = sorted(
            zip(near[line].tolist(), units[line].tolist(), strict=True),
            key=lambda neighbour: (neighbour[0] == NOBODY, -neighbour[1], ids[neighbour[0]]),
        )
        near[line], units[line] = zip(*row, strict=True)
    return near, units


def inserted(rows: Rows, places: Numbers, slot: int, units: NDArray[np.int32]) -> Rows:
    """The rows with `slot` at its place in each; the last of a full one falls out."""
    places, columns, lines = places[:, None], np.arange(HELD), np.arange(len(places))[:, None]
    moved = [half[lines, columns - (columns > places)] for half in rows]
    here = columns == places
    return np.where(here, np.int32(slot), moved[0]), np.where(here, units[:, None], moved[1])
