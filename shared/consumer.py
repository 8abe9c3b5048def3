"""One process's place in one group: it takes entries, keeps their lease, and settles each of them.

An entry is settled when it is acknowledged: done by commit.lua together with what it causes, or buried by bury.lua among the dead
letters. Until then it is pending, and somebody takes it over when its consumer has been silent for the length of a lease.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from redis.exceptions import OutOfMemoryError, RedisError

from shared.batch import Batch
from shared.broker import RawEntry, cancelled, pause_after
from shared.errors import EntryRejected, Rejected
from shared.events import Event, decode
from shared.logs import log
from shared.steps import Entry, Fence, Laid, Step, Word, words_of

if TYPE_CHECKING:
    from shared.streams import Belt

LONGEST_ERROR = 300
Answer = TypeVar("Answer")
Read = Callable[[Entry], Event]

HANDED_BACK_AT_MOST = 100_000
LINGER_SECONDS = 0.1
"""While more gathers behind a large batch: what a batch costs once was a twentieth of all work at 200 documents/s. Nobody waits at 50."""


class Consumer:
    """Takes the entries of `stream` for `group`; `work` decides what they cause. After so many of them it `lingers`."""

    def __init__(
        self,
        belt: Belt,
        stream: str,
        group: str,
        work: Callable[[Batch], Awaitable[None]],
        read: Read | None = None,
        lingers: range = range(0),
    ) -> None:
        self.belt = belt
        self.stream = stream
        self.group = group
        self.stream_key = belt.key(stream)
        self.done_key = belt.key("done", stream, group)
        self.failures_key = belt.key("failures", stream, group)
        self.subscriber: Any = None
        self.working_since: float | None = None
        self._limit: asyncio.Timeout | None = None
        self._work = work
        self._read = read or event_of(stream)
        self._lingers = lingers
        self._one_batch_at_a_time = asyncio.Lock()

    async def take_read(self, raw: list[RawEntry]) -> None:
        """Work on a batch as FastStream read it."""
        await self.take([Entry(entry_id.decode(), fields) for entry_id, fields in raw])
        if len(raw) in self._lingers:
            await asyncio.sleep(LINGER_SECONDS)

    async def take(self, entries: Sequence[Entry]) -> None:
        """Work on entries within the time allowed, renewing their lease; only a real cancellation gets out of here."""
        renewal = asyncio.create_task(self._renew([entry.id for entry in entries]))
        try:
            async with self._one_batch_at_a_time:
                await self._settle_or_fail(entries)
        finally:
            renewal.cancel()

    async def _settle_or_fail(self, entries: Sequence[Entry]) -> None:
        self.working_since = time.monotonic()
        try:
            await self._settle_in_time(entries)
        except asyncio.CancelledError:
            # A handler that awaited a cancelled task raises this too; it would end FastStream's read loop for good, unseen.
            if cancelled():
                raise
            await self._all_failed(entries, RuntimeError("a cancellation escaped from the handler"))
        except Exception as error:
            await self._all_failed(entries, error)
        finally:
            self.working_since = None

    async def _settle_in_time(self, entries: Sequence[Entry]) -> None:
        try:
            async with asyncio.timeout(self.belt.settings.step_seconds) as self._limit:
                await self._settle(entries)
        finally:
            self._limit = None

    def prolong(self, pause: float = 0.0) -> None:
        """Let the time allowed for what is in hand begin anew, after a pause of so many seconds."""
        if self._limit and not self._limit.expired():
            self._limit.reschedule(asyncio.get_running_loop().time() + pause + self.belt.settings.step_seconds)

    async def _settle(self, entries: Sequence[Entry]) -> None:
        held: list[tuple[Entry, Event]] = []
        for entry in entries:
            if entry.deliveries > self.belt.settings.max_deliveries:
                await self.bury(entry, entry.last_error or "its consumers died with it in hand")
                continue
            try:
                held.append((entry, self._read(entry)))
            except EntryRejected as error:
                await self.bury(entry, str(error))
        if held:
            await self._insist(lambda: self._work(Batch(self, held)))

    async def commit(self, good: Sequence[tuple[Entry, Event, Step]], fence: Fence | None) -> bool:
        """Do the steps with their acknowledgements, as often as it takes; False if the fence did not hold."""
        keys = [self.stream_key, self.done_key, *([fence.key] if fence else [])]
        batch = [
            Laid(step, [self.belt.emission(emitted) for emitted in step.emits], entry.id, event.event_id)
            for entry, event, step in good
        ]
        if again := [entry.id for entry, *_ in good if entry.deliveries > 1]:
            batch.append(Laid(Step(writes=(("HDEL", self.failures_key, *again),))))
        words = words_of(batch, group=self.group, fence=fence)
        verdicts = await self._insist(lambda: self.belt.scripts.run("commit", keys, words))
        if verdicts == [b"fenced"]:
            return False
        for (_, event, step), verdict in zip(good, verdicts, strict=False):
            tell = log.debug if step.quiet else log.info
            name = step.verdict if verdict == b"applied" else verdict.decode()
            tell(f"{self.group}.{name}", document=event.document_id, correlation=event.correlation_id, **step.facts)
        return True

    async def failed(self, entry: Entry, error: Exception, *, mark: str = "") -> None:
        """Leave the entry pending with its error, or bury it: at once if it was rejected, else after the last delivery."""
        reason = f"{type(error).__name__}: {error}"[:LONGEST_ERROR]
        if isinstance(error, Rejected) or entry.deliveries >= self.belt.settings.max_deliveries:
            await self.bury(entry, reason, mark=mark)
            return
        await self.belt.client.hset(self.failures_key, entry.id, reason)
        log.warning("entry.failed", group=self.group, entry=entry.id, delivery=entry.deliveries, error=reason)

    async def _all_failed(self, entries: Sequence[Entry], error: Exception) -> None:
        """Whatever of these is still pending has failed; what Redis cannot be told now, the lease tells later."""
        try:
            for entry in entries:
                if await self.belt.client.xpending_range(self.stream_key, self.group, entry.id, entry.id, 1):
                    await self.failed(entry, error)
        except RedisError as unreachable:
            log.error(
                "entries.failed_untold",
                group=self.group,
                error=str(error)[:LONGEST_ERROR],
                redis=str(unreachable)[:LONGEST_ERROR],
            )

    async def bury(self, entry: Entry, reason: str, *, mark: str = "") -> None:
        """Put the entry among the dead letters with its reason, so that the stream moves on."""
        keys = [self.stream_key, self.done_key, self.belt.dead_key, self.failures_key]
        at = int(self.belt.clock.now().timestamp() * 1000)
        facts: list[Word] = [
            self.group,
            entry.id,
            mark or entry.id,
            self.group,
            reason[:LONGEST_ERROR],
            entry.deliveries,
            at,
        ]
        if await self._insist(lambda: self.belt.scripts.run("bury", keys, facts)):
            log.error(
                "entry.buried",
                group=self.group,
                entry=entry.id,
                deliveries=entry.deliveries,
                error=reason[:LONGEST_ERROR],
            )

    async def _insist(self, act: Callable[[], Awaitable[Answer]]) -> Answer:
        """Act until Redis lets it: that Redis is away, full or read-only counts against no entry.

        A full one still lets entries be claimed and counted, so the time allowed must not end meanwhile; one that is away or read-only
        lets nobody, and an answer that will never be another one ends with that time.
        """
        failures = 0
        while True:
            try:
                return await act()
            except RedisError as error:
                seconds = pause_after(failures)
                if isinstance(error, OutOfMemoryError):
                    self.prolong(seconds)
                failures += 1
                reason = str(error)[:LONGEST_ERROR]
                log.warning("step.delayed", group=self.group, error=reason, next_try_in_s=round(seconds, 2))
                await asyncio.sleep(seconds)

    async def _renew(self, entries: Sequence[str]) -> None:
        """Keep the lease of what is in hand, three times in its length."""
        while not cancelled():
            await asyncio.sleep(self.belt.settings.lease_seconds / 3)
            try:
                await self.belt.scripts.run("renew", [self.stream_key], [self.group, self.belt.name, *entries])
            except RedisError as error:
                log.warning("lease.not_renewed", group=self.group, error=str(error)[:LONGEST_ERROR])

    async def take_over(self) -> None:
        """Work on what silent consumers left behind, until there is none."""
        lease_ms = int(self.belt.settings.lease_seconds * 1000)
        while True:
            args: list[Word] = [self.group, self.belt.name, lease_ms, self.belt.settings.batch_size]
            claimed = await self.belt.scripts.run("claim", [self.stream_key, self.failures_key], args)
            if not claimed:
                return
            entries = [_claimed(*row) for row in claimed]
            log.warning("entries.taken_over", group=self.group, entries=len(entries), deliveries=entries[0].deliveries)
            await self.take(entries)

    async def release(self) -> None:
        """Hand back what was read and not settled, and leave the group if nothing is left in this consumer's name."""
        args: list[Word] = [self.group, self.belt.name, HANDED_BACK_AT_MOST]
        try:
            handed_back = await self.belt.scripts.run("release", [self.stream_key, self.failures_key], args)
        except RedisError as error:
            # Redis or the group is gone: the lease tells the others instead.
            log.warning("entries.not_handed_back", group=self.group, error=str(error)[:LONGEST_ERROR])
            return
        if handed_back:
            log.info("entries.handed_back", group=self.group, entries=handed_back)

    async def trim(self) -> None:
        """Drop the entries that nobody can need any more, and their marks."""
        settings = self.belt.settings
        args: list[Word] = [self.group, int(settings.retention_seconds * 1000), int(settings.lease_seconds * 100_000)]
        await self.belt.scripts.run("trim", [self.stream_key, self.done_key], args)


def event_of(stream: str) -> Read:
    """Reads the entries that the belt itself lays on `stream`."""
    return lambda entry: decode(stream, entry.fields.get(b"event", b""))


def _claimed(entry_id: bytes, deliveries: int, flat: Sequence[bytes], last_error: bytes) -> Entry:
    fields = dict(zip(flat[::2], flat[1::2], strict=True))
    return Entry(entry_id.decode(), fields, deliveries, last_error.decode(errors="replace"))
