"""Feeds as bytes, printed when they have changed and kept while they have not."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime

from services.feeds.addresses import Format
from services.feeds.conditional import entity_tag
from services.feeds.formats import render
from services.feeds.shelf import Shelf

COPIES = 240
"""Feeds that are kept in memory, each at most about LARGEST_FEED bytes: 60 MB if every one of them were full."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A printed feed; `modified` is the newest change in it."""

    body: bytes
    tag: str
    modified: datetime


class Press:
    """Prints each feed once for every revision; a kept copy costs one look at the revision."""

    def __init__(self, shelf: Shelf, *, copies: int = COPIES) -> None:
        self._shelf = shelf
        self._kept: OrderedDict[tuple[str, Format], tuple[str, Copy]] = OrderedDict()
        self._copies = copies
        self._one_at_a_time = asyncio.Lock()

    async def copy(self, path: str, form: Format) -> Copy | None:
        """The feed `path` in a format; None if there is no such feed."""
        revision = await self._shelf.revision(path)
        if revision is None:
            return None
        if kept := self._found(path, form, revision):
            return kept
        async with self._one_at_a_time:  # a crowd that asks for the same new feed waits for one printing
            return self._found(path, form, revision) or await self._print(path, form, revision)

    def _found(self, path: str, form: Format, revision: str) -> Copy | None:
        kept = self._kept.get((path, form))
        if kept is None or kept[0] != revision:
            return None
        self._kept.move_to_end((path, form))
        return kept[1]

    async def _print(self, path: str, form: Format, revision: str) -> Copy:
        # The revision was read before the articles: what is printed is at least as new as its revision says.
        feed = await self._shelf.feed(path)
        body = render(feed, form)
        copy = Copy(body, entity_tag(body), feed.updated)
        self._kept[path, form] = (revision, copy)
        while len(self._kept) > self._copies:
            self._kept.popitem(last=False)
        return copy
