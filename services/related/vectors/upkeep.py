"""Lists and vectors grow old as term frequencies drift: they are made anew in the time that is left, the oldest first (related/upkeep.py)."""

from __future__ import annotations

import asyncio
import time

from redis.exceptions import RedisError

from services.related.replica import Publish
from services.related.upkeep import BUSY_SECONDS
from services.related.vectors.store import Vectors
from shared.logs import log

AT_ONCE = 8
"""Lists; they take some 50 ms together."""
PAUSE_SECONDS = 0.2


class VectorUpkeep:
    """Renews the lists of `vectors` in the time that is left."""

    def __init__(self, vectors: Vectors, publish: Publish) -> None:
        self._vectors = vectors
        self._publish = publish

    async def turn(self) -> None:
        """Some lists, if there is need for it."""
        busy = time.monotonic() - self._vectors.last_batch < BUSY_SECONDS
        await asyncio.sleep(BUSY_SECONDS if busy else PAUSE_SECONDS)
        try:
            if oldest := await self._vectors.oldest(AT_ONCE):
                await self._vectors.renew(oldest, self._publish)
            else:
                await asyncio.sleep(BUSY_SECONDS)
        except RedisError as error:
            log.warning("related.delayed", error=str(error)[:200])
