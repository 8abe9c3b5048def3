"""Pure. What is known of each living document beside its terms, by slot: identity, title, date, subject, copies, meaning."""

from __future__ import annotations

from collections.abc import Iterable
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from services.related.closeness import Weights
from services.related.meanings import Meanings
from services.related.records import Record
from services.related.terms import NOTHING, Numbers, Terms

FIRST_SLOTS = 256


class Documents:
    """The documents that are here. A slot is a small number, given anew when its document has gone."""

    def __init__(self) -> None:
        self.slot: dict[str, int] = {}
        self.silent = np.zeros(FIRST_SLOTS, np.bool_)
        """Near-duplicates whose original is here: these have lists and stand in none."""
        self.copies: dict[str, set[str]] = {}
        """For the id of an original those of the documents that nearly repeat it."""
        self.meanings = Meanings()
        self.ids: list[str] = []
        """By slot; empty where nobody is."""
        self.titles: list[str] = []
        self._keys: list[str] = []
        self._versions: list[int] = []
        self._subjects: list[str] = []
        self._originals: list[str] = []
        self._vacant: list[int] = []
        self._day = np.zeros(FIRST_SLOTS, np.int32)
        self._subject = np.zeros(FIRST_SLOTS, np.uint32)

    def __len__(self) -> int:
        return len(self.slot)

    @property
    def slots(self) -> int:
        """Slots that were ever given out."""
        return len(self.ids)

    def version(self, slot: int) -> int:
        return self._versions[slot]

    def original(self, slot: int) -> str:
        """Whom the document nearly repeats; empty if nobody."""
        return self._originals[slot]

    def keys(self, document_id: str) -> str:
        """Some of its terms in words, a line each; empty if it is not here."""
        slot = self.slot.get(document_id)
        return "" if slot is None else self._keys[slot]

    def record(self, slot: int, terms: Terms = NOTHING) -> Record:
        """What is remembered of a document, with these terms."""
        return Record(
            self._versions[slot],
            self.titles[slot],
            terms,
            day=int(self._day[slot]),
            subject=self._subjects[slot],
            original=self._originals[slot],
            keys=self._keys[slot],
            meaning=self.meanings.get(slot),
        )

    def name(self, document_id: str, keys: str) -> None:
        """Remember these of its terms in words."""
        self._keys[self.slot[document_id]] = keys

    def occupy(self, document_id: str, record: Record) -> int:
        """Give a document that is not here a slot."""
        slot = self._vacant.pop() if self._vacant else len(self.ids)
        self.slot[document_id] = slot
        self._write(slot, document_id, record)
        self._make_room(slot)
        self._day[slot] = record.day
        self._subject[slot] = crc32(record.subject.encode()) if record.subject else 0
        self.silent[slot] = record.original in self.slot
        if record.original:
            self.copies.setdefault(record.original, set()).add(document_id)
        return slot

    def vacate(self, document_id: str) -> int | None:
        """Forget a document; its slot, if it was here."""
        slot = self.slot.pop(document_id, None)
        if slot is not None:
            copies = self.copies.get(original := self._originals[slot], set())
            copies.discard(document_id)
            if not copies:
                self.copies.pop(original, None)
            self._write(slot, "", Record(0))
            self._vacant.append(slot)
        return slot

    def hush(self, document_ids: Iterable[str]) -> None:
        """Tell which of these documents, and which of their copies, are silent."""
        for document_id in document_ids:
            if (slot := self.slot.get(document_id)) is not None:
                self.silent[slot] = self.original(slot) in self.slot
            for copy in self.copies.get(document_id, ()):
                self.silent[self.slot[copy]] = document_id in self.slot

    def k(self, slot: int | Numbers, others: Numbers, weights: Weights) -> NDArray[np.float64]:
        """What date and subject add to the closeness of `slot`, or of each of these, and each of `others`."""
        return weights.k(self._day[slot], self._subject[slot], self._day[others], self._subject[others])

    def k_of(self, day: int, subject: int, others: Numbers, weights: Weights) -> NDArray[np.float64]:
        """The same for a document that need not be here."""
        return weights.k(np.int32(day), np.uint32(subject), self._day[others], self._subject[others])

    def _write(self, slot: int, document_id: str, record: Record) -> None:
        self.ids[slot : slot + 1] = [document_id]
        self.titles[slot : slot + 1] = [record.title]
        self._keys[slot : slot + 1] = [record.keys]
        self._versions[slot : slot + 1] = [record.version]
        self._subjects[slot : slot + 1] = [record.subject]
        self._originals[slot : slot + 1] = [record.original]
        self.meanings.put(slot, record.meaning)

    def _make_room(self, slot: int) -> None:
        if slot < len(self._day):
            return
        more = max(slot + 1, len(self._day) * 3 // 2) - len(self._day)
        self.silent = np.concatenate([self.silent, np.zeros(more, np.bool_)])
        self._day = np.concatenate([self._day, np.zeros(more, np.int32)])
        self._subject = np.concatenate([self._subject, np.zeros(more, np.uint32)])
