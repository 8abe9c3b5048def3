"""The feeds' room on a real Redis: events go in by the belt, answers come out of the application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from redis.asyncio import Redis

from services.feeds.app import install
from shared.clock import FakeClock
from shared.events import Event, decode
from shared.host import Host
from shared.settings import Settings
from shared.steps import Step
from shared.streams import Belt
from shared.web import create_web, operator_check
from tests.unit.shared.syndication.samples import SITE

DEADLINE_SECONDS = 10.0


@dataclass
class Answer:
    """What the application answered."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Room:
    """The service, installed; `second` is another process's belt of the same group."""

    host: Host

    async def put(self, *events: Event) -> None:
        """Lay events on the stream and wait until all of them are settled."""
        await self.host.belt.publish(Step(emits=events))
        async with asyncio.timeout(DEADLINE_SECONDS):
            while await self.host.belt.backlog("documents.related", "feeds"):  # noqa: ASYNC110 - no event
                await asyncio.sleep(0.005)

    async def published(self) -> list[Event]:
        """What has gone on down the belt."""
        entries = await self.host.redis.xrange(self.host.key("documents.published"))
        return [decode("documents.published", fields[b"event"]) for _, fields in entries]

    async def get(self, path: str, method: str = "GET", **headers: str) -> Answer:
        """One request to the application, without a socket; if_none_match="…" is a header."""
        path, _, query = path.partition("?")
        names = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        scope: dict[str, Any] = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "scheme": "https",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": names,
            "server": ("news.example", 8443),
            "client": ("127.0.0.1", 1),
        }
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            sent.append(dict(message))

        await self.host.application(scope, receive, send)
        given = {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}
        return Answer(sent[0]["status"], given, b"".join(part.get("body", b"") for part in sent[1:]))


def installed(client: Any, **changes: Any) -> Room:
    """The service on this Redis, not reading yet."""
    settings = Settings(**{"public_url": SITE.url, "title": SITE.title} | changes)
    clock = FakeClock()
    belt = Belt(client, settings, clock)
    host = Host(settings, client, belt, create_web(settings.title, "test"), clock, operator_check("token"))
    install(host)
    return Room(host)


@pytest.fixture
async def room(redis_url: str) -> AsyncIterator[Room]:
    async with Redis.from_url(redis_url) as client:
        made = installed(client)
        await made.host.belt.open()
        yield made
        await made.host.belt.close()
