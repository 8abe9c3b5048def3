"""Pure. The nearest documents of every document, kept while documents come, change and go.

Closeness is symmetric, so the scores of a newcomer against all are also all documents' scores against the newcomer: one
search gives its own list and every list that it enters. Whoever changes or goes is taken out of every list that it
stands in; these close the gap from what they hold beyond the shown, and are searched anew only if that does not suffice.

Each list is exact under the term frequencies of the last time that it was searched. These drift as documents come;
`renew` searches again, and lists that were all renewed since the last change are those of a full recompute.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from services.related.ages import Ages
from services.related.choosing import Curated, Curation, Shown
from services.related.closeness import Weights
from services.related.corpus import Corpus
from services.related.documents import Documents
from services.related.keeping import Keeping, Trial
from services.related.lists import CLOSED, NOBODY, Lists
from services.related.records import Held, Record
from services.related.searching import Search
from services.related.standing import Standing


class Index:
    """Every living document with its terms and its list. Changes are on trial until they are settled."""

    def __init__(self, weights: Weights | None = None, corpus: Corpus | None = None) -> None:
        self.corpus = corpus or Corpus()
        self.documents = Documents()
        self.curation = Curation()
        self._lists = Lists()
        self._search = Search(self.corpus, self.documents, self._lists, self.curation, weights or Weights())
        self.standing = Standing(self.documents, self._lists, self.curation, self._search)
        self._keeping = Keeping(self.documents, self._lists, self.curation, self._search, self.standing)
        self._ages = Ages()
        self._retracted: dict[str, int] = {}

    @property
    def trial(self) -> Trial:
        """What changed and is not settled yet."""
        return self._keeping.trial

    def __len__(self) -> int:
        return len(self.documents)

    def record(self, document_id: str) -> Record | None:
        """What is remembered of it; None if it was never here."""
        if (slot := self.documents.slot.get(document_id)) is not None:
            return self.documents.record(slot, self.corpus.terms(slot))
        version = self._retracted.get(document_id)
        return None if version is None else Record(version, retracted=True)

    def version(self, document_id: str) -> int:
        """The version that is remembered of it; 0 if it was never here."""
        if (slot := self.documents.slot.get(document_id)) is not None:
            return self.documents.version(slot)
        return self._retracted.get(document_id, 0)

    def held(self, document_id: str) -> Held | None:
        """Its list as it is kept; None if it is not here."""
        return self.held_all([document_id])[document_id]

    def held_all(self, document_ids: Iterable[str]) -> dict[str, Held | None]:
        """Their lists as they are kept."""
        return self._keeping.held(document_ids)

    def shown(self, document_id: str) -> Shown:
        """Its list as anyone sees it; empty if it is not here."""
        return self.shown_all([document_id])[document_id]

    def shown_all(self, document_ids: Iterable[str]) -> dict[str, Shown]:
        """Their lists as anyone sees them."""
        found: dict[str, Shown] = dict.fromkeys(document_ids, ())
        here = {name: slot for name in found if (slot := self.documents.slot.get(name)) is not None}
        found.update(zip(here, self.standing.shown([*here.values()]), strict=True))
        return found

    def put(self, document_id: str, record: Record) -> list[str]:
        """Enter or replace a document. Gives the other documents whose shown list changed."""
        self.corpus.refresh()
        before = self.documents.slot.get(document_id)
        renamed = before is not None and self.documents.titles[before] != record.title
        self._leave(document_id)
        slot = self._enter(document_id, record)
        self._reenter_copies(document_id)
        return self._keeping.changed(renamed=slot if renamed else NOBODY, but=document_id)

    def remove(self, document_id: str, version: int) -> list[str]:
        """Take out a document and remember that version. Gives the other documents whose shown list changed."""
        self.corpus.refresh()
        self._leave(document_id)
        self._retracted[document_id] = version
        self._reenter_copies(document_id)
        return self._keeping.changed(but=document_id)

    def curate(self, document_id: str, curated: Curated) -> list[str]:
        """Let an operator's choice stand for a document; gives it if its shown list changed."""
        self.trial.curated[document_id] = None
        self._keeping.touch(document_id)
        self.curation.choose(document_id, curated)
        if (slot := self.documents.slot.get(document_id)) is not None:
            self._keeping.store(slot, *self._search.ranked(slot, *self._search.all_near(slot)))
        return self._keeping.changed()

    def renew(self, document_id: str) -> list[str]:
        """Search a document's list anew with the frequencies of now, and tell its neighbours their closeness.

        Gives the documents whose shown list changed.
        """
        self.corpus.refresh()
        slot = self.documents.slot[document_id]
        others, units = self._search.all_near(slot)
        row, whole = self._search.ranked(slot, others, units)
        if row != self._lists.row(slot) or self.standing.stale(np.array([slot])).any():
            self._keeping.touch(document_id)
            self._keeping.store(slot, row, whole=whole)
        self._ages.searched(slot)
        if not self.documents.silent[slot]:
            self._keeping.tell(slot, others, units)
        return self._keeping.changed()

    def searched(self, document_id: str) -> list[str]:
        """Whom a search would find now, best first, without those that would be passed over; nothing is changed."""
        slot = self.documents.slot[document_id]
        row, _ = self._search.ranked(slot, *self._search.all_near(slot))
        pinned = self.curation.of(document_id).pinned
        passed_over = self.standing.passed_over(slot, row)
        return [name for near, _ in row if near not in passed_over and (name := self.documents.ids[near]) not in pinned]

    def reorder(self, document_ids: Sequence[str]) -> list[str]:
        """Compare documents anew with those that their lists hold; gives those whose shown list changed."""
        slots = np.array([self.documents.slot[document_id] for document_id in document_ids], np.int64)
        before = self._lists.rows(slots)
        near, units = self._search.again(slots, before)
        other = ((near != before[0]) | (units != before[1])).any(axis=1)
        self._keeping.replace(slots[other], (near[other], units[other]))
        self._ages.ordered(slots)
        return self._keeping.changed()

    def unrenewed(self, count: int, tolerated: int = 0) -> list[str]:
        """The documents whose lists wait longest for a search; none whose lists saw all but `tolerated` changes."""
        return [self.documents.ids[slot] for slot in self._ages.unsearched(count, tolerated)]

    def unordered(self, count: int, tolerated: int = 0) -> list[str]:
        """The documents whose lists wait longest for being reordered, or searched."""
        return [self.documents.ids[slot] for slot in self._ages.unordered(count, tolerated)]

    def recount(self, one_in: int) -> None:
        """Compute the frequencies anew if one document in so many changed since; then every list waits for a search."""
        if self.corpus.refresh(one_in):
            self._ages.outdate(len(self) // one_in)

    def settle(self) -> None:
        """The changes on trial stand."""
        self._keeping.trial = Trial()

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
        self.documents.hush(records)
        slots = self.documents.slot
        for document_id, held in lists.items():
            if held is not None and (slot := slots.get(document_id)) is not None:
                row = [(near, units) for other, units in held.nearest if (near := slots.get(other)) is not None]
                self._lists.store(slot, row, whole=held.whole)
                if held.passed_over:
                    self._lists.pass_over(slot, [slots[other] for other in held.passed_over if other in slots])
        for document_id, choice in (curated or {}).items():
            self.curation.choose(document_id, choice or Curated())

    def close(self, document_ids: Iterable[str]) -> None:
        """Let nobody come into these lists: not all that they hold is here."""
        slots = self.documents.slot
        self._lists.entry[[slots[name] for name in document_ids if name in slots]] = CLOSED

    def _enter(self, document_id: str, record: Record) -> int:
        """Give a document that is not here its place, its list, and a place in others' lists."""
        for holder in self.curation.pinned_to(document_id):
            self._keeping.touch(holder)
        [slot] = self._occupy([(document_id, record)])
        self._ages.searched(slot)
        others, units = self._search.all_near(slot)
        self._keeping.store(slot, *self._search.ranked(slot, others, units))
        if not self.documents.silent[slot]:
            self._keeping.offer(slot, others, units)
        return slot

    def _leave(self, document_id: str) -> None:
        """Take a document out of the corpus and out of every list that it stands in."""
        self.trial.records[document_id] = self.trial.lists[document_id] = None
        pinning = self.curation.pinned_to(document_id)
        self._keeping.touch(*pinning)
        if (slot := self.documents.slot.get(document_id)) is not None:
            for holder in self._lists.holding(slot, self.documents.slots).tolist():
                self._keeping.drop(slot, holder)
        self._forget(document_id)
        self._keeping.look_again([there for name in pinning if (there := self.documents.slot.get(name)) is not None])

    def _reenter_copies(self, document_id: str) -> None:
        """Near-duplicates of a document that came fall silent, those of one that went speak for themselves."""
        original_is_here = document_id in self.documents.slot
        for copy in sorted(self.documents.copies.get(document_id, ())):
            record = self.record(copy)
            if record is not None and self.documents.silent[self.documents.slot[copy]] != original_is_here:
                self._keeping.touch(copy)
                self._leave(copy)
                self._enter(copy, record)

    def _occupy(self, living: Sequence[tuple[str, Record]]) -> list[int]:
        """Give documents that are not here a slot each, with an empty list."""
        slots = [self.documents.occupy(document_id, record) for document_id, record in living]
        self.corpus.add_all(np.array(slots, np.int64), [record.terms for _, record in living])
        for (document_id, _), slot in zip(living, slots, strict=True):
            self._retracted.pop(document_id, None)
            self._lists.clear(slot)
        self._ages.begin(slots)
        return slots

    def _forget(self, document_id: str) -> None:
        self._retracted.pop(document_id, None)
        if (slot := self.documents.vacate(document_id)) is not None:
            self.corpus.discard(slot)
            self._lists.clear(slot)
            self._ages.end(slot)
