"""The topics of what is near an article (4, 7): what changes in them, though no new article enters the site, and when they end."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from tests.integration.hub.reading import titles_of, told
from tests.integration.hub.room import Room

ENTRY = {
    "atom": re.compile(rb"<entry.*</entry>", re.DOTALL),
    "rss": re.compile(rb"<item>.*</item>", re.DOTALL),
    "json": re.compile(rb'(?<="items":\[).*(?=\]\})', re.DOTALL),
}


@pytest.mark.parametrize("form", ["atom", "rss", "json"])
async def test_a_newcomer_is_pushed_once_as_the_feed_shows_it(room: Room, form: str) -> None:
    """MUST 14 (7): the full contents of what is new, in all formats; what stood there before is not sent."""
    topic = await room.near(form)
    who = await room.subscribed(topic)
    title = await room.told_to_all(topic, who)
    entry = ENTRY[form].search(who.pushes[0].body)
    _, feed = await room.feed(topic)

    assert entry
    assert entry[0].decode() in feed
    await room.told_to_all(topic, who)
    assert (1, 2) == (told(who).count(title), len(told(who)))


@pytest.mark.parametrize("query", ["", "?content=summary"])
async def test_an_older_article_that_joins_is_pushed_as_the_feed_shows_it(room: Room, query: str) -> None:
    """MUST 14 (7): new in this topic is what enters it, whenever it was published; with its neighbours of today, full or in short."""
    topic, elsewhere = await room.near(query=query), await room.near(title="Long ago")
    who = await room.subscribed(topic)
    await room.choose(topic, pinned=[elsewhere.origin])
    push = await room.pushed(who, "Long ago")
    entry = ENTRY["atom"].search(push.body)
    _, feed = await room.feed(topic)

    assert entry
    assert entry[0].decode() in feed
    assert (True, bool(query)) == (b'rel="related"' in entry[0], b"<content" not in entry[0])


async def test_those_that_join_at_once_stand_as_in_the_feed(room: Room) -> None:
    """MUST 14 (7): a feed of the topic, so in its order: the latest to join first, of several the nearest."""
    topic, elsewhere = await room.near(), await room.topic()
    first, second = [await room.article(elsewhere, title) for title in ("Nearer", "Farther")]
    await room.visible(elsewhere, first)
    await room.visible(elsewhere, second)
    who = await room.subscribed(topic)
    await room.choose(topic, pinned=[first, second])
    push = await room.pushed(who, "Nearer", "Farther")

    assert ["Nearer", "Farther"] == titles_of(push)


async def test_a_neighbour_that_goes_is_no_news(room: Room) -> None:
    """MUST 14 (7): the contents of the topic; what leaves them is not sent, nor what becomes of it, even if that is why it goes."""
    topic = await room.near()
    banned, leaving = [await room.article(topic) for _ in range(2)]
    await room.visible(topic, banned)
    await room.visible(topic, leaving)
    who = await room.subscribed(topic)
    await room.choose(topic, banned=[banned])
    await room.told_to_all(topic, who)
    await room.change(banned, room.text(topic, "Banned"))
    await room.change(leaving, room.text(replace(topic, words=""), "About something else"))
    for _ in range(2):
        await room.told_to_all(topic, who)

    assert not {"Banned", "About something else"} & set(told(who))


async def test_a_neighbour_that_was_there_before_is_corrected(room: Room) -> None:
    """MUST 14 (7): updated content of whoever stands in the topic, also of one that came long before the subscription."""
    topic = await room.near()
    article = await room.article(topic, "Before")
    await room.visible(topic, article)
    who = await room.subscribed(topic)
    await room.change(article, room.text(topic, "Afterwards"))
    push = await room.pushed(who, "Afterwards")

    assert ["Afterwards"] == titles_of(push)
    await room.told_to_all(topic, who)
    assert 1 == told(who).count("Afterwards")


async def test_whoever_was_told_of_a_neighbour_is_told_of_its_retraction(room: Room) -> None:
    """MUST 14 (7): the feed shows the notice, of one that has left the list too."""
    topic = await room.near()
    who = await room.subscribed(topic)
    staying, leaving = [await room.article(topic, title) for title in ("Stays", "Leaves")]
    await room.pushed(who, "Stays", "Leaves")
    await room.choose(topic, banned=[leaving])
    await room.told_to_all(topic, who)
    await room.retract(leaving)
    await room.pushed(who, "Retracted: Leaves")
    await room.retract(staying)
    await room.pushed(who, "Retracted: Stays")

    assert [1, 1] == [told(who).count(f"Retracted: {title}") for title in ("Stays", "Leaves")]


async def test_an_article_that_is_taken_back_takes_its_topic_along(room: Room) -> None:
    """MUST 10 (5.2): its feed is gone (410), so its subscribers are denied, and nobody else can subscribe."""
    topic = await room.near()
    who = await room.subscribed(topic)
    await room.retract(topic.origin)
    denial = await room.asked_for(who, "denied")
    reply = await room.request(room.receiver.subscriber(), topic)
    async with room.anyone.get(topic.url) as got:
        status = got.status

    assert (topic.url, 404, 410) == (denial.query["hub.topic"], reply.status, status)


async def test_an_article_that_there_is_not_is_no_topic(room: Room) -> None:
    """MUST 8 (5.1.2): an error of the request, said at once."""
    reply = await room.request(room.receiver.subscriber(), f"{room.home}/feeds/documents/nobody/related.atom")

    assert (404, True) == (reply.status, "article" in reply.body)
