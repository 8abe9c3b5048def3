"""Pure. The nearest documents of every document, kept exact while documents come, change and go.

Similarity is symmetric, so the scores of a newcomer against all are also all documents' scores against the newcomer:
one query gives its own list and every list that it enters. When it changes or goes, its old scores name the lists that
it stood in; these close the gap from what they hold beyond the shown, and are queried anew only if that does not
suffice.

The lists depend on the vectors alone, never on the order of arrival or on slots: ties are broken by id, and scores are
exact.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from services.related.lists import FLOOR, HELD, SHOWN, Lists, Row
from services.related.postings import Postings, Scores
from services.related.records import UNIT, Held, Record, Vector, weigh
from services.related.terms import Terms

Shown = tuple[tuple[str, str, float], ...]
"""A list as anyone sees it: (id, title, similarity 0..1 to four places), best first."""


@dataclass(slots=True)
class Trial:
    """What stood before the changes that are not settled yet: for each document its record and its list."""

    records: dict[str, Record | None] = field(default_factory=dict)
    lists: dict[str, Held | None] = field(default_factory=dict)


class Index:
    """Every living document with its vector and its list. Changes are on trial until they are settled or undone."""

    def __init__(self) -> None:
        self.trial = Trial()
        self._postings = Postings()
        self._lists = Lists()
        self._slot: dict[str, int] = {}
        self._ids: list[str] = []
        self._records: list[Record] = []
        self._vacant: list[int] = []
        self._retracted: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._slot)

    def record(self, document_id: str) -> Record | None:
        """What is remembered of it; None if it was never here."""
        if (slot := self._slot.get(document_id)) is not None:
            return self._records[slot]
        version = self._retracted.get(document_id)
        return None if version is None else Record(version, retracted=True)

    def held(self, document_id: str) -> Held | None:
        """Its list as it is kept; None if it is not here."""
        if (slot := self._slot.get(document_id)) is None:
            return None
        row = tuple((self._ids[neighbour], units) for neighbour, units in self._lists.row(slot))
        return Held(row, bool(self._lists.whole[slot]))

    def shown(self, document_id: str) -> Shown:
        """Its list as anyone sees it; empty if it is not here."""
        return () if (slot := self._slot.get(document_id)) is None else self._shown(slot)

    def weigh(self, terms: Terms) -> Vector:
        """The vector that a document with these terms gets if it arrives now."""
        return weigh(terms, self._postings.frequency[terms.numbers].astype(np.int64), len(self))

    def put(self, document_id: str, record: Record) -> list[str]:
        """Enter or replace a document. Gives the other documents whose shown list changed."""
        self._remember(document_id)
        before: dict[int, Shown] = {}
        slot = self._slot.get(document_id)
        if slot is not None:
            self._withdraw(slot, before)
        slot = self._occupy(document_id, record)
        scores = self._postings.scores(record.vector, len(self._ids))
        self._store(slot, *self._ranked(scores))
        for other in self._lists.open_to(scores).tolist():
            self._offer(other, (slot, int(scores[other])), before)
        self._postings.add(slot, record.vector)
        return self._changed(before)

    def remove(self, document_id: str, version: int) -> list[str]:
        """Take out a document and remember that version. Gives the other documents whose shown list changed."""
        self._remember(document_id)
        before: dict[int, Shown] = {}
        if (slot := self._slot.get(document_id)) is not None:
            self._withdraw(slot, before)
            self._vacate(document_id)
        self._retracted[document_id] = version
        return self._changed(before)

    def settle(self) -> None:
        """The changes on trial stand."""
        self.trial = Trial()

    def undo(self) -> None:
        """Back to where the last settled change left it."""
        self.install(self.trial.records, self.trial.lists)
        self.settle()

    def install(self, records: Mapping[str, Record | None], lists: Mapping[str, Held | None]) -> None:
        """Make these records and lists stand, as another index found them.

        Neighbours that are not here are left out.
        """
        for document_id, record in records.items():
            if (slot := self._slot.get(document_id)) is not None:
                self._postings.discard(slot, self._records[slot].vector)
            if record is not None and not record.retracted:
                self._postings.add(self._occupy(document_id, record), record.vector)
                continue
            self._vacate(document_id)
            if record is not None:
                self._retracted[document_id] = record.version
        for document_id, held in lists.items():
            if held is not None and (slot := self._slot.get(document_id)) is not None:
                row = [(self._slot[other], units) for other, units in held.nearest if other in self._slot]
                self._lists.store(slot, row, whole=held.whole)

    def _occupy(self, document_id: str, record: Record) -> int:
        """Give the document its record and, if it has none, a slot."""
        self._retracted.pop(document_id, None)
        slot = self._slot.get(document_id)
        if slot is None:
            slot = self._vacant.pop() if self._vacant else len(self._ids)
            self._slot[document_id] = slot
            self._ids[slot : slot + 1] = [document_id]
            self._records[slot : slot + 1] = [record]
            self._lists.clear(slot)
        self._records[slot] = record
        return slot

    def _vacate(self, document_id: str) -> None:
        self._retracted.pop(document_id, None)
        slot = self._slot.pop(document_id, None)
        if slot is not None:
            self._lists.clear(slot)
            self._records[slot] = Record(0)
            self._vacant.append(slot)

    def _withdraw(self, slot: int, before: dict[int, Shown]) -> None:
        """Take a document out of the postings and out of every list that it stands in."""
        vector = self._records[slot].vector
        scores = self._postings.scores(vector, len(self._ids))
        self._postings.discard(slot, vector)
        for other in self._lists.open_to(scores).tolist():
            row = self._lists.row(other)
            rest = [neighbour for neighbour in row if neighbour[0] != slot]
            if len(rest) < len(row):
                before[other] = self._shown(other)
                self._store(other, rest, whole=bool(self._lists.whole[other]))

    def _offer(self, slot: int, newcomer: tuple[int, int], before: dict[int, Shown]) -> None:
        """Give a newcomer its place in a list, if it has one there; without proof of what follows, none at the end."""
        row, whole = self._lists.row(slot), bool(self._lists.whole[slot])
        ranked = sorted([*row, newcomer], key=self._rank)
        if not whole and ranked[-1] == newcomer:
            return
        before.setdefault(slot, self._shown(slot))
        self._store(slot, ranked[:HELD], whole=whole)

    def _changed(self, before: Mapping[int, Shown]) -> list[str]:
        """Complete the lists that lost too much, then tell whose shown one is another than before."""
        for slot in before:
            if self._lists.wanting(slot):
                scores = self._postings.scores(self._records[slot].vector, len(self._ids))
                scores[slot] = 0
                self._store(slot, *self._ranked(scores))
        return sorted(self._ids[slot] for slot, shown in before.items() if self._shown(slot) != shown)

    def _ranked(self, scores: Scores) -> tuple[Row, bool]:
        """The best `HELD` of all, and whether these are all above the floor."""
        found = np.flatnonzero(scores >= FLOOR)
        if len(found) > HELD:
            against = scores[found]
            found = found[against >= np.partition(against, -HELD)[-HELD]]
        row = list(zip(found.tolist(), scores[found].astype(np.int64).tolist(), strict=True))
        return sorted(row, key=self._rank)[:HELD], len(found) < HELD

    def _rank(self, neighbour: tuple[int, int]) -> tuple[int, str]:
        slot, units = neighbour
        return -units, self._ids[slot]

    def _shown(self, slot: int) -> Shown:
        row = self._lists.row(slot)[:SHOWN]
        return tuple((self._ids[near], self._records[near].title, similarity(units)) for near, units in row)

    def _store(self, slot: int, row: Row, whole: bool) -> None:  # noqa: FBT001 - the second half of what _ranked gives
        document_id = self._ids[slot]
        if document_id not in self.trial.lists:
            self.trial.lists[document_id] = self.held(document_id)
        self._lists.store(slot, row, whole=whole)

    def _remember(self, document_id: str) -> None:
        if document_id not in self.trial.records:
            self.trial.records[document_id] = self.record(document_id)
            self.trial.lists.setdefault(document_id, self.held(document_id))


def similarity(units: int) -> float:
    """Parts of UNIT² as 0..1; the rounding of the weights may take two equal vectors a hair above 1."""
    return min(1.0, round(units / (UNIT * UNIT), 4))
