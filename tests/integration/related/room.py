"""Processes that relate documents on a real Redis, a history of documents, and what must come of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import redis.asyncio

from services.related.closeness import Weights
from services.related.index import Index
from services.related.ledger import revision_of
from services.related.relating import Relating
from services.related.replica import Replica
from shared.batch import Batch
from shared.clock import SystemClock
from shared.consumer import Consumer
from shared.events import Change, Document, DocumentClassified, Subject, decode, event_id
from shared.semantic.model import SemanticModel
from shared.settings import Settings
from shared.steps import Entry, Fence, Step
from shared.streams import Belt
from tests.redis_servers import RedisServer
from tests.sea_words import WORDS

NOW = datetime(2026, 1, 1, tzinfo=UTC)
STREAM = DocumentClassified.stream


def classified(name: str, *, version: int = 1, change: Change = Change.ADDED) -> DocumentClassified:
    """A document whose few words follow from its name and version."""
    number = int(name) * 7 + version * 3
    text = " ".join(WORDS[(number * step) % len(WORDS)] for step in (1, 2, 3, 5, 7))
    return DocumentClassified(
        event_id=event_id(f"{name}/{version}", STREAM, name),
        correlation_id="test",
        occurred_at=NOW,
        change=change,
        document=Document(id=name, version=version, content_hash="0", title=name, text=text, received_at=NOW),
        subject=Subject(name="Physics", slug="physics", confidence=1),
    )


HISTORY = [
    *(classified(str(number)) for number in range(40)),
    *(classified(str(number), version=2, change=Change.UPDATED) for number in range(0, 40, 3)),
    *(classified(str(number), version=3, change=Change.RETRACTED) for number in range(0, 40, 9)),
    *(classified(str(number), version=1) for number in range(0, 40, 4)),
]


async def nothing() -> None:
    """What usually happens around a commit."""


PARTS = [HISTORY[start : start + 7] for start in range(0, len(HISTORY), 7)]


class Process:
    """One process: its belt and its replica, with a place for accidents right before and right after a commit."""

    def __init__(self, client: Any, model: SemanticModel | None = None) -> None:
        self.belt = Belt(client, Settings(), SystemClock())
        weights = Weights(meaning=0.5) if model else None
        self.replica = Replica(client, self.belt.key, weights, model=model)
        self.relate = self.replica.relate
        self.consumer = Consumer(self.belt, STREAM, "related", self.work)
        self.before_commit: Callable[[], Awaitable[None]] = nothing
        self.after_commit: Callable[[], Awaitable[None]] = nothing

    async def work(self, batch: Batch) -> None:
        commit = batch.commit

        async def with_accidents(steps: Sequence[Step | Exception], fence: Fence | None = None) -> bool:
            await self.before_commit()
            done = await commit(steps, fence)
            await self.after_commit()
            return done

        batch.commit = with_accidents  # type: ignore[method-assign]
        await self.relate(batch)

    async def take(self, *events: DocumentClassified) -> None:
        """Lay the events on the stream and relate them."""
        await self.consumer.take(await self.hold(*events))

    async def hold(self, *events: DocumentClassified) -> list[Entry]:
        """Lay the events on the stream and hold their entries."""
        for event in events:
            await self.belt.client.execute_command(*self.belt.emission(event))
        await self.belt.reads.xgroup_create(self.belt.key(STREAM), "related")
        streams = await self.belt.client.xreadgroup("related", self.belt.name, {self.belt.key(STREAM): ">"})
        return [Entry(entry_id.decode(), fields) for entry_id, fields in streams[0][1]]


async def overtake_by_turns(one: Process, other: Process) -> None:
    """The whole history; for every second part, `other` commits between decision and commit of `one`."""
    for first, second in zip(PARTS[::2], PARTS[1::2], strict=True):
        held = await one.hold(*second)

        async def overtake(events: Sequence[DocumentClassified] = first) -> None:
            one.before_commit = nothing
            await one.belt.client.delete(one.belt.key("related", "lock"))
            await other.take(*events)

        one.before_commit = overtake
        await one.consumer.take(held)


@asynccontextmanager
async def process(server: RedisServer, model: SemanticModel | None = None) -> AsyncIterator[Process]:
    client = redis.asyncio.Redis.from_url(server.url)
    try:
        yield Process(client, model)
    finally:
        await client.aclose()


def lists(index: Index) -> dict[str, list[str]]:
    """Who stands in whose list."""
    return {str(number): [near.id for near in index.shown(str(number))] for number in range(60)}


def renew_all(index: Index) -> list[str]:
    """Search every list anew; twice, for a search tells others what it found."""
    names = [name for name in map(str, range(60)) if name in index.documents.slot]
    return sorted({changed for name in [*names, *names] for changed in index.renew(name)})


def uninterrupted(events: Sequence[DocumentClassified] = HISTORY) -> dict[str, list[str]]:
    """The lists that one memory has after all events, without any Redis, searched with the frequencies of the end."""
    index = Index()
    relating = Relating(index, events)
    for place in range(len(events)):
        relating.take(place)
    renew_all(index)
    return lists(index)


def told(server: RedisServer) -> dict[str, list[str]]:
    """For each document the neighbours on the list of the highest revision that was sent on; no event is sent on twice."""
    newest: dict[str, tuple[int, list[str]]] = {}
    with server.client() as client:
        entries: Any = client.xrange("{syndicate}:documents.related")
    events: list[Any] = [decode("documents.related", fields[b"event"]) for _, fields in entries]
    assert len(events) == len({event.event_id for event in events})
    for event in events:
        if event.related_revision >= newest.get(event.document_id, (0, []))[0]:
            newest[event.document_id] = (event.related_revision, [near.id for near in event.related])
    return {document_id: neighbours for document_id, (_, neighbours) in newest.items()}


async def assert_all_is_well(server: RedisServer, *processes: Process) -> None:
    """Every memory and everyone downstream has the lists of an uninterrupted run, once the lists were renewed."""
    expected = uninterrupted()
    assert await processes[0].replica.change(renew_all, processes[0].belt.publish, "upkeep")
    for one in processes:
        await one.replica.catch_up()
        assert expected == lists(one.replica.index)
    assert {name: expected[name] for name in told(server)} == told(server)


async def revision(one: Process) -> int:
    position = await one.belt.client.get(one.belt.key("related", "position"))
    return revision_of(position.decode())
