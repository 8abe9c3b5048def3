"""Reads from Redis what a few documents have to do with, and makes an index of it that is exact about these.

Round by round, each one pipeline: the documents themselves; who depends on them; the hundred nearest vectors of each whose list is to be
searched; who stands on the lists that may change. Of those hundred stay the nearest by all their terms, and those on whose lists the
searched one may come.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from services.related.choosing import Curated
from services.related.closeness import Weights
from services.related.index import Index
from services.related.lists import FLOOR, HELD, SHOWN
from services.related.records import Held, Record
from services.related.terms import Terms
from services.related.vectors.frequencies import Frequencies, places_of
from services.related.vectors.keys import VectorKeys, refers
from services.related.vectors.likeness import Borrowed, Likeness, projected

CANDIDATES = 100
"""Vectors that are looked at. Whose list a newcomer enters is seldom farther: research puts 98.9 % of them there."""
SEARCHED_AT_ONCE = 10
"""Others wait for Redis no longer than this many searches take."""
NEAREST = 3 * HELD
"""Of these stay so many at least: some may be banned."""
SLACK = 2
"""Millionths by which two ways of summing the same closeness may differ."""


class Gathering:
    """What was read so far; a name that there is not stands for None."""

    def __init__(self, redis: Any, keys: VectorKeys, frequencies: Frequencies) -> None:
        self.position = ""
        self.standing = ""
        self.records: dict[str, Record | None] = {}
        self.lists: dict[str, Held | None] = {}
        self.choices: dict[str, Curated] = {}
        self.dependents: set[str] = set()
        self.searched: dict[str, Record] = {}
        self._redis = redis
        self._keys = keys
        self._frequencies = frequencies
        self._subjects: set[str] = set()
        self._open: set[str] = set()
        """Those whose lists may change, so that all who stand on them must be here."""
        self._near: set[str] = set()

    async def begin(self, subjects: Iterable[str], *, alone: bool = False) -> None:
        """Read where the index stands, and these documents; and, but if they are read alone, who depends on them."""
        names = sorted({*subjects})
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.get(self._keys.shared.position)
            pipe.get(self._keys.standing)
            for key in self._state():
                pipe.hmget(key, [*names, ""])
            position, standing, *found = await pipe.execute()
        self.position, self.standing = (position or b"").decode(), (standing or b"").decode()
        self._take(names, *found)
        self._subjects.update(names)
        if not alone:
            await self._depend(self._subjects)
            # These may fall silent, or speak: who lists them has to be here as well.
            await self._depend(self.copies())

    async def count(self, terms: Sequence[Terms]) -> None:
        """Read how many documents have each of these terms; and of all terms, if our numbers are old."""
        places = places_of(terms)
        async with self._redis.pipeline(transaction=True) as pipe:
            gets = [word for place in places.tolist() for word in ("GET", "u32", f"#{place}")]
            pipe.execute_command("BITFIELD_RO", self._keys.counts, *gets)
            [told] = await pipe.execute()
        self._frequencies.tell(places, told)
        if self._frequencies.outdated():
            self._frequencies.install(await self._redis.get(self._keys.counts) or b"")

    async def search(self, wanted: Mapping[str, Record], weights: Weights) -> None:
        """Look for the neighbours of these documents, and for the lists that they may enter."""
        self.searched = {name: record for name, record in wanted.items() if len(record.terms.numbers)}
        near = [near for part in _parts([*self.searched.values()]) for near in await self._nearest(part)]
        await self._load(other for others in near for other in others)
        likeness = Likeness(self._frequencies.rarity, weights)
        for (name, record), others in zip(self.searched.items(), near, strict=True):
            self._choose(record, [other for other in others if other != name], likeness)
            await asyncio.sleep(0)

    async def complete(self) -> None:
        """Read who stands on the lists that may change, and the originals of all that may come to stand on one."""
        self._open |= self._subjects | {name for name in self.dependents if self.lists.get(name)}
        on_lists = {other for name in self._open for other in self._refers(name)}
        await self._load(on_lists)
        known = [*self.records.values(), *self.searched.values()]
        originals = {record.original for record in known if record and record.original}
        await self._load(originals)
        self._near |= on_lists | originals

    def index(self, weights: Weights) -> Index:
        """What was read, as an index in which only lists that are wholly here can change."""
        index = Index(weights, Borrowed(self._frequencies.rarity))
        here = {*self._subjects, *self.dependents, *self._near}
        index.install(
            {name: self.records.get(name) for name in here},
            {name: self.lists.get(name) for name in here},
            {name: self.choices.get(name) for name in here},
        )
        index.close(here - self._open)
        return index

    def referred(self) -> dict[str, set[str]]:
        """On whom everyone who was read depends."""
        return {name: self._refers(name) for name in self.records}

    def copies(self) -> set[str]:
        """Those of the dependents that nearly repeat one of the subjects: they speak, or fall silent, as it goes or comes."""
        return {name for name in self.dependents if (it := self.records.get(name)) and it.original in self._subjects}

    def wanting(self) -> set[str]:
        """Those of the dependents whose lists are too short without the subjects."""
        going = self._subjects | self.copies()
        return {name for name in self.dependents if (held := self.lists.get(name)) and self._too_short(held, going)}

    async def _depend(self, names: Iterable[str]) -> None:
        """Read who depends on these."""
        async with self._redis.pipeline(transaction=False) as pipe:
            for name in sorted(names):
                pipe.smembers(self._keys.dependents_of(name))
            found = await pipe.execute()
        self.dependents |= {name.decode() for each in found for name in each} - self._subjects
        await self._load(self.dependents)

    async def _nearest(self, records: Sequence[Record]) -> list[list[str]]:
        async with self._redis.pipeline(transaction=False) as pipe:
            for record in records:
                vector = projected(record.terms, self._frequencies.rarity)
                pipe.execute_command("VSIM", self._keys.vectors, "FP32", vector, "COUNT", CANDIDATES, "EF", CANDIDATES)
            return [[other.decode() for other in others] for others in await pipe.execute()]

    def _too_short(self, held: Held, going: set[str]) -> bool:
        return not held.whole and sum(near not in going for near, _ in held.nearest) < SHOWN

    def _choose(self, record: Record, others: Sequence[str], likeness: Likeness) -> None:
        """Keep of the nearest vectors those that may matter."""
        living = {other: it for other in others if (it := self.records[other]) and not it.retracted}
        units = likeness.units(record, [*living.values()])
        names = [*living]
        self._near.update(names[place] for place in np.argsort(-units, kind="stable")[:NEAREST].tolist())
        entered = {name for name, close in zip(names, units.tolist(), strict=True) if close >= self._entry(name)}
        self._open |= entered
        self._near |= entered

    def _entry(self, name: str) -> float:
        """The least closeness with which anybody can come into a list."""
        held = self.lists[name]
        if not held or not (held.nearest or held.whole):
            return np.inf
        return (FLOOR if held.whole else held.nearest[-1][1]) - SLACK

    def _refers(self, name: str) -> set[str]:
        return refers(self.records.get(name), self.lists.get(name), self.choices.get(name))

    def _state(self) -> tuple[str, str, str]:
        return self._keys.shared.records, self._keys.shared.lists, self._keys.shared.curated

    async def _load(self, names: Iterable[str]) -> None:
        """Read those of these that were not read yet."""
        missing = sorted({*names} - self.records.keys())
        if not missing:
            return
        async with self._redis.pipeline(transaction=True) as pipe:
            for key in self._state():
                pipe.hmget(key, missing)
            self._take(missing, *await pipe.execute())

    def _take(self, names: Sequence[str], records: Any, lists: Any, choices: Any) -> None:
        for name, record, held, choice in zip(names, records, lists, choices, strict=False):
            self.records[name] = Record.unpack(record) if record else None
            self.lists[name] = Held.unpack(held) if held else None
            if choice:
                self.choices[name] = Curated.unpack(choice)


def _parts(records: Sequence[Record]) -> Iterator[Sequence[Record]]:
    for start in range(0, len(records), SEARCHED_AT_ONCE):
        yield records[start : start + SEARCHED_AT_ONCE]
