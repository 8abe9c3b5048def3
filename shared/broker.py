"""FastStream's Redis broker, reading through a client that never gives up and never reads past a group's beginning.

FastStream 0.7.8 by itself creates groups at `$` (what was published before is never delivered), stops for good when a group is
gone, and spins without a pause on any other error of the server. All three come from what its client answers; so the client is
what we give it.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Mapping
from typing import Any, Self

from faststream.message import StreamMessage
from faststream.redis import RedisBroker, StreamSub
from faststream.redis.configs.state import ConnectionState
from redis.exceptions import ConnectionError as Unreachable
from redis.exceptions import OutOfMemoryError, RedisError, ResponseError
from redis.exceptions import TimeoutError as TimedOut

from shared.logs import log

FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 2.0
PATIENCE_SECONDS = 60.0
SHORTEST_TURN_SECONDS = 0.015
"""What comes within this time of the last batch is read together. A batch of one event costs four times as much for each as one of ten
(0.46 against 0.17 ms), and at 200 events a second they would come one by one. Whoever comes first after a rest does not wait, nor does
anybody behind a batch that was full."""

LOGGER = logging.getLogger("faststream")

RawEntry = tuple[bytes, Mapping[bytes, bytes]]


class SteadyReads:
    """A Redis client for FastStream's read loop: every other command goes straight through.

    A read that fails is answered with "nothing came" after a growing pause; a group that is gone is made again at 0.
    For each (stream, group), in monotonic seconds: `last_try`, when the loop last came round; `last_read`, when the server answered.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._failures: dict[tuple[str, str], int] = {}
        self._next_turn: dict[tuple[str, str], float] = {}
        self.last_try: dict[tuple[str, str], float] = {}
        self.last_read: dict[tuple[str, str], float] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    async def aclose(self) -> None:
        """Leave the client to its owner, who closes it last."""

    async def ping(self) -> bool:
        """Yes: FastStream asks before it reads and gives up on an error; whether Redis is there, the reads find out."""
        return True

    async def xgroup_create(self, name: str, groupname: str, **_: object) -> bool:
        """Make the group at 0, whatever FastStream asks for, unless it is there already; wait for a Redis that is away."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return await self._create(name, groupname)
            except (Unreachable, TimedOut) as error:
                if time.monotonic() > deadline:
                    raise
                log.warning("group.delayed", stream=name, group=groupname, error=str(error)[:200])
                await asyncio.sleep(FIRST_PAUSE_SECONDS)

    async def _create(self, stream: str, group: str) -> bool:
        try:
            await self._client.xgroup_create(stream, group, id="0", mkstream=True)
        except OutOfMemoryError:
            # Redis is full and says so before it looks; what is there can be read all the same, and served.
            if not await self._there(stream, group):
                raise
            return False
        except ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise
            return False
        return True

    async def _there(self, stream: str, group: str) -> bool:
        try:
            groups = await self._client.xinfo_groups(stream)
        except ResponseError:
            return False
        return group.encode() in {each["name"] for each in groups}

    async def xreadgroup(self, groupname: str, consumername: str, streams: Mapping[str, str], **options: Any) -> Any:
        stream = next(iter(streams))
        if (rest := self._next_turn.get((stream, groupname), 0.0) - time.monotonic()) > 0:
            await asyncio.sleep(rest)
        self.last_try[stream, groupname] = time.monotonic()
        try:
            reply = await self._client.xreadgroup(groupname, consumername, streams, **options)
        except RedisError as error:
            if "NOGROUP" in str(error) and await self._remade(stream, groupname):
                return []
            await self._pause(stream, groupname, error)
            return []
        self._failures.pop((stream, groupname), None)
        self.last_read[stream, groupname] = time.monotonic()
        if reply and len(reply[0][1]) < options["count"]:
            self._next_turn[stream, groupname] = time.monotonic() + SHORTEST_TURN_SECONDS
        return reply

    async def _remade(self, stream: str, group: str) -> bool:
        try:
            await self._create(stream, group)
        except RedisError:
            return False
        log.warning("group.remade", stream=stream, group=group)
        return True

    async def _pause(self, stream: str, group: str, error: RedisError) -> None:
        failures = self._failures[stream, group] = self._failures.get((stream, group), -1) + 1
        seconds = pause_after(failures)
        log.warning(
            "stream.unreadable", stream=stream, group=group, error=str(error)[:200], next_try_in_s=round(seconds, 2)
        )
        await asyncio.sleep(seconds)


def pause_after(failures: int) -> float:
    """Seconds to wait after this many failures in a row: doubling, with jitter, bounded."""
    longest: float = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** min(failures, 10))
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, not a secret


def cancelled() -> bool:
    """Whether the running task has been asked to end.

    Loops ask before each turn: asyncio.wait_for of Python 3.11, through which redis-py sends every command, loses a cancellation that
    meets a finished send (python/cpython#86296).
    """
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


class _Given(ConnectionState[Any]):
    """A connection that exists already."""

    def __init__(self, client: Any) -> None:
        super().__init__({})
        self._given = client

    async def connect(self) -> Any:
        self._client = self._given
        self._connected = True
        return self._client


class Source(StreamSub):
    """A stream to read. FastStream copies its own deeply, twice for each batch, to put a prefix before its name; ours has none."""

    __slots__ = ()

    def add_prefix(self, prefix: str) -> Self:
        if prefix:
            raise ValueError("a belt's keys are written out in full")
        return self


class BeltBroker(RedisBroker):
    """A broker on a client that is handed in."""

    def __init__(self, reads: SteadyReads, *, graceful_timeout: float) -> None:
        self._reads = reads
        super().__init__("redis://unused", apply_types=False, graceful_timeout=graceful_timeout, logger=LOGGER)

    def _make_connection_state(self, *_: Any) -> ConnectionState[Any]:
        return _Given(self._reads)


async def as_read(message: Any) -> StreamMessage[Any]:
    """Parser: keep the batch as it was read; FastStream's own would decode every body to JSON and back."""
    return StreamMessage(raw_message=message, body=message)


async def entries_of(message: StreamMessage[Any]) -> list[RawEntry]:
    """Decoder: the batch's entries as (id, fields)."""
    return list(zip(message.raw_message["message_ids"], message.raw_message["data"], strict=True))
