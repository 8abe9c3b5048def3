"""Search feeds: the window of a question, from an index in this process that is made at its start and follows every change.

It is made beside everything else, a piece at a time, so that the first question finds it; and it is looked after now and then, so that
none has to wait until thousands of documents are taken in.
"""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Sequence
from typing import Any

from services.feeds.changes import Changes
from services.feeds.current import Current
from services.feeds.finding import Finder, words_in
from services.feeds.places import DIRECTORY, Keys
from services.feeds.shelf import number_of
from services.feeds.windows import Window, Windows, aligned
from shared.errors import Overloaded
from shared.syndication.addresses import Address
from shared.syndication.article import Article, placed_anew
from shared.syndication.directory import FIELDS, Directory, directory_of
from shared.syndication.questions import question_in

PATH = "search"
PIECE, LARGE_PIECE = 25, 200
"""Articles that are taken in at once, about 3 ms of this process, and 25 while somebody waits; then others have their turn. Where many
documents come, a turn of the others is a batch of those: by small pieces the index would stay behind for as long as they come."""
PAUSE_SECONDS = 0.006
"""Between two pieces, while nobody waits for them."""
TURN_SECONDS = 30.0
LONGEST_WAIT_SECONDS = 5.0


class Searches:
    """Answers questions, and leaves every other feed to the shelves."""

    def __init__(self, redis: Any, keys: Keys, current: Current, windows: Windows, *, entries: int) -> None:
        self._redis = redis
        self._keys = keys
        self._current = current
        self._windows = windows
        self._entries = entries
        self._finder = Finder()
        self._last = self._life = -1
        self._waiting = 0
        self._catching_up: asyncio.Task[None] | None = None

    async def turn(self) -> None:
        """Take in what has changed, without haste."""
        newest = await self._redis.zrevrange(self._keys.changed, 0, 0, withscores=True)
        if self._last < number_of(newest):
            await self._begun(number_of(newest))
        await asyncio.sleep(TURN_SECONDS)

    async def at(self, address: Address, changes: Changes) -> Window:
        """The window of an address. Raises Overloaded while the index is being made, if that takes long."""
        if address.path != PATH:
            return await self._windows.at(address, changes)
        await self._windows.at(Address("all"), changes)
        await self._caught_up(changes.last)
        question = question_in(address.query)
        count, rows = self._finder.found(question, below=address.before, most=self._entries)
        shown = tuple(rows if address.before is None else rows[: aligned(count, self._entries)])
        known = bool(rows) or address.before is None
        return Window(shown, count > len(shown), known, question.title)

    async def _caught_up(self, last: int) -> None:
        """Wait until the index knows everything up to the change `last`."""
        while self._last < last or self._life != self._current.life:
            task = self._begun(last)
            self._waiting += 1
            done, _ = await asyncio.wait([task], timeout=LONGEST_WAIT_SECONDS)
            self._waiting -= 1
            if not done:
                raise Overloaded("the index of all articles is being made", articles=len(self._finder))
            task.result()

    def _begun(self, last: int) -> asyncio.Task[None]:
        """What takes in everything up to the change `last`, or is at it already."""
        if self._catching_up is None or self._catching_up.done():
            self._catching_up = asyncio.create_task(self._catch_up(last))
        return self._catching_up

    async def _catch_up(self, last: int) -> None:
        if self._life != self._current.life or self._finder.wasted:
            self._finder, self._last, self._life = Finder(), -1, self._current.life
        rows = await self._redis.zrangebyscore(self._keys.changed, f"({self._last}", last)
        names = [row.decode() for row in rows]
        if DIRECTORY in names and self._last >= 0:  # any article may stand under another subject now
            self._finder = Finder()
            names = [row.decode() for row in await self._redis.zrangebyscore(self._keys.changed, "-inf", last)]
        start = 0
        while start < len(names):
            end = start + (LARGE_PIECE if self._waiting else PIECE)
            await self._take_in([name for name in names[start:end] if name != DIRECTORY])
            start = end
            if not self._waiting:
                await asyncio.sleep(PAUSE_SECONDS)
        self._last = max(last, self._last)

    async def _take_in(self, names: Sequence[str]) -> None:
        """Put these articles as they are now into the index; the texts are read of those alone that are new to it."""
        fresh = [name for name in names if not self._finder.knows(name)]
        known = [name for name in names if self._finder.knows(name)]
        for name, (card,), directory in await self._read(known, ("card",)):
            article = _shown(card, directory)
            if article is None or not article.in_feeds:
                self._finder.drop(name)
            elif not self._finder.has(article):
                fresh.append(name)
        for name, (card, text, words), directory in await self._read(fresh, ("card", "text", "words")):
            self._put(name, _shown(card, directory), text or b"", words)

    def _put(self, name: str, article: Article | None, text: bytes, words: bytes | None) -> None:
        if article is None or not article.in_feeds or (article.retracted and words is None):
            self._finder.drop(name)
        else:
            kept = array("Q", words) if article.retracted and words else words_in(article, text.decode())
            self._finder.put(article, kept)

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
