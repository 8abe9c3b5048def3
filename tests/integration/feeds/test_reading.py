"""How a reader fares who comes again and again: deltas, archives, changes that reach it at once, and nothing asked of Redis in vain."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import feedparser
import pytest
from redis.asyncio import Redis

from shared.host import turn_for_ever
from shared.syndication.addresses import Format
from tests.integration.feeds.conftest import Room, installed
from tests.redis_servers import RedisServer
from tests.unit.shared.syndication.samples import (
    SITE,
    related_event,
    retraction,
)

XML = [Format.RSS, Format.ATOM]


@asynccontextmanager
async def watching(room: Room) -> AsyncIterator[None]:
    """The process hears of changes, as it does when it runs."""
    loop = asyncio.create_task(turn_for_ever("watching", room.host.loops["feeds.watching"]))
    await room.get("/feeds/all.atom")
    await asyncio.sleep(0.1)
    yield
    loop.cancel()


async def commands(room: Room) -> int:
    """How many commands Redis has done, but for the ones that ask for this."""
    stats: dict[str, Any] = await room.host.redis.info("commandstats")
    return sum(stat["calls"] for name, stat in stats.items() if name not in {"cmdstat_info", "cmdstat_xread"})


async def test_what_is_certain_is_answered_without_redis(room: Room) -> None:
    """As long as the watch is alive and nothing has changed; a 304 and a 200."""
    await room.put(related_event(1))
    async with watching(room):
        first = await room.get("/feeds/subjects/medicine.rss")
        await room.host.loops["feeds.watching"]()
        before = await commands(room)
        for _ in range(50):
            again = await room.get("/feeds/subjects/medicine.rss", if_none_match=first.headers["etag"])
            whole = await room.get("/feeds/subjects/medicine.rss")
        spent = await commands(room) - before

    assert (first.status, again.status, again.body, whole.body) == (200, 304, b"", first.body)
    assert spent <= 4


async def test_a_full_redis_is_read_all_the_same(redis_server: RedisServer) -> None:
    """Feeds, archives, searches and pages that nobody has asked for before; MULTI would be refused, reads and all."""
    paths = [
        *(
            f"/feeds/{path}.{form}"
            for path in ("all", "subjects/medicine", "documents/doc1/related")
            for form in Format
        ),
        "/feeds/search.json?q=tides",
        "/feeds",
        "/feeds.opml",
        "/feeds/all",
        "/documents/doc1",
        "/sitemap.xml",
    ]
    async with Redis.from_url(redis_server.url) as client:
        room = installed(client)
        await room.host.belt.open()
        await room.put(related_event(1), related_event(2))
        await client.config_set("maxmemory", 1)
        answers = {path: await room.get(path, accept="text/html") for path in paths}
        await client.config_set("maxmemory", 0)
        await room.host.belt.close()

    assert dict.fromkeys(paths, 200) == {path: answer.status for path, answer in answers.items()}


async def test_another_process_hears_of_a_change(room: Room, redis_url: str) -> None:
    """One that serves only, and is sure of what it has, is told within a moment."""
    async with Redis.from_url(redis_url) as client:
        other = installed(client)
        async with watching(other):
            for number in range(1, 6):
                await room.put(related_event(number))
                await asyncio.sleep(0.1)
                titles = [entry.title for entry in feedparser.parse((await other.get("/feeds/all.atom")).body).entries]
                assert titles[0] == f"Tides {number}"


async def test_a_process_is_never_behind_its_own_writing(room: Room) -> None:
    """Whatever it was sure of: who has seen the event settled sees it in the feed."""
    async with watching(room):
        for number in range(1, 30):
            await room.put(related_event(number))
            body = json.loads((await room.get("/feeds/all.json")).body)
            assert body["items"][0]["title"] == f"Tides {number}"


async def test_a_store_that_lost_what_it_told_is_believed(room: Room) -> None:
    """Redis came back without its newest changes: what was printed of them is not served."""
    await room.put(related_event(1), related_event(2))
    await room.get("/feeds/all.json")
    await room.host.redis.zrem(room.host.key("feeds", "changed"), "doc2")
    await room.host.redis.zrem(room.host.key("feeds", "shelf", "all"), "doc2")
    await room.host.redis.delete(room.host.key("feeds", "article", "doc2"))

    assert [item["title"] for item in json.loads((await room.get("/feeds/all.json")).body)["items"]] == ["Tides 1"]


@pytest.mark.parametrize("form", Format)
async def test_the_gzip_form_is_the_same_feed(room: Room, form: Format) -> None:
    """With a tag of its own, known again whichever form the reader has."""
    await room.put(related_event(1), related_event(2))
    plain = await room.get(f"/feeds/all.{form}")
    packed = await room.get(f"/feeds/all.{form}", accept_encoding="br, gzip;q=0.8")
    refused = await room.get(f"/feeds/all.{form}", accept_encoding="gzip;q=0, identity")
    again = await room.get(f"/feeds/all.{form}", if_none_match=packed.headers["etag"])
    both = await room.get(f"/feeds/all.{form}", if_none_match=f'"x", {plain.headers["etag"]}', accept_encoding="gzip")

    assert gzip.decompress(packed.body) == plain.body == refused.body
    assert (packed.headers["content-encoding"], packed.headers["vary"]) == ("gzip", "Accept, Accept-Encoding, A-IM")
    assert packed.headers["etag"] != plain.headers["etag"]
    assert (again.status, both.status) == (304, 304)


@pytest.mark.parametrize("form", XML)
async def test_a_delta_holds_what_is_new_and_nothing_is_lost(room: Room, form: Format) -> None:
    """RFC 3229: new, corrected and retracted entries, and the full feed's tag to come again with."""
    await room.put(*(related_event(number) for number in range(1, 21)))
    first = await room.get(f"/feeds/all.{form}", a_im="feed")
    await room.put(related_event(21), related_event(3, 2, title="Tides, corrected"), retraction(5))
    delta = await room.get(f"/feeds/all.{form}", a_im="feed", if_none_match=first.headers["etag"])
    whole = await room.get(f"/feeds/all.{form}")
    again = await room.get(f"/feeds/all.{form}", a_im="feed", if_none_match=delta.headers["etag"])

    assert (first.status, delta.status, delta.headers["im"], again.status) == (200, 226, "feed", 304)
    assert [entry.title for entry in feedparser.parse(delta.body).entries] == [
        "Tides 21",
        "Retracted: Tides 5",
        "Tides, corrected",
    ]
    assert delta.headers["etag"] == whole.headers["etag"]
    assert "no-store" in delta.headers["cache-control"]
    assert len(delta.body) * 4 < len(whole.body)


@pytest.mark.parametrize(
    "headers",
    [
        {"a_im": "feed", "if_none_match": '"unknown"'},
        {"a_im": "vcdiff"},
        {"a_im": "feed", "user_agent": "rss2email/3.14 (https://github.com/rss2email/rss2email)"},
        {"a_im": "feed", "user_agent": "feedparser/6.0.10 +https://github.com/kurtmckee/feedparser/"},
        {},
    ],
)
async def test_who_cannot_take_a_delta_gets_the_whole(room: Room, headers: dict[str, str]) -> None:
    """A tag that we do not remember, another encoding, and the reader that takes 226 for an error, by either name."""
    await room.put(related_event(1), related_event(2))
    first = await room.get("/feeds/all.rss")
    await room.put(related_event(3))
    answer = await room.get("/feeds/all.rss", **({"if_none_match": first.headers["etag"]} | headers))

    assert (answer.status, len(feedparser.parse(answer.body).entries)) == (200, 3)


async def test_only_who_never_asks_is_told_to_be_patient(redis_url: str) -> None:
    """An unchanged feed, fetched whole again and again: 429 with the seconds to wait; conditional requests always pass."""
    async with Redis.from_url(redis_url) as client:
        room = installed(client, feed_refetches=3)
        statuses = [(await room.get("/feeds/all.rss")).status for _ in range(4)]
        refused = await room.get("/feeds/all.rss")
        tag = (await room.get("/feeds/all.rss", "HEAD")).headers["etag"]
        asked = [(await room.get("/feeds/all.rss", if_none_match=tag)).status for _ in range(9)]

    assert statuses == [200, 200, 200, 429]
    assert (refused.headers["retry-after"], refused.headers["content-type"]) == ("1", "application/problem+json")
    assert set(asked) == {304}


async def test_a_summary_feed_has_no_full_texts(room: Room) -> None:
    """The same entries, addressed by what was asked for."""
    await room.put(related_event(1), retraction(2), related_event(3))
    short = await room.get("/feeds/all.atom?content=summary")
    parsed = feedparser.parse(short.body)
    wrong = await room.get("/feeds/all.atom?content=half")

    assert b"The sea rises" not in short.body
    assert [entry.summary for entry in parsed.entries] == ["About the sea.", "About the sea."]
    assert next(link.href for link in parsed.feed.links if link.rel == "self").endswith("/all.atom?content=summary")
    assert wrong.status == 400


@pytest.mark.parametrize("path", ["keywords/sea", "authors/ann-author", "languages/en", "sources/source.example"])
async def test_every_facet_has_its_feed(room: Room, path: str) -> None:
    """What a correction takes away leaves the feed; a retraction stays in it."""
    other: dict[str, Any] = {"authors": ("Zoe",), "keywords": ("sand",), "language": "de", "url": None}
    await room.put(related_event(1), related_event(2), related_event(3, **other))
    await room.put(related_event(2, 2, **other), retraction(1, authors=(), keywords=()))
    feed = json.loads((await room.get(f"/feeds/{path}.json")).body)

    assert [item["title"] for item in feed["items"]] == ["Retracted: Tides 1"]
    assert feed["feed_url"] == f"{SITE.url}/feeds/{path}.json"
    assert (await room.get(f"/feeds/{path}x.json")).status == 404
