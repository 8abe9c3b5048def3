"""Search feeds: the window of a question, from the index of this process."""

from __future__ import annotations

from services.feeds.changes import Changes
from services.feeds.current import Current
from services.feeds.indexing import Indexing
from services.feeds.windows import Window, Windows, aligned
from shared.syndication.addresses import Address
from shared.syndication.questions import question_in

PATH = "search"


class Searches:
    """Answers questions, and leaves every other feed to the shelves."""

    def __init__(self, index: Indexing, current: Current, windows: Windows, *, entries: int) -> None:
        self._index = index
        self._current = current
        self._windows = windows
        self._entries = entries

    async def ready(self, address: Address) -> None:
        """Wait for what `address` needs and takes long. Raises Overloaded if it takes longer than anybody should wait."""
        if address.path == PATH:
            known = self._current.known
            await self._caught_up(address, await self._index.newest() if known is None else known)

    async def at(self, address: Address, changes: Changes) -> Window:
        """The window of an address. Raises Overloaded while the index is being made, if that takes long."""
        if address.path != PATH:
            return await self._windows.at(address, changes)
        await self._windows.at(Address("all"), changes)
        await self._caught_up(address, changes.last)
        question = question_in(address.query)
        count, rows = self._index.finder.found(question, below=address.before, most=self._entries)
        shown = tuple(rows if address.before is None else rows[: aligned(count, self._entries)])
        known = bool(rows) or address.before is None
        return Window(shown, count > len(shown), known, question.title)

    async def _caught_up(self, address: Address, last: int) -> None:
        """Until the index knows all documents; or so many of the newest that no older one can enter the feed. An archive counts them all."""
        question = question_in(address.query)

        def enough() -> bool:
            if address.before is not None:
                return False
            _, rows = self._index.finder.found(question, below=None, most=self._entries + 1)
            return len(rows) > self._entries and rows[-1][1] >= self._index.floor

        await self._index.caught_up(last, enough)
