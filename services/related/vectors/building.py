"""Makes the vector set stand for records that another index wrote: after a change of the backend, or of what a vector is."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from itertools import chain
from typing import Any

from redis.exceptions import ResponseError

from services.related.choosing import Curated
from services.related.records import Held, Record
from services.related.vectors.frequencies import Frequencies
from services.related.vectors.keys import VectorKeys, added, referring, refers
from services.related.vectors.likeness import projected
from shared.errors import Unfit
from shared.logs import log
from shared.steps import Command

PAGE = 200
HELD_MS = 10_000
POLL_SECONDS = 0.2

STORE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('SET', KEYS[2], ARGV[2]) end return false"
"""By whoever builds: one that fell silent, and goes on after another has built, changes nothing."""


class Building:
    """One process builds at a time; another goes on from the beginning where it fell silent."""

    def __init__(self, redis: Any, keys: VectorKeys) -> None:
        self._redis = redis
        self._keys = keys
        self._store = redis.register_script(STORE)

    async def check(self) -> None:
        """Raises Unfit if this Redis has no vector sets."""
        try:
            await self._redis.execute_command("VCARD", self._keys.vectors)
        except ResponseError as error:
            if "unknown command" not in str(error):
                raise
            version = (await self._redis.info("server"))["redis_version"]
            raise Unfit(
                f"SYNDICATE_RELATED_BACKEND=vectors needs vector sets (VADD, VSIM), which Redis has from version 8.0 on; this one is "
                f"{version}. Set SYNDICATE_REDIS_URL to another, or SYNDICATE_RELATED_BACKEND to memory"
            ) from error

    async def stands(self) -> bool:
        """Whether the vector set is that of the records."""
        position, standing = await self._redis.mget(self._keys.shared.position, self._keys.standing)
        return bool(position == standing)

    async def build(self) -> None:
        """Make it so, or wait a moment for another process that does."""
        token = secrets.token_hex(8)
        if not await self._redis.set(self._keys.building, token, nx=True, px=HELD_MS):
            await asyncio.sleep(POLL_SECONDS)
            return
        began = time.monotonic()
        position = await self._redis.get(self._keys.shared.position) or b""
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.set(self._keys.standing, token)
            pipe.delete(self._keys.vectors, self._keys.counts, self._keys.searched)
            await pipe.execute()
        frequencies, living = await self._count()
        keys = [self._keys.standing, self._keys.counts]
        if not await self._store(keys=keys, args=[token, frequencies.packed()]):
            return
        async for names, records in self._pages():
            await self._place(names, records, living, frequencies)
        await self._store(keys=[self._keys.standing, self._keys.standing], args=[token, position])
        await self._redis.delete(self._keys.building)
        log.info("related.built", documents=len(living), seconds=round(time.monotonic() - began, 1))

    async def _count(self) -> tuple[Frequencies, set[str]]:
        """In how many documents each term stands, and who is here."""
        frequencies, living = Frequencies(), set[str]()
        async for names, records in self._pages():
            here = {name: it for name, it in zip(names, records, strict=True) if not it.retracted}
            living.update(here)
            frequencies.change((), [record.terms for record in here.values()])
        return frequencies, living

    async def _place(self, names: list[str], records: list[Record], living: set[str], frequencies: Frequencies) -> None:
        lists = await self._redis.hmget(self._keys.shared.lists, names)
        choices = await self._redis.hmget(self._keys.shared.curated, names)
        async with self._redis.pipeline(transaction=False) as pipe:
            for name, record, held, choice in zip(names, records, lists, choices, strict=True):
                refer = refers(record, held and Held.unpack(held), choice and Curated.unpack(choice))
                placed: list[Command] = []
                if not record.retracted:
                    placed.append(("ZADD", self._keys.searched, 0, name))
                    if len(record.terms.numbers) and record.original not in living:
                        placed.append(added(self._keys, name, projected(record.terms, frequencies.rarity)))
                for command in chain(placed, referring(self._keys, name, set(), refer)):
                    pipe.execute_command(*command)
            await pipe.execute()

    async def _pages(self) -> AsyncIterator[tuple[list[str], list[Record]]]:
        """All records, by names that are asked for once (replica.py)."""
        names = [name.decode() for name in await self._redis.hkeys(self._keys.shared.records)]
        for start in range(0, len(names), PAGE):
            page = names[start : start + PAGE]
            found = await self._redis.hmget(self._keys.shared.records, page)
            await self._redis.pexpire(self._keys.building, HELD_MS)
            here = [(name, Record.unpack(packed)) for name, packed in zip(page, found, strict=True) if packed]
            yield [name for name, _ in here], [record for _, record in here]
