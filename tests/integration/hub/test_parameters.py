"""Section 5.1.1: addresses are taken as they are: queries kept, nothing overwritten, percent-encoding understood."""

from __future__ import annotations

import pytest

from tests.integration.hub.reading import unreserved
from tests.integration.hub.room import Room, Topic

ODD_QUERIES = ("?a=b%2Fc&a=%7B2%7D&b", "?x=%20+%2B&y=&=&&;", "?url=https%3A%2F%2Fa.example%2F%3Fq%3D1%23")


async def test_the_query_is_kept_and_continued(room: Room) -> None:
    """MUST 7 (5.1.1): new parameters at the end of the callback's own, joined by an ampersand."""
    who = await room.subscribed(await room.topic(), "?foo=bar&red=fish")

    assert who.asked[0].target.startswith(f"{room.path(who)}&hub.")


@pytest.mark.parametrize("query", ODD_QUERIES)
async def test_the_query_is_kept_byte_for_byte(room: Room, query: str) -> None:
    """MUST 7 (5.1.1): preserved; nobody re-writes what only its owner understands."""
    who = await room.subscribed(await room.topic(), query)

    assert who.asked[0].target.startswith(f"{room.path(who)}&hub.")


async def test_parameters_of_the_same_name_are_not_overwritten(room: Room) -> None:
    """MUST 7 (5.1.1): the callback's own stay, the hub's follow. thylacine/websub-hub overwrites them."""
    topic = await room.topic()
    who = await room.subscribed(topic, "?hub.mode=mine&hub.topic=mine&hub.challenge=mine")
    pairs = who.asked[0].pairs

    assert [("hub.mode", "mine"), ("hub.topic", "mine"), ("hub.challenge", "mine")] == pairs[:3]
    assert {"hub.mode": "subscribe", "hub.topic": topic.url}.items() <= dict(pairs[3:]).items()


async def test_a_callback_without_a_query_gets_one(room: Room) -> None:
    """MUST 11 (5.3): the parameters begin the query where there is none."""
    who = await room.subscribed(await room.topic())

    assert who.asked[0].target.startswith(f"{room.path(who)}?hub.")


async def test_a_push_goes_to_the_callback_with_its_query(room: Room) -> None:
    """MUST 7 (5.1.1): in the URL, not in the body, and nothing of the verification with it."""
    topic = await room.topic()
    who = await room.subscribed(topic, "?token=t%2Fk&b")
    await room.told_to_all(topic, who)

    assert ("POST", room.path(who)) == (who.pushes[0].method, who.pushes[0].target)
    assert b"t%2Fk" not in who.pushes[0].body


async def test_a_topic_may_come_percent_encoded(room: Room) -> None:
    """MUST 6 (5.1.1): non-reserved characters are always decoded: %74 is t."""
    topic = await room.topic()
    keyword = "".join(f"%{ord(letter):02x}" for letter in topic.keyword)
    who = await room.subscribed(Topic(topic.url.replace(topic.keyword, keyword), topic.keyword))

    assert topic.url == unreserved(who.asked[0].query["hub.topic"])
    await room.told_to_all(topic, who)


async def test_both_spellings_of_a_topic_are_one_subscription(room: Room) -> None:
    """MUST 6 with MUST 4 (5.1, 5.1.1): what differs by encoding alone is the same."""
    topic = await room.topic()
    who, other = await room.subscribed(topic), await room.subscribed(topic)
    keyword = "".join(f"%{ord(letter):02X}" for letter in topic.keyword)
    await room.verified(who, topic.url.replace(topic.keyword, keyword), "unsubscribe")

    await room.nothing_for(who, topic, other)


async def test_a_callback_may_come_percent_encoded(room: Room) -> None:
    """MUST 6 (5.1.1): %63allbacks is callbacks; both spellings are one subscription."""
    topic = await room.topic()
    who, other = await room.subscribed(topic), await room.subscribed(topic)
    spelt = who.callback.replace("callbacks", "%63allbacks")
    room.receiver.subscribers[room.path(who).replace("callbacks", "%63allbacks")] = who
    reply = await room.ask({"hub.callback": spelt, "hub.mode": "unsubscribe", "hub.topic": topic.url})
    assert 202 == reply.status
    await room.asked_for(who, "unsubscribe")

    await room.nothing_for(who, topic, other)


async def test_reserved_characters_stay_as_they_are(room: Room) -> None:
    """MUST 6 (5.1.1): %2F in a callback's path is not a slash."""
    topic = await room.topic()
    who = await room.subscribed(topic, "%2Fa%20b")
    await room.told_to_all(topic, who)

    assert who.pushes[0].target.endswith("%2Fa%20b")


async def test_a_topic_with_a_query_comes_back_whole(room: Room) -> None:
    """MUST 11 (5.3): hub.topic as given, encoded for a query. Webubbub puts it in as it is, and & and # cut it."""
    found = await room.topic()
    topic = Topic(
        f"{room.home}/feeds/search.atom?q={room.word()}&keyword={found.keyword}&content=summary", found.keyword
    )
    who = await room.subscribed(topic)

    assert topic.url == who.asked[0].query["hub.topic"]


async def test_a_callback_without_a_path_is_one(room: Room) -> None:
    """MUST 20 (9.3): scheme, host and port are enough of a callback."""
    topic, who = await room.topic(), room.receiver.at("")
    await room.verified(who, topic)

    await room.told_to_all(topic, who)
