"""What is due reaches partners that behave in every way, and what became of it is written down."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest
from aiohttp import web
from redis.asyncio import Redis
from redis.exceptions import RedisError
from standardwebhooks.webhooks import Webhook

from shared.notices import message_id
from tests.integration.webhooks.room import SECRET, Room, turn_until, turn_until_settled
from tests.redis_servers import RedisServer


async def hang(_: web.Request) -> web.StreamResponse:
    """Never answer."""
    await asyncio.Event().wait()
    raise AssertionError


async def test_a_delivery_is_signed_sent_and_logged(room: Room) -> None:
    """An independent verifier accepts it, and the log says what the partner answered."""
    partner = await room.receiver(200)
    await room.partner(partner.url)
    await room.notify("harbour")
    await turn_until_settled(room.pump(), room)
    heard, logged = partner.heard[0], await room.last()

    assert Webhook(SECRET).verify(heard.body, heard.headers) == {"type": "document.published"}
    assert partner.ids == [message_id("e1", "harbour")] == [logged["id"]]
    assert heard.headers["content-type"] == "application/json"
    assert heard.headers["user-agent"].startswith("Syndicate/")
    assert "cookie" not in heard.headers
    assert (logged["state"], logged["next_attempt_at"]) == ("delivered", None)
    assert [(each["attempt"], each["status"], each["verdict"], each["response"]) for each in logged["attempts"]] == [
        (1, 200, "delivered", "noted")
    ]


async def test_a_failure_is_tried_again_when_the_schedule_says(room: Room) -> None:
    """The second attempt comes after five seconds, not before, under the same id and with a new timestamp."""
    partner = await room.receiver(500, 200)
    await room.partner(partner.url)
    await room.notify("harbour")
    pump = room.pump()
    await turn_until_settled(pump, room)
    waiting = await room.last()
    room.clock.advance(4.9)
    await pump.turn()
    await pump.turn()
    early = len(partner.heard)
    room.clock.advance(0.2)
    await turn_until(pump, lambda: len(partner.heard) > 1)
    await turn_until_settled(pump, room)
    logged = await room.last()

    assert (waiting["state"], waiting["next_attempt_at"] is not None, early) == ("waiting", True, 1)
    assert len(set(partner.ids)) == 1
    assert len({heard.headers["webhook-timestamp"] for heard in partner.heard}) == 2
    assert [each["verdict"] for each in logged["attempts"]] == ["retry", "delivered"]


async def test_retry_after_is_waited_for(room: Room) -> None:
    """A partner that asks for a minute gets a minute."""

    async def busy(_: web.Request) -> web.StreamResponse:
        return web.Response(status=429, headers={"Retry-After": "60"})

    partner = await room.receiver(busy)
    await room.partner(partner.url)
    await room.notify("harbour")
    began = room.clock.now().timestamp()
    await turn_until_settled(room.pump(), room)
    due = await room.redis.zscore(room.key("webhooks", "due", "harbour"), message_id("e1", "harbour"))

    assert due / 1000 - began == pytest.approx(60, abs=0.01)


async def test_the_schedule_comes_to_an_end(room: Room) -> None:
    """After the last attempt the delivery is given up, and nothing of it is due."""
    partner = await room.receiver(503)
    await room.partner(partner.url)
    await room.notify("harbour")
    pump = room.pump(schedule=(0.0, 1.0, 1.0))
    for made in (1, 2, 3):
        await turn_until(pump, lambda made=made: len(partner.heard) == made)  # type: ignore[misc]
        await turn_until_settled(pump, room)
        room.clock.advance(1.1)
    await pump.turn()
    logged = await room.last()

    assert (len(partner.heard), logged["state"]) == (3, "gave_up")
    assert [each["verdict"] for each in logged["attempts"]] == ["retry", "retry", "gave_up"]
    assert await room.deliveries.waiting("harbour") == 0


async def test_gone_disables_the_partner_and_keeps_what_waits(room: Room) -> None:
    """After a 410 nothing is sent; when a person enables the partner again, what waited goes out."""
    partner = await room.receiver(410, 200)
    await room.partner(partner.url)
    await room.notify("harbour")
    pump = room.pump()
    await turn_until_settled(pump, room)
    stored = await room.partners.get("harbour")
    await room.notify("harbour", event="e2")
    for _ in range(3):
        await pump.turn()
    sent_while_disabled = len(partner.heard)
    await room.partners.change("harbour", enabled=True, disabled_reason=None)
    await turn_until(pump, lambda: len(partner.heard) == 2)

    assert (stored.enabled, stored.disabled_reason) == (False, "the partner answered 410 Gone")
    assert sent_while_disabled == 1
    assert partner.ids[1] == message_id("e2", "harbour")


async def test_a_partner_that_hangs_costs_the_others_nothing(room: Room) -> None:
    """While one holds all of its places, the other gets everything; the attempts that hang end as time-outs."""
    hanging, well = await room.receiver(hang), await room.receiver(200)
    await room.partner(hanging.url, "hanging")
    await room.partner(well.url, "well")
    for number in range(100):
        await room.notify("hanging", "well", event=f"e{number}")
    pump = room.pump(total_seconds=1.0)
    await turn_until(pump, lambda: len(well.heard) == 100)
    answered_meanwhile = (await room.log.recent("hanging", 200))[-1]["attempts"]
    await turn_until(pump, lambda: pump.in_flight <= 2)
    logged = [each for each in await room.log.recent("hanging", 200) if each["attempts"]]

    assert answered_meanwhile == []
    assert len(set(well.ids)) == 100
    assert {each["attempts"][0]["reason"] for each in logged} == {"timeout"}


async def test_a_new_process_goes_on_with_the_schedule(room: Room) -> None:
    """What was waiting when a process ended is sent by the next one, under the same id."""
    partner = await room.receiver(500, 200)
    await room.partner(partner.url)
    await room.notify("harbour")
    first = room.pump()
    await turn_until_settled(first, room)
    await first.drain(0)
    room.clock.advance(5.1)
    await turn_until(room.pump(), lambda: len(partner.heard) == 2)

    assert len(set(partner.ids)) == 1


async def test_a_dead_process_loses_its_lease_and_cannot_settle(room: Room) -> None:
    """What it had in hand is attempted again when the lease ends; its own late word changes nothing."""
    partner = await room.receiver(hang, 200)
    await room.partner(partner.url)
    await room.notify("harbour")
    dead, heir = room.pump(lease_seconds=30), room.pump()
    await turn_until(dead, lambda: len(partner.heard) == 1)
    await heir.turn()
    room.clock.advance(29)
    await heir.turn()
    in_lease = len(partner.heard)
    room.clock.advance(2)
    await turn_until(heir, lambda: len(partner.heard) == 2)
    await turn_until_settled(heir, room)
    await dead.drain(0)
    logged = await room.last()

    assert (in_lease, len(set(partner.ids))) == (1, 1)
    assert logged["state"] == "delivered"
    assert [each["verdict"] for each in logged["attempts"]] == ["delivered"]
    assert await room.deliveries.waiting("harbour") == 0


async def test_a_leaving_process_hands_back_what_it_has_in_hand(room: Room) -> None:
    """Another one takes it at once, without waiting for the lease, and no attempt is counted."""
    partner = await room.receiver(hang, 200)
    await room.partner(partner.url)
    await room.notify("harbour")
    leaving = room.pump()
    await turn_until(leaving, lambda: len(partner.heard) == 1)
    await leaving.drain(0.01)
    handed_back = await room.last()
    heir = room.pump()
    await turn_until_settled(heir, room)

    assert (handed_back["state"], handed_back["attempts"]) == ("waiting", [])
    assert [each["attempt"] for each in (await room.last())["attempts"]] == [1]


async def test_many_pumps_share_one_schedule(room: Room) -> None:
    """Three of them send a thousand deliveries, each exactly once."""
    partner = await room.receiver(200)
    await room.partner(partner.url)
    for number in range(1_000):
        await room.notify("harbour", event=f"e{number}")
    pumps = [room.pump() for _ in range(3)]
    async with asyncio.timeout(20):
        while await room.deliveries.waiting("harbour"):
            await asyncio.gather(*(pump.turn() for pump in pumps))

    assert (len(partner.ids), len(set(partner.ids))) == (1_000, 1_000)


async def test_the_schedule_survives_a_killed_redis(redis_server: RedisServer) -> None:
    """While Redis is away turns fail and lose nothing; when it is back on its data, what was to be sent is sent once."""
    async with AsyncExitStack() as stack, Redis.from_url(redis_server.url) as redis:
        room = Room(redis, stack)
        partner = await room.receiver(500, 200)
        await room.partner(partner.url)
        await room.notify("harbour")
        pump = room.pump()
        await turn_until(pump, lambda: len(partner.heard) == 1)
        await turn_until_settled(pump, room)
        while (await redis.info("persistence"))["aof_buffer_length"]:  # noqa: ASYNC110 - Redis has no event for it
            await asyncio.sleep(0.01)  # what Redis has not yet given to the kernel would die with it
        redis_server.kill()
        with pytest.raises(RedisError):
            await pump.turn()
        redis_server.start()
        await turn_until_settled(pump, room)
        room.clock.advance(5.1)
        await turn_until(pump, lambda: len(partner.heard) == 2)
        await turn_until_settled(pump, room)
        logged = await room.last()

    assert len(set(partner.ids)) == 1
    assert [each["verdict"] for each in logged["attempts"]] == ["retry", "delivered"]


async def test_a_long_attempt_keeps_its_lease(room: Room) -> None:
    """However long it takes, nobody else tries as long as its process lives; when that is gone, somebody does within a lease."""
    partner = await room.receiver(hang, 200)
    await room.partner(partner.url)
    await room.notify("harbour")
    living, other = room.pump(lease_seconds=0.4, total_seconds=30), room.pump(lease_seconds=0.4)
    await turn_until(living, lambda: len(partner.heard) == 1)
    loop = asyncio.get_running_loop()
    deadline = loop.time() + 1.5
    while loop.time() < deadline:
        room.clock.advance(0.05)
        await asyncio.gather(living.turn(), other.turn())
    while_it_lived = len(partner.heard)
    room.clock.advance(0.5)
    await turn_until(other, lambda: len(partner.heard) == 2)

    assert 1 == while_it_lived
