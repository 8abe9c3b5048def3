"""The topics of what is near an article, event by event: where a newcomer's words come from, in whatever order things are heard of."""

from __future__ import annotations

import pytest

from services.webhooks.hub.nearby import PATIENCE_MS
from services.webhooks.hub.topics import digest
from shared.events import DocumentPublished
from shared.syndication.article import Article
from tests.integration.webhooks.lists import relisted, told_of
from tests.integration.webhooks.office import TOPIC, Office
from tests.integration.webhooks.reader import article, retraction

NEAR = "http://news.example/feeds/documents/doc1/related.atom"
CALLBACK = "http://127.0.0.1:1/x"


async def laid(office: Office, event: DocumentPublished, place: int) -> None:
    """Let an event stand in the stream, as this place."""
    await office.redis.xadd(office.stream, {"event": event.encode()}, id=f"{place}-0")


async def sent(office: Office, lane: str) -> list[bytes]:
    """Close the topic; the bodies that are due now."""
    await office.distributing.close(digest(NEAR))
    return [each.body for each in await office.taken(lane)]


async def test_a_newcomer_is_found_in_the_stream(office: Office) -> None:
    """Its own event went by before; the push is called as the feed, and says when the list changed."""
    subscription = await office.subscribe(CALLBACK, NEAR)
    await laid(office, article(2), 2)
    await office.hear(article(1), article(2))
    await office.hear(relisted(joined={"doc2": ""}), place=3)
    (body,) = await sent(office, subscription.lane)

    assert body.count(b"<entry ") == 1
    assert b"Tides 2" in body
    assert "<title>News: near “Tides 1”</title>".encode() in body
    assert b"<updated>2027-01-15T08:00:00+00:00</updated>" in body


async def test_a_newcomer_is_found_in_the_same_batch(office: Office) -> None:
    """Wherever it stands in it; the stream is not asked."""
    subscription = await office.subscribe(CALLBACK, NEAR)
    await office.hear(article(1), article(2), relisted(joined={"doc2": ""}))
    (body,) = await sent(office, subscription.lane)

    assert b"Tides 2" in body


async def test_an_older_newcomer_comes_with_the_list(office: Office) -> None:
    """As the feed shows it now; those that come at once the nearest first."""
    subscription = await office.subscribe(CALLBACK, NEAR)
    await office.hear(*(article(number) for number in (1, 2, 3)))
    joined = {f"doc{number}": told_of(article(number), title=f"Ebb {number}") for number in (3, 2)}
    await office.hear(relisted(joined=joined), place=9)
    (body,) = await sent(office, subscription.lane)

    assert 0 < body.index(b"Ebb 3") < body.index(b"Ebb 2")
    assert b"Tides 2" not in body


async def test_an_article_that_comes_with_a_list_is_for_that_topic_alone(office: Office) -> None:
    """Other topics that wait with the document at that time are sent its own event."""
    subscriptions = [await office.subscribe(CALLBACK, topic) for topic in (NEAR, TOPIC)]
    await office.hear(article(1), article(2), relisted(joined={"doc2": told_of(article(2), title="Ebb")}))
    for topic in (NEAR, TOPIC):
        await office.distributing.close(digest(topic))
    bodies = [[each.body for each in await office.taken(subscription.lane)] for subscription in subscriptions]

    assert [[b"Ebb" in body for body in each] for each in bodies] == [[True], [False]]
    assert [b"Tides 2" in body for body in bodies[1]] == [True]
    assert not await office.redis.keys(f"{office.base}:news:*")


async def test_a_newcomer_that_another_process_is_slow_to_take_in_is_waited_for(office: Office) -> None:
    """Nobody knows yet what it says; it goes out when that is known, once, and what is known goes before."""
    subscription = await office.subscribe(CALLBACK, NEAR)
    await office.hear(article(1), article(3))
    older = told_of(article(3))
    await office.hear(relisted(joined={"doc2": "", "doc3": older}), place=int(office.clock.now().timestamp() * 1000))
    early = await sent(office, subscription.lane)
    await laid(office, article(2), 8)
    await office.hear(article(2), place=8)
    late = await sent(office, subscription.lane)

    assert [b"Tides 3" in body and b"Tides 2" not in body for body in early] == [True]
    assert [b"Tides 2" in body and b"Tides 3" not in body for body in late] == [True]
    assert await sent(office, subscription.lane) == []


async def test_nobody_waits_for_ever(office: Office) -> None:
    """For one that nobody ever hears of the topic is not kept open."""
    await office.subscribe(CALLBACK, NEAR)
    await office.hear(article(1))
    await office.hear(relisted(joined={"doc2": ""}), place=int(office.clock.now().timestamp() * 1000))
    await office.distributing.close(digest(NEAR))
    waiting = await office.redis.keys(f"{office.base}:waiting:*")
    office.clock.advance(PATIENCE_MS / 1000 + 1)
    await office.distributing.close(digest(NEAR))

    assert len(waiting) == 1
    assert not await office.redis.keys(f"{office.base}:waiting:*")


@pytest.mark.parametrize("places", [(5, 9), (9, 5)])
async def test_who_came_and_went_is_told_of_by_the_later_event(office: Office, places: tuple[int, int]) -> None:
    """Whichever is heard of first."""
    subscription = await office.subscribe(CALLBACK, NEAR)
    await office.hear(article(1), article(2))
    came, went = places
    await office.hear(relisted(left=("doc2",)), place=went)
    await office.hear(relisted(joined={"doc2": told_of(article(2))}), place=came)

    assert len(await sent(office, subscription.lane)) == (came > went)


async def test_a_correction_goes_where_the_document_stands(office: Office) -> None:
    """Its own event says beside whom; what says the same as before is not sent, nor what stands elsewhere."""
    subscription = await office.subscribe(CALLBACK, NEAR)
    await office.hear(article(1), article(2), article(3))
    await office.hear(article(2, 2, beside=("doc1",)), article(3, 2, title="Elsewhere", beside=("doc9",)), place=4)
    same = await sent(office, subscription.lane)
    await office.hear(article(2, 3, title="Ebb", beside=("doc9", "doc1")), place=6)
    (body,) = await sent(office, subscription.lane)

    assert same == []
    assert b"Ebb" in body


async def test_a_retraction_goes_where_the_document_has_stood(office: Office) -> None:
    """Also if it has left the list before."""
    subscription = await office.subscribe(CALLBACK, NEAR)
    await office.hear(article(1), article(2), article(3), article(4))
    await office.hear(relisted(left=("doc2",)), place=5)
    await office.hear(retraction(2), retraction(3, beside=("doc1",)), relisted(left=("doc3",)), retraction(4), place=6)
    (body,) = await sent(office, subscription.lane)

    assert [f"Retracted: Tides {number}".encode() in body for number in (2, 3, 4)] == [True, True, False]


async def test_with_the_last_subscription_goes_what_was_kept(office: Office) -> None:
    """And not before."""
    subscriptions = [await office.subscribe(f"{CALLBACK}{number}", NEAR, number) for number in range(2)]
    await office.hear(article(1), article(2))
    await office.hear(relisted(left=("doc2",)), place=5)
    kept = []
    for subscription in subscriptions:
        kept.append(sorted(key.decode() for key in await office.redis.keys("*") if b":moves:" in key))
        await office.subscriptions.remove(subscription.id)

    assert kept == [[f"{office.base}:moves:{digest(NEAR)}"]] * 2
    assert not await office.redis.keys(f"{office.base}:moves:*")
    assert not await office.redis.exists(f"{office.base}:relisted")


async def test_without_a_subscription_nothing_is_kept_of_lists(office: Office) -> None:
    """A document costs its record, a list nothing."""
    events = [article(1, joined={"doc2": ""}), relisted(joined={"doc2": ""}, left=("doc3",))]
    sheet = await office.newsroom.sheet(events, await office.redis.mget(office.newsroom.revisions))
    told = [sheet.commands(event, f"{number}-0") for number, event in enumerate(events, 1)]

    assert [[command[:3] for command in commands] for commands in told] == [
        [("HSET", f"{office.base}:known", "doc1")],
        [],
    ]


def test_an_article_can_be_told_from_an_event() -> None:
    """By its first bytes."""
    assert told_of(article()).startswith('{"id":')
    assert Article.model_validate_json(told_of(article())).id == "doc1"
    assert article().encode().startswith(b'{"event_id":')
