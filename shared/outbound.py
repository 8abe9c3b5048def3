"""The only way out over HTTP: a session that dials permitted addresses and no others, and its failures in words.

Every dial passes `guard`, after the name was looked up and whatever the URL looked like. No proxies from the environment, no cookies,
no decompression (a small answer could grow without end).
"""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
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

from shared.addresses import Network, refusal

HEADERS = {"user-agent": f"Syndicate/{version('syndicate')}", "accept-encoding": "identity"}
IDLE_SECONDS = 4.0
"""Less than the 5 s after which common servers (uvicorn, Node) close idle connections: a POST on a closing one would be lost."""

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


def guard(allowed: Sequence[Network]) -> Callable[[Any], socket.socket]:
    """A socket factory for aiohttp that makes sockets only for addresses that may be dialled."""

    def socket_for(dial: Any) -> socket.socket:
        family, kind, protocol, _, address = dial
        if reason := refusal(ip_address(address[0]), allowed):
            raise AddressRefused(reason)
        return socket.socket(family, kind, protocol)

    return socket_for


def guarded_session(
    allowed: Sequence[Network], *, total_seconds: float, per_host: int, headers: Mapping[str, str] | None = None
) -> aiohttp.ClientSession:
    """A session of the running loop that reaches public addresses and the `allowed` networks; its owner closes it."""
    connector = aiohttp.TCPConnector(
        limit=0, limit_per_host=per_host, keepalive_timeout=IDLE_SECONDS, socket_factory=guard(allowed)
    )
    return aiohttp.ClientSession(
        connector=connector,
        timeout=aiohttp.ClientTimeout(total=total_seconds),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers=HEADERS | dict(headers or {}),
        trust_env=False,
        auto_decompress=False,
    )


def told(error: Exception) -> str:
    """The failure in words for the log: never the URL, whose query may hold a secret."""
    cause = getattr(error, "os_error", error)
    if isinstance(cause, AddressRefused):
        return str(cause.strerror)
    if getattr(cause, "errno", None) == errno.EACCES:  # several refused addresses, told as one error
        return "address refused"
    words = (words for kinds, words in WORDS if isinstance(error, kinds))
    return next(words, f"bad answer: {type(error).__name__}")
