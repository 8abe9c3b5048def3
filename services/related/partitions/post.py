"""Asks all partitions at once and gathers what they answer; tells who is silent.

A question lies in a list in Redis until the partition's holder takes it. Whoever held the partition when it was asked
must answer: if that process lost its lease, its question may be lost with it, and the asker is told at once.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from services.related.partitions.keys import PartitionKeys
from services.related.partitions.letters import Answer, Question
from shared.errors import Overloaded

LISTEN_SECONDS = 0.5
"""So often it is looked whether the holders of those that are silent still are here."""
PATIENCE_SECONDS = 60.0
KEPT_SECONDS = 120
"""A question or an answer that nobody takes is gone after this."""


class Moved(Exception):
    """The index stands elsewhere than where it was asked for."""


class Silent(Overloaded):
    """Partitions without a holder, or whose holder does not answer; the work waits for them."""

    def __init__(self, partitions: Sequence[int], of: int) -> None:
        named = ", ".join(map(str, partitions))
        super().__init__(
            f"of the {of} partitions of the related index, counted from 0, nobody answers for {named}: {of} processes "
            "of `related` must run with SYNDICATE_RELATED_PARTITIONS set to this number"
        )
        self.partitions = tuple(partitions)


class Post:
    """The letters between one process and all holders."""

    def __init__(self, redis: Any, keys: PartitionKeys, partitions: int) -> None:
        self.partitions = partitions
        self._redis = redis
        self._keys = keys

    async def ask(self, question: Question) -> list[Answer]:
        """The answers of all partitions, in their order. Raises Silent, or Moved if one of them stands elsewhere."""
        holders = await self._send(question)
        answers: dict[int, Answer] = {}
        until = time.monotonic() + PATIENCE_SECONDS
        while len(answers) < self.partitions:
            told = await self._redis.blpop(self._keys.answers(question.nonce), timeout=LISTEN_SECONDS)
            if told is None:
                await self._check(holders, answers.keys(), late=time.monotonic() > until)
                continue
            answer = Answer.unpack(told[1])
            if answer.moved:
                raise Moved
            answers[answer.partition] = answer
        return [answers[partition] for partition in range(self.partitions)]

    async def vacant(self) -> list[int]:
        """The partitions that no process holds."""
        return [partition for partition, holder in enumerate(await self._holders()) if holder is None]

    async def _send(self, question: Question) -> list[bytes]:
        holders = await self._holders()
        if vacant := [partition for partition, holder in enumerate(holders) if holder is None]:
            raise Silent(vacant, self.partitions)
        packed = question.pack()
        async with self._redis.pipeline(transaction=False) as pipe:
            for partition in range(self.partitions):
                pipe.rpush(self._keys.asked(partition), packed)
                pipe.expire(self._keys.asked(partition), KEPT_SECONDS)
            await pipe.execute()
        return holders

    async def _check(self, holders: Sequence[bytes], heard: Any, *, late: bool) -> None:
        now = await self._holders()
        silent = [partition for partition in range(self.partitions) if partition not in heard]
        if lost := [partition for partition in silent if late or now[partition] != holders[partition]]:
            raise Silent(lost, self.partitions)

    async def _holders(self) -> list[Any]:
        return list(await self._redis.mget([self._keys.lease(each) for each in range(self.partitions)]))
