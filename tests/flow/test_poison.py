"""Documents from a century to come, by each way that carries a date: in the feeds they are documents like any other."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from shared.events import BELT
from shared.syndication.addresses import Format
from shared.syndication.statement import examined
from tests.house import House, house
from tests.judges import json_feeds, xml_feeds

RSS = """<rss version="2.0"><channel><title>T</title><link>https://far.example/</link><description>d</description>
<item><title>Item</title><link>https://far.example/1</link><pubDate>Thu, 31 Dec 2099 23:59:59 GMT</pubDate>
<description>Ebb and flood from afar.</description></item></channel></rss>"""
MATTER = "---\ntitle: Front\ndate: 2099-12-31T23:59:59-12:00\n---\n\nThe moon, later.\n"
MEMBERS = '{"title": "J", "date_published": "2099-01-01T00:00:00Z", "text": "Tides, later."}'
NEVER = '{"title": "N", "date_published": "9999-12-31T23:59:59-12:00", "text": "Never."}'
FUTURE = {
    "front matter": ("text/markdown", MATTER, "2100"),
    "JSON": ("application/json", MEMBERS, "2099"),
    "no such year": ("application/json", NEVER, ""),
    "RSS": ("application/rss+xml", RSS, "2099"),
}
"""By the way in: media type, body, and the year in UTC that its page tells of its source."""


def plain(number: int) -> str:
    """A document that says nothing of its date."""
    return f"---\ntitle: Plain {number}\n---\n\nHarbour {'abcdefgh'[number]} lies at the sea of {number} winds.\n"


@pytest.mark.parametrize("way", FUTURE)
async def test_a_document_of_the_year_2099_is_a_document_like_any_other(
    redis_url: str, tmp_path: Path, way: str
) -> None:
    """It stands where it came in, not on top for ever; dates, tags, deltas, archives and its retraction are as ever."""
    media_type, body, year = FUTURE[way]
    async with house(redis_url, tmp_path, feed_entries=2) as running:
        before = [await added(running, plain(number)) for number in range(3)]
        old = {form: await fetched(running, form) for form in Format}
        late = await added(running, body, media_type)
        top = {form: await fetched(running, form, old[form]["etag"]) for form in Format}
        after = [await added(running, plain(number)) for number in range(3, 6)]
        walked = {form: await met(running, form) for form in Format}
        page = (await running.call("GET", f"/documents/{late}", headers={"Accept": "application/json"}))[1]
        sitemap = (await running.call("GET", "/sitemaps/1.xml"))[1].decode()
        await running.call("DELETE", f"/documents/{late}", headers={"If-Match": "*"})
        await settled(running)
        gone = {form: await met(running, form) for form in Format}

    order = [*reversed(after), late, *reversed(before)]
    assert dict.fromkeys(Format, order) == walked == gone
    assert dict.fromkeys(Format, (226, late)) == {form: (told["status"], told["ids"][0]) for form, told in top.items()}
    assert b"2099" not in b"".join(answer["body"] for answer in top.values())
    assert all(modified(answer) <= datetime.now(UTC) for answer in top.values() if "last-modified" in answer)
    assert "2099" not in sitemap
    assert year == (page["source_published_at"] or "")[:4]


async def added(running: House, body: str, media_type: str = "text/markdown") -> str:
    """The id of a document that was added and stands in the feeds."""
    status, answer = await running.add(body.encode(), media_type)
    assert status in {200, 202}, answer
    await settled(running)
    name: str = answer["id"] if "id" in answer else answer["documents"][0]["id"]
    return name


async def settled(running: House) -> None:
    """Wait until nothing is on the belt."""
    belt = running.host.belt
    async with asyncio.timeout(15):
        while any([await belt.backlog(stream, group) for stream, group in BELT.items()]):  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.01)


async def fetched(running: House, form: Format, tag: str = "") -> dict[str, Any]:
    """The main feed, or what is new in it since the one with this tag; judged, and asked for again."""
    asked = {"If-None-Match": tag, "A-IM": "feed"} if tag else {}
    path, again = f"/feeds/all.{form}", 0
    async with asyncio.timeout(15):
        while again != 304:  # lists of related articles may still change
            told, body, headers = await get(running, path, asked)
            again, _, _ = await get(running, path, {"If-None-Match": headers["etag"]})
    address = running.host.settings.base_url + path
    assert [] == (json_feeds.faults(body, address) if form is Format.JSON else xml_feeds.faults(body, form, address))
    return {"status": told, "body": body, "ids": ids_in(body), **headers}


async def met(running: House, form: Format) -> list[str]:
    """The ids of all documents, from the newest to the first, through the archives."""
    found, onward = [], f"/feeds/all.{form}"
    while onward:
        status, body, _ = await get(running, onward, {})
        assert 200 == status
        found += ids_in(body)
        older = examined(body).older
        onward = urlsplit(older).path if older else ""
    return found


async def get(running: House, path: str, headers: dict[str, str]) -> tuple[int, bytes, dict[str, str]]:
    async with running.session.get(path, headers=headers) as got:
        return got.status, await got.read(), {name.lower(): value for name, value in got.headers.items()}


def ids_in(body: bytes) -> list[str]:
    return [re.split("[/:]", name)[-1] for name, _ in examined(body).entries]


def modified(answer: dict[str, Any]) -> datetime:
    return parsedate_to_datetime(answer["last-modified"])
