"""Pure. What the vector set's index keeps in Redis beside the records, lists and choices (ledger.py), and what a batch writes there.

vectors     vector set   each document that speaks for itself → its vector
counts      string       in how many documents each term stands (frequencies.py)
dependents  set, one for each document: who lists it, who pins it, whose original it is; they change when it does
searched    zset         documents by when their list was last searched; score: changes of the corpus before that
standing    string       the position (ledger.py) that all of this stands for; else it must be built anew
building    string       held by the process that does so
weights     string       by which weights of date and subject the lists were searched, or wait for it
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from services.related.choosing import NO_CHOICE, Curated
from services.related.index import Index
from services.related.ledger import Keys
from services.related.records import Held, Record
from services.related.vectors.likeness import DIMENSIONS, Rarity, projected
from shared.steps import Command

EFFORT = 50
"""Vectors that VADD compares a newcomer with; with its 200 it takes twice as long, and finds 0.3 % more of the nearest five."""


@dataclass(frozen=True, slots=True)
class VectorKeys:
    """The keys of this index; `shared` are those that an index in memory keeps as well."""

    shared: Keys
    vectors: str
    counts: str
    searched: str
    standing: str
    building: str
    weights: str
    dependents_of: Callable[[str], str]

    @classmethod
    def of(cls, key: Callable[..., str]) -> VectorKeys:
        """Vectors of another length would be others: their number stands in the names."""
        names = ("vectors", "counts", "searched", "standing", "building", "weights")
        vectors, counts, searched, standing, building, weights = (
            key("related", f"{name}{DIMENSIONS}") for name in names
        )

        def dependents_of(name: str) -> str:
            return key("related", "dependents", name)

        return cls(Keys.of(key), vectors, counts, searched, standing, building, weights, dependents_of)


def refers(record: Record | None, held: Held | None, choice: Curated | None) -> set[str]:
    """Whom a document depends on: those on its list, those that are pinned to it, its original."""
    listed = {near for near, _ in held.nearest} if held else set()
    original = {record.original} if record and record.original else set()
    return listed | original | {*(choice or NO_CHOICE).pinned}


def referring(keys: VectorKeys, document_id: str, before: set[str], after: set[str]) -> Iterator[Command]:
    """What tells those that a document depends on, or no longer depends on."""
    for other in sorted(after - before):
        yield ("SADD", keys.dependents_of(other), document_id)
    for other in sorted(before - after):
        yield ("SREM", keys.dependents_of(other), document_id)


def added(keys: VectorKeys, document_id: str, vector: bytes) -> Command:
    """What puts a vector into the set."""
    return ("VADD", keys.vectors, "FP32", vector, document_id, "EF", EFFORT)


def placing(keys: VectorKeys, index: Index, document_ids: Iterable[str], rarity: Rarity) -> Iterator[Command]:
    """What puts each of these into the vector set, or takes it out if it is gone, is silent or has no words."""
    for document_id in document_ids:
        slot, record = index.documents.slot.get(document_id), index.record(document_id)
        if slot is None or record is None or index.documents.silent[slot] or not len(record.terms.numbers):
            yield ("VREM", keys.vectors, document_id)
        else:
            yield added(keys, document_id, projected(record.terms, rarity))


def dating(keys: VectorKeys, index: Index, document_ids: Iterable[str], changes: int) -> Iterator[Command]:
    """What tells that the lists of these were searched just now, or are gone."""
    for document_id in document_ids:
        if document_id in index.documents.slot:
            yield ("ZADD", keys.searched, changes, document_id)
        else:
            yield ("ZREM", keys.searched, document_id)


def linking(
    keys: VectorKeys, index: Index, before: Mapping[str, set[str]], document_ids: Iterable[str]
) -> Iterator[Command]:
    """What keeps the dependents of all that these depend on, or did `before`."""
    for document_id in document_ids:
        after = refers(index.record(document_id), index.held(document_id), index.curation.of(document_id))
        yield from referring(keys, document_id, before.get(document_id, set()), after)
