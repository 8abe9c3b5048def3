"""From a document that comes in to its push, through the whole house: what is pushed is what the feed shows."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from tests.house import House, house
from tests.integration.webhooks.reader import Reader, quiet, reader

ENTRY = {
    "atom": re.compile(rb"<entry .*?</entry>", re.DOTALL),
    "rss": re.compile(rb"<item>.*?</item>", re.DOTALL),
    "json": re.compile(rb'\{"id":.*(?=\]\})', re.DOTALL),
}


async def subscribe(home: House, found: Reader, path: str) -> str:
    """Subscribe as a reader does: to the address and at the hub that the feed names; gives that address."""
    _, _, headers = await home.call("HEAD", path)
    links = {rel: href for href, rel in re.findall(r'<([^>]+)>; rel="(\w+)"', headers["link"])}
    form = {"hub.mode": "subscribe", "hub.callback": found.url, "hub.topic": links["self"]}
    async with home.session.post(links["hub"], data=form) as got:
        assert got.status == 202, await got.text()
    before = len(found.asked)
    async with asyncio.timeout(10):
        while len(found.asked) == before:  # noqa: ASYNC110 - it is asked from outside
            await asyncio.sleep(0.01)
    await quiet(home.host)
    return str(links["self"])


@pytest.mark.parametrize("form", ENTRY)
async def test_what_is_pushed_is_what_the_feed_shows(redis_url: str, tmp_path: Path, form: str) -> None:
    """Entry for entry the same bytes, for a new document, its correction and its retraction, in the same type."""
    async with house(redis_url, tmp_path, partner_networks="127.0.0.0/8", hub_seconds=0.05) as home, reader() as found:
        await subscribe(home, found, f"/feeds/all.{form}")
        pairs = []
        _, added = await home.add(b"# Tides\n\nThe sea rises twice a day.", "text/markdown")
        for step in range(3):
            async with asyncio.timeout(10):
                while len(found.heard) <= step:  # noqa: ASYNC110 - it is told from outside
                    await asyncio.sleep(0.01)
            _, shown, headers = await home.call("GET", f"/feeds/all.{form}")
            shown = shown if isinstance(shown, bytes) else (await raw(home, f"/feeds/all.{form}"))
            pairs.append((ENTRY[form].findall(found.heard[step].body), ENTRY[form].findall(shown)))
            assert found.heard[step].headers["content-type"] == headers["content-type"]
            if step == 0:
                body = {"data": b"# Tides\n\nAnd falls.", "headers": {"Content-Type": "text/markdown", "If-Match": "*"}}
                await home.call("PUT", f"/documents/{added['id']}", **body)
            elif step == 1:
                await home.call("DELETE", f"/documents/{added['id']}", headers={"If-Match": "*"})

    assert all(len(pushed) == 1 for pushed, _ in pairs)
    assert [pushed for pushed, _ in pairs] == [shown for _, shown in pairs]
    assert b"Retracted: Tides" in pairs[2][0][0]


async def raw(home: House, path: str) -> bytes:
    """A body as it came."""
    async with home.session.get(path) as got:
        return await got.read()


@pytest.mark.parametrize(
    ("page", "topic"),
    [("/feeds", "all.atom"), ("/feeds/all", "all.atom"), ("/feeds/search?q=sea", "search.atom?q=sea")],
)
async def test_pages_announce_the_hub(redis_url: str, tmp_path: Path, page: str, topic: str) -> None:
    """A browser's page names the hub and the feed by which its changes are pushed."""
    async with house(redis_url, tmp_path) as home:
        _, _, headers = await home.call("GET", page, headers={"Accept": "text/html"})
        base = home.host.settings.base_url

    assert headers["link"] == f'<{base}/hub>; rel="hub", <{base}/feeds/{topic}>; rel="self"'
