"""Clears the shelves of subjects that were renamed, merged or removed: piece by piece, beside what comes in.

What is left to do is nowhere written down, it can be seen: an article on a shelf that leads elsewhere. So a process that dies, or
two that clear the same shelf, do no harm, and neither does an article that comes to such a shelf late. A piece is one atomic step under
the fence of the shelves; until then the article is shown under its new subject already, as reading goes by the same directory.
"""

from __future__ import annotations

import asyncio
from typing import Any

from services.feeds.current import Current
from services.feeds.places import Keys, cleared
from services.feeds.shelf import Shelf
from shared.logs import log
from shared.streams import Belt
from shared.syndication.facets import subject_path

PIECE = 100
"""Articles in one step: some 600 commands, about 2 ms of Redis."""
TURN_SECONDS = 0.5


class Clearing:
    """One turn after the other, for ever."""

    def __init__(self, redis: Any, belt: Belt, shelf: Shelf, keys: Keys, current: Current) -> None:
        self._redis = redis
        self._belt = belt
        self._shelf = shelf
        self._keys = keys
        self._current = current

    async def turn(self) -> None:
        """Clear what is to be cleared; wait, if there is nothing."""
        for slug in await self._left():
            articles = await self._clear(slug)
            log.info("shelf.cleared", subject=slug, articles=articles)
        await asyncio.sleep(TURN_SECONDS)

    async def _left(self) -> list[str]:
        """The shelves that lead elsewhere and are not empty."""
        directory = await self._shelf.directory()
        if not directory.leads:
            return []
        async with self._redis.pipeline(transaction=False) as pipe:
            for slug in directory.leads:
                pipe.exists(self._keys.shelf(subject_path(slug)))
            found = await pipe.execute()
        return [slug for slug, there in zip(directory.leads, found, strict=True) if there]

    async def _clear(self, slug: str) -> int:
        """Clear a shelf until it is empty or in use again; gives how many articles this process has taken from it."""
        taken, shelf = 0, self._keys.shelf(subject_path(slug))
        while ids := [row.decode() for row in await self._redis.zrevrange(shelf, 0, PIECE - 1)]:
            found = await self._shelf.standing(ids)
            if slug not in found.directory.leads:
                break
            cards = {name: present.article for name, present in found.documents.items()}
            step = cleared(slug, cards, found.directory, self._current.beyond(found.change), self._keys)
            # Whoever was faster has changed the fence: then nothing has happened, and it is decided again on what is there by now.
            with self._current.writing():
                done = await self._belt.publish(step, found.fence)
            taken += len(ids) if done else 0
        return taken
