"""The belt's own way of sending commands, on a real Redis: large, hung, killed."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from typing import Any

import pytest
from redis.exceptions import ConnectionError as Unreachable
from redis.exceptions import TimeoutError as TimedOut

from shared.packing import connect
from tests.redis_servers import RedisServer

LARGE = os.urandom(8_000_000)
"""More than any socket takes at once."""


@pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
    """The services run on uvloop, the command line on asyncio's own loop."""
    return "asyncio", {"use_uvloop": request.param}


@pytest.fixture
async def client(redis_server: RedisServer) -> AsyncIterator[Any]:
    client = connect(f"{redis_server.url}?socket_timeout=0.3")
    await client.ping()
    yield client
    await client.aclose()


async def test_a_large_command_arrives_whole(client: Any) -> None:
    """Also beside others."""
    await asyncio.gather(*(client.set(f"key{n}", LARGE) for n in range(5)), *(client.incr("small") for _ in range(50)))
    assert [LARGE] * 5 == await client.mget(*(f"key{n}" for n in range(5)))
    assert b"50" == await client.get("small")


async def test_a_hung_server_is_not_waited_for(client: Any, redis_server: RedisServer) -> None:
    """It takes commands, for the socket does, and answers none."""
    assert redis_server.process
    redis_server.process.send_signal(signal.SIGSTOP)
    try:
        async with asyncio.timeout(10):
            with pytest.raises((TimedOut, Unreachable)):  # the latter when it hangs in the handshake of another try
                await client.set("key", b"before")
    finally:
        redis_server.process.send_signal(signal.SIGCONT)
    await client.set("key", b"after")
    assert b"after" == await client.get("key")


async def test_a_killed_server_is_told_and_found_again(client: Any, redis_server: RedisServer) -> None:
    """By the connections that were open too."""
    await asyncio.gather(*(client.incr("count") for _ in range(10)))
    redis_server.kill()
    with pytest.raises(Unreachable):
        await client.incr("count")
    redis_server.start()
    counts = await asyncio.gather(*(client.incr("other") for _ in range(10)))
    assert list(range(1, 11)) == sorted(counts)
