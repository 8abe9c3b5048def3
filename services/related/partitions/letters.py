"""Pure. What a batch asks of every share, what a share answers, and how both travel.

A letter is frames of bytes one after the other, each behind its length (u32, little-endian): the first is JSON.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.related.partitions.splitting import Found
from services.related.records import Record

LENGTH = struct.Struct("<I")

Counts = tuple[NDArray[np.uint32], NDArray[np.uint32]]
"""Terms, and in how many documents each of them stands."""
NO_COUNTS: Counts = (np.empty(0, np.uint32), np.empty(0, np.uint32))


@dataclass(frozen=True, slots=True)
class Wanted:
    """A document whose neighbours are looked for: its `count` nearest, and the lists that it may enter."""

    name: str
    record: Record
    count: int


@dataclass(frozen=True, slots=True)
class Question:
    """Asked of all shares as of one position and under one weighing.

    `subjects`: documents whose copies, and those that they are pinned to, are asked for. `leaving`: those whose holders
    are. `counting`: whether the terms should be counted.
    """

    nonce: str
    position: str
    weighing: str
    wanted: tuple[Wanted, ...] = ()
    subjects: tuple[str, ...] = ()
    leaving: tuple[str, ...] = ()
    counting: bool = False

    def pack(self) -> bytes:
        wanted = [(each.name, each.count) for each in self.wanted]
        head = [self.nonce, self.position, self.weighing, wanted, self.subjects, self.leaving, self.counting]
        return framed([_json(head), *(each.record.pack() for each in self.wanted)])

    @classmethod
    def unpack(cls, packed: bytes) -> Question:
        head, *records = frames(packed)
        nonce, position, weighing, wanted, subjects, leaving, counting = json.loads(head)
        asked = tuple(
            Wanted(name, Record.unpack(record), count) for (name, count), record in zip(wanted, records, strict=True)
        )
        return cls(nonce, position, weighing, asked, tuple(subjects), tuple(leaving), counting)


@dataclass(frozen=True, slots=True)
class Answer:
    """What one share has to say. `moved`: it stands elsewhere than it was asked for, and says nothing."""

    partition: int
    moved: bool = False
    found: tuple[Found, ...] = ()
    dependents: tuple[str, ...] = ()
    documents: int = 0
    waiting: int = 0
    counts: Counts = NO_COUNTS

    def pack(self) -> bytes:
        found = [(each.near, each.entered) for each in self.found]
        head = [self.partition, self.moved, found, self.dependents, self.documents, self.waiting]
        return framed([_json(head), *(each.astype("<u4").tobytes() for each in self.counts)])

    @classmethod
    def unpack(cls, packed: bytes) -> Answer:
        head, checksums, counts = frames(packed)
        partition, moved, found, dependents, documents, waiting = json.loads(head)
        each = tuple(Found(tuple((name, units) for name, units in near), tuple(entered)) for near, entered in found)
        counted = np.frombuffer(checksums, "<u4"), np.frombuffer(counts, "<u4")
        return cls(partition, moved, each, tuple(dependents), documents, waiting, counted)


def framed(parts: Iterable[bytes]) -> bytes:
    """Frames as one piece."""
    return b"".join(piece for part in parts for piece in (LENGTH.pack(len(part)), part))


def frames(packed: bytes) -> Iterator[bytes]:
    """The frames of a piece."""
    place = 0
    while place < len(packed):
        [length] = LENGTH.unpack_from(packed, place)
        yield packed[place + LENGTH.size : place + LENGTH.size + length]
        place += LENGTH.size + length


def _json(head: list[object]) -> bytes:
    return json.dumps(head, separators=(",", ":")).encode()
