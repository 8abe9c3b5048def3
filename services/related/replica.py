"""The index in memory as a replica of Redis: catch up, decide, commit; and again, if another process was faster.

Why a list is never lost. A commit happens only if the position still is the one that its decision was made at (the
fence), and it writes records, lists and the new position in one atomic script together with what is emitted and
acknowledged. So every commit is a function of all commits before it, whichever process makes it, and a process that
dies leaves a commit or nothing. A memory that is not sure to equal Redis (a commit raised, a task was cancelled) is
thrown away and read again.

Why a repeated event does no harm. The script skips a step whose event this group has done already. That event was
committed at or before our position, so the index knows its document in that version or a newer one, and the version
guard makes it a no-op here too; what the script skips never was in the index. (A buried event is marked as done as
well: it was buried because it cannot be taken, and neither can its copy.) For the same reason the step of an event that
did change the index is never skipped: the first of these carries what the whole batch writes.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

from services.related.closeness import Weights
from services.related.evaluation import Freshness, freshness
from services.related.index import Index
from services.related.ledger import NOWHERE, Commit, Keys, position_after, revision_of, writes
from services.related.loading import load
from services.related.relating import Relating, renewed
from services.related.turns import Turns, insist
from shared.batch import Batch
from shared.clock import Clock, SystemClock
from shared.logs import log
from shared.semantic.model import SemanticModel
from shared.semantic.understanding import understood
from shared.steps import Command, Fence, Step

YIELD_AFTER_SECONDS = 0.01
PAGE = 200

Packed = dict[str, bytes | None]
Found = TypeVar("Found")
Publish = Callable[[Step, Fence], Awaitable[bool]]


class Replica:
    """This process's index; `relate` is its work on a batch."""

    def __init__(
        self,
        redis: Any,
        key: Callable[..., str],
        weights: Weights | None = None,
        clock: Clock | None = None,
        model: SemanticModel | None = None,
    ) -> None:
        self.index = Index(weights)
        self.position = NOWHERE
        self.last_batch = 0.0
        """When the last batch was related, in monotonic seconds."""
        self._weights = weights
        self._model = model
        self._clock = clock or SystemClock()
        self._redis = redis
        self._keys = Keys.of(key)
        self._state = (self._keys.records, self._keys.lists, self._keys.curated)
        self._one_at_a_time = asyncio.Lock()
        self._turns = Turns(redis, self._keys.lock)
        self._sound = False

    async def relate(self, batch: Batch) -> None:
        """Relate the events of `batch`, as often as it takes; that Redis is away counts against none of them."""
        meanings = await understood(batch.events, self._model)

        async def decided() -> bool:
            async with self._one_at_a_time, self._turns.one():
                await self.catch_up()
                return await self._decide(batch, meanings)

        await insist(decided, batch.wait)
        self.last_batch = time.monotonic()

    async def change(
        self,
        decide: Callable[[Index], Sequence[str]],
        publish: Publish,
        cause: str,
        about: Sequence[str] = (),  # noqa: ARG002 - all documents are at hand
    ) -> bool:
        """Commit what `decide` does to the index without an event, and send on the lists whose owners it names.

        False: another process was faster; nothing happened here.
        """
        async with self._one_at_a_time, self._turns.one():
            await self.catch_up()
            self._sound = False
            changed = decide(self.index)
            trial = self.index.trial
            if not (trial.records or trial.lists or trial.curated):
                self._sound = True
                return True
            position = position_after(self.position, secrets.token_hex(4))
            lasting = writes(self.index, self._keys, before=self.position, position=position)
            now = self._clock.now()
            told = renewed(self.index, changed, cause=cause, position=position, at=now)
            step = Step(writes=lasting, emits=told)
            done = await publish(step, Fence(self._keys.position, self.position, position))
            return await self._finish(position, done=done)

    async def look(self, read: Callable[[Index], Found], about: Sequence[str] = ()) -> Found:  # noqa: ARG002 - as above
        """What `read` finds in the index as Redis has it now."""
        async with self._one_at_a_time:
            await self.catch_up()
            return read(self.index)

    async def evaluate(self, sample: int) -> Freshness:
        """How fresh the lists are, in a sample of them."""
        return await self.look(lambda index: freshness(index, sample))

    async def catch_up(self) -> None:
        """Make the index equal what stands in Redis."""
        while not (self._sound and await self._redis_position() == self.position):
            if not (self._sound and await self._follow()):
                await self._load()

    async def _decide(self, batch: Batch, meanings: Mapping[int, bytes | Exception]) -> bool:
        """Take the batch into the index and commit it. False: another process was faster; the index has followed it."""
        self._sound = False
        relating = Relating(self.index, batch.events, meanings=meanings)
        await take_all(relating, len(batch.events))
        position = self.position
        lasting: tuple[Command, ...] = ()
        if relating.taken:
            position = position_after(self.position, secrets.token_hex(4))
            lasting = writes(self.index, self._keys, before=self.position, position=position)
        steps = relating.steps(revision_of(position), lasting)
        done = await batch.commit(steps, Fence(self._keys.position, self.position, position))
        return await self._finish(position, done=done)

    async def _finish(self, position: str, *, done: bool) -> bool:
        """What is on trial stands, or all that it concerned is read again as the faster process left it."""
        if done:
            self.index.settle()
            self.position, self._sound = position, True
        else:
            self._sound = await self._follow()
        return done

    async def _follow(self) -> bool:
        """Install what was committed since our position, and what stands there where we have changes on trial.

        False if the log does not lead here from there.
        """
        trial = self.index.trial
        written = {*trial.records}, {*trial.lists}, {*trial.curated}
        target = await self._redis_position()
        while True:
            logged = await self._redis.zrangebyscore(self._keys.log, revision_of(self.position), "+inf")
            commits = [Commit.unpack(entry) for entry in logged]
            if not {self.position, target} <= {commit.position for commit in commits}:
                return False
            for commit in commits:
                for names, more in zip(written, (commit.records, commit.lists, commit.curated), strict=True):
                    names.update(more)
            found, *parts = await self._read([sorted(names) for names in written])
            if found == target:
                load(self.index, *parts)
                self.index.settle()
                self.position = target
                return True
            target = found

    async def _read(self, wanted: Sequence[list[str]]) -> tuple[str, *tuple[Packed, ...]]:
        """The position, and these records, lists and choices as they are at that position."""
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.get(self._keys.position)
            for key, names in zip(self._state, wanted, strict=True):
                if names:
                    pipe.hmget(key, names)
            position, *found = await pipe.execute()
        packed = iter(found)
        parts = (dict(zip(names, next(packed) if names else (), strict=True)) for names in wanted)
        return ((position or b"").decode(), *parts)

    async def _load(self) -> None:
        """Read everything, page by page. What others commit meanwhile may be half in it; following the log from here mends that."""
        began = time.monotonic()
        self._sound = False
        self.index = Index(self._weights)
        self.position = await self._redis_position()
        if self.position != NOWHERE:
            parts: list[Packed] = []
            for key in self._state:
                parts.append({})
                async for page in self._pages(key):
                    parts[-1].update(page)
            load(self.index, *parts)
        self._sound = True
        log.info(
            "related.loaded",
            documents=len(self.index),
            revision=revision_of(self.position),
            seconds=round(time.monotonic() - began, 3),
        )

    async def _pages(self, key: str) -> AsyncIterator[Packed]:
        """The whole hash, by names that are asked for once: a cursor of HSCAN skips entries when Redis restarts under it."""
        names = await self._redis.hkeys(key)
        for start in range(0, len(names), PAGE):
            page = names[start : start + PAGE]
            yield dict(zip((name.decode() for name in page), await self._redis.hmget(key, page), strict=True))

    async def _redis_position(self) -> str:
        return (await self._redis.get(self._keys.position) or b"").decode()


async def take_all(relating: Relating, events: int) -> None:
    """Take the events in their order and name what came, and let others on this loop have their turn now and then."""
    resumed = time.monotonic()
    for place in range(events):
        relating.take(place)
        if time.monotonic() - resumed > YIELD_AFTER_SECONDS:
            await asyncio.sleep(0)
            resumed = time.monotonic()
    relating.name()
