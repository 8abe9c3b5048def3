"""Pure. What a share has to know of its documents' lists: how close one must be to come in, and who stands there."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from services.related.lists import CLOSED, FLOOR, HELD
from services.related.partitions.splitting import number
from services.related.records import Held
from services.related.terms import Numbers

FIRST_ROWS = 256


class Rows:
    """By slot, 44 bytes each: those who stand there by four bytes, wherever they are held."""

    def __init__(self) -> None:
        self.entry = np.full(FIRST_ROWS, CLOSED, np.int32)
        """The least closeness with which a newcomer could have a place in the list."""
        self._near = np.zeros((FIRST_ROWS, HELD), np.uint32)

    def clear(self, slot: int) -> None:
        """Nobody stands there, and nobody comes in."""
        if slot >= len(self.entry):
            more = max(slot + 1, len(self.entry) * 3 // 2) - len(self.entry)
            self.entry = np.concatenate([self.entry, np.full(more, CLOSED, np.int32)])
            self._near = np.concatenate([self._near, np.zeros((more, HELD), np.uint32)])
        self.entry[slot] = CLOSED
        self._near[slot] = 0

    def store(self, slot: int, held: Held) -> None:
        """Take note of a list."""
        self._near[slot] = 0
        self._near[slot, : len(held.nearest)] = [number(near) for near, _ in held.nearest]
        self.entry[slot] = FLOOR if held.whole or not held.nearest else held.nearest[-1][1]

    def holding(self, document_ids: Iterable[str], slots: int) -> Numbers:
        """Of the first `slots` slots those whose list holds one of these; seldom one too many."""
        numbers = np.array([number(name) for name in document_ids], np.uint32)
        return np.flatnonzero(np.isin(self._near[:slots], numbers).any(axis=1))
