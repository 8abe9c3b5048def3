"""Section 7: what a subscriber's answer means, and that no failure ends a subscription before its time."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web

from tests.integration.hub.reading import titles_of, told
from tests.integration.hub.room import DAY, HOUR, Room


@pytest.mark.parametrize("status", [200, 202, 299])
async def test_any_2xx_is_a_success(room: Room, status: int) -> None:
    """MUST 16 (7): and what arrived is not sent again."""
    topic = await room.topic()
    who = await room.subscribed(topic)
    who.answers = [status]
    title = await room.told_to_all(topic, who)
    room.clock.leap(HOUR)
    await room.told_to_all(topic, who)

    assert 1 == told(who).count(title)


@pytest.mark.parametrize("status", [302, 308])
async def test_a_redirection_is_a_failure_and_not_followed(room: Room, status: int) -> None:
    """MUST 16 (7): subscriptions do not move by redirects; the callback itself is tried again. Flask-WebSub's hub follows."""
    topic = await room.topic()
    who, elsewhere = await room.subscribed(topic), room.receiver.subscriber()

    async def lead(_: web.Request) -> web.StreamResponse:
        return web.Response(status=status, headers={"Location": elsewhere.callback})

    who.answers = [lead, 204]
    await room.article(topic)
    await room.pushes(who, 2)

    assert [] == elsewhere.pushes + elsewhere.asked


@pytest.mark.parametrize("status", [400, 404, 503])
async def test_an_error_is_tried_again(room: Room, status: int) -> None:
    """SHOULD (7): retry; MUST 16: everything but 2xx, and 410, is a failure."""
    topic = await room.topic()
    who = await room.subscribed(topic)
    who.answers = [status, 204]
    title = room.word().title()
    await room.article(topic, title)
    await room.pushes(who, 2)

    assert [title] * 2 == told(who)


async def test_no_answer_is_tried_again(room: Room) -> None:
    """SHOULD (7): a connection that is cut is a failure like any other. (One that was kept too long may be opened anew at once.)"""
    topic = await room.topic()
    who = await room.subscribed(topic)

    async def cut(request: web.Request) -> web.StreamResponse:
        assert request.transport
        request.transport.close()
        return web.Response()

    who.answers = [cut, cut, 204]
    await room.article(topic)

    await room.pushes(who, 3)


async def test_retries_have_an_end(room: Room) -> None:
    """SHOULD (7): self-imposed limits: the hub stops attempting to deliver that notification."""
    topic = await room.topic()
    who = await room.subscribed(topic, lease_seconds=30 * DAY)
    who.answers = [500]
    title = await room.told_to_all(topic, who)
    tries = await room.tries_in(who, 12 * DAY)
    who.answers = [204]
    room.clock.leap(5 * DAY)
    for _ in range(2):
        await room.told_to_all(topic, who)

    assert 2 <= tries <= 20
    assert title not in told(who)[tries:]


async def test_days_of_failure_end_nothing(room: Room) -> None:
    """MUST 18 (7): kept to the end of the lease, and new updates are tried. Switchboard deactivates after half an hour of failures."""
    topic = await room.topic()
    who = await room.subscribed(topic, lease_seconds=30 * DAY)
    who.answers = [500]
    await room.article(topic)
    await room.tries_in(who, 12 * DAY)
    who.answers = [204]

    await room.told_to_all(topic, who)


async def test_410_ends_the_subscription(room: Room) -> None:
    """MAY (7), and here done: the subscriber has deleted it."""
    topic = await room.topic()
    who, other = await room.subscribed(topic), await room.subscribed(topic)
    who.answers = [410]
    await room.told_to_all(topic, who, other)
    who.answers = [204]

    await room.nothing_for(who, topic, other)


async def test_410_ends_one_subscription(room: Room) -> None:
    """MAY (7): that of the topic that was pushed; another topic to the same callback goes on."""
    topic, second = await room.topic(), await room.topic()
    who, other = await room.subscribed(topic), await room.subscribed(second)
    await room.verified(who, second)
    who.answers = [410, 204]
    await room.told_to_all(topic, who)

    await room.told_to_all(second, who, other)


async def test_who_was_gone_may_come_back(room: Room) -> None:
    """MUST 4 (5.1): 410 ends what is, and forbids nothing."""
    topic = await room.topic()
    who = await room.subscribed(topic)
    who.answers = [410, 204]
    await room.told_to_all(topic, who)
    await room.verified(who, topic)

    await room.told_to_all(topic, who)


@pytest.mark.parametrize("body", ["hub.mode=unsubscribe", "error: 500", "x" * 300_000])
async def test_the_body_of_an_answer_means_nothing(room: Room, body: str) -> None:
    """MUST 17 (7): ignored, however it reads and however long it is."""
    topic = await room.topic()
    who = await room.subscribed(topic)

    async def speak(_: web.Request) -> web.StreamResponse:
        return web.Response(text=body)

    who.answers = [speak]
    title = await room.told_to_all(topic, who)
    room.clock.leap(HOUR)
    await room.told_to_all(topic, who)

    assert 1 == told(who).count(title)


async def test_a_failing_subscriber_delays_nobody(room: Room) -> None:
    """SHOULD (7): one hangs, the others have it."""
    topic = await room.topic()
    who, other = await room.subscribed(topic), await room.subscribed(topic)
    never = asyncio.Event()

    async def hang(_: web.Request) -> web.StreamResponse:
        await never.wait()
        return web.Response()

    who.answers = [hang]
    await room.told_to_all(topic, other)
    await room.told_to_all(topic, other)
    never.set()


async def test_what_failed_is_made_good_with_what_is_newer(room: Room) -> None:
    """MUST 18 (7): if a new update is published, delivery to the previously-failing subscriber is tried; nothing in between is lost."""
    topic = await room.topic()
    who = await room.subscribed(topic)
    who.answers = [500]
    first = await room.told_to_all(topic, who)
    who.answers = [204]
    second = await room.told_to_all(topic, who)
    await room.pushes(who, 3)

    assert {first, second} == {title for push in who.pushes[1:] for title in titles_of(push)}
