"""HTTP/1.1 to others in a third of aiohttp's time: guarded at every dial, bounded in time and bytes, nothing followed, nothing kept.

Connections are kept and reused for less than the 5 s after which common servers close them; a request whose reused
connection ended before the first byte of an answer goes once more over a new one (its message has an id that the receiver knows).
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from ipaddress import ip_address

from yarl import URL

from shared.addresses import Network, literal, refusal
from shared.connection import Connection, Dropped
from shared.http_answer import Answering
from shared.lookups import Info, Lookups
from shared.outbound import IDLE_SECONDS, AddressRefused

ADDRESS_SECONDS = 5.0
"""How long one of several addresses of a name may take to let us in."""

SENDABLE = re.compile(r"https?://[\[\]A-Za-z0-9.:-]+([/?][!-~]*)?")
"""Nothing in it has to be encoded, and nothing could end the request's first line."""


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


class Wire:
    """Connections of one event loop to whatever `allowed` and the public networks hold."""

    def __init__(self, allowed: Sequence[Network], *, total_seconds: float) -> None:
        self._allowed = tuple(allowed)
        self._total_seconds = total_seconds
        self._idle: dict[tuple[str, int, bool], list[Connection]] = {}
        self._lookups = Lookups()
        self._sweep: asyncio.TimerHandle | None = None

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        context.set_alpn_protocols(["http/1.1"])
        return context

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
        return await self.look_up(target.host, target.port)

    async def look_up(self, host: str, port: int) -> list[Info]:
        """The addresses of a name; none if it is not found."""
        return await self._lookups.addresses(host, port)

    async def close(self) -> None:
        """End all connections that are idle."""
        for found in self._idle.values():
            for connection in found:
                connection.abort()
        self._idle.clear()
        if self._sweep:
            self._sweep.cancel()
            self._sweep = None
        self._lookups.close()
