"""Partitions keep the promises of one index in memory: the same lists, whoever holds what and whoever decides."""

from __future__ import annotations

import asyncio

import pytest

from services.related.partitions.post import Silent
from services.related.partitions.upkeep import PartitionUpkeep
from shared.settings import Settings
from tests.integration.related import room
from tests.integration.related.partition_room import NAMES, house, process, until
from tests.integration.related.promises import assert_a_choice_stands, assert_copies_are_silent
from tests.integration.related.room import HISTORY, PARTS, classified, nothing, overtake_by_turns, told, uninterrupted
from tests.redis_servers import RedisServer

DEADLINE_SECONDS = 30


async def assert_all_is_well(server: RedisServer, partitions: int) -> None:
    """What stands in Redis and what was told downstream is what one memory has after all events."""
    expected = uninterrupted()
    async with house(server, partitions) as processes:
        await processes[0].renew_all()
        for one in processes:
            assert expected == await one.lists()
    assert {name: expected[name] for name in told(server)} == told(server)


@pytest.mark.parametrize("partitions", [1, 2, 3])
async def test_the_lists_are_those_of_one_index(redis_server: RedisServer, partitions: int) -> None:
    """Processes take the batches by turns; each asks all others."""
    async with house(redis_server, partitions) as processes:
        for number, events in enumerate(PARTS):
            await processes[number % partitions].take(*events)

    await assert_all_is_well(redis_server, partitions)


async def test_everyone_holds_a_share_of_its_own(redis_server: RedisServer) -> None:
    """Every document is in one share, and in one only."""
    async with house(redis_server, 3) as processes:
        await processes[0].take(*HISTORY)
        for one in processes:
            await one.holder.due(1)

        assert {0, 1, 2} == {one.holder.partition for one in processes}
        assert [35, True] == [
            sum(len(one.holder.share) for one in processes),
            all(one.holder.share for one in processes),
        ]


async def test_whoever_has_no_share_decides_all_the_same(redis_server: RedisServer) -> None:
    """A stand-by takes its batches by asking."""
    async with house(redis_server, 2) as _, process(redis_server, 2) as standby, standby.runs():
        for events in PARTS:
            await standby.take(*events)
        assert standby.holder.partition is None

    await assert_all_is_well(redis_server, 2)


async def test_another_number_of_partitions_splits_the_same_records(redis_server: RedisServer) -> None:
    """Each start with another number; one that is off is no harm either: it goes on where the others stood."""
    for partitions, events in zip(
        (1, 3, 2, 4, 1), (HISTORY[start : start + 14] for start in range(0, 68, 14)), strict=True
    ):
        async with house(redis_server, partitions) as processes:
            await processes[-1].take(*events)

    await assert_all_is_well(redis_server, 3)


async def test_one_index_in_memory_goes_on_where_partitions_stood(redis_server: RedisServer) -> None:
    """And back again: records, lists and log are the same."""
    for number, events in enumerate(HISTORY[start : start + 14] for start in range(0, len(HISTORY), 14)):
        if number % 2:
            async with house(redis_server, 2) as processes:
                await processes[0].take(*events)
        else:
            async with room.process(redis_server) as one:
                await one.take(*events)

    await assert_all_is_well(redis_server, 2)


async def test_who_is_overtaken_decides_anew(redis_server: RedisServer) -> None:
    """Another process commits between decision and commit; the fence stops the first, which asks and decides again."""
    async with house(redis_server, 2) as (one, other):
        await overtake_by_turns(one, other)

    await assert_all_is_well(redis_server, 2)


async def test_a_death_before_or_after_the_commit_loses_nothing_and_repeats_nothing(redis_server: RedisServer) -> None:
    """The entries are taken over by another process."""

    async def die() -> None:
        raise RuntimeError("killed")

    async with house(redis_server, 2) as (heir, _):
        for number, events in enumerate(PARTS):
            async with process(redis_server, 2) as dying:
                dying.before_commit, dying.after_commit = (die, nothing) if number % 2 else (nothing, die)
                held = await dying.hold(*events)
                await dying.consumer.take(held)
                await heir.consumer.take(held)

    await assert_all_is_well(redis_server, 2)


async def test_without_a_partition_the_batch_waits(redis_server: RedisServer) -> None:
    """Nothing is committed, nothing counts against the events, whoever looks is told; when it is held, all goes on."""
    async with process(redis_server, 2) as one, one.runs():
        one.belt.settings = Settings(step_seconds=1)
        waiting = asyncio.create_task(one.take(*PARTS[0]))
        await until(one.partitions.vacant, [1])
        with pytest.raises(Silent, match="nobody answers for 1: 2 processes"):
            await one.partitions.renew(NAMES, one.belt.publish)
        await asyncio.wait([waiting], timeout=1.5)
        assert not waiting.done()
        assert 0 == await one.belt.client.exists(one.belt.key("related", "position"))
        async with process(redis_server, 2) as other, other.runs():
            await waiting
            assert [] == await one.partitions.vacant()
            for events in PARTS[1:]:
                await other.take(*events)

    await assert_all_is_well(redis_server, 2)


async def test_a_stand_by_takes_over_from_whoever_falls_silent(redis_server: RedisServer) -> None:
    """The lease ends, the stand-by loads that share, and the batch that was asking for it is done."""
    async with process(redis_server, 2) as dying, house(redis_server, 1, 2) as [one]:
        gone = await dying.holder.claim()
        assert gone is not None
        await until(one.partitions.vacant, [])
        async with process(redis_server, 2) as standby, standby.runs():
            waiting = asyncio.create_task(one.take(*HISTORY))
            await until(lambda: one.belt.client.exists(one.partitions.keys.asked(gone)), 1)
            await one.belt.client.delete(one.partitions.keys.lease(gone))
            await waiting
            assert [gone, 1 - gone] == [it.holder.partition for it in (standby, one)]

    await assert_all_is_well(redis_server, 2)


async def test_whoever_dies_behind_its_loading_is_followed_within_a_lease(redis_server: RedisServer) -> None:
    """The lease is longer while a share is installed only as the share is large: a stand-by has it soon."""
    async with house(redis_server, 1) as (one,):
        await one.take(*HISTORY)

    async with process(redis_server, 1) as newcomer:
        assert 0 == await newcomer.holder.claim()
        await newcomer.holder.catch_up()
        left = await newcomer.belt.client.pttl(newcomer.partitions.keys.lease(0))

    assert 35 == len(newcomer.holder.share)
    assert 0 < left <= 1000 * newcomer.holder.leases.seconds


async def test_whoever_lost_its_lease_claims_anew(redis_server: RedisServer) -> None:
    """If another process has it by now; a lease that merely ended is taken again with the share in hand."""
    async with process(redis_server, 1) as slow, process(redis_server, 1) as other:
        lease = slow.partitions.keys.lease(0)
        slow.holder.leases.seconds = 0.01
        await slow.holder.claim()
        await asyncio.sleep(0.02)
        await slow.holder.keep()
        assert 0 == slow.holder.partition
        await slow.belt.client.delete(lease)
        await other.holder.claim()
        await slow.holder.keep()
        await slow.holder.claim()

        assert [None, 0] == [it.holder.partition for it in (slow, other)]


async def test_a_killed_redis_comes_back_with_lists_that_fit(redis_server: RedisServer) -> None:
    """The append-only file has the whole of a commit or nothing of it."""
    for events in PARTS:
        with redis_server.client() as client:
            client.config_set("appendfsync", "always")
        async with house(redis_server, 2) as processes:
            await processes[0].take(*events)
        redis_server.kill()
        redis_server.start()

    await assert_all_is_well(redis_server, 2)


async def test_after_flushall_all_begins_anew(redis_server: RedisServer) -> None:
    """Shares and weights from before do not outlive it."""
    async with house(redis_server, 2) as (one, other):
        await one.take(*(classified(str(number)) for number in range(50, 60)))
        await other.take(*(classified(str(number)) for number in range(45, 50)))
        await one.belt.client.flushall()
        for holder in (one.holder, other.holder):
            holder.leases.seconds = 0.5
            await holder.keep()
        await one.take(*HISTORY)

    await assert_all_is_well(redis_server, 2)


async def test_repeated_events_do_nothing_twice(redis_server: RedisServer) -> None:
    """Each event lies on the stream three times, twice within one batch."""
    async with house(redis_server, 2) as (one, other):
        for events in PARTS:
            await one.take(*events, *events)
            await other.take(*events)

    await assert_all_is_well(redis_server, 2)


async def test_the_upkeep_settles_every_list(redis_server: RedisServer) -> None:
    """Each process renews its own share until nothing is left to do; then the lists are those of a full recompute."""
    async with house(redis_server, 3) as processes:
        for number, events in enumerate(PARTS):
            await processes[number % 3].take(*events)
        upkeeps = [PartitionUpkeep(one.partitions, one.holder, one.belt.publish) for one in processes]
        async with asyncio.timeout(DEADLINE_SECONDS):
            while any([await upkeep.renew_some() for upkeep in upkeeps]):
                pass
        fresh = await processes[1].partitions.evaluate(60)
        assert (35, 1.0, 0) == (fresh.documents, fresh.fresh, fresh.waiting)
        assert {name: {*near} for name, near in uninterrupted().items()} == {
            name: {*near} for name, near in (await processes[0].lists()).items()
        }


async def test_an_operators_choice_stands(redis_server: RedisServer) -> None:
    """Pins come first and follow the pinned one, bans keep out; whom the pinned one leaves is told."""
    async with house(redis_server, 3) as (one, other, _):
        await assert_a_choice_stands(one, other, other.partitions.change)
    assert "40" == told(redis_server)["3"][0]


async def test_copies_are_silent_while_their_original_is_here(redis_server: RedisServer) -> None:
    """A near-duplicate stands in no list, whoever holds its original; when that goes it does, when that comes back no more."""
    async with house(redis_server, 3) as (one, *_):
        await assert_copies_are_silent(one)
