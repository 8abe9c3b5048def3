"""The only outgoing HTTP: one POST, to a permitted address, within a fixed time, with a bounded answer.

Every dial passes `guard`, after the name was looked up and whatever the URL looked like. No redirects, no proxies from the
environment, no cookies; the answer's body is read up to a cap and the connection closed if there is more.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from ipaddress import ip_address
from typing import Any

import aiohttp
from aiohttp.client_exceptions import (
    ClientConnectorDNSError,
    ClientConnectorError,
    ClientSSLError,
    ServerDisconnectedError,
)

from services.webhooks.addresses import Address, Network, admit, literal, partner_url, refusal

TOTAL_SECONDS = 15.0
LONGEST_ANSWER_BYTES = 64_000
KEPT_ANSWER_BYTES = 1_000
CONNECTIONS_PER_HOST = 64
LOOKUP_SECONDS = 5.0
IDLE_SECONDS = 4.0
"""Less than the 5 s after which common servers (uvicorn, Node) close idle connections: a POST on a closing one would be lost."""
HEADERS = {
    "user-agent": f"Syndicate/{version('syndicate')}",
    "content-type": "application/json",
    "accept-encoding": "identity",
}

WORDS: tuple[tuple[type[Exception] | tuple[type[Exception], ...], str], ...] = (
    (ClientConnectorDNSError, "name not found"),
    ((ClientSSLError, ssl.SSLError), "TLS failed"),
    (ClientConnectorError, "connection failed"),
    (TimeoutError, "timeout"),
    (OSError, "connection lost"),
    (ServerDisconnectedError, "connection lost"),
    (ValueError, "not a URL"),
)
"""The first that fits tells it: narrow ones stand before wide ones."""


class AddressRefused(OSError):
    """The guard did not let the address be dialled."""

    def __init__(self, reason: str) -> None:
        super().__init__(errno.EACCES, f"address refused: {reason}")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `status` is None when nothing did, and `error` says why; `body` is the beginning of it."""

    status: int | None
    error: str | None = None
    retry_after: str | None = None
    body: bytes = b""
    seconds: float = 0.0


def guard(allowed: Sequence[Network]) -> Callable[[Any], socket.socket]:
    """A socket factory for aiohttp that makes sockets only for addresses that may be dialled."""

    def socket_for(dial: Any) -> socket.socket:
        family, kind, protocol, _, address = dial
        if reason := refusal(ip_address(address[0]), allowed):
            raise AddressRefused(reason)
        return socket.socket(family, kind, protocol)

    return socket_for


class Outbound:
    """A client for partners; connections are kept and reused. Belongs to one event loop."""

    def __init__(self, allowed: Sequence[Network] = (), *, total_seconds: float = TOTAL_SECONDS) -> None:
        self._allowed = tuple(allowed)
        self._total_seconds = total_seconds

    @cached_property
    def _session(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            limit=0,
            limit_per_host=CONNECTIONS_PER_HOST,
            keepalive_timeout=IDLE_SECONDS,
            socket_factory=guard(self._allowed),
        )
        return aiohttp.ClientSession(
            connector=connector,
            timeout=aiohttp.ClientTimeout(total=self._total_seconds),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=HEADERS,
            trust_env=False,
            auto_decompress=False,
        )

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send `body` and tell what came of it; a failure is an answer too. Takes no longer than the total time."""
        began = time.perf_counter()
        answer = await self._post(url, body, headers)
        return Answer(answer.status, answer.error, answer.retry_after, answer.body, time.perf_counter() - began)

    async def _post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        try:
            async with self._session.post(url, data=body, headers=headers, allow_redirects=False) as response:
                beginning = await _beginning(response)
                return Answer(response.status, None, response.headers.get("retry-after"), beginning)
        except (aiohttp.ClientError, OSError, ValueError) as error:  # TimeoutError is an OSError
            return Answer(None, told(error))

    async def admit(self, url: str) -> None:
        """Let a partner's URL in, or raise AddressRejected; the name of an http URL is looked up."""
        parts = partner_url(url)
        host = parts.hostname or ""
        known = literal(host)
        reached = [known] if known else await _lookup(host) if parts.scheme == "http" else []
        admit(parts, reached, self._allowed)

    async def close(self) -> None:
        """Close all connections; a later post opens new ones."""
        if session := self.__dict__.pop("_session", None):
            await session.close()


async def _beginning(response: aiohttp.ClientResponse) -> bytes:
    """The first bytes of the body. What is wrong with the body changes nothing: the status said it all."""
    kept, size = b"", 0
    try:
        while size <= LONGEST_ANSWER_BYTES and (chunk := await response.content.readany()):
            size += len(chunk)
            kept = (kept + chunk)[:KEPT_ANSWER_BYTES] if len(kept) < KEPT_ANSWER_BYTES else kept
    except (aiohttp.ClientError, OSError):
        response.close()
    if size > LONGEST_ANSWER_BYTES:
        response.close()
    return kept


async def _lookup(host: str) -> list[Address]:
    try:
        async with asyncio.timeout(LOOKUP_SECONDS):
            found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return [ip_address(address[0]) for *_, address in found]


def told(error: Exception) -> str:
    """The failure in words for the log: never the URL, whose query may hold a secret."""
    cause = getattr(error, "os_error", error)
    if isinstance(cause, AddressRefused):
        return str(cause.strerror)
    if getattr(cause, "errno", None) == errno.EACCES:  # several refused addresses, told as one error
        return "address refused"
    words = (words for kinds, words in WORDS if isinstance(error, kinds))
    return next(words, f"bad answer: {type(error).__name__}")
