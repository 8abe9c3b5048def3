"""documents.related → documents.published"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from services.feeds.catching_up import add_catching_up
from services.feeds.chronicle import Chronicle, numbered
from services.feeds.clearing import Clearing
from services.feeds.current import Current
from services.feeds.door import Door, FirstDoor
from services.feeds.freshness import Freshness
from services.feeds.indexing import Indexing
from services.feeds.outlines import Outlines
from services.feeds.pages import Pages
from services.feeds.places import Keys, tick
from services.feeds.politeness import Politeness
from services.feeds.present import Present
from services.feeds.press import Press
from services.feeds.recalling import RECENT, Recalling
from services.feeds.review import Review, add_review
from services.feeds.routes import add_routes
from services.feeds.searches import Searches
from services.feeds.shelf import Shelf
from services.feeds.shelving import Shelving
from services.feeds.sitemap import Sitemap, add_sitemap
from services.feeds.stock import Stock
from services.feeds.windows import Windows
from shared.batch import Batch
from shared.events import Change, DocumentRelated, Event
from shared.host import Host
from shared.steps import Command, Step
from shared.syndication.addresses import Site


def install(host: Host) -> None:
    """Shelve what comes, tell what was published, and serve the feeds and the pages."""
    site = Site(host.settings.base_url, host.settings.title, host.settings.hub_url)
    keys, entries = Keys(host.key), host.settings.feed_entries
    shelf = Shelf(host.redis, keys, site, entries=entries)
    shelving = Shelving(keys, site, with_duplicates=host.settings.feed_duplicates)
    chronicle = Chronicle(host.redis, keys, host.settings.base_url, host.settings.events_kept)
    current = Current(host.redis, keys, host.clock)
    recalling = Recalling(host.redis, keys, RECENT * host.settings.retention_seconds)

    async def shelve(batch: Batch) -> None:
        done = False
        while not done:  # somebody else has written since we looked: look again
            found = await shelf.standing([event.document_id for event in batch.events], _retracted(batch.events))
            deciding, last = replace(shelving, directory=found.directory), current.beyond(found.change)
            steps = decided(deciding, batch.events, found.documents, last)
            steps = numbered(chronicle, await recalling.told(steps, found), found.last)
            with current.writing():
                done = await batch.commit(woken(steps, tick(last + len(steps), keys)), found.fence)

    host.belt.consume_batches(DocumentRelated.stream, group="feeds", work=shelve, small=True)
    host.background("feeds.watching", current.turn)
    host.background("feeds.clearing", Clearing(host.redis, host.belt, shelf, keys, current).turn)
    windows = Windows(host.redis, keys, current, entries=entries)
    index = Indexing(host.redis, keys, current)
    host.background("feeds.searches", index.turn)
    searches = Searches(index, current, windows, entries=entries)
    press = Press(site, Stock(host.redis, keys, site), searches, current, host.clock, entries=entries)
    freshness = Freshness(host.belt)
    host.background("feeds.freshness", freshness.turn)
    door = Door(site, press, Politeness(host.settings.feed_refetches), freshness, host.clock)
    pages = Pages(site, shelf, searches)
    add_routes(host.web, site, shelf, Outlines(host.redis, keys), door, pages)
    host.doors.append(partial(FirstDoor, door=door))
    add_sitemap(host.web, Sitemap(host.redis, keys, site))
    add_review(host.web, Review(host.redis, shelf, keys, site), host.operator)
    add_catching_up(host.web, chronicle)
    host.answer("/documents/{document_id}", pages.document)


def decided(
    shelving: Shelving, events: Sequence[Event], present: dict[str, Present], last: int
) -> list[Step | Exception]:
    """One step for each event, decided on what the ones before it leave; an exception if it cannot be decided.

    `last`: the number of the last change of the shelves. A number that goes to nothing is missed by nobody.
    """
    steps: list[Step | Exception] = []
    for number, event in enumerate(events, last + 1):
        try:
            step, present[event.document_id], directory = shelving.decide(event, present[event.document_id], number)
        except Exception as error:
            steps.append(error)
        else:
            if directory is not shelving.directory:
                shelving = replace(shelving, directory=directory)
            steps.append(step)
    return steps


def _retracted(events: Sequence[Event]) -> list[str]:
    return [
        event.document_id for event in events if isinstance(event, DocumentRelated) and event.change is Change.RETRACTED
    ]


def woken(steps: Sequence[Step | Exception], waking: Command) -> list[Step | Exception]:
    """The steps, the last of which wakes up who waits for changes."""
    for place in reversed(range(len(steps))):
        step = steps[place]
        if isinstance(step, Step) and step.writes:
            return [*steps[:place], step.then(waking), *steps[place + 1 :]]
    return list(steps)
