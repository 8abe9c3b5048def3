"""The start-up checks against real servers."""

from __future__ import annotations

import asyncio

import pytest
import redis.asyncio

from shared import fitness
from shared.errors import Unfit
from tests.redis_servers import RedisServer


async def test_a_server_that_reads_its_file_is_waited_for(redis_server: RedisServer) -> None:
    """Redis says that it keeps no append-only file while it reads it; a process that starts just then must not give up."""
    with redis_server.client() as client:
        client.eval("for i = 1, 4000 do redis.call('SET', i, string.rep('x', 1000)) end", 0)
    redis_server.kill()
    starting = asyncio.create_task(asyncio.to_thread(redis_server.start, key_load_delay="300"))
    async with redis.asyncio.Redis.from_url(redis_server.url) as client:
        version = await fitness.check(client)
    await starting

    assert version.startswith(("6.", "7.", "8."))


async def test_a_server_that_stays_away_ends_the_start(redis_server: RedisServer) -> None:
    """The wait is bounded, and its end says why."""
    redis_server.kill()
    async with redis.asyncio.Redis.from_url(redis_server.url) as client:
        with pytest.raises(Unfit, match="does not answer"):
            await fitness.check(client, patience_seconds=0.5)


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [("appendonly", "no", "--appendonly yes"), ("maxmemory-policy", "allkeys-lru", "must be noeviction")],
)
async def test_a_server_that_would_lose_something_is_refused(
    redis_server: RedisServer, option: str, value: str, said: str
) -> None:
    """The refusal names what to change."""
    async with redis.asyncio.Redis.from_url(redis_server.url) as client:
        await client.config_set(option, value)
        with pytest.raises(Unfit, match=said):
            await fitness.check(client)
