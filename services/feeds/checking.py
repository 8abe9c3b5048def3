"""Is a feed what was published? Fetched as a reader does, through whatever caches lie between, and held against what it says of itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urljoin

import aiohttp

from shared.syndication.statement import Examined, examined, faults_of

TIMEOUT_SECONDS = 60
STALE_SECONDS = 360
"""A cache may keep a feed for a minute, and hand it out for five more while it fetches the next (serving.CACHING)."""
MOST_ARCHIVES = 1_000_000


@dataclass(frozen=True, slots=True)
class Finding:
    """What one document of a feed was found to be; `faults` in words."""

    address: str
    entries: int
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a reader got."""

    feed: Examined
    complete: str | None


async def checked(address: str, *, walk: bool) -> AsyncIterator[Finding]:
    """What is found of the feed, and with `walk` of each of its archives. Raises aiohttp.ClientError, ValueError for what is no feed."""
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
    async with aiohttp.ClientSession(timeout=timeout, trust_env=True) as session:
        got = await _fetched(session, address)
        anew = await _fetched(session, address, **{"Cache-Control": "no-cache"})
        yield Finding(address, len(got.feed.entries), (*faults_of(got.feed), *_stale(got, anew, datetime.now(UTC))))
        met, visited, onward = {name for name, _ in got.feed.entries}, {address}, got.feed.older
        while walk and onward and len(visited) < MOST_ARCHIVES:
            here = urljoin(address, onward)
            if here in visited:
                yield Finding(here, 0, ("the archives lead in a circle",))
                return
            visited.add(here)
            feed = (await _fetched(session, here)).feed
            again = [name for name, _ in feed.entries if name in met]
            met |= {name for name, _ in feed.entries}
            faults = [*faults_of(feed), *([f"{len(again)} entries were met before"] if again else [])]
            yield Finding(here, len(feed.entries), tuple(faults))
            onward = feed.older


async def _fetched(session: aiohttp.ClientSession, address: str, **headers: str) -> Fetched:
    async with session.get(address, headers=headers, raise_for_status=True) as got:
        return Fetched(examined(await got.read()), got.headers.get("Syndicate-Complete"))


def _stale(got: Fetched, anew: Fetched, now: datetime) -> list[str]:
    """Whether a cache on the way, or the belt behind the feed, has stopped."""
    faults = []
    if got.feed.statement and anew.feed.statement and got.feed.statement.sequence < anew.feed.statement.sequence:
        faults.append("a cache on the way gives an older feed than there is")
    if anew.complete is None:
        faults.append("it does not say up to when it is complete")
    elif (behind := (now - datetime.fromisoformat(anew.complete)).total_seconds()) > STALE_SECONDS:
        faults.append(f"it is complete up to {anew.complete} only, {behind / 60:.0f} minutes ago")
    return faults
