"""Pure. What a batch of events will make of its documents, read before the index is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress

from services.related.records import Record
from services.related.relating import Reading, reading_of
from shared.events import DocumentClassified, Event


def names_in(events: Sequence[Event]) -> set[str]:
    """The documents that a batch is about."""
    return {event.document_id for event in events if isinstance(event, DocumentClassified)}


def latest_in(
    events: Sequence[Event], known: Mapping[str, Record | None]
) -> tuple[dict[int, Reading], dict[str, Record]]:
    """The events that are newer than what is known, as they were read; and what is known of their documents after them.

    One that cannot be read is left to Relating, which finds that too.
    """
    read: dict[int, Reading] = {}
    latest: dict[str, Record] = {}
    for place, event in enumerate(events):
        if not isinstance(event, DocumentClassified):
            continue
        before = latest.get(event.document_id) or known[event.document_id]
        if before and event.document.version <= before.version:
            continue
        with suppress(Exception):
            read[place] = reading_of(event)
            latest[event.document_id] = read[place].record
    return read, latest
