"""A near-duplicate and its original know each other, and the feeds know the original alone."""

from __future__ import annotations

import json

from lxml import html

from tests.integration.feeds.conftest import Room
from tests.unit.shared.syndication.samples import related_event, retraction


async def test_the_two_name_each_other(room: Room) -> None:
    """In JSON and on their pages; the feeds have the original, by its title."""
    await room.put(related_event(), related_event(2, duplicate_of="doc1", title="Tides again"))
    original, copy = [json.loads((await room.get(f"/documents/doc{number}")).body) for number in (1, 2)]
    pages = [html.fromstring((await room.get(f"/documents/doc{number}", accept="text/html")).body) for number in (1, 2)]
    feed = json.loads((await room.get("/feeds/all.json")).body)

    assert (original["duplicate_of"], copy["duplicate_of"], copy["duplicates"]) == (None, "doc1", [])
    link = "https://news.example:8443/documents/doc2"
    assert original["duplicates"] == [{"id": "doc2", "link": link, "title": "Tides again"}]
    assert ["Tides again"] == pages[0].xpath("//a[@href='/documents/doc2']/text()")
    assert ["Tides 1"] == pages[1].xpath("//p[@role='note']/a[@href='/documents/doc1']/text()")
    assert ["Tides 1"] == [item["title"] for item in feed["items"]]


async def test_an_original_that_is_gone_is_not_linked_by_its_title(room: Room) -> None:
    """Until its near-duplicate has been looked at again, a moment later."""
    await room.put(related_event(), related_event(2, duplicate_of="doc1"), retraction())
    page = html.fromstring((await room.get("/documents/doc2", accept="text/html")).body)

    assert ["another article"] == page.xpath("//p[@role='note']/a/text()")
