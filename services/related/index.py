"""Pure. The nearest documents of every document, kept while documents come, change and go.

Closeness is symmetric, so the scores of a newcomer against all are also all documents' scores against the newcomer: one
search gives its own list and every list that it enters. Whoever changes or goes is taken out of every list that it
stands in; these close the gap from what they hold beyond the shown, and are searched anew only if that does not suffice.

Each list is exact under the term frequencies of the last time that it was searched. These drift as documents come;
`renew` searches again, and lists that were all renewed since the last change are those of a full recompute.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from services.related.choosing import Curated, Curation, Shown
from services.related.closeness import MILLION, Weights
from services.related.corpus import Corpus
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


class Index:
    """Every living document with its terms and its list. Changes are on trial until they are settled or undone."""

    def __init__(self, weights: Weights | None = None) -> None:
        self.trial = Trial()
        self.corpus = Corpus()
        self.documents = Documents()
        self.curation = Curation()
        self.changes = 0
        """Documents that came or went since this index began."""
        self._lists = Lists()
        self._search = Search(self.corpus, self.documents, self._lists, self.curation, weights or Weights())
        self._standing = Standing(self.documents, self._lists, self.curation, self._search)
        self._renewed = np.zeros(1, np.int64)
        self._reordered = np.zeros(1, np.int64)
        self._retracted: dict[str, int] = {}
        self._before: dict[str, Seen] = {}

    def __len__(self) -> int:
        return len(self.documents)

    def record(self, document_id: str) -> Record | None:
        """What is remembered of it; None if it was never here."""
        if (slot := self.documents.slot.get(document_id)) is not None:
            return replace(self.documents.record(slot), terms=self.corpus.terms(slot))
        version = self._retracted.get(document_id)
        return None if version is None else Record(version, retracted=True)

    def version(self, document_id: str) -> int:
        """The version that is remembered of it; 0 if it was never here."""
        if (slot := self.documents.slot.get(document_id)) is not None:
            return self.documents.record(slot).version
        return self._retracted.get(document_id, 0)

    def held(self, document_id: str) -> Held | None:
        """Its list as it is kept; None if it is not here."""
        if (slot := self.documents.slot.get(document_id)) is None:
            return None
        row = tuple((self.documents.id(neighbour), units) for neighbour, units in self._lists.row(slot))
        passed_over = tuple(self.documents.id(other) for other in self._lists.passed_over(slot))
        return Held(row, bool(self._lists.whole[slot]), passed_over)

    def shown(self, document_id: str) -> Shown:
        """Its list as anyone sees it; empty if it is not here."""
        slot = self.documents.slot.get(document_id)
        return () if slot is None else self._standing.shown(slot)

    def put(self, document_id: str, record: Record) -> list[str]:
        """Enter or replace a document. Gives the other documents whose shown list changed."""
        self.corpus.refresh()
        before = self.documents.slot.get(document_id)
        renamed = before is not None and self.documents.title(before) != record.title
        self._leave(document_id)
        slot = self._enter(document_id, record)
        self._reenter_copies(document_id)
        self._before.pop(document_id, None)
        return self._changed(renamed=slot if renamed else NOBODY)

    def remove(self, document_id: str, version: int) -> list[str]:
        """Take out a document and remember that version. Gives the other documents whose shown list changed."""
        self.corpus.refresh()
        self._leave(document_id)
        self._retracted[document_id] = version
        self._reenter_copies(document_id)
        self._before.pop(document_id, None)
        return self._changed()

    def curate(self, document_id: str, curated: Curated) -> list[str]:
        """Let an operator's choice stand for a document; gives it if its shown list changed."""
        self.trial.curated.setdefault(document_id, self.curation.of(document_id))
        self._touch(document_id)
        self.curation.choose(document_id, curated)
        if (slot := self.documents.slot.get(document_id)) is not None:
            self._store(slot, *self._search.ranked(slot, *self._search.all_near(slot)))
        return self._changed()

    def renew(self, document_id: str) -> list[str]:
        """Search a document's list anew with the frequencies of now, and tell its neighbours their closeness.

        Gives the documents whose shown list changed.
        """
        self.corpus.refresh()
        slot = self.documents.slot[document_id]
        others, units = self._search.all_near(slot)
        row, whole = self._search.ranked(slot, others, units)
        if row != self._lists.row(slot) or self._standing.repeating(slot) != self._lists.passed_over(slot):
            self._touch(document_id)
            self._store(slot, row, whole=whole)
        self._renewed[slot] = self.changes
        if not self.documents.silent[slot]:
            self._tell(slot, others, units)
        return self._changed()

    def searched(self, document_id: str) -> list[str]:
        """Whom a search would find now, best first, without those that the list passes over; nothing is changed."""
        slot = self.documents.slot[document_id]
        row, _ = self._search.ranked(slot, *self._search.all_near(slot))
        pinned = self.curation.of(document_id).pinned
        passed_over = self._lists.passed_over(slot)
        return [name for near, _ in row if near not in passed_over and (name := self.documents.id(near)) not in pinned]

    def reorder(self, document_id: str) -> list[str]:
        """Compare a document anew with those that its list holds, in a twentieth of the time that a search takes.

        Gives it if its shown list changed.
        """
        slot = self.documents.slot[document_id]
        before = self._lists.row(slot)
        row = self._search.again(slot, before)
        if row != before:
            self._touch(document_id)
            self._store(slot, row, whole=bool(self._lists.whole[slot]))
        self._reordered[slot] = self.changes
        return self._changed()

    def unrenewed(self, count: int, tolerated: int = 0) -> list[str]:
        """The documents whose lists wait longest for a search; none whose lists saw all but `tolerated` changes."""
        return self._waiting(self._renewed, count, tolerated)

    def unordered(self, count: int, tolerated: int = 0) -> list[str]:
        """The documents whose lists wait longest for being reordered, or searched."""
        return self._waiting(np.maximum(self._renewed, self._reordered), count, tolerated)

    def _waiting(self, seen: Numbers, count: int, tolerated: int) -> list[str]:
        seen = seen[: self.documents.slots]
        due = np.flatnonzero(seen < self.changes - tolerated)
        if len(due) > count:
            due = due[np.argpartition(seen[due], count)[:count]]
        due = due[np.argsort(seen[due], kind="stable")]
        return [name for slot in due.tolist() if (name := self.documents.id(slot))]

    def settle(self) -> None:
        """The changes on trial stand."""
        self.trial = Trial()

    def undo(self) -> None:
        """Back to where the last settled change left it."""
        self.install(self.trial.records, self.trial.lists, self.trial.curated)
        self.settle()

    def install(
        self,
        records: Mapping[str, Record | None],
        lists: Mapping[str, Held | None],
        curated: Mapping[str, Curated | None] | None = None,
    ) -> None:
        """Make these records, lists and choices stand, as another index found them.

        Neighbours that are not here are left out.
        """
        living: list[tuple[str, Record]] = []
        for document_id, record in records.items():
            self._forget(document_id)
            if record is not None and not record.retracted:
                living.append((document_id, record))
            elif record is not None:
                self._retracted[document_id] = record.version
        self._occupy(living)
        self._hush(records)
        slots = self.documents.slot
        for document_id, held in lists.items():
            if held is not None and (slot := slots.get(document_id)) is not None:
                row = [(slots[other], units) for other, units in held.nearest if other in slots]
                self._lists.store(slot, row, whole=held.whole)
                self._lists.pass_over(slot, [slots[other] for other in held.passed_over if other in slots])
        for document_id, choice in (curated or {}).items():
            self.curation.choose(document_id, choice or Curated())

    def _enter(self, document_id: str, record: Record) -> int:
        """Give a document that is not here its place, its list, and a place in others' lists."""
        for holder in self.curation.pinned_to(document_id):
            self._touch(holder)
        [slot] = self._occupy([(document_id, record)])
        self._renewed[slot] = self.changes
        others, units = self._search.all_near(slot)
        self._store(slot, *self._search.ranked(slot, others, units))
        if not self.documents.silent[slot]:
            welcome = units >= self._lists.entry[others]
            for other, close in zip(others[welcome].tolist(), units[welcome].tolist(), strict=True):
                self._offer(other, (slot, close))
        return slot

    def _leave(self, document_id: str) -> None:
        """Take a document out of the corpus and out of every list that it stands in."""
        self.trial.records.setdefault(document_id, self.record(document_id))
        self.trial.lists.setdefault(document_id, self.held(document_id))
        for holder in self.curation.pinned_to(document_id):
            self._touch(holder)
        if (slot := self.documents.slot.get(document_id)) is not None:
            for other in self._lists.holding(slot, self.documents.slots).tolist():
                self._touch(self.documents.id(other))
                rest = [neighbour for neighbour in self._lists.row(other) if neighbour[0] != slot]
                self._store(other, rest, whole=bool(self._lists.whole[other]))
        self._forget(document_id)

    def _reenter_copies(self, document_id: str) -> None:
        """Near-duplicates of a document that came fall silent, those of one that went speak for themselves."""
        original_is_here = document_id in self.documents.slot
        for copy in sorted(self.documents.copies.get(document_id, ())):
            record = self.record(copy)
            if record is not None and self.documents.silent[self.documents.slot[copy]] != original_is_here:
                self._touch(copy)
                self._leave(copy)
                self._enter(copy, record)

    def _occupy(self, living: Sequence[tuple[str, Record]]) -> list[int]:
        """Give documents that are not here a slot each, with an empty list."""
        slots = [self.documents.occupy(document_id, record) for document_id, record in living]
        self.corpus.add_all(np.array(slots, np.int64), [record.terms for _, record in living])
        self.changes += len(slots)
        for (document_id, _), slot in zip(living, slots, strict=True):
            self._retracted.pop(document_id, None)
            self._lists.clear(slot)
        if slots and max(slots) >= len(self._renewed):
            more = max(max(slots) + 1, len(self._renewed) * 3 // 2) - len(self._renewed)
            self._renewed = np.concatenate([self._renewed, np.zeros(more, np.int64)])
            self._reordered = np.concatenate([self._reordered, np.zeros(more, np.int64)])
        self._renewed[slots] = self._reordered[slots] = 0
        return slots

    def _hush(self, document_ids: Iterable[str]) -> None:
        """Tell which of these documents, and which of their copies, are silent."""
        slots = self.documents.slot
        for document_id in document_ids:
            if (slot := slots.get(document_id)) is not None:
                self.documents.silent[slot] = self.documents.record(slot).original in slots
            for copy in self.documents.copies.get(document_id, ()):
                self.documents.silent[slots[copy]] = document_id in slots

    def _forget(self, document_id: str) -> None:
        self._retracted.pop(document_id, None)
        if (slot := self.documents.vacate(document_id)) is not None:
            self.corpus.discard(slot)
            self._lists.clear(slot)
            self.changes += 1
            self._renewed[slot] = np.iinfo(np.int64).max

    def _offer(self, slot: int, newcomer: tuple[int, int]) -> None:
        """Give a newcomer its place in a list, if it has one there; without proof of what follows, none at the end."""
        document_id, whole = self.documents.id(slot), bool(self._lists.whole[slot])
        if self.documents.id(newcomer[0]) in self.curation.of(document_id).banned:
            return
        ranked = sorted([*self._lists.row(slot), newcomer], key=self._search.rank)
        if whole or ranked[-1] != newcomer:
            self._touch(document_id)
            self._store(slot, ranked[:HELD], whole=whole)

    def _tell(self, slot: int, others: Numbers, units: Numbers) -> None:
        """Let the neighbours of a document whose closeness drifted know how close it is now."""
        told = self._lists.told(slot, others)
        drifted = (told > 0) & (np.abs(units - told) >= NOTABLE)
        for holder, close in zip(others[drifted].tolist(), units[drifted].tolist(), strict=True):
            self._touch(self.documents.id(holder))
            row = [(near, close if near == slot else before) for near, before in self._lists.row(holder)]
            self._store(holder, sorted(row, key=self._search.rank), whole=bool(self._lists.whole[holder]))
        welcome = (told == 0) & (units >= self._lists.entry[others])
        for other, close in zip(others[welcome].tolist(), units[welcome].tolist(), strict=True):
            self._offer(other, (slot, close))

    def _changed(self, renamed: int = NOBODY) -> list[str]:
        """Complete the lists that lost too much, then tell whose shown one is another than before, or names it anew."""
        before, self._before = self._before, {}
        for document_id in before:
            slot = self.documents.slot.get(document_id)
            if slot is not None and self._lists.wanting(slot):
                self._store(slot, *self._search.ranked(slot, *self._search.all_near(slot)))
        after = {document_id: self._seen(document_id) for document_id in before}
        return sorted(name for name, seen in after.items() if seen != before[name] or renamed in seen)

    def _seen(self, document_id: str) -> Seen:
        slot = self.documents.slot.get(document_id)
        return () if slot is None else self._standing.standing(slot)

    def _store(self, slot: int, row: Row, whole: bool) -> None:  # noqa: FBT001 - the second half of what _ranked gives
        document_id = self.documents.id(slot)
        if document_id not in self.trial.lists:
            self.trial.lists[document_id] = self.held(document_id)
        self._lists.store(slot, row, whole=whole)
        if repeats := self._standing.repeating(slot):
            self._lists.pass_over(slot, repeats)

    def _touch(self, document_id: str) -> None:
        """Remember what a list shows before it may change."""
        if document_id not in self._before:
            self._before[document_id] = self._seen(document_id)
