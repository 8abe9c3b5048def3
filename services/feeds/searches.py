"""Search feeds: the window of a question, from an index in this process that is made at the first question and follows every change."""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Sequence
from typing import Any

from services.feeds.changes import Changes
from services.feeds.current import Current
from services.feeds.finding import Finder, words_in
from services.feeds.places import DIRECTORY, Keys
from services.feeds.shelf import CARD, shown_of
from services.feeds.windows import Window, Windows, aligned
from shared.errors import Overloaded
from shared.syndication.addresses import Address
from shared.syndication.article import Article
from shared.syndication.directory import FIELDS, Directory, directory_of
from shared.syndication.questions import question_in

PATH = "search"
PIECE = 25
"""Articles that are taken in at once, about 5 ms of this process; then others have their turn."""
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
        self._catching_up: asyncio.Task[None] | None = None

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
            if self._catching_up is None or self._catching_up.done():
                self._catching_up = asyncio.create_task(self._catch_up(last))
            done, _ = await asyncio.wait([self._catching_up], timeout=LONGEST_WAIT_SECONDS)
            if not done:
                raise Overloaded("the index of all articles is being made", articles=len(self._finder))
            self._catching_up.result()

    async def _catch_up(self, last: int) -> None:
        if self._life != self._current.life or self._finder.wasted:
            self._finder, self._last, self._life = Finder(), -1, self._current.life
        rows = await self._redis.zrangebyscore(self._keys.changed, f"({self._last}", last)
        names = [row.decode() for row in rows]
        if DIRECTORY in names and self._last >= 0:  # any article may stand under another subject now
            self._finder = Finder()
            names = [row.decode() for row in await self._redis.zrangebyscore(self._keys.changed, "-inf", last)]
        for start in range(0, len(names), PIECE):
            await self._take_in([name for name in names[start : start + PIECE] if name != DIRECTORY])
        self._last = max(last, self._last)

    async def _take_in(self, names: Sequence[str]) -> None:
        """Put these articles as they are now into the index; the texts are read of those alone that are new to it."""
        read = await self._read(names, CARD)
        shown = [(name, shown_of(row, directory)) for name, row, directory in read]
        fresh = [name for name, article in shown if article and article.in_feeds and not self._finder.has(article)]
        for name in {name for name, article in shown if article is None or not article.in_feeds}:
            self._finder.drop(name)
        for name, (*card, text, words), directory in await self._read(fresh, (*CARD, "text", "words")):
            self._put(name, shown_of(card, directory), text or b"", words)

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
