"""The hub's parts: leases to the second, late answers, work that others go on with, what others publish."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from services.webhooks.hub.distributing import Distributing
from services.webhooks.hub.edition import Renderer
from services.webhooks.hub.subscription import Mode, Request, Subscription, place_of
from services.webhooks.hub.subscriptions import MOST_CHANGES, Subscriptions
from services.webhooks.hub.topics import Topic, digest
from services.webhooks.items import Taken
from shared.errors import NotFound
from shared.settings import Settings
from shared.steps import Step
from shared.streams import Belt
from tests.integration.webhooks.office import SITE, TOPIC, Office
from tests.integration.webhooks.reader import Reader, article, reader


def taken(subscription: Subscription) -> Taken:
    return Taken("b.l", subscription.lane, 1, 0, 0, "b", "text/plain; charset=utf-8", TOPIC, "c", b"content")


async def test_a_lease_ends_to_the_second(office: Office) -> None:
    """A second before its end content is sent; at its end the callback is not even dialled, and the subscription goes."""
    async with reader() as found:
        subscription = await office.subscribe(found.url)
        await office.route.lanes()
        answers = [
            await office.route.send(taken(subscription), subscription.until - timedelta(seconds=second))
            for second in (1, 0)
        ]
        await office.route.ended(subscription.lane, "the lease is over")

    assert [answer.status for answer in answers] == [204, 410]
    assert len(found.heard) == 1
    with pytest.raises(NotFound):
        await office.subscriptions.get(subscription.id)


async def test_a_renewal_outlives_the_end_of_what_it_renewed(office: Office) -> None:
    """The end of the lease was seen, then it was renewed: it stays."""
    before = await office.subscribe("http://127.0.0.1:1/x")
    await office.route.lanes()
    office.clock.advance(3_600)
    other = Subscriptions(office.redis, office.base)
    until = office.clock.now() + timedelta(seconds=9)
    await other.revise(before.id, lambda known: known and known.model_copy(update={"until": until}))
    await office.route.ended(before.lane, "the lease is over")

    assert (await office.subscriptions.get(before.id)).until == until


async def ask(office: Office, found: Reader, *modes: Mode) -> None:
    """Have requests asked in this order, each to its end."""
    for number, mode in modes_of(modes):
        await office.verifying.ask(Request(number=number, mode=mode, callback=found.url, topic=TOPIC))
        async with asyncio.timeout(10):
            while await office.verifying.waiting():
                await office.verifying.turn()


def modes_of(modes: tuple[Mode, ...]) -> list[tuple[int, Mode]]:
    """The first that is answered has the highest number: it was asked last."""
    return [(len(modes) - place, mode) for place, mode in enumerate(modes)]


@pytest.mark.parametrize(
    ("modes", "there"),
    [
        ((Mode.SUBSCRIBE,), True),
        ((Mode.UNSUBSCRIBE, Mode.SUBSCRIBE), False),
        ((Mode.SUBSCRIBE, Mode.UNSUBSCRIBE), True),
        ((Mode.DENIED,), False),
    ],
)
async def test_the_later_request_holds(office: Office, modes: tuple[Mode, ...], *, there: bool) -> None:
    """Even if it is answered before an earlier one."""
    async with reader() as found:
        await ask(office, found, *modes)

    assert (await office.subscriptions.count() == 1) == there
    assert found.modes == [str(mode) for mode in modes]


async def test_a_challenge_is_used_once(office: Office) -> None:
    """Each request has another one, of 32 characters."""
    async with reader() as found:
        await ask(office, found, Mode.SUBSCRIBE, Mode.SUBSCRIBE, Mode.UNSUBSCRIBE)
    challenges = {asked["hub.challenge"] for asked in found.asked}

    assert len(challenges) == 3
    assert {len(challenge) for challenge in challenges} == {32}


async def test_what_a_dead_process_was_to_ask_another_one_asks(office: Office) -> None:
    """When its lease is over; until then nobody asks twice."""
    async with reader() as found:
        request = Request(number=1, mode=Mode.SUBSCRIBE, callback=found.url, topic=TOPIC)
        await office.verifying.ask(request)
        now = int(office.clock.now().timestamp() * 1000)
        await office.redis.zadd(f"{office.base}:asked", {"1": now + 60_000})
        await office.verifying.turn()
        early = len(found.asked)
        office.clock.advance(61)
        await office.verifying.turn()
        await office.verifying.drain(5)

    assert (early, len(found.asked)) == (0, 1)
    assert await office.subscriptions.count() == 1


async def test_two_processes_make_one_payload(office: Office) -> None:
    """However often and by whomever a topic is closed; a third one finds nothing to do."""
    subscription = await office.subscribe("http://127.0.0.1:1/x")
    await office.hear(article(1), article(2))
    other = Distributing(office.redis, office.newsroom, Renderer(SITE), office.clock, lambda: None)
    await asyncio.gather(*(each.close(digest(TOPIC)) for each in (office.distributing, other)))
    await other.close(digest(TOPIC))
    (found,) = await office.taken(subscription.lane)

    assert found.body.count(b"<entry ") == 2
    assert await office.deliveries.waiting(subscription.lane) == 1
    assert not await office.redis.keys(f"{office.base}:news:*")


async def test_a_change_while_a_payload_is_made_is_not_lost(office: Office) -> None:
    """A newer version than the one that was rendered waits on, and goes next."""
    subscription = await office.subscribe("http://127.0.0.1:1/x")
    await office.hear(article(1), place=1)
    await office.hear(article(1, 2, title="Ebb"), place=9)
    words = [digest(TOPIC), "old", "", TOPIC, "", "as it was", 1, "doc1", 1_000]
    closed = await office.distributing._close(keys=[office.base], args=words)
    await office.distributing.close(digest(TOPIC))
    (found,) = await office.taken(subscription.lane)

    assert closed == 0
    assert b"Ebb" in found.body


async def test_spreading_goes_on_where_a_process_died(office: Office) -> None:
    """Some subscribers at a time; none is left out, none gets it twice, and the payload goes with the last of them."""
    lanes = [(await office.subscribe(f"http://127.0.0.1:1/{number}")).lane for number in range(7)]
    await office.hear(article(1))
    batch = await office.distributing.seal(digest(TOPIC))
    await office.distributing._spread(keys=[office.base], args=[batch, 1, 3, 10])  # and then it dies
    other = Distributing(office.redis, office.newsroom, Renderer(SITE), office.clock, lambda: None)
    await other.turn()
    found = await office.taken(*lanes)

    assert sorted(each.lane for each in found) == sorted(lanes)
    assert await office.redis.hget(f"{office.base}:payload:{batch}", "needed") == b"7"


async def test_a_subscriber_who_is_away_keeps_the_newest(office: Office) -> None:
    """Beyond a bound the oldest that wait are given up, with their payloads."""
    subscription = await office.subscribe("http://127.0.0.1:1/x")
    for number in range(4):
        await office.hear(article(number), place=number + 1)
        batch = await office.distributing.seal(digest(TOPIC))
        await office.distributing._spread(keys=[office.base], args=[batch, number, 10, 2])
    found = sorted(each.body for each in await office.taken(subscription.lane))

    assert [f"Tides {number}".encode() in body for number, body in zip((2, 3), found, strict=True)] == [True, True]
    assert len(await office.redis.keys(f"{office.base}:payload:*")) == 2


async def test_a_document_that_left_while_it_waited_is_not_sent(office: Office) -> None:
    """It was corrected to another subject before it was pushed."""
    topic = "http://news.example/feeds/keywords/sea.atom"
    subscription = await office.subscribe("http://127.0.0.1:1/x", topic)
    await office.hear(article(1), article(1, 2, keywords=("moon",)))
    await office.distributing.close(digest(topic))

    assert await office.taken(subscription.lane) == []
    assert not await office.redis.keys(f"{office.base}:waiting:*")


async def test_every_process_sees_every_change(office: Office) -> None:
    """Piece by piece, and all of it when its numbers were forgotten."""
    other = Subscriptions(office.redis, office.base)
    seen = []
    for number in range(3):
        await office.subscribe(f"http://127.0.0.1:1/{number}", number=number)
        seen.append(len((await other.current(at_most_seconds_old=0)).by_id))
    await other.remove(place_of("http://127.0.0.1:1/1", TOPIC))
    seen.append(len((await office.subscriptions.current(at_most_seconds_old=0)).by_lane))
    await office.redis.zadd(f"{office.base}:changed", {f"old{number}": 0 for number in range(MOST_CHANGES + 10)})
    await office.subscribe("http://127.0.0.1:1/9", number=9)
    await office.subscriptions.prune()
    seen.append(len((await other.current(at_most_seconds_old=0)).by_id))

    assert seen == [1, 2, 3, 2, 3]
    assert (await other.current()).topics == {TOPIC: 3}


async def test_a_document_may_stand_in_thousands_of_feeds_that_are_followed(office: Office) -> None:
    """Anybody may follow another search for each callback: what waits for all of them is a step that the belt can do."""
    belt = Belt(office.redis, Settings(), office.clock)
    topics = [Topic(f"{TOPIC}?{number}") for number in range(8_001)]
    waiting = office.newsroom.wait("d0", b"said", topics, 1, office.clock.now())

    assert await belt.publish(Step(writes=waiting))
    assert 8_001 == await office.redis.scard(f"{office.base}:wanting:d0")
    assert 8_001 == await office.redis.zcard(f"{office.base}:batches")
