"""The promises of the belt, each with the fault that it is made against, on real Redis servers."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import redis.asyncio
from redis.exceptions import ConnectionError as Unreachable

from shared.clock import SystemClock
from shared.consumer import Batch
from shared.dead_letters import list_dead, replay
from shared.errors import Overloaded, Rejected
from shared.events import Change, Document, DocumentClassified, DocumentIngested, Event, Subject
from shared.host import turn_for_ever
from shared.settings import Settings
from shared.steps import Fence, Guard, Step
from shared.streams import Belt
from tests.redis_servers import RedisServer

LEASE_SECONDS = 0.6
NOW = SystemClock().now()


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """The loop that the services run on."""
    return "asyncio", {"use_uvloop": True}


def settings(**changes: Any) -> Settings:
    return Settings(**{"lease_seconds": LEASE_SECONDS, "drain_seconds": 2, **changes})


def ingested(name: str, version: int = 1) -> DocumentIngested:
    document = Document(id=name, version=version, content_hash="0", title=name, text="words", received_at=NOW)
    return DocumentIngested.of(document, Change.ADDED, correlation_id="test", at=NOW)


def classified(event: DocumentIngested) -> Step:
    """An effect that shows how often it was done, and an event that goes on."""
    subject = Subject(name="Medicine", slug="medicine", confidence=1)
    return Step(
        "classified",
        writes=(("HINCRBY", "{syndicate}:effects", event.document_id, 1),),
        emits=(DocumentClassified.after(event, subject=subject),),
    )


@asynccontextmanager
async def running(
    server: RedisServer, decide: Callable[[Any], Step | Awaitable[Step]], **changes: Any
) -> AsyncIterator[Belt]:
    """A process's belt with one consumer and its loops, closed as a shutdown would."""
    client = redis.asyncio.Redis.from_url(server.url)
    belt = Belt(client, settings(**changes), SystemClock())
    belt.consume("documents.ingested", group="classifier", decide=decide)
    await belt.open()
    loops = [asyncio.create_task(turn_for_ever(loop.__name__, loop)) for loop in (belt.take_over, belt.tidy)]
    try:
        yield belt
    finally:
        for loop in loops:
            loop.cancel()
        await asyncio.gather(*loops, return_exceptions=True)
        await belt.close()
        await client.aclose()


async def until(condition: Callable[[], bool], seconds: float = 15.0) -> None:
    """Wait for a condition on a real server; it may be away for a while."""
    async with asyncio.timeout(seconds):
        while True:
            try:
                if condition():
                    return
            except Unreachable:
                pass
            await asyncio.sleep(0.02)


def effects(server: RedisServer) -> dict[str, int]:
    with server.client() as client:
        return {name.decode(): int(count) for name, count in client.hgetall("{syndicate}:effects").items()}


def emitted(server: RedisServer) -> int:
    with server.client() as client:
        return int(client.xlen("{syndicate}:documents.classified"))


def once(count: int) -> dict[str, int]:
    return {f"d{n}": 1 for n in range(count)}


async def put(server: RedisServer, *events: Event) -> None:
    async with redis.asyncio.Redis.from_url(server.url) as client:
        belt = Belt(client, settings(), SystemClock())
        for event in events:
            await belt.publish(Step(emits=(event,)))


async def test_events_from_before_the_first_start_are_done_once(redis_server: RedisServer) -> None:
    """What was published before the group existed is delivered (FastStream's own groups begin at the end)."""
    await put(redis_server, *(ingested(f"d{n}") for n in range(150)))

    async with running(redis_server, classified):
        await until(lambda: emitted(redis_server) == 150)

    assert once(150) == effects(redis_server)


async def test_events_that_come_close_together_are_taken_together(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first one at once; those that come within a turn of it as one batch; behind a full batch nobody waits."""
    monkeypatch.setattr("shared.broker.SHORTEST_TURN_SECONDS", 1.0)
    sizes: list[int] = []
    client = redis.asyncio.Redis.from_url(redis_server.url)
    belt = Belt(client, settings(batch_size=5), SystemClock())

    async def work(batch: Batch) -> None:
        sizes.append(len(batch.events))
        await batch.commit([Step() for _ in batch.events])

    belt.consume_batches("documents.ingested", group="classifier", work=work)
    await belt.open()
    await put(redis_server, ingested("first"))
    await until(lambda: bool(sizes))
    await put(redis_server, *(ingested(f"d{n}") for n in range(5)))
    await until(lambda: sum(sizes) == 6)
    await put(redis_server, ingested("last"))
    await until(lambda: sum(sizes) == 7, seconds=0.8)
    await belt.close()
    await client.aclose()

    assert [1, 5, 1] == sizes


async def test_a_repeated_event_has_one_effect(redis_server: RedisServer) -> None:
    """The same event under two entries is done once, and the repeat is acknowledged."""
    event = ingested("d0")
    await put(redis_server, event, event, ingested("d1"), event)

    async with running(redis_server, classified) as belt:
        await until(lambda: emitted(redis_server) == 2)
        await until(lambda: pending(redis_server) == 0)

        assert 0 == await belt.backlog("documents.ingested", "classifier")

    assert once(2) == effects(redis_server)


def pending(server: RedisServer) -> int:
    with server.client() as client:
        return int(client.xpending("{syndicate}:documents.ingested", "classifier")["pending"])


async def test_a_crash_before_the_effect_loses_nothing(redis_server: RedisServer) -> None:
    """Entries that a dead consumer held are taken over after the lease, and done once."""
    await put(redis_server, *(ingested(f"d{n}") for n in range(20)))
    with redis_server.client() as client:
        client.xgroup_create("{syndicate}:documents.ingested", "classifier", id="0")
        client.xreadgroup("classifier", "dead", {"{syndicate}:documents.ingested": ">"}, count=10)

    async with running(redis_server, classified):
        await until(lambda: emitted(redis_server) == 20)

    assert once(20) == effects(redis_server)


async def test_a_crash_after_the_effect_repeats_nothing(redis_server: RedisServer) -> None:
    """A destroyed group comes back at 0, meets every entry again, and finds their marks."""
    await put(redis_server, *(ingested(f"d{n}") for n in range(30)))

    async with running(redis_server, classified):
        await until(lambda: emitted(redis_server) == 30)
        with redis_server.client() as client:
            client.xgroup_destroy("{syndicate}:documents.ingested", "classifier")
        await put(redis_server, ingested("d30"))
        await until(lambda: emitted(redis_server) == 31)
        await until(lambda: pending(redis_server) == 0)

    assert once(31) == effects(redis_server)


async def test_flushall_leaves_a_working_belt(redis_server: RedisServer) -> None:
    """When everything in Redis is gone, groups are made again and new documents flow without a restart."""
    async with running(redis_server, classified) as belt:
        await put(redis_server, ingested("d0"))
        await until(lambda: emitted(redis_server) == 1)
        with redis_server.client() as client:
            client.flushall()
        await put(redis_server, ingested("d1"))
        await until(lambda: emitted(redis_server) == 1)
        health = await belt.health()

    assert [""] == [state.fault for state in health]
    assert {"d1": 1} == effects(redis_server)


async def test_redis_killed_under_load_loses_and_repeats_nothing(redis_server: RedisServer) -> None:
    """Redis dies with -9 three times while events flow; each has its effect once."""

    async def slowly(event: DocumentIngested) -> Step:
        await asyncio.sleep(0.005)
        return classified(event)

    await put(redis_server, *(ingested(f"d{n}") for n in range(200)))
    async with running(redis_server, slowly, batch_size=10):
        for done in (30, 80, 130):
            await until(lambda done=done: emitted(redis_server) >= done)  # type: ignore[misc]
            redis_server.kill()
            redis_server.start()
        await until(lambda: emitted(redis_server) == 200)

    assert once(200) == effects(redis_server)


async def test_a_read_only_redis_is_waited_out(redis_server: RedisServer) -> None:
    """After a failover the old primary is read-only: nothing spins, nothing fails, work goes on when it can."""
    await put(redis_server, ingested("d0"))
    tries = itertools.count()

    def counted(event: DocumentIngested) -> Step:
        next(tries)
        return classified(event)

    async with running(redis_server, counted):
        await until(lambda: emitted(redis_server) == 1)
        with redis_server.client() as client:
            client.replicaof("127.0.0.1", "1")
            await asyncio.sleep(1)
            client.replicaof("NO", "ONE")
        await put(redis_server, ingested("d1"))
        await until(lambda: emitted(redis_server) == 2)

    assert once(2) == effects(redis_server)
    assert next(tries) == 2


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


def dead(server: RedisServer) -> int:
    with server.client() as client:
        return int(client.xlen("{syndicate}:dead"))


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


async def test_long_work_keeps_its_lease(redis_server: RedisServer) -> None:
    """Work that takes three leases is not started a second time by another consumer."""
    starts = itertools.count()

    async def long(event: DocumentIngested) -> Step:
        next(starts)
        await asyncio.sleep(LEASE_SECONDS * 3)
        return classified(event)

    async with running(redis_server, long), running(redis_server, long):
        await put(redis_server, ingested("d0"))
        await until(lambda: emitted(redis_server) == 1)

    assert 1 == next(starts)
    assert once(1) == effects(redis_server)


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


async def test_a_lost_reply_repeats_nothing(redis_server: RedisServer) -> None:
    """When the answer to a commit is lost, the second try finds the marks."""
    async with running(redis_server, classified) as belt:
        real = belt.scripts.run
        lost: list[str] = []

        async def losing(name: str, keys: Any, args: Any) -> Any:
            answer = await real(name, keys, args)
            if name == "commit" and keys[0].endswith("ingested") and not lost:
                lost.append(name)
                raise Unreachable("the reply was lost")
            return answer

        belt.scripts.run = losing  # type: ignore[method-assign]
        await put(redis_server, *(ingested(f"d{n}") for n in range(10)))
        await until(lambda: emitted(redis_server) >= 10)
        await until(lambda: pending(redis_server) == 0)

    assert ["commit"] == lost
    assert once(10) == effects(redis_server)
    assert 10 == emitted(redis_server)


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


async def test_an_older_version_does_not_undo_a_newer_one(redis_server: RedisServer) -> None:
    """A guarded step whose version is not newer changes nothing and sends nothing on."""
    order = [ingested("d0", version=2), ingested("d0", version=1), ingested("d0", version=3)]

    def decide(event: DocumentIngested) -> Step:
        guard = Guard("{syndicate}:versions", event.document_id, event.document.version)
        return Step(writes=(("RPUSH", "{syndicate}:seen", event.document.version),), guard=guard)

    await put(redis_server, *order)
    async with running(redis_server, decide):
        await until(lambda: pending(redis_server) == 0 and seen(redis_server)[-1:] == [3])

    assert [2, 3] == seen(redis_server)


def seen(server: RedisServer) -> list[int]:
    with server.client() as client:
        return [int(version) for version in client.lrange("{syndicate}:seen", 0, -1)]


async def test_a_fence_lets_one_of_two_through(redis_server: RedisServer) -> None:
    """A batch whose fence has moved does nothing at all, and may be decided anew."""
    answers: list[bool] = []

    async def work(batch: Batch) -> None:
        steps = [classified(event) for event in batch.events]  # type: ignore[arg-type]
        answers.append(await batch.commit(steps, Fence("{syndicate}:position", "7", "8")))
        if not answers[-1]:
            answers.append(await batch.commit(steps, Fence("{syndicate}:position", "", "1")))

    client = redis.asyncio.Redis.from_url(redis_server.url)
    belt = Belt(client, settings(), SystemClock())
    belt.consume_batches("documents.ingested", group="classifier", work=work)
    await put(redis_server, ingested("d0"))
    await belt.open()
    await until(lambda: emitted(redis_server) == 1)
    await belt.close()

    assert [False, True] == answers
    assert b"1" == await client.get("{syndicate}:position")

    await client.aclose()


async def test_a_dead_read_loop_is_seen_and_woken(redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A read loop that ended without a word makes the process not ready, and is started again."""
    monkeypatch.setattr("shared.streams.SILENT_AFTER_SECONDS", 1.5)
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


async def test_what_is_accepted_outlives_redis(redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Acceptance is told only when Redis has written it: until then a kill of Redis takes it along."""
    guard = Guard("{syndicate}:versions", "d0", 2)
    async with redis.asyncio.Redis.from_url(redis_server.url) as client:
        belt = Belt(client, settings(), SystemClock())
        gone_before = await belt.written(guard)
        await belt.publish(Step(emits=(ingested("d0"),), guard=guard))
        real, answers = belt.scripts.run, [[700], [300]]

        async def writing(name: str, keys: Any, args: Any) -> Any:
            return answers.pop(0) if name == "written" and answers else await real(name, keys, args)

        monkeypatch.setattr(belt.scripts, "run", writing)
        written = await belt.written(guard)
        newer = await belt.written(Guard(guard.key, guard.field, 3))
        monkeypatch.setattr(belt.scripts, "run", lambda *_: asyncio.sleep(0, [700]))
        monkeypatch.setattr("shared.streams.LONGEST_WRITE_SECONDS", 0.05)
        with pytest.raises(Overloaded):
            await belt.written(guard)

    assert (False, True, False) == (gone_before, written, newer)
    assert [] == answers
