"""Pure. The keeping of the lists: what changes in them, what stood there before, and whose readers see another one."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from services.related.choosing import Curated, Curation
from services.related.closeness import MILLION
from services.related.documents import Documents
from services.related.lists import HELD, NOBODY, Lists, Row
from services.related.records import Held, Record
from services.related.searching import Search
from services.related.standing import Seen, Standing
from services.related.terms import Numbers

NOTABLE = MILLION // 100
"""A closeness that has drifted by less is left to the next search of the other one's list."""


@dataclass(slots=True)
class Trial:
    """What stood before the changes that are not settled yet: of each document its record, its list, its curation."""

    records: dict[str, Record | None] = field(default_factory=dict)
    lists: dict[str, Held | None] = field(default_factory=dict)
    curated: dict[str, Curated | None] = field(default_factory=dict)


class Keeping:
    """Changes the lists of documents, and remembers what they were."""

    def __init__(
        self, documents: Documents, lists: Lists, curation: Curation, search: Search, standing: Standing
    ) -> None:
        self.trial = Trial()
        self._documents = documents
        self._lists = lists
        self._curation = curation
        self._search = search
        self._standing = standing
        self._before: dict[str, Seen] = {}

    def held(self, document_id: str) -> Held | None:
        """A document's list as it is kept; None if it is not here."""
        if (slot := self._documents.slot.get(document_id)) is None:
            return None
        ids = self._documents.ids
        row = tuple([(ids[neighbour], units) for neighbour, units in self._lists.row(slot)])
        passed_over = tuple([ids[other] for other in self._lists.passed_over(slot)])
        return Held(row, bool(self._lists.whole[slot]), passed_over)

    def touch(self, document_id: str) -> None:
        """Remember what a list shows before it may change."""
        if document_id not in self._before:
            self._before[document_id] = self._seen(document_id)

    def forget(self, document_id: str) -> None:
        """It does not count whether this list is another one now."""
        self._before.pop(document_id, None)

    def store(self, slot: int, row: Row, whole: bool) -> None:  # noqa: FBT001 - the second half of what Search.ranked gives
        """Replace a list."""
        document_id = self._documents.ids[slot]
        if document_id not in self.trial.lists:
            self.trial.lists[document_id] = self.held(document_id)
        self._lists.store(slot, row, whole=whole)
        if repeats := self._standing.repeating(slot):
            self._lists.pass_over(slot, repeats)

    def drop(self, slot: int, holder: int) -> None:
        """Take a document out of a list."""
        self.touch(self._documents.ids[holder])
        rest = [neighbour for neighbour in self._lists.row(holder) if neighbour[0] != slot]
        self.store(holder, rest, whole=bool(self._lists.whole[holder]))

    def offer(self, newcomer: int, others: Numbers, units: Numbers) -> None:
        """Give a document its place in those of the lists of `others` where it has one."""
        welcome = units >= self._lists.entry[others]
        for other, close in zip(others[welcome].tolist(), units[welcome].tolist(), strict=True):
            self._enter(other, (newcomer, close))

    def tell(self, slot: int, others: Numbers, units: Numbers) -> None:
        """Let the neighbours of a document whose closeness drifted know how close it is now."""
        told = self._lists.told(slot, others)
        drifted = (told > 0) & (np.abs(units - told) >= NOTABLE)
        for holder, close in zip(others[drifted].tolist(), units[drifted].tolist(), strict=True):
            self.touch(self._documents.ids[holder])
            row = [(near, close if near == slot else before) for near, before in self._lists.row(holder)]
            self.store(holder, sorted(row, key=self._search.rank), whole=bool(self._lists.whole[holder]))
        strangers = told == 0
        self.offer(slot, others[strangers], units[strangers])

    def changed(self, renamed: int = NOBODY) -> list[str]:
        """Complete the lists that lost too much, then tell whose shown one is another than before, or names it anew."""
        before, self._before = self._before, {}
        for document_id in before:
            slot = self._documents.slot.get(document_id)
            if slot is not None and self._lists.wanting(slot):
                self.store(slot, *self._search.ranked(slot, *self._search.all_near(slot)))
        after = {document_id: self._seen(document_id) for document_id in before}
        return sorted(name for name, seen in after.items() if seen != before[name] or renamed in seen)

    def _enter(self, slot: int, newcomer: tuple[int, int]) -> None:
        """One list; without proof of what follows its end, nobody comes in there."""
        document_id, whole = self._documents.ids[slot], bool(self._lists.whole[slot])
        if self._documents.ids[newcomer[0]] in self._curation.of(document_id).banned:
            return
        row = self._lists.row(slot)
        place, own = len(row), self._search.rank(newcomer)
        while place and self._search.rank(row[place - 1]) > own:
            place -= 1
        if whole or place < len(row):
            self.touch(document_id)
            self.store(slot, [*row[:place], newcomer, *row[place:]][:HELD], whole=whole)

    def _seen(self, document_id: str) -> Seen:
        slot = self._documents.slot.get(document_id)
        return () if slot is None else self._standing.standing(slot)
