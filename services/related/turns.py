"""Processes decide in turn: this saves work, what is right never rests on it."""

from __future__ import annotations

import asyncio
import random
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from redis.exceptions import OutOfMemoryError, RedisError

from shared.broker import pause_after
from shared.logs import log

LOCK_SECONDS = 1.0
LOCK_POLL_SECONDS = 0.005

UNLOCK = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


class Turns:
    """One lock in Redis, with a life of so many seconds."""

    def __init__(self, redis: Any, key: str, seconds: float = LOCK_SECONDS) -> None:
        self._redis = redis
        self._key = key
        self._seconds = seconds
        self._unlock = redis.register_script(UNLOCK)

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Hold the lock, or go on without it after its longest life: the fence keeps the order."""
        token = secrets.token_hex(8)
        patience = time.monotonic() + self._seconds
        while not await self._redis.set(self._key, token, nx=True, px=int(self._seconds * 1000)):
            if time.monotonic() > patience:
                break
            await asyncio.sleep(LOCK_POLL_SECONDS * random.uniform(0.5, 1.5))  # noqa: S311 - jitter
        try:
            yield
        finally:
            await self._unlock(keys=[self._key], args=[token])


async def insist(decided: Callable[[], Awaitable[bool]], wait: Callable[[float], None]) -> None:
    """Decide as often as it takes, another process being faster (False) or Redis away or full; none of it counts against an event.

    `wait`: told of the pause before the next try where Redis is full, as that may last (Batch.wait).
    """
    failures = 0
    while True:
        try:
            if await decided():
                return
            log.info("related.overtaken")
        except RedisError as error:
            log.warning("related.delayed", error=str(error)[:200])
            seconds = pause_after(failures)
            if isinstance(error, OutOfMemoryError):
                wait(seconds)
            await asyncio.sleep(seconds)
        failures += 1
