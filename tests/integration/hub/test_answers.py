"""Section 5.1.2: what the hub answers at once, and that it says nothing of what comes later."""

from __future__ import annotations

import asyncio
import time

import pytest

from tests.integration.hub.reading import until
from tests.integration.hub.receiver import refuse
from tests.integration.hub.room import Room

FAULTS = {
    "no callback": ({"callback": ""}, "callback"),
    "no topic": ({"topic": ""}, "topic"),
    "no mode": ({"mode": ""}, "mode"),
    "an unknown mode": ({"mode": "celebrate"}, "mode"),
    "a callback that is no address": ({"callback": "here"}, "http"),
    "a callback of another scheme": ({"callback": "ftp://example.com/callback"}, "http"),
    "a topic of somebody else": ({"topic": "https://example.com/feed"}, "feed"),
    "a lease that is no number": ({"lease_seconds": "ten"}, "lease"),
    "a lease below nothing": ({"lease_seconds": "-1"}, "lease"),
}


async def test_a_request_is_accepted(room: Room) -> None:
    """MUST 8 (5.1.2): 202, for subscribing and for unsubscribing."""
    topic, who = await room.topic(), room.receiver.subscriber()
    answers = [await room.request(who, topic, mode) for mode in ("subscribe", "unsubscribe")]

    assert [202, 202] == [answer.status for answer in answers]


async def test_the_answer_waits_for_nobody(room: Room) -> None:
    """MUST 8 (5.1.2): the response does not depend on the process of verification. The callback hangs, 202 is there."""
    topic, who = await room.topic(), room.receiver.subscriber()
    async with room.holding(who) as held, asyncio.timeout(5):
        reply = await room.request(who, topic)
        await held()

    assert 202 == reply.status


async def test_the_answer_tells_no_outcome(room: Room) -> None:
    """MUST 8 (5.1.2): nor on its outcome. WebSubHub answers 403 and 500 from it."""
    topic, refusing, absent = await room.topic(), room.receiver.subscriber(), room.receiver.subscriber()
    refusing.intent = refuse
    absent.callback = "http://127.0.0.1:9/nobody"
    answers = [await room.request(who, topic) for who in (refusing, absent)]

    assert [(202, answers[0].body)] * 2 == [(answer.status, answer.body) for answer in answers]


async def test_a_request_is_verified_soon(room: Room) -> None:
    """SHOULD (5.1.2): as soon as possible; here within a second."""
    topic, who = await room.topic(), room.receiver.subscriber()
    began = time.monotonic()
    await room.request(who, topic)
    await until(lambda: bool(who.asked))

    assert time.monotonic() - began < 1


@pytest.mark.parametrize(("wrong", "named"), FAULTS.values(), ids=FAULTS.keys())
async def test_an_error_is_answered_as_such(room: Room, wrong: dict[str, str], named: str) -> None:
    """MUST 8 (5.1.2): 4xx for an error in the request; SHOULD: said in plain text, and what is wrong."""
    topic, who = await room.topic(), room.receiver.subscriber()
    facts = {"callback": who.callback, "mode": "subscribe", "topic": topic.url} | wrong
    reply = await room.ask({f"hub.{name}": value for name, value in facts.items() if value})

    assert (True, "text/plain", True) == (400 <= reply.status < 500, reply.media_type, named in reply.body)
    await room.settled()
    assert [] == who.asked


async def test_a_body_that_is_no_form_is_an_error(room: Room) -> None:
    """MUST 8 (5.1, 5.1.2): application/x-www-form-urlencoded, and said to be; else 4xx, in plain text."""
    topic, who = await room.topic(), room.receiver.subscriber()
    form = f"hub.callback={who.callback}&hub.mode=subscribe&hub.topic={topic.url}".encode()
    said = [await room.ask(form, headers={"Content-Type": kind}) for kind in ("text/plain", "application/json")]

    assert [(415, "text/plain")] * 2 == [(reply.status, reply.media_type) for reply in said]


async def test_letters_that_look_like_digits_are_no_lease(room: Room) -> None:
    """MUST 8 (5.1, 5.1.2): a positive decimal integer; a superscript two in Latin-1 is none, and an error of the request, not ours."""
    topic, who = await room.topic(), room.receiver.subscriber()
    form = f"hub.callback={who.callback}&hub.mode=subscribe&hub.topic={topic.url}&hub.lease_seconds=%B2".encode()
    reply = await room.ask(form, headers={"Content-Type": "application/x-www-form-urlencoded"})

    assert (400, "text/plain") == (reply.status, reply.media_type)


async def test_an_unknown_algorithm_is_an_error(room: Room) -> None:
    """MUST 8 and 19 (5.1.2, 8.1): signatures are made with a recognised algorithm or not at all."""
    topic, who = await room.topic(), room.receiver.subscriber()
    reply = await room.request(who, topic, secret="s", algorithm="md5")

    assert (400, "text/plain") == (reply.status, reply.media_type)


async def test_a_redirection_says_where_to(room: Room) -> None:
    """MUST 9 (5.1.2): 307 or 308, and never without Location. Here the hub's address with a slash leads to it."""
    async with room.anyone.post(f"{room.hub}/", data={}, allow_redirects=False) as got:
        status, location = got.status, got.headers.get("Location", "")

    assert (True, room.hub) == (status in {307, 308}, location)


async def test_an_endless_request_is_refused(room: Room) -> None:
    """MUST 8 (5.1.2): an error of 4xx, before all of it is read into memory."""
    topic, who = await room.topic(), room.receiver.subscriber()
    form = f"hub.callback={who.callback}&hub.mode=subscribe&hub.topic={topic.url}&more={'x' * 500_000}".encode()
    reply = await room.ask(form, headers={"Content-Type": "application/x-www-form-urlencoded"})

    assert (413, "text/plain") == (reply.status, reply.media_type)
