"""The feeds of keywords, authors, languages and sources that have the most articles, for the list of all feeds."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from heapq import nlargest
from typing import Any

from services.feeds.places import Keys

MOST_OF_A_KIND = 50
"""A reader that imports the list subscribes to every feed in it."""
PIECE = 500
FRESH_SECONDS = 60.0
"""The list may be kept for so long by everybody (responses.FEED_CACHING)."""
KINDS = {"languages": "Languages", "sources": "Sources", "keywords": "Keywords", "authors": "Authors"}
Listed = tuple[str, str]
"""The path of a feed and what it is called."""


class Outlines:
    """Counts anew once a minute at most, a piece at a time: there may be a hundred thousand names."""

    def __init__(self, redis: Any, keys: Keys) -> None:
        self._redis = redis
        self._keys = keys
        self._counted = -FRESH_SECONDS
        self._found: dict[str, list[Listed]] = {}
        self._one_at_a_time = asyncio.Lock()

    async def most(self) -> Mapping[str, list[Listed]]:
        """By the name of their kind, by what they are called."""
        async with self._one_at_a_time:  # who comes while it is counted waits: what was found before may be nothing
            if time.monotonic() - self._counted >= FRESH_SECONDS:
                self._found = await self._count()
                self._counted = time.monotonic()
            return self._found

    async def _count(self) -> dict[str, list[Listed]]:
        found: dict[str, list[tuple[int, str, str]]] = {kind: [] for kind in KINDS}
        cursor = -1
        while cursor:
            cursor, names = await self._redis.hscan(self._keys.names, max(cursor, 0), count=PIECE)
            paths = [path.decode() for path in names]
            for path, name, articles in zip(paths, names.values(), await self._articles(paths), strict=True):
                kind = path.partition("/")[0]
                if articles and kind in found:
                    found[kind].append((articles, path, name.decode()))
            found = {kind: nlargest(MOST_OF_A_KIND, listed) for kind, listed in found.items()}
        return {title: _by_name(found[kind]) for kind, title in KINDS.items() if found[kind]}

    async def _articles(self, paths: list[str]) -> list[int]:
        """How many articles each has; a feed that has none any more keeps its name."""
        async with self._redis.pipeline(transaction=False) as pipe:
            for path in paths:
                pipe.zcard(self._keys.shelf(path))
            return list(await pipe.execute())


def _by_name(listed: list[tuple[int, str, str]]) -> list[Listed]:
    once = {path: name for _, path, name in listed}  # a scan may tell of one twice
    return sorted(once.items(), key=lambda pair: (pair[1].casefold(), pair[0]))
