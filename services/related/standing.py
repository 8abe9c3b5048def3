"""Pure. Who stands in a list as anyone sees it."""

from __future__ import annotations

from services.related.choosing import TWIN, Curation, Near, Shown, chosen, score
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
                self._documents.id(near),
                self._documents.title(near),
                score(close[near] if near in close else self._search.closeness(slot, near)),
                near in pinned,
            )
            for near in self.standing(slot)
        )

    def standing(self, slot: int) -> Seen:
        """Who stands in the list of `slot`, best first."""
        pinned = self._pins(slot)
        if not pinned and not self._lists.any_at(TWIN, slot):
            return tuple(self._lists.slots(slot)[:SHOWN])
        return tuple(chosen(self._lists.row(slot), pinned, self._twins))

    def _pins(self, slot: int) -> list[int]:
        pins = [self._documents.slot.get(pin) for pin in self._curation.of(self._documents.id(slot)).pinned]
        return [pin for pin in pins if pin is not None and pin != slot]

    def _twins(self, slot: int) -> list[int]:
        """Who says the same as the document at `slot`."""
        return [near for near, units in self._lists.row(slot) if units >= TWIN]
