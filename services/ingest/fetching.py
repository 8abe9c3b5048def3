"""An address that an operator hands in, fetched: public networks only, few hops, bounded in time and size."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urljoin

import aiohttp

from shared.addresses import Network, web_url
from shared.errors import DocumentRejected, Rejected
from shared.outbound import guarded_session, told

MOST_REDIRECTS = 5
TOTAL_SECONDS = 20.0
REDIRECTS = frozenset({301, 302, 303, 307, 308})
FOUND = 200
ACCEPT = "text/html, application/xhtml+xml, text/markdown, application/rss+xml, application/atom+xml, application/feed+json, */*;q=0.5"


class NotFetched(Rejected):
    """The address gave nothing that can be read; the detail says why."""

    code = "not-fetched"
    title = "The address could not be fetched"


@dataclass(frozen=True, slots=True)
class Fetched:
    """What an address gave. `url` is the one that gave it, behind all redirects and without a fragment."""

    url: str
    body: bytes
    media_type: str


class Fetcher:
    """Fetches; the guard judges every dial of every hop."""

    def __init__(
        self, allowed: Sequence[Network] = (), *, most_bytes: int, total_seconds: float = TOTAL_SECONDS
    ) -> None:
        self._allowed = tuple(allowed)
        self._most_bytes = most_bytes
        self._total_seconds = total_seconds

    async def fetch(self, url: str) -> Fetched:
        """What `url` gives, within the total time for all hops together. Raises Rejected (its subclasses) and nothing else."""
        try:
            async with asyncio.timeout(self._total_seconds), self._session() as session:
                return await self._followed(session, url.partition("#")[0])
        except (aiohttp.ClientError, OSError, ValueError) as error:  # TimeoutError is an OSError
            raise NotFetched(f"the address could not be fetched: {told(error)}") from None

    def _session(self) -> aiohttp.ClientSession:
        """One for each errand: there is nobody to close a lasting one, and most addresses are asked once."""
        return guarded_session(self._allowed, total_seconds=self._total_seconds, per_host=1, headers={"accept": ACCEPT})

    async def _followed(self, session: aiohttp.ClientSession, url: str) -> Fetched:
        for _ in range(MOST_REDIRECTS + 1):
            web_url(url)
            async with session.get(url, allow_redirects=False) as response:
                onward = response.headers.get("location")
                if response.status not in REDIRECTS or not onward:
                    return Fetched(url, await self._body(response), response.content_type)
                url = urljoin(url, onward).partition("#")[0]
        raise NotFetched(f"the address leads on and on: more than {MOST_REDIRECTS} redirects")

    async def _body(self, response: aiohttp.ClientResponse) -> bytes:
        if response.status != FOUND:
            raise NotFetched(f"the address answered {response.status}", answered=response.status)
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            raise NotFetched("the address answers in an encoding that was not asked for")
        body = bytearray()
        async for chunk in response.content.iter_any():
            body += chunk
            if len(body) > self._most_bytes:
                response.close()
                limit = self._most_bytes
                raise DocumentRejected("too-large", f"the address gives more than {limit} bytes", limit=limit)
        return bytes(body)
