"""Who repeats whom: the near-duplicates of a document, kept in Redis and written in the very step that accepts it.

Originals stand in the buckets of their words (likeness.py), every living document in that of its content. A new text is compared with the
originals that it shares buckets with, word for word, and is the near-duplicate of the most similar one; so a near-duplicate always points to
an original, and no chain can form. A step swaps what stands in the buckets: had anybody else written to one of them in between, or to the
original, nothing happens and it is decided again. So of two documents that are alike, one is first, whoever takes them in.

When an original is retracted or comes to say something else, its near-duplicates are laid out to be looked at again (revisiting.py).
"""

from __future__ import annotations

import asyncio
from base64 import b32decode, b32encode
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from services.ingest.changes import Changed, Known, State, Unchanged
from services.ingest.likeness import ALIKE, LONG, Bucket, Hashes, buckets, exact_bucket, jaccard, shingles
from shared.events import Change, Document
from shared.steps import Command, Swap
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
    """A change, what it repeats, what is to be written for it to be found, and what must not have changed for that to hold.

    `twin` is another document that says the very same.
    """

    decision: Changed
    writes: tuple[Command, ...]
    swaps: tuple[Swap, ...]
    twin: Document | None = None

    def twin_of_new(self, before: Known | None) -> Unchanged | None:
        """The other document that says the very same, for one that nobody knows under its own id."""
        return Unchanged(self.twin) if self.twin and before is None else None


@dataclass(frozen=True, slots=True)
class Found:
    """What stands in some buckets: ids of ten octets each, one behind the other; nothing of an empty one."""

    packed: dict[Bucket, bytes]

    def sharing(self, places: Iterable[Bucket]) -> Counter[str]:
        """The ids that stand in these buckets, and in how many of them."""
        return Counter(_name(octets) for place in places for octets in self.octets(place))

    def octets(self, place: Bucket) -> list[bytes]:
        """Those of each id in a bucket."""
        packed = self.packed.get(place, b"")
        return [packed[start : start + ID_BYTES] for start in range(0, len(packed), ID_BYTES)]


class Sameness:
    """Judges changes. Keys: ingest:alike:<shard>, ingest:duplicates:<id> and ingest:revisit."""

    def __init__(self, belt: Belt, known: KnownAs, key: Callable[[str], str]) -> None:
        self._belt = belt
        self._known = known
        self._key = key
        self._shards = belt.key("ingest", "alike", "")
        self._gather = belt.client.register_script((LUA / "gather.lua").read_text())

    @property
    def revisit(self) -> str:
        """A sorted set of near-duplicates whose original is gone, those that came first before the others."""
        return self._belt.key("ingest", "revisit")

    async def unseen(self, decision: Changed) -> Judged:
        """The change, if nothing that is known shares a bucket with it: most documents are like no other."""
        document = decision.document
        here = await _places(document, await _words_of(document))
        own = b32decode(document.id.upper())
        return Judged(decision, (), tuple([Swap(self._shard(shard), field, b"", own) for shard, field in here]))

    async def judged(self, decision: Changed, before: Known | None, *, as_told: bool = False) -> Judged:
        """What the change repeats. `as_told`: what it says itself, as a backup does."""
        document, words = decision.document, await _words_of(decision.document)
        here = await _places(document, words) if _lives(decision) else ()
        there = await _standing(before)
        found = await self._found({*here, *there})
        original = await self._known(document.duplicate_of) if document.duplicate_of else None
        if _lives(decision) and not as_told:
            original = await self._original(document, words, found.sharing(here[1:]))
            update = {"duplicate_of": original.document.id if original else None}
            decision = replace(decision, document=document.model_copy(update=update))
        repeats = decision.document.duplicate_of
        standing = here if repeats is None else here[:1]
        writes = (
            *self._linked(decision, before),
            *self._orphaned(decision, before),
            *(self._doubted(decision.document, original) if as_told and repeats else ()),
        )
        swaps = self._moved(found, document.id, set(there) - set(standing), standing)
        held = (self.held(repeats, original),) if repeats and _lives(decision) else ()
        twin = await self._twin(document, found.sharing(here[:1]))
        return Judged(decision, writes, (*held, *swaps), twin)

    def held(self, identity: str, known: Known | None) -> Swap:
        """That a document is still as it was read."""
        version = str(known.version).encode() if known else b""
        return Swap(self._key(identity), "version", version, version)

    async def _found(self, places: Iterable[Bucket]) -> Found:
        asked = list(places)
        keys, fields = [self._shard(shard) for shard, _ in asked], [field for _, field in asked]
        values = await self._gather(keys=keys, args=fields) if asked else []
        return Found({place: value for place, value in zip(asked, values, strict=True) if value})

    async def _original(self, document: Document, words: Hashes, shared: Counter[str]) -> Known | None:
        """The most similar original, if it is similar enough; of equals the one that was accepted first."""
        del shared[document.id]
        best: tuple[float, datetime, str] = (-ALIKE, datetime.max.replace(tzinfo=UTC), "")
        found = None
        for name, count in shared.most_common(MOST_COMPARED):
            other = await self._known(name) if count >= LEAST_SHARED else None
            if other is None or other.state == State.RETRACTED or other.document.duplicate_of:
                continue
            place = (-jaccard(words, await _words_of(other.document)), other.document.received_at, name)
            if place < best:
                best, found = place, other
        return found

    async def _twin(self, document: Document, names: Iterable[str]) -> Document | None:
        for name in names:
            other = await self._known(name) if name != document.id else None
            if other and other.state == State.ACCEPTED and other.document.content_hash == document.content_hash:
                return other.document
        return None

    def _moved(self, found: Found, name: str, leaves: Iterable[Bucket], enters: Iterable[Bucket]) -> tuple[Swap, ...]:
        """Take a document from buckets and put it into others."""
        own = b32decode(name.upper())
        left = [(place, [each for each in found.octets(place) if each != own]) for place in leaves]
        standing = ((place, found.octets(place)) for place in enters)
        entered = [
            (place, [*(each for each in others if each != own), own][-MOST_IN_BUCKET:]) for place, others in standing
        ]
        return tuple(
            Swap(self._shard(shard), field, found.packed.get((shard, field), b""), b"".join(octets))
            for (shard, field), octets in (*left, *entered)
        )

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

    def _doubted(self, document: Document, original: Known | None) -> tuple[Command, ...]:
        """A near-duplicate came back from a backup: if its original is known and is none, it is to be looked at again."""
        if original is None or (original.state == State.ACCEPTED and not original.document.duplicate_of):
            return ()
        return (("ZADD", self.revisit, int(document.received_at.timestamp() * 1000), document.id),)

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
