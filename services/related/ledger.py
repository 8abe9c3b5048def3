"""Pure. How the index is kept in Redis, and what a batch writes there.

records   hash    document → its record, packed                   }
lists     hash    document → its list, packed                     } the whole state
curated   hash    document → an operator's choice for it, packed  }
position  string  "<revision>-<nonce>" of the last commit; absent before the first
log       zset    for each of the last commits its position and whose records, lists and choices it wrote; score: revision

The revision counts the commits. The nonce tells two histories apart that have come to the same number, as after a
FLUSHALL or when Redis lost its last second: who finds its own position in the log is a true beginning of what follows,
and anyone else reads everything.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from services.related.index import Index
from shared.steps import Command, Word

NOWHERE = ""
"""The position before the first commit."""
LOGGED_COMMITS = 1000
PAIRS_PER_COMMAND = 500
"""Lua's unpack, by which the commit script calls a command, ends at about 8,000 words (LUAI_MAXCSTACK)."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The six keys; `lock` only keeps two processes from deciding at once, what is right never rests on it."""

    records: str
    lists: str
    curated: str
    position: str
    log: str
    lock: str

    @classmethod
    def of(cls, key: Callable[..., str]) -> Keys:
        return cls(*(key("related", name) for name in ("records", "lists", "curated", "position", "log", "lock")))


@dataclass(frozen=True, slots=True)
class Commit:
    """One entry of the log."""

    position: str
    records: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    curated: tuple[str, ...] = ()

    def pack(self) -> bytes:
        return json.dumps([self.position, self.records, self.lists, self.curated], separators=(",", ":")).encode()

    @classmethod
    def unpack(cls, packed: bytes) -> Commit:
        position, *parts = json.loads(packed)
        return cls(position, *map(tuple, parts))


def revision_of(position: str) -> int:
    """The number of commits up to `position`."""
    return int(position.partition("-")[0]) if position else 0


def position_after(position: str, nonce: str) -> str:
    """The position of the next commit."""
    return f"{revision_of(position) + 1}-{nonce}"


def writes(index: Index, keys: Keys, *, before: str, position: str) -> tuple[Command, ...]:
    """What makes the trial of `index` last as the commit from `before` to `position`; it bears being repeated."""
    records, lists, curated = index.trial.records, index.trial.lists, index.trial.curated
    packed = ((document_id, record.pack()) for document_id in records if (record := index.record(document_id)))
    held = index.held_all(lists)
    choices = {document_id: index.curation.of(document_id) for document_id in curated}
    commit = Commit(position, tuple(records), tuple(lists), tuple(curated))
    return (
        *([("DEL", keys.records, keys.lists, keys.log)] if before == NOWHERE else []),
        *_commands("HSET", keys.records, packed),
        *_commands("HSET", keys.lists, ((document_id, row.pack()) for document_id, row in held.items() if row)),
        *_commands("HDEL", keys.lists, ((document_id,) for document_id, row in held.items() if not row)),
        *_commands("HSET", keys.curated, ((name, choice.pack()) for name, choice in choices.items())),
        ("ZADD", keys.log, revision_of(position), commit.pack()),
        ("ZREMRANGEBYRANK", keys.log, 0, -LOGGED_COMMITS - 1),
    )


def _commands(name: str, key: str, arguments: Iterable[tuple[Word, ...]]) -> Iterator[Command]:
    pending = list(arguments)
    for start in range(0, len(pending), PAIRS_PER_COMMAND):
        part = pending[start : start + PAIRS_PER_COMMAND]
        yield (name, key, *(word for words in part for word in words))
