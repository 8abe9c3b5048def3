"""The promises of the belt, each with the fault that it is made against, on real Redis servers."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import pytest
import redis.asyncio
from redis.exceptions import ConnectionError as Unreachable

from shared.batch import Batch
from shared.clock import SystemClock
from shared.errors import Overloaded
from shared.events import DocumentIngested
from shared.steps import Fence, Guard, Step
from shared.streams import Belt
from tests.integration.shared.belt.belts import (
    classified,
    effects,
    emitted,
    ingested,
    once,
    pending,
    put,
    running,
    seen,
    settings,
    until,
)
from tests.redis_servers import RedisServer


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
