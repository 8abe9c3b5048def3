"""Scatters what must be known about a few documents over all partitions, and gathers what they answer, as of one position."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from services.related.closeness import Weights
from services.related.index import Index
from services.related.ledger import position_after, writes
from services.related.lists import HELD
from services.related.partitions.glimpse import Glimpse, known
from services.related.partitions.keys import PartitionKeys, Tally
from services.related.partitions.letters import Answer, Question, Wanted
from services.related.partitions.post import Moved, Post
from services.related.partitions.splitting import merged
from services.related.partitions.weighing import summed
from services.related.partitions.weights import Weighings
from services.related.records import Record
from services.related.replica import Publish
from shared.steps import Fence, Step

COUNTED_AFTER = 25
"""Terms are counted anew when one document in so many came or went since: half as often as one index does, for all shares stop for it."""


class Scatter:
    """What one process knows of the whole corpus: by asking. Everything here raises Moved if another process was faster, and Silent."""

    def __init__(
        self,
        redis: Any,
        keys: PartitionKeys,
        post: Post,
        weighings: Weighings,
        weights: Weights,
        publish: Publish,
    ) -> None:
        self._redis = redis
        self._keys = keys
        self._post = post
        self._weighings = weighings
        self._weights = weights
        self._publish = publish

    async def seen(self, names: Iterable[str], one_in: int = COUNTED_AFTER) -> Glimpse:
        """These documents, under weights that are not too old."""
        wanted = {*names}
        while True:
            seen = Glimpse(self._redis, self._keys)
            await seen.begin(wanted)
            if not seen.tally.outdated(seen.position, one_in):
                return seen
            await self._count(seen)

    async def _count(self, seen: Glimpse) -> None:
        """Have all shares count their terms as of one position, and commit the sum. Raises Moved if that is another one by then."""
        answers = await self._post.ask(
            Question(secrets.token_hex(8), seen.position, seen.tally.weighing, counting=True)
        )
        position = position_after(seen.position, secrets.token_hex(4))
        tally = Tally(position, sum(answer.documents for answer in answers), 0, position)
        step = Step(
            writes=(
                *writes(Index(self._weights), self._keys.shared, before=seen.position, position=position),
                ("SET", self._keys.weighing, summed(position, answers)),
                ("SET", self._keys.tally, tally.pack()),
            )
        )
        if not await self._publish(step, Fence(self._keys.shared.position, seen.position, position)):
            raise Moved

    async def explore(
        self,
        seen: Glimpse,
        newcomers: Mapping[str, Record],
        subjects: set[str],
        *,
        passing: int = 0,
        spare: int = 0,
    ) -> list[Answer]:
        """Have the shares name whom these have to do with, until nobody is left who may need a search."""
        answers: list[Answer] = []
        sought, asked, searched = dict(newcomers), set[str](), set[str]()
        while sought or subjects - asked:
            fresh, with_terms = subjects - asked, known(sought)
            wanted = [
                Wanted(name, sought[name], HELD + seen.banned(name) + spare) for name in sought if name in with_terms
            ]
            answers = await self._ask(seen, wanted, fresh)
            found = [merged([each.found[place] for each in answers], it.count) for place, it in enumerate(wanted)]
            asked |= fresh
            searched |= sought.keys()
            await seen.take(found, (name for answer in answers for name in answer.dependents))
            copies = seen.copies() if subjects else set()
            seen.subjects |= copies
            subjects = subjects | copies
            sought = seen.living((copies | seen.wanting(passing)) - searched)
        return answers

    async def index(self, seen: Glimpse) -> Index:
        """What was read of these, as an index; no partition is asked."""
        await seen.complete()
        return seen.index(self._weights, await self._weighings.of(seen.tally.weighing))

    async def _ask(self, seen: Glimpse, wanted: Sequence[Wanted], fresh: set[str]) -> list[Answer]:
        question = Question(
            secrets.token_hex(8),
            seen.position,
            seen.tally.weighing,
            tuple(wanted),
            tuple(sorted(fresh)),
            tuple(sorted(seen.living(fresh))),
        )
        return await self._post.ask(question)
