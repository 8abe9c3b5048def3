"""Consumers of one stream of events, from the barest to the product's, each measured in the same way; cost.py sets them side by side."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from faststream.redis import RedisBroker, StreamSub

from shared.clock import SystemClock
from shared.events import Change, Document, DocumentClassified, DocumentIngested, Subject, decode
from shared.packing import connect
from shared.settings import Settings
from shared.steps import Guard, Step
from shared.streams import Belt

SETTLE_SECONDS = 0.05
STREAM, GROUP, COUNT = DocumentIngested.stream, "classifier", 100
TEXT = " ".join(f"word{number}" for number in range(1_000))
SUBJECT = Subject(name="Chemistry", slug="chemistry", confidence=0.8)
RUNNERS_UP = tuple(
    Subject(name=name, slug=name.lower(), confidence=0.05) for name in ("Physics", "Biology", "Medicine")
)


@dataclass(frozen=True, slots=True)
class Cost:
    """Microseconds per event: on the clock, and of processor time in the consumer's process and in Redis."""

    wall: float
    cpu: float
    redis_cpu: float


@dataclass
class Bench:
    """One Redis, and a stream of `events` events that appears all at once when its consumer waits for it."""

    url: str
    client: Any
    events: int
    namespace: str = ""
    seen: int = 0
    all_seen: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def key(self) -> str:
        return f"{{{self.namespace}}}:{STREAM}"

    async def prepare(self, body_field: str) -> None:
        """An empty stream for the consumer to wait at, and a full one beside it."""
        await self.client.flushall()
        self.namespace, self.seen, self.all_seen = f"bench-{uuid4().hex[:8]}", 0, asyncio.Event()
        bodies = [event(number).encode() for number in range(self.events)]
        async with self.client.pipeline(transaction=False) as pipe:
            for body in bodies:
                pipe.xadd(self.key + ":full", {body_field: body})
            await pipe.execute()
        for key in (self.key, self.key + ":full"):
            await self.client.xgroup_create(key, GROUP, id="0", mkstream=True)

    async def run(self) -> Cost:
        """Let the full stream take the empty one's place, and wait until every event is acknowledged."""
        await asyncio.sleep(SETTLE_SECONDS)
        redis_cpu, cpu, wall = await self._redis_cpu(), time.process_time(), time.perf_counter()
        await self.client.rename(self.key + ":full", self.key)
        await self.all_seen.wait()
        while (await self.client.xpending(self.key, GROUP))["pending"]:  # noqa: ASYNC110 - Redis has no event for it
            await asyncio.sleep(0.001)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        spent = wall, cpu, await self._redis_cpu() - redis_cpu
        return Cost(*(1e6 * seconds / self.events for seconds in spent))

    def count(self, events: int) -> None:
        """So many more have been seen."""
        self.seen += events
        if self.seen == self.events:
            self.all_seen.set()

    async def _redis_cpu(self) -> float:
        info = await self.client.info("cpu")
        return float(info["used_cpu_user"] + info["used_cpu_sys"])


def event(number: int) -> DocumentIngested:
    """A document of 2.8 kB as JSON."""
    at = datetime(2026, 1, 1, tzinfo=UTC)
    text = TEXT[number % 100 :][:1_050]
    document = Document(
        id=f"doc{number:013}",
        version=1,
        content_hash="0" * 64,
        title="What a document of this size costs",
        html=f"<p>{text}</p>",
        text=text,
        summary=text[:200],
        keywords=("cost", "belt"),
        url="https://source.example/articles/1",
        received_at=at,
    )
    return DocumentIngested.of(document, Change.ADDED, correlation_id="8f14e45fceea167a", at=at)


async def raw(bench: Bench, body: Callable[[bytes], object] | None = None) -> Cost:
    """Read a hundred, acknowledge a hundred."""
    loop = asyncio.create_task(_raw_loop(bench, body))
    cost = await bench.run()
    await loop
    return cost


async def _raw_loop(bench: Bench, body: Callable[[bytes], object] | None) -> None:
    while bench.seen < bench.events:
        ((_, entries),) = await bench.client.xreadgroup(GROUP, "me", {bench.key: ">"}, count=COUNT, block=1000)
        if body:
            for _, fields in entries:
                body(fields[b"event"])
        await bench.client.xack(bench.key, GROUP, *(entry for entry, _ in entries))
        bench.count(len(entries))


async def raw_validated(bench: Bench) -> Cost:
    """The same, and each entry becomes an event."""
    return await raw(bench, lambda body: decode(STREAM, body))


async def raw_whole(bench: Bench) -> Cost:
    """Validation and what a whole step writes, as plain commands in one transaction with the acknowledgements: no marks, no guard."""
    loop = asyncio.create_task(_raw_whole_loop(bench))
    cost = await bench.run()
    await loop
    return cost


async def _raw_whole_loop(bench: Bench) -> None:
    while bench.seen < bench.events:
        ((_, entries),) = await bench.client.xreadgroup(GROUP, "me", {bench.key: ">"}, count=COUNT, block=1000)
        pipe = bench.client.pipeline(transaction=True)
        for _, fields in entries:
            step = whole_step(decode(STREAM, fields[b"event"]))
            for command in step.writes:
                pipe.execute_command(*command)
            pipe.execute_command("XADD", "{bench}:next", "*", "event", step.emits[0].encode())
        pipe.xack(bench.key, GROUP, *(entry for entry, _ in entries))
        await pipe.execute()
        bench.count(len(entries))


def one_write(came: DocumentIngested) -> Step:
    """The least that a consumer can do with an event."""
    return Step("counted", writes=(("HINCRBY", "{bench}:seen", came.document_id, 1),))


def whole_step(came: Any) -> Step:
    """What a service does: it keeps something of the document unless something newer is kept, and passes the document on."""
    document, key = came.document, f"{{bench}}:card:{came.document_id}"
    after = DocumentClassified.after(came, subject=SUBJECT, runners_up=RUNNERS_UP)
    writes = (
        ("HSET", key, "title", document.title, "summary", document.summary),
        ("ZADD", "{bench}:shelf", int(came.occurred_at.timestamp()), document.id),
    )
    guard = Guard(key, "version", document.version)
    return Step("kept", writes, (after,), guard, facts={"subject": SUBJECT.slug, "confidence": SUBJECT.confidence})


async def belt(bench: Bench, decide: Callable[[DocumentIngested], Step]) -> Cost:
    """The product's way, its line of log for each event included."""
    client = connect(bench.url)
    under_test = Belt(client, Settings(namespace=bench.namespace, batch_size=COUNT), SystemClock())

    def counted(came: DocumentIngested) -> Step:
        bench.count(1)
        return decide(came)

    under_test.consume(STREAM, group=GROUP, decide=counted)
    await under_test.open()
    cost = await bench.run()
    await under_test.close()
    await client.aclose()
    return cost


async def faststream(bench: Bench, *, batch: bool) -> Cost:
    """FastStream as its documentation has it, with its log turned off."""
    broker = RedisBroker(bench.url, logger=None)  # type: ignore[arg-type]  # turns it off
    source = StreamSub(bench.key, group=GROUP, consumer="me", batch=batch, max_records=COUNT, polling_interval=1000)

    async def one(came: DocumentIngested) -> None:
        bench.count(1)

    async def many(came: list[DocumentIngested]) -> None:
        bench.count(len(came))

    broker.subscriber(stream=source)(many if batch else one)
    await broker.start()
    cost = await bench.run()
    await broker.stop()
    return cost
