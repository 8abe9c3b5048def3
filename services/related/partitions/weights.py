"""The weighing that a question means, read once for everybody in this process."""

from __future__ import annotations

from typing import Any

from services.related.partitions.post import Moved
from services.related.partitions.weighing import UNCOUNTED, Weighing


class Weighings:
    """Knows the newest weighing of Redis."""

    def __init__(self, redis: Any, key: str) -> None:
        self._redis = redis
        self._key = key
        self._known = Weighing()

    async def of(self, name: str) -> Weighing:
        """The weighing of this name. Raises Moved if there is another one by now."""
        if name == self._known.name:
            return self._known
        if name == UNCOUNTED:
            self._known = Weighing()
        else:
            packed = await self._redis.get(self._key)
            if not packed or (found := Weighing.unpack(packed)).name != name:
                raise Moved
            self._known = found
        return self._known
