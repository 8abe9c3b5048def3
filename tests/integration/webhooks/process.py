"""The service in a process of its own, as tests start it."""

from __future__ import annotations

import asyncio
import socket
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from pydantic import SecretStr
from redis.asyncio import Redis

from services.webhooks import app as webhooks
from services.webhooks.demo import install_demo
from shared.client import Client
from shared.clock import SystemClock
from shared.events import Change, Document, DocumentPublished, Subject
from shared.host import Host, run
from shared.settings import Settings
from shared.streams import Belt
from shared.web import create_web, operator_check

DEADLINE_SECONDS = 10


def published(number: int = 1, change: Change = Change.ADDED) -> DocumentPublished:
    """An event as feeds sends it."""
    now = datetime.now(UTC)
    document = Document(id=f"{number:016}", version=1, content_hash="0", title="Tides", received_at=now)
    return DocumentPublished(
        event_id=f"event-{number}",
        correlation_id="test",
        occurred_at=now,
        change=change,
        document=document,
        subject=Subject(name="Physics", slug="physics", confidence=1),
        link="http://127.0.0.1/documents/1",
        first_published_at=now,
        updated_at=now,
    )


@asynccontextmanager
async def process(redis_url: str, *, demo: bool = False, **more: Any) -> AsyncIterator[Host]:
    """The service's own process until the end of the block; `more`: other settings."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    usual: dict[str, Any] = {
        "token": SecretStr("geheim"),
        "partner_networks": "127.0.0.0/8",
        "webhooks_key": SecretStr(b64encode(bytes(32)).decode()),
    }
    settings = Settings(port=port, **(usual | more))
    async with Redis.from_url(redis_url) as redis:
        belt = Belt(redis, settings, SystemClock())
        host = Host(settings, redis, belt, create_web("Test", "0"), belt.clock, operator_check("geheim"))
        webhooks.install(host)
        if demo:
            install_demo(host)
        stop, ready = asyncio.Event(), asyncio.Event()

        async def say_ready() -> None:
            ready.set()

        running = asyncio.create_task(run(host, ready=say_ready, stop=stop))
        await asyncio.wait_for(ready.wait(), DEADLINE_SECONDS)
        yield host
        stop.set()
        await running


async def settled(client: Client, partner: str, count: int = 1) -> list[dict[str, Any]]:
    """The partner's deliveries, when `count` of them have ended."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while True:
            found: list[dict[str, Any]] = (await client.request("GET", f"/partners/{partner}/deliveries"))[1][
                "deliveries"
            ]
            if len([each for each in found if each["state"] not in ("waiting", "attempting")]) >= count:
                return found
            await asyncio.sleep(0.02)


async def some_partners(client: Client) -> list[dict[str, Any]]:
    """The partners, when there are any."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while True:
            found: list[dict[str, Any]] = (await client.request("GET", "/partners"))[1]["partners"]
            if found:
                return found
            await asyncio.sleep(0.01)
