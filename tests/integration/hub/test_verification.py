"""Section 5.3: nobody is subscribed, and nobody's subscription ended, unless the callback says so."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web

from tests.integration.hub.reading import until
from tests.integration.hub.receiver import Handler, consent, refuse
from tests.integration.hub.room import Room


async def test_subscribing_is_verified_with_all_four(room: Room) -> None:
    """MUST 11 (5.3): a GET with hub.mode, hub.topic, hub.challenge and hub.lease_seconds, and without a body."""
    topic = await room.topic()
    who = await room.subscribed(topic, lease_seconds=7200)
    asked = who.asked[0]

    expected = {"hub.mode": "subscribe", "hub.topic": topic.url, "hub.lease_seconds": "7200"}
    assert ("GET", b"") == (asked.method, asked.body)
    assert expected.items() <= asked.query.items()
    assert asked.query["hub.challenge"]


async def test_unsubscribing_is_verified_too(room: Room) -> None:
    """MUST 11 (5.3): hub.mode=unsubscribe, the topic and a challenge."""
    topic = await room.topic()
    who = await room.subscribed(topic)
    asked = await room.verified(who, topic, "unsubscribe")

    assert ("unsubscribe", topic.url) == (asked.query["hub.mode"], asked.query["hub.topic"])
    assert asked.query["hub.challenge"]


async def test_the_secret_is_never_said_back(room: Room) -> None:
    """Section 9: a callback's log must not hold the secret."""
    who = await room.subscribed(await room.topic(), secret="do-not-tell")

    assert "do-not-tell" not in who.asked[0].target


async def test_every_challenge_is_new(room: Room) -> None:
    """SHOULD (5.3): random, and for one use. Switchboard unsubscribes with the challenge of the subscription."""
    topic = await room.topic()
    who = await room.subscribed(topic)
    await room.verified(who, topic)
    await room.verified(who, topic, "unsubscribe")
    challenges = [asked.query["hub.challenge"] for asked in who.asked]

    assert 3 == len(set(challenges))
    assert all(len(challenge) >= 20 for challenge in challenges)


async def test_nothing_is_pushed_before_the_callback_agreed(room: Room) -> None:
    """MUST 11 (5.3): a subscription begins when its intent is verified."""
    topic = await room.topic()
    who, other = room.receiver.subscriber(), await room.subscribed(topic)
    async with room.holding(who) as held:
        await room.request(who, topic)
        await held()
        await room.nothing_for(who, topic, other)


@pytest.mark.parametrize("status", [200, 202, 299])
async def test_any_2xx_with_the_challenge_agrees(room: Room, status: int) -> None:
    """MUST 12 (5.3.1): a success is 2xx. Flask-WebSub's hub takes 200 alone."""
    topic, who = await room.topic(), room.receiver.subscriber()

    async def agree(request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, text=request.query["hub.challenge"])

    who.intent = agree
    await room.verified(who, topic)
    await room.told_to_all(topic, who)


@pytest.mark.parametrize("status", [302, 307])
async def test_a_redirection_is_a_no_and_not_followed(room: Room, status: int) -> None:
    """MUST 12 (5.3.1): 3xx fails, even where it leads to consent. Flask-WebSub's hub follows it."""
    topic, who = await room.topic(), room.receiver.subscriber()
    elsewhere, other = room.receiver.subscriber(), await room.subscribed(topic)

    async def lead(request: web.Request) -> web.StreamResponse:
        location = f"{elsewhere.callback}?{request.query_string}"
        return web.Response(status=status, text=request.query["hub.challenge"], headers={"Location": location})

    who.intent = lead
    await room.verified(who, topic)
    await room.nothing_for(who, topic, other)

    assert [] == elsewhere.asked + elsewhere.pushes


@pytest.mark.parametrize("status", [404, 410, 500])
async def test_an_error_is_a_no_whatever_its_body(room: Room, status: int) -> None:
    """MUST 12 (5.3.1): 4xx and 5xx fail, even with the challenge in their bodies."""
    topic, who, other = await room.topic(), room.receiver.subscriber(), None

    async def fail(request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, text=request.query["hub.challenge"])

    who.intent, other = fail, await room.subscribed(topic)
    await room.verified(who, topic)

    await room.nothing_for(who, topic, other)


def saying(text: str) -> Handler:
    """A callback that answers 200 and this; {} is the challenge."""

    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(text=text.format(request.query["hub.challenge"]))

    return answer


@pytest.mark.parametrize("text", ["", "{}x", "<p>{}</p>"])
async def test_another_body_is_a_no(room: Room, text: str) -> None:
    """MUST 12 (5.3.1): the body equals the challenge, or verification has failed: containing it is not enough."""
    topic, who = await room.topic(), room.receiver.subscriber()
    other = await room.subscribed(topic)
    who.intent = saying(text)
    await room.verified(who, topic)

    await room.nothing_for(who, topic, other)


async def test_a_part_of_the_challenge_is_a_no(room: Room) -> None:
    """MUST 12 (5.3.1): nor is its beginning."""
    topic, who = await room.topic(), room.receiver.subscriber()
    other = await room.subscribed(topic)

    async def half(request: web.Request) -> web.StreamResponse:
        return web.Response(text=request.query["hub.challenge"][:-1])

    who.intent = half
    await room.verified(who, topic)

    await room.nothing_for(who, topic, other)


async def test_an_old_challenge_is_a_no(room: Room) -> None:
    """MUST 12, SHOULD (5.3): what was overheard once opens nothing later."""
    topic = await room.topic()
    who, other = await room.subscribed(topic), await room.subscribed(topic)
    who.intent = saying(who.asked[0].query["hub.challenge"])
    await room.verified(who, topic, "unsubscribe")

    await room.told_to_all(topic, who, other)


async def test_an_endless_answer_is_a_no(room: Room) -> None:
    """MUST 12 (5.3.1): the challenge and then a megabyte is not the challenge, and nobody reads it all."""
    topic, who = await room.topic(), room.receiver.subscriber()
    other = await room.subscribed(topic)

    async def flood(request: web.Request) -> web.StreamResponse:
        return web.Response(text=request.query["hub.challenge"] + " " * 1_000_000)

    who.intent = flood
    await room.verified(who, topic)

    await room.nothing_for(who, topic, other)


async def test_who_says_no_is_not_pressed_for_ever(room: Room) -> None:
    """MUST 12 (5.3.1): a clear no is final; another request asks anew, and may be agreed with."""
    topic, who = await room.topic(), room.receiver.subscriber()
    who.intent = refuse
    await room.verified(who, topic)
    room.clock.leap(60)
    other = await room.subscribed(topic)
    await room.told_to_all(topic, other)
    assert 1 == len(who.asked)
    who.intent = consent
    await room.verified(who, topic)

    await room.told_to_all(topic, who)


async def test_the_last_request_decides(room: Room) -> None:
    """MUST 4 (5.1): each subsequent request overrides the one before, also where the callback is slow with the first."""
    topic, who = await room.topic(), room.receiver.subscriber()
    other, left = await room.subscribed(topic), asyncio.Event()

    async def slow_at_first(request: web.Request) -> web.StreamResponse:
        if request.query["hub.mode"] == "subscribe":
            await left.wait()
        return await consent(request)

    who.intent = slow_at_first
    await room.request(who, topic)
    await until(lambda: len(who.asked) == 1)
    await room.request(who, topic, "unsubscribe")
    await until(lambda: len(who.asked) == 2)
    await room.told_to_all(topic, other)
    left.set()

    await room.nothing_for(who, topic, other)
