"""Pure. In how many documents each term stands, of a corpus that no process holds.

The numbers stand in Redis, one string of 4 bytes a term (`COUNTS_BYTES`, whatever the size of the corpus), and behind them how many
documents there are and how many came or went. They are exact. A process keeps a copy of them: what a batch changes is read and
written by itself, so it is exact there too; the rest of the copy may lag behind what other processes did, by one document in `READ_AFTER`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.related.terms import SPACE, Numbers, Terms
from shared.steps import Command, Word

DOCUMENTS, CHANGES = SPACE, SPACE + 1
COUNTS_BYTES = 4 * (SPACE + 2)
READ_AFTER = 50
SETS_PER_COMMAND = 1000
"""Lua's unpack, by which the commit script calls a command, ends at about 8,000 words; each number that is set takes four."""

NO_NUMBERS: Numbers = np.empty(0, np.int64)


class Frequencies:
    """The copy of one process."""

    def __init__(self) -> None:
        self._counts = np.zeros(SPACE + 2, np.int64)
        self._own_changes = -1
        self._before: tuple[Numbers, Numbers] = NO_NUMBERS, NO_NUMBERS

    @property
    def documents(self) -> int:
        return int(self._counts[DOCUMENTS])

    @property
    def changes(self) -> int:
        """Documents that came or went since the beginning."""
        return int(self._counts[CHANGES])

    def outdated(self) -> bool:
        """Whether all numbers should be read again, for what others have changed."""
        missed = abs(self.changes - self._own_changes)
        return self._own_changes < 0 or missed * READ_AFTER > self.documents

    def install(self, packed: bytes) -> None:
        """All numbers, as Redis has them; big-endian, and none behind the last that was ever set."""
        told = np.frombuffer(packed, ">u4")
        self._counts[:] = 0
        self._counts[: len(told)] = told
        self._own_changes = self.changes

    def tell(self, places: Numbers, counts: Sequence[int]) -> None:
        """Some numbers, as Redis has them."""
        self._counts[places] = counts

    def change(self, gone: Sequence[Terms], came: Sequence[Terms]) -> Numbers:
        """Count documents out and in; the places whose numbers are others now."""
        less, more = _places(gone), _places(came)
        changed = np.unique(np.concatenate([less, more, [DOCUMENTS, CHANGES]]))
        self._before = changed, self._counts[changed]
        np.subtract.at(self._counts, less, 1)
        np.add.at(self._counts, more, 1)
        self._counts[DOCUMENTS] += len(came) - len(gone)
        self._counts[CHANGES] += len(came) + len(gone)
        self._own_changes += len(came) + len(gone)
        return changed

    def settle(self, *, stands: bool) -> None:
        """The last change stands in Redis, or it does not."""
        places, counts = self._before
        if not stands and len(places):
            changes = self.changes
            self._counts[places] = counts
            self._own_changes += self.changes - changes
        self._before = NO_NUMBERS, NO_NUMBERS

    def rarity(self, numbers: NDArray[np.integer[Any]]) -> NDArray[np.float64]:
        """What each term weighs; it grows with the corpus and falls with the documents that have the term."""
        found: NDArray[np.float64] = np.log1p((self.documents + 1) / (np.maximum(self._counts[numbers], 1) + 1))
        return found

    def commands(self, key: str, places: Numbers) -> Iterator[Command]:
        """What sets these numbers; it bears being repeated."""
        for start in range(0, len(places), SETS_PER_COMMAND):
            part = places[start : start + SETS_PER_COMMAND]
            pairs = zip(part.tolist(), self._counts[part].tolist(), strict=True)
            sets: list[Word] = [word for place, count in pairs for word in ("SET", "u32", f"#{place}", count)]
            yield ("BITFIELD", key, *sets)

    def packed(self) -> bytes:
        """All numbers, as `install` takes them."""
        return self._counts.astype(">u4").tobytes()


def places_of(terms: Sequence[Terms]) -> Numbers:
    """The places that `Frequencies.change` would change, each once."""
    return np.unique(np.concatenate([_places(terms), [DOCUMENTS, CHANGES]]))


def _places(terms: Sequence[Terms]) -> Numbers:
    return np.concatenate([NO_NUMBERS, *(each.numbers.astype(np.int64) for each in terms)])
