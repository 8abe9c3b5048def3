"""Section 5.3.1: a subscription has an end, the hub names it, and keeps it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.hub.room import DAY, HOUR, Room

LONGEST = 30 * DAY
USUAL = 10 * DAY


async def lease_of(room: Room, **asked: Any) -> int:
    """What the hub makes of a lease that is asked for."""
    who = await room.subscribed(await room.topic(), **asked)
    return int(who.asked[0].query["hub.lease_seconds"])


async def test_who_asks_for_none_gets_ten_days(room: Room) -> None:
    """SHOULD (5.3.1): a short lease, and ten days are a good default."""
    assert USUAL == await lease_of(room)


@pytest.mark.parametrize("seconds", [HOUR, 86_399, LONGEST])
async def test_what_is_asked_for_is_given(room: Room, seconds: int) -> None:
    """MAY (2.1.3, 5.3.1), and here done: the lease that was asked for, to the second, between an hour and thirty days."""
    assert seconds == await lease_of(room, lease_seconds=seconds)


async def test_too_short_a_lease_is_an_hour(room: Room) -> None:
    """MAY (5.3.1): changed by the hub's policy, and told."""
    assert HOUR == await lease_of(room, lease_seconds=1)


@pytest.mark.parametrize("seconds", [LONGEST + 1, 10**30])
async def test_no_lease_is_perpetual(room: Room, seconds: int) -> None:
    """MUST 13 (5.3.1): thirty days are the longest, whatever is asked for."""
    assert LONGEST == await lease_of(room, lease_seconds=seconds)


async def test_a_lease_holds_to_its_end(room: Room) -> None:
    """MUST 13 (5.3.1): until then everything is pushed."""
    topic = await room.topic()
    who = await room.subscribed(topic, lease_seconds=HOUR)
    room.clock.leap(HOUR - 20)

    await room.told_to_all(topic, who)


async def test_a_lease_ends_to_the_second(room: Room) -> None:
    """MUST 13 (5.3.1): expirations are enforced; an hour and a second after the verification there is nothing more."""
    topic = await room.topic()
    who, other = await room.subscribed(topic, lease_seconds=HOUR), await room.subscribed(topic)
    room.clock.leap(HOUR + 1)

    await room.nothing_for(who, topic, other)


async def test_the_usual_lease_ends_as_well(room: Room) -> None:
    """MUST 13 (5.3.1): the default is a lease like any other."""
    topic = await room.topic()
    who, other = await room.subscribed(topic), await room.subscribed(topic, lease_seconds=LONGEST)
    room.clock.leap(USUAL - 60)
    await room.told_to_all(topic, who)
    room.clock.leap(61)

    await room.nothing_for(who, topic, other)


async def test_a_lease_counts_from_the_question(room: Room) -> None:
    """MUST 13 (5.3): measured from the time of the verification request, not of the callback's slow answer."""
    topic, who = await room.topic(), room.receiver.subscriber()
    other = await room.subscribed(topic)
    async with room.holding(who) as held:
        await room.request(who, topic, lease_seconds=HOUR)
        await held()
        room.clock.leap(40)
    await room.settled()
    await room.told_to_all(topic, who)
    room.clock.leap(HOUR - 39)

    await room.nothing_for(who, topic, other)


async def test_a_renewal_counts_from_itself(room: Room) -> None:
    """MUST 4 and 13 (5.1, 5.3.1): renewed before its end, a subscription goes on without interruption."""
    topic = await room.topic()
    who, other = await room.subscribed(topic, lease_seconds=HOUR), await room.subscribed(topic)
    room.clock.leap(HOUR - 60)
    await room.verified(who, topic, lease_seconds=HOUR)
    room.clock.leap(HOUR - 60)
    await room.told_to_all(topic, who)
    room.clock.leap(61)

    await room.nothing_for(who, topic, other)


async def test_a_renewal_may_shorten(room: Room) -> None:
    """MUST 4 (5.1): each request overrides the one before, the lease too."""
    topic = await room.topic()
    who, other = await room.subscribed(topic, lease_seconds=LONGEST), await room.subscribed(topic)
    await room.verified(who, topic, lease_seconds=HOUR)
    room.clock.leap(HOUR + 1)

    await room.nothing_for(who, topic, other)


async def test_who_is_late_may_subscribe_again(room: Room) -> None:
    """MUST 4 (5.1): after its end a subscription is made like the first one."""
    topic = await room.topic()
    who = await room.subscribed(topic, lease_seconds=HOUR)
    room.clock.leap(HOUR + 1)
    await room.verified(who, topic)

    await room.told_to_all(topic, who)


async def test_a_retry_ends_with_the_lease(room: Room) -> None:
    """MUST 13 (5.3.1): what could not be delivered in time is not delivered after the end."""
    topic = await room.topic()
    who, other = await room.subscribed(topic, lease_seconds=HOUR), await room.subscribed(topic)
    who.answers = [500, 204]
    await room.told_to_all(topic, other)
    await room.pushes(who, 1)
    room.clock.leap(HOUR + 1)

    await room.nothing_for(who, topic, other)
