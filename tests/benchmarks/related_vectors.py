"""The related index in a Redis 8 vector set, on the same texts: how good, how near to a full recompute, how fast.

The documents come in batches, as the belt brings them. `arrived` are the lists as they stand then; `renewed` those after each was searched
once more, with its vector made anew, as the upkeep does in the time that is left. Times are milliseconds of processor time for a document:
of this process, and of Redis (its own count, which has the threads of its searches in it).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import redis.asyncio

from services.related.index import Index
from services.related.records import UNDATED
from services.related.vectors.keys import VectorKeys
from services.related.vectors.store import Vectors
from services.related.vectors.upkeep import AT_ONCE
from shared.clock import SystemClock
from shared.events import Change, Document, DocumentClassified, Event, Subject, event_id
from shared.settings import Settings
from shared.steps import Fence, Step
from shared.streams import Belt
from tests.redis_servers import RedisServer, binaries

if TYPE_CHECKING:
    from tests.benchmarks.related import Page

AT_HAND = 50
READ_AT_ONCE = 200
PATIENCE_SECONDS = 120
NOW = datetime(2026, 1, 1, tzinfo=UTC)

Lists = dict[str, list[str]]


class Published:
    """A batch of events that no stream holds: its steps are done all the same."""

    def __init__(self, belt: Belt, events: Sequence[Event]) -> None:
        self.events = events
        self._belt = belt

    async def commit(self, steps: Sequence[Step | Exception], fence: Fence | None = None) -> bool:
        return all(await self._belt.publish_all([step for step in steps if isinstance(step, Step)], fence))


def measured(corpus: Sequence[Page]) -> str | tuple[Lists, Lists, dict[str, Any]]:
    """The lists as the documents arrived, those after all were renewed, and what both took; or why not."""
    if (binary := binaries().get("image")) is None:
        return "no Redis 8 here"
    server = RedisServer(binary)
    server.start()
    try:
        return asyncio.run(_through(server, corpus))
    finally:
        server.remove()


async def _through(server: RedisServer, corpus: Sequence[Page]) -> tuple[Lists, Lists, dict[str, Any]]:
    client = redis.asyncio.Redis.from_url(server.url, socket_timeout=PATIENCE_SECONDS)
    belt = Belt(client, Settings(), SystemClock())
    vectors, names = Vectors(client, belt.key), [page.id for page in corpus]
    try:
        began = await _spent(client)
        for start in range(0, len(corpus), AT_HAND):
            events = [event_of(page) for page in corpus[start : start + AT_HAND]]
            await vectors.relate(Published(belt, events))  # type: ignore[arg-type]
        came = await _spent(client)
        arrived = await _lists(vectors, names)
        again = await _spent(client)
        for start in range(0, len(names), AT_ONCE):
            await vectors.renew(names[start : start + AT_ONCE], belt.publish)
        end = await _spent(client)
        sizes = {
            "arrival_ms": _each(began, came, len(names)),
            "renewal_ms": _each(again, end, len(names)),
            "redis_bytes_per_document": await _bytes(client, vectors.keys) // len(names),
        }
        return arrived, await _lists(vectors, names), sizes
    finally:
        await client.aclose()


def event_of(page: Page) -> DocumentClassified:
    day = None if page.day == UNDATED else datetime.combine(date.fromordinal(page.day), datetime.min.time(), UTC)
    return DocumentClassified(
        event_id=event_id(page.id, DocumentClassified.stream, page.id),
        correlation_id="benchmark",
        occurred_at=NOW,
        change=Change.ADDED,
        document=Document(
            id=page.id,
            version=1,
            content_hash="0",
            title=page.title,
            text=page.text,
            received_at=NOW,
            published_at=day,
        ),
        subject=Subject(name=page.subject or "Others", slug=page.subject or "others", confidence=1),
    )


async def _lists(vectors: Vectors, names: Sequence[str]) -> Lists:
    found: Lists = {}
    for start in range(0, len(names), READ_AT_ONCE):
        part = names[start : start + READ_AT_ONCE]

        def read(index: Index, part: Sequence[str] = part) -> Lists:
            return {name: [near.id for near in shown] for name, shown in index.shown_all(part).items()}

        found |= await vectors.look(read, part)
    return found


async def _bytes(client: Any, keys: VectorKeys) -> int:
    """What the index holds in Redis: its records and lists, vectors, dates and dependents, but not the counts of terms, of fixed size."""
    names = [keys.shared.records, keys.shared.lists, keys.vectors, keys.searched]
    names += [name async for name in client.scan_iter(keys.dependents_of("*").replace("{", "[{]"), count=1000)]
    async with client.pipeline(transaction=False) as pipe:
        for name in names:
            pipe.memory_usage(name, samples=0)
        return sum(size or 0 for size in await pipe.execute())


async def _spent(client: Any) -> tuple[float, float]:
    used: Mapping[str, float] = await client.info("cpu")
    return time.process_time(), float(used["used_cpu_user"]) + float(used["used_cpu_sys"])


def _each(before: tuple[float, float], after: tuple[float, float], count: int) -> dict[str, float]:
    here, redis_too = (round(1000 * (late - soon) / count, 2) for soon, late in zip(before, after, strict=True))
    return {"process": here, "redis": redis_too}


def told(
    corpus: Sequence[Page],
    full: Lists,
    measure: Callable[[Lists], dict[str, float]],
    overlap: Callable[[Lists, Lists], float],
) -> str | dict[str, Any]:
    """The measures of both states of the lists, and how many of their places are those of a full recompute in memory."""
    if isinstance(found := measured(corpus), str):
        return found
    arrived, renewed, spent = found
    states = {"arrived": arrived, "renewed": renewed}
    return {name: measure(lists) | {"overlap5": overlap(lists, full)} for name, lists in states.items()} | spent
