"""Up to which moment the feeds are complete: everything that was accepted before it stands in them.

That is now, if nothing waits on the belt, else the moment of the oldest thing that waits. A quiet day and a belt that has stopped look
the same in a feed; here they do not.
"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

from redis.exceptions import ResponseError

from shared.events import BELT
from shared.streams import Belt

HEADER = b"syndicate-complete"
UP_TO_HERE = tuple(BELT.items())[:3]
"""The streams before the feeds, and who carries them on."""
RECENT_SECONDS = 1.0
USABLE_SECONDS = 5.0
IDLE_SECONDS = 30.0


class Freshness:
    """Looks at the belt once a second while anybody asks."""

    def __init__(self, belt: Belt) -> None:
        self._belt = belt
        self._told = b""
        self._looked = self._asked = -IDLE_SECONDS

    @property
    def header(self) -> tuple[bytes, bytes] | None:
        """The header of an answer; None if the last look is too long ago."""
        self._asked = time.monotonic()
        return (HEADER, self._told) if self._asked - self._looked < USABLE_SECONDS else None

    async def recent(self) -> tuple[bytes, bytes]:
        """The header, from a look that is a second old at most."""
        self._asked = time.monotonic()
        if self._asked - self._looked > RECENT_SECONDS:
            await self.look()
        return HEADER, self._told

    async def turn(self) -> None:
        """One turn of looking."""
        await asyncio.sleep(RECENT_SECONDS)
        if time.monotonic() - self._asked < IDLE_SECONDS:
            await self.look()

    async def look(self) -> None:
        """Ask Redis what waits."""
        looked, now = time.monotonic(), self._belt.clock.now().timestamp()
        waiting = [await self._oldest(stream, group) for stream, group in UP_TO_HERE]
        complete = min([now, *(moment for moment in waiting if moment is not None)])
        self._told = f"{datetime.fromtimestamp(complete, UTC):%Y-%m-%dT%H:%M:%SZ}".encode()
        self._looked = looked

    async def _oldest(self, stream: str, group: str) -> float | None:
        """When the oldest entry was laid down that the group has not settled; None if it has settled all."""
        if not await self._belt.backlog(stream, group):
            return None
        key = self._belt.key(stream)
        try:
            pending = await self._belt.client.xpending(key, group)
            groups = await self._belt.client.xinfo_groups(key)
        except ResponseError:  # the group is not made yet: nothing has been read
            pending, groups = {"min": None}, []
        read = next((found["last-delivered-id"] for found in groups if found["name"] == group.encode()), b"0")
        unread = await self._belt.client.xrange(key, min=b"(" + read, count=1)
        entries = [entry for entry in (pending["min"], unread[0][0] if unread else None) if entry]
        return min((int(entry.split(b"-")[0]) / 1000 for entry in entries), default=None)
