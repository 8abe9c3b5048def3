"""Rates, places, order and bounds hold, also over several processes."""

from __future__ import annotations

import asyncio
import json
import random
from collections import defaultdict
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web

from services.webhooks.items import Lane, Notice, Settled
from shared.notices import PUBLISHED, message_id
from tests.integration.webhooks.room import Room, turn_until, turn_until_settled

RECORD = {"at": "2026-01-01T00:00:00Z", "status": 500, "verdict": "retry"}


async def told(room: Room, number: int, document: str, *, place: int, ordered: bool = True) -> None:
    """An event of the belt about a document, for the one partner."""
    body = json.dumps({"document": document, "place": place}).encode()
    notice = Notice(f"e{number}", PUBLISHED, {"2": body, "1": body}, document, "c", place)
    async with room.redis.pipeline(transaction=True) as together:
        for command in room.deliveries.planned(notice, ["harbour"], room.clock.now(), ["harbour"] if ordered else []):
            together.execute_command(*command)
        await together.execute()


async def test_order_is_kept_for_each_document_through_failures(room: Room) -> None:
    """600 events of 30 documents, a fifth of the attempts fail, three processes: no message overtakes another about its document."""
    chance = random.Random(1)
    came: dict[str, list[int]] = defaultdict(list)

    async def fails_often(request: web.Request) -> web.StreamResponse:
        content = json.loads(await request.read())
        await asyncio.sleep(chance.random() / 500)
        if chance.random() < 0.2:
            return web.Response(status=500)
        came[content["document"]].append(content["place"])
        return web.Response(status=204)

    partner = await room.receiver(fails_often)
    await room.partner(partner.url, ordered=True)
    for number in range(600):
        await told(room, number, f"d{number % 30}", place=number + 1)
    pumps = [room.pump(schedule=(0.0,) + (0.001,) * 29) for _ in range(3)]
    async with asyncio.timeout(60):
        while await room.deliveries.waiting("harbour"):
            room.clock.advance(0.002)
            await asyncio.gather(*(pump.turn() for pump in pumps))

    assert 600 == sum(map(len, came.values()))
    assert [] == [places for places in came.values() if places != sorted(places)]


async def test_one_that_was_given_up_lets_the_next_one_go(room: Room) -> None:
    """Order does not mean that one failure ends everything."""
    partner = await room.receiver(500, 204)
    await room.partner(partner.url, ordered=True)
    for number in (1, 2):
        await told(room, number, "d", place=number)
    pump = room.pump(schedule=(0.0,))
    await turn_until(pump, lambda: len(partner.heard) == 2)
    await turn_until_settled(pump, room)
    states = [each["state"] for each in await room.log.recent("harbour", 9)]

    assert ["delivered", "gave_up"] == sorted(states)


async def test_a_rate_holds_over_processes(room: Room) -> None:
    """50 a second stay 50 within two per cent, whoever sends; a quarter of a second's worth may come at once."""
    partner = await room.receiver(204)
    await room.partner(partner.url, rate=50.0)
    for number in range(1_000):
        await room.notify("harbour", event=f"e{number}")
    pumps = [room.pump() for _ in range(4)]
    began, seconds = room.clock.now(), 15
    while room.clock.now() - began < timedelta(seconds=seconds):
        room.clock.advance(0.02)
        for pump in pumps:
            pump.wake()
        await asyncio.gather(*(pump.turn() for pump in pumps))
    while any(pump.in_flight for pump in pumps):
        await asyncio.gather(*(pump.turn() for pump in pumps))

    assert len(partner.heard) == pytest.approx(50 * seconds + 12.5, rel=0.02)


@pytest.mark.parametrize("seconds", [-3_600, 0])
async def test_a_rate_outlives_its_clock(room: Room, seconds: float) -> None:
    """A clock that is set back an hour, or another rate, leaves no hour in which nothing goes."""
    partner = await room.receiver(204)
    await room.partner(partner.url, rate=1.0 if seconds else 0.01)
    await room.notify("harbour", event="e1")
    pump = room.pump()
    await turn_until(pump, lambda: len(partner.heard) == 1 and not pump.in_flight)
    room.clock.advance(seconds)
    await room.partners.change("harbour", rate=1.0)
    await room.notify("harbour", event="e2")
    pump = room.pump()
    for _ in range(3):
        room.clock.advance(0.5)
        pump.wake()
        await pump.turn()
    await turn_until(pump, lambda: len(partner.heard) == 2)

    assert 2 == len(partner.heard)


async def test_places_hold_over_processes(room: Room) -> None:
    """Three at once are three, though two processes have room for more."""
    now, most = 0, 0

    async def slow(_: web.Request) -> web.StreamResponse:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.01)
        now -= 1
        return web.Response()

    partner = await room.receiver(slow)
    await room.partner(partner.url, concurrency=3)
    for number in range(60):
        await room.notify("harbour", event=f"e{number}")
    pumps = [room.pump() for _ in range(2)]
    async with asyncio.timeout(20):
        while await room.deliveries.waiting("harbour"):
            await asyncio.gather(*(pump.turn() for pump in pumps))

    assert (3, 60) == (most, len(set(partner.ids)))


async def test_retry_after_of_a_busy_partner_rests_everything_for_it(room: Room) -> None:
    """Nothing goes until the minute that it asked for is over, then everything does."""

    async def busy(_: web.Request) -> web.StreamResponse:
        return web.Response(status=503, headers={"Retry-After": "60"})

    partner = await room.receiver(busy, 204)
    await room.partner(partner.url, concurrency=1)
    for number in range(3):
        await room.notify("harbour", event=f"e{number}")
    pump = room.pump()
    await turn_until(pump, lambda: len(partner.heard) == 1)
    await turn_until(pump, lambda: pump.in_flight == 0)
    room.clock.advance(59)
    for _ in range(3):
        await pump.turn()
    early = len(partner.heard)
    room.clock.advance(1.1)
    await turn_until(pump, lambda: len(partner.heard) == 4)

    assert 1 == early


@pytest.mark.parametrize(("status", "level"), [(429, b"1"), (502, b"1"), (504, b"1"), (500, None), (503, None)])
async def test_an_overloaded_partner_is_sent_less_at_once(room: Room, status: int, level: bytes | None) -> None:
    """429, 502 and 504 say so; a success speeds it up again."""
    partner = await room.receiver(status, 204)
    await room.partner(partner.url)
    await room.notify("harbour")
    pump = room.pump()
    await turn_until_settled(pump, room)
    slowed = await room.redis.hget(room.key("webhooks", "pace", "harbour"), "level")
    room.clock.advance(6)
    await turn_until(pump, lambda: len(partner.heard) == 2)
    await turn_until_settled(pump, room)
    after = await room.redis.hget(room.key("webhooks", "pace", "harbour"), "level")

    assert (level, b"0" if level else None) == (slowed, after)


async def test_first_attempts_go_before_retries(room: Room) -> None:
    """Ten thousand retries that are due do not stand before one event that is new."""
    await room.partner("http://127.0.0.1:1/")
    for number in range(200):
        await room.notify("harbour", event=f"e{number}")
    now, lane = room.clock.now(), Lane("harbour", 500, 500)
    taken = await room.deliveries.take([lane], most=500, now=now, lease_seconds=30)
    await room.deliveries.settle([Settled(each, "waiting", now, RECORD) for each in taken], now)
    room.clock.advance(1)
    await room.notify("harbour", event="new")
    first = await room.deliveries.take([Lane("harbour", 1, 500)], most=1, now=room.clock.now(), lease_seconds=30)

    assert [message_id("new", "harbour")] == [each.id for each in first]


async def test_a_dead_partners_backlog_is_bounded_and_can_be_recovered(room: Room) -> None:
    """The oldest are given up with their cause, and all of them go when somebody says so."""
    partner = await room.receiver(204)
    await room.partner(partner.url, enabled=False)
    for number in range(10):
        await room.notify("harbour", event=f"e{number}")
        room.clock.advance(1)
    given_up = await room.deliveries.bound("harbour", 4, room.clock.now())
    causes, waiting = await room.log.dead("harbour"), await room.deliveries.waiting("harbour")
    recovered = await room.deliveries.recover("harbour", room.clock.now() - timedelta(hours=1), room.clock.now())
    await room.partners.change("harbour", enabled=True)
    await turn_until(room.pump(), lambda: len(partner.heard) == 10)

    assert (6, {"backlog": 6}, 4, 6) == (given_up, causes, waiting, recovered)


async def test_the_causes_of_death_are_counted(room: Room) -> None:
    """By status and by error."""
    answers: list[Any] = [500, 500, 404]
    partner = await room.receiver(*answers)
    await room.partner(partner.url, concurrency=1)
    for number in range(3):
        await room.notify("harbour", event=f"e{number}")
    pump = room.pump(schedule=(0.0,))
    await turn_until(pump, lambda: len(partner.heard) == 3)
    await turn_until_settled(pump, room)

    assert {"status 500": 2, "status 404": 1} == await room.log.dead("harbour")
    assert ["status 404"] == [each["cause"] for each in await room.log.recent("harbour", 1, state="dead")]
