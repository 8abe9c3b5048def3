"""The index of searches as this process has it: made at its start and following every change.

It is made beside everything else, a small piece at a time, so that the first question finds it; and it follows within seconds, so that
none has to wait until thousands of documents are taken in. It begins with the newest documents: a question that enough of those answer has
its answer long before the oldest ones are in, and the very same.
"""

from __future__ import annotations

import asyncio
import re
import time
from array import array
from collections.abc import Callable, Sequence
from math import inf
from typing import Any

from services.feeds.current import Current
from services.feeds.finding import Finder, words_in
from services.feeds.places import DIRECTORY, Keys
from services.feeds.shelf import number_of
from shared.errors import Overloaded
from shared.syndication.article import Article, placed_anew
from shared.syndication.directory import FIELDS, Directory, directory_of
from shared.syndication.facets import ALL

PIECE, LARGE_PIECE = 10, 50
"""Articles that are taken in at once: 2 ms of this process, and five times that while somebody waits; then others have their turn. Where
many documents come, a turn of the others is a batch of those: by small pieces the index would stay behind for as long as they come."""
RESTS = 4
"""How much longer than a piece took the others have the process to themselves, while nobody waits. With half of it for the index, at 200
documents a second, these took 85 ms until they stood in their feeds instead of 20, for as long as the index was behind."""
SHORTEST_REST_SECONDS = 0.006
PAGE = 500
"""Documents that are asked for at once; three at least, as two may have one number: a document's and that of its subject, which comes back."""
TURN_SECONDS = 5.0
LONGEST_WAIT_SECONDS = 5.0
SEQUENCE = re.compile(rb'"sequence":(\d+)')
"""In an article's card; a text that says the same has its quotes escaped."""


class Indexing:
    """Of all documents whose place is `floor` or a higher one, `finder` knows everything up to the change `last`."""

    def __init__(self, redis: Any, keys: Keys, current: Current, *, page: int = PAGE) -> None:
        self._redis = redis
        self._keys = keys
        self._current = current
        self._page = page
        self.finder = Finder()
        self.last = self._life = self._wanted = -1
        self.floor = inf
        self._directory = 0.0
        self._waiting = 0
        self._progress = asyncio.Event()
        self._catching_up: asyncio.Task[None] | None = None

    async def turn(self) -> None:
        """Take in what has changed, without haste."""
        newest = await self.newest()
        if not self._knows(newest):
            await self._begun(newest)
        await asyncio.sleep(TURN_SECONDS)

    async def newest(self) -> int:
        """The number of the last change of all."""
        return number_of(await self._redis.zrevrange(self._keys.changed, 0, 0, withscores=True))

    async def caught_up(self, last: int, enough: Callable[[], bool] = lambda: False) -> None:
        """Wait until the index knows everything up to the change `last`, of all documents or of enough.

        Raises Overloaded if that takes long.
        """
        deadline = time.monotonic() + LONGEST_WAIT_SECONDS
        while not self._knows(last):
            if self._follows(last) and enough():
                return
            await self._hurried(last, deadline - time.monotonic())

    def _follows(self, last: int) -> bool:
        return self.last >= last and self._life == self._current.life

    def _knows(self, last: int) -> bool:
        return self._follows(last) and self.floor == -inf

    async def _hurried(self, last: int, seconds: float) -> None:
        """Wait for the next page, or for the end."""
        task, progress = self._begun(last), asyncio.create_task(self._progress.wait())
        self._waiting += 1
        try:
            done, _ = await asyncio.wait([task, progress], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._waiting -= 1
            progress.cancel()
        if not done:
            raise Overloaded("the index of all articles is being made", articles=len(self.finder))
        if task in done:
            task.result()

    def _begun(self, last: int) -> asyncio.Task[None]:
        """What takes in everything up to the change `last`, or is at it already."""
        self._wanted = max(last, self._wanted)
        if self._catching_up is None or self._catching_up.done():
            self._wanted = last
            self._catching_up = asyncio.create_task(self._catch_up())
        return self._catching_up

    async def _catch_up(self) -> None:
        if self._life != self._current.life or self.finder.wasted:
            await self._begin_anew()
        while not self._knows(self._wanted):
            if self._life != self._current.life:
                await self._begin_anew()
            await (self._take_in_changes() if self.last < self._wanted else self._take_in_older())
            self._progress.set()
            self._progress = asyncio.Event()

    async def _begin_anew(self) -> None:
        life, directory = self._current.life, await self._redis.zscore(self._keys.changed, DIRECTORY)
        last = await self.newest()
        self.finder, self.floor, self.last, self._life, self._directory = Finder(), inf, last, life, directory or 0.0

    async def _take_in_changes(self) -> None:
        """Follow the next changes; all is begun anew if the subjects have changed, as any article may stand under another one now."""
        last, since = self._wanted, f"({self.last}"
        rows = await self._redis.zrangebyscore(
            self._keys.changed, since, last, withscores=True, start=0, num=self._page
        )
        if len(rows) == self._page:  # of the last number there may be another one
            last = int(rows[-1][1]) - 1
            rows = [row for row in rows if row[1] <= last]
        changed = {name.decode(): number for name, number in rows}
        if changed.pop(DIRECTORY, 0.0) > self._directory:
            await self._begin_anew()
            return
        await self._follow(list(changed))
        self.last = last

    async def _take_in_older(self) -> None:
        """Go on to the next older documents; every document in feeds stands on the shelf of all."""
        below, shelf = "+inf" if self.floor == inf else f"({int(self.floor)}", self._keys.shelf(ALL)
        rows = await self._redis.zrevrangebyscore(shelf, below, "-inf", withscores=True, start=0, num=self._page)
        whole = len(rows) < self._page
        if not whole:  # of the last place there may be another one
            rows = [row for row in rows if row[1] > rows[-1][1]]
        await self._follow([name.decode() for name, _ in rows])
        self.floor = -inf if whole else rows[-1][1]

    async def _follow(self, names: Sequence[str]) -> None:
        start = 0
        while start < len(names):
            began, end = time.monotonic(), start + (LARGE_PIECE if self._waiting else PIECE)
            await self._take_in(names[start:end])
            start = end
            if not self._waiting:
                await asyncio.sleep(max(RESTS * (time.monotonic() - began), SHORTEST_REST_SECONDS))

    async def _take_in(self, names: Sequence[str]) -> None:
        """Put these articles as they are now into the index; of those that it has as they are nothing but the card is read."""
        known = [name for name in names if self.finder.knows(name)]
        same = {name for name, (card,), _ in await self._read(known, ("card",)) if self._has(name, card)}
        fresh = [name for name in names if name not in same]
        for name, (card, text, words), directory in await self._read(fresh, ("card", "text", "words")):
            self._put(name, _shown(card, directory), text or b"", words)

    def _has(self, name: str, card: bytes | None) -> bool:
        """Whether this version is taken in: most changes are of an article's neighbours, by which nothing is found."""
        found = SEQUENCE.search(card or b"")
        return found is not None and self.finder.has(name, int(found[1]))

    def _put(self, name: str, article: Article | None, text: bytes, words: bytes | None) -> None:
        if article is None or not article.in_feeds or (article.retracted and words is None):
            self.finder.drop(name)
        else:
            kept = array("Q", words) if article.retracted and words else words_in(article, text.decode())
            self.finder.put(article, kept)

    async def _read(
        self, names: Sequence[str], fields: Sequence[str]
    ) -> list[tuple[str, Sequence[bytes | None], Directory]]:
        if not names:
            return []
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.hmget(self._keys.taxonomy, FIELDS)
            for name in names:
                pipe.hmget(self._keys.article(name), *fields)
            directory, *rows = await pipe.execute()
        return [(name, row, directory_of(*directory)) for name, row in zip(names, rows, strict=True)]


def _shown(card: bytes | None, directory: Directory) -> Article | None:
    """The article under its subjects as they are called now, without its neighbours, by which nothing is found."""
    return placed_anew(Article.model_validate_json(card), directory) if card else None
