"""Whether what this process holds of the shelves is what stands there: known without a question to Redis, as long as it is watched.

Whoever changes the shelves gives each change a number, and the highest one stands in Redis (Keys.changed). A process that serves feeds
waits for the next change (a blocking read of Keys.ticks) and so knows that nothing has happened since it looked; then a feed that it
has printed is answered for from memory. Without readers for a while nobody watches. What this process changes itself it knows at
once; of others it hears within milliseconds.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from services.feeds.places import Keys
from services.feeds.shelf import number_of
from shared.clock import Clock

BLOCK_MS = 1000
UNHEARD_SECONDS = 2.5
"""Silence after which the watch counts as broken: it hears something every BLOCK_MS."""
ROLL_SECONDS = 0.02
"""Changes that come in a row are heard of together; so a busy belt costs a watching process fifty looks a second at most."""
IDLE_SECONDS = 30.0


class Look(NamedTuple):
    """One question to Redis: its number, and how many doubts it settles."""

    number: int
    doubts: int


class Current:
    """`known`: the number of the last change, if it is certain. `life` changes when nothing that was known before may be used."""

    def __init__(self, redis: Any, keys: Keys, clock: Clock) -> None:
        self._redis = redis
        self._keys = keys
        self._clock = clock
        self._last = -1
        self._looks = self._newest_look = self._doubts = 0
        self._settled = -1
        self._writers = 0
        self._heard = self._asked = 0.0
        self._wanted = asyncio.Event()
        self._after = b"$"
        self.life = 0

    @property
    def known(self) -> int | None:
        """The number of the last change; None if only Redis can tell."""
        self._asked = now = time.monotonic()
        if self._writers or self._settled != self._doubts or now - self._heard > UNHEARD_SECONDS:
            self._wanted.set()
            return None
        return self._last

    def beyond(self, last: int) -> int:
        """The number before the next change, when `last` is the number of the newest one in Redis.

        Never behind the clock: should Redis die and lose its newest changes, their numbers are not given again to others.
        """
        return max(last, int(self._clock.now().timestamp() * 1000) - 1)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """While this process changes the shelves, and until somebody has looked after that, nothing is certain."""
        self._writers += 1
        try:
            yield
        finally:
            self._writers -= 1
            self._doubts += 1

    def look(self) -> Look:
        """To be made before Redis is asked, and handed to `looked` after it."""
        self._looks += 1
        return Look(self._looks, self._doubts)

    def looked(self, last: int, look: Look) -> None:
        """Redis has said that `last` is the newest change; what was doubted before the look is settled by it."""
        if look.number < self._newest_look:
            return
        if last < self._last:
            self.life += 1  # Redis has lost what it had told of
        self._newest_look, self._last, self._settled = look.number, last, look.doubts

    async def turn(self) -> None:
        """One turn of the watch."""
        if time.monotonic() - self._asked > IDLE_SECONDS:
            self._heard = 0.0
            self._wanted.clear()
            await self._wanted.wait()
            self._after = await self._newest_tick()
            await self._look()
        try:
            read = await self._redis.xread({self._keys.ticks: self._after}, count=100, block=BLOCK_MS)
            if read:
                self._after = read[0][1][-1][0]
                await asyncio.sleep(ROLL_SECONDS)
            await self._look()
        except BaseException:
            self._heard, self._asked = 0.0, 0.0
            self.life += 1
            raise

    async def _look(self) -> None:
        look = self.look()
        newest = await self._redis.zrevrange(self._keys.changed, 0, 0, withscores=True)
        self.looked(number_of(newest), look)
        self._heard = time.monotonic()

    async def _newest_tick(self) -> bytes:
        newest = await self._redis.xrevrange(self._keys.ticks, count=1)
        return bytes(newest[0][0]) if newest else b"0"
