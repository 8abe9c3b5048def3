"""Pure. How long ago each list was searched, and put in order: counted in documents that came or went."""

from __future__ import annotations

import numpy as np

from services.related.terms import Numbers

NEVER_DUE = np.iinfo(np.int64).max


class Ages:
    """By slot, at which change its list was last searched, and put in order."""

    def __init__(self) -> None:
        self.changes = 0
        """Documents that came or went since the index began."""
        self._searched = np.full(1, NEVER_DUE)
        self._ordered = np.zeros(1, np.int64)

    def begin(self, slots: list[int]) -> None:
        """These came, and nobody knows how old their lists are."""
        self.changes += len(slots)
        if slots and max(slots) >= len(self._searched):
            more = max(max(slots) + 1, len(self._searched) * 3 // 2) - len(self._searched)
            self._searched = np.concatenate([self._searched, np.full(more, NEVER_DUE)])
            self._ordered = np.concatenate([self._ordered, np.zeros(more, np.int64)])
        self._searched[slots] = self._ordered[slots] = 0

    def end(self, slot: int) -> None:
        """This one went."""
        self.changes += 1
        self._searched[slot] = NEVER_DUE

    def searched(self, slot: int) -> None:
        """Its list is as of now."""
        self._searched[slot] = self.changes

    def ordered(self, slots: Numbers) -> None:
        """Those whom the lists of these hold were compared just now."""
        self._ordered[slots] = self.changes

    def outdate(self, tolerated: int) -> None:
        """All lists saw other frequencies than those of now: each waits for a search, the oldest first still."""
        living = self._searched != NEVER_DUE
        self._searched[living] = np.minimum(self._searched[living], self.changes - tolerated - 1)

    def unsearched(self, count: int, tolerated: int) -> list[int]:
        """Those that wait longest for a search, and saw not all but `tolerated` changes."""
        return self._waiting(self._searched, count, tolerated)

    def waiting(self) -> int:
        """How many lists did not see all changes."""
        return int(np.count_nonzero(self._searched < self.changes))

    def unordered(self, count: int, tolerated: int) -> list[int]:
        """The same for being put in order, or searched."""
        return self._waiting(np.maximum(self._searched, self._ordered), count, tolerated)

    def _waiting(self, seen: Numbers, count: int, tolerated: int) -> list[int]:
        if count == 1:  # a hundredth of the time that it takes to part many from the rest
            oldest = int(np.argmin(seen))
            return [oldest] if seen[oldest] < self.changes - tolerated else []
        due = np.flatnonzero(seen < self.changes - tolerated)
        if len(due) > count:
            due = due[np.argpartition(seen[due], count)[:count]]
        return list(due[np.argsort(seen[due], kind="stable")].tolist())
