"""Lists stay right on a real Redis: across restarts and beside a second process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from tests.integration.related.room import (
    HISTORY,
    PARTS,
    assert_all_is_well,
    classified,
    lists,
    overtake_by_turns,
    process,
    told,
)
from tests.redis_servers import RedisServer


async def test_a_restart_after_every_few_documents_changes_no_list(redis_server: RedisServer) -> None:
    """A new process each time, against one memory that saw everything."""
    for events in PARTS:
        async with process(redis_server) as restarted:
            await restarted.take(*events)

    async with process(redis_server) as last:
        await assert_all_is_well(redis_server, last)


async def test_two_processes_by_turns_stay_equal(redis_server: RedisServer) -> None:
    """Each follows the other's commits through the log."""
    async with process(redis_server) as one, process(redis_server) as other:
        for number, events in enumerate(PARTS):
            await (one, other)[number % 2].take(*events)

        await assert_all_is_well(redis_server, one, other)


async def test_who_is_overtaken_decides_anew(redis_server: RedisServer) -> None:
    """Another process commits between decision and commit; the fence stops the first, which then follows and commits."""
    async with process(redis_server) as one, process(redis_server) as other:
        await overtake_by_turns(one, other)

        await assert_all_is_well(redis_server, one, other)


async def test_both_at_once_without_a_lock_lose_nothing(redis_server: RedisServer) -> None:
    """The lock saves work only: with it gone, the fence still lets one through at a time."""
    async with process(redis_server) as one, process(redis_server) as other:

        async def unlock() -> None:
            await one.belt.client.delete(one.belt.key("related", "lock"))
            await asyncio.sleep(0)

        one.before_commit = other.before_commit = unlock
        await one.take(*HISTORY[:1])
        names = [event.document_id for event in HISTORY[1:40]]
        held = [await one.hold(classified(name)) for name in names]
        await asyncio.gather(
            *(one.consumer.take(part) for part in held[::2]), *(other.consumer.take(part) for part in held[1::2])
        )
        for events in PARTS[5:]:
            await other.take(*events)

        await one.replica.catch_up()
        await other.replica.catch_up()
        assert lists(one.replica.index) == lists(other.replica.index)
        expected = lists(one.replica.index)
        assert {name: expected[name] for name in told(redis_server)} == told(redis_server)


async def test_repeated_events_do_nothing_twice(redis_server: RedisServer) -> None:
    """Each event lies on the stream three times, twice within one batch."""
    async with process(redis_server) as one:
        for events in PARTS:
            await one.take(*events, *events)
            await one.take(*events)

        await assert_all_is_well(redis_server, one)


async def test_a_log_that_does_not_reach_back_is_made_up_for(redis_server: RedisServer) -> None:
    """A process that was away for too long reads everything."""
    async with process(redis_server) as one, process(redis_server) as away:
        await away.take(*PARTS[0])
        for events in PARTS[1:]:
            await one.take(*events)
            await one.belt.client.zremrangebyrank(one.belt.key("related", "log"), 0, -2)

        await assert_all_is_well(redis_server, one, away)


async def test_what_changes_while_everything_is_read_is_not_missed(redis_server: RedisServer) -> None:
    """Another process commits between the pages."""
    async with process(redis_server) as one, process(redis_server) as late:
        await one.take(*PARTS[0])
        parts = iter(PARTS[1:])
        pages = late.replica._pages

        async def with_commits_between(key: str) -> AsyncIterator[dict[str, bytes | None]]:
            async for page in pages(key):
                await one.take(*next(parts, ()))
                yield page

        late.replica._pages = with_commits_between  # type: ignore[method-assign]
        await late.replica.catch_up()
        for events in parts:
            await one.take(*events)

        await assert_all_is_well(redis_server, one, late)
