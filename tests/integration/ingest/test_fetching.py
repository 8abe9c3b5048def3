"""An address is fetched by the server, and no address leads into somebody's network."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from ipaddress import ip_network
from typing import Any

import pytest
from aiohttp import web
from redis.asyncio import Redis

from services.ingest.fetching import Fetcher, NotFetched
from shared.errors import Rejected
from tests.integration.ingest.room import Room, installed

LOOPBACK = (ip_network("127.0.0.0/8"),)
PAGE = "<html><head><title>The tides</title></head><body><p>The moon pulls the sea twice a day.</p></body></html>"


class Site:
    """A site on loopback; `asked` are the paths that were asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.base = ""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """The page, or whatever the path says."""
        self.asked.append(request.path)
        match request.path.split("/")[1:]:
            case ["hop", count]:
                raise web.HTTPFound("/page" if count == "1" else f"/hop/{int(count) - 1}")
            case ["to", *rest]:
                raise web.HTTPFound("/".join(rest).replace(":/", "://", 1) if rest[0].endswith(":") else "/page")
            case ["status", status]:
                return web.Response(status=int(status))
            case ["flood"]:
                return web.Response(body=b"x" * 3_000_000)
            case ["zipped"]:
                return web.Response(body=b"\x1f\x8b", headers={"Content-Encoding": "gzip"})
            case ["slow"]:
                await asyncio.sleep(30)
        return web.Response(text=PAGE.replace("day", f"day at {request.path[1:]}"), content_type="text/html")


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    """A site for each test."""
    found, app = Site(), web.Application()
    app.router.add_get("/{path:.*}", found.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    door = web.TCPSite(runner, "127.0.0.1", 0)
    await door.start()
    found.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield found
    await runner.cleanup()


@pytest.fixture
async def near(redis_url: str) -> AsyncIterator[Room]:
    """A room that may fetch from loopback."""
    async with Redis.from_url(redis_url) as client:
        yield installed(client, fetch_networks=LOOPBACK)


async def add(room: Room, *urls: str) -> Any:
    """Have addresses added; the answer's lines, each with a status."""
    body = "\n".join(urls).encode()
    answer = await room.ask("POST", "/documents", body, content_type="text/uri-list", lines="yes")
    return answer.body


async def test_an_address_is_a_document(near: Room, site: Site) -> None:
    """It is known by its address; a second time nothing changes."""
    first, second = await add(near, f"{site.base}/page#part"), await add(near, f"{site.base}/page")
    [event] = await near.events()

    assert [line["status"] for line in first + second] == [202, 200]
    assert (event.document.title, event.document.url) == ("The tides", f"{site.base}/page")


async def test_of_many_addresses_each_has_its_line(near: Room, site: Site) -> None:
    """What cannot be fetched is told, and the others are taken."""
    told = await add(near, "# a remark", f"{site.base}/a", f"{site.base}/status/404", "ftp://x/", f"{site.base}/b")

    assert [(line["at"], line["status"]) for line in told] == [
        ("line 2", 202),
        ("line 3", 422),
        ("line 4", 422),
        ("line 5", 202),
    ]
    assert (told[1]["code"], told[1]["answered"]) == ("not-fetched", 404)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "127.1", "0x7f.1", "[::ffff:127.0.0.1]", "0.0.0.0", "reader@127.0.0.1"],
)
async def test_no_form_of_a_private_address_is_fetched(room: Room, site: Site, host: str) -> None:
    """Without permission nothing on loopback is asked, whatever the address looks like."""
    [line] = await add(room, site.base.replace("127.0.0.1", host) + "/page")

    assert (line["status"], site.asked) == (422, [])


@pytest.mark.parametrize("target", ["10.0.0.1", "169.254.169.254", "[::1]", "[fd00::1]"])
async def test_every_hop_is_judged(site: Site, target: str) -> None:
    """A permitted site cannot send us to the neighbours."""
    fetcher = Fetcher(LOOPBACK, most_bytes=1_000)
    with pytest.raises(Rejected) as refused:
        await fetcher.fetch(f"{site.base}/to/http:/{target}/secret")

    assert "address refused" in str(refused.value)
    assert len(site.asked) == 1


@pytest.mark.parametrize("target", ["file:/etc/passwd", "ftp:/127.0.0.1/", "http:/user:pass@127.0.0.1/"])
async def test_a_redirect_leads_to_the_web_only(site: Site, target: str) -> None:
    """No other scheme, no passwords."""
    fetcher = Fetcher(LOOPBACK, most_bytes=1_000)
    with pytest.raises(Rejected):
        await fetcher.fetch(f"{site.base}/to/{target}")


async def test_five_redirects_are_followed_and_six_are_not(near: Room, site: Site) -> None:
    """The document's address is the last one."""
    fine, endless = await add(near, f"{site.base}/hop/5", f"{site.base}/hop/6")
    [event] = await near.events()

    assert [fine["status"], endless["status"], endless["code"]] == [202, 422, "not-fetched"]
    assert event.document.url == f"{site.base}/page"


async def test_size_time_and_encoding_are_bounded(site: Site) -> None:
    """Too much, too slow, or packed: refused, each with its reason."""
    fetcher = Fetcher(LOOPBACK, most_bytes=1_000_000, total_seconds=0.5)
    reasons = []
    for path in ("/flood", "/slow", "/zipped"):
        with pytest.raises(Rejected) as refused:
            await fetcher.fetch(site.base + path)
        reasons.append((refused.value.code, refused.value.detail))

    assert [code for code, _ in reasons] == ["too-large", "not-fetched", "not-fetched"]
    assert "timeout" in reasons[1][1]
    assert "encoding" in reasons[2][1]


async def test_a_name_that_does_not_exist_is_told_without_the_address(site: Site) -> None:
    """The reason names no query, which may hold a secret."""
    with pytest.raises(NotFetched) as refused:
        await Fetcher(LOOPBACK, most_bytes=1).fetch("http://127.0.0.1:1/?key=geheim")

    assert "geheim" not in str(refused.value)
