"""Pure. Who stands in a list as anyone sees it."""

from __future__ import annotations

from services.related.choosing import COPY, TWIN, Curation, Near, Shown, repeating, score
from services.related.documents import Documents
from services.related.lists import SHOWN, Lists
from services.related.searching import Search

Seen = tuple[int, ...]
"""What makes a list another one to its readers: who stands in it; a score that drifts does not."""


class Standing:
    """Makes of a row, which is the nearest, the list that is shown."""

    def __init__(self, documents: Documents, lists: Lists, curation: Curation, search: Search) -> None:
        self._documents = documents
        self._lists = lists
        self._curation = curation
        self._search = search

    def shown(self, slot: int) -> Shown:
        """The list of `slot` as anyone sees it."""
        close, pinned = dict(self._lists.row(slot)), self._pins(slot)
        return tuple(
            Near(
                self._documents.ids[near],
                self._documents.titles[near],
                score(close[near] if near in close else self._search.closeness(slot, near)),
                near in pinned,
            )
            for near in self.standing(slot)
        )

    def standing(self, slot: int) -> Seen:
        """Who stands in the list of `slot`, best first."""
        pinned, near = self._pins(slot), self._lists.slots(slot)
        return tuple(
            [*pinned, *(other for other in near if other not in pinned)][: max(SHOWN, len(pinned))]
            if pinned
            else near[:SHOWN]
        )

    def repeating(self, slot: int) -> list[int]:
        """Whom the row of `slot`, as it is now, passes over."""
        row = self._lists.row(slot)
        if not row or (row[0][1] < COPY and not self._lists.any_at(TWIN, slot)):
            return []
        return repeating(row, self._lists.close_pairs(slot, TWIN))

    def _pins(self, slot: int) -> list[int]:
        if not (pinned := self._curation.of(self._documents.ids[slot]).pinned):
            return []
        pins = [self._documents.slot.get(pin) for pin in pinned]
        return [pin for pin in pins if pin is not None and pin != slot]
