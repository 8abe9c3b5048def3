"""How people, readers and robots find what there is: pages of feeds, discovery, the sitemap, and the proof that a feed is whole."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from lxml import etree, html
from redis.asyncio import Redis

from shared.clock import FakeClock
from shared.steps import Step
from tests.integration.feeds.conftest import Answer, Room, installed
from tests.unit.shared.syndication.samples import LAW, SITE, neighbours, related_event, retraction

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
MINIFLUX = "application/xml,application/atom+xml,application/rss+xml,application/rdf+xml,application/feed+json,text/html,*/*;q=0.9"
PAGES = ["/feeds/all", "/feeds/subjects/medicine", "/feeds/sources/source.example", "/feeds/search?q=sea&lang=en"]


def tree_of(answer: Answer) -> Any:
    """A page to look into."""
    return html.fromstring(answer.body.decode())


def xml_of(answer: Answer) -> Any:
    """A document of XML to look into."""
    return etree.fromstring(answer.body)


@pytest.mark.parametrize("path", PAGES)
async def test_a_feed_without_a_format_is_what_the_client_can_read(room: Room, path: str) -> None:
    """A page with its feeds for a browser; for readers the way to the feed, never HTML."""
    await room.put(related_event(1), related_event(2, subject=LAW))
    page = await room.get(path, accept=BROWSER)
    reader = await room.get(path, accept=MINIFLUX)
    plain = await room.get(path)
    shown = tree_of(page)
    name, _, question = path.partition("?")

    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert shown.xpath("count(//link[@rel='alternate' and contains(@type, 'feed') or contains(@type, '+xml')])") == 3
    assert "Tides 1" in shown.xpath("//a[@class='headline']/text()")
    assert {reader.status, plain.status} == {302}
    assert reader.headers["location"] == f"{SITE.url}{name}.atom{'?' + question if question else ''}"
    assert "Accept" in page.headers["vary"]


async def test_pages_hold_together_under_a_path_of_a_proxy(redis_url: str) -> None:
    """Every address in them begins with the public one, that of the style sheet too; so does the way from the front door."""
    async with Redis.from_url(redis_url) as client:
        room = installed(client, public_url="https://news.example/paper")
        await room.host.belt.open()
        await room.put(related_event(1, related=neighbours("Moon"), related_revision=1))
        pages = [await room.get(path, accept=BROWSER) for path in ("/feeds", "/feeds/all", "/documents/doc1")]
        door = await room.get("/", accept=BROWSER)
        await room.host.belt.close()

    linked = [link for page in pages for link in tree_of(page).xpath("//@href|//@action")]
    own = [link for link in linked if link.startswith("/") or "news.example" in link]
    assert len(own) > 30
    assert [link for link in own if not link.startswith(("/paper/", "https://news.example/paper/"))] == []
    assert door.headers["location"] == "/paper/feeds"


async def test_a_browser_sees_a_dressed_feed(room: Room) -> None:
    """The same bytes, as XML with a style sheet; no reader is told so."""
    await room.put(related_event(1))
    seen = await room.get("/feeds/all.rss", accept=BROWSER)
    read = await room.get("/feeds/all.rss", accept=MINIFLUX)

    assert seen.headers["content-type"] == "application/xml; charset=utf-8"
    assert read.headers["content-type"] == "application/rss+xml; charset=utf-8"
    assert seen.body == read.body
    assert b'<?xml-stylesheet type="text/css" href="https://news.example:8443/assets/reading.css"?>' in seen.body
    assert (await room.get("/assets/reading.css")).headers["content-type"] == "text/css; charset=utf-8"


async def test_a_page_leads_to_older_articles_and_unknown_feeds_are_told(room: Room) -> None:
    """By the archive's page; and 404 is a problem for pages too."""
    await room.put(*(related_event(number) for number in range(1, 61)))
    shown = tree_of(await room.get("/feeds/all", accept=BROWSER))
    older = shown.xpath("string(//a[@rel='next']/@href)").removeprefix(SITE.url)
    archive = await room.get(older, accept=BROWSER)

    assert archive.status == 200
    assert len(tree_of(archive).xpath("//a[@class='headline']")) == 10
    assert (await room.get("/feeds/subjects/nothing", accept=BROWSER)).status == 404
    assert (await room.get("/feeds/nothing/medicine", accept=BROWSER)).status == 404


async def test_an_article_page_says_what_it_is(room: Room) -> None:
    """schema.org's Article as JSON-LD, whatever the article says."""
    await room.put(
        related_event(
            1,
            title="<script><b>Tides",
            summary="</script>",
            related=neighbours("Moon"),
            related_revision=1,
            authors=("Ann & Co",),
        )
    )
    page = tree_of(await room.get("/documents/doc1", accept=BROWSER))
    facts = json.loads(page.xpath("string(//script[@type='application/ld+json'])"))

    assert (facts["headline"], facts["description"]) == ("<script><b>Tides", "</script>")
    assert facts["author"] == [{"@type": "Person", "name": "Ann & Co"}]
    assert facts["mainEntityOfPage"]["relatedLink"] == [SITE.document("near0")]
    assert page.xpath("//a[@href='/feeds/keywords/sea']/text()") == ["sea"]


async def test_the_sitemap_names_every_page_that_is_there(room: Room) -> None:
    """With the time of its last change; a retracted article is left out."""
    room.host.clock.advance(1)  # type: ignore[attr-defined]
    await room.put(related_event(1), related_event(2), retraction(2))
    index = xml_of(await room.get("/sitemap.xml"))
    piece = xml_of(await room.get("/sitemaps/1.xml"))
    names = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}

    assert index.xpath("//s:loc/text()", namespaces=names) == [f"{SITE.url}/sitemaps/1.xml"]
    assert piece.xpath("//s:loc/text()", namespaces=names) == [SITE.document("doc1")]
    assert piece.xpath("//s:lastmod/text()", namespaces=names) == ["2026-01-01T00:00:01Z"]
    assert (await room.get("/sitemaps/2.xml")).status == 404
    assert b"/sitemap.xml" in (await room.get("/robots.txt")).body


async def test_a_feed_says_up_to_when_it_is_complete(room: Room) -> None:
    """Now, if nothing waits on the belt; else up to the oldest thing that waits."""
    clock = room.host.clock
    assert isinstance(clock, FakeClock)
    clock.time = datetime.now(UTC) + timedelta(hours=1)
    await room.put(related_event(1))
    quiet = (await room.get("/feeds/all.atom")).headers["syndicate-complete"]
    await room.host.belt.publish(Step(writes=(("XADD", room.host.key("documents.ingested"), "*", "event", "stuck"),)))
    clock.advance(60)
    await room.host.loops["feeds.freshness"]()
    stuck = (await room.get("/feeds/all.atom")).headers["syndicate-complete"]

    assert quiet == f"{clock.time - timedelta(seconds=60):%Y-%m-%dT%H:%M:%SZ}"
    assert stuck < quiet
