"""A WebSub subscriber on loopback that behaves in every way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import aiohttp
from aiohttp import web

from shared.events import Change, Document, DocumentPublished, Subject
from shared.host import Host
from tests.integration.webhooks.room import Heard, served

START = datetime(2026, 3, 1, tzinfo=UTC)


@dataclass
class Reader:
    """`agrees`: repeats challenges; `answer`: the status of its answers to content."""

    url: str = ""
    asked: list[dict[str, str]] = field(default_factory=list)
    queries: list[str] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)
    agrees: bool = True
    answer: int = 204

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Note the request and answer it."""
        if request.method == "GET":
            self.queries.append(request.query_string)
            self.asked.append(dict(request.query))
            return web.Response(text=request.query.get("hub.challenge", "") if self.agrees else "no")
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.heard.append(Heard(request.path_qs, headers, await request.read()))
        return web.Response(status=self.answer)

    @property
    def modes(self) -> list[str]:
        """What it was asked, in order."""
        return [each["hub.mode"] for each in self.asked]


@asynccontextmanager
async def reader() -> AsyncIterator[Reader]:
    """A subscriber on a free port."""
    found = Reader()
    async with served(found.handle) as address:
        found.url = f"{address}/inbox"
        yield found


async def post(host: Host, fields: Mapping[str, str] | bytes, **headers: str) -> tuple[int, str]:
    """POST a form to the hub; gives the status and the text of its answer."""
    address = f"{host.settings.base_url}/hub"
    async with aiohttp.ClientSession() as session, session.post(address, data=fields, headers=headers) as got:
        return got.status, await got.text()


def feed(host: Host, name: str = "all.atom") -> str:
    """The address of a feed."""
    return f"{host.settings.base_url}/feeds/{name}"


async def subscribed(host: Host, found: Reader, topic: str, **fields: str) -> None:
    """Subscribe, and wait until it is verified and known."""
    wanted = {"hub.mode": "subscribe", "hub.callback": found.url, "hub.topic": topic}
    wanted |= {f"hub.{name}": value for name, value in fields.items()}
    status, text = await post(host, wanted)
    assert status == HTTPStatus.ACCEPTED, text
    await quiet(host)


async def quiet(host: Host) -> None:
    """Wait until every request is settled."""
    for _ in range(2_000):
        if not await host.redis.zcard(host.key("hub", "asked")):
            return
        await asyncio.sleep(0.005)
    raise AssertionError("requests are not settled")


async def pushed(host: Host) -> None:
    """Wait until nothing of the stream, of the topics and of the deliveries is under way."""
    for _ in range(2_000):
        if await _all_read(host) and not await _under_way(host):
            return
        await asyncio.sleep(0.005)
    raise AssertionError("something is still under way")


async def _all_read(host: Host) -> bool:
    stream = host.key("documents.published")
    (group,) = await host.redis.xinfo_groups(stream)
    last = (await host.redis.xinfo_stream(stream))["last-generated-id"]
    return not group["pending"] and bool(group["last-delivered-id"] == last)


async def _under_way(host: Host) -> bool:
    async with host.redis.pipeline(transaction=True) as together:
        together.zcard(host.key("hub", "batches"))
        together.hlen(host.key("hub", "spreading"))
        together.zcard(host.key("hub", "lanes"))
        return any(await together.execute())


def article(number: int = 1, version: int = 1, change: Change = Change.ADDED, **facts: Any) -> DocumentPublished:
    """An event as feeds sends it."""
    own = {name: facts.pop(name) for name in list(facts) if name in DocumentPublished.model_fields}
    common: dict[str, Any] = {
        "id": f"doc{number}",
        "version": version,
        "content_hash": f"{number}",
        "title": f"Tides {number}",
        "html": "<p>The sea rises twice a day.</p>",
        "text": "The sea rises twice a day.",
        "summary": "About the sea.",
        "authors": ("Ann Author",),
        "keywords": ("sea", "moon"),
        "url": f"https://source.example/tides/{number}",
        "received_at": START,
    }
    event: dict[str, Any] = {
        "event_id": f"event-{number}-{version}",
        "correlation_id": "request",
        "occurred_at": START,
        "change": change,
        "document": Document(**(common | facts)),
        "subject": Subject(name="Physics", slug="physics", confidence=1),
        "link": f"http://127.0.0.1/documents/doc{number}",
        "first_published_at": START,
        "updated_at": START,
    }
    return DocumentPublished(**(event | own))


def retraction(number: int = 1, version: int = 2, **facts: Any) -> DocumentPublished:
    """The same, taken back: it says no longer what it was about."""
    bare = {"html": "", "text": "", "summary": "", "authors": (), "keywords": (), "url": None}
    return article(number, version, Change.RETRACTED, **(bare | facts))
