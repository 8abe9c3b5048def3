"""What cannot be done is buried, what is done is trimmed, and what is left is counted."""

from __future__ import annotations

import redis.asyncio

from shared.clock import SystemClock
from shared.dead_letters import list_dead, replay
from shared.errors import Rejected
from shared.events import DocumentIngested
from shared.steps import Guard, Step
from shared.streams import Belt
from tests.integration.shared.belt.belts import (
    classified,
    dead,
    effects,
    emitted,
    ingested,
    once,
    pending,
    put,
    running,
    settings,
    until,
)
from tests.redis_servers import RedisServer


async def test_poison_is_buried_after_five_deliveries(redis_server: RedisServer) -> None:
    """An event that always fails goes to the dead letters with its error; its neighbours do not wait; replay does it."""
    broken = True

    def decide(event: DocumentIngested) -> Step:
        if event.document_id == "d1" and broken:
            raise ValueError("no way")
        return classified(event)

    await put(redis_server, *(ingested(f"d{n}") for n in range(3)))
    async with running(redis_server, decide) as belt:
        await until(lambda: emitted(redis_server) == 2)
        await until(lambda: dead(redis_server) == 1, seconds=30)
        (letter,) = await list_dead(belt)

        assert ("classifier", "ValueError: no way", 5) == (letter.stage, letter.error, letter.deliveries)

        broken = False
        await replay(belt, letter.id)
        await until(lambda: emitted(redis_server) == 3)

    assert once(3) == effects(redis_server)
    assert dead(redis_server) == 0


async def test_no_failure_is_remembered_of_what_is_settled(redis_server: RedisServer) -> None:
    """Nor of an entry that was overtaken by a newer version before it was tried again."""
    tries: list[int] = []

    def decide(event: DocumentIngested) -> Step:
        version = event.document.version
        tries.append(version)
        if tries == [1]:
            raise ValueError("not yet")
        return Step(guard=Guard("{syndicate}:versions", event.document_id, version))

    async with running(redis_server, decide):
        await put(redis_server, ingested("d0", 1))
        await until(lambda: tries == [1])
        await put(redis_server, ingested("d0", 2))
        await until(lambda: tries == [1, 2, 1] and pending(redis_server) == 0)
    with redis_server.client() as client:
        left = client.keys("{syndicate}:failures:*")

    assert [] == left


async def test_what_is_rejected_is_buried_at_once(redis_server: RedisServer) -> None:
    """An input that will never do is not tried again."""

    def decide(event: DocumentIngested) -> Step:
        raise Rejected("not today")

    await put(redis_server, ingested("d0"))
    async with running(redis_server, decide) as belt:
        await until(lambda: dead(redis_server) == 1)
        (letter,) = await list_dead(belt)

    assert 1 == letter.deliveries
    assert 0 == pending(redis_server)


async def test_garbage_from_a_foreign_producer_is_buried(redis_server: RedisServer) -> None:
    """Entries of any shape are buried with the reason, and real events between them are done."""
    garbage: list[dict[bytes, bytes]] = [
        {b"__data__": b'{"data":"x","id":1}'},
        {b"event": b"\xff\xfe"},
        {b"event": b"{}"},
        {b"\x00": b"\x00" * 1000},
        {b"event": b"[" * 5000},
    ]
    with redis_server.client() as client:
        for fields in garbage:
            client.xadd("{syndicate}:documents.ingested", fields)
    await put(redis_server, ingested("d0"))

    async with running(redis_server, classified) as belt:
        await until(lambda: emitted(redis_server) == 1)
        await until(lambda: dead(redis_server) == len(garbage))
        letters = await list_dead(belt)

    assert {"EntryRejected"} == {"EntryRejected" for letter in letters if "no event" in letter.error}
    assert 0 == pending(redis_server)


async def test_trimming_spares_what_is_not_acknowledged(redis_server: RedisServer) -> None:
    """What every group has acknowledged goes, with its marks; what another group has yet to read stays."""
    async with running(redis_server, classified, retention_seconds=0) as belt:
        await put(redis_server, *(ingested(f"d{n}") for n in range(50)))
        with redis_server.client() as client:
            client.xgroup_create("{syndicate}:documents.ingested", "slow", id="0")
        await until(lambda: emitted(redis_server) == 50)
        await belt.consumers[0].trim()
        kept = await belt.client.xlen(belt.key("documents.ingested"))
        with redis_server.client() as client:
            client.xgroup_destroy("{syndicate}:documents.ingested", "slow")
        await belt.consumers[0].trim()
        left = await belt.client.xlen(belt.key("documents.ingested"))
        marks = await belt.client.zcard(belt.key("done", "documents.ingested", "classifier"))

    assert (50, 0, 0) == (kept, left, marks)


async def test_what_is_left_of_a_millisecond_is_still_counted(redis_server: RedisServer) -> None:
    """Of ten entries that came in one millisecond the first five go with their marks, and the backlog is the other five."""

    def half(event: DocumentIngested) -> Step:
        if int(event.document_id[1:]) >= 5:
            raise RuntimeError("not now")
        return classified(event)

    with redis_server.client() as client:
        for n in range(10):
            client.xadd("{syndicate}:documents.ingested", {"event": ingested(f"d{n}").encode()}, id=f"5-{n}")
    async with running(redis_server, half, retention_seconds=0, lease_seconds=60) as belt:
        await until(lambda: emitted(redis_server) == 5)
        await belt.consumers[0].trim()
        left = await belt.client.xlen(belt.key("documents.ingested"))

        assert (5, 5) == (left, await belt.backlog("documents.ingested", "classifier"))


async def test_trimming_waits_for_a_destroyed_group(redis_server: RedisServer) -> None:
    """While the group is gone nothing is trimmed: it comes back at 0 and must find its entries."""
    client = redis.asyncio.Redis.from_url(redis_server.url)
    belt = Belt(client, settings(retention_seconds=0), SystemClock())
    belt.consume("documents.ingested", group="classifier", decide=classified)
    await put(redis_server, ingested("d0"))
    await belt.consumers[0].trim()

    assert 1 == await client.xlen(belt.key("documents.ingested"))

    await client.aclose()


async def test_backlog_counts_what_is_not_settled(redis_server: RedisServer) -> None:
    """Entries without a mark are the backlog, on every version of Redis."""
    await put(redis_server, *(ingested(f"d{n}") for n in range(7)))
    async with redis.asyncio.Redis.from_url(redis_server.url) as client:
        belt = Belt(client, settings(max_lag=10), SystemClock())

        assert 7 == await belt.backlog("documents.ingested", "classifier")
        assert not await belt.overloaded()

        await put(redis_server, *(ingested(f"e{n}") for n in range(7)))
        belt._fullest = (0.0, 0)

        assert await belt.overloaded()


async def test_backlog_is_right_after_repeats(redis_server: RedisServer) -> None:
    """Entries that are delivered twice count once, events that are laid down twice count twice, and what is new still shows."""
    events = [ingested(f"d{n}") for n in range(20)]
    await put(redis_server, *events, *events[:5])
    async with running(redis_server, classified):
        await until(lambda: emitted(redis_server) == 20 and pending(redis_server) == 0)
        with redis_server.client() as client:
            client.xgroup_destroy("{syndicate}:documents.ingested", "classifier")
        await put(redis_server, ingested("d20"))
        await until(lambda: emitted(redis_server) == 21 and pending(redis_server) == 0)
    await put(redis_server, *(ingested(f"e{n}") for n in range(3)))
    async with redis.asyncio.Redis.from_url(redis_server.url) as store:
        backlog = await Belt(store, settings(), SystemClock()).backlog("documents.ingested", "classifier")

    assert 3 == backlog
    assert once(21) == effects(redis_server)
