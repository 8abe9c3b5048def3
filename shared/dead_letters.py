"""What was buried: list it, put it back, or let it go."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict, dataclass

from shared.streams import Belt

LONGEST_LIST = 1000
READ_AT_ONCE = 100
"""Each may be as large as a document."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An entry that could not be done: where it stood, at which stage it failed, why, and after how many deliveries."""

    id: str
    stream: str
    stage: str
    error: str
    deliveries: int
    entry: str
    bytes: int

    def facts(self) -> dict[str, object]:
        return asdict(self)


async def list_dead(belt: Belt, *, limit: int = 100) -> list[DeadLetter]:
    """The newest dead letters first."""
    rows = await belt.client.xrevrange(belt.dead_key, count=min(limit, LONGEST_LIST))
    return [_read(row_id.decode(), fields) for row_id, fields in rows]


async def every_id(belt: Belt) -> AsyncIterator[str]:
    """The ids of all that are there now, the oldest first; those that join meanwhile are not among them."""
    newest = await belt.client.xrevrange(belt.dead_key, count=1)
    first, last = b"-", newest[0][0] if newest else b"-"
    while rows := await belt.client.xrange(belt.dead_key, first, last, count=READ_AT_ONCE):
        for row_id, _ in rows:
            yield row_id.decode()
        first = b"(" + rows[-1][0]


async def replay(belt: Belt, letter_id: str) -> str | None:
    """Put a dead letter back onto its stream, atomically; the new entry's id, or None if there is no such letter."""
    rows = await belt.client.xrange(belt.dead_key, letter_id, letter_id)
    if not rows:
        return None
    stream = rows[0][1][b"dead:stream"].decode()
    group = rows[0][1][b"dead:group"].decode()
    done = belt.key("done", stream.removeprefix(belt.key("")), group)
    entry: bytes = await belt.scripts.run("replay", [belt.dead_key, stream, done], [letter_id])
    return entry.decode() or None


async def drop(belt: Belt, letter_id: str) -> bool:
    """Let a dead letter go for good; whether it was there."""
    return bool(await belt.client.xdel(belt.dead_key, letter_id))


def _read(letter_id: str, fields: Mapping[bytes, bytes]) -> DeadLetter:
    def text(name: bytes) -> str:
        return fields.get(b"dead:" + name, b"").decode(errors="replace")

    size = sum(len(value) for name, value in fields.items() if not name.startswith(b"dead:"))
    return DeadLetter(
        letter_id, text(b"stream"), text(b"stage"), text(b"error"), int(text(b"deliveries") or 0), text(b"entry"), size
    )
