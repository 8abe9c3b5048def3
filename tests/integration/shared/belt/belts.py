"""A belt with one consumer on a real Redis server, and what can be seen of it from outside."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import redis.asyncio
from redis.exceptions import ConnectionError as Unreachable

from shared.clock import SystemClock
from shared.events import Change, Document, DocumentClassified, DocumentIngested, Event, Subject
from shared.host import turn_for_ever
from shared.settings import Settings
from shared.steps import Step
from shared.streams import Belt
from tests.redis_servers import RedisServer

LEASE_SECONDS = 0.6
NOW = SystemClock().now()


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


def pending(server: RedisServer) -> int:
    with server.client() as client:
        return int(client.xpending("{syndicate}:documents.ingested", "classifier")["pending"])


def dead(server: RedisServer) -> int:
    with server.client() as client:
        return int(client.xlen("{syndicate}:dead"))


def seen(server: RedisServer) -> list[int]:
    with server.client() as client:
        return [int(version) for version in client.lrange("{syndicate}:seen", 0, -1)]
