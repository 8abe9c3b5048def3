"""Each process renews the lists of its own share in the time that is left, the oldest first (related/upkeep.py)."""

from __future__ import annotations

import asyncio
import time

from redis.exceptions import RedisError

from services.related.partitions.holder import Holder
from services.related.partitions.memory import give_back
from services.related.partitions.post import Silent
from services.related.partitions.store import Partitions
from services.related.replica import Publish
from services.related.upkeep import BUSY_SECONDS
from shared.host import Host
from shared.logs import log

AT_ONCE = 16
"""Lists; they take some 50 ms together."""
BUSY_AT_ONCE = 4
BUSY_PAUSE_SECONDS = 2.0
PAUSE_SECONDS = 0.05
WATCH_SECONDS = 1.0


class PartitionUpkeep:
    """Renews the lists of `holder`'s share."""

    def __init__(self, partitions: Partitions, holder: Holder, publish: Publish) -> None:
        self._partitions = partitions
        self._holder = holder
        self._publish = publish
        self._idle = False

    async def turn(self) -> None:
        """Some lists, if there is need for it."""
        busy = time.monotonic() - max(self._partitions.last_batch, self._holder.last_news) < BUSY_SECONDS
        await asyncio.sleep(BUSY_PAUSE_SECONDS if busy else BUSY_SECONDS if self._idle else PAUSE_SECONDS)
        try:
            self._idle = not await self.renew_some(settling=not busy)
        except (RedisError, Silent) as error:
            self._idle = True
            log.info("related.upkeep_delayed", error=str(error)[:200])

    async def renew_some(self, *, settling: bool = True) -> bool:
        """Renew some lists that are due, with the counts of this moment if no more documents come for now. False: none was due."""
        if settling:
            await self._partitions.recount()
        if not (names := await self._holder.due(AT_ONCE if settling else BUSY_AT_ONCE)):
            return False
        if await self._partitions.renew(names, self._publish):
            self._holder.share.searched(names)
        give_back()
        return True


class PartitionWatch:
    """Shows at /health/ready who holds no partition, and who does not answer."""

    def __init__(self, host: Host, partitions: Partitions) -> None:
        self._host = host
        self._partitions = partitions

    async def turn(self) -> None:
        """One look."""
        await asyncio.sleep(WATCH_SECONDS)
        vacant = await self._partitions.vacant()
        self._host.warn("related partitions", str(Silent(vacant, self._partitions.count)) if vacant else "")
