"""Pure. What is remembered of a document: its version, its title and its vector, and how that is packed into bytes.

A vector is frozen when its document arrives: tf-idf with the frequencies of that moment. Recomputing all of them at the
end changes 6 % of the places in all lists (4,400 and 22,500 pages) and 0.001 of their precision; freezing them keeps
the lists a plain function of the vectors. Weights are whole numbers, so a similarity is a sum of whole numbers: exact,
whatever the order, and the same seen from both sides.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.related.terms import Numbers, Terms

UNIT = 1 << 15
"""A weight of 1; a vector has the length 1, so two equal ones have the similarity UNIT², which still fits 32 bits."""
HEAVIEST = 128
"""Terms kept per document, the heaviest; 100 to 400 are equally good, and a query touches a fifth of what 400 touch."""
HEADER = struct.Struct("<I?HH")


@dataclass(frozen=True, slots=True)
class Vector:
    """Distinct terms in ascending order with their weights in parts of `UNIT`."""

    terms: NDArray[np.uint32]
    weights: NDArray[np.uint16]


NOTHING = Vector(np.empty(0, np.uint32), np.empty(0, np.uint16))


@dataclass(frozen=True, slots=True)
class Record:
    """A document as the index knows it; a retracted one keeps its version, so that no old event brings it back."""

    version: int
    title: str = ""
    vector: Vector = NOTHING
    retracted: bool = False

    def pack(self) -> bytes:
        """Little-endian: version u32, retracted u8, title's bytes u16, terms u16.

        Then title, terms u32, weights u16.
        """
        title = self.title.encode(errors="replace")[:0xFFFF]
        head = HEADER.pack(self.version, self.retracted, len(title), len(self.vector.terms))
        terms, weights = self.vector.terms.astype("<u4"), self.vector.weights.astype("<u2")
        return head + title + terms.tobytes() + weights.tobytes()

    @classmethod
    def unpack(cls, packed: bytes) -> Record:
        version, retracted, title_size, count = HEADER.unpack_from(packed)
        start = HEADER.size + title_size
        terms = np.frombuffer(packed, "<u4", count, start)
        weights = np.frombuffer(packed, "<u2", count, start + 4 * count)
        return cls(version, packed[HEADER.size : start].decode(errors="ignore"), Vector(terms, weights), retracted)


@dataclass(frozen=True, slots=True)
class Held:
    """A document's list as it is kept: (id, similarity in parts of UNIT²), best first, longer than what is shown.

    `whole`: it holds every document above the floor. Otherwise it is the true beginning of a longer one.
    """

    nearest: tuple[tuple[str, int], ...]
    whole: bool

    def pack(self) -> bytes:
        return json.dumps([self.whole, self.nearest], separators=(",", ":")).encode()

    @classmethod
    def unpack(cls, packed: bytes) -> Held:
        whole, nearest = json.loads(packed)
        return cls(tuple((neighbour, units) for neighbour, units in nearest), whole)


def weigh(terms: Terms, frequencies: Numbers, documents: int) -> Vector:
    """The vector of `terms`, each found in `frequencies` of the `documents` that are there already.

    tf-idf with (1 + ln tf) · ln(1 + (N + 1) / (df + 1)), cut to the heaviest terms, of length 1.
    """
    weights = terms.strengths * np.log1p((documents + 1) / (frequencies + 1))
    numbers = terms.numbers
    if len(numbers) > HEAVIEST:
        kept = np.sort(np.argsort(-weights, kind="stable")[:HEAVIEST])
        numbers, weights = numbers[kept], weights[kept]
    length = np.sqrt(np.square(weights).sum()) or 1.0
    return Vector(numbers.astype(np.uint32), np.rint(weights / length * UNIT).astype(np.uint16))
