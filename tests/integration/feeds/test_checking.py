"""`syndicate feeds check` through a cache on the way: what is injected is found, and nothing else."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import typer
from aiohttp import ClientSession, web

from services.feeds.check_cli import check
from services.feeds.checking import checked
from shared.syndication.addresses import Format
from tests.integration.feeds.readers.newsroom import Newsroom, newsroom
from tests.integration.feeds.test_validity import ENTRY
from tests.unit.shared.syndication.samples import related_event, retraction

Mangles = Callable[[bytes], bytes]


class Cache:
    """Hands out what it got first, until somebody says no-cache; `stubborn` ones do even then. `mangles` spoils what passes through."""

    def __init__(self, origin: str, mangles: Mangles = bytes, *, stubborn: bool = False) -> None:
        self._origin = origin
        self._mangles = mangles
        self._stubborn = stubborn
        self._kept: dict[str, tuple[bytes, str]] = {}

    async def answer(self, request: web.Request) -> web.Response:
        """What is kept, or what the origin says now."""
        fresh = request.headers.get("Cache-Control") == "no-cache" and not self._stubborn
        if fresh or request.path not in self._kept:
            async with ClientSession() as session, session.get(self._origin + request.path) as got:
                self._kept[request.path] = self._mangles(await got.read()), got.headers["Syndicate-Complete"]
        body, complete = self._kept[request.path]
        return web.Response(body=body, headers={"Syndicate-Complete": complete})


@asynccontextmanager
async def through(cache: Cache) -> AsyncIterator[str]:
    """The cache's address."""
    server = web.Application()
    server.router.add_get("/{path:.*}", cache.answer)
    runner = web.AppRunner(server)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def faults(address: str, *, walk: bool = False) -> list[str]:
    return [fault for finding in [found async for found in checked(address, walk=walk)] for fault in finding.faults]


@asynccontextmanager
async def filled(redis_url: str, folder: Path) -> AsyncIterator[Newsroom]:
    async with newsroom(redis_url, folder) as room:
        await room.put(*(related_event(number) for number in range(1, 61)), retraction(30), retraction(2))
        yield room


@pytest.mark.parametrize("form", Format)
async def test_what_is_as_published_has_no_fault(redis_url: str, tmp_path: Path, form: Format) -> None:
    """To the first document; through a cache too."""
    async with filled(redis_url, tmp_path) as room, through(Cache(room.site.url)) as cache:
        direct = await faults(room.site.feed("all", form), walk=True)
        cached = await faults(f"{cache}/feeds/all.{form}")

    assert (direct, cached) == ([], [])


@pytest.mark.parametrize("form", Format)
async def test_a_stale_cache_is_found(redis_url: str, tmp_path: Path, form: Format) -> None:
    """One that gives yesterday's feed, of which nothing can be seen in the feed itself."""
    async with filled(redis_url, tmp_path) as room, through(Cache(room.site.url)) as cache:
        before = await faults(f"{cache}/feeds/all.{form}")
        await room.put(related_event(61))
        after = await faults(f"{cache}/feeds/all.{form}")

    assert before == []
    assert after == ["a cache on the way gives an older feed than there is"]


async def test_a_belt_that_has_stopped_is_found(redis_url: str, tmp_path: Path) -> None:
    """A feed on a quiet day and one that nothing reaches any more look the same; what they say of themselves does not."""
    async with filled(redis_url, tmp_path) as room:
        ten_minutes_ago = f"{int(time.time() * 1000) - 600_000}-0"
        stream = room.home.host.key("documents.ingested")
        await room.home.host.redis.xadd(stream, {"event": b"{}"}, id=ten_minutes_ago)
        found = await faults(room.site.feed("all", Format.ATOM))

    assert len(found) == 1
    assert found[0].endswith("only, 10 minutes ago")


@pytest.mark.parametrize("form", Format)
@pytest.mark.parametrize("fault", ["missing", "swapped", "doubled"])
async def test_what_is_missing_or_out_of_order_is_found(
    redis_url: str, tmp_path: Path, form: Format, fault: str
) -> None:
    """An entry that was lost, two that changed places, one that comes twice."""

    def mangled(body: bytes) -> bytes:
        first, second, third = ENTRY[form].findall(body)[:3]
        between = b"," if form is Format.JSON else b""
        spoiled = {
            "missing": third,
            "swapped": between.join((second, first, third)),
            "doubled": between.join((first, first, third)),
        }
        return body.replace(between.join((first, second, third)), spoiled[fault])

    async with filled(redis_url, tmp_path) as room, through(Cache(room.site.url, mangled)) as cache:
        assert await faults(f"{cache}/feeds/all.{form}")


@pytest.mark.parametrize("said", ["news.example/feed", "ftp://news.example/feed", "", "http://"])
def test_what_is_no_address_is_told(said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With what an address begins with, and the exit code of what is no feed."""
    with pytest.raises(typer.Exit) as stopped:
        check(said)

    assert stopped.value.exit_code == 3
    assert "begins with http:// or https://" in capsys.readouterr().err
