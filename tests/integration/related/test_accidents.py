"""Lists stay right when a commit is cut short, a process dies, or Redis loses something."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as Unreachable

from shared.settings import Settings
from tests.integration.related.room import (
    HISTORY,
    PARTS,
    STREAM,
    Process,
    assert_all_is_well,
    classified,
    lists,
    nothing,
    process,
    renew_all,
    revision,
    uninterrupted,
)
from tests.redis_servers import RedisServer


async def test_a_death_between_decision_and_commit_loses_nothing(redis_server: RedisServer) -> None:
    """The entries are taken over by another process, and the dying one's memory dies with it."""
    for events in PARTS:
        async with process(redis_server) as dying, process(redis_server) as heir:

            async def die() -> None:
                raise RuntimeError("killed")

            dying.before_commit = die
            held = await dying.hold(*events)
            await dying.consumer.take(held)
            await heir.consumer.take(held)

    async with process(redis_server) as last:
        await assert_all_is_well(redis_server, last)


async def test_a_memory_that_a_failed_commit_left_is_read_again(redis_server: RedisServer) -> None:
    """The same process goes on after its commit raised before it happened."""
    async with process(redis_server) as one:
        for events in PARTS:

            async def fail() -> None:
                one.before_commit = nothing
                raise RuntimeError("out of luck")

            one.before_commit = fail
            held = await one.hold(*events)
            await one.consumer.take(held)
            await one.consumer.take(held)

        await assert_all_is_well(redis_server, one)


async def test_a_lost_reply_does_nothing_twice(redis_server: RedisServer) -> None:
    """The commit happened and nobody was told; the next turn finds that all is done."""
    async with process(redis_server) as one:
        for events in PARTS:

            async def lose() -> None:
                one.after_commit = nothing
                raise Unreachable("gone")

            one.after_commit = lose
            await one.take(*events)

        await assert_all_is_well(redis_server, one)
        assert await one.belt.backlog(STREAM, "related") == 0


async def test_after_flushall_all_begins_anew(redis_server: RedisServer) -> None:
    """A memory from before does not outlive it, not even when the new history has come to the same revision."""
    async with process(redis_server) as one, process(redis_server) as other:
        await one.take(*(classified(str(number)) for number in range(50, 60)))
        await other.replica.catch_up()
        await one.belt.client.flushall()
        await one.take(*HISTORY)
        assert await revision(one) == 1

        await assert_all_is_well(redis_server, one, other)


async def test_without_its_position_all_begins_anew(redis_server: RedisServer) -> None:
    """What a lost position left behind belongs to no history and is cleared away."""
    async with process(redis_server) as one:
        await one.take(*(classified(str(number)) for number in range(50, 60)))
        await one.belt.client.delete(one.belt.key("related", "position"))
        await one.take(*HISTORY)

        assert await one.replica.change(renew_all, one.belt.publish, "upkeep")
        expected = uninterrupted()
        assert expected == lists(one.replica.index)

    async with process(redis_server) as restarted:
        await restarted.replica.catch_up()
        assert expected == lists(restarted.replica.index)


async def test_a_load_survives_a_restart_of_redis(redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Redis dies between two pages of a load: nothing is missing in memory (a cursor of HSCAN would skip what its new seed moved)."""
    monkeypatch.setattr("services.related.replica.PAGE", 7)
    async with process(redis_server) as first:
        await first.take(*HISTORY)
    retry = Retry(ExponentialBackoff(cap=0.1), 50)
    async with redis.asyncio.Redis.from_url(redis_server.url, retry=retry) as client:
        second, pages = Process(client), itertools.count()
        read: Callable[..., Awaitable[Any]] = client.execute_command

        async def interrupted(*words: Any, **options: Any) -> Any:
            if words[0] in {"HMGET", "HSCAN"} and next(pages) == 2:
                redis_server.kill()
                redis_server.start()
            return await read(*words, **options)

        monkeypatch.setattr(client, "execute_command", interrupted)
        await second.replica.catch_up()

    renew_all(second.replica.index)
    assert uninterrupted() == lists(second.replica.index)


async def test_a_full_redis_is_waited_out(redis_server: RedisServer) -> None:
    """For longer than a step may take: what is in hand is related when there is room, and has not failed."""
    async with process(redis_server) as one:
        one.belt.settings = Settings(step_seconds=0.3)
        held = await one.hold(*HISTORY[:3])
        with redis_server.client() as client:
            client.config_set("maxmemory", 1)
            taking = asyncio.create_task(one.consumer.take(held))
            await asyncio.wait([taking], timeout=1.5)

            assert not taking.done()

            client.config_set("maxmemory", 0)
            await taking
            left = client.xpending(one.belt.key(STREAM), "related")

    assert 0 == left["pending"]
