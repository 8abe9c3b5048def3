"""Holds one partition: claims a free one by a lease, follows the log with its share, answers what is asked of it.

What is right never rests on the lease. A share is a function of what stands in Redis at its position, so two processes
that take themselves for holders of the same one answer the same; the lease only spreads the partitions, and tells a
stand-by that one is free.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence
from typing import Any

from services.related.choosing import Curated
from services.related.closeness import Weights
from services.related.ledger import NOWHERE, Commit, revision_of
from services.related.partitions.keys import PartitionKeys
from services.related.partitions.leases import LEASE_SECONDS, Leases
from services.related.partitions.letters import NO_COUNTS, Answer, Question
from services.related.partitions.memory import give_back
from services.related.partitions.post import KEPT_SECONDS, Moved
from services.related.partitions.share import Share
from services.related.partitions.splitting import Found, partition_of
from services.related.partitions.weighing import Weighing
from services.related.partitions.weights import Weighings
from services.related.records import Held, Record
from services.related.upkeep import TOLERATED
from shared.logs import log

IDLE_SECONDS = 0.5
INSTALLING_SECONDS = 0.0006
"""For each document of a share, six times what it takes: nothing else happens in this process meanwhile. Whoever dies then holds it no longer."""
PAGE = 200

Names = Sequence[str]
Parts = tuple[dict[str, Record | None], dict[str, Held | None], dict[str, Curated | None]]


class Holder:
    """This process's partition; None while it has none."""

    def __init__(
        self,
        redis: Any,
        keys: PartitionKeys,
        partitions: int,
        weighings: Weighings,
        weights: Weights | None = None,
        lease_seconds: float = LEASE_SECONDS,
    ) -> None:
        self.leases = Leases(redis, keys.lease, lease_seconds)
        self.partition: int | None = None
        self.share = Share(Weighing(), weights)
        self.position = NOWHERE
        self.last_news = 0.0
        """When a document of this share last came, changed or went, in monotonic seconds."""
        self._redis = redis
        self._keys = keys
        self._partitions = partitions
        self._weighings = weighings
        self._weights = weights
        self._one_at_a_time = asyncio.Lock()
        self._sound = False
        self._stands_by = False
        self._lost = False

    async def turn(self) -> None:
        """Answer one question, or wait for one; without a partition, look for one."""
        if (partition := await self.claim()) is None:
            await asyncio.sleep(IDLE_SECONDS)
            return
        try:
            asked = await self._redis.blpop(self._keys.asked(partition), timeout=IDLE_SECONDS)
            if asked:
                await self.answer(Question.unpack(asked[1]), partition)
        except asyncio.CancelledError:
            await self.leave()
            raise

    async def keep(self) -> None:
        """Renew the lease, four times in its length; whoever lost it to another process looks for another partition."""
        await asyncio.sleep(self.leases.seconds / 4)
        if (partition := self.partition) is not None and not await self.leases.keep(partition):
            log.warning("related.partition_lost", partition=partition)
            self._lost = True

    async def claim(self) -> int | None:
        """The partition of this process; without one, one that nobody holds, if there is one."""
        if self.partition is not None and not self._lost:
            return self.partition
        if self._lost:
            await self._hold(None)
        for partition in range(self._partitions):
            if await self.leases.take(partition):
                log.info("related.partition_claimed", partition=partition, of=self._partitions)
                await self._hold(partition)
                return partition
        if not self._stands_by:
            self._stands_by = True
            log.info("related.standing_by", partitions=self._partitions)
        return None

    async def _hold(self, partition: int | None) -> None:
        """Another partition, or none: never in the midst of an answer, which is of one partition from beginning to end."""
        async with self._one_at_a_time:
            self.partition, self._sound, self._stands_by, self._lost = partition, False, False, False
            self.share = Share(self.share.weighing, self._weights)

    async def leave(self) -> None:
        """Give the partition to whoever wants it."""
        if self.partition is not None:
            await self.leases.give_back(self.partition)
            self.partition = None

    async def answer(self, question: Question, partition: int) -> None:
        """Say what this share has to say, from the very position that is asked for."""
        async with self._one_at_a_time:
            try:
                await self._stand_at(question)
                answer = await self._answer(question, partition)
            except Moved:
                answer = Answer(partition, moved=True)
        key = self._keys.answers(question.nonce)
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.rpush(key, answer.pack())
            pipe.expire(key, KEPT_SECONDS)
            await pipe.execute()

    async def due(self, count: int) -> list[str]:
        """Those of this share whose lists should be searched first."""
        async with self._one_at_a_time:
            if self.partition is None:
                return []
            await self.catch_up()
            return self.share.unsearched(count, len(self.share) // TOLERATED)

    async def catch_up(self) -> None:
        """Make the share equal what stands in Redis."""
        while not (self._sound and await self._redis_position() == self.position):
            if not (self._sound and await self._follow()):
                await self._load()

    async def _stand_at(self, question: Question) -> None:
        await self.catch_up()
        if self.position != question.position:
            raise Moved
        if question.weighing != self.share.weighing.name and not question.counting:
            self.share.weigh(await self._weighings.of(question.weighing), len(self.share) // TOLERATED)
            give_back()

    async def _answer(self, question: Question, partition: int) -> Answer:
        share = self.share
        found: list[Found] = []
        for wanted in question.wanted:
            found.append(share.found(wanted))
            await asyncio.sleep(0)
        return Answer(
            partition,
            found=tuple(found),
            dependents=tuple(sorted(share.dependents(question.subjects, question.leaving))),
            documents=len(share),
            waiting=share.waiting,
            counts=share.counts() if question.counting else NO_COUNTS,
        )

    async def _follow(self) -> bool:
        """Install what was committed since our position. False if the log does not lead here from there."""
        written: tuple[set[str], ...] = (set(), set(), set())
        target = await self._redis_position()
        while True:
            logged = await self._redis.zrangebyscore(self._keys.shared.log, revision_of(self.position), "+inf")
            commits = [Commit.unpack(entry) for entry in logged]
            if not {self.position, target} <= {commit.position for commit in commits}:
                return False
            for commit in (each for each in commits if each.position != self.position):
                for names, more in zip(written, (commit.records, commit.lists, commit.curated), strict=True):
                    names.update(filter(self._is_ours, more))
            found, parts = await self._read([sorted(names) for names in written])
            originals = await self._originals(parts[0].values())
            if found == target == await self._redis_position():
                self._sound = False
                self.share.install(*parts, originals)
                self.share.searched(parts[0])
                self.position, self._sound = target, True
                if parts[0]:
                    self.last_news = time.monotonic()
                return True
            target = await self._redis_position()

    async def _load(self) -> None:
        """Read this share of everything. What others commit meanwhile may be half in it; following the log from here mends that."""
        began = time.monotonic()
        self._sound = False
        share = Share(self.share.weighing, self._weights)
        position = await self._redis_position()
        if position != NOWHERE and (partition := self.partition) is not None:
            everything = await self._redis.hkeys(self._keys.shared.records)
            ours = [name for name in (each.decode() for each in everything) if self._is_ours(name)]
            parts: Parts = ({}, {}, {})
            for start in range(0, len(ours), PAGE):
                page = ours[start : start + PAGE]
                _, (records, lists, choices) = await self._read([page, page, page])
                parts[0].update(records)
                parts[1].update(lists)
                parts[2].update(choices)
            originals = await self._originals(parts[0].values())
            await self.leases.keep(partition, INSTALLING_SECONDS * len(ours))
            share.install(*parts, originals)
        self.share, self.position, self._sound = share, position, True
        give_back()
        log.info(
            "related.loaded",
            partition=self.partition,
            documents=len(share),
            revision=revision_of(position),
            seconds=round(time.monotonic() - began, 3),
        )

    async def _read(self, wanted: Sequence[Names]) -> tuple[str, Parts]:
        """The position, and these records, lists and choices as they are at that position."""
        shared = self._keys.shared
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.get(shared.position)
            for key, names in zip((shared.records, shared.lists, shared.curated), wanted, strict=True):
                pipe.hmget(key, [*names, ""])
            position, *found = await pipe.execute()
        records, lists, choices = (
            dict(zip(names, packed, strict=False)) for names, packed in zip(wanted, found, strict=True)
        )
        return (position or b"").decode(), (
            {name: Record.unpack(packed) if packed else None for name, packed in records.items()},
            {name: Held.unpack(packed) if packed else None for name, packed in lists.items()},
            {name: Curated.unpack(packed) if packed else None for name, packed in choices.items()},
        )

    async def _originals(self, records: Iterable[Record | None]) -> set[str]:
        """Those of the originals of these that are here, in whatever partition."""
        names = sorted({record.original for record in records if record and record.original})
        found = await self._redis.hmget(self._keys.shared.records, [*names, ""])
        return {
            name for name, packed in zip(names, found, strict=False) if packed and not Record.unpack(packed).retracted
        }

    def _is_ours(self, document_id: str) -> bool:
        return partition_of(document_id, self._partitions) == self.partition

    async def _redis_position(self) -> str:
        return (await self._redis.get(self._keys.shared.position) or b"").decode()
