"""The index in a Redis vector set: each batch reads what it has to do with, decides in a small index of that, and commits.

No process holds the corpus, so a start loads nothing. A list is never lost, for the reasons of replica.py: the commit is one atomic
script behind the fence of the position, with records, lists, vectors, counts and dependents, and what is emitted and acknowledged.

What is approximate: who may be near is what the vector set finds, a hundred by hashed vectors made with the frequencies of the time when
the document came or was last renewed; of these, closeness, order and whose list is entered are exact, by all terms and the frequencies
of now. What is not: a document that changes or goes leaves every list that it stands on at once, for these are known by name.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from services.related.closeness import Weights
from services.related.evaluation import Freshness, compared
from services.related.index import Index
from services.related.ledger import NOWHERE, position_after, revision_of, writes
from services.related.records import Record
from services.related.relating import Relating, renewed
from services.related.replica import Found, Publish, take_all
from services.related.terms import Numbers
from services.related.turns import Turns, insist
from services.related.upkeep import TOLERATED
from services.related.vectors.building import Building
from services.related.vectors.frequencies import NO_NUMBERS, Frequencies
from services.related.vectors.gathering import Gathering
from services.related.vectors.keys import VectorKeys, dating, linking, placing
from services.related.vectors.latest import latest_in, names_in
from shared.batch import Batch
from shared.clock import Clock, SystemClock
from shared.logs import log
from shared.steps import Command, Fence, Step

EVALUATED_AT_ONCE = 50


class Vectors:
    """The related lists of a corpus that lives in Redis alone (backend.py)."""

    def __init__(
        self, redis: Any, key: Callable[..., str], weights: Weights | None = None, clock: Clock | None = None
    ) -> None:
        self.position = NOWHERE
        self.last_batch = 0.0
        """When the last batch was related, in monotonic seconds."""
        self.keys = VectorKeys.of(key)
        self._redis = redis
        self._weights = weights or Weights()
        self._clock = clock or SystemClock()
        self._frequencies = Frequencies()
        self._one_at_a_time = asyncio.Lock()
        self._turns = Turns(redis, self.keys.shared.lock)
        self._building = Building(redis, self.keys)

    async def ready(self) -> None:
        """Make the vector set stand for the records that are here. Raises Unfit if this Redis has none."""
        await self._building.check()
        while not await self._building.stands():
            await self._building.build()
        await self._reweigh()

    async def relate(self, batch: Batch) -> None:
        """Relate the events of `batch`, as often as it takes; that Redis is away counts against none of them."""

        async def decided() -> bool:
            async with self._one_at_a_time, self._turns.one():
                return await self._decide(batch)

        await insist(decided, batch.wait)
        self.last_batch = time.monotonic()

    async def change(
        self, decide: Callable[[Index], Sequence[str]], publish: Publish, cause: str, about: Sequence[str] = ()
    ) -> bool:
        """Commit what `decide` does to the index without an event, and send on the lists whose owners it names.

        False: another process was faster; nothing happened here.
        """
        return await self._change(decide, publish, cause, about)

    async def renew(self, names: Sequence[str], publish: Publish) -> bool:
        """Search the lists of these anew, with vectors made anew."""

        def decide(index: Index) -> list[str]:
            here = [name for name in names if name in index.documents.slot]
            return sorted({changed for name in here for changed in index.renew(name)})

        return await self._change(decide, publish, "upkeep", names, renewed_too=names)

    async def look(self, read: Callable[[Index], Found], about: Sequence[str] = ()) -> Found:
        """What `read` finds in the index about these documents, as Redis has it now."""
        async with self._one_at_a_time:  # the frequencies are of one decision at a time
            seen = Gathering(self._redis, self.keys, self._frequencies)
            await seen.begin(about, alone=True)
            await seen.count(())
            await seen.complete()
            self.position = seen.position
            return read(seen.index(self._weights))

    async def evaluate(self, sample: int) -> Freshness:
        """How fresh the lists are, in a sample of them, drawn by lot."""
        names = await self._redis.zrandmember(self.keys.searched, sample) or []
        starts = range(0, len(names), EVALUATED_AT_ONCE)
        parts = [[name.decode() for name in names[start : start + EVALUATED_AT_ONCE]] for start in starts]
        return Freshness.of([await self._compared(part) for part in parts])

    async def oldest(self, count: int) -> list[str]:
        """The documents whose lists wait longest for a search; none whose lists saw all but one change in a thousand."""
        async with self._one_at_a_time:
            due = f"({await self._due()}"
        names = await self._redis.zrangebyscore(self.keys.searched, "-inf", due, start=0, num=count)
        return [name.decode() for name in names]

    async def _change(
        self,
        decide: Callable[[Index], Sequence[str]],
        publish: Publish,
        cause: str,
        about: Sequence[str],
        renewed_too: Sequence[str] = (),
    ) -> bool:
        async with self._one_at_a_time, self._turns.one():
            seen = await self._seen(about)
            await seen.count(())
            index = await self._searched(seen, about)
            changed = decide(index)
            trial = index.trial
            moved = trial.records or trial.lists or trial.curated
            position = position_after(seen.position, secrets.token_hex(4)) if moved else seen.position
            told = renewed(index, changed, cause=cause, position=position, at=self._clock.now())
            step = Step(writes=self._writes(index, seen, position, renewed_too), emits=told)
            self.position = seen.position
            done = await publish(step, Fence(self.keys.shared.position, seen.position, position))
        if done:
            self.position = position if done else seen.position
        return done

    async def _reweigh(self) -> None:
        """Let every list wait for a search, if the last process that started had other weights."""
        told = f"{self._weights.date} {self._weights.subject}".encode()
        if await self._redis.get(self.keys.weights) == told:
            return
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.zunionstore(self.keys.searched, {self.keys.searched: 0})
            pipe.set(self.keys.weights, told)
            await pipe.execute()

    async def _seen(self, names: Iterable[str]) -> Gathering:
        """What these documents have to do with, from a vector set that stands for the records."""
        while True:
            seen = Gathering(self._redis, self.keys, self._frequencies)
            await seen.begin(names)
            if seen.standing == seen.position:
                return seen
            log.warning("related.vectors_behind", position=seen.position, standing=seen.standing)
            await self._building.build()

    async def _searched(
        self, seen: Gathering, names: Iterable[str], newcomers: Mapping[str, Record] | None = None
    ) -> Index:
        """An index in which the lists of these and of the newcomers can be searched, and of all who may need it thereby."""
        known = {name: seen.records[name] for name in (*names, *seen.wanting(), *seen.copies())}
        living = {name: record for name, record in known.items() if record and not record.retracted}
        await seen.search(living | dict(newcomers or {}), self._weights)
        await seen.complete()
        return seen.index(self._weights)

    def _writes(
        self, index: Index, seen: Gathering, position: str, renewed_too: Sequence[str], counted: Numbers = NO_NUMBERS
    ) -> tuple[Command, ...]:
        """What makes the trial of `index` last; it bears being repeated."""
        keys, trial, rarity = self.keys, index.trial, self._frequencies.rarity
        searched = sorted({*trial.records, *renewed_too})
        changed = sorted({*trial.records, *trial.lists, *trial.curated})
        moved = position != seen.position
        lasting = writes(index, keys.shared, before=seen.position, position=position) if moved else ()
        return (
            *lasting,
            *([("DEL", keys.vectors, keys.counts, keys.searched)] if moved and seen.position == NOWHERE else []),
            *placing(keys, index, searched, rarity),
            *linking(keys, index, seen.referred(), changed),
            *self._frequencies.commands(keys.counts, counted),
            *dating(keys, index, searched, self._frequencies.changes),
            ("SET", keys.standing, position),
        )

    async def _due(self) -> int:
        """The score below which a list waits for a search."""
        await Gathering(self._redis, self.keys, self._frequencies).count(())
        return self._frequencies.changes - self._frequencies.documents // TOLERATED

    async def _compared(self, names: Sequence[str]) -> Freshness:
        async with self._one_at_a_time:
            seen = Gathering(self._redis, self.keys, self._frequencies)
            await seen.begin(names, alone=True)
            due = f"({await self._due()}"
            index = await self._searched(seen, names)
            waiting = await self._redis.zcount(self.keys.searched, "-inf", due)
            here = [name for name in names if name in index.documents.slot]
            return compared(index, here, documents=self._frequencies.documents, waiting=int(waiting))

    async def _decide(self, batch: Batch) -> bool:
        """Take the batch and commit it. False: another process was faster."""
        seen = await self._seen(names_in(batch.events))
        read, latest = latest_in(batch.events, seen.records)
        gone = [it.terms for name in latest if (it := seen.records[name]) and not it.retracted]
        living = {name: record for name, record in latest.items() if not record.retracted}
        came = [record.terms for record in living.values()]
        await seen.count([*gone, *came])
        counted = self._frequencies.change(gone, came)
        done = False
        try:
            index = await self._searched(seen, (), living)
            relating = Relating(index, batch.events, read)
            await take_all(relating, len(batch.events))
            position = seen.position
            lasting: tuple[Command, ...] = ()
            if relating.taken:
                position = position_after(seen.position, secrets.token_hex(4))
                lasting = self._writes(index, seen, position, (), counted)
            steps = relating.steps(revision_of(position), lasting)
            done = await batch.commit(steps, Fence(self.keys.shared.position, seen.position, position))
        finally:
            self._frequencies.settle(stands=done)
        self.position = position if done else seen.position
        return done
