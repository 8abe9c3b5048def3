"""Processes that relate documents in a Redis vector set, and what they must agree on with an index in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import redis.asyncio

from services.related.vectors.store import Vectors
from tests.integration.related.room import Process, lists
from tests.redis_servers import RedisServer

NAMES = [str(number) for number in range(60)]


class VectorProcess(Process):
    """One process without any memory of the corpus."""

    def __init__(self, client: Any) -> None:
        super().__init__(client)
        self.vectors = Vectors(client, self.belt.key)
        self.relate = self.vectors.relate

    async def renew_all(self, names: Sequence[str] = NAMES) -> None:
        """Search every list anew; twice, for a search tells others what it found."""
        for _ in range(2):
            assert await self.vectors.renew(names, self.belt.publish)

    async def lists(self) -> dict[str, list[str]]:
        """Who stands in whose list."""
        return await self.vectors.look(lists, NAMES)


@asynccontextmanager
async def process(server: RedisServer) -> AsyncIterator[VectorProcess]:
    client = redis.asyncio.Redis.from_url(server.url)
    try:
        yield VectorProcess(client)
    finally:
        await client.aclose()
