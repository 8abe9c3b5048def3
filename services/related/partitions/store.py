"""The index in the memory of several processes, a share in each: a batch asks all of them, decides, and commits.

Why a list is never lost: the commit is the one of replica.py, behind the same fence, in the same log. What is asked is
asked as of the position that the fence will demand, and a share answers from exactly there or not at all; so a commit is
a function of all commits before it, whoever makes it, however the documents are split.

Why the lists are those of one index: all shares weigh terms by the same counts, each gives its own best and those whose
lists are within reach, and who is left out by a share would have been left out by the whole (splitting.py). What they
name is compared once more, exactly, where the batch is decided; the deciding itself is that of the index in memory.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from services.related.closeness import Weights
from services.related.evaluation import Freshness, compared
from services.related.index import Index
from services.related.ledger import NOWHERE, position_after, revision_of, writes
from services.related.partitions.glimpse import Glimpse
from services.related.partitions.keys import PartitionKeys
from services.related.partitions.memory import give_back
from services.related.partitions.post import Moved, Post, Silent
from services.related.partitions.reading import News, news_in
from services.related.partitions.scatter import Scatter
from services.related.partitions.weights import Weighings
from services.related.relating import Reading, Relating, reading_of, renewed
from services.related.replica import Found, Publish, take_all
from services.related.turns import Turns, insist
from services.related.upkeep import TOLERATED
from shared.batch import Batch
from shared.clock import Clock, SystemClock
from shared.events import DocumentClassified, Event
from shared.logs import log
from shared.steps import Command, Fence, Step

TURN_SECONDS = 10.0
"""A turn waits for the slowest partition; whoever is overtaken has done the work of a whole batch for nothing."""
SILENCE_SECONDS = 0.5
TOLD_EACH_SECONDS = 10.0
EVALUATED_AT_ONCE = 50
SPARE = 20
"""So many may be banned by a choice that is not made yet."""


class Partitions:
    """The related lists of a corpus that is split (backend.py)."""

    def __init__(
        self,
        redis: Any,
        key: Callable[..., str],
        partitions: int,
        publish: Publish,
        weights: Weights | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.position = NOWHERE
        self.last_batch = 0.0
        """When the last batch was related, in monotonic seconds."""
        self.count = partitions
        self.keys = PartitionKeys.of(key, partitions)
        self.weighings = Weighings(redis, self.keys.weighing)
        self._redis = redis
        self._weights = weights or Weights()
        self._clock = clock or SystemClock()
        self._post = Post(redis, self.keys, partitions)
        self._scatter = Scatter(redis, self.keys, self._post, self.weighings, self._weights, publish)
        self._one_at_a_time = asyncio.Lock()
        self._turns = Turns(redis, self.keys.shared.lock, TURN_SECONDS)
        self._told_at = 0.0

    async def relate(self, batch: Batch) -> None:
        """Relate the events of `batch`, as often as it takes: neither Redis nor a silent partition counts against them."""
        read = await _read(batch.events)

        async def decided() -> bool:
            while True:
                try:
                    async with self._one_at_a_time, self._turns.one():
                        return await self._decide(batch, read)
                except Moved:
                    return False
                except Silent as silent:
                    self._complain(silent)
                    batch.wait()
                    await asyncio.sleep(SILENCE_SECONDS)

        await insist(decided, batch.wait)
        give_back()
        self.last_batch = time.monotonic()

    async def change(
        self, decide: Callable[[Index], Sequence[str]], publish: Publish, cause: str, about: Sequence[str] = ()
    ) -> bool:
        """Commit what `decide` does to the index without an event, and send on the lists whose owners it names.

        False: another process was faster; nothing happened here. Raises Silent if a partition does not answer.
        """
        with suppress(Moved):
            async with self._one_at_a_time, self._turns.one():
                return await self._change(decide, publish, cause, about)
        return False

    async def renew(self, names: Sequence[str], publish: Publish) -> bool:
        """Search the lists of these anew."""

        def decide(index: Index) -> list[str]:
            here = [name for name in names if name in index.documents.slot]
            return sorted({changed for name in here for changed in index.renew(name)})

        return await self.change(decide, publish, "upkeep", names)

    async def vacant(self) -> list[int]:
        """The partitions that no process holds."""
        return await self._post.vacant()

    async def recount(self, one_in: int = TOLERATED) -> None:
        """Count the terms anew if one document in so many came or went since; then every list waits for a search."""
        with suppress(Moved):
            async with self._one_at_a_time, self._turns.one():
                await self._scatter.seen((), one_in)

    async def look(self, read: Callable[[Index], Found], about: Sequence[str] = ()) -> Found:
        """What `read` finds in the index about these documents, as Redis has it now; no partition is asked."""
        while True:
            with suppress(Moved):
                seen = Glimpse(self._redis, self.keys)
                await seen.begin(about)
                weighing = await self.weighings.of(seen.tally.weighing)
                await seen.complete()
                self.position = seen.position
                return read(seen.index(self._weights, weighing))

    async def evaluate(self, sample: int) -> Freshness:
        """How fresh the lists are, in a sample of them, drawn by lot."""
        names = await self._redis.hrandfield(self.keys.shared.records, sample) or []
        starts = range(0, len(names), EVALUATED_AT_ONCE)
        parts = [[name.decode() for name in names[start : start + EVALUATED_AT_ONCE]] for start in starts]
        return Freshness.of([await self._compared(part) for part in parts])

    async def _compared(self, names: Sequence[str]) -> Freshness:
        while True:
            with suppress(Moved):
                seen = await self._scatter.seen(names)
                here = seen.living(names)
                answers = await self._scatter.explore(seen, here, set())
                index = await self._scatter.index(seen)
                waiting = sum(answer.waiting for answer in answers)
                return compared(index, [*here], documents=seen.tally.documents, waiting=waiting)

    async def _decide(self, batch: Batch, read: Mapping[int, Reading]) -> bool:
        """Take the batch and commit it. False: another process was faster."""
        seen = await self._scatter.seen(
            event.document_id for event in batch.events if isinstance(event, DocumentClassified)
        )
        news = news_in(batch.events, read, seen.records)
        seen.originals |= news.originals
        await self._scatter.explore(seen, news.living, {*news.records}, passing=news.passing)
        index = await self._scatter.index(seen)
        relating = Relating(index, batch.events, read)
        await take_all(relating, len(batch.events))
        position = seen.position
        lasting: tuple[Command, ...] = ()
        if relating.taken:
            position = position_after(seen.position, secrets.token_hex(4))
            lasting = self._writes(index, seen, position, news)
        steps = relating.steps(revision_of(position), lasting)
        return self._stand_at(position, await batch.commit(steps, self._fence(seen, position)))

    async def _change(
        self, decide: Callable[[Index], Sequence[str]], publish: Publish, cause: str, about: Sequence[str]
    ) -> bool:
        seen = await self._scatter.seen(about)
        await self._scatter.explore(seen, seen.living(about), {*about}, spare=SPARE)
        index = await self._scatter.index(seen)
        changed = decide(index)
        trial = index.trial
        if not (trial.records or trial.lists or trial.curated):
            return True
        position = position_after(seen.position, secrets.token_hex(4))
        told = renewed(index, changed, cause=cause, position=position, at=self._clock.now())
        step = Step(writes=self._writes(index, seen, position), emits=told)
        return self._stand_at(position, await publish(step, self._fence(seen, position)))

    def _writes(self, index: Index, seen: Glimpse, position: str, news: News | None = None) -> tuple[Command, ...]:
        came, gone = (len(news.living), len(seen.living(news.records))) if news else (0, 0)
        tally = seen.tally.after(position, came=came, went=gone)
        lasting = writes(index, self.keys.shared, before=seen.position, position=position)
        return *lasting, ("SET", self.keys.tally, tally.pack())

    def _fence(self, seen: Glimpse, position: str) -> Fence:
        return Fence(self.keys.shared.position, seen.position, position)

    def _stand_at(self, position: str, done: bool) -> bool:  # noqa: FBT001 - what the commit said
        if done:
            self.position = position
        return done

    def _complain(self, silent: Silent) -> None:
        if time.monotonic() - self._told_at > TOLD_EACH_SECONDS:
            self._told_at = time.monotonic()
            log.warning("related.partitions_silent", partitions=list(silent.partitions), of=self.count)


async def _read(events: Sequence[Event]) -> dict[int, Reading]:
    """The documents, read before it is anybody's turn; one that cannot be read is left to Relating, which finds that too."""
    found: dict[int, Reading] = {}
    for place, event in enumerate(events):
        if isinstance(event, DocumentClassified):
            with suppress(Exception):
                found[place] = reading_of(event)
            await asyncio.sleep(0)
    return found
