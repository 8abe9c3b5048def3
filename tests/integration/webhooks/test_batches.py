"""Several events in one message: how it is filled, how long it waits, and that each of them ends for itself."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import pytest
from aiohttp import web

from services.webhooks.items import Notice
from services.webhooks.partner import Batching
from shared.notices import PUBLISHED
from tests.integration.webhooks.room import Room, turn_until


async def test_several_events_go_in_one_message_and_end_together(room: Room) -> None:
    """An array under an id of its own, the same over all attempts; each event has its own line in the log."""
    partner = await room.receiver(500, 204)
    await room.partner(partner.url, version=2, batch=Batching(most=4, seconds=2))
    for number in range(6):
        await room.notify("harbour", event=f"e{number}", body=json.dumps({"id": f"e{number}"}).encode())
    pump = room.pump()
    await turn_until(pump, lambda: len(partner.heard) == 2)
    await turn_until(pump, lambda: pump.in_flight == 0)
    room.clock.advance(5.1)
    await turn_until(pump, lambda: len(partner.heard) == 3)
    await turn_until(pump, lambda: pump.in_flight == 0)
    await pump.turn()
    sizes = [[each["id"] for each in json.loads(heard.body)] for heard in partner.heard]
    logged = await room.log.recent("harbour", 9)

    assert sizes[0] == sizes[2]
    assert sorted(sizes[0] + sizes[1]) == [f"e{number}" for number in range(6)]
    assert (partner.ids[0], "bat_") == (partner.ids[2], partner.ids[0][:4])
    assert partner.heard[0].headers["content-type"] == "application/cloudevents-batch+json"
    assert ({"delivered"}, 0) == ({each["state"] for each in logged}, await room.deliveries.waiting("harbour"))


@pytest.mark.parametrize(("batch", "messages"), [(Batching(most=40, seconds=0), 20), (None, 80)])
async def test_whole_texts_do_not_fill_the_memory(room: Room, batch: Batching | None, messages: int) -> None:
    """A message for several is not filled beyond a megabyte, and of what waits no more is under way than some; all of it arrives."""
    go_on = asyncio.Event()

    async def hold(_: web.Request) -> web.StreamResponse:
        await go_on.wait()
        return web.Response(status=204)

    partner = await room.receiver(hold)
    await room.partner(partner.url, version=2, full=True, batch=batch)
    text = "y" * 200_000
    for number in range(80):
        body = {form: json.dumps({"id": f"e{number}", "text": text}).encode() for form in ("2", "2f")}
        await room.deliveries.schedule(Notice(f"e{number}", PUBLISHED, body), ["harbour"], room.clock.now())
    pump = room.pump()
    await turn_until(pump, lambda: len(partner.heard) == pump.in_flight > 0)
    for _ in range(3):
        await pump.turn()
    held = sum(taken.weight for taken in pump._under_way.values())
    go_on.set()
    await turn_until(pump, lambda: len(partner.heard) == messages)
    told = [json.loads(heard.body) for heard in partner.heard]

    assert 8_000_000 <= held < 10_000_000
    assert {f"e{number}" for number in range(80)} == {
        each["id"] for message in told for each in (message if batch else [message])
    }
    assert max(len(heard.body) for heard in partner.heard) < 1_300_000


async def test_what_waited_in_one_message_goes_by_itself_when_batching_ends(room: Room) -> None:
    """A partner that takes one event at a time from now on gets each of them, none is counted as sent with another."""
    partner = await room.receiver(500, 204)
    await room.partner(partner.url, version=2, batch=Batching(most=4, seconds=0))
    for number in range(3):
        await room.notify("harbour", event=f"e{number}", body=json.dumps({"id": f"e{number}"}).encode())
    pump = room.pump()
    await turn_until(pump, lambda: len(partner.heard) == 1 and pump.in_flight == 0)
    await pump.turn()
    await room.partners.change("harbour", batch=None)
    room.clock.advance(5.1)
    await turn_until(room.pump(), lambda: len(partner.heard) == 4)

    assert 3 == len(json.loads(partner.heard[0].body))
    assert ["e0", "e1", "e2"] == sorted(json.loads(heard.body)["id"] for heard in partner.heard[1:])


async def test_a_batch_waits_to_be_filled_and_no_longer(room: Room) -> None:
    """Two of ten wait for two seconds."""
    partner = await room.receiver(204)
    await room.partner(partner.url, version=2, batch=Batching(most=10, seconds=2))
    await room.notify("harbour", event="e1", body=b"{}")
    await room.notify("harbour", event="e2", body=b"{}")
    pump = room.pump()
    for _ in range(3):
        await pump.turn()
    early = len(partner.heard)
    room.clock.advance(2.1)
    await turn_until(pump, lambda: len(partner.heard) == 1)

    assert (0, [{}, {}]) == (early, json.loads(partner.heard[0].body))


async def test_what_goes_along_with_a_message_is_given_up_with_it(room: Room) -> None:
    """A backlog beyond its bound loses no event that waited in one message with the oldest: all of them can be recovered."""
    partner = await room.receiver(500, 204)
    await room.partner(partner.url, version=2, batch=Batching(most=4, seconds=0))
    for number in range(4):
        await room.notify("harbour", event=f"e{number}", body=json.dumps({"id": f"e{number}"}).encode())
    pump = room.pump()
    await turn_until(pump, lambda: len(partner.heard) == 1 and pump.in_flight == 0)
    await pump.turn()
    await room.deliveries.bound("harbour", 0, room.clock.now())
    states = {each["state"] for each in await room.log.recent("harbour", 9)}
    causes = await room.log.dead("harbour")
    recovered = await room.deliveries.recover("harbour", room.clock.now() - timedelta(hours=1), room.clock.now())

    assert ({"gave_up"}, {"backlog": 4}, 4) == (states, causes, recovered)
