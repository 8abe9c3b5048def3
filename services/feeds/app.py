"""documents.related → documents.published"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from services.feeds.addresses import Site
from services.feeds.catching_up import add_catching_up
from services.feeds.chronicle import Chronicle, numbered
from services.feeds.clearing import Clearing
from services.feeds.pages import Pages
from services.feeds.places import Keys
from services.feeds.press import Press
from services.feeds.review import Review, add_review
from services.feeds.routes import add_routes
from services.feeds.shelf import Shelf
from services.feeds.shelving import Present, Shelving
from shared.consumer import Batch
from shared.events import DocumentRelated, Event
from shared.host import Host
from shared.steps import Step


def install(host: Host) -> None:
    """Shelve what comes, tell what was published, and serve the feeds and the pages."""
    site = Site(host.settings.base_url, host.settings.title)
    keys = Keys(host.key)
    shelf = Shelf(host.redis, keys, site, entries=host.settings.feed_entries)
    shelving = Shelving(keys, site, with_duplicates=host.settings.feed_duplicates)
    chronicle = Chronicle(host.redis, keys, host.settings.base_url, host.settings.events_kept)

    async def shelve(batch: Batch) -> None:
        done = False
        while not done:  # somebody else has written since we looked: look again
            found = await shelf.standing(event.document_id for event in batch.events)
            steps = decided(replace(shelving, directory=found.directory), batch.events, found.documents)
            done = await batch.commit(numbered(chronicle, steps, found.last), found.fence)

    host.belt.consume_batches(DocumentRelated.stream, group="feeds", work=shelve)
    pages = Pages(site, shelf)
    add_routes(host.web, site, shelf, Press(shelf), pages)
    host.background("feeds.clearing", Clearing(host.redis, host.belt, shelf, keys).turn)
    add_review(host.web, Review(host.redis, shelf, keys, site), host.operator)
    add_catching_up(host.web, chronicle)
    host.answer("/documents/{document_id}", pages.document)


def decided(shelving: Shelving, events: Sequence[Event], present: dict[str, Present]) -> list[Step | Exception]:
    """One step for each event, decided on what the ones before it leave; an exception if it cannot be decided."""
    steps: list[Step | Exception] = []
    for event in events:
        try:
            step, present[event.document_id], directory = shelving.decide(event, present[event.document_id])
        except Exception as error:
            steps.append(error)
        else:
            shelving = replace(shelving, directory=directory)
            steps.append(step)
    return steps
