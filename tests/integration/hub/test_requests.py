"""Section 5.1: what a subscriber asks for, again and again, and when it takes effect."""

from __future__ import annotations

from tests.integration.hub.reading import signature, told, until
from tests.integration.hub.receiver import refuse
from tests.integration.hub.room import HOUR, SECRET, Room


async def test_the_least_request_is_enough(room: Room) -> None:
    """MUST 1 (2.1.3, 5.1): hub.callback, hub.mode and hub.topic make a subscription."""
    topic = await room.topic()
    who = await room.subscribed(topic)

    await room.told_to_all(topic, who)


async def test_a_secret_is_taken(room: Room) -> None:
    """MUST 2 (2.1.3, 5.1): hub.secret is accepted, and used."""
    topic = await room.topic()
    who = await room.subscribed(topic, secret=SECRET)
    await room.told_to_all(topic, who)

    assert signature(who.pushes[0], SECRET, "sha256") == who.pushes[0].headers["x-hub-signature"]


async def test_a_secret_of_199_bytes_is_taken(room: Room) -> None:
    """MUST 2 (5.1): less than 200 bytes."""
    topic, secret = await room.topic(), "s" * 199
    who = await room.subscribed(topic, secret=secret)
    await room.told_to_all(topic, who)

    assert signature(who.pushes[0], secret, "sha256") == who.pushes[0].headers["x-hub-signature"]


async def test_a_secret_of_200_bytes_is_refused(room: Room) -> None:
    """MUST 2 (5.1): less than 200 bytes."""
    reply = await room.request(room.receiver.subscriber(), await room.topic(), secret="s" * 200)

    assert (400, True) == (reply.status, "secret" in reply.body)


async def test_the_length_of_a_secret_counts_bytes(room: Room) -> None:
    """MUST 2 (5.1): a hundred characters of two bytes each are too many."""
    reply = await room.request(room.receiver.subscriber(), await room.topic(), secret="é" * 100)

    assert 400 == reply.status


async def test_unknown_parameters_are_ignored(room: Room) -> None:
    """MUST 3 (5.1): whatever else is said, even in the hub's own name."""
    topic, who = await room.topic(), room.receiver.subscriber()
    asked = {"hub.callback": who.callback, "hub.mode": "subscribe", "hub.topic": topic.url}
    reply = await room.ask(asked | {"foo": "bar", "hub.foo": "hub.bar", "hub.verify": "sync", "hub.challenge": "mine"})
    assert 202 == reply.status
    await until(lambda: bool(who.asked))
    await room.settled()

    assert not {"foo", "hub.foo", "hub.verify"} & set(who.asked[0].query)
    await room.told_to_all(topic, who)


async def test_unsubscribing_ends_it(room: Room) -> None:
    """MUST 5 (2.1.3, 5.1): no push after an unsubscription that was verified."""
    topic = await room.topic()
    who, other = await room.subscribed(topic), await room.subscribed(topic)
    await room.told_to_all(topic, who, other)
    await room.verified(who, topic, "unsubscribe")
    before = len(who.pushes)

    await room.nothing_for(who, topic, other)
    assert before == len(who.pushes)


async def test_unsubscribing_ignores_the_lease(room: Room) -> None:
    """MUST 5 (5.1): hub.lease_seconds means nothing when unsubscribing, not even as nonsense."""
    topic = await room.topic()
    who = await room.subscribed(topic)

    for lease in ("no number", "-1", ""):
        assert "unsubscribe" == (await room.verified(who, topic, "unsubscribe", lease_seconds=lease)).query["hub.mode"]


async def test_unsubscribing_from_what_is_not_there_is_answered_alike(room: Room) -> None:
    """MUST 8 (5.1.2): the answer says nothing of who is subscribed."""
    reply = await room.request(room.receiver.subscriber(), await room.topic(), "unsubscribe")

    assert 202 == reply.status


async def test_who_left_may_come_back(room: Room) -> None:
    """MUST 4 (5.1): each request overrides the state before it, unsubscription too."""
    topic = await room.topic()
    who = await room.subscribed(topic)
    await room.verified(who, topic, "unsubscribe")
    await room.verified(who, topic)

    await room.told_to_all(topic, who)


async def test_asking_again_makes_no_second_subscription(room: Room) -> None:
    """MUST 4 (5.1): one subscription for a topic and a callback; each article comes once."""
    topic = await room.topic()
    who = await room.subscribed(topic)
    for _ in range(2):
        await room.verified(who, topic)
    title = await room.told_to_all(topic, who)
    await room.told_to_all(topic, who)

    assert 1 == told(who).count(title)


async def test_a_renewal_brings_its_new_secret(room: Room) -> None:
    """MUST 4 (5.1): the subscriber MAY use a new hub.secret."""
    topic = await room.topic()
    who = await room.subscribed(topic, secret=SECRET)
    await room.verified(who, topic, secret="another")
    push = await room.pushed(who, await room.told_to_all(topic, who))

    assert signature(push, "another", "sha256") == push.headers["x-hub-signature"]


async def test_a_renewal_without_a_secret_has_none(room: Room) -> None:
    """MUST 4 (5.1): it MAY do without from then on. Webubbub keeps the old secret."""
    topic = await room.topic()
    who = await room.subscribed(topic, secret=SECRET)
    await room.verified(who, topic)
    push = await room.pushed(who, await room.told_to_all(topic, who))

    assert "x-hub-signature" not in push.headers


async def test_a_refused_renewal_changes_no_secret(room: Room) -> None:
    """MUST 4 (5.1): state unchanged if verification fails. Switchboard stores the new secret first: whoever knows the callback can break it."""
    topic = await room.topic()
    who = await room.subscribed(topic, secret=SECRET)
    who.intent = refuse
    await room.verified(who, topic, secret="an attacker's")
    push = await room.pushed(who, await room.told_to_all(topic, who))

    assert signature(push, SECRET, "sha256") == push.headers["x-hub-signature"]


async def test_a_renewal_under_way_changes_nothing_yet(room: Room) -> None:
    """MUST 4 (5.1): only once verified; until the callback has answered the old state holds."""
    topic = await room.topic()
    who = await room.subscribed(topic, secret=SECRET)
    async with room.holding(who) as held:
        await room.request(who, topic, secret="not yet")
        await held()
        push = await room.pushed(who, await room.told_to_all(topic, who))

    assert signature(push, SECRET, "sha256") == push.headers["x-hub-signature"]


async def test_nobody_can_unsubscribe_another(room: Room) -> None:
    """MUST 4 (5.1, 5.3): an unsubscription that the callback refuses changes nothing. WebSubHub takes it whatever the callback says."""
    topic = await room.topic()
    who = await room.subscribed(topic)
    who.intent = refuse
    await room.verified(who, topic, "unsubscribe")

    await room.told_to_all(topic, who)


async def test_a_refused_renewal_changes_no_lease(room: Room) -> None:
    """MUST 4 (5.1): neither shorter nor longer. Webubbub applies the lease that was not verified."""
    topic = await room.topic()
    who, other = await room.subscribed(topic, lease_seconds=2 * HOUR), await room.subscribed(topic)
    who.intent = refuse
    await room.verified(who, topic, lease_seconds=HOUR)
    room.clock.leap(2 * HOUR - 60)
    await room.told_to_all(topic, who)
    await room.verified(who, topic, lease_seconds=20 * HOUR)
    room.clock.leap(61)

    await room.nothing_for(who, topic, other)


async def test_each_callback_stands_alone(room: Room) -> None:
    """MUST 4 (5.1): a subscription is a topic and a callback; another callback's end is its own."""
    topic = await room.topic()
    first, second = await room.subscribed(topic), await room.subscribed(topic)
    await room.verified(first, topic, "unsubscribe")

    await room.nothing_for(first, topic, second)


async def test_each_topic_stands_alone(room: Room) -> None:
    """MUST 4 (5.1): one callback may follow two topics and leave one of them."""
    one, two = await room.topic(), await room.topic()
    who, other = await room.subscribed(one), await room.subscribed(two)
    await room.verified(who, two)
    await room.verified(who, two, "unsubscribe")

    await room.nothing_for(who, two, other)
    await room.told_to_all(one, who)
