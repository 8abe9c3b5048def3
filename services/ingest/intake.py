"""The one way in behind all doors: HTTP, files, standard input, addresses, the watched folder and the inbox stream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from services.ingest.changes import Decision, WasRetracted
from services.ingest.documents import Item, Reading, read_all
from services.ingest.draft import Draft
from services.ingest.fetching import Fetcher
from services.ingest.fields import absolute
from services.ingest.formats.found import Leads, Reference
from services.ingest.formats.kinds import is_bare_text
from services.ingest.identity import document_id
from services.ingest.refusals import gone
from services.ingest.registry import Also, Registry, nothing
from shared.errors import DocumentRejected, Overloaded, Rejected, SyndicateError
from shared.host import Host

URI_LIST = "text/uri-list"
MOST_FETCHED = 1_000
"""Addresses that one sending may have us fetch."""
DEEPEST = 2
"""A list of sitemaps leads to sitemaps, these to pages; an OPML to feeds."""
SHORT_BYTES = 4_096
"""Most articles; of text made to be slow (a row of `![`) so much takes 70 ms, and twice as much four times as long."""
ROOM_SECONDS = 60.0
ROOM_LOOK_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Unread:
    """A part that could not be read or fetched; the others may be."""

    error: SyndicateError
    at: str = ""


Read = Reading | Unread
Part = TypeVar("Part")


@dataclass
class Errand:
    """What one sending has had us fetch so far."""

    fetched: int = 0


class Intake:
    """Reads what comes, however many documents it holds, and has the registry take each."""

    def __init__(self, host: Host, registry: Registry, fetcher: Fetcher) -> None:
        self._settings = host.settings
        self._belt = host.belt
        self._clock = host.clock
        self._registry = registry
        self._fetcher = fetcher

    async def read(self, body: bytes, media_type: str | None) -> AsyncIterator[Read]:
        """Every document of a sending; addresses in it are fetched. Raises nothing that the sending is to blame for."""
        listed = (media_type or "").partition(";")[0].strip().lower() == URI_LIST
        items = _addresses(body) if listed else self._items(body, media_type)
        at_once = not listed and len(body) <= SHORT_BYTES and is_bare_text(body)
        async for each in self._resolved(_read_here(items) if at_once else _read_aside(items), Errand(), depth=0):
            yield each

    async def one(self, body: bytes, media_type: str | None) -> Draft:
        """The only document of a sending. Raises Rejected if there is none, or more than one."""
        found: list[Read] = []
        async for each in self.read(body, media_type):
            found.append(each)
            if len(found) > 1:
                raise DocumentRejected("many-documents", "these are several documents, and here is room for one")
        match found:
            case [Reading(draft=draft)]:
                return draft
            case [Unread(error=error)]:
                raise error
        raise DocumentRejected("no-document", "there is no document in it")

    async def accept(self, draft: Draft, correlation_id: str, *, also: Also = nothing) -> Decision:
        """Take a document in. Raises Gone for one that was retracted."""
        identity = document_id(draft)
        decision = await self._registry.accept(
            draft, identity, self._clock.now(), correlation_id=correlation_id, also=also
        )
        if isinstance(decision, WasRetracted):
            raise gone(decision)
        return decision

    async def tried(self, draft: Draft) -> Decision:
        """What taking it in would come to; nothing is stored."""
        return await self._registry.tried(draft, document_id(draft), self._clock.now())

    async def room(self) -> None:
        """Wait until the belt has room. Raises Overloaded if it takes longer than a minute."""
        for _ in range(int(ROOM_SECONDS / ROOM_LOOK_SECONDS)):
            if not await self._belt.overloaded():
                return
            await asyncio.sleep(ROOM_LOOK_SECONDS)
        raise Overloaded("the belt is too far behind to take more just now")

    def _items(self, body: bytes, media_type: str | None = None) -> Iterator[Item | Unread]:
        most = self._settings.max_document_bytes
        return read_all(body, media_type, max_bytes=most, max_total=max(most, self._settings.max_batch_bytes))

    async def _resolved(
        self, items: AsyncIterator[Item | Unread], errand: Errand, *, depth: int
    ) -> AsyncIterator[Read]:
        async for item in items:
            if isinstance(item, Reference):
                async for each in self._followed(item, errand, depth):
                    yield each
            else:
                yield item if isinstance(item, Reading) else Unread(item.error, item.at)

    async def _followed(self, reference: Reference, errand: Errand, depth: int) -> AsyncIterator[Read]:
        """What stands at an address, or why it was not fetched."""
        place = reference.at or reference.url
        try:
            errand.fetched += 1
            if errand.fetched > MOST_FETCHED or depth > DEEPEST:
                raise DocumentRejected(
                    "too-large", f"more than {MOST_FETCHED} addresses, or lists within lists of lists"
                )
            found = await self._fetcher.fetch(reference.url)
        except Rejected as error:
            yield Unread(error, place)
            return
        async for each in self._resolved(_read_aside(self._items(found.body)), errand, depth=depth + 1):
            yield _placed(each, place, found.url)


async def _read_here(items: Iterator[Part]) -> AsyncIterator[Part]:
    """At once: to have a short one read aside was a twentieth of what a document costs, as two threads wait for each other."""
    for item in items:
        yield item


async def _read_aside(items: Iterator[Part]) -> AsyncIterator[Part]:
    """In a thread, because hostile input may take a second, and others are waiting.

    Two at a time: to go there costs a tenth of reading a document, and of a sending that is only one all is known at once.
    """
    while some := await asyncio.to_thread(lambda: list(islice(items, 2))):
        for item in some:
            yield item
        if len(some) == 1:
            return


def _addresses(body: bytes) -> Iterator[Item | Unread]:
    """The addresses of a list (RFC 2483, section 5): one on each line, remarks behind a #."""
    lines = body.decode(errors="replace").splitlines()
    for number, line in enumerate(map(str.strip, lines), start=1):
        if not line or line.startswith("#"):
            continue
        if absolute(line):
            yield Reference(line, Leads.PAGE, at="" if len(lines) == 1 else f"line {number}")
        else:
            yield Unread(DocumentRejected("bad-field", "that is no absolute http(s) address"), f"line {number}")


def _placed(each: Read, place: str, url: str) -> Read:
    at = f"{place}, {each.at}" if each.at else place
    if isinstance(each, Unread):
        return Unread(each.error, at)
    # A page is known by its address; an entry of a feed says its own.
    draft = each.draft if each.draft.url or each.at else each.draft.model_copy(update={"url": url})
    return Reading(draft, at)
