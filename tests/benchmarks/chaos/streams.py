"""What stands on a belt's streams, seen from outside."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import redis
from redis.exceptions import RedisError

from shared.events import BELT

PAGE = 1_000
RENEWED_SECONDS = 5.0
STREAM_OF = {group: stream for stream, group in BELT.items()}


class Tally:
    """Counts how often `mark` stands in a file that only grows; reads each byte once."""

    def __init__(self, path: Path, mark: bytes) -> None:
        self._path = path
        self._mark = mark
        self._rest = b""
        self._read = 0
        self._counted = 0

    def count(self) -> int:
        """As of now."""
        if self._path.exists():
            with self._path.open("rb") as file:
                file.seek(self._read)
                new = file.read()
            self._read += len(new)
            whole, _, self._rest = (self._rest + new).rpartition(b"\n")
            self._counted += (whole + b"\n").count(self._mark)
        return self._counted


class Streams:
    """Reads the four streams and their groups; `prefix` stands before every key."""

    def __init__(self, client: redis.Redis, prefix: str) -> None:
        self.client: Any = client
        self.prefix = prefix
        self._position: bytes | None = None
        self._moved = 0.0

    def entries(self, stream: str) -> Iterator[dict[bytes, bytes]]:
        """Every entry of a stream."""
        start = "-"
        while page := self.client.xrange(self.prefix + stream, start, "+", count=PAGE):
            yield from (fields for _, fields in page)
            start = f"({page[-1][0].decode()}"

    def events(self, stream: str) -> Iterator[dict[str, Any]]:
        """Every event of a stream."""
        return (json.loads(fields[b"event"]) for fields in self.entries(stream))

    def pending(self, stream: str) -> int:
        """Entries that were delivered to the stream's group and not acknowledged."""
        return int(self.client.xpending(self.prefix + stream, BELT[stream])["pending"])

    def unbalanced(self, stream: str) -> int:
        """By how much the entries of a stream and the marks of its group differ."""
        marks = self.client.zcard(f"{self.prefix}done:{stream}:{BELT[stream]}")
        return abs(int(self.client.xlen(self.prefix + stream)) - int(marks))

    def held_by(self, group: str) -> int:
        """Entries in the hands of a group, as far as it can be told just now."""
        try:
            return self.pending(STREAM_OF[group]) if group in STREAM_OF else 0
        except RedisError:
            return 0

    def positions(self) -> list[tuple[bytes, int]]:
        """For each group the last entry that it was given, and how many are pending."""
        groups = (self.client.xinfo_groups(self.prefix + stream) for stream in BELT)
        return [(group["last-delivered-id"], group["pending"]) for found in groups for group in found]

    def left(self) -> int:
        """Entries pending or not yet delivered, counted in the order of the flow; of the latter one page at most."""
        return sum(self.pending(stream) + self._unread(stream) for stream in BELT)

    def _unread(self, stream: str) -> int:
        key = self.prefix + stream
        position = next(
            each["last-delivered-id"] for each in self.client.xinfo_groups(key) if each["name"].decode() == BELT[stream]
        )
        return len(self.client.xrange(key, b"(" + position, "+", count=PAGE))

    def renewing(self) -> int:
        """1 as long as related lists change: until some seconds after the last commit."""
        position = self.client.get(f"{self.prefix}related:position")
        if position != self._position:
            self._position, self._moved = position, time.monotonic()
        return int(time.monotonic() - self._moved < RENEWED_SECONDS)

    def due(self, partners: Sequence[str]) -> int:
        """Deliveries that are not settled."""
        places = [(place, partner) for place in ("fresh", "due", "held") for partner in partners]
        return sum(self.client.zcard(f"{self.prefix}webhooks:{place}:{partner}") for place, partner in places)
