"""Pure. How rare each term is in the whole corpus: the same numbers in every process, from one count to the next.

The shares are counted at one position of the log, all of them; what their sum gives stands in Redis under a name of its
own, and every question says by which of these it is meant. So two shares never weigh the same term differently.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.related.corpus import COMMON, FEW
from services.related.partitions.letters import NO_COUNTS, Answer, Counts, framed, frames
from services.related.terms import SPACE

UNCOUNTED = ""
"""The name of the weighing before anything was counted."""


class Weighing:
    """The weights of all terms, 4 bytes each; a term that was in no document counts as one that is in a single one."""

    def __init__(self, name: str = UNCOUNTED, documents: int = 0, counts: Counts = NO_COUNTS) -> None:
        self.name = name
        self.documents = documents
        self._idf = np.full(SPACE, self._of(1.0), np.float32)
        self._idf[counts[0]] = self._of(counts[1])

    @property
    def common_below(self) -> float:
        """The weight of the rarest term that is common (corpus.py)."""
        return float(self._of(max(self.documents / COMMON, FEW)))

    def rarity(self, numbers: NDArray[np.integer[Any]]) -> NDArray[np.float64]:
        """What each term weighs; it grows with the corpus and falls with the documents that have the term."""
        found: NDArray[np.float64] = self._idf[numbers].astype(np.float64)
        return found

    @classmethod
    def unpack(cls, packed: bytes) -> Weighing:
        head, checksums, counts = frames(packed)
        name, documents = json.loads(head)
        return cls(name, documents, (np.frombuffer(checksums, "<u4"), np.frombuffer(counts, "<u4")))

    def _of(self, frequency: NDArray[np.integer[Any]] | float) -> NDArray[np.float32]:
        return np.log1p((self.documents + 1) / (np.asarray(frequency, np.float32) + 1)).astype(np.float32)


def summed(name: str, answers: Sequence[Answer]) -> bytes:
    """What all shares counted, packed; `name` is that of the weighing."""
    total = np.zeros(SPACE, np.uint32)
    for answer in answers:
        checksums, counts = answer.counts
        total[checksums] += counts
    met = np.flatnonzero(total)
    head = json.dumps([name, sum(answer.documents for answer in answers)]).encode()
    return framed([head, met.astype("<u4").tobytes(), total[met].astype("<u4").tobytes()])
