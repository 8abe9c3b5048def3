"""Pure. What stands in Redis, packed → an index that knows it."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from services.related.choosing import Curated
from services.related.index import Index
from services.related.records import Held, Record

Packed = Mapping[str, bytes | None]


def load(index: Index, records: Packed, lists: Packed, curated: Packed) -> None:
    """Make these stand in `index`; None is what is no more."""
    with _without_collection():
        index.install(
            {document_id: Record.unpack(packed) if packed else None for document_id, packed in records.items()},
            {document_id: Held.unpack(packed) if packed else None for document_id, packed in lists.items()},
            {document_id: Curated.unpack(packed) if packed else None for document_id, packed in curated.items()},
        )


@contextmanager
def _without_collection() -> Iterator[None]:
    """Keep Python from looking for cycles among a hundred thousand new objects that have none: half of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
