"""Processes that share one corpus by partitions, and what they must agree on with one index in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import redis.asyncio

from services.related.partitions.holder import Holder
from services.related.partitions.store import Partitions
from shared.host import turn_for_ever
from tests.integration.related.room import Process, lists
from tests.redis_servers import RedisServer

DEADLINE_SECONDS = 300
NAMES = [str(number) for number in range(60)]


class PartitionProcess(Process):
    """One process with its share; it holds a partition while it `runs`."""

    def __init__(self, client: Any, partitions: int) -> None:
        super().__init__(client)
        self.partitions = Partitions(client, self.belt.key, partitions, self.belt.publish)
        self.holder = Holder(client, self.partitions.keys, partitions, self.partitions.weighings)
        self.relate = self.partitions.relate

    @asynccontextmanager
    async def runs(self) -> AsyncIterator[None]:
        loops = [asyncio.create_task(turn_for_ever("test", loop)) for loop in (self.holder.turn, self.holder.keep)]
        try:
            yield
        finally:
            for loop in loops:
                loop.cancel()
            await asyncio.gather(*loops, return_exceptions=True)

    async def renew_all(self, names: Sequence[str] = NAMES) -> None:
        """Search every list anew with the counts of now; twice, for a search tells others what it found."""
        await self.partitions.recount()
        for _ in range(2):
            assert await self.partitions.renew(names, self.belt.publish)

    async def lists(self) -> dict[str, list[str]]:
        """Who stands in whose list."""
        return await self.partitions.look(lists, NAMES)


@asynccontextmanager
async def process(server: RedisServer, partitions: int) -> AsyncIterator[PartitionProcess]:
    """One that holds nothing yet."""
    client = redis.asyncio.Redis.from_url(server.url)
    try:
        yield PartitionProcess(client, partitions)
    finally:
        await client.aclose()


async def held_by(one: PartitionProcess) -> bool:
    """Whether it holds a partition."""
    return one.holder.partition is not None


@asynccontextmanager
async def house(
    server: RedisServer, count: int, partitions: int | None = None
) -> AsyncIterator[list[PartitionProcess]]:
    """So many processes, running, each with a partition; as many partitions if nothing else is said."""
    async with process(server, partitions or count) as one, one.runs():
        await until(lambda: held_by(one), expected=True)
        if count == 1:
            yield [one]
            return
        async with house(server, count - 1, partitions or count) as others:
            yield [one, *others]


async def until(look: Callable[[], Awaitable[object]], expected: object) -> None:
    """Look until this is seen."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while True:
            if expected == await look():
                return
            await asyncio.sleep(0.01)
