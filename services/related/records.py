"""Pure. What is remembered of a document, and how that is packed into bytes.

A record depends on its document alone, never on the others: how rare a term is, is looked up when it is compared
(corpus.py), so that records never grow old.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np
from pydantic import TypeAdapter

from services.related.terms import NOTHING, Terms

HEADER = struct.Struct("<I?iHHHHH")
UNDATED = -1
"""The day of a document that says none; days are counted from 1 January of the year 1."""

KEPT = TypeAdapter(tuple[bool, tuple[tuple[str, int], ...], tuple[str, ...]])
"""A list in JSON: whole, nearest, passed over; so it takes a fifth of what the standard library takes."""


@dataclass(frozen=True, slots=True)
class Record:
    """A document as the index knows it; a retracted one keeps its version, so that no old event brings it back.

    `keys`: some of its terms in words, a line each, to give as reasons. `original`: the document that it nearly repeats.
    `meaning`: what it means, as a vector of signed bytes; empty if that was not asked for when it came.
    """

    version: int
    title: str = ""
    terms: Terms = NOTHING
    retracted: bool = False
    day: int = UNDATED
    subject: str = ""
    original: str = ""
    keys: str = ""
    meaning: bytes = b""

    def pack(self) -> bytes:
        """Little-endian: version u32, retracted u8, day i32, sizes u16 of what follows.

        Then title, subject, original, keys, terms u32, strengths u8, and what is left is the meaning.
        """
        texts = [
            text.encode(errors="replace")[:0xFFFF] for text in (self.title, self.subject, self.original, self.keys)
        ]
        count = len(self.terms.numbers)
        head = HEADER.pack(self.version, self.retracted, self.day, *map(len, texts), count)
        terms = self.terms.numbers.astype("<u4").tobytes(), self.terms.strengths.tobytes()
        return b"".join([head, *texts, *terms, self.meaning])

    @classmethod
    def unpack(cls, packed: bytes) -> Record:
        version, retracted, day, *sizes, count = HEADER.unpack_from(packed)
        place, texts = HEADER.size, []
        for size in sizes:
            texts.append(packed[place : place + size].decode(errors="ignore"))
            place += size
        title, subject, original, keys = texts
        terms = Terms(
            np.frombuffer(packed, "<u4", count, place), np.frombuffer(packed, np.uint8, count, place + 4 * count)
        )
        return cls(version, title, terms, retracted, day, _one(subject), original, keys, packed[place + 5 * count :])


@dataclass(frozen=True, slots=True)
class Held:
    """A document's list as it is kept: (id, closeness in millionths), best first, longer than what is shown.

    `whole`: it holds every document above the floor. Otherwise it is the beginning of a longer one. `passed_over`: those
    who are not shown, because they say what a closer one says.
    """

    nearest: tuple[tuple[str, int], ...]
    whole: bool
    passed_over: tuple[str, ...] = ()

    def pack(self) -> bytes:
        return KEPT.dump_json((self.whole, self.nearest, self.passed_over))

    @classmethod
    def unpack(cls, packed: bytes) -> Held:
        whole, nearest, passed_over = KEPT.validate_json(packed)
        return cls(nearest, whole, passed_over)


def day_of(published: date | None) -> int:
    """The day as a number; UNDATED if there is none."""
    return published.toordinal() if published else UNDATED


@lru_cache(maxsize=1 << 12)
def _one(subject: str) -> str:
    """The same object for the same name: there are few subjects and many records."""
    return subject
