"""Readers that ask by date alone (If-Modified-Since): nothing that comes, goes or changes is kept from them."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest
from redis.asyncio import Redis

from shared.clock import FakeClock
from shared.events import Event
from shared.syndication.addresses import Format
from tests.integration.feeds.conftest import Answer, Room, installed
from tests.unit.shared.syndication.samples import LAW, MEDICINE, changed_event, related_event, retraction

FEED = "/feeds/subjects/medicine.rss"
OTHERS = ["/feeds", "/feeds.opml", "/feeds/all", "/documents/doc1", "/sitemap.xml", "/sitemaps/1.xml", "/robots.txt"]
LONG_AFTER = "Fri, 31 Dec 2100 00:00:00 GMT"


class Reader:
    """Keeps what it gets, and its date, if that was told."""

    def __init__(self) -> None:
        self.body = b""
        self._date = ""

    async def poll(self, room: Room, path: str = FEED) -> Answer:
        """Ask for what is newer than what is kept."""
        answer = await room.get(path, **({"if_modified_since": self._date} if self._date else {}))
        assert answer.status in {200, 304}
        if answer.status == 200:
            self.body, self._date = answer.body, answer.headers.get("last-modified", "")
        return answer


def clock_of(room: Room) -> FakeClock:
    assert isinstance(room.host.clock, FakeClock)
    return room.host.clock


@pytest.mark.parametrize("form", Format)
async def test_what_was_overtaken_is_told_when_it_comes(room: Room, form: Format) -> None:
    """A document that was accepted before the newest one in the feed, and comes into it after that."""
    reader, path = Reader(), f"/feeds/all.{form}"
    await room.put(related_event(2))
    await reader.poll(room, path)
    clock_of(room).advance(10)
    await reader.poll(room, path)
    unchanged = await reader.poll(room, path)
    await room.put(related_event(1))
    changed = await reader.poll(room, path)

    assert (unchanged.status, changed.status) == (304, 200)
    assert b"Tides 1" in changed.body


async def test_a_clock_that_was_ahead_keeps_nothing_back(room: Room) -> None:
    """What a reader was told while it was is no date of what comes after it was set right."""
    reader, clock = Reader(), clock_of(room)
    await room.put(related_event(1))
    clock.advance(86_400)
    await reader.poll(room)
    clock.advance(10)
    dated = await reader.poll(room)
    clock.advance(-86_400)
    await room.put(related_event(2))
    await room.get(FEED)
    clock.advance(10)
    changed = await reader.poll(room)

    assert "last-modified" in dated.headers
    assert changed.status == 200


LATER: dict[str, Callable[[], Event]] = {
    "a list of neighbours": lambda: changed_event(1, 9, "Moon"),
    "another subject": lambda: related_event(2, 2, subject=LAW),
    "a retraction": lambda: retraction(2),
}


@pytest.mark.parametrize("later", LATER.values(), ids=LATER)
async def test_every_change_moves_the_date(room: Room, later: Callable[[], Event]) -> None:
    """Of what stays, and of what leaves the feed."""
    reader = Reader()
    await room.put(related_event(1), related_event(2))
    await reader.poll(room)
    clock_of(room).advance(10)
    await reader.poll(room)
    unchanged = await reader.poll(room)
    await room.put(later())
    changed = await reader.poll(room)

    assert (unchanged.status, changed.status) == (304, 200)


@pytest.mark.parametrize("seed", range(5))
async def test_a_reader_by_date_has_what_is_there(redis_url: str, seed: int) -> None:
    """However quickly changes come, however they fall into seconds, and whichever of two processes answers."""
    lot, reader, repeated = Random(seed), Reader(), 0
    async with Redis.from_url(redis_url) as client:
        room, other = installed(client), installed(client)
        clock_of(room).time = clock_of(other).time = clock_of(room).time.replace(microsecond=lot.randrange(1_000_000))
        await room.host.belt.open()
        await room.put(related_event(1))
        await reader.poll(room)
        for version in range(2, 40):
            if lot.random() < 0.5:
                subject = lot.choice([MEDICINE, LAW])
                await room.put(related_event(lot.randrange(1, 4), version, subject=subject))
            pause = lot.choice([0.01, 0.3, 0.9, 5.0])
            for each in (room, other):
                clock_of(each).advance(pause)
            asked = lot.choice([room, other])
            repeated += (await reader.poll(asked)).status == 304
            assert reader.body == (await asked.get(FEED)).body
        await room.host.belt.close()

    assert repeated


@pytest.mark.parametrize("path", OTHERS)
async def test_what_has_no_date_is_always_told(room: Room, path: str) -> None:
    """A crawler that asks by date alone for the sitemap sees what is new there; by tag it is told that nothing is."""
    await room.put(related_event(1))
    accept = {"accept": "text/html"}
    first = await room.get(path, **accept)
    by_date = await room.get(path, if_modified_since=LONG_AFTER, **accept)
    by_tag = await room.get(path, if_none_match=first.headers["etag"], **accept)

    assert (first.status, by_date.status, by_tag.status) == (200, 200, 304)
    assert "last-modified" not in first.headers
