"""What goes to partners: one request, to a permitted address, within a fixed time, with a bounded answer (shared/wire.py).

No redirects; the answer's body is read up to a cap and the connection closed if there is more.
"""

from __future__ import annotations

import asyncio
import errno
import ssl
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from ipaddress import ip_address

from shared.addresses import Address, Network, admit, literal, web_url
from shared.http_answer import Answering
from shared.outbound import HEADERS, AddressRefused
from shared.wire import DialFailed, NameNotFound, Wire, target_of

TOTAL_SECONDS = 15.0
LONGEST_ANSWER_BYTES = 64_000
KEPT_ANSWER_BYTES = 1_000
LOOKUP_SECONDS = 5.0
COMMON = "".join(f"{name}: {value}\r\n" for name, value in HEADERS.items())

WORDS: tuple[tuple[type[Exception], str], ...] = (
    (NameNotFound, "name not found"),
    (ssl.SSLError, "TLS failed"),
    (DialFailed, "connection failed"),
    (TimeoutError, "timeout"),
    (OSError, "connection lost"),
    (ValueError, "bad answer"),
)
"""The first that fits tells it: narrow ones stand before wide ones."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `status` is None when nothing did, and `error` says why; `body` is the beginning of it."""

    status: int | None
    error: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    seconds: float = 0.0

    @property
    def retry_after(self) -> str | None:
        """What Retry-After says, as it was said."""
        return self.headers.get("retry-after")


class Outbound:
    """A client for partners; connections are kept and reused. Belongs to one event loop."""

    def __init__(self, allowed: Sequence[Network] = (), *, total_seconds: float = TOTAL_SECONDS) -> None:
        self._allowed = tuple(allowed)
        self._total_seconds = total_seconds

    @cached_property
    def _wire(self) -> Wire:
        return Wire(self._allowed, total_seconds=self._total_seconds)

    async def post(
        self, url: str, body: bytes, headers: Mapping[str, str], media_type: str = "application/json"
    ) -> Answer:
        """Send `body` and tell what came of it; a failure is an answer too. Takes no longer than the total time."""
        more = f"content-type: {media_type}\r\ncontent-length: {len(body)}\r\n"
        return await self._ask("POST", url, more, headers, body)

    async def get(
        self,
        url: str,
        headers: Mapping[str, str] | None = None,
        *,
        kept: int = KEPT_ANSWER_BYTES,
        most: int = LONGEST_ANSWER_BYTES,
    ) -> Answer:
        """Fetch an address; `kept` bytes of the body are kept, and behind `most` nothing is read."""
        return await self._ask("GET", url, "", headers or {}, b"", Answering(kept=kept, most=most))

    async def options(self, url: str, headers: Mapping[str, str]) -> Answer:
        """Ask what the address takes."""
        return await self._ask("OPTIONS", url, "", headers, b"")

    async def _ask(
        self,
        method: str,
        url: str,
        more: str,
        headers: Mapping[str, str],
        body: bytes,
        answer: Answering | None = None,
    ) -> Answer:
        began, answer = time.perf_counter(), answer or Answering(kept=KEPT_ANSWER_BYTES, most=LONGEST_ANSWER_BYTES)
        error = None
        try:
            target = target_of(url)
            fields = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
            head = method.encode() + target.head + f"{COMMON}{more}{fields}\r\n".encode("latin-1")
            await self._wire.exchange(target, head + body, answer)
        except (OSError, ValueError) as failure:  # TimeoutError and TLS errors are OSErrors
            error = told(failure)
        seconds = time.perf_counter() - began
        if error and not answer.begun:
            return Answer(None, error, seconds=seconds)
        return Answer(answer.status, None, answer.headers, answer.body, seconds)

    async def admit(self, url: str) -> None:
        """Let a partner's URL in, or raise AddressRejected; the name of an http URL is looked up, where any is allowed."""
        parts = web_url(url)
        host = parts.hostname or ""
        known = literal(host)
        asked = parts.scheme == "http" and self._allowed
        reached = [known] if known else await self._reached(host) if asked else []
        admit(parts, reached, self._allowed)

    async def _reached(self, host: str) -> list[Address]:
        try:
            async with asyncio.timeout(LOOKUP_SECONDS):
                found = await self._wire.look_up(host, 0)
        except TimeoutError:
            return []
        return [ip_address(address[0]) for *_, address in found]

    async def close(self) -> None:
        """Close all connections; a later request opens new ones."""
        if wire := self.__dict__.pop("_wire", None):
            await wire.close()


def told(error: Exception) -> str:
    """The failure in words for the log: never the URL, whose query may hold a secret."""
    if isinstance(error, AddressRefused):
        return str(error.strerror)
    if getattr(error, "errno", None) == errno.EACCES:
        return "address refused"
    return next((words for kind, words in WORDS if isinstance(error, kind)), type(error).__name__)
