"""Who repeats whom: the near-duplicates of a document, kept in Redis and written in the very step that accepts it.

Originals stand in the buckets of their words (likeness.py), every living document in that of its content. A new text is compared with the
originals that it shares buckets with, word for word, and is the near-duplicate of the most similar one; so a near-duplicate always points to
an original, and no chain can form. Whoever decides holds a fence: had anybody else written to the buckets in between, nothing happens and
it is decided again. So of two documents that are alike, one is first, whoever takes them in.

When an original is retracted or comes to say something else, its near-duplicates are laid out to be looked at again (revisiting.py).
"""

from __future__ import annotations

import asyncio
from base64 import b32decode, b32encode
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

from services.ingest.changes import Changed, Known, State
from services.ingest.likeness import ALIKE, LONG, Bucket, Hashes, buckets, exact_bucket, jaccard, shingles
from shared.events import Change, Document
from shared.steps import Command, Fence
from shared.streams import Belt

LUA = Path(__file__).parent / "lua"
ID_BYTES = 10
MOST_IN_BUCKET = 6
"""The newest; 64 bytes are the longest value that Redis packs. What more documents than this share tells none of them apart."""
LEAST_SHARED = 3
"""Buckets that two documents of similarity 0.8 share, but for one in 90,000; of those of 0.5 two thirds share fewer."""
MOST_COMPARED = 4
"""Originals that are read and compared word for word, those with the most buckets in common: each takes a millisecond."""

KnownAs = Callable[[str], Awaitable[Known | None]]


@dataclass(frozen=True, slots=True)
class Judged:
    """A change, what it repeats, what is to be written for it to be found, and the fence under which that holds.

    `twin` is another document that says the very same.
    """

    decision: Changed
    writes: tuple[Command, ...]
    fence: Fence
    twin: Document | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What stands in some buckets: ids of ten octets each, one behind the other; nothing of an empty one."""

    fence: str
    packed: dict[Bucket, bytes]

    def sharing(self, places: Iterable[Bucket]) -> Counter[str]:
        """The ids that stand in these buckets, and in how many of them."""
        return Counter(_name(octets) for place in places for octets in self.octets(place))

    def octets(self, place: Bucket) -> list[bytes]:
        """Those of each id in a bucket."""
        packed = self.packed.get(place, b"")
        return [packed[start : start + ID_BYTES] for start in range(0, len(packed), ID_BYTES)]


class Sameness:
    """Judges changes. Keys: ingest:alike:<shard>, ingest:duplicates:<id>, ingest:revisit and ingest:fence."""

    def __init__(self, belt: Belt, known: KnownAs) -> None:
        self._belt = belt
        self._known = known
        self._fence = belt.key("ingest", "fence")
        self._shards = belt.key("ingest", "alike", "")
        self._gather = belt.client.register_script((LUA / "gather.lua").read_text())

    @property
    def revisit(self) -> str:
        """A sorted set of near-duplicates whose original is gone, those that came first before the others."""
        return self._belt.key("ingest", "revisit")

    async def fence(self) -> str:
        """What to hand to `judged` by whoever reads before it something that it decides on."""
        found = await self._found(())
        return found.fence

    async def judged(
        self, decision: Changed, before: Known | None, *, as_told: bool = False, fence: str | None = None
    ) -> Judged:
        """What the change repeats. `as_told`: what it says itself, as a backup does."""
        document, words = decision.document, await _words_of(decision.document)
        here = await _places(document, words) if _lives(decision) else ()
        there = await _standing(before)
        found = await self._found({*here, *there})
        original = document.duplicate_of
        if _lives(decision) and not as_told:
            original = await self._original(document, words, found.sharing(here[1:]))
        after = document.model_copy(update={"duplicate_of": original})
        decision = replace(decision, document=after)
        standing = here if original is None else here[:1]
        writes = (
            *self._moved(found, after.id, set(there) - set(standing), standing),
            *self._linked(decision, before),
            *self._orphaned(decision, before),
            *(await self._doubted(after) if as_told and original else ()),
        )
        twin = await self._twin(document, found.sharing(here[:1]))
        return Judged(decision, writes, self.held(found.fence if fence is None else fence), twin)

    async def _found(self, places: Iterable[Bucket]) -> Found:
        asked = list(places)
        keys = [self._fence, *(self._shard(shard) for shard, _ in asked)]
        fence, *values = await self._gather(keys=keys, args=[field for _, field in asked])
        return Found(fence.decode(), {place: value for place, value in zip(asked, values, strict=True) if value})

    async def _original(self, document: Document, words: Hashes, shared: Counter[str]) -> str | None:
        """The most similar original, if it is similar enough; of equals the one that was accepted first."""
        del shared[document.id]
        best: tuple[float, float, str] | None = None
        for name, count in shared.most_common(MOST_COMPARED):
            other = await self._known(name) if count >= LEAST_SHARED else None
            if other is None or other.state == State.RETRACTED or other.document.duplicate_of:
                continue
            similarity = jaccard(words, await _words_of(other.document))
            found = (-similarity, other.document.received_at.timestamp(), name)
            if similarity >= ALIKE and (best is None or found < best):
                best = found
        return best and best[2]

    async def _twin(self, document: Document, names: Iterable[str]) -> Document | None:
        for name in names:
            other = await self._known(name) if name != document.id else None
            if other and other.state == State.ACCEPTED and other.document.content_hash == document.content_hash:
                return other.document
        return None

    def _moved(
        self, found: Found, name: str, leaves: Iterable[Bucket], enters: Iterable[Bucket]
    ) -> tuple[Command, ...]:
        """Take a document from buckets and put it into others: whole values, so that it may be repeated without trace."""
        own = b32decode(name.upper())
        left = [(place, [each for each in found.octets(place) if each != own]) for place in leaves]
        standing = ((place, found.octets(place)) for place in enters)
        entered = [(place, [*others, own][-MOST_IN_BUCKET:]) for place, others in standing if own not in others]
        return tuple(self._filled(place, octets) for place, octets in (*left, *entered))

    def _filled(self, place: Bucket, octets: Sequence[bytes]) -> Command:
        shard, field = place
        return ("HSET", self._shard(shard), field, b"".join(octets)) if octets else ("HDEL", self._shard(shard), field)

    def _linked(self, decision: Changed, before: Known | None) -> tuple[Command, ...]:
        """Put it onto the list of the original that it repeats, and take it from where it stood."""
        then = before.document.duplicate_of if before and before.state == State.ACCEPTED else None
        now = decision.document.duplicate_of if _lives(decision) else None
        left: list[Command] = [("ZREM", self._duplicates(then), decision.document.id)] if then and then != now else []
        joined: list[Command] = [self._link(decision.document)] if now else []
        again: list[Command] = [("ZREM", self.revisit, decision.document.id)] if before else []
        return (*left, *joined, *again)

    def _link(self, document: Document) -> Command:
        at = int(document.received_at.timestamp() * 1000)
        return ("ZADD", self._duplicates(document.duplicate_of or ""), "NX", at, document.id)

    def _orphaned(self, decision: Changed, before: Known | None) -> tuple[Command, ...]:
        """What repeats a document that is no original any more, or has other words now, is to be looked at again."""
        after, theirs = decision.document, self._duplicates(decision.document.id)
        same = before is None or (after.title, after.text) == (before.document.title, before.document.text)
        if same and _lives(decision) and after.duplicate_of is None:
            return ()
        return ("ZUNIONSTORE", self.revisit, 2, self.revisit, theirs, "AGGREGATE", "MIN"), ("DEL", theirs)

    async def _doubted(self, document: Document) -> tuple[Command, ...]:
        """A near-duplicate came back from a backup: if its original is known and is none, it is to be looked at again."""
        original = await self._known(document.duplicate_of or "")
        if original is None or (original.state == State.ACCEPTED and not original.document.duplicate_of):
            return ()
        return (("ZADD", self.revisit, int(document.received_at.timestamp() * 1000), document.id),)

    def held(self, expected: str) -> Fence:
        """The fence that stood when `expected` was read."""
        return Fence(self._fence, expected, uuid4().hex)

    def _shard(self, shard: int) -> str:
        return f"{self._shards}{shard:x}"

    def _duplicates(self, identity: str) -> str:
        return self._belt.key("ingest", "duplicates", identity)


def _lives(decision: Changed) -> bool:
    return decision.change is not Change.RETRACTED


async def _words_of(document: Document) -> Hashes:
    if len(document.text) < LONG:
        return shingles(document.title, document.text)
    return await asyncio.to_thread(shingles, document.title, document.text)


async def _places(document: Document, words: Hashes) -> tuple[Bucket, ...]:
    """The bucket of its content, then those of its words."""
    places = buckets(words) if len(words) < LONG else await asyncio.to_thread(buckets, words)
    return exact_bucket(document.content_hash), *places


async def _standing(before: Known | None) -> tuple[Bucket, ...]:
    """Where a document stands that is known; nowhere, if it was retracted or is not whole."""
    if before is None or before.state == State.RETRACTED or not before.document.content_hash:
        return ()
    if before.document.duplicate_of is not None:
        return (exact_bucket(before.document.content_hash),)
    return await _places(before.document, await _words_of(before.document))


def _name(octets: bytes) -> str:
    return b32encode(octets).decode().lower()
