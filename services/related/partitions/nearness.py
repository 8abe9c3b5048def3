"""Pure. The terms of a share's documents, and how near to these a document is that need not be one of them.

The weights are those of the whole corpus (weighing.py), so that closeness is the same whoever computes it; the search is
that of corpus.py: rare terms first, then in full who still has a chance.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.related.corpus import SLACK, Cosines
from services.related.partitions.letters import Counts
from services.related.partitions.weighing import Weighing
from services.related.terms import Numbers, Terms
from services.related.vectors.likeness import Borrowed


class Sought(NamedTuple):
    """The terms of a document that are known here, their strengths and weights; and the length of all of its terms."""

    numbers: Numbers
    strengths: NDArray[np.uint8]
    weights: NDArray[np.float32]
    length: float


class Nearness(Borrowed):
    """The documents of one share by slot."""

    def __init__(self, weighing: Weighing) -> None:
        super().__init__(weighing.rarity)
        self._common_below = weighing.common_below

    def weigh(self, weighing: Weighing) -> None:
        """Weigh all terms anew."""
        self._given = weighing.rarity
        self._common_below = weighing.common_below
        if self._vocabulary.count > 1:
            self._weigh(np.arange(1, self._vocabulary.count, dtype=np.uint32))
        if self.documents:
            self._measure_all()

    def sought(self, terms: Terms) -> Sought:
        """A document as it is looked for here."""
        all_weights = self._given(terms.numbers) * terms.strengths
        length = float(np.sqrt(np.square(all_weights).sum())) or 1.0
        numbers = self._vocabulary.known(terms.numbers)
        here = np.flatnonzero(numbers)
        weights = (all_weights[here] / length).astype(np.float32)
        return Sought(numbers[here].astype(np.int64), terms.strengths[here], weights, length)

    def near_to(self, sought: Sought, slots: int) -> tuple[Cosines, Cosines, int]:
        """The cosine to the first `slots` slots as far as rare terms make it.

        Then what the common ones may add at most, and how many postings they have.
        """
        rare = self._idf[sought.numbers] > self._common_below
        bound = float(np.sqrt(np.square(sought.weights[~rare]).sum())) * self._common_part[:slots]
        postings = int(self._postings.frequency[sought.numbers[~rare]].sum())
        return self._sums(sought, rare, slots), bound.astype(np.float64) + SLACK, postings

    def common_to(self, sought: Sought, slots: int) -> Cosines:
        """What the common terms add."""
        return self._sums(sought, self._idf[sought.numbers] <= self._common_below, slots)

    def _sums(self, sought: Sought, these: NDArray[np.bool_], slots: int) -> Cosines:
        weights = sought.weights[these] * self._idf[sought.numbers[these]]
        sums = self._postings.sums(sought.numbers[these], weights, slots)
        sums *= self._per_length[:slots]
        return sums

    def cosines_to(self, sought: Sought, others: Numbers) -> Cosines:
        """The cosine to each of these slots, all of which have terms."""
        if not len(others):
            return np.zeros(0)
        numbers, theirs, starts = self._shelf.gather(others)
        self._mine[sought.numbers] = sought.strengths
        mine = self._mine[numbers].astype(np.float64)
        self._mine[sought.numbers] = 0
        products = np.square(self._idf[numbers].astype(np.float64)) * mine * theirs
        found: Cosines = np.add.reduceat(products, starts).astype(np.float64, copy=False)
        found *= self._per_length[others].astype(np.float64) / sought.length
        return np.minimum(found, 1.0)

    def counts(self) -> Counts:
        """In how many documents of this share each of its terms stands."""
        frequency: NDArray[np.integer[Any]] = self._postings.frequency[: self._vocabulary.count]
        met = np.flatnonzero(frequency)
        return self._vocabulary.checksums(met), frequency[met].astype(np.uint32)
