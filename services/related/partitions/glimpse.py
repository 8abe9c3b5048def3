"""What a few documents have to do with: read from Redis by name, all as of one position, as an index that is exact about these.

The shares say by name who is near, whose lists a newcomer may enter and who depends on those that go; who that is, and
what stands on which list, stands in Redis for everybody. So whoever decides on a batch needs no share of the corpus.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from services.related.choosing import NO_CHOICE, Curated
from services.related.closeness import Weights
from services.related.index import Index
from services.related.lists import SHOWN
from services.related.partitions.keys import PartitionKeys, Tally
from services.related.partitions.post import Moved
from services.related.partitions.splitting import Found
from services.related.partitions.weighing import Weighing
from services.related.records import Held, Record
from services.related.vectors.keys import refers
from services.related.vectors.likeness import Borrowed


class Glimpse:
    """What was read so far; a name that there is not stands for None."""

    def __init__(self, redis: Any, keys: PartitionKeys) -> None:
        self.position = ""
        self.tally = Tally()
        self.records: dict[str, Record | None] = {}
        self.lists: dict[str, Held | None] = {}
        self.choices: dict[str, Curated] = {}
        self.subjects: set[str] = set()
        """Those that come, change, go or are looked at."""
        self.originals: set[str] = set()
        """Whom newcomers nearly repeat."""
        self._redis = redis
        self._keys = keys
        self._dependents: set[str] = set()
        self._open: set[str] = set()
        """Those whose lists may change, so that all who stand on them must be here."""
        self._near: set[str] = set()

    async def begin(self, names: Iterable[str]) -> None:
        """Read where the index stands, and these documents."""
        wanted = sorted({*names})
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.get(self._keys.shared.position)
            pipe.get(self._keys.tally)
            self._request(pipe, wanted)
            position, tally, *found = await pipe.execute()
        self.position = (position or b"").decode()
        self.tally = Tally.unpack(tally) if tally and position else Tally()
        self._take(wanted, *found)
        self.subjects.update(wanted)

    async def take(self, found: Iterable[Found], dependents: Iterable[str]) -> None:
        """Read whom the shares named."""
        self._dependents.update(set(dependents) - self.subjects)
        near, entered = set[str](), set[str]()
        for each in found:
            near.update(name for name, _ in each.near)
            entered.update(each.entered)
        self._near |= near | entered
        self._open |= entered
        await self._load(self._near | self._dependents)

    async def complete(self) -> None:
        """Read who stands on the lists that may change, and the originals of all that may come to stand on one."""
        self._open |= self.subjects | {name for name in self._dependents if self.lists.get(name)}
        on_lists = {other for name in self._open for other in self._refers(name)}
        await self._load(on_lists)
        originals = {record.original for record in self.records.values() if record and record.original}
        originals |= self.originals
        await self._load(originals)
        self._near |= on_lists | originals

    def index(self, weights: Weights, weighing: Weighing) -> Index:
        """What was read, as an index in which only lists that are wholly here can change."""
        index = Index(weights, Borrowed(weighing.rarity))
        here = sorted(self.subjects | self._dependents | self._near)
        index.install(
            {name: self.records.get(name) for name in here},
            {name: self.lists.get(name) for name in here},
            {name: self.choices.get(name) for name in here},
        )
        index.close(set(here) - self._open)
        return index

    def living(self, names: Iterable[str]) -> dict[str, Record]:
        """Those of these that are here."""
        return {name: it for name in names if (it := self.records.get(name)) and not it.retracted}

    def copies(self) -> set[str]:
        """Dependents that nearly repeat one of the subjects: they speak, or fall silent, as it goes or comes."""
        return {name for name, it in self.living(self._dependents).items() if it.original in self.subjects}

    def wanting(self, passing: int) -> set[str]:
        """Dependents whose lists are too short without the subjects; `passing` of these may push somebody out before they go."""
        here = ((name, self.lists.get(name)) for name in self._dependents)
        return {name for name, held in here if held and not held.whole and self._left(held) - passing < SHOWN}

    def banned(self, document_id: str) -> int:
        """How many an operator keeps out of a document's list."""
        return len(self.choices.get(document_id, NO_CHOICE).banned)

    def _left(self, held: Held) -> int:
        return sum(near not in self.subjects for near, _ in held.nearest)

    def _refers(self, name: str) -> set[str]:
        return refers(self.records.get(name), self.lists.get(name), self.choices.get(name))

    async def _load(self, names: Iterable[str]) -> None:
        """Read those of these that were not read yet. Raises Moved if the index stands elsewhere by now."""
        missing = sorted({*names} - self.records.keys())
        if not missing:
            return
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.get(self._keys.shared.position)
            self._request(pipe, missing)
            position, *found = await pipe.execute()
        if (position or b"").decode() != self.position:
            raise Moved
        self._take(missing, *found)

    def _request(self, pipe: Any, names: list[str]) -> None:
        shared = self._keys.shared
        for key in (shared.records, shared.lists, shared.curated):
            pipe.hmget(key, [*names, ""])

    def _take(self, names: list[str], records: Any, lists: Any, choices: Any) -> None:
        if self.position == "":  # what a lost position left behind belongs to no history
            self.records.update(dict.fromkeys(names))
            self.lists.update(dict.fromkeys(names))
            return
        for name, record, held, choice in zip(names, records, lists, choices, strict=False):
            self.records[name] = Record.unpack(record) if record else None
            self.lists[name] = Held.unpack(held) if held else None
            if choice:
                self.choices[name] = Curated.unpack(choice)


def known(records: Mapping[str, Record | None]) -> set[str]:
    """Those that have terms to be looked for."""
    return {name for name, record in records.items() if record and len(record.terms.numbers)}
