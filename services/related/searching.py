"""Pure. Who is near a document: the search, and the order of what it finds."""

from __future__ import annotations

import numpy as np

from services.related.choosing import Curation
from services.related.closeness import MILLION, Weights, closeness
from services.related.corpus import Corpus
from services.related.documents import Documents
from services.related.lists import FLOOR, HELD, Lists, Row
from services.related.terms import Numbers


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
        slots, most = self._documents.slots, 1 + self._weights.most
        sums, bound = self._corpus.near(slot, slots)
        rivals = np.where(self._documents.silent[:slots], 0, sums)
        sums += bound
        rivals[slot] = sums[slot] = 0
        least = max(FLOOR / MILLION, np.partition(rivals, -HELD)[-HELD] if slots > HELD else 0)
        needed = np.minimum(self._lists.entry[:slots] / MILLION, least)
        others = self._corpus.filled(np.flatnonzero(sums * most >= needed))
        k = self._documents.k(slot, others, self._weights)
        likely = sums[others] * (1 + k) >= needed[others]
        others = others[likely]
        return others, closeness(self._corpus.cosines(slot, others), k[likely])

    def ranked(self, slot: int, others: Numbers, units: Numbers) -> tuple[Row, bool]:
        """The best `HELD` of those found, and whether these are all above the floor."""
        allowed = (units >= FLOOR) & ~self._documents.silent[others]
        for banned in self._curation.of(self._documents.id(slot)).banned:
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
        return -units, self._documents.id(slot)

    def closeness(self, slot: int, other: int) -> int:
        """How close one document is to one other, in millionths."""
        others = self._corpus.filled(np.array([other]))
        found = closeness(self._corpus.cosines(slot, others), self._documents.k(slot, others, self._weights))
        return int(found.sum())

    def again(self, slot: int, row: Row) -> Row:
        """A row with the closeness of now, in its order."""
        near = self._corpus.filled(np.array([other for other, _ in row], np.int64))
        units = closeness(self._corpus.cosines(slot, near), self._documents.k(slot, near, self._weights))
        return sorted(zip(near.tolist(), units.tolist(), strict=True), key=self.rank)
