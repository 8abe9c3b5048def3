"""Any program adds a document by one XADD: once, and what is no document is found among the dead letters."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from services.ingest.fetching import Fetcher
from services.ingest.inbox import Arrival, _taken
from services.ingest.intake import Intake
from services.ingest.registry import Registry
from shared.dead_letters import list_dead, replay
from shared.events import Change
from tests.integration.ingest.room import Room, installed

STREAM, MARKS = "{syndicate}:inbox", "{syndicate}:ingest:inbox:accepted"


@pytest.fixture
async def room(redis_url: str) -> AsyncIterator[Room]:
    """A room that reads its inbox."""
    async with Redis.from_url(redis_url) as client:
        made = installed(client)
        await made.host.belt.open()
        yield made
        await made.host.belt.close()


async def lay(room: Room, **fields: str | bytes) -> None:
    """One XADD, as redis-cli would do it, and wait until it is settled."""
    await room.host.redis.xadd(STREAM, dict(fields))
    async with asyncio.timeout(10):
        while await room.host.belt.backlog("inbox", "ingest"):  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.01)


async def test_an_entry_is_a_document(room: Room) -> None:
    """With its type and its name if the sender tells them; the same again is nothing."""
    await lay(room, body="# The heart\n\nIt beats.", type="text/markdown", id="heart-1")
    await lay(room, body="# The heart\n\nIt beats.", id="heart-1")
    await lay(room, body="# The heart\n\nIt beats all day.", id="heart-1")

    assert [(event.change, event.document.version) for event in await room.events()] == [
        (Change.ADDED, 1),
        (Change.UPDATED, 2),
    ]
    assert (await room.events())[0].correlation_id.startswith("inbox:")
    assert await room.host.redis.scard(MARKS) == 0


async def test_what_is_no_document_is_a_dead_letter(room: Room) -> None:
    """With the reason, at once; the next entry goes through, and a replay is tried again."""
    await lay(room, body="")
    await lay(room, text="no body")
    await lay(room, body=b"caf\xe9 \x81\x8d", type="text/plain")
    await lay(room, body="x", type="image/png")
    await lay(room, body="It beats.")
    letters = await list_dead(room.host.belt)
    again = await replay(room.host.belt, letters[0].id)

    assert len(await room.events()) == 1
    assert [letter.stage for letter in letters] == ["ingest"] * len(letters)
    assert any("the document is empty" in letter.error for letter in letters)
    assert any("no field `body`" in letter.error for letter in letters)
    assert any("media type" in letter.error or "nothing that is read here" in letter.error for letter in letters)
    assert again


async def test_a_crash_behind_the_acceptance_undoes_nobodys_newer_text(room: Room) -> None:
    """The entry comes again after somebody else has corrected the document: it was accepted, and is not accepted again."""
    redis = room.host.redis
    old = Arrival(
        event_id="inbox/1-1",
        correlation_id="inbox:1-1",
        occurred_at=room.clock.now(),
        body=b"---\nid: 7\n---\nIt beats.",
    )
    held = Intake(room.host, Registry(redis, room.host.belt), Fetcher(most_bytes=1))
    first = await _taken(redis, held, MARKS, old)
    await room.post(b"---\nid: 7\n---\nIt beats all day.")
    second = await _taken(redis, held, MARKS, old)

    assert [getattr(step, "verdict", "") for step in (first, second)] == ["accepted", "accepted_before"]
    assert [event.document.version for event in await room.events()] == [1, 2]


async def test_what_was_retracted_is_buried_alone(room: Room) -> None:
    """A sending of what was taken back is told of at once, and those beside it in the batch are taken in the same breath."""
    first = await room.post(b"---\nid: 7\n---\nIt beats.")
    await room.ask("DELETE", f"/documents/{first.body['id']}", if_match="*")
    async with room.host.redis.pipeline() as pipe:
        for body in (b"---\nid: 8\n---\nBefore.", b"---\nid: 7\n---\nIt beats.", b"---\nid: 9\n---\nBehind."):
            pipe.xadd(STREAM, {"body": body})
        await pipe.execute()
    await lay(room, body="Later.")
    (letter,) = await list_dead(room.host.belt)

    assert "retracted" in letter.error
    assert 1 == letter.deliveries
    assert 4 == len([event for event in await room.events() if event.change is Change.ADDED])


async def test_a_belt_that_is_far_behind_buries_nothing(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long it takes until there is room, no delivery is counted."""
    looks = itertools.count()

    async def overloaded(_: object) -> bool:
        return next(looks) < 20

    monkeypatch.setattr("services.ingest.intake.ROOM_SECONDS", 0.02)
    monkeypatch.setattr("services.ingest.intake.ROOM_LOOK_SECONDS", 0.01)
    monkeypatch.setattr("shared.streams.Belt.overloaded", overloaded)
    await lay(room, body="It beats.")

    assert [] == await list_dead(room.host.belt)
    assert 1 == len(await room.events())
    assert 20 < next(looks)
