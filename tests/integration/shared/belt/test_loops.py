"""The loops of a process go on, and stop in order, whatever a handler or Redis does."""

from __future__ import annotations

import asyncio
import itertools
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import redis.asyncio
from redis.exceptions import ConnectionError as Unreachable

from shared.batch import Batch
from shared.clock import SystemClock
from shared.events import DocumentIngested
from shared.steps import Step
from shared.streams import Belt
from tests.integration.shared.belt.belts import (
    LEASE_SECONDS,
    classified,
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


async def test_long_work_keeps_its_lease(redis_server: RedisServer) -> None:
    """A batch whose work takes three leases is not started a second time by another consumer, not one entry of it."""
    starts = itertools.count()

    async def long(event: DocumentIngested) -> Step:
        next(starts)
        await asyncio.sleep(LEASE_SECONDS)
        return classified(event)

    await put(redis_server, *(ingested(f"d{n}") for n in range(3)))
    async with running(redis_server, long), running(redis_server, long):
        await until(lambda: emitted(redis_server) == 3)

    assert 3 == next(starts)
    assert once(3) == effects(redis_server)


async def test_what_waits_for_its_turn_keeps_its_lease(redis_server: RedisServer) -> None:
    """What was read while the consumer is at work on what it took over is nobody else's, however long that takes."""
    starts: list[str] = []

    async def long(event: DocumentIngested) -> Step:
        starts.append(event.document_id)
        await asyncio.sleep(LEASE_SECONDS * 3)
        return classified(event)

    await put(redis_server, ingested("d0"))
    with redis_server.client() as client:
        client.xgroup_create("{syndicate}:documents.ingested", "classifier", id="0")
        client.xreadgroup("classifier", "dead", {"{syndicate}:documents.ingested": ">"})
    async with running(redis_server, long):
        await until(lambda: starts == ["d0"])
        await put(redis_server, ingested("d1"))
        await until(lambda: pending(redis_server) == 2)
        async with running(redis_server, long):
            await until(lambda: emitted(redis_server) == 2)

    assert ["d0", "d1"] == starts
    assert once(2) == effects(redis_server)


async def test_a_stop_under_load_hands_back_the_rest(redis_server: RedisServer) -> None:
    """A consumer that stops in the middle of long work leaves entries that another takes at once, not after the lease."""

    async def stuck(event: DocumentIngested) -> Step:
        await asyncio.sleep(60)
        return classified(event)

    await put(redis_server, *(ingested(f"d{n}") for n in range(5)))
    async with running(redis_server, stuck, drain_seconds=0.2):
        await until(lambda: pending(redis_server) == 5)
    with redis_server.client() as client:
        rows = client.xpending_range("{syndicate}:documents.ingested", "classifier", "-", "+", 10, idle=3_600_000)

    assert [0] * 5 == [row["times_delivered"] for row in rows]

    async with running(redis_server, classified):
        await until(lambda: emitted(redis_server) == 5)

    assert once(5) == effects(redis_server)


@asynccontextmanager
async def counting(server: RedisServer, first: int) -> AsyncIterator[list[int]]:
    """A consumer that has worked on so many entries at once; how many each of its batches held."""
    sizes: list[int] = []

    async def work(batch: Batch) -> None:
        await batch.commit([Step() for _ in batch.events])
        sizes.append(len(batch.events))

    await put(server, *(ingested(f"d{n}") for n in range(first)))
    client = redis.asyncio.Redis.from_url(server.url)
    belt = Belt(client, settings(), SystemClock())
    belt.consume_batches("documents.ingested", group="classifier", work=work)
    await belt.open()
    await until(lambda: sizes == [first])
    yield sizes
    await belt.close()
    await client.aclose()


async def test_behind_a_large_batch_more_gathers(redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes one by one soon after ten entries is read as one batch."""
    monkeypatch.setattr("shared.consumer.LINGER_SECONDS", 1.0)
    async with counting(redis_server, 10) as sizes:
        for extra in range(3):
            await put(redis_server, ingested(f"later{extra}"))
        await until(lambda: sum(sizes) == 13)

    assert [10, 3] == sizes


async def test_behind_a_few_entries_nobody_waits(redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes after nine entries is read at once."""
    monkeypatch.setattr("shared.consumer.LINGER_SECONDS", 60.0)
    async with counting(redis_server, 9) as sizes:
        await put(redis_server, ingested("later"))
        await until(lambda: len(sizes) == 2)

    assert [9, 1] == sizes


async def test_an_escaped_cancellation_does_not_end_the_loop(redis_server: RedisServer) -> None:
    """A handler that lets a CancelledError out fails its event and nothing else (FastStream's loop would die unseen)."""
    tripped: list[str] = []

    async def decide(event: DocumentIngested) -> Step:
        if not tripped:
            tripped.append(event.document_id)
            inner = asyncio.create_task(asyncio.sleep(60))
            inner.cancel()
            await inner
        return classified(event)

    await put(redis_server, ingested("d0"))
    async with running(redis_server, decide):
        await put(redis_server, ingested("d1"))
        await until(lambda: emitted(redis_server) == 2)

    assert once(2) == effects(redis_server)


async def test_a_dead_read_loop_is_seen_and_woken(redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A read loop that ended without a word makes the process not ready, and is started again."""
    monkeypatch.setattr("shared.standing.SILENT_AFTER_SECONDS", 1.5)
    # The longer lease makes the waking come later than the look.
    async with running(redis_server, classified, lease_seconds=4) as belt:
        await until(lambda: bool(belt.reads.last_read))
        for task in [*belt.consumers[0].subscriber.tasks]:
            while not task.done():  # one cancellation may be lost on its way (see shared.broker.cancelled)
                task.cancel()
                await asyncio.wait([task], timeout=0.2)
        faults: list[str] = []
        async with asyncio.timeout(10):
            while not faults:
                faults = [state.fault for state in await belt.health() if state.fault]
                await asyncio.sleep(0.01)
        await put(redis_server, ingested("d0"))
        await until(lambda: emitted(redis_server) == 1)

    assert ["the read loop is silent"] == faults


async def test_reads_of_a_handler_wait_for_redis(redis_server: RedisServer) -> None:
    """A handler that finds Redis away is called again when it is back, and no delivery is counted."""
    away = iter([True, True, False])

    async def work(batch: Batch) -> None:
        if next(away):
            raise Unreachable("Redis is away")
        await batch.commit([classified(event) for event in batch.events])  # type: ignore[arg-type]

    client = redis.asyncio.Redis.from_url(redis_server.url)
    belt = Belt(client, settings(lease_seconds=60), SystemClock())
    belt.consume_batches("documents.ingested", group="classifier", work=work)
    await put(redis_server, ingested("d0"))
    await belt.open()
    await until(lambda: emitted(redis_server) == 1)
    await belt.close()

    assert once(1) == effects(redis_server)

    await client.aclose()


async def test_a_stop_after_flushall_is_quiet(redis_server: RedisServer) -> None:
    """A group that is gone keeps nobody from leaving."""
    async with running(redis_server, classified):
        with redis_server.client() as client:
            client.flushall()


async def test_a_stop_does_not_wait_for_a_redis_that_hangs(redis_server: RedisServer) -> None:
    """Whose server is stopped in the middle of its work leaves all the same; the lease tells the others."""
    client = redis.asyncio.Redis.from_url(redis_server.url)
    belt = Belt(client, settings(drain_seconds=0.3), SystemClock())
    for stream in ("documents.ingested", "documents.classified", "documents.related"):
        belt.consume(stream, group="group", decide=classified)
    await belt.open()
    assert redis_server.process
    redis_server.process.send_signal(signal.SIGSTOP)
    async with asyncio.timeout(4):  # a command alone waits for 5 s
        await belt.close()
    redis_server.process.send_signal(signal.SIGCONT)
    await client.aclose()
