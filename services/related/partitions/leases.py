"""Which process holds which partition: one key for each, that ends unless its holder renews it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

LEASE_SECONDS = 10.0

RENEW = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return 0"
RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


class Leases:
    """What one process may take, of so many `seconds`."""

    def __init__(self, redis: Any, key: Callable[[int], str], seconds: float = LEASE_SECONDS) -> None:
        self.seconds = seconds
        self._redis = redis
        self._key = key
        self._token = secrets.token_hex(8)
        self._renew = redis.register_script(RENEW)
        self._release = redis.register_script(RELEASE)

    async def take(self, partition: int) -> bool:
        """Take a partition that nobody holds."""
        return bool(await self._redis.set(self._key(partition), self._token, nx=True, px=int(self.seconds * 1000)))

    async def keep(self, partition: int, seconds: float = 0) -> bool:
        """Renew the lease, for `seconds` if these are more, or take it again if it ended and nobody else was there.

        False: another process has it.
        """
        milliseconds = int(max(self.seconds, seconds) * 1000)
        renewed = await self._renew(keys=[self._key(partition)], args=[self._token, milliseconds])
        return bool(renewed) or await self.take(partition)

    async def give_back(self, partition: int) -> None:
        """Let others take it at once."""
        await self._release(keys=[self._key(partition)], args=[self._token])
