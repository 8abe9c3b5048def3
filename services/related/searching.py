"""Pure. Who is near a document: the search, and the order of what it finds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from services.related.choosing import Curation
from services.related.closeness import MILLION, Weights, blended, closeness
from services.related.corpus import TIERS, Bounds, Corpus, Cosines
from services.related.documents import Documents
from services.related.lists import CLOSED, FLOOR, HELD, NOBODY, Lists, Row, Rows, ordered
from services.related.terms import Numbers

TERMS = 128
"""Of a document, roughly: it costs as much to compare one as to read so many postings."""


class Search:
    """Looks for the neighbours of a document, and for those whose neighbour it is."""

    def __init__(
        self, corpus: Corpus, documents: Documents, lists: Lists, curation: Curation, weights: Weights
    ) -> None:
        self._corpus = corpus
        self._documents = documents
        self._lists = lists
        self._curation = curation
        self._weights = weights

    def all_near(self, slot: int) -> tuple[Numbers, Numbers]:
        """Every other document that could have a place in the list of `slot` or give it one, and how close it is."""
        slots = self._documents.slots
        alike = self._documents.meanings.cosines_to_all(slot, slots) if self._weights.meaning else None
        sums, bound, postings = self._corpus.near(slot, slots)
        for tier in range(1, TIERS + 1):
            others, k = self._likely(
                slot, blended(sums, alike, self._weights), blended(sums + bound, alike, self._weights)
            )
            if len(others) * TERMS <= postings:
                break
            more, bound, postings = self._corpus.near(slot, slots, tier)
            sums += more
        return others, self._closeness([slot], [len(others)], others, k)

    def _likely(self, slot: int, sums: Bounds, most: Bounds) -> tuple[Numbers, Cosines]:
        """Who may be close enough, if their cosine lies between these two, and their k."""
        highest = 1 + self._weights.most
        most *= MILLION * highest
        most[slot] = 0
        least = min(int(self._least(slot, sums) * MILLION), CLOSED)
        needed = np.minimum(self._lists.entry[: len(sums)], np.int32(least)).astype(np.float32)
        others = self._corpus.filled((most >= needed).nonzero()[0])
        k = self._documents.k(slot, others, self._weights)
        likely = most[others] * ((1 + k) / highest) >= needed[others]
        return others[likely], k[likely]

    def _least(self, slot: int, sums: Bounds) -> float:
        """How close one must be for a place in the list of `slot`: as the last of the best, or as the floor."""
        rivals = (sums >= FLOOR / MILLION).nonzero()[0]
        rivals = rivals[~self._documents.silent[rivals] & (rivals != slot)]
        return float(np.partition(sums[rivals], -HELD)[-HELD]) if len(rivals) > HELD else FLOOR / MILLION

    def ranked(self, slot: int, others: Numbers, units: Numbers) -> tuple[Row, bool]:
        """The best `HELD` of those found, and whether these are all above the floor."""
        allowed = (units >= FLOOR) & ~self._documents.silent[others]
        for banned in self._curation.of(self._documents.ids[slot]).banned:
            allowed &= others != self._documents.slot.get(banned, -1)
        others, units = others[allowed], units[allowed]
        if len(others) > HELD:
            best = units >= np.partition(units, -HELD)[-HELD]
            others, units = others[best], units[best]
        row = list(zip(others.tolist(), units.tolist(), strict=True))
        return sorted(row, key=self.rank)[:HELD], len(row) < HELD

    def rank(self, neighbour: tuple[int, int]) -> tuple[int, str]:
        """Orders neighbours: the closest first, ties by id."""
        slot, units = neighbour
        return -units, self._documents.ids[slot]

    def closeness(self, slot: int, other: int) -> int:
        """How close one document is to one other, in millionths."""
        others = self._corpus.filled(np.array([other]))
        k = self._documents.k(slot, others, self._weights)
        return int(self._closeness([slot], [len(others)], others, k).sum())

    def again(self, slots: Numbers, rows: Rows) -> Rows:
        """The rows of these with the closeness of now, in its order."""
        near, _ = rows
        here = near != NOBODY
        others, counts = near[here].astype(np.int64), here.sum(axis=1)
        units = np.zeros_like(near)
        k = self._documents.k(slots.repeat(counts), others, self._weights)
        units[here] = self._closeness(slots.tolist(), counts.tolist(), others, k)
        return ordered((near, units), self._documents.ids)

    def _closeness(self, slots: Sequence[int], counts: Sequence[int], others: Numbers, k: Cosines) -> Numbers:
        """Of slots[0] to the first counts[0] of `others`, of slots[1] to the next counts[1], …, all with terms; in millionths."""
        alike = None
        if self._weights.meaning:
            alike = self._documents.meanings.cosines(np.asarray(slots, np.int64).repeat(counts), others)
        return closeness(blended(self._corpus.cosines(slots, counts, others), alike, self._weights), k)
