"""The start-up checks against real servers."""

from __future__ import annotations

import asyncio
import socket

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


async def test_a_wrong_password_is_told_at_once(redis_server: RedisServer) -> None:
    """No wait makes it right."""
    with redis_server.client() as client:
        client.config_set("requirepass", "sesame")
    for name in ("", ":wrong@"):
        async with redis.asyncio.Redis.from_url(redis_server.url.replace("://", f"://{name}", 1)) as client:
            with pytest.raises(Unfit, match="password in SYNDICATE_REDIS_URL"):
                await fitness.check(client)


async def test_a_server_that_never_answers_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """As one without TLS does where TLS was asked for: it waits for the rest of what it takes for a command."""
    monkeypatch.setattr(fitness, "ANSWER_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as door:
        async with redis.asyncio.Redis(port=door.getsockname()[1]) as client:
            with pytest.raises(Unfit, match="no answer within"):
                await fitness.check(client, patience_seconds=0.3)
