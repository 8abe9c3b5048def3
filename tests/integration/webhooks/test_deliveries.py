"""The schedule forgets nothing that is needed and keeps nothing that is not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from redis.asyncio import Redis

from services.webhooks import delivery_log
from services.webhooks.deliveries import Deliveries
from services.webhooks.delivery_log import DeliveryLog
from services.webhooks.items import Kept, Lane, Notice, Settled, Taken
from shared.clock import FakeClock
from shared.errors import NotFound
from shared.notices import message_id
from tests.integration.webhooks.room import Room
from tests.redis_servers import RedisServer

RECORD = {"at": "2026-01-01T00:00:00Z", "status": 200, "verdict": "delivered"}


async def take(room: Room, partner: str = "harbour", room_for: int = 100) -> list[Taken]:
    """Lease what is due for a partner."""
    return await room.deliveries.take([Lane(partner, room_for, 100)], most=100, now=room.clock.now(), lease_seconds=30)


async def settle(room: Room, taken: Sequence[Taken], state: str = "delivered") -> int:
    """Settle all of them alike."""
    now = room.clock.now()
    return await room.deliveries.settle([Settled(each, state, now, RECORD) for each in taken], now)


async def keys(room: Room) -> list[str]:
    """Every key of the deliveries, but for the count of takings and who takes."""
    found = {key.decode().removeprefix("{test}:webhooks:") async for key in room.redis.scan_iter("*")}
    return sorted(found - {"takings", "takers"})


async def test_one_payload_serves_all_partners(room: Room) -> None:
    """The body stands in Redis once, and is handed out with each delivery."""
    await room.notify("harbour", "market", "school", body=b"once")
    rooms = [Lane(partner, 5, 100) for partner in ("harbour", "market", "school")]
    taken = await room.deliveries.take(rooms, most=5, now=room.clock.now(), lease_seconds=30)

    assert [each.body for each in taken] == [b"once"] * 3
    assert [key for key in await keys(room) if key.startswith("payload")] == ["payload:e1"]


async def test_planning_twice_changes_nothing(room: Room) -> None:
    """A step that is done again does not bring a delivered one back."""
    await room.notify("harbour")
    await settle(room, await take(room))
    await room.notify("harbour")

    assert (await take(room), await room.deliveries.waiting("harbour")) == ([], 0)
    assert (await room.last())["state"] == "delivered"


async def test_rooms_and_the_limit_of_all_are_kept(room: Room) -> None:
    """No partner gets more than its room, and all together no more than the limit."""
    for number in range(10):
        await room.notify("harbour", "market", event=f"e{number}")
    taken = await room.deliveries.take(
        [Lane("harbour", 3, 100), Lane("market", 9, 100)], most=7, now=room.clock.now(), lease_seconds=30
    )

    assert [each.lane for each in taken] == ["harbour"] * 3 + ["market"] * 4


async def test_a_late_settler_is_turned_away(room: Room) -> None:
    """Once the lease went to another one, or the delivery is settled, an old lease settles nothing."""
    await room.notify("harbour")
    old = await take(room)
    room.clock.advance(31)
    new = await take(room)
    written = [await settle(room, old, "waiting"), await settle(room, new), await settle(room, new, "waiting")]

    assert written == [0, 1, 0]
    assert (await room.last())["state"] == "delivered"
    assert await room.deliveries.waiting("harbour") == 0


async def test_a_late_settler_is_heard_if_nobody_was_faster(room: Room) -> None:
    """Its lease had ended and the delivery was due again, but nobody took it: what it says is true, and nothing is sent twice."""
    await room.notify("harbour", event="e1")
    old = await take(room)
    room.clock.advance(31)
    await room.notify("harbour", event="e2")
    other = await take(room, room_for=1)
    shown = (await room.log.one("harbour", old[0].id))["state"]
    written = await settle(room, old)

    assert [message_id("e2", "harbour")] == [each.id for each in other]
    assert ("waiting", 1, []) == (shown, written, await take(room))


async def test_processes_know_how_many_share_the_schedule(room: Room) -> None:
    """Each counts those that took in the last two seconds, and so what is its part of a partner's places."""
    other, lane, counts = Deliveries(room.redis, room.key), Lane("harbour", 1, 100), list[int]()
    for each, seconds in ((room.deliveries, 0.5), (other, 0.5), (room.deliveries, 2.5), (room.deliveries, 0)):
        await each.take([lane], most=1, now=room.clock.now(), lease_seconds=30)
        counts.append(each.takers)
        room.clock.advance(seconds)

    assert [1, 2, 2, 1] == counts


async def test_what_is_under_way_is_shown_as_that(room: Room) -> None:
    """While it is leased, and no longer."""
    await room.notify("harbour")
    taken = await take(room)
    states = [(await room.last())["state"]]
    await settle(room, taken, "waiting")

    assert ["attempting", "waiting"] == [*states, (await room.last())["state"]]


async def test_only_the_newest_settled_deliveries_are_kept(room: Room) -> None:
    """Beyond the limit the oldest go, and each payload with the last delivery that needs it."""
    for number in range(8):
        await room.notify("harbour", "market", event=f"e{number}")
        room.clock.advance(1)
        await settle(room, await take(room))
    await settle(room, await take(room, "market"))
    left = await keys(room)

    assert [each["event"] for each in await room.log.recent("harbour", 50)] == ["e7", "e6", "e5", "e4", "e3"]
    assert len([key for key in left if key.startswith("delivery:")]) == 10
    assert {"payload:e0", "payload:e1", "payload:e2"} & set(left) <= {
        f"payload:{each['event']}" for each in await room.log.recent("market", 50)
    }


async def test_a_removed_partner_leaves_nothing_behind(room: Room) -> None:
    """Its deliveries go, waiting or settled; what another partner still needs stays."""
    await room.notify("harbour", event="e1")
    await settle(room, await take(room))
    await room.notify("harbour", "market", event="e2")
    await room.deliveries.forget("harbour")
    shared = await keys(room)
    await room.deliveries.forget("market")

    assert [key for key in shared if key.startswith("payload")] == ["payload:e2"]
    assert await keys(room) == []


async def test_a_settled_delivery_is_sent_again_from_the_beginning(room: Room) -> None:
    """Resending keeps the id and the attempts that were made, and starts the schedule anew."""
    await room.notify("harbour")
    await settle(room, await take(room), "gave_up")
    delivery = message_id("e1", "harbour")
    words = [await room.deliveries.resend("harbour", delivery, room.clock.now())]
    taken = await take(room)
    words.append(await room.deliveries.resend("harbour", delivery, room.clock.now()))

    assert words == ["resent", "attempting"]
    assert [(each.id, each.attempt, each.made) for each in taken] == [(delivery, 0, 1)]


async def test_a_waiting_delivery_can_be_hurried(room: Room) -> None:
    """What would be due in hours is due now."""
    await room.notify("harbour")
    taken, now = await take(room), room.clock.now()
    await room.deliveries.settle([Settled(each, "waiting", now + timedelta(hours=5), RECORD) for each in taken], now)
    before = await take(room)
    word = await room.deliveries.resend("harbour", taken[0].id, now)

    assert (before, word, [each.id for each in await take(room)]) == ([], "hurried", [taken[0].id])


@pytest.mark.parametrize("delivery", ["msg_unknown", message_id("e1", "harbour")])
async def test_a_foreign_delivery_cannot_be_sent_again(room: Room, delivery: str) -> None:
    """Neither an unknown one nor another partner's."""
    await room.notify("harbour")
    with pytest.raises(NotFound):
        await room.deliveries.resend("market", delivery, room.clock.now())

    assert await room.deliveries.waiting("harbour") == 1


async def test_only_the_last_attempts_are_kept(room: Room) -> None:
    """However often it is sent again, a delivery's log stays bounded."""
    await room.notify("harbour")
    for _ in range(25):
        await settle(room, await take(room), "waiting")

    assert [each["attempt"] for each in (await room.last())["attempts"]] == list(range(6, 26))


async def test_a_million_waiting_deliveries_would_fit(room: Room) -> None:
    """A waiting delivery costs less than 1 kB of Redis, its share of the payload apart."""
    before = int((await room.redis.info("memory"))["used_memory"])
    for number in range(500):
        await room.notify("harbour", event=f"{number:036}", body=b"")
    grown: Any = int((await room.redis.info("memory"))["used_memory"]) - before

    assert grown / 500 < 1_000


async def test_every_redis_carries_it(redis_server: RedisServer) -> None:
    """Plan, take, settle, send again and forget work on each version."""
    clock = FakeClock()
    async with Redis.from_url(redis_server.url) as redis:
        deliveries = Deliveries(redis, lambda *parts: ":".join(("{old}", *parts)), kept=Kept(settled=1))
        log = DeliveryLog(redis, deliveries.base)
        for event in ("e1", "e2"):
            await deliveries.schedule(Notice(event, "document.published", {"2": b"{}"}), ["p"], clock.now())
        taken = await deliveries.take([Lane("p", 9, 9)], most=9, now=clock.now(), lease_seconds=30)
        settled = await deliveries.settle(
            [Settled(each, "delivered", clock.now(), RECORD) for each in taken], clock.now()
        )
        kept = [each["id"] for each in await log.recent("p", 9)]
        again = await deliveries.resend("p", kept[0], clock.now())
        await deliveries.forget("p")
        left = [key for key in await redis.keys("*") if b":tak" not in key]

    assert (len(taken), settled, len(kept), again, left) == (2, 2, 1, "resent", [])


async def test_what_is_forgotten_meanwhile_leaves_no_gap_in_the_export(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oldest go while somebody reads on; every later one is told, also of those that were made in the same moment."""
    monkeypatch.setattr(delivery_log, "PAGE", 2)
    await room.partner("http://127.0.0.1:1/")
    for number in range(9):
        await room.notify("harbour", event=f"e{number}")
        if number > 4:
            room.clock.advance(1)
    lines = room.log.export("harbour")
    told = [(await anext(lines))["event"] for _ in range(6)]
    for delivery in await room.redis.zrange(f"{room.deliveries.base}:log:harbour", 0, 1):
        await room.redis.zrem(f"{room.deliveries.base}:log:harbour", delivery)
        await room.redis.delete(f"{room.deliveries.base}:delivery:{delivery.decode()}")
    told += [line["event"] async for line in lines]

    assert [f"e{number}" for number in range(9)] == sorted(told)
