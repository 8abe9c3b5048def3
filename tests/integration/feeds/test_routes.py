"""What readers, people and programs get over HTTP."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import feedparser
import pytest
from lxml import etree, html
from redis.asyncio import Redis

from shared.syndication.addresses import Format
from tests.integration.feeds.conftest import Answer, Room, installed
from tests.unit.shared.syndication.samples import LAW, changed_event, neighbours, related_event, retraction

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
OTHERS = ("en", "source.example", "moon", "sea", "Ann Author", "Ben Writer")
FEEDS = [f"/feeds/{path}.{form}" for path in ("all", "subjects/medicine") for form in Format]


def read(answer: Answer) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(answer.body)
    return body


@pytest.mark.parametrize("path", FEEDS)
async def test_every_feed_is_served(room: Room, path: str) -> None:
    """With its media type, its validators and its links."""
    await room.put(related_event())
    fresh = await room.get(path)
    room.host.clock.advance(3)  # type: ignore[attr-defined]
    answer = await room.get(path)
    form = Format(path.rsplit(".", maxsplit=1)[-1])

    assert answer.status == 200
    assert answer.headers["content-type"] == f"{form.media_type}; charset=utf-8"
    assert answer.headers["link"] == (
        f'<https://news.example:8443{path}>; rel="self", <https://news.example:8443/hub>; rel="hub"'
    )
    assert "last-modified" not in fresh.headers
    assert answer.headers["last-modified"] == "Thu, 01 Jan 2026 00:00:01 GMT"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert b"Tides 1" in answer.body


@pytest.mark.parametrize("path", [*FEEDS, "/feeds", "/feeds.opml", "/documents/doc1", "/assets/feeds.css"])
async def test_a_reader_that_comes_again_gets_304(room: Room, path: str) -> None:
    """By tag, and of a feed by its date too; and HEAD tells what GET would."""
    await room.put(related_event())
    await room.get(path)
    room.host.clock.advance(3)  # type: ignore[attr-defined]
    first = await room.get(path, x_request_id="same")
    again = await room.get(path, if_none_match=first.headers["etag"])
    later = await room.get(path, if_modified_since=first.headers.get("last-modified", "never"))
    head = await room.get(path, "HEAD", x_request_id="same")

    assert (again.status, again.body, later.status) == (304, b"", 304 if path in FEEDS else 200)
    assert again.headers.keys() >= {"etag", "cache-control", "vary"}
    assert (head.status, head.body, head.headers) == (200, b"", first.headers)
    assert head.headers["content-length"] == str(len(first.body))


async def test_a_feed_changes_with_its_articles_alone(room: Room) -> None:
    """A document of another subject changes no tag; a neighbour's does, and no date of an entry."""
    await room.put(related_event(1))
    before = await room.get("/feeds/subjects/medicine.atom")
    await room.put(related_event(2, subject=LAW))
    unmoved = await room.get("/feeds/subjects/medicine.atom", if_none_match=before.headers["etag"])
    await room.put(changed_event(1, 9, "Moon"))
    after = await room.get("/feeds/subjects/medicine.atom", if_none_match=before.headers["etag"])

    assert unmoved.status == 304
    assert after.status == 200
    assert feedparser.parse(after.body).entries[0].updated == feedparser.parse(before.body).entries[0].updated


async def test_unknown_feeds_are_problems(room: Room) -> None:
    """No empty feed for a subject that was misspelled."""
    answer = await room.get("/feeds/subjects/medecine.rss")

    assert (answer.status, answer.headers["content-type"]) == (404, "application/problem+json")
    assert (await room.get("/feeds/all.atom")).status == 200
    assert (await room.get("/feeds/all.xml")).status == 404


async def test_a_document_is_json_for_programs(room: Room) -> None:
    """Everything that is known, with the addresses of what it names."""
    await room.put(related_event(1, related=neighbours("Moon"), related_revision=1, runners_up=(LAW,)))
    answer = await room.get("/documents/doc1")
    facts = read(answer)

    assert answer.headers["vary"] == "Accept, Accept-Encoding"
    assert facts["subject"] == {"name": "Medicine", "slug": "medicine", "confidence": 0.8642, "given": False}
    assert facts["related"][0]["link"] == "https://news.example:8443/documents/near0"
    assert facts["links"]["feeds"]["rss"] == "https://news.example:8443/feeds/subjects/medicine.rss"
    assert (facts["version"], facts["status"], facts["text"]) == (1, "published", "The sea rises twice a day.")


async def test_a_document_is_a_page_for_people(room: Room) -> None:
    """With its related articles, its feeds for discovery, and nothing that runs."""
    text = '<p>Sea</p><script>alert(1)</script><img src="x" onerror="alert(1)">'
    await room.put(related_event(1, html=text, title="<b>Tides", related=neighbours("Moon & Co"), related_revision=1))
    answer = await room.get("/documents/doc1", accept=BROWSER)
    page = html.fromstring(answer.body.decode())

    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
    assert page.xpath("string(//h1)") == "<b>Tides"
    assert page.xpath("//ol[@class='related']/li/a/text()") == ["Moon & Co"]
    assert page.xpath("count(//link[@rel='alternate'])") == 9
    assert b"alert" not in answer.body
    assert page.xpath("//*[@style]|//script[not(@type='application/ld+json')]") == []


async def test_a_text_is_read_from_the_side_that_its_language_begins_at(room: Room) -> None:
    """On its page and in lists; what the pages say themselves is English, and so is the notice of a retraction."""
    await room.put(related_event(1, language="ar"), related_event(2, language="de"), related_event(3, language="he"))
    await room.put(retraction(3, language="he"))
    pages = [await room.get(f"/documents/doc{number}", accept=BROWSER) for number in (1, 2, 3)]
    listed = html.fromstring((await room.get("/feeds/all", accept=BROWSER)).body.decode())

    assert [html.fromstring(page.body.decode()).xpath("string(//article/@dir)") for page in pages] == ["rtl", "", ""]
    assert listed.xpath("//li[@dir='rtl']//a[@class='headline']/@href") == ["/documents/doc1"]
    assert listed.xpath("//a[@class='headline']/@lang") == ["he", "de", "ar"]
    assert listed.xpath("//p[@class='abstract']/@lang") == ["de", "ar"]


async def test_a_retracted_document_is_gone(room: Room) -> None:
    """410 with a notice for people and a problem for programs; the text is nowhere any more."""
    await room.put(related_event(1), retraction(1))
    page = await room.get("/documents/doc1", accept=BROWSER)
    problem = await room.get("/documents/doc1")

    assert (page.status, problem.status) == (410, 410)
    assert b"was retracted on 1 March 2026" in page.body
    assert read(problem)["code"] == "gone"
    assert b"sea rises" not in page.body + problem.body


async def test_an_unknown_document_is_passed_on(room: Room) -> None:
    """Another service may know it; none does here."""
    assert (await room.get("/documents/nobody")).status == 404


async def test_the_index_names_every_feed(room: Room) -> None:
    """For people as a page, for readers as OPML; the root leads there."""
    empty = await room.get("/feeds")
    await room.put(related_event(1), related_event(2, subject=LAW))
    index = await room.get("/feeds")
    listed = await room.get("/feeds.opml")
    root = await room.get("/")

    assert b"Nothing here yet" in empty.body
    assert b"Law &amp; Order" in index.body
    assert listed.headers["content-type"] == "text/x-opml; charset=utf-8"
    assert listed.body.count(b'<outline type="rss"') == 3 + len(OTHERS)
    assert (root.status, root.headers["location"]) == (302, "/feeds")


async def test_of_each_other_kind_the_largest_feeds_are_listed(redis_url: str) -> None:
    """By name; none that has no articles any more."""
    async with Redis.from_url(redis_url) as client:
        room = installed(client)
        await room.host.belt.open()
        many = tuple(f"word {number}" for number in range(30))
        await room.put(related_event(1, keywords=many), related_event(2, keywords=(*many[:5], "sea")))
        await room.put(related_event(3, keywords=tuple(f"other {number}" for number in range(30)), authors=("Zoe",)))
        await room.put(related_event(2, 2, keywords=many[5:9]))
        root: Any = etree.fromstring((await room.get("/feeds.opml")).body)
        await room.host.belt.close()
    names = root.xpath("//outline[@text='Keywords']/outline/@text")

    assert len(names) == 50
    assert {f"The News: word {number}" for number in range(5, 9)} <= set(names)
    assert "The News: sea" not in names
    assert names == sorted(names)
    assert root.xpath("//outline[@text='Authors']/outline/@text") == [
        f"The News: {name}" for name in ("Ann Author", "Ben Writer", "Zoe")
    ]


async def test_who_comes_while_the_feeds_are_counted_gets_all_of_them(room: Room) -> None:
    """The first three who ask after a start get the same list."""
    await room.put(related_event(1), related_event(2, subject=LAW))
    lists = await asyncio.gather(*(room.get("/feeds.opml") for _ in range(3)))

    assert [listed.body.count(b'<outline type="rss"') for listed in lists] == 3 * [3 + len(OTHERS)]


async def test_an_emptied_shelf_is_empty(room: Room) -> None:
    """When the shelves are gone, the kept copies of another life are not served."""
    await room.put(related_event(1))
    await room.get("/feeds/all.rss")
    await room.host.redis.delete(*await room.host.redis.keys(room.host.key("feeds", "*")))

    assert b"Tides" not in (await room.get("/feeds/all.rss")).body
    assert (await room.get("/feeds/subjects/medicine.rss")).status == 404
