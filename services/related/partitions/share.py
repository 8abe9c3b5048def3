"""Pure. The share of the corpus that one process holds: its documents' terms, whom they list, how old their lists are.

Records, lists and choices stand in Redis as ever; a share is what is needed to say, for any document, who of its own is
near, whose lists it may enter, and who of its own must be looked at when somebody goes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import numpy as np

from services.related.ages import Ages
from services.related.choosing import Curated, Curation
from services.related.closeness import MILLION, Weights, closeness
from services.related.corpus import SLACK as NEARLY
from services.related.corpus import Cosines
from services.related.documents import Documents
from services.related.lists import FLOOR
from services.related.partitions.letters import Counts, Wanted
from services.related.partitions.nearness import Nearness
from services.related.partitions.rows import Rows
from services.related.partitions.splitting import SLACK, Found, best
from services.related.partitions.weighing import Weighing
from services.related.records import Held, Record
from services.related.searching import TERMS
from services.related.terms import Numbers
from services.related.vectors.likeness import subject_number


class Share:
    """Some documents of a corpus, under one weighing of its terms."""

    def __init__(self, weighing: Weighing, weights: Weights | None = None) -> None:
        self.weighing = weighing
        self._weights = weights or Weights()
        self._corpus = Nearness(weighing)
        self._documents = Documents()
        self._curation = Curation()
        self._rows = Rows()
        self._ages = Ages()

    def __len__(self) -> int:
        return len(self._documents)

    def install(
        self,
        records: Mapping[str, Record | None],
        lists: Mapping[str, Held | None],
        curated: Mapping[str, Curated | None],
        originals: Collection[str],
    ) -> None:
        """Make these stand; `originals` are those of the originals of these records that are here, in whatever share."""
        for name in records:
            self._forget(name)
        self._occupy({name: it for name, it in records.items() if it and not it.retracted}, originals)
        for name, held in lists.items():
            if held is not None and (slot := self._documents.slot.get(name)) is not None:
                self._rows.store(slot, held)
        for name, choice in curated.items():
            self._curation.choose(name, choice or Curated())

    def weigh(self, weighing: Weighing, tolerated: int = 0) -> None:
        """Weigh all terms anew; then every list waits for a search, though it saw all but `tolerated` changes."""
        self.weighing = weighing
        self._corpus.weigh(weighing)
        self._ages.outdate(tolerated)

    def found(self, wanted: Wanted) -> Found:
        """Who of this share is near a document, and whose lists it may enter."""
        own = self._documents.slot.get(wanted.name, -1)
        sought, slots = self._corpus.sought(wanted.record.terms), self._documents.slots
        sums, bound, postings = self._corpus.near_to(sought, slots)
        others = self._likely(wanted, own, sums, sums + bound)
        if len(others) * TERMS > postings:
            sums += self._corpus.common_to(sought, slots)
            others = self._likely(wanted, own, sums, sums + NEARLY)
        units = closeness(self._corpus.cosines_to(sought, others), self._k(wanted.record, others))
        enters = units >= self._rows.entry[others].astype(np.int64) - SLACK
        stands = (units >= FLOOR - SLACK) & ~self._documents.silent[others]
        ids = self._documents.ids
        near = zip((ids[other] for other in others[stands].tolist()), units[stands].tolist(), strict=True)
        return Found(tuple(best(near, wanted.count)), tuple(ids[other] for other in others[enters].tolist()))

    def dependents(self, subjects: Iterable[str], leaving: Collection[str]) -> set[str]:
        """Who copies one of `subjects` or has one pinned, and who lists one of `leaving`."""
        found: set[str] = set()
        for name in subjects:
            found.update(self._documents.copies.get(name, ()), self._curation.pinned_to(name))
        if leaving:
            holders = self._rows.holding(leaving, self._documents.slots).tolist()
            found.update(self._documents.ids[slot] for slot in holders)
        return found - {""}

    def counts(self) -> Counts:
        """In how many documents of this share each of its terms stands."""
        return self._corpus.counts()

    def searched(self, document_ids: Iterable[str]) -> None:
        """The lists of these are as of now."""
        for name in document_ids:
            if (slot := self._documents.slot.get(name)) is not None:
                self._ages.searched(slot)

    @property
    def waiting(self) -> int:
        """How many lists did not see all changes."""
        return self._ages.waiting()

    def unsearched(self, count: int, tolerated: int = 0) -> list[str]:
        """The documents whose lists wait longest for a search; none whose lists saw all but `tolerated` changes."""
        return [self._documents.ids[slot] for slot in self._ages.unsearched(count, tolerated)]

    def _likely(self, wanted: Wanted, own: int, sums: Cosines, most: Cosines) -> Numbers:
        """Who may be close enough, if their cosine lies between these two (searching.py)."""
        rivals = np.flatnonzero(sums >= FLOOR / MILLION)
        rivals = rivals[~self._documents.silent[rivals] & (rivals != own)]
        count, least = wanted.count, FLOOR / MILLION
        if len(rivals) > count:
            least = max(least, float(np.partition(sums[rivals], -count)[-count]))
        needed = np.minimum(self._rows.entry[: len(sums)] / MILLION, least) - 2 * SLACK / MILLION
        others = self._corpus.filled(np.flatnonzero(most * (1 + self._weights.most) >= needed))
        others = others[others != own]
        near: Numbers = others[most[others] * (1 + self._k(wanted.record, others)) >= needed[others]]
        return near

    def _k(self, record: Record, others: Numbers) -> Cosines:
        return self._documents.k_of(record.day, subject_number(record.subject), others, self._weights)

    def _occupy(self, living: Mapping[str, Record], originals: Collection[str]) -> None:
        """Give documents that are not here a slot each; of their words, nothing but the terms is needed."""
        if not living:
            return
        slots = [
            self._documents.occupy(name, Record(it.version, day=it.day, subject=it.subject, original=it.original))
            for name, it in living.items()
        ]
        self._corpus.add_all(np.array(slots, np.int64), [record.terms for record in living.values()])
        for slot, record in zip(slots, living.values(), strict=True):
            self._documents.silent[slot] = record.original in originals
            self._rows.clear(slot)
        self._ages.begin(slots)

    def _forget(self, document_id: str) -> None:
        if (slot := self._documents.vacate(document_id)) is not None:
            self._corpus.discard(slot)
            self._rows.clear(slot)
            self._ages.end(slot)
