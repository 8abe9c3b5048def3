"""The way from a feed to its first document: each document once, in archives that change with their own documents alone."""

from __future__ import annotations

import asyncio
import json

import feedparser
import pytest
from redis.asyncio import Redis

from shared.events import Change
from shared.syndication.addresses import Format
from shared.syndication.statement import examined
from tests.integration.feeds.conftest import Answer, Room, installed
from tests.unit.shared.syndication.samples import (
    LAW,
    MEDICINE,
    SITE,
    changed_event,
    neighbours,
    related_event,
    retraction,
)


def entries_of(answer: Answer, form: Format) -> tuple[list[str], str | None]:
    """The identifiers of a page's entries, and the path of the archive that it goes on in."""
    if form is Format.JSON:
        body = json.loads(answer.body)
        return [item["id"] for item in body["items"]], body.get("next_url")
    parsed = feedparser.parse(answer.body)
    assert not parsed.bozo
    links = {link.rel: link.href for link in parsed.feed.links}
    return [entry.id for entry in parsed.entries], links.get("prev-archive")


@pytest.mark.parametrize("form", Format)
async def test_a_walk_meets_each_document_once(redis_url: str, form: Format) -> None:
    """From the feed to the first document, while others come, are corrected, retracted and related anew."""
    async with Redis.from_url(redis_url) as client:
        room = installed(client, feed_entries=7)
        await room.host.belt.open()
        await room.put(*(related_event(number) for number in range(1, 101)))
        met, path, step = [], f"/feeds/all.{form}", 0
        while path:
            found, onward = entries_of(await room.get(path), form)
            met += found
            path = (onward or "").removeprefix(SITE.url)
            step += 1
            await room.put(
                related_event(200 + step),
                related_event(step, 2, subject=LAW),
                retraction(50 + step),
                changed_event(100 - step, 9, "Moon"),
            )
        await room.host.belt.close()

    assert met == [SITE.tag("documents", f"doc{number}") for number in range(100, 0, -1)]
    assert step == 15


@pytest.mark.parametrize("form", Format)
async def test_a_long_walk_meets_each_document_once(redis_url: str, form: Format) -> None:
    """A thousand documents, while others come, are corrected and retracted as fast as they can, whatever the reader does."""
    async with Redis.from_url(redis_url) as client:
        room = installed(client)
        await room.host.belt.open()
        for start in range(0, 1_000, 200):
            await room.put(*(related_event(number) for number in range(start, start + 200)))
        turns = 0

        async def change() -> None:
            nonlocal turns
            while True:
                turns += 1
                number = turns * 389 % 1_000
                moved = related_event(number, 1 + turns, subject=LAW, change=Change.UPDATED)
                await room.put(related_event(1_000 + turns), moved, retraction(number + 1, 2 + turns))

        changing = asyncio.create_task(change())
        met: list[str] = []
        path: str | None = f"/feeds/all.{form}"
        while path:
            before = turns
            feed = examined((await room.get(path)).body)
            met += [name for name, _ in feed.entries]
            path = (feed.older or "").removeprefix(SITE.url)
            while turns < before + 2:  # noqa: ASYNC110 - no event
                await asyncio.sleep(0.001)
        changing.cancel()
        await room.host.belt.close()

    assert len(set(met)) == len(met)
    assert {SITE.tag("documents", f"doc{number}") for number in range(1_000)} <= set(met)
    assert turns >= 40


async def test_an_archive_changes_with_its_own_documents_alone(redis_url: str) -> None:
    """Neither new documents nor neighbours move it; a retraction in it does, and its place stays."""
    async with Redis.from_url(redis_url) as client:
        room = installed(client, feed_entries=5)
        await room.host.belt.open()
        await room.put(*(related_event(number) for number in range(1, 23)))
        bridge = entries_of(await room.get("/feeds/all.json"), Format.JSON)[1] or ""
        archive = entries_of(await room.get(bridge.removeprefix(SITE.url)), Format.JSON)[1] or ""
        path = archive.removeprefix(SITE.url).replace(".json", ".atom")
        before = await room.get(path)
        await room.put(*(related_event(number) for number in range(23, 35)), changed_event(13, 5, "Moon"))
        after = await room.get(path, if_none_match=before.headers["etag"])
        await room.put(retraction(13))
        retracted = await room.get(path, if_none_match=before.headers["etag"])
        await room.host.belt.close()

    assert (after.status, retracted.status) == (304, 200)
    assert [len(feedparser.parse(answer.body).entries) for answer in (before, retracted)] == [5, 5]
    assert b"fh:archive" in before.body
    assert b'rel="current"' in before.body
    assert b"Retracted: Tides 13" in retracted.body
    assert neighbours("Moon")[0].title not in before.body.decode()


async def test_a_subject_keeps_its_articles_order(room: Room) -> None:
    """An article that joins another subject stands there where its age puts it, and archives lead past it."""
    await room.put(*(related_event(number, subject=MEDICINE) for number in range(1, 4)))
    await room.put(related_event(2, 2, subject=LAW), related_event(4, subject=LAW))
    law = json.loads((await room.get("/feeds/subjects/law.json")).body)

    assert [item["title"] for item in law["items"]] == ["Tides 4", "Tides 2"]
