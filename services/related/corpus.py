"""Pure. The terms of every document, forward and inverted, and how rare each term is; similarity is computed here.

The similarity of two documents is the cosine of their tf-idf vectors, (1 + ln tf) · ln(1 + (N + 1) / (df + 1)), with
the frequencies of now. Frozen at the arrival of each document, they would put 6 to 8 of 100 list places wrong.

A search is exact without looking at every posting. Terms that stand in more than a sixteenth of all documents have most
of the postings and little of the weight: their part of a product is at most the product of the two lengths that they
have in both vectors (Cauchy and Schwarz). Only documents that this bound leaves a chance are computed in full, from
their own terms (compare MaxScore: H. Turtle and J. Flood, Query evaluation, IPM 31(6), 1995). Of 27,000 documents these
are forty at the median, and the postings that are read are a fifth.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from services.related.postings import Postings
from services.related.shelf import Shelf
from services.related.terms import Numbers, Terms
from services.related.vocabulary import Vocabulary

COMMON = 16
"""A term is common if more than one document in so many has it."""
FEW = 512
"""Fewer documents than this do not make a term common."""
REFRESHED_AFTER = 50
"""The weights are computed anew when one document in so many has come or gone since."""
SLACK = 1e-5
"""More than what single precision loses in a sum, so that no document falls through the bound."""

Cosines = NDArray[np.float64]


class Corpus:
    """Documents by slot, a small number that its owner gives out."""

    def __init__(self) -> None:
        self.documents = 0
        self._shelf = Shelf()
        self._postings = Postings()
        self._vocabulary = Vocabulary()
        self._idf = np.zeros(1, np.float32)
        self._mine = np.zeros(1, np.uint8)
        self._per_length = np.zeros(1, np.float32)
        self._common_part = np.zeros(1, np.float32)
        self._common_below = 0.0
        self._changes = 0

    def terms(self, slot: int) -> Terms:
        """The terms of the document at `slot`, as it was entered with them."""
        terms = self._shelf.get(slot)
        return Terms(self._vocabulary.checksums(terms.numbers), terms.strengths)

    def add(self, slot: int, terms: Terms) -> None:
        """Enter a document at a slot that has none."""
        terms = self._known([terms])
        fresh = terms.numbers[self._postings.frequency[terms.numbers] == 0]
        self._postings.add(slot, terms)
        self._shelf.put(slot, terms)
        self.documents += 1
        self._changes += 1
        self._idf[fresh] = self._rarity(1.0)
        self._make_room(slot)
        self._measure(slot, terms)

    def add_all(self, slots: Numbers, terms: Sequence[Terms]) -> None:
        """Enter many documents at once, into an empty corpus in a twentieth of the time."""
        if self.documents or not len(slots):
            for slot, each in zip(slots.tolist(), terms, strict=True):
                self.add(slot, each)
            return
        counts = np.array([len(each.numbers) for each in terms], np.int64)
        known = self._known(terms)
        self._shelf.put_all(slots, counts, known)
        self._postings.fill(np.repeat(slots, counts), known.numbers, known.strengths)
        self.documents = self._changes = len(slots)
        self._make_room(int(slots.max()))
        self.refresh()

    def discard(self, slot: int) -> None:
        """Take out the document at `slot`."""
        self._postings.discard(slot, self._shelf.get(slot))
        self._shelf.drop(slot)
        self._per_length[slot] = 0
        self.documents -= 1
        self._changes += 1

    def refresh(self, after: int = REFRESHED_AFTER) -> bool:
        """Compute all weights anew if one document in `after` has come or gone since; whether it was done."""
        if self._changes * after < self.documents or not self._changes:
            return False
        self._changes = 0
        self._idf[:] = self._rarity(self._postings.frequency[: len(self._idf)])
        self._common_below = float(self._rarity(max(self.documents / COMMON, FEW)))
        self._measure_all()
        return True

    def near(self, slot: int, slots: int) -> tuple[Cosines, Cosines, int]:
        """The cosine of the document at `slot` to the first `slots` slots as far as rare terms make it.

        Then what the common ones may add at most, and how many postings they have.
        """
        terms = self._shelf.get(slot)
        weights = self._weights(terms)
        idf = self._idf[terms.numbers]
        rare = idf > self._common_below
        sums = self._postings.sums(terms.numbers[rare], (weights * idf)[rare], slots)
        sums *= self._per_length[:slots]
        bound = float(np.sqrt(np.square(weights[~rare]).sum())) * self._common_part[:slots]
        return sums, bound.astype(np.float64) + SLACK, int(self._postings.frequency[terms.numbers[~rare]].sum())

    def common(self, slot: int, slots: int) -> Cosines:
        """What the common terms add."""
        terms = self._shelf.get(slot)
        idf = self._idf[terms.numbers]
        common = idf <= self._common_below
        sums = self._postings.sums(terms.numbers[common], (self._weights(terms) * idf)[common], slots)
        sums *= self._per_length[:slots]
        return sums

    def cosines(self, slot: int, others: Numbers) -> Cosines:
        """The cosine of the document at `slot` to each of `others`, which all have terms; the same from both sides."""
        terms = self._shelf.get(slot)
        if not len(others) or not len(terms.numbers):
            return np.zeros(len(others))
        self._mine[terms.numbers] = terms.strengths
        numbers, theirs, starts = self._shelf.gather(others)
        squares = np.square(self._idf[numbers].astype(np.float64))
        products = squares * (self._mine[numbers].astype(np.uint32) * theirs)
        self._mine[terms.numbers] = 0
        found = np.add.reduceat(products, starts)
        lengths = self._per_length[others].astype(np.float64) * float(self._per_length[slot])
        return np.minimum(found * lengths, 1.0)

    def filled(self, slots: Numbers) -> Numbers:
        """Those of `slots` that have terms."""
        return slots[self._shelf.filled(slots)]

    def shared(self, slot: int, others: Numbers, count: int) -> list[list[int]]:
        """For each of `others`, which all have terms, those that add most to its likeness to `slot`, the weightiest first."""
        terms = self._shelf.get(slot)
        if not len(others) or not len(terms.numbers):
            return [[] for _ in others]
        self._mine[terms.numbers] = terms.strengths
        numbers, theirs, starts = self._shelf.gather(others)
        mine = self._mine[numbers]
        self._mine[terms.numbers] = 0
        both = np.flatnonzero(mine)
        owners = np.searchsorted(starts, both, side="right")
        numbers = numbers[both]
        parts = np.square(self._idf[numbers]) * (mine[both].astype(np.uint32) * theirs[both])
        checksums = self._vocabulary.checksums(numbers)
        ranked = checksums[np.lexsort((checksums, -parts, owners))].tolist()
        ends = np.cumsum(np.bincount(owners, minlength=len(others) + 1)).tolist()
        return [ranked[start : min(end, start + count)] for start, end in pairwise(ends)]

    def heaviest(self, slot: int, count: int) -> list[int]:
        """The terms of a document that weigh most, the weightiest first."""
        terms = self._shelf.get(slot)
        best = np.argsort(-(self._idf[terms.numbers] * terms.strengths), kind="stable")[:count]
        return list(self._vocabulary.checksums(terms.numbers[best]).tolist())

    def _known(self, terms: Sequence[Terms]) -> Terms:
        """All these terms by their small numbers, one document after the other."""
        strengths = np.concatenate([each.strengths for each in terms])
        numbers = self._vocabulary.small(np.concatenate([each.numbers for each in terms]))
        if (count := self._vocabulary.count) > len(self._idf):
            room = max(count, len(self._idf) * 9 // 8)
            self._idf, self._mine = _longer(self._idf, room), _longer(self._mine, room)
        self._postings.know(len(self._idf))
        return Terms(numbers, strengths)

    def _weights(self, terms: Terms) -> NDArray[np.float32]:
        weights = self._idf[terms.numbers] * terms.strengths
        length = np.sqrt(np.square(weights).sum()) or np.float32(1)
        scaled: NDArray[np.float32] = weights / length
        return scaled

    def _rarity(self, frequency: NDArray[np.int32] | float) -> NDArray[np.float32]:
        return np.log1p((self.documents + 1) / (np.asarray(frequency, np.float32) + 1)).astype(np.float32)

    def _make_room(self, slot: int) -> None:
        if slot >= len(self._per_length):
            room = max(slot + 1, len(self._per_length) * 3 // 2)
            self._per_length = _longer(self._per_length, room)
            self._common_part = _longer(self._common_part, room)

    def _measure(self, slot: int, terms: Terms) -> None:
        weights = self._idf[terms.numbers].astype(np.float64) * terms.strengths
        squares = np.square(weights)
        length = float(np.sqrt(squares.sum()))
        common = float(np.sqrt(squares[self._idf[terms.numbers] <= self._common_below].sum()))
        self._per_length[slot] = 1 / length if length else 0
        self._common_part[slot] = common / length if length else 0

    def _measure_all(self) -> None:
        """The lengths of all vectors, and of their common parts, a block at a time."""
        for slots, numbers, strengths, starts in self._shelf.blocks():
            idf = self._idf[numbers]
            squares = np.square(idf * strengths)
            lengths = np.sqrt(np.add.reduceat(squares, starts))
            squares[idf > self._common_below] = 0
            common = np.sqrt(np.add.reduceat(squares, starts))
            lengths[lengths == 0] = 1
            self._per_length[slots] = 1 / lengths
            self._common_part[slots] = common / lengths


Scalar = TypeVar("Scalar", bound=np.generic)


def _longer(array: NDArray[Scalar], room: int) -> NDArray[Scalar]:
    longer = np.zeros(room, array.dtype)
    longer[: len(array)] = array
    return longer
