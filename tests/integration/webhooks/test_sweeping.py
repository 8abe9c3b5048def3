"""What nobody looks at is looked after: partners that fail for days, what was removed, the ledger's end."""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode

from aiohttp import web
from pydantic import SecretStr

from services.webhooks.ledger import Ledger
from services.webhooks.partner import Partner
from services.webhooks.partners import Partners
from services.webhooks.sending import Disabling
from services.webhooks.sweeping import LONGEST_FAILURE_SECONDS, SEALED_ELSEWHERE, Sweeper
from shared.client import Client
from shared.host import Host
from shared.notices import DISABLED
from shared.steps import Step
from tests.integration.webhooks.process import process, published, settled
from tests.integration.webhooks.room import Room, receiver, served, turn_until, turn_until_settled


async def failing(room: Room) -> float | None:
    """Since when the partner fails."""
    return await room.deliveries.failing_since("harbour")


async def test_five_days_without_a_success_disable_a_partner_and_tell_those_who_asked(room: Room) -> None:
    """Not a second before; a success in between starts anew; who asked for it is told, with what waits."""
    dead, ops = await room.receiver(500, 204, 500), await room.receiver(204)
    await room.partner(dead.url)
    await room.partner(ops.url, "ops", events=(DISABLED,), version=2)
    pump = room.pump(schedule=(0.0,) + (86_400.0,) * 20)
    disabling = Disabling(room.partners, room.deliveries, room.clock, "http://127.0.0.1")
    await room.notify("harbour", event="e1")
    await turn_until_settled(pump, room)
    began = [await failing(room)]
    room.clock.advance(86_401)
    await turn_until(pump, lambda: len(dead.heard) == 2)
    await turn_until(pump, lambda: pump.in_flight == 0)
    began.append(await failing(room))
    await room.notify("harbour", event="e2")
    for day in range(6):
        await turn_until(pump, lambda day=day: len(dead.heard) >= 3 + day)  # type: ignore[misc]
        await turn_until(pump, lambda: pump.in_flight == 0)
        room.clock.advance(86_401)
        since = await failing(room) or 0
        if room.clock.now().timestamp() - since > LONGEST_FAILURE_SECONDS:
            await disabling("harbour", "every attempt failed for five days")
            await disabling("harbour", "and again")
            break
    await turn_until(pump, lambda: len(ops.heard) == 1)
    told = json.loads(ops.heard[0].body)
    known = await room.partners.get("harbour")

    assert (True, None, 4) == (began[0] is not None, began[1], day)
    assert (False, "every attempt failed for five days") == (known.enabled, known.disabled_reason)
    assert (DISABLED, "harbour", 1) == (told["type"], told["data"]["partner"], told["data"]["waiting"])


async def test_the_sweep_does_it(redis_url: str) -> None:
    """In the running service: the partner is disabled, and readiness says so."""
    async with process(redis_url) as host, Client(host.settings) as client:
        wanted = {"name": "Harbour", "url": "http://127.0.0.1:1/", "confirmed": True}
        _, added = await client.request("POST", "/partners", json=wanted)
        since = (host.clock.now().timestamp() - LONGEST_FAILURE_SECONDS - 1) * 1000
        await host.redis.hset(host.key("webhooks", "pace", added["id"]), "failing", since)
        sweeper = _sweeper(host)
        await sweeper.sweep()
        await sweeper.sweep()
        _, now = await client.request("GET", f"/partners/{added['id']}")

    assert (False, "every attempt failed for five days") == (now["enabled"], now["disabled_reason"])
    assert "Harbour" in host.warnings["partners disabled"]


async def test_whoever_is_enabled_again_gets_five_days_anew(redis_url: str) -> None:
    """What failed before a person enabled it is forgotten; else the next sweep would end what was just begun."""
    async with process(redis_url) as host, Client(host.settings) as client:
        wanted = {"name": "Harbour", "url": "http://127.0.0.1:1/", "confirmed": True}
        _, added = await client.request("POST", "/partners", json=wanted)
        here = f"/partners/{added['id']}"
        since = (host.clock.now().timestamp() - LONGEST_FAILURE_SECONDS - 1) * 1000
        await host.redis.hset(host.key("webhooks", "pace", added["id"]), "failing", since)
        sweeper = _sweeper(host)
        await sweeper.sweep()
        _, disabled = await client.request("GET", here)
        await client.request("PATCH", here, json={"enabled": True})
        await sweeper.sweep()
        _, enabled = await client.request("GET", here)

    assert (False, True) == (disabled["enabled"], enabled["enabled"])
    assert enabled["failing_since"] is None


async def test_whose_secrets_do_not_open_waits_and_readiness_says_so(redis_url: str) -> None:
    """With the wrong key no attempt is used up; with the next secret, or the right key, what waits goes out."""
    async with receiver(204) as partner, receiver(204) as other:
        async with process(redis_url) as host, Client(host.settings) as client:
            wanted = {"name": "Harbour", "url": partner.url, "headers": {"X-Key": "1"}}
            _, added = await client.request("POST", "/partners", json=wanted)
            _, second = await client.request("POST", "/partners", json={"name": "Other", "url": other.url})
        lost = SecretStr(b64encode(b"another" * 4 + b"key.").decode())
        async with process(redis_url, webhooks_key=lost) as host, Client(host.settings) as client:
            await host.belt.publish(Step(emits=(published(1),)))
            await client.request("POST", f"/partners/{second['id']}/secret", json={})
            await settled(client, second["id"])
            await _sweeper(host).sweep()
            warned = host.warnings[SEALED_ELSEWHERE]
            _, seen = await client.request("GET", f"/partners/{added['id']}/deliveries")
        async with process(redis_url) as host, Client(host.settings) as client:
            await settled(client, added["id"])
            await _sweeper(host).sweep()
            silent = SEALED_ELSEWHERE not in host.warnings or "Harbour" not in host.warnings[SEALED_ELSEWHERE]

    assert ("Harbour", [], True) == (warned, seen["deliveries"][0]["attempts"], silent)
    assert (1, 1) == (len(partner.heard), len(other.heard))


async def test_addresses_that_hang_hold_up_nothing(redis_url: str) -> None:
    """They are asked beside everything else that is looked after, and beside each other."""
    asked: list[str] = []

    async def hang(request: web.Request) -> web.StreamResponse:
        asked.append(request.path)
        await asyncio.sleep(60)
        return web.Response(status=404)

    async with served(hang) as address, process(redis_url) as host:
        partners = Partners(host.redis, host.key)
        for number in range(3):
            await partners.add(_unconfirmed(host, f"p{number}", f"{address}/{number}"))
        async with asyncio.timeout(10):
            await _sweeper(host).sweep()
            while set(asked) != {"/0", "/1", "/2"}:  # noqa: ASYNC110 - it is in the service's loops
                await asyncio.sleep(0.01)

    assert 3 == len(asked)


def _unconfirmed(host: Host, name: str, url: str) -> Partner:
    now = host.clock.now()
    return Partner(id=name, name=name, url=url, keys=(), confirmed=None, ask_at=now, created_at=now)


def _sweeper(host: object) -> Sweeper:
    """The one that the service runs."""
    turn = host.loops["webhooks.sweep"]  # type: ignore[attr-defined]
    sweeper = turn.__self__
    assert isinstance(sweeper, Sweeper)
    return sweeper


async def test_the_ledger_is_trimmed_and_says_so(room: Room) -> None:
    """Beyond the bound the oldest go, a payload that a delivery needs stays, and an old cursor is told."""
    ledger = Ledger(room.redis, room.deliveries.base, room.key("none"))
    partner = await room.partner("http://127.0.0.1:1/")
    for number in range(1, 8):
        await _event(room, number)
    await ledger.trim(3)
    left = sorted([key.decode().rsplit(":")[-1] async for key in room.redis.scan_iter("*payload*")])

    assert (3, 4) == (await room.redis.zcard(f"{room.deliveries.base}:ledger"), await ledger.trimmed())
    assert ["e2", "e5", "e6", "e7"] == left
    assert partner.id == "harbour"


async def _event(room: Room, number: int) -> None:
    from services.webhooks.items import Notice  # noqa: PLC0415 - for this one

    notice = Notice(f"e{number}", "document.published", {"2": json.dumps({}).encode()}, "d", "c", number)
    async with room.redis.pipeline(transaction=True) as together:
        for command in room.deliveries.planned(notice, ["harbour"] if number == 2 else [], room.clock.now()):
            together.execute_command(*command)
        await together.execute()
