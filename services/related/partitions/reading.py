"""Pure. What a batch of events will make of its documents, once it is known which of them are new."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from services.related.records import Record
from services.related.relating import Reading
from shared.events import DocumentClassified, Event


class News(NamedTuple):
    """The newest record of each document that changes.

    `passing`: documents that change more than once. `originals`: whom any of these versions nearly repeats.
    """

    records: dict[str, Record]
    passing: int
    originals: set[str]

    @property
    def living(self) -> dict[str, Record]:
        return {name: record for name, record in self.records.items() if not record.retracted}


def news_in(events: Sequence[Event], read: Mapping[int, Reading], known: Mapping[str, Record | None]) -> News:
    """The events that are newer than what is known, as they were read; one that cannot be read brings nothing."""
    latest: dict[str, Record] = {}
    times: Counter[str] = Counter()
    originals: set[str] = set()
    for place, event in enumerate(events):
        if not isinstance(event, DocumentClassified) or place not in read:
            continue
        before = latest.get(event.document_id) or known[event.document_id]
        if before is None or event.document.version > before.version:
            latest[event.document_id] = read[place].record
            times[event.document_id] += 1
            originals.add(read[place].record.original)
    return News(latest, sum(count > 1 for count in times.values()), originals - {""})
