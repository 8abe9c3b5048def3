"""Section 9, and what none of the open hubs does: whom the hub may be made to call, and what it never tells."""

from __future__ import annotations

from tests.integration.hub.receiver import receiver
from tests.integration.hub.room import Room

FORBIDDEN = "127.200.0.1"
"""On this machine, and outside of the networks that subscribers may live in: as forbidden as any neighbour of the hub."""


async def test_the_callback_is_called_exactly_as_given(room: Room) -> None:
    """MUST 20 (9.3): its scheme, host, port, path and query, and the letters' case."""
    topic = await room.topic()
    who = await room.subscribed(topic, "/Case/../dots//double;p=1?A=b")
    await room.told_to_all(topic, who)

    assert [room.path(who)] == [push.target for push in who.pushes]
    assert [who.callback.split("/")[2]] == [push.headers["host"] for push in who.pushes]


async def test_a_forbidden_address_is_never_dialled(room: Room) -> None:
    """Section 9: a hub that calls whatever it is told to calls its own neighbours. None of the open hubs looks."""
    topic = await room.topic()
    async with receiver(FORBIDDEN) as canary:
        reply = await room.request(canary.subscriber(), topic)
        await room.told_to_all(topic, await room.subscribed(topic))
        heard = canary.strays + [asked.target for each in canary.subscribers.values() for asked in each.asked]

    assert [] == heard
    assert reply.status in {202, 422}


async def test_the_list_of_subscriptions_is_the_operators(room: Room) -> None:
    """Section 9: a callback is a capability; who is no operator sees none."""
    async with room.anyone.get(f"{room.hub}/subscriptions") as got:
        status = got.status

    assert 401 == status


async def test_no_list_shows_a_secret(room: Room) -> None:
    """Section 9: neither the secret nor what it could be got from."""
    topic = await room.topic()
    who = await room.subscribed(topic, secret="do-not-tell")
    found = [each for each in await room.listed() if each["callback"] == who.callback]

    assert 1 == len(found)
    assert "secret" not in found[0]
    assert "do-not-tell" not in str(found)


async def test_the_store_holds_no_secret_to_be_read(room: Room) -> None:
    """Section 9: sealed at rest, like partners' secrets."""
    await room.subscribed(await room.topic(), secret="do-not-tell")

    assert not await room.stored(b"do-not-tell")
