"""Section 5.2: who is denied a subscription is told so, at once or later."""

from __future__ import annotations

from tests.integration.hub.reading import told, until
from tests.integration.hub.room import Room, Topic


def missing(room: Room) -> Topic:
    """A topic that could be ours and is not there."""
    word = room.word()
    return Topic(f"{room.home}/feeds/keywords/{word}.atom", word)


async def test_who_is_denied_is_told(room: Room) -> None:
    """MUST 10 (5.2): a GET to the callback with hub.mode=denied and hub.topic, and no challenge."""
    who, topic = room.receiver.subscriber(), missing(room)
    reply = await room.request(who, topic)
    await until(lambda: bool(who.asked))

    assert 202 == reply.status
    assert {"hub.mode": "denied", "hub.topic": topic.url}.items() <= who.asked[0].query.items()
    assert ("GET", False) == (who.asked[0].method, "hub.challenge" in who.asked[0].query)


async def test_a_denial_gives_its_reason(room: Room) -> None:
    """MAY (5.2), and here done: hub.reason."""
    who = room.receiver.subscriber()
    await room.request(who, missing(room))
    await until(lambda: bool(who.asked))

    assert "no such feed" in who.asked[0].query["hub.reason"]


async def test_a_denial_keeps_the_callbacks_query(room: Room) -> None:
    """MUST 7 and 10 (5.1.1, 5.2): its parameters are appended like all others."""
    who = room.receiver.subscriber("?hub.mode=mine&a=%2F")
    await room.request(who, missing(room))
    await until(lambda: bool(who.asked))

    assert who.asked[0].target.startswith(f"{room.path(who)}&hub.")
    assert "denied" == who.asked[0].query["hub.mode"]


async def test_what_was_accepted_may_be_denied_later(room: Room) -> None:
    """MUST 10 (5.2): at any point; the subscriber is told, with the reason that was given."""
    topic = await room.topic()
    who = await room.subscribed(topic)
    await room.deny(who, topic, "the feed moves")
    await room.asked_for(who, "denied")

    assert {"hub.topic": topic.url, "hub.reason": "the feed moves"}.items() <= who.asked[-1].query.items()


async def test_after_a_denial_nothing_is_pushed(room: Room) -> None:
    """MUST 10 (5.2): the subscription is over."""
    topic = await room.topic()
    who, other = await room.subscribed(topic), await room.subscribed(topic)
    await room.deny(who, topic, "no more")
    await room.asked_for(who, "denied")

    await room.nothing_for(who, topic, other)


async def test_a_denial_of_one_is_no_denial_of_others(room: Room) -> None:
    """MUST 4 (5.1): a subscription is a topic and a callback."""
    topic, second = await room.topic(), await room.topic()
    who, other = await room.subscribed(topic), await room.subscribed(topic)
    await room.verified(who, second)
    await room.deny(who, topic, "no more")
    await room.asked_for(who, "denied")

    await room.told_to_all(topic, other)
    title = await room.told_to_all(second, who)
    assert [title] == told(who)
