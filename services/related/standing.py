"""Pure. Who stands in a list as anyone sees it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from services.related.choosing import COPY, TWIN, Curation, Near, Shown, repeating, score
from services.related.documents import Documents
from services.related.lists import NOBODY, SHOWN, Lists, Row, Rows
from services.related.searching import Search
from services.related.terms import Numbers

Seen = tuple[int, ...]
"""What makes a list another one to its readers: who stands in it; a score that drifts does not."""


class Standing:
    """Makes of a row, which is the nearest, the list that is shown."""

    def __init__(self, documents: Documents, lists: Lists, curation: Curation, search: Search) -> None:
        self._documents = documents
        self._lists = lists
        self._curation = curation
        self._search = search

    def shown(self, slots: Sequence[int]) -> list[Shown]:
        """The lists of these as anyone sees them."""
        kept = self._lists.kept(slots)
        return [
            self._shown(slot, dict(zip(near, units, strict=True)), seen)
            for slot, (near, units, *_), seen in zip(slots, kept, self.standing(slots), strict=True)
        ]

    def standing(self, slots: Sequence[int]) -> list[Seen]:
        """Who stands in the list of each of these, best first."""
        if not self._curation:
            return [tuple(near[:SHOWN]) for near in self._lists.slots(slots)]
        return [self._pinned_first(slot, near) for slot, near in zip(slots, self._lists.slots(slots), strict=True)]

    def beside(self, document_id: str) -> set[str]:
        """The documents on whose list it stands."""
        if (slot := self._documents.slot.get(document_id)) is None:
            return set()
        pinning = (self._documents.slot.get(name) for name in self._curation.pinned_to(document_id))
        pinned = [holder for holder in pinning if holder is not None]
        holders = [*{*self._lists.holding(slot, self._documents.slots).tolist(), *pinned}]
        seen = zip(holders, self.standing(holders), strict=True)
        return {self._documents.ids[holder] for holder, near in seen if slot in near}

    def repeating(self, slots: Numbers, rows: Rows) -> NDArray[np.bool_]:
        """Which places of these rows are passed over in the lists of `slots`."""
        near, units = rows
        found = np.zeros(near.shape, np.bool_)
        suspected = np.flatnonzero((units[:, 0] >= COPY) | self._lists.any_at(TWIN, near))
        if len(suspected):
            twins = self._lists.close_pairs(near[suspected], TWIN)
            found[suspected] = repeating(units[suspected], twins) & (near[suspected] != NOBODY)
        if self._curation:
            for line, slot in enumerate(slots.tolist()):
                if pins := self._pins(slot):
                    found[line] = self._behind(pins, near[line], units[line])
        return found

    def stale(self, slots: Numbers) -> NDArray[np.bool_]:
        """Whether others than those that repeat somebody are passed over in the rows of these."""
        found: NDArray[np.bool_] = np.any(
            self.repeating(slots, self._lists.rows(slots)) ^ self._lists.passing(slots), axis=1
        )
        return found

    def passed_over(self, slot: int, row: Row) -> set[int]:
        """Who of this row would be passed over if it were that of `slot`."""
        near, units = (np.array([[each[half] for each in row]], np.int32) for half in (0, 1))
        return set(near[self.repeating(np.array([slot]), (near, units))].tolist()) if row else set()

    def _behind(self, pins: Sequence[int], near: NDArray[np.int32], units: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Which places of a row are passed over behind these pins: what a pinned one says as well; and no pin itself."""
        others, count = ~np.isin(near, pins), len(pins)
        ranking = np.concatenate([np.array(pins, np.int32), near[others]])
        twins = self._lists.close_pairs(ranking[None, :], TWIN)
        twins[:, :count, :count] = False
        close = np.concatenate([np.zeros(count, np.int32), units[others]])
        found = np.zeros(near.shape, np.bool_)
        found[others] = repeating(close[None, :], twins)[0, count:] & (near[others] != NOBODY)
        return found

    def _shown(self, slot: int, close: dict[int, int], seen: Seen) -> Shown:
        pinned, ids, titles = self._pins(slot), self._documents.ids, self._documents.titles
        return tuple(
            [
                Near(
                    ids[near],
                    titles[near],
                    score(close[near] if near in close else self._search.closeness(slot, near)),
                    near in pinned,
                )
                for near in seen
            ]
        )

    def _pinned_first(self, slot: int, near: list[int]) -> Seen:
        if not (pinned := self._pins(slot)):
            return tuple(near[:SHOWN])
        return tuple([*pinned, *(other for other in near if other not in pinned)][: max(SHOWN, len(pinned))])

    def _pins(self, slot: int) -> list[int]:
        if not (pinned := self._curation.of(self._documents.ids[slot]).pinned):
            return []
        pins = [self._documents.slot.get(pin) for pin in pinned]
        return [pin for pin in pins if pin is not None and pin != slot]
