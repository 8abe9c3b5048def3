"""Pure. What the partitions keep in Redis beside the records, lists, choices and the log (ledger.py).

tally     string  position, documents, changes since the last count, and under which weighing that was; of the last commit
weighing  string  how many documents have each term, as of the last count (weighing.py)
lease     string, one for each partition: which process holds it
asked     list,   one for each partition: the questions to it
answers   list,   one for each question: what the partitions answer; it expires

The number of partitions stands in the names of the last three: processes that disagree about it do not hear each other,
and split the same records each in their way.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from services.related.ledger import NOWHERE, Keys
from services.related.partitions.weighing import UNCOUNTED


@dataclass(frozen=True, slots=True)
class PartitionKeys:
    """The keys of this index; `shared` are those that an index in memory keeps as well."""

    shared: Keys
    tally: str
    weighing: str
    lease: Callable[[int], str]
    asked: Callable[[int], str]
    answers: Callable[[str], str]

    @classmethod
    def of(cls, key: Callable[..., str], partitions: int) -> PartitionKeys:
        def of_partition(name: str, each: int | str) -> str:
            return key("related", name, str(partitions), str(each))

        return cls(
            Keys.of(key),
            key("related", "tally"),
            key("related", "weighing"),
            partial(of_partition, "lease"),
            partial(of_partition, "asked"),
            partial(of_partition, "answers"),
        )


@dataclass(frozen=True, slots=True)
class Tally:
    """How much has changed since the terms were counted."""

    position: str = NOWHERE
    documents: int = 0
    changes: int = 0
    weighing: str = UNCOUNTED

    def pack(self) -> bytes:
        return json.dumps([self.position, self.documents, self.changes, self.weighing]).encode()

    @classmethod
    def unpack(cls, packed: bytes) -> Tally:
        return cls(*json.loads(packed))

    def after(self, position: str, *, came: int, went: int) -> Tally:
        """At the next commit."""
        return Tally(position, self.documents + came - went, self.changes + came + went, self.weighing)

    def outdated(self, position: str, one_in: int) -> bool:
        """Whether one document in so many came or went since, or another index wrote, which counts nothing."""
        if position == NOWHERE:
            return False
        return position != self.position or (self.changes > 0 and self.changes * one_in >= self.documents)
