"""Whoever missed something catches up exactly: every event once, in order, without a gap."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from redis.asyncio import Redis

from services.feeds.chronicle import LET_GO
from shared.client import Client
from shared.events import Change, DocumentPublished
from shared.settings import ROOT, Settings
from shared.steps import Step
from tests.house import free_port
from tests.integration.feeds.conftest import Room, installed
from tests.processes import Process, ready
from tests.unit.shared.syndication.samples import changed_event, neighbours, related_event, retraction


async def page(room: Room, query: str = "") -> Any:
    """A page of events, or the problem."""
    return json.loads((await room.get(f"/events{query}")).body)


async def test_everything_is_told_once_and_in_order(room: Room) -> None:
    """A publication, a correction, a neighbour's change and a retraction, with the ids that webhooks carry."""
    await room.put(
        related_event(1),
        related_event(1, 2, change=Change.UPDATED, content_hash="other"),
        changed_event(1, 3, "Moon"),
        retraction(1, 3),
    )
    told = await page(room)

    assert [each["type"] for each in told["events"]] == [
        "document.published",
        "document.updated",
        "document.related_changed",
        "document.retracted",
    ]
    assert [each["sequence"] for each in told["events"]] == [1, 2, 3, 4]
    assert [each["id"] for each in told["events"]] == [event.event_id for event in await room.published()]
    assert (told["after"], told["last"], told["more"]) == (4, 4, False)


async def test_a_reader_goes_from_page_to_page(room: Room) -> None:
    """By the address that each answer gives; what comes later is found by the same address."""
    await room.put(*(related_event(number) for number in range(1, 8)))
    seen, query = [], "?limit=3"
    for _ in range(4):
        told = await page(room, query)
        seen += [each["sequence"] for each in told["events"]]
        query = told["next"].removeprefix("/events")
    await room.put(related_event(8), related_event(3))

    assert seen == list(range(1, 8))
    assert [each["data"]["id"] for each in (await page(room, query))["events"]] == ["doc8"]


async def test_a_repeat_gets_no_number(room: Room) -> None:
    """What the belt delivers twice is told once."""
    await room.put(related_event(1), related_event(1), related_event(2, related=neighbours("Moon")))
    await room.put(related_event(1))

    assert [each["data"]["id"] for each in (await page(room))["events"]] == ["doc1", "doc2"]


async def test_a_lost_place_is_told_and_never_passed_over(redis_url: str) -> None:
    """A cursor before what is kept is 410, one ahead of everything 409, and no number 422."""
    async with Redis.from_url(redis_url) as client:
        room = installed(client, events_kept=3)
        await room.host.belt.open()
        await room.put(*(related_event(number) for number in range(1, 6)))
        late, fine, early, wrong = [await room.get(f"/events?after={cursor}") for cursor in ("1", "2", "6", "x")]
        oldest = await page(room)
        await room.put(*(related_event(number) for number in range(6, 2 * LET_GO + 1)))
        kept = set(await client.hkeys(room.host.key("feeds", "chronicle"))) - {b"last"}
        await room.host.belt.close()

    assert [late.status, fine.status, early.status, wrong.status] == [410, 200, 409, 422]
    assert json.loads(late.body)["oldest"] == 2
    assert [each["sequence"] for each in oldest["events"]] == [3, 4, 5]
    assert kept == {b"%d" % number for number in range(2 * LET_GO - 2, 2 * LET_GO + 1)}


async def test_two_processes_that_are_killed_leave_no_gap(redis_server: Any, tmp_path: Path) -> None:
    """Kill -9 of one or the other while events flow: numbers 1 to N, each published event once, in the order of the belt."""
    settings = Settings(redis_url=redis_server.url, data=tmp_path, lease_seconds=1)
    ports = [free_port(), free_port()]
    fleet = [feeds_process(redis_server.url, port, tmp_path) for port in ports]
    async with Redis.from_url(redis_server.url) as client:
        belt = installed(client).host.belt
        for turn in range(4):
            await asyncio.to_thread(ready, f"http://127.0.0.1:{ports[turn % 2]}", fleet[turn % 2])
            for number in range(turn * 100, turn * 100 + 100):
                await belt.publish(Step(emits=(related_event(number),)))
            fleet[turn % 2].kill()
            fleet[turn % 2] = feeds_process(redis_server.url, ports[turn % 2], tmp_path)
        async with asyncio.timeout(60):
            while await belt.backlog("documents.related", "feeds"):  # noqa: ASYNC110 - no event
                await asyncio.sleep(0.05)
        entries: Any = await client.xrange(belt.key("documents.published"))
        published = [DocumentPublished.model_validate_json(fields[b"event"]).event_id for _, fields in entries]
        await asyncio.to_thread(ready, f"http://127.0.0.1:{ports[0]}", fleet[0])
        told = await everything(settings.model_copy(update={"url": f"http://127.0.0.1:{ports[0]}"}))
    for process in fleet:
        process.stop(signal.SIGTERM)

    assert [each["sequence"] for each in told] == list(range(1, 401))
    assert [each["id"] for each in told] == published
    assert len({each["data"]["id"] for each in told}) == 400


def feeds_process(redis_url: str, port: int, folder: Path) -> Process:
    """`python -m services feeds`."""
    environment = os.environ | {
        "SYNDICATE_REDIS_URL": redis_url,
        "SYNDICATE_PORT": str(port),
        "SYNDICATE_DATA": str(folder),
        "SYNDICATE_LEASE_SECONDS": "1",
        "SYNDICATE_BATCH_SIZE": "20",
    }
    return Process([sys.executable, "-m", "services", "feeds"], cwd=ROOT, env=environment)


async def everything(settings: Settings) -> list[dict[str, Any]]:
    """All events, page by page."""
    found: list[dict[str, Any]] = []
    path, more = "/events?limit=70", True
    async with Client(settings) as client:
        while more:
            _, told = await client.request("GET", path)
            found += told["events"]
            path, more = told["next"], told["more"]
    return found
