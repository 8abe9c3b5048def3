"""Section 5.2: whose subscription is denied is told so, whenever that is."""

from __future__ import annotations

from aiohttp import web

from tests.integration.hub.reading import told
from tests.integration.hub.room import Room


async def test_who_is_denied_is_told(room: Room) -> None:
    """MUST 10 (5.2): a GET to the callback with hub.mode=denied and hub.topic; a denial asks for nothing, so there is no challenge."""
    topic = await room.topic()
    who = await room.subscribed(topic)
    await room.end(who, topic)
    asked = await room.asked_for(who, "denied")

    assert ("GET", b"", topic.url) == (asked.method, asked.body, asked.query["hub.topic"])
    assert not {"hub.challenge", "hub.lease_seconds"} & set(asked.query)


async def test_a_denial_gives_its_reason(room: Room) -> None:
    """MAY (5.2), and here done: hub.reason."""
    topic = await room.topic()
    who = await room.subscribed(topic)
    await room.end(who, topic)

    assert "operator" in (await room.asked_for(who, "denied")).query["hub.reason"]


async def test_a_denial_keeps_the_callbacks_query(room: Room) -> None:
    """MUST 7 and 10 (5.1.1, 5.2): its parameters are appended like all others."""
    topic = await room.topic()
    who = await room.subscribed(topic, "/%2F;a")
    await room.end(who, topic)
    asked = await room.asked_for(who, "denied")

    assert asked.target.startswith(f"{room.path(who)}?hub.")


async def test_after_a_denial_nothing_is_pushed(room: Room) -> None:
    """MUST 10 (5.2): the subscription is over."""
    topic = await room.topic()
    who, other = await room.subscribed(topic), await room.subscribed(topic)
    await room.end(who, topic)
    await room.asked_for(who, "denied")

    await room.nothing_for(who, topic, other)


async def test_whatever_is_answered_a_denial_stands(room: Room) -> None:
    """MUST 10 (5.2): the callback is told, not asked; to give something back makes no subscription."""
    topic = await room.topic()
    who, other = await room.subscribed(topic), await room.subscribed(topic)

    async def object_to_it(_: web.Request) -> web.StreamResponse:
        return web.Response(status=500, text="no")

    who.intent = object_to_it
    await room.end(who, topic)
    await room.asked_for(who, "denied")

    await room.nothing_for(who, topic, other)


async def test_a_denial_of_one_is_no_denial_of_others(room: Room) -> None:
    """MUST 4 (5.1): a subscription is a topic and a callback."""
    topic, second = await room.topic(), await room.topic()
    who, other = await room.subscribed(topic), await room.subscribed(topic)
    await room.verified(who, second)
    await room.end(who, topic)
    await room.asked_for(who, "denied")

    await room.told_to_all(topic, other)
    title = await room.told_to_all(second, who)
    assert [title] == told(who)


async def test_a_topic_that_is_taken_away_is_denied(room: Room) -> None:
    """MUST 10 (5.2): at any point, also if it was accepted; a subject that is removed has no feed any more."""
    who = await room.subscribed(f"{room.home}/feeds/subjects/{room.subject}.atom")
    room.remove_subject()
    asked = await room.asked_for(who, "denied")

    assert f"{room.home}/feeds/subjects/{room.subject}.atom" == asked.query["hub.topic"]


async def test_who_was_denied_may_ask_again(room: Room) -> None:
    """MUST 4 (5.1): a denial ends what is, and forbids nothing."""
    topic = await room.topic()
    who = await room.subscribed(topic)
    await room.end(who, topic)
    await room.asked_for(who, "denied")
    await room.verified(who, topic)

    await room.told_to_all(topic, who)
