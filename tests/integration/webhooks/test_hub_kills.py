"""The hub's process, killed with -9 again and again while documents come."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from base64 import b64encode
from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial
from http import HTTPStatus
from pathlib import Path

from aiohttp import ClientSession
from redis.asyncio import Redis

from shared.clock import SystemClock
from shared.settings import ROOT, Settings
from shared.steps import Step
from shared.streams import Belt
from tests.house import free_port
from tests.integration.webhooks.lists import relisted, told_of
from tests.integration.webhooks.reader import Reader, article, reader
from tests.processes import Process, get
from tests.redis_servers import RedisServer, binaries

KILLS = 5
SUBSCRIBERS = 10
SECONDS = 60.0
PAUSE_SECONDS = 0.05
ORIGIN = 9_999
"""Every other subscriber follows what is near this document; whatever comes joins its list."""
OLDER = 5
"""One newcomer in so many is told of with the list, as if it had been published long ago."""
ENTRY = re.compile(rb"documents/doc(\d+)</id>")


class Hub:
    """A process that runs the webhooks alone; another one takes its place when it is killed."""

    def __init__(self, redis_url: str, folder: Path) -> None:
        self.folder = folder
        self.address = f"http://127.0.0.1:{free_port()}"
        self.environment = os.environ | {
            "SYNDICATE_REDIS_URL": redis_url,
            "SYNDICATE_PORT": self.address.rpartition(":")[2],
            "SYNDICATE_LEASE_SECONDS": "1",
            "SYNDICATE_HUB_SECONDS": "0.1",
            "SYNDICATE_PARTNER_NETWORKS": "127.0.0.0/8",
            "SYNDICATE_WEBHOOK_SCHEDULE_SECONDS": "0,0.2,0.5,1,1,1,1,1,1",
            "SYNDICATE_WEBHOOKS_KEY": b64encode(bytes(32)).decode(),
            "PYTHONPATH": str(ROOT),
        }

    async def started(self) -> Process:
        process = Process([sys.executable, "-m", "services", "webhooks"], cwd=self.folder, env=self.environment)
        await eventually(self.ready)
        return process

    async def ready(self) -> bool:
        return (await asyncio.to_thread(get, f"{self.address}/health/ready"))[0] == HTTPStatus.OK


async def eventually(holds: Callable[[], Awaitable[bool]]) -> None:
    """Wait until something holds; fails at the deadline."""
    for _ in range(round(SECONDS / PAUSE_SECONDS)):
        if await holds():
            return
        await asyncio.sleep(PAUSE_SECONDS)
    raise AssertionError("it does not come to hold")


async def subscribe(hub: Hub, redis: Redis, found: Reader) -> None:
    """Everybody, verified: some to everything, some to what is near a document."""
    topics = [f"{hub.address}/feeds/{path}.atom" for path in ("all", f"documents/doc{ORIGIN}/related")]
    async with ClientSession() as session:
        for number in range(SUBSCRIBERS):
            fields = {"hub.mode": "subscribe", "hub.callback": f"{found.url}/{number}", "hub.secret": "s"}
            async with session.post(f"{hub.address}/hub", data=fields | {"hub.topic": topics[number % 2]}):
                pass

    async def there() -> bool:
        return bool(await redis.hlen("{syndicate}:hub:subscriptions") == SUBSCRIBERS)

    await eventually(there)


def told(found: Reader) -> dict[str, set[int]]:
    """The documents that each subscriber was told of."""
    known: dict[str, set[int]] = {}
    for message in found.heard:
        known.setdefault(message.path, set()).update(map(int, ENTRY.findall(message.body)))
    return known


def repeated(found: Reader) -> list[int]:
    """The documents that somebody was told of in two messages that were not one and the same."""
    messages = {(each.path, each.headers["webhook-id"]): each.body for each in found.heard}
    counts = Counter((path, name) for (path, _), body in messages.items() for name in set(ENTRY.findall(body)))
    return [int(name) for (_, name), count in counts.items() if count > 1]


async def come(belt: Belt, number: int) -> None:
    """A document comes, and joins a list."""
    newcomer = article(number)
    said = told_of(newcomer) if number % OLDER == 0 else ""
    facts = {"joined": {f"doc{number}": said}, "event_id": f"relisted-{number}"}
    await belt.publish(Step(emits=(newcomer, relisted(ORIGIN, **facts))))


async def test_no_push_is_lost_when_the_process_is_killed(tmp_path: Path) -> None:
    """Every subscriber is told of every document; what comes twice comes under the same id with the same bytes; nothing is left over."""
    server = RedisServer(next(iter(binaries().values())))
    server.start()
    hub, sent = Hub(server.url, tmp_path), 0
    async with Redis.from_url(server.url) as redis, reader() as found:
        belt, process = Belt(redis, Settings(), SystemClock()), await hub.started()
        await belt.publish(Step(emits=(article(ORIGIN),)))
        await eventually(partial(redis.hexists, "{syndicate}:hub:known", f"doc{ORIGIN}"))
        await subscribe(hub, redis, found)
        for _ in range(KILLS):
            for _ in range(20):
                await come(belt, sent)
                sent += 1
                await asyncio.sleep(0.02)
            process.kill()
            process = await hub.started()

        async def all_told() -> bool:
            complete = [each == set(range(sent)) for each in told(found).values()]
            return sum(complete) == SUBSCRIBERS and not await redis.zcard("{syndicate}:hub:lanes")

        await eventually(all_told)
        left = [key async for key in redis.scan_iter("{syndicate}:hub:*")]
        process.kill()
    server.remove()
    bodies: dict[str, set[bytes]] = {}
    for message in found.heard:
        bodies.setdefault(message.headers["webhook-id"], set()).add(message.body)

    assert {len(each) for each in bodies.values()} == {1}
    assert [] == repeated(found)
    assert not [key for key in left if re.search(rb":(news|wanting|waiting|payload|delivery|spreading)", key)]
