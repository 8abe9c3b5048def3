"""Lists grow old as term frequencies drift: they are searched anew in the time that is left, the oldest first.

While documents come, a fiftieth of the time is taken for it; afterwards a fifth. A search finds who else belongs to a
list; comparing anew with whom it holds takes a twentieth of that, and most of what drifts is their order, so there are
more of these. Every list that has seen all changes but one in a thousand is left alone: with fewer than a thousand
documents, and soon after the last one came, the lists are those of a full recompute.
"""

from __future__ import annotations

import asyncio
import time

from redis.exceptions import RedisError

from services.related.index import Index
from services.related.replica import Publish, Replica
from shared.logs import log

SLICE_SECONDS = 0.01
"""Others on the same loop wait no longer than this."""
PAUSE_SECONDS = 0.04
BUSY_SECONDS = 0.5
"""The pause while documents come, and how long after a batch they count as coming."""
TOLERATED = 1000
OUT_OF_ORDER = 20
"""A list is compared anew when the changes since are one in so many."""
ORDERED_PER_SEARCH = 16


class Upkeep:
    """Renews the lists of `replica` in the time that is left."""

    def __init__(self, replica: Replica, publish: Publish) -> None:
        self._replica = replica
        self._publish = publish

    async def turn(self) -> None:
        """One slice, if there is need for it."""
        busy = time.monotonic() - self._replica.last_batch < BUSY_SECONDS
        await asyncio.sleep(PAUSE_SECONDS if due(self._replica.index) and not busy else BUSY_SECONDS)
        if not due(self._replica.index):
            return
        try:
            await self._replica.change(renew_some if busy else settle_some, self._publish, "upkeep")
        except RedisError as error:
            log.warning("related.delayed", error=str(error)[:200])


def due(index: Index) -> list[str]:
    """The document whose list should be searched first."""
    return index.unrenewed(1, len(index) // TOLERATED)


def renew_some(index: Index) -> list[str]:
    """Renew lists for the length of a slice. Gives the documents whose shown list changed."""
    until = time.monotonic() + SLICE_SECONDS
    changed: set[str] = set()
    while time.monotonic() < until and (oldest := due(index)):
        changed.update(renew_one(index, oldest[0]))
    return sorted(changed)


def settle_some(index: Index) -> list[str]:
    """The same, with the frequencies of this moment: no more documents come for now."""
    index.recount(TOLERATED)
    return renew_some(index)


def renew_one(index: Index, document_id: str) -> list[str]:
    """Search one list anew, and put some others in order."""
    changed = index.renew(document_id)
    return changed + index.reorder(index.unordered(ORDERED_PER_SEARCH, len(index) // OUT_OF_ORDER))
