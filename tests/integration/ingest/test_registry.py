"""What was accepted is on the belt, once, whoever else writes and whatever breaks."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as Unreachable
from redis.exceptions import ResponseError

from services.ingest.changes import Changed, Unchanged
from services.ingest.draft import Draft
from services.ingest.identity import document_id
from services.ingest.registry import Registry, nothing
from shared.errors import Gone
from shared.events import Change
from shared.redis_server import OPTIONS
from shared.steps import Command, Fence, Step
from tests.integration.ingest.room import Room, installed
from tests.redis_servers import RedisServer
from tests.unit.ingest.samples import NOW, draft

ID = document_id(draft())


def registry(room: Room) -> Registry:
    """Another process's registry on the same Redis."""
    return Registry(room.host.redis, room.host.belt)


def unlike(number: int) -> Draft:
    """A draft that shares no words with another one of these."""
    return draft(url=f"https://example.org/{number}", text=" ".join(f"word{number}of{each}" for each in range(20)))


async def test_a_hundred_at_once_are_one_event(room: Room) -> None:
    """Of a hundred senders of one document one is first, and the others find it."""
    sendings = (registry(room).accept(draft(), ID, NOW, correlation_id=str(n)) for n in range(100))
    decisions = await asyncio.gather(*sendings)

    assert sum(isinstance(decision, Changed) for decision in decisions) == 1
    assert sum(isinstance(decision, Unchanged) for decision in decisions) == 99
    assert len(await room.events()) == 1


async def test_different_texts_at_once_are_versions_in_a_row(room: Room) -> None:
    """Each sending gets a version of its own, none is skipped, and the last one is what is known."""
    sendings = (
        registry(room).accept(draft(text=f"text {n}", html=f"<p>text {n}</p>"), ID, NOW, correlation_id="c")
        for n in range(12)
    )
    await asyncio.gather(*sendings)

    events = await room.events()
    known = await registry(room).known(ID)

    assert [event.document.version for event in events] == list(range(1, 13))
    assert known
    assert known.document == events[-1].document


async def test_a_lost_reply_is_no_second_version(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """The step was done and the sender hears nothing: sending again changes nothing."""
    publish = room.host.belt.publish_all

    async def done_but_unheard(steps: Sequence[Step], fence: Fence | None = None) -> list[bool]:
        await publish(steps, fence)
        raise Unreachable

    monkeypatch.setattr(room.host.belt, "publish_all", done_but_unheard)
    with pytest.raises(Unreachable):
        await registry(room).accept(draft(), ID, NOW, correlation_id="c")
    monkeypatch.undo()

    later = NOW + timedelta(seconds=1)
    assert isinstance(await registry(room).accept(draft(), ID, later, correlation_id="c"), Unchanged)
    assert len(await room.events()) == 1


async def test_a_step_that_the_client_repeats_is_still_ours(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that tries again after a lost reply finds its own version there, and that is no refusal."""
    await registry(room).accept(draft(), ID, NOW, correlation_id="c")
    publish = room.host.belt.publish_all

    async def twice(steps: Sequence[Step], fence: Fence | None = None) -> list[bool]:
        await publish(steps, fence)
        return await publish(steps, fence)

    monkeypatch.setattr(room.host.belt, "publish_all", twice)
    decision = await registry(room).retract(ID, NOW, correlation_id="c", only=None)

    assert isinstance(decision, Changed)
    assert [event.change for event in await room.events()] == [Change.ADDED, Change.RETRACTED]


async def test_many_at_once_go_together(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crowd of different documents takes a few trips to Redis, and each document is accepted once."""
    publish, trips = room.host.belt.publish_all, []

    async def counted(steps: Sequence[Step], fence: Fence | None = None) -> list[bool]:
        trips.append(len(steps))
        return await publish(steps, fence)

    monkeypatch.setattr(room.host.belt, "publish_all", counted)
    ours, drafts = (
        registry(room),
        [unlike(n) for n in range(40)],
    )
    decisions = await asyncio.gather(
        *(ours.accept(each, document_id(each), NOW, correlation_id="c") for each in drafts)
    )

    assert all(isinstance(decision, Changed) for decision in decisions)
    assert sorted({document_id(each) for each in drafts}) == sorted(e.document_id for e in await room.events())
    assert len(trips) < sum(trips) / 4


async def test_one_that_fails_in_a_crowd_is_not_the_others_failure(room: Room) -> None:
    """A record that cannot be read, and a step that cannot be done, are told to their own senders alone."""
    ours, drafts = (
        registry(room),
        [unlike(n) for n in range(30)],
    )
    names = [document_id(each) for each in drafts]
    await room.host.redis.set(room.host.key("ingest", "document", names[3]), "in the way")

    def unheard_of(_: Changed) -> tuple[Command, ...]:
        return (("NO.SUCH.COMMAND",),)

    told = await asyncio.gather(
        *(
            ours.accept(each, name, NOW, correlation_id="c", also=unheard_of if place in {10, 20} else nothing)
            for place, (each, name) in enumerate(zip(drafts, names, strict=True))
        ),
        return_exceptions=True,
    )

    assert {3, 10, 20} == {place for place, answer in enumerate(told) if isinstance(answer, ResponseError)}
    assert 27 == sum(isinstance(answer, Changed) for answer in told)
    assert sorted(set(names) - {names[3], names[10], names[20]}) == sorted(e.document_id for e in await room.events())


async def test_a_step_that_stopped_halfway_is_no_version(room: Room) -> None:
    """The record was written and the belt refused the event: the next sending is taken, and nothing is passed over."""
    stream = room.host.key("documents.ingested")
    await room.host.redis.set(stream, "in the way")
    with pytest.raises(ResponseError):
        await registry(room).accept(draft(), ID, NOW, correlation_id="c")
    await room.host.redis.delete(stream)

    assert await registry(room).known(ID) is None
    assert isinstance(await registry(room).accept(draft(), ID, NOW, correlation_id="c"), Changed)

    await room.host.redis.rename(stream, "aside")
    await room.host.redis.set(stream, "in the way")
    with pytest.raises(ResponseError):
        await registry(room).accept(draft(title="New"), ID, NOW, correlation_id="c")
    await room.host.redis.delete(stream)
    again = await registry(room).accept(draft(title="New"), ID, NOW, correlation_id="c")

    assert isinstance(again, Changed)
    assert [(event.document.version, event.document.title) for event in await room.events()] == [(2, "New")]


async def test_a_full_redis_takes_nothing_by_halves(redis_server: RedisServer) -> None:
    """Every version of Redis: the sender hears 503, and once there is room again the same sending goes through."""
    async with Redis.from_url(redis_server.url) as client:
        room = installed(client)
        await client.config_set("maxmemory", 1)
        full = await room.post(b"It beats.")
        nothing = await client.keys("*ingest*")
        await client.config_set("maxmemory", OPTIONS.get("maxmemory", 0))
        taken = await room.post(b"It beats.")

        assert (full.status, full.headers["retry-after"], nothing) == (503, "2", [])
        assert (taken.status, len(await room.events())) == (202, 1)


async def test_a_retraction_happens_once(room: Room) -> None:
    """Of many at once one retracts, the others hear that it is gone."""
    await registry(room).accept(draft(), ID, NOW, correlation_id="c")
    tries = (registry(room).retract(ID, NOW, correlation_id="c", only=None) for _ in range(20))
    results = await asyncio.gather(*tries, return_exceptions=True)

    assert sum(isinstance(result, Changed) for result in results) == 1
    assert sum(isinstance(result, Gone) for result in results) == 19
    assert [event.change for event in await room.events()] == [Change.ADDED, Change.RETRACTED]
