"""Section 8: whoever gave a secret can prove who pushed, and that not a byte was changed."""

from __future__ import annotations

import re

import pytest

from tests.integration.hub.reading import signature
from tests.integration.hub.room import SECRET, Room

METHODS = ("sha1", "sha256", "sha384", "sha512")


async def test_without_a_secret_there_is_no_signature(room: Room) -> None:
    """Section 5.1: not supplied, not present."""
    topic = await room.topic()
    who = await room.subscribed(topic)
    await room.told_to_all(topic, who)

    assert "x-hub-signature" not in who.pushes[0].headers


async def test_a_signature_is_sha256_unless_asked_otherwise(room: Room) -> None:
    """MUST 19 (8): method=signature, in hexadecimal digits."""
    topic = await room.topic()
    who = await room.subscribed(topic, secret=SECRET)
    await room.told_to_all(topic, who)

    assert re.fullmatch("sha256=[0-9a-f]{64}", who.pushes[0].headers["x-hub-signature"])


@pytest.mark.parametrize("method", METHODS)
async def test_all_recognised_algorithms_can_be_asked_for(room: Room, method: str) -> None:
    """MUST 19 (8.1): sha1, sha256, sha384, sha512. Of the open hubs that sign, one lets choose."""
    topic = await room.topic()
    who = await room.subscribed(topic, secret=SECRET, algorithm=method)
    await room.told_to_all(topic, who)

    assert signature(who.pushes[0], SECRET, method) == who.pushes[0].headers["x-hub-signature"]


async def test_the_algorithm_is_each_subscriptions_own(room: Room) -> None:
    """MUST 4 and 19 (5.1, 8.1): a renewal without the parameter goes back to the usual one."""
    topic = await room.topic()
    who = await room.subscribed(topic, secret=SECRET, algorithm="sha512")
    await room.verified(who, topic, secret=SECRET)
    await room.told_to_all(topic, who)

    assert who.pushes[0].headers["x-hub-signature"].startswith("sha256=")


async def test_every_byte_is_signed(room: Room) -> None:
    """MUST 19 (8): the HMAC of the request's body as it is sent, whatever letters it has."""
    topic = await room.topic()
    who = await room.subscribed(topic, secret=SECRET)
    title = "Größe 漢字 🌊"
    await room.article(topic, title)
    push = await room.pushed(who, title)

    assert signature(push, SECRET, "sha256") == push.headers["x-hub-signature"]


async def test_a_secret_may_have_any_letters(room: Room) -> None:
    """MUST 19 (5.1, 8): the key is the secret in UTF-8, the form's encoding."""
    topic, secret = await room.topic(), "Schlüssel & 鍵 = +%20"
    who = await room.subscribed(topic, secret=secret)
    await room.told_to_all(topic, who)

    assert signature(who.pushes[0], secret, "sha256") == who.pushes[0].headers["x-hub-signature"]


async def test_each_secret_signs_for_its_own(room: Room) -> None:
    """MUST 19 (8): two subscribers of one topic, two keys."""
    topic = await room.topic()
    first, second = await room.subscribed(topic, secret="one"), await room.subscribed(topic, secret="two")
    await room.told_to_all(topic, first, second)

    assert signature(first.pushes[0], "one", "sha256") == first.pushes[0].headers["x-hub-signature"]
    assert signature(second.pushes[0], "two", "sha256") == second.pushes[0].headers["x-hub-signature"]


async def test_a_retry_is_signed_too(room: Room) -> None:
    """MUST 19 (8): every content distribution request."""
    topic = await room.topic()
    who = await room.subscribed(topic, secret=SECRET)
    who.answers = [503, 204]
    await room.article(topic)
    await room.pushes(who, 2)

    assert [signature(push, SECRET, "sha256") for push in who.pushes] == [
        push.headers["x-hub-signature"] for push in who.pushes
    ]
