"""What is no entry's fault is waited out for as long as it lasts: nothing healthy is buried, and nothing spins."""

from __future__ import annotations

import asyncio

import pytest
import redis.asyncio

from shared.broker import SteadyReads
from shared.dead_letters import list_dead, replay
from shared.events import DocumentIngested
from shared.steps import Step
from tests.integration.shared.belt.belts import (
    LEASE_SECONDS,
    classified,
    dead,
    effects,
    emitted,
    ingested,
    once,
    pending,
    put,
    running,
    until,
)
from tests.redis_servers import RedisServer


async def test_a_full_redis_buries_nothing(redis_server: RedisServer) -> None:
    """However many times the time allowed for a step it stays full: what is in hand waits, and no delivery is counted."""
    full = asyncio.Event()

    def decide(event: DocumentIngested) -> Step:
        if not full.is_set():
            with redis_server.client() as client:
                client.config_set("maxmemory", 1)
            full.set()
        return classified(event)

    await put(redis_server, *(ingested(f"d{n}") for n in range(3)))
    async with running(redis_server, decide, step_seconds=0.3, max_deliveries=2) as belt:
        await full.wait()
        await asyncio.sleep(8 * LEASE_SECONDS)
        with redis_server.client() as client:
            rows = client.xpending_range("{syndicate}:documents.ingested", "classifier", "-", "+", 10)
            client.config_set("maxmemory", 0)
        await until(lambda: emitted(redis_server) + dead(redis_server) == 3)
        letters = await list_dead(belt)

    assert [] == letters
    assert [1, 1, 1] == [row["times_delivered"] for row in rows]
    assert once(3) == effects(redis_server)


async def test_an_entry_of_too_many_fields_for_lua_is_buried(redis_server: RedisServer) -> None:
    """A script cannot name more than some 8,000 words: what a foreign program laid down is buried with its first fields."""
    with redis_server.client() as client:
        client.xadd("{syndicate}:documents.ingested", {f"field{n}": "x" for n in range(5_000)})
    await put(redis_server, ingested("d0"))

    async with running(redis_server, classified) as belt:
        await until(lambda: emitted(redis_server) == 1)
        await until(lambda: dead(redis_server) == 1)
        (letter,) = await list_dead(belt)
        again = await replay(belt, letter.id)

    assert "no event" in letter.error
    assert again


async def test_a_process_starts_on_a_full_redis(redis_server: RedisServer) -> None:
    """Whose group is there already reads, and can be asked how it stands; its steps wait until there is room."""
    async with running(redis_server, classified):
        await put(redis_server, ingested("d0"))
        await until(lambda: emitted(redis_server) == 1)
    await put(redis_server, ingested("d1"))
    with redis_server.client() as client:
        client.config_set("maxmemory", 1)

        async with running(redis_server, classified) as belt:
            await until(lambda: pending(redis_server) == 1)
            (state,) = await belt.health()
            client.config_set("maxmemory", 0)
            await until(lambda: emitted(redis_server) == 2)

    assert ("", 1, 1) == (state.fault, state.backlog, state.pending)
    assert once(2) == effects(redis_server)


async def test_a_stream_that_cannot_be_read_is_tried_ever_more_seldom(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside others that can be read, too: what goes well with them says nothing of it."""
    pauses: list[int] = []

    def pause(failures: int) -> float:
        pauses.append(failures)
        return 0.01

    monkeypatch.setattr("shared.broker.pause_after", pause)
    async with redis.asyncio.Redis.from_url(redis_server.url) as client:
        reads = SteadyReads(client)
        await client.set("broken", "no stream")
        await reads.xgroup_create("sound", "group")
        for _ in range(3):
            assert [] == await reads.xreadgroup("group", "consumer", {"broken": ">"}, count=1)
            await client.xadd("sound", {"a": "b"})
            assert await reads.xreadgroup("group", "consumer", {"sound": ">"}, count=1)

    assert [0, 1, 2] == pauses
