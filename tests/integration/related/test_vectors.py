"""A vector set keeps the promises of the index in memory: every vector is looked at here, so that the lists must be the same."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import pairwise

import pytest
import redis.asyncio

from services.related.vectors import gathering
from services.related.vectors.store import Vectors
from shared.clock import SystemClock
from shared.errors import Unfit
from shared.events import Change
from shared.settings import Settings
from shared.streams import Belt
from tests.integration.related import room
from tests.integration.related.promises import assert_a_choice_stands, assert_copies_are_silent
from tests.integration.related.room import HISTORY, PARTS, classified, nothing, overtake_by_turns, told, uninterrupted
from tests.integration.related.vector_room import NAMES, process
from tests.redis_servers import RedisServer, binaries, redis_8


@pytest.fixture
def server() -> Iterator[RedisServer]:
    one = RedisServer(redis_8())
    one.start()
    yield one
    one.remove()


async def assert_all_is_well(server: RedisServer) -> None:
    """What stands in Redis and what was told downstream is what one memory has after all events."""
    expected = uninterrupted()
    async with process(server) as last:
        await last.renew_all()
        found = await last.lists()
    assert expected == found
    assert {name: expected[name] for name in told(server)} == told(server)


async def test_a_restart_after_every_few_documents_changes_no_list(server: RedisServer) -> None:
    """A new process each time, which loads nothing, against one memory that saw everything."""
    for events in PARTS:
        async with process(server) as restarted:
            await restarted.take(*events)

    await assert_all_is_well(server)


async def test_lists_are_those_of_brute_force_at_once(server: RedisServer) -> None:
    """Newcomers that share words with all enter every list that they belong to, without any renewal: frequencies hardly move here."""
    async with process(server) as one:
        for events in PARTS:
            await one.take(*events)
        before = await one.lists()
        fresh = await one.vectors.evaluate(60)

    same = sum(len({*before[name]} & {*listed}) for name, listed in uninterrupted().items())
    assert same >= 0.8 * sum(map(len, uninterrupted().values()))
    assert len([name for name, listed in uninterrupted().items() if listed]) == fresh.documents


async def test_two_processes_by_turns_stay_equal(server: RedisServer) -> None:
    """Each decides on what the other left."""
    async with process(server) as one, process(server) as other:
        for number, events in enumerate(PARTS):
            await (one, other)[number % 2].take(*events)

    await assert_all_is_well(server)


async def test_who_is_overtaken_decides_anew(server: RedisServer) -> None:
    """Another process commits between decision and commit; the fence stops the first, which then decides again."""
    async with process(server) as one, process(server) as other:
        await overtake_by_turns(one, other)

    await assert_all_is_well(server)


async def test_a_death_before_or_after_the_commit_loses_nothing_and_repeats_nothing(server: RedisServer) -> None:
    """The entries are taken over by another process."""

    async def die() -> None:
        raise RuntimeError("killed")

    for number, events in enumerate(PARTS):
        async with process(server) as dying, process(server) as heir:
            dying.before_commit, dying.after_commit = (die, nothing) if number % 2 else (nothing, die)
            held = await dying.hold(*events)
            await dying.consumer.take(held)
            await heir.consumer.take(held)

    await assert_all_is_well(server)


async def test_a_killed_redis_comes_back_with_vectors_that_fit_its_records(server: RedisServer) -> None:
    """The append-only file has the whole of a commit or nothing of it."""
    for events in PARTS:
        async with process(server) as one:
            await one.take(*events)
            await asyncio.sleep(0)
        with server.client() as client:
            client.config_set("appendfsync", "always")
        server.kill()
        server.start()
        async with process(server) as one:
            assert await one.vectors._building.stands()

    await assert_all_is_well(server)


async def test_repeated_events_do_nothing_twice(server: RedisServer) -> None:
    """Each event lies on the stream three times, twice within one batch."""
    async with process(server) as one:
        for events in PARTS:
            await one.take(*events, *events)
            await one.take(*events)

    await assert_all_is_well(server)


async def test_whoever_goes_leaves_every_list_and_every_count(server: RedisServer) -> None:
    """Retract all: no list, no vector, no term is left of them."""
    async with process(server) as one:
        for name in NAMES[:30]:
            await one.take(classified(name))
        for name in NAMES[:30]:
            await one.take(classified(name, version=2, change=Change.RETRACTED))
            assert all(name not in listed for listed in (await one.lists()).values())
        keys = one.vectors.keys
        counts = (await one.belt.client.get(keys.counts)).rstrip(b"\0")
        left = [await one.belt.client.exists(keys.dependents_of(name)) for name in NAMES]
        vectors = await one.belt.client.execute_command("VCARD", keys.vectors)

    assert (0, [0] * 60) == (vectors, left)
    assert 60 == int.from_bytes(counts, "big")


async def test_an_operators_choice_stands(server: RedisServer) -> None:
    """Pins come first and follow the pinned one, bans keep out; whom the pinned one leaves is told."""
    async with process(server) as one:
        await assert_a_choice_stands(one, one, one.vectors.change)
    assert "40" == told(server)["3"][0]


async def test_copies_are_silent_while_their_original_is_here(server: RedisServer) -> None:
    """A near-duplicate stands in no list; when its original goes it does."""
    async with process(server) as one:
        await assert_copies_are_silent(one)


async def test_a_copy_leaves_lists_that_its_original_is_not_near_to(
    server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It spoke for itself until its original came; who lists it hears of that although no search comes upon them."""
    event = classified("2")
    copy = event.model_copy(update={"document": event.document.model_copy(update={"duplicate_of": "59"})})
    async with process(server) as one:
        await one.take(*(classified(name) for name in NAMES[:59] if name != "2"), copy)
        speaking = await one.lists()
        monkeypatch.setattr(gathering, "CANDIDATES", 1)
        await one.take(classified("59"))
        silent = await one.lists()

    assert any("2" in listed for listed in speaking.values())
    assert all("2" not in listed for listed in silent.values())
    assert all("2" not in listed for listed in told(server).values())


async def test_a_change_of_the_backend_takes_the_records_along(server: RedisServer) -> None:
    """From memory to vectors and back and again: each goes on where the other stood."""
    parts = [HISTORY[start : start + 15] for start in range(0, len(HISTORY), 15)]
    for number, events in enumerate(parts):
        if number % 2:
            async with process(server) as one:
                assert not await one.vectors._building.stands()
                await one.vectors.ready()
                assert await one.vectors._building.stands()
                await one.take(*events)
        else:
            async with room.process(server) as other:
                await other.take(*events)

    await assert_all_is_well(server)


async def test_an_older_redis_is_refused_in_words() -> None:
    """The start says which setting asks for what, and which version this is."""
    older = {name: binary for name, binary in binaries().items() if name != "image"}
    assert older
    for binary in older.values():
        one = RedisServer(binary)
        one.start()
        client = redis.asyncio.Redis.from_url(one.url)
        try:
            with pytest.raises(Unfit, match=r"SYNDICATE_RELATED_BACKEND=vectors needs .* this one is [67]\."):
                await Vectors(client, Belt(client, Settings(), SystemClock()).key).ready()
        finally:
            await client.aclose()
            one.remove()


def test_the_history_has_every_kind_of_change() -> None:
    """Else these tests would show less than they say."""
    assert {Change.ADDED, Change.UPDATED, Change.RETRACTED} == {event.change for event in HISTORY}
    assert any(
        one.document_id == other.document_id for one, other in pairwise(sorted(HISTORY, key=lambda it: it.document_id))
    )
