"""Pure. The terms of every document, forward and inverted, and how rare each term is; similarity is computed here.

The similarity of two documents is the cosine of their tf-idf vectors, (1 + ln tf) · ln(1 + (N + 1) / (df + 1)), with
the frequencies of now. Frozen at the arrival of each document, they would put 6 to 8 of 100 list places wrong.

A search is exact without looking at every posting. Terms that stand in more than a sixteenth of all documents have most
of the postings and little of the weight: their part of a product is at most the product of the two lengths that they
have in both vectors (Cauchy and Schwarz). Only documents that this bound leaves a chance are computed in full, from
their own terms (compare MaxScore: H. Turtle and J. Flood, Query evaluation, IPM 31(6), 1995). Of 27,000 documents these
are forty at the median, and the postings that are read are a fifth. Where the bound leaves too many, of 33,000 documents
in 17 searches of 60, the terms of up to an eighth are read as well, which left none of the 60 with more than 200.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from services.related.postings import Postings
from services.related.shelf import Shelf
from services.related.terms import Numbers, Terms
from services.related.vocabulary import Vocabulary

COMMON, COMMONEST = 16, 8
"""One document in so many has a common term, or one of the commonest."""
TIERS = 3
NO_MORE = 1 << 62  # more postings than there can be: it does not pay to read on
FEW = 512
"""Fewer documents than this do not make a term common."""
REFRESHED_AFTER = 50
"""The weights are computed anew when one document in so many has come or gone since."""
SLACK = 1e-5
"""More than what single precision loses in a sum, so that no document falls through the bound."""

Cosines = NDArray[np.float64]
Bounds = NDArray[np.float32]


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
        self._commonest_part = np.zeros(1, np.float32)
        self._common_below = self._commonest_below = 0.0
        self._changes = 0

    def terms(self, slot: int) -> Terms:
        """The terms of the document at `slot`, as it was entered with them."""
        terms = self._shelf.get(slot)
        return Terms(self._vocabulary.checksums(terms.numbers), terms.strengths)

    def add(self, slot: int, terms: Terms) -> None:
        """Enter a document at a slot that has none."""
        known = self._known([terms])
        terms = Terms(known.numbers.astype(np.int64), known.strengths)
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
        self._commonest_below = float(self._rarity(max(self.documents / COMMONEST, 2 * FEW)))
        self._measure_all()
        return True

    def near(self, slot: int, slots: int, tier: int = 0) -> tuple[Bounds, Bounds, int]:
        """What the terms of one tier add to the cosine of the document at `slot` to the first `slots` slots, the rare ones first.

        Then what those behind it may add at most, and how many postings the next tier has; `NO_MORE` if none is behind.
        """
        terms = self._shelf.get(slot)
        weights, idf = self._weights(terms), self._idf[terms.numbers]
        limits = (np.inf, self._common_below, self._commonest_below, -1.0)
        read = (idf > limits[tier + 1]) & (idf <= limits[tier])
        sums = self._postings.sums(terms.numbers[read], (weights * idf)[read], slots).astype(np.float32)
        sums *= self._per_length[:slots]
        if not (rest := idf <= limits[tier + 1]).any():
            return sums, np.full(slots, SLACK, np.float32), NO_MORE
        part = self._commonest_part if tier else self._common_part
        bound = part[:slots] * np.sqrt(np.square(weights[rest]).sum())
        bound += np.float32(SLACK)
        return sums, bound, int(self._postings.frequency[terms.numbers[rest & (idf > limits[tier + 2])]].sum())

    def cosines(self, slots: Sequence[int], counts: Sequence[int], others: Numbers) -> Cosines:
        """The cosines of the document at slots[0] to the first counts[0] of `others`, of slots[1] to the next counts[1], …

        They are the same from both sides, to the last bit: what is shared is summed in the order of its checksums.
        """
        if not len(others):
            return np.zeros(0)
        numbers, products, owners = self._shared(slots, counts, others)
        parts = np.square(self._idf[numbers].astype(np.float64)) * products
        found = np.bincount(owners, parts, len(others)).astype(np.float64, copy=False)
        found *= self._per_length[others].astype(np.float64) * self._per_length[slots].repeat(counts)
        return np.minimum(found, 1.0)

    def filled(self, slots: Numbers) -> Numbers:
        """Those of `slots` that have terms."""
        return slots[self._shelf.filled(slots)]

    def shared(self, slots: Sequence[int], counts: Sequence[int], others: Numbers, most: int) -> list[list[int]]:
        """For each of `others`, as with cosines, the terms that add most to this likeness, the weightiest first."""
        if not len(others):
            return []
        numbers, products, owners = self._shared(slots, counts, others)
        parts = (np.square(self._idf[numbers]) * products).astype(np.float32)
        ranked = self._vocabulary.checksums(numbers[_heaviest_first(owners, parts)]).tolist()
        ends = np.cumsum(np.bincount(owners, minlength=len(others))).tolist()
        return [ranked[start : min(end, start + most)] for start, end in pairwise([0, *ends])]

    def heaviest(self, slot: int, count: int) -> list[int]:
        """The terms of a document that weigh most, the weightiest first."""
        terms = self._shelf.get(slot)
        best = np.argsort(-(self._idf[terms.numbers] * terms.strengths), kind="stable")[:count]
        return list(self._vocabulary.checksums(terms.numbers[best]).tolist())

    def _shared(
        self, slots: Sequence[int], counts: Sequence[int], others: Numbers
    ) -> tuple[Numbers, NDArray[np.uint32], Numbers]:
        """The terms that each of `others` shares with its own of `slots`, the products of their strengths, whose they are.

        All that can be done once for all is: for each of `slots` there is only the table of its terms to be filled and read.
        """
        numbers, theirs, starts = self._shelf.gather(others)
        mine = np.empty(len(numbers), np.uint8)
        edges = [int(starts[first]) if first < len(starts) else len(numbers) for first in accumulate(counts, initial=0)]
        for slot, (start, end) in zip(slots, pairwise(edges), strict=True):
            terms = self._shelf.get(slot)
            self._mine[terms.numbers] = terms.strengths
            mine[start:end] = self._mine[numbers[start:end]]
            self._mine[terms.numbers] = 0
        both = mine.nonzero()[0]
        owners = starts.searchsorted(both, side="right") - 1
        return numbers[both], mine[both].astype(np.uint32) * theirs[both], owners

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
            self._commonest_part = _longer(self._commonest_part, room)

    def _measure(self, slot: int, terms: Terms) -> None:
        idf = self._idf[terms.numbers]
        squares = np.square(idf.astype(np.float64) * terms.strengths)
        length = float(np.sqrt(squares.sum()))
        self._per_length[slot] = 1 / length if length else 0
        for part, below in self._parts():
            common = float(np.sqrt(squares[idf <= below].sum()))
            part[slot] = common / length if length else 0

    def _parts(self) -> tuple[tuple[NDArray[np.float32], float], ...]:
        """The share of each vector's length that the common terms have, and the commonest."""
        return (self._common_part, self._common_below), (self._commonest_part, self._commonest_below)

    def _measure_all(self) -> None:
        """The lengths of all vectors, and of their common parts, a block at a time."""
        for slots, numbers, strengths, starts in self._shelf.blocks():
            idf = self._idf[numbers]
            squares = np.square(idf * strengths)
            lengths = np.sqrt(np.add.reduceat(squares, starts))
            lengths[lengths == 0] = 1
            self._per_length[slots] = 1 / lengths
            for part, below in self._parts():
                squares *= idf <= below
                part[slots] = np.sqrt(np.add.reduceat(squares, starts)) / lengths


def _heaviest_first(owners: Numbers, parts: NDArray[np.float32]) -> Numbers:
    """The places of the parts, those of the first owner first, and of each the heaviest first; equal ones as they stand.

    Owner, part and place in one number: sorting numbers takes a tenth of sorting places by them. The bits of a float that
    is not below zero grow as it does; parts that differ by less than one in two thousand count as equal.
    """
    bits = np.bitwise_not(parts.view(np.uint32)) >> np.uint32(12)
    keys = owners.astype(np.uint64) << np.uint64(44) | bits.astype(np.uint64) << np.uint64(24)
    keys |= np.arange(len(parts), dtype=np.uint64)
    keys.sort()
    return (keys & np.uint64(0xFFFFFF)).astype(np.int64)


Scalar = TypeVar("Scalar", bound=np.generic)


def _longer(array: NDArray[Scalar], room: int) -> NDArray[Scalar]:
    longer = np.zeros(room, array.dtype)
    longer[: len(array)] = array
    return longer
