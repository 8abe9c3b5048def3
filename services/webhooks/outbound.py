"""What goes to partners: one POST, to a permitted address (shared/outbound.py), within a fixed time, with a bounded answer.

No redirects; the answer's body is read up to a cap and the connection closed if there is more.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from ipaddress import ip_address

import aiohttp

from shared.addresses import Address, Network, admit, literal, web_url
from shared.outbound import guarded_session, told

TOTAL_SECONDS = 15.0
LONGEST_ANSWER_BYTES = 64_000
KEPT_ANSWER_BYTES = 1_000
CONNECTIONS_PER_HOST = 64
LOOKUP_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `status` is None when nothing did, and `error` says why; `body` is the beginning of it."""

    status: int | None
    error: str | None = None
    retry_after: str | None = None
    body: bytes = b""
    seconds: float = 0.0


class Outbound:
    """A client for partners; connections are kept and reused. Belongs to one event loop."""

    def __init__(self, allowed: Sequence[Network] = (), *, total_seconds: float = TOTAL_SECONDS) -> None:
        self._allowed = tuple(allowed)
        self._total_seconds = total_seconds

    @cached_property
    def _session(self) -> aiohttp.ClientSession:
        return guarded_session(
            self._allowed,
            total_seconds=self._total_seconds,
            per_host=CONNECTIONS_PER_HOST,
            headers={"content-type": "application/json"},
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
        parts = web_url(url)
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
