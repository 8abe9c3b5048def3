"""The feed of what is near an article: live, in the order of coming, with news of whoever was there and is retracted."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import feedparser
import pytest
from lxml import html

from shared.events import DocumentPublished, RelatedArticle, RelatedChanged, RelatedPublished
from shared.syndication.addresses import Format
from shared.syndication.article import Article
from tests.integration.feeds.conftest import Room
from tests.unit.shared.syndication.samples import SITE, at, related_event, retraction

FEED = "/feeds/documents/doc1/related"


def near(*numbers: int) -> tuple[RelatedArticle, ...]:
    return tuple(RelatedArticle(id=f"doc{number}", title=f"Tides {number}", score=0.5) for number in numbers)


def relisted(revision: int, *numbers: int) -> RelatedChanged:
    return RelatedChanged(
        event_id=f"relisted-{revision}",
        correlation_id="request",
        occurred_at=at(500 + revision),
        id="doc1",
        related=near(*numbers),
        related_revision=revision,
    )


async def titles(room: Room) -> list[str]:
    answer = await room.get(f"{FEED}.json")
    assert answer.status == 200, answer.body
    return [item["title"] for item in json.loads(answer.body)["items"]]


async def test_what_comes_last_stands_first(room: Room) -> None:
    """However old it is, and however near: a reader goes by ids, to which it is new; those that come at once, the nearest first."""
    await room.put(*(related_event(number) for number in range(2, 8)))
    await room.put(related_event(1, related=near(5, 4), related_revision=1))
    first = await titles(room)
    await room.put(relisted(2, 5, 2, 7, 4))
    second = await titles(room)
    await room.put(relisted(3, 6, 2, 5))
    third = await titles(room)

    assert first == ["Tides 5", "Tides 4"]
    assert second == ["Tides 2", "Tides 7", "Tides 5", "Tides 4"]
    assert third == ["Tides 6", "Tides 2", "Tides 5"]


@pytest.mark.parametrize("form", Format)
async def test_it_changes_with_its_list_and_its_articles_alone(room: Room, form: Format) -> None:
    """304 as long as neither does; its entries are those of every other feed, and it says when the list changed last."""
    await room.put(*(related_event(number) for number in range(2, 8)))
    await room.put(related_event(1, related=near(5, 4), related_revision=1))
    before = await room.get(f"{FEED}.{form}")
    tag = before.headers["etag"]
    await room.put(related_event(9), related_event(2, 2, title="Corrected"))
    unmoved = await room.get(f"{FEED}.{form}", if_none_match=tag)
    room.host.clock.advance(3_600)  # type: ignore[attr-defined]
    await room.put(relisted(2, 5, 2))
    moved = await room.get(f"{FEED}.{form}", if_none_match=tag)
    again = await room.get(f"{FEED}.{form}", a_im="feed", if_none_match=moved.headers["etag"])

    assert (before.status, unmoved.status, moved.status, again.status) == (200, 304, 200, 304)
    if form is Format.ATOM:
        updated = [datetime.fromisoformat(feedparser.parse(answer.body).feed.updated) for answer in (before, moved)]
        assert (updated[1] - updated[0]).total_seconds() >= 3_599
    assert 'rel="hub"' in moved.headers["link"]


async def test_who_has_read_of_a_retracted_article_here_is_told_here(room: Room) -> None:
    """It leaves the list at its retraction, or has left it before; its notice stands in the feed."""
    await room.put(*(related_event(number) for number in range(2, 6)))
    await room.put(related_event(1, related=near(2, 3, 4), related_revision=1))
    await room.put(relisted(2, 3, 4), retraction(3), relisted(3, 4, 5))
    gone = await titles(room)
    await room.put(retraction(2))

    assert gone == ["Tides 5", "Retracted: Tides 3", "Tides 4"]
    assert sorted(await titles(room)) == ["Retracted: Tides 2", "Retracted: Tides 3", "Tides 4", "Tides 5"]


async def test_a_neighbour_that_is_not_published_yet_comes_with_its_article(room: Room) -> None:
    """The list may be known here before the article is."""
    await room.put(related_event(1, related=near(2, 3), related_revision=1), related_event(3))
    before = await titles(room)
    await room.put(related_event(2))

    assert (before, await titles(room)) == (["Tides 3"], ["Tides 2", "Tides 3"])


async def test_a_document_that_is_not_there_or_not_any_more(room: Room) -> None:
    """404 and 410; an empty list is a feed."""
    await room.put(related_event(1))
    empty, unknown = await room.get(f"{FEED}.atom"), await room.get("/feeds/documents/doc9/related.atom")
    await room.put(retraction(1))
    gone: Any = await room.get(f"{FEED}.rss")

    assert (empty.status, unknown.status, gone.status) == (200, 404, 410)
    assert "was retracted" in json.loads(gone.body)["detail"]
    assert not feedparser.parse(empty.body).entries


async def test_it_has_a_page_and_is_found_from_the_articles(room: Room) -> None:
    """By the links that readers look for."""
    await room.put(related_event(2), related_event(1, title="Law & Order", related=near(2), related_revision=1))
    page = html.fromstring((await room.get(FEED, accept="text/html")).body)
    led = await room.get(FEED, accept="application/atom+xml")
    article: Any = html.fromstring((await room.get("/documents/doc1", accept="text/html")).body)

    assert page.xpath("string(//h1)") == "Near “Law & Order”"
    assert page.xpath("//a[@class='headline']/text()") == ["Tides 2"]
    assert (led.status, led.headers["location"]) == (302, f"{SITE.url}{FEED}.atom")
    assert f"{SITE.url}{FEED}.atom" in article.xpath("//link[@rel='alternate']/@href")


async def joined(room: Room) -> dict[str, str]:
    """Who has joined by the last event, and what is told of them."""
    last = (await room.published())[-1]
    assert isinstance(last, RelatedPublished | DocumentPublished)
    return last.joined


async def test_an_older_article_that_joins_is_told_of_as_the_feed_shows_it(room: Room) -> None:
    """One that came just now by its name alone: its own event says as much; one whose own list has changed since, in full."""
    await room.put(related_event(2, related=near(9), related_revision=1), related_event(3), related_event(1))
    await room.put(relisted(2, 2))
    just_now = await joined(room)
    room.host.clock.advance(3_600)  # type: ignore[attr-defined]
    moved = relisted(3, 9).model_copy(update={"id": "doc3", "event_id": "moved"})
    await room.put(related_event(4), moved, relisted(4, 3, 4, 2))
    later = await joined(room)
    await room.put(relisted(5), relisted(6, 2))
    told = Article.model_validate_json((await joined(room))["doc2"])

    assert just_now == {"doc2": ""}
    assert (list(later), later["doc4"]) == (["doc3", "doc4"], "")
    assert Article.model_validate_json(later["doc3"]).related == near(9)
    assert (told.html, told.related, told.text) == ("<p>The sea rises twice a day.</p>", near(9), "")


async def test_a_new_article_joins_nobody(room: Room) -> None:
    """Nobody can have followed what is near it; whoever follows hears of a correction's new neighbours."""
    await room.put(related_event(2), related_event(1, related=near(2), related_revision=1))
    first = await joined(room)
    await room.put(related_event(1, 2, related=near(2, 3), related_revision=2))

    assert (first, await joined(room)) == ({}, {"doc3": ""})
