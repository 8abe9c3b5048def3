"""Feeds as bytes: put together when something in them has changed, and answered for from memory while nothing has."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from services.feeds.changes import Changes
from services.feeds.conditional import http_date, second_after
from services.feeds.current import Current
from services.feeds.serving import Headers
from services.feeds.stock import Kind, Leaf, Stock
from services.feeds.windows import Row, Window, older_than
from shared.clock import Clock
from shared.syndication.addresses import Address, Format, Site
from shared.syndication.feed import Feed, titled, within
from shared.syndication.formats import BETWEEN, ENDS, head
from shared.syndication.splicing import Piece, gzipped, plain, spliced, tag_of

MOST_EDITIONS = 20_000
"""Feeds whose tag is kept in memory: about 5 kB each."""
MOST_BODIES = 100
"""Feeds whose bytes are kept too, at most about 350 kB each."""

SETTLED = timedelta(seconds=1)
"""How long after its date a feed is dated: another process may serve what was before it until it hears of the change."""

BETWEEN_PIECES = {form: Piece(data) for form, data in BETWEEN.items()}
END_PIECES = {form: Piece(data) for form, data in ENDS.items()}


class Finds(Protocol):
    """Tells which documents a feed shows, and lets `changes` know what has changed by then."""

    async def at(self, address: Address, changes: Changes) -> Window: ...

    async def ready(self, address: Address) -> None: ...


@dataclass(slots=True)
class Edition:
    """A feed as it stood at the change `checked`. `head` is None once its bytes were let go.

    `older`: the archive that it goes on in; `digests`: of its entries; `tag` has no quotes. `modified`: the second after it was put together
    because something in it had changed. Not the date of its newest document: that may be older than one that overtook it on its way here,
    and does not move when something leaves the feed, or a list of neighbours changes.
    """

    form: Format
    window: Window
    older: Address | None
    tag: str
    modified: datetime
    digests: tuple[bytes, ...]
    life: int
    checked: int
    head: Piece | None
    entries: Sequence[Piece]
    hub: str = ""
    """Who pushes it."""
    told: dict[bool, tuple[Headers, Headers]] = field(default_factory=dict)
    """Its headers but for its date, plain and gzip."""
    _date: Headers = field(default_factory=list)
    _bodies: dict[bool, bytes] = field(default_factory=dict)

    def date(self, now: datetime) -> Headers:
        """Its date as a header, once it may be told: whoever asks by that gets everything that comes later."""
        if not self._date and now >= self.modified + SETTLED:
            self._date = [(b"last-modified", http_date(self.modified).encode())]
        return self._date

    def body(self, *, gzip: bool) -> bytes:
        """Its bytes, or their gzip form."""
        if gzip not in self._bodies:
            self._bodies[gzip] = self._bytes(self.entries, gzip=gzip)
        return self._bodies[gzip]

    def delta(self, seen: frozenset[bytes], *, gzip: bool) -> bytes | None:
        """The feed with those entries alone that are not among `seen`; None if there is none."""
        fresh = [entry for entry in self.entries if entry.digest not in seen]
        return self._bytes(fresh, gzip=gzip) if fresh else None

    def strip(self) -> None:
        """Let go of the bytes."""
        self.head, self.entries, self._bodies = None, (), {}

    def _bytes(self, entries: Sequence[Piece], *, gzip: bool) -> bytes:
        assert self.head  # noqa: S101 - whoever asks for bytes has asked the press for a whole feed
        pieces = spliced(self.head, entries, BETWEEN_PIECES[self.form], END_PIECES[self.form])
        return gzipped(pieces) if gzip else plain(pieces)


class Press:
    """Prints each feed once for every change of it."""

    def __init__(self, site: Site, stock: Stock, finds: Finds, current: Current, clock: Clock, *, entries: int) -> None:
        self._site = site
        self._stock = stock
        self._finds = finds
        self._current = current
        self._clock = clock
        self._entries = entries
        self._editions: OrderedDict[tuple[Address, Format], Edition] = OrderedDict()
        self._with_bodies: OrderedDict[tuple[Address, Format], Edition] = OrderedDict()
        self._past: OrderedDict[tuple[Address, Format, str], frozenset[bytes]] = OrderedDict()
        self._one_at_a_time = asyncio.Lock()
        self._life = 0

    def at_hand(self, address: Address, form: Format) -> Edition | None:
        """The feed, if it is certain without a question to Redis that nothing in it has changed."""
        known = self._current.known
        edition = self._editions.get((address, form))
        if edition is None or edition.checked != known or edition.life != self._current.life:
            return None
        return edition

    async def edition(self, address: Address, form: Format, *, whole: bool) -> Edition | None:
        """The feed; None if there is no such feed. `whole`: its bytes are wanted, not its tag alone."""
        found = self.at_hand(address, form)
        if found and (found.head or not whole):
            return self._used(address, form, found)
        await self._finds.ready(address)  # before the lock: others do not wait for an index that is being made
        async with self._one_at_a_time:  # a crowd that asks for the same new feed waits for one printing
            found = self.at_hand(address, form)
            if found and (found.head or not whole):
                return self._used(address, form, found)
            return await self._renewed(address, form, whole=whole)

    async def _renewed(self, address: Address, form: Format, *, whole: bool) -> Edition | None:
        while True:
            if self._life != self._current.life:
                self._stock.forget()
                self._life = self._current.life
            life = self._life
            window = await self._finds.at(address, self._stock.changes)
            if life != self._current.life:
                continue
            if not window.known:
                return None
            before = self._editions.get((address, form))
            if before and (before.life != life or not self._still_holds(before, window)):
                before = None
            if before and (before.head or not whole):
                before.checked = self._stock.changes.last
                return self._used(address, form, before)
            if edition := await self._printed(address, form, window, before.modified if before else None):
                self._editions[address, form] = edition
                self._remember(address, edition)
                return self._used(address, form, edition)

    def _still_holds(self, edition: Edition, window: Window) -> bool:
        touched = self._stock.changes.touched
        return edition.window == window and not any(touched(name, edition.checked) for name, _ in window.rows)

    async def _printed(
        self, address: Address, form: Format, window: Window, modified: datetime | None
    ) -> Edition | None:
        """The feed put together anew; None if a document has changed meanwhile. `modified`: None if it is another one now."""
        as_of = self._stock.changes.last
        leaves = await self._stock.leaves([name for name, _ in window.rows])
        shown, feed = self._feed(address, window, leaves)
        kind = Kind(form, address.summary, address.archive)
        entries = await self._stock.pieces(shown, kind)
        if entries is None:
            return None
        top = Piece(head(feed, form))
        digests = tuple(entry.digest for entry in entries)
        tag = tag_of([top, *entries])
        modified = modified or second_after(self._clock.now())
        return Edition(form, window, feed.previous, tag, modified, digests, self._life, as_of, top, entries, feed.hub)

    def _feed(self, address: Address, window: Window, leaves: Sequence[Leaf]) -> tuple[Sequence[Leaf], Feed]:
        articles = tuple(leaf.article for leaf in leaves)
        if not address.archive and not window.whole:
            articles = tuple(within(articles, entries=self._entries))
        title, about = titled(self._site, window.name, address.path)
        older = older_than(window.rows, _reached(window.rows, articles[-1].id if articles else ""), more=window.more)
        return leaves[: len(articles)], Feed(self._site, address, title, about, articles, older, window.number)

    def seen(self, address: Address, form: Format, tags: Iterable[str]) -> frozenset[bytes] | None:
        """The entries that somebody has seen who knows the feed by one of these tags; None if we do not remember."""
        return next((seen for tag in tags if (seen := self._past.get((address, form, tag)))), None)

    def _remember(self, address: Address, edition: Edition) -> None:
        self._past[address, edition.form, edition.tag] = frozenset(edition.digests)
        while len(self._past) > MOST_EDITIONS:
            self._past.popitem(last=False)

    def _used(self, address: Address, form: Format, edition: Edition) -> Edition:
        key = (address, form)
        self._editions.move_to_end(key)
        while len(self._editions) > MOST_EDITIONS:
            self._editions.popitem(last=False)
        if edition.head:
            self._with_bodies[key] = edition
            self._with_bodies.move_to_end(key)
            while len(self._with_bodies) > MOST_BODIES:
                self._with_bodies.popitem(last=False)[1].strip()
        return edition


def _reached(rows: Sequence[Row], name: str) -> int:
    """How many rows there are up to and with the document `name`; all, if it is none of them."""
    return next((place for place, row in enumerate(rows, 1) if row[0] == name), len(rows))
