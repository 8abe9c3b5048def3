"""The belt: at-least-once delivery, exactly-once effects inside the store. What FastStream leaves open is done here.

Reading       by FastStream, in batches, through a client that re-makes groups at 0 and backs off       shared/broker.py
Effect        writes + emissions + mark + acknowledgement of an event, in one atomic script             shared/lua/commit.lua
Lease         work in hand is renewed, a silent consumer's is taken over, a leaving one hands back      shared/consumer.py
Dead letters  what is no event at once, what failed too often with its last error                       shared/lua/bury.lua
Acceptance    told only when it stands in the file that Redis comes back with                          shared/lua/written.lua
Trimming      behind what every group has acknowledged, and after the retention                         shared/lua/trim.lua
Health        each loop reads, its group exists, its backlog is bounded                                 shared/standing.py

A step is done exactly once because the script that does it also marks and acknowledges it: a crash before leaves the entry pending,
a crash after leaves nothing to do, and whoever tries again finds the mark. A mark lives as long as its entry could be read again.
"""

from __future__ import annotations

import asyncio
import os
import random
import secrets
import socket
import time
from collections.abc import Awaitable, Callable, Sequence
from inspect import isawaitable
from typing import Any

from faststream import AckPolicy

from shared.batch import Batch
from shared.broker import BeltBroker, Source, SteadyReads, as_read, entries_of
from shared.clock import Clock
from shared.consumer import Consumer, Read
from shared.errors import Overloaded
from shared.events import BELT, Event
from shared.gathering import Gathered
from shared.logs import log
from shared.scripts import Scripts
from shared.settings import Settings
from shared.standing import Health, health_of, silent
from shared.steps import Command, Fence, Guard, Laid, Step, words_of

BLOCK_MS = 1000
YIELD_AFTER_SECONDS = 0.01
FRESH_SECONDS = 1.0
LONGEST_WRITE_SECONDS = 5.0
WRITE_POLL_SECONDS = 0.005
SMALL_FOR_ONE = 2
"""Small events that are read in place of one: what a batch costs once was a tenth of theirs. With three no more was gained."""
LEAST_LARGE = 10
"""Entries of a batch after which more are waited for, unless it was full (Consumer.take_read)."""

Decide = Callable[[Any], Step | Awaitable[Step]]


class Belt:
    """One process's part of the belt: what it consumes, and the way onto it."""

    def __init__(self, client: Any, settings: Settings, clock: Clock) -> None:
        self.client = client
        self.settings = settings
        self.clock = clock
        self._prefix = f"{{{settings.namespace}}}:"
        self.scripts = Scripts(client)
        self.reads = SteadyReads(client)
        self.broker = BeltBroker(self.reads, graceful_timeout=settings.drain_seconds)
        self.name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
        self.consumers: list[Consumer] = []
        self.dead_key = self.key("dead")
        self.opened_at = time.monotonic()
        self._fullest = (0.0, 0)
        self._unwritten = Gathered(self._bytes_unwritten)

    def key(self, *parts: str) -> str:
        """A key of this belt; the hash tag keeps all of them in one slot, so that a step stays atomic on a Redis Cluster."""
        return self._prefix + ":".join(parts)

    def consume(self, stream: str, *, group: str, decide: Decide) -> None:
        """Give each event of `stream` to `decide`, once for the whole group, and do the step that it returns."""

        async def work(batch: Batch) -> None:
            steps: list[Step | Exception] = []
            resumed = time.monotonic()
            for event in batch.events:
                steps.append(await _attempt(decide, event))
                if time.monotonic() - resumed > YIELD_AFTER_SECONDS:
                    await asyncio.sleep(0)
                    resumed = time.monotonic()
            await batch.commit(steps)

        self.consume_batches(stream, group=group, work=work)

    def consume_batches(
        self,
        stream: str,
        *,
        group: str,
        work: Callable[[Batch], Awaitable[None]],
        read: Read | None = None,
        small: bool = False,
    ) -> None:
        """Give the events of `stream` to `work` by batches; it commits them itself. `small`: most of them are no whole documents.

        `read` makes an event of an entry, where other programs fill the stream in a form of their own; it may raise EntryRejected.
        """
        size = self.settings.batch_size
        most, large = (SMALL_FOR_ONE * size, size) if small else (size, max(size // 10, LEAST_LARGE))
        consumer = Consumer(self, stream, group, work, read, lingers=range(large, most))
        source = Source(
            consumer.stream_key,
            group=group,
            consumer=self.name,
            batch=True,
            max_records=most,
            polling_interval=BLOCK_MS,
        )
        consumer.subscriber = self.broker.subscriber(
            stream=source, ack_policy=AckPolicy.MANUAL, parser=as_read, decoder=entries_of
        )
        consumer.subscriber(consumer.take_read)
        self.consumers.append(consumer)

    def emission(self, event: Event) -> Command:
        """The command that lays an event on its stream."""
        return ("XADD", self.key(event.stream), "*", "event", event.encode())

    async def publish(self, step: Step, fence: Fence | None = None) -> bool:
        """Do a step that no event caused. False: its guard says that something as new is there already, or its fence or a swap did not hold."""
        return (await self.publish_all([step], fence))[0]

    async def publish_all(self, steps: Sequence[Step], fence: Fence | None = None) -> list[bool]:
        """Do several such steps in one go, each all or nothing. If this raises, those before the one that failed are done."""
        keys = [self.dead_key, self.dead_key, *([fence.key] if fence else [])]
        words = words_of([Laid(step, [self.emission(event) for event in step.emits]) for step in steps], fence=fence)
        verdicts = await self.scripts.run("commit", keys, words)
        return [verdict == b"applied" for verdict in verdicts] if verdicts != [b"fenced"] else [False] * len(steps)

    async def written(self, guard: Guard) -> bool:
        """Wait until what stored `guard` would outlive Redis too. False: Redis has died in between and lost it; do it again.

        Raises Overloaded if the disk takes too long.
        """
        deadline = time.monotonic() + LONGEST_WRITE_SECONDS
        while left := await self._unwritten.one(guard):
            if left < 0:
                return False
            if time.monotonic() > deadline:
                raise Overloaded("the disk of the store is too slow just now", unwritten_bytes=left)
            await asyncio.sleep(WRITE_POLL_SECONDS)
        return True

    async def _bytes_unwritten(self, guards: Sequence[Guard]) -> Sequence[int]:
        words = [word for guard in guards for word in (guard.field, guard.version)]
        return [int(left) for left in await self.scripts.run("written", [guard.key for guard in guards], words)]

    async def open(self) -> None:
        """Make every group at 0 before anything is read, then read."""
        for consumer in self.consumers:
            await self.reads.xgroup_create(consumer.stream_key, consumer.group)
        self.opened_at = time.monotonic()
        await self.broker.start()

    async def close(self) -> None:
        """Stop reading, finish what is in hand within the drain time, hand back the rest within as much time again."""
        await self.broker.stop()
        try:
            async with asyncio.timeout(self.settings.drain_seconds):
                await asyncio.gather(*(consumer.release() for consumer in self.consumers))
        except TimeoutError:
            log.warning("entries.not_handed_back", error="Redis does not answer")  # the lease tells the others instead

    async def take_over(self) -> None:
        """One turn of looking for entries of dead consumers, four times in the length of a lease."""
        await asyncio.sleep(self.settings.lease_seconds / 4 * random.uniform(0.8, 1.2))  # noqa: S311 - jitter
        for consumer in self.consumers:
            await consumer.take_over()

    async def tidy(self) -> None:
        """One turn of trimming, and of waking a read loop that has fallen silent."""
        await asyncio.sleep(min(5.0, self.settings.lease_seconds))
        for consumer in self.consumers:
            await consumer.trim()
            if silent(consumer):
                log.error("consumer.restarted", group=consumer.group)
                await consumer.subscriber.stop()
                await consumer.subscriber.start()

    async def health(self) -> list[Health]:
        """How every consumer of this process stands; a `fault` in words where it does not do its work."""
        return [await health_of(consumer) for consumer in self.consumers]

    async def backlog(self, stream: str, group: str) -> int:
        """Entries of `stream` that `group` has not settled: each settled one has a mark as long as it is there."""
        entries, marks = await self.scripts.read(("XLEN", self.key(stream)), ("ZCARD", self.key("done", stream, group)))
        return max(int(entries) - int(marks), 0)

    async def overloaded(self) -> bool:
        """Whether some stream has more waiting than `max_lag`; looked up once a second at most."""
        looked, fullest = self._fullest
        if time.monotonic() - looked > FRESH_SECONDS:
            self._fullest = (time.monotonic(), fullest)  # of a crowd one looks, and the others take the last answer
            backlogs = [await self.backlog(stream, group) for stream, group in BELT.items()]
            self._fullest = (time.monotonic(), fullest := max(backlogs))
        return fullest > self.settings.max_lag


async def _attempt(decide: Decide, event: Event) -> Step | Exception:
    try:
        step = decide(event)
        return await step if isawaitable(step) else step
    except Exception as error:
        return error
