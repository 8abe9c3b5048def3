"""From the stream to the shelves, on a real Redis."""

from __future__ import annotations

import asyncio
import json

import feedparser
from redis.asyncio import Redis

from services.feeds.places import Keys
from services.feeds.shelf import Shelf
from shared.events import DocumentPublished, Event, RelatedPublished
from shared.syndication.article import Status
from tests.integration.feeds.conftest import Room, installed
from tests.unit.shared.syndication.samples import (
    LAW,
    MEDICINE,
    SITE,
    changed_event,
    neighbours,
    related_event,
    retraction,
)


def shelf_of(room: Room, entries: int = 50) -> Shelf:
    return Shelf(room.host.redis, Keys(room.host.key), SITE, entries=entries)


async def titles(room: Room, path: str) -> list[str]:
    return [item["title"] for item in json.loads((await room.get(f"/feeds/{path}.json")).body)["items"]]


async def test_what_comes_is_shelved_and_goes_on(room: Room) -> None:
    """Newest first, on both shelves, whole; and told."""
    await room.put(related_event(1), related_event(2, related=neighbours("Moon"), related_revision=1))
    article = await shelf_of(room).article("doc2")

    assert await titles(room, "all") == await titles(room, "subjects/medicine") == ["Tides 2", "Tides 1"]
    assert article
    assert (article.html, article.text) == ("<p>The sea rises twice a day.</p>", "The sea rises twice a day.")
    assert article.related == neighbours("Moon")
    assert [type(event) for event in await room.published()] == [DocumentPublished, DocumentPublished]


async def test_a_document_moves_with_its_subject(room: Room) -> None:
    """In one batch or in two, it stands on one subject's shelf only."""
    await room.put(related_event(1), related_event(1, 2, subject=LAW), related_event(2))
    await room.put(related_event(2, 2, subject=LAW))

    assert await titles(room, "subjects/medicine") == []
    assert await titles(room, "subjects/law") == ["Tides 2", "Tides 1"]
    assert [(subject.name, subject.articles) for subject in await shelf_of(room).subjects()] == [
        ("Law & Order", 2),
        ("Medicine", 0),
    ]


async def test_a_retraction_stays_in_place(room: Room) -> None:
    """The feed shows the notice where the article stood."""
    await room.put(related_event(1), related_event(2))
    await room.put(retraction(1))
    article = await shelf_of(room).article("doc1")

    assert await titles(room, "all") == ["Tides 2", "Retracted: Tides 1"]
    assert article
    assert (article.status, article.html, article.text) == (Status.RETRACTED, "", "")


async def test_a_neighbour_is_shown_and_told(room: Room) -> None:
    """A changed list reaches the feed and the partners; an older one neither."""
    await room.put(related_event(1, related_revision=1))
    await room.put(changed_event(1, 5, "Moon"), changed_event(1, 4, "Sun"), changed_event(7, 6, "Star"))
    published = await room.published()

    (item,) = json.loads((await room.get("/feeds/all.json")).body)["items"]

    assert [near["title"] for near in item["_syndicate"]["related"]] == ["Moon"]
    assert [type(event) for event in published] == [DocumentPublished, RelatedPublished]
    assert await shelf_of(room).article("doc7") is None


async def test_two_processes_agree(room: Room, redis_url: str) -> None:
    """With two consumers of one group each document ends on one subject's shelf, and no version is told twice."""
    await room.put(related_event(0, subject=MEDICINE))  # a feed that stays known
    events: list[Event] = []
    for version in range(2, 7):
        subject = MEDICINE if version % 2 else LAW
        events += [related_event(number, version, subject=subject) for number in range(40)]
    async with Redis.from_url(redis_url) as client:
        second = installed(client, batch_size=3)
        await second.host.belt.open()
        parts = [events[start : start + 7] for start in range(0, len(events), 7)]
        await asyncio.gather(*(room.put(*part) for part in parts))
        await second.host.belt.close()
    versions = [event.document.version for event in await room.published() if isinstance(event, DocumentPublished)]

    assert len(await titles(room, "subjects/law")) == 40
    assert await titles(room, "subjects/medicine") == []
    assert len(versions) >= 40
    assert versions.count(6) == 40
    assert max(versions.count(version) for version in range(1, 7)) == 40


async def test_the_feeds_can_be_read_while_they_change(room: Room) -> None:
    """A reader sees a whole feed of some moment, never half of one."""

    async def read() -> None:
        for _ in range(20):
            answer = await room.get("/feeds/all.atom")
            assert feedparser.parse(answer.body).bozo == 0

    await asyncio.gather(read(), *(room.put(related_event(number)) for number in range(20)))

    assert len(feedparser.parse((await room.get("/feeds/all.atom")).body).entries) == 20
