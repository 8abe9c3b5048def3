"""Whatever a partner answers, and wherever its URL points, an attempt stays small, short and outside of private networks."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiohttp import web

from tests.integration.webhooks.room import Room, turn_until_settled


async def redirect(_: web.Request) -> web.StreamResponse:
    """Point somewhere else."""
    raise web.HTTPFound("/elsewhere")


async def drip(request: web.Request) -> web.StreamResponse:
    """Answer 200 at once, and a body that never ends."""
    response = web.StreamResponse()
    await response.prepare(request)
    await response.write(b"drop")
    await asyncio.Event().wait()
    raise AssertionError


async def flood(request: web.Request) -> web.StreamResponse:
    """Answer 200 and far more than anyone asked for."""
    response = web.StreamResponse()
    await response.prepare(request)
    try:
        while True:
            await response.write(b"x" * 100_000)
    except ConnectionError:
        return response


async def test_a_redirect_is_a_failure_and_not_followed(room: Room) -> None:
    """The other address hears nothing."""
    partner = await room.receiver(redirect)
    await room.partner(partner.url)
    await room.notify("harbour")
    await turn_until_settled(room.pump(), room)

    assert [heard.path for heard in partner.heard] == ["/hook"]
    assert [each["reason"] for each in (await room.last())["attempts"]] == ["status 302"]


@pytest.mark.parametrize(("endless", "total_seconds"), [(drip, 0.5), (flood, 60.0)])
async def test_a_body_without_end_is_cut_and_the_status_stands(room: Room, endless: Any, total_seconds: float) -> None:
    """200 is a delivery; of a body only the beginning is read, and no longer than an attempt may last."""
    partner = await room.receiver(endless)
    await room.partner(partner.url)
    await room.notify("harbour")
    await turn_until_settled(room.pump(total_seconds=total_seconds), room)
    logged = await room.last()

    assert logged["state"] == "delivered"
    assert 4 <= len(logged["attempts"][0]["response"]) <= 1_000


async def test_nobody_there_is_a_failure(room: Room) -> None:
    """A refused connection and a name that does not exist are failures like others, and tell no URL."""
    await room.partner("http://127.0.0.1:1/?key=geheim")
    await room.notify("harbour")
    await turn_until_settled(room.pump(), room)
    logged = await room.last()

    assert [each["reason"] for each in logged["attempts"]] == ["connection failed"]
    assert "geheim" not in str(logged)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "0x7f.1", "127.1", "[::ffff:127.0.0.1]", "localhost", "reader@127.0.0.1", "0.0.0.0"]
)
async def test_no_form_of_a_private_address_is_dialled(room: Room, host: str) -> None:
    """With no allowed networks nothing gets to a server on loopback, whatever the URL looks like."""
    canary = await room.receiver(200)
    await room.partner(canary.url.replace("127.0.0.1", host))
    await room.notify("harbour")
    await turn_until_settled(room.pump(allowed=()), room)
    reasons = [each["reason"] for each in (await room.last())["attempts"]]

    assert canary.heard == []
    assert reasons[0].startswith("address refused") or reasons == ["name not found"]
