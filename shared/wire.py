"""HTTP/1.1 to others in a third of aiohttp's time: guarded at every dial, bounded in time and bytes, nothing followed, nothing kept.

Names are looked up once at a time for each host, in threads of their own: one whose servers do not answer holds one thread and
nobody else. Connections are kept and reused for less than the 5 s after which common servers close them; a request whose reused
connection ended before the first byte of an answer goes once more over a new one (its message has an id that the receiver knows).
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, lru_cache
from ipaddress import ip_address
from typing import Any

from yarl import URL

from shared.addresses import Network, literal, refusal
from shared.http_answer import Answering, BadAnswer
from shared.outbound import IDLE_SECONDS, AddressRefused

LOOKUP_THREADS = 32
LOOKUP_KEPT_SECONDS = 5.0
ADDRESS_SECONDS = 5.0
"""How long one of several addresses of a name may take to let us in."""

SENDABLE = re.compile(r"https?://[\[\]A-Za-z0-9.:-]+([/?][!-~]*)?")
"""Nothing in it has to be encoded, and nothing could end the request's first line."""

Info = tuple[int, int, int, str, Any]


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes, worked out of its URL once. `head`: the beginning of the request behind the method."""

    host: str
    port: int
    secure: bool
    head: bytes


class NameNotFound(OSError):
    """The name has no address."""


class DialFailed(OSError):
    """No address of the name let us in."""


class Dropped(OSError):
    """The connection ended before a whole answer. `unheard`: not a byte of it had come."""

    def __init__(self, *, unheard: bool) -> None:
        super().__init__("connection lost")
        self.unheard = unheard


@lru_cache(maxsize=4_096)
def target_of(url: str) -> Target:
    """The target of an http(s) URL, in the form that goes over the wire (RFC 3986; IDNA for the host).

    What can go over the wire as it stands does: who made the URL knows what %2F, // and .. mean in it, and nobody else does.
    """
    parts = URL(url, encoded=SENDABLE.fullmatch(url) is not None)
    if parts.raw_host is None or parts.port is None:
        raise ValueError("not an absolute URL")
    host = f"[{parts.raw_host}]" if ":" in parts.raw_host else parts.raw_host
    place = host if parts.is_default_port() else f"{host}:{parts.port}"
    head = f" {parts.raw_path_qs} HTTP/1.1\r\nhost: {place}\r\n".encode("ascii")
    return Target(parts.raw_host, parts.port, parts.scheme == "https", head)


class Connection(asyncio.Protocol):
    """One connection; one exchange at a time."""

    def __init__(self) -> None:
        self.idle_since = 0.0
        self._transport: Any = None
        self._answer: Answering | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._heard = False
        self.closed = False

    async def exchange(self, request: bytes, answer: Answering) -> None:
        """Send and read. Raises Dropped or BadAnswer; whoever cancels must abort."""
        self._answer, self._heard = answer, False
        self._waiter = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        await self._waiter

    def abort(self) -> None:
        """End it at once."""
        self.closed = True
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        answer = self._answer
        if answer is None:  # nobody asked
            self.abort()
            return
        self._heard = True
        try:
            if answer.feed(data):
                self._end(None)
        except BadAnswer as error:
            self._end(error)

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True
        if self._answer is None:
            return
        try:
            whole = exc is None and self._heard and self._answer.close()
        except BadAnswer:
            whole = False
        # What is wrong with the body changes nothing: the status said it all.
        self._end(None if whole or self._answer.begun else Dropped(unheard=not self._heard))

    def _end(self, error: Exception | None) -> None:
        answer, waiter = self._answer, self._waiter
        self._answer = self._waiter = None
        if error or not answer or not answer.reusable:
            self.abort()
        if waiter and not waiter.done():
            if error:
                waiter.set_exception(error)
            else:
                waiter.set_result(None)


class Wire:
    """Connections of one event loop to whatever `allowed` and the public networks hold."""

    def __init__(self, allowed: Sequence[Network], *, total_seconds: float) -> None:
        self._allowed = tuple(allowed)
        self._total_seconds = total_seconds
        self._idle: dict[tuple[str, int, bool], list[Connection]] = {}
        self._lookups: dict[tuple[str, int], asyncio.Task[list[Info]]] = {}
        self._sweep: asyncio.TimerHandle | None = None

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        context.set_alpn_protocols(["http/1.1"])
        return context

    @cached_property
    def _threads(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(LOOKUP_THREADS, thread_name_prefix="lookup")

    async def exchange(self, target: Target, request: bytes, answer: Answering) -> None:
        """Send a request and read its answer, within the total time. Raises OSError, ValueError."""
        async with asyncio.timeout(self._total_seconds):
            if reused := self._reusable(target):
                try:
                    await self._over(reused, target, request, answer)
                    return
                except Dropped as error:
                    if not error.unheard:
                        raise
            await self._over(await self._dial(target), target, request, answer)

    async def _over(self, connection: Connection, target: Target, request: bytes, answer: Answering) -> None:
        try:
            await connection.exchange(request, answer)
        except BaseException:
            connection.abort()
            raise
        if not connection.closed:
            self._keep(connection, target)

    def _keep(self, connection: Connection, target: Target) -> None:
        loop = asyncio.get_running_loop()
        connection.idle_since = loop.time()
        self._idle.setdefault((target.host, target.port, target.secure), []).append(connection)
        if self._sweep is None:
            self._sweep = loop.call_later(IDLE_SECONDS, self._let_go, loop.time)

    def _reusable(self, target: Target) -> Connection | None:
        found = self._idle.get((target.host, target.port, target.secure))
        oldest = asyncio.get_running_loop().time() - IDLE_SECONDS
        while found:
            connection = found.pop()
            if not connection.closed and connection.idle_since > oldest:
                return connection
            connection.abort()
        return None

    def _let_go(self, now: Callable[[], float]) -> None:
        oldest, self._sweep = now() - IDLE_SECONDS, None
        for place, found in list(self._idle.items()):
            for connection in found:
                if connection.idle_since <= oldest:
                    connection.abort()
            found[:] = [connection for connection in found if not connection.closed]
            if not found:
                del self._idle[place]
        if self._idle:
            self._sweep = asyncio.get_running_loop().call_later(IDLE_SECONDS / 2, self._let_go, now)

    async def _dial(self, target: Target) -> Connection:
        failure: OSError = NameNotFound("name not found")
        found = await self._addresses(target)
        for left, info in zip(reversed(range(len(found))), found, strict=True):
            try:
                async with asyncio.timeout(ADDRESS_SECONDS if left else None):
                    return await self._connected(info, target)
            except OSError as error:  # TimeoutError is one
                failure = error
        raise failure

    async def _connected(self, info: Info, target: Target) -> Connection:
        family, kind, protocol, _, address = info
        if reason := refusal(ip_address(address[0]), self._allowed):
            raise AddressRefused(reason)
        loop, door = asyncio.get_running_loop(), socket.socket(family, kind, protocol)
        try:
            door.setblocking(False)
            await loop.sock_connect(door, address)
        except OSError as error:
            door.close()
            raise DialFailed("connection failed") from error
        except BaseException:
            door.close()
            raise
        secure = {"ssl": self._tls, "server_hostname": target.host} if target.secure else {}
        _, connection = await loop.create_connection(Connection, sock=door, **secure)  # type: ignore[call-overload]
        return connection  # type: ignore[no-any-return]

    async def _addresses(self, target: Target) -> list[Info]:
        if known := literal(target.host):
            family = socket.AF_INET if known.version == 4 else socket.AF_INET6  # noqa: PLR2004 - IP's version
            return [(family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (str(known), target.port))]
        place = (target.host, target.port)
        if place not in self._lookups:
            self._lookups[place] = asyncio.create_task(self.look_up(*place))
        return await asyncio.shield(self._lookups[place])

    async def look_up(self, host: str, port: int) -> list[Info]:
        """The addresses of a name; none if it is not found. In threads of our own: who waits for it may be anybody."""
        loop = asyncio.get_running_loop()

        def look() -> list[Info]:
            return list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))

        kept = 0.0
        try:
            found = await loop.run_in_executor(self._threads, look)
            kept = LOOKUP_KEPT_SECONDS
            return found
        except (OSError, UnicodeError):
            return []
        finally:
            loop.call_later(kept, self._lookups.pop, (host, port), None)

    async def close(self) -> None:
        """End all connections that are idle."""
        for found in self._idle.values():
            for connection in found:
                connection.abort()
        self._idle.clear()
        if self._sweep:
            self._sweep.cancel()
            self._sweep = None
        if threads := self.__dict__.pop("_threads", None):
            threads.shutdown(wait=False)
