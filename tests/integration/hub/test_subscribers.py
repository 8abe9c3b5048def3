"""Subscribers that others wrote: discovery, subscription, pushes, renewal and the end, each by their own code."""

from __future__ import annotations

from pathlib import Path

from tests.integration.hub.foreign import behind_tls, flask_websub
from tests.integration.hub.reading import until
from tests.integration.hub.room import Room


async def test_flask_websub_goes_the_whole_way(room: Room, tmp_path: Path) -> None:
    """Flask-WebSub 0.4.1 discovers, subscribes, hears, renews, hears once, unsubscribes and hears no more."""
    topic = await room.topic()
    other = await room.subscribed(topic)
    with flask_websub(tmp_path) as foreign:
        name = await foreign.follow(topic.url, lease_seconds=7200)
        first = await room.told_to_all(topic, other)
        await until(lambda: len(foreign.heard) == 1)
        await foreign.do("renew", "subscribe", name)
        second = await room.told_to_all(topic, other)
        await until(lambda: len(foreign.heard) == 2)
        await foreign.do("unsubscribe", "unsubscribe", name)
        for _ in range(2):
            await room.told_to_all(topic, other)

    assert [True, True] == [title.encode() in body for title, body in zip((first, second), foreign.heard, strict=True)]
    assert (["subscribe", "subscribe", "unsubscribe"], []) == (foreign.successes, foreign.errors)


async def test_flask_websub_believes_our_signature(room: Room, tmp_path: Path) -> None:
    """With a secret, which it sends over TLS alone, it tells its listeners what is rightly signed and nothing else."""
    topic = await room.topic("json")
    with flask_websub(tmp_path) as foreign:
        async with behind_tls(room.hub, tmp_path) as (hub, certificate):
            await foreign.follow(topic.url, hub_url=hub, requests_opts={"verify": certificate})
        title = room.word().title()
        await room.article(topic, title)
        await until(lambda: bool(foreign.heard))

    assert title.encode() in foreign.heard[0]


async def test_flask_websub_understands_a_denial(room: Room, tmp_path: Path) -> None:
    """Its error handlers hear of it, with our reason."""
    topic = await room.topic()
    with flask_websub(tmp_path) as foreign:
        await foreign.follow(topic.url)
        await room.settled()
        for each in await room.listed():
            if each["topic"] == topic.url:
                await room.house.call("DELETE", f"/hub/subscriptions/{each['id']}")
        await until(lambda: bool(foreign.errors))

    assert "operator" in foreign.errors[0]
