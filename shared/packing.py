"""A Redis client for the belt: redis-py's, with commands packed and sent in half of its time."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff

from shared.errors import Unfit

CONNECTIONS = 256
FLOODED_BYTES = 65_536
"""From here on a transport of asyncio or uvloop tells its writers to wait (FLOW_CONTROL_HIGH_WATER_PLAINTEXT, in KiB: 64)."""

NO_ADDRESS = (
    "SYNDICATE_REDIS_URL is no address of a Redis: redis://:PASSWORD@HOST:PORT/NUMBER, rediss://… with TLS, or unix:///PATH; "
    "a sign like / # @ in a password is written %2F %23 %40"
)

SHORT_BYTES = 128
"""Most of a step's words are shorter, in bytes; what stands before those is not printed again each time."""
LENGTHS = tuple(b"\r\n$%d\r\n" % length for length in range(SHORT_BYTES))


def connect(url: str) -> Any:
    """A client whose short retries hide a blink of Redis; longer absences are for the loops to wait out. Raises Unfit for no address."""
    retry = Retry(ExponentialBackoff(cap=0.5, base=0.05), 3)
    try:
        client = Redis.from_url(url, retry=retry, max_connections=CONNECTIONS)
        client.connection_pool.connection_class(**client.connection_pool.connection_kwargs)
        numbered = url.startswith("unix:") or not (path := urlsplit(url).path.strip("/")) or path.isdecimal()
    except (ValueError, TypeError):
        numbered = False
    if not numbered:
        raise Unfit(NO_ADDRESS)  # and not which: it may hold a password
    pool = client.connection_pool
    pool.connection_class = _packing(pool.connection_class)
    return client


def _packing(plain: type[AbstractConnection]) -> type[AbstractConnection]:
    """The same kind of connection (TCP, TLS, socket) that packs and sends its commands itself.

    A step of the belt has some thirty words, and joining them one by one to a growing buffer, as redis-py 8.1 does, was a sixth of the
    consumers' time. And it sends each command in a task of its own with a time limit, also when the socket takes it at once, which was
    a quarter of a GET.
    """

    class Packing(plain):  # type: ignore[misc, valid-type]
        def pack_command(self, name: Any, *words: Any) -> list[bytes]:
            """A command in the protocol of Redis: an array of bulk strings (RESP, "Sending commands to a Redis server")."""
            parts = name.encode().split() if isinstance(name, str) else name.split()  # XGROUP CREATE is two words
            encode = self.encoder.encode
            # Each number of a step by redis-py's way took as long as ten words.
            parts += [
                word
                if type(word) is bytes
                else word.encode()
                if type(word) is str
                else b"%d" % word
                if type(word) is int
                else encode(word)
                for word in words
            ]
            pieces = [b"*%d" % len(parts)]
            for part in parts:
                length = len(part)
                pieces += (LENGTHS[length] if length < SHORT_BYTES else b"\r\n$%d\r\n" % length, part)
            # In one piece: asyncio would join several, and copying a batch's 300 kB again costs as much as packing them.
            return [b"".join((*pieces, b"\r\n"))]

        async def send_packed_command(self, command: Any, check_health: bool = True) -> None:  # noqa: FBT001, FBT002 - redis-py's
            """Write; only where so much is waiting that the transport asks for a pause is it waited for, within redis-py's time limit."""
            writer = self._writer
            if writer is None or writer.transport.is_closing() or self.health_check_interval:
                await super().send_packed_command(command, check_health)
                return
            writer.writelines(command)
            if writer.transport.get_write_buffer_size() > FLOODED_BYTES:
                await super().send_packed_command([], check_health=False)

    return Packing
