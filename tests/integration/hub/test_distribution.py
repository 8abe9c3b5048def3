"""Section 7: what is pushed, to whom, and in which words."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from tests.integration.hub.reading import HEADER_LINK, json_of, links_of, titles_of, told
from tests.integration.hub.room import Room, Topic

KINDS = ("keyword", "near")
ATOM = "{http://www.w3.org/2005/Atom}"
CONTENT = re.compile(rb"&lt;p&gt;.*&lt;/p&gt;")
TOMBSTONE = "{http://purl.org/atompub/tombstones/1.0}deleted-entry"


@pytest.mark.parametrize("form", ["atom", "rss", "json"])
@pytest.mark.parametrize("kind", KINDS)
async def test_a_push_has_the_topics_own_media_type(room: Room, form: str, kind: str) -> None:
    """MUST 14 (2.1.3, 7): Content-Type as the topic's own address says it."""
    topic = await room.kind(kind, form)
    who = await room.subscribed(topic)
    await room.told_to_all(topic, who)
    headers, _ = await room.feed(topic)

    assert headers["content-type"] == who.pushes[0].headers["content-type"]


async def test_a_push_is_a_post_with_a_body(room: Room) -> None:
    """MUST 14 (7): the payload is in the body of a POST."""
    topic = await room.topic()
    who = await room.subscribed(topic)
    await room.told_to_all(topic, who)

    push = who.pushes[0]
    assert ("POST", str(len(push.body))) == (push.method, push.headers["content-length"])


@pytest.mark.parametrize("form", ["atom", "rss", "json"])
@pytest.mark.parametrize("kind", KINDS)
async def test_a_push_names_hub_and_topic_in_one_header(room: Room, form: str, kind: str) -> None:
    """MUST 15 (7): rel=hub and rel=self, the topic's canonical address; SHOULD: combined into one Link header."""
    topic = await room.kind(kind, form)
    who = await room.subscribed(topic)
    await room.told_to_all(topic, who)

    assert 1 == len(who.pushes[0].links)
    assert {(room.hub, "hub"), (topic.url, "self")} == set(HEADER_LINK.findall(who.pushes[0].links[0]))


@pytest.mark.parametrize("kind", KINDS)
async def test_a_push_is_a_feed_of_its_topic(room: Room, kind: str) -> None:
    """MUST 14 (7): the topic's own content, so its title, id, self and hub stand in it."""
    topic = await room.kind(kind)
    who = await room.subscribed(topic)
    await room.told_to_all(topic, who)
    root = ET.fromstring(who.pushes[0].body)
    feed = ET.fromstring((await room.feed(topic))[1])

    assert [feed.findtext(f"{ATOM}{name}") for name in ("id", "title")] == [
        root.findtext(f"{ATOM}{name}") for name in ("id", "title")
    ]
    assert {"hub": [room.hub], "self": [topic.url]} == links_of(root, f"{ATOM}link")


@pytest.mark.parametrize("form", ["atom", "rss", "json"])
@pytest.mark.parametrize("kind", KINDS)
async def test_a_push_holds_only_what_is_new(room: Room, form: str, kind: str) -> None:
    """MAY (7), and here done: entries that were delivered already are removed."""
    topic = await room.kind(kind, form)
    who = await room.subscribed(topic)
    titles = [await room.told_to_all(topic, who) for _ in range(2)]

    assert [[title] for title in titles] == [titles_of(push) for push in who.pushes]


@pytest.mark.parametrize("kind", KINDS)
async def test_an_entry_is_pushed_as_it_stands_in_the_feed(room: Room, kind: str) -> None:
    """MUST 14 (7): the full contents of what is new, byte for byte."""
    topic = await room.kind(kind)
    who = await room.subscribed(topic)
    await room.told_to_all(topic, who)
    entry = re.search(rb"<entry.*</entry>", who.pushes[0].body, re.DOTALL)
    _, feed = await room.feed(topic)

    assert entry
    assert entry[0].decode() in feed


@pytest.mark.parametrize("kind", KINDS)
async def test_a_change_is_pushed_in_full(room: Room, kind: str) -> None:
    """MUST 14 (7): new and updated content."""
    topic = await room.kind(kind)
    who = await room.subscribed(topic)
    article = await room.article(topic, "Before")
    await room.pushed(who, "Before")
    await room.change(article, room.text(topic, "Afterwards"))
    push = await room.pushed(who, "Afterwards")

    assert ["Afterwards"] == titles_of(push)


@pytest.mark.parametrize("kind", KINDS)
async def test_what_did_not_change_is_not_pushed(room: Room, kind: str) -> None:
    """MUST 14 (7): sent when new content is available. Webubbub sends unchanged content again. Here a person confirms a subject."""
    topic = await room.kind(kind)
    who = await room.subscribed(topic)
    article = await room.article(topic, "Once")
    await room.pushed(who, "Once")
    await room.confirm(article, "Others")
    for _ in range(2):
        await room.told_to_all(topic, who)

    assert (1, 3) == (told(who).count("Once"), len(told(who)))


@pytest.mark.parametrize("kind", KINDS)
async def test_a_retraction_is_a_tombstone_in_atom(room: Room, kind: str) -> None:
    """MUST 14 (7, RFC 6721): what the feed says of it is pushed."""
    topic = await room.kind(kind)
    who = await room.subscribed(topic)
    article = await room.article(topic, "Too early")
    await room.pushed(who, "Too early")
    await room.retract(article)
    await room.pushes(who, 2)
    root = ET.fromstring(who.pushes[1].body)

    assert [True] == [stone.get("ref", "").endswith(article) for stone in root.iter(TOMBSTONE)]
    assert CONTENT.findall(who.pushes[0].body)[0] not in who.pushes[1].body


@pytest.mark.parametrize("form", ["rss", "json"])
@pytest.mark.parametrize("kind", KINDS)
async def test_a_retraction_is_a_notice_in_place_elsewhere(room: Room, form: str, kind: str) -> None:
    """MUST 14 (7): RSS and JSON Feed have no tombstones; the item says that it was retracted, under its old id."""
    topic = await room.kind(kind, form)
    who = await room.subscribed(topic)
    article = await room.article(topic, "Too early")
    await room.pushed(who, "Too early")
    await room.retract(article)
    await room.pushes(who, 2)

    assert article.encode() in who.pushes[1].body
    assert re.search(b"retracted|withdrawn", who.pushes[1].body, re.IGNORECASE)
    assert 1 == len(titles_of(who.pushes[1]))


async def test_changes_within_a_second_travel_together(room: Room) -> None:
    """Section 7, of what is sent when new content is available: a flock of articles is few requests, and each once."""
    topic = await room.topic()
    who = await room.subscribed(topic)
    titles, began = [room.word().title() for _ in range(9)], time.monotonic()
    for title in titles:
        await room.article(topic, title)
    await room.pushed(who, *titles)
    waits = (time.monotonic() - began) / room.house.host.settings.hub_seconds

    assert sorted(titles) == sorted(told(who))
    assert len(who.pushes) <= 1 + waits


@pytest.mark.parametrize("kind", KINDS)
async def test_who_follows_another_topic_hears_nothing(room: Room, kind: str) -> None:
    """MUST 14 (7): the contents of the topic URL, and of no other."""
    topic, second = await room.kind(kind), await room.kind(kind)
    who, other = await room.subscribed(topic), await room.subscribed(second)

    await room.nothing_for(who, second, other)


async def test_an_article_goes_to_all_its_feeds(room: Room) -> None:
    """MUST 14 (7): keyword, author, language, all; each in its own words, once for each subscription."""
    topic = await room.topic()
    author = room.word().title()
    front = {"authors": f"[{author}]"}
    await room.visible(topic, await room.article(topic, **front))
    feeds = [topic.url, *(f"{room.home}/feeds/{path}.atom" for path in ("all", f"authors/{author.lower()}"))]
    whom = [await room.subscribed(feed) for feed in feeds]
    title = room.word().title()
    await room.article(topic, title, **front)
    pushes = [await room.pushed(who, title) for who in whom]

    assert feeds == [url for push in pushes for url, rel in HEADER_LINK.findall(push.links[0]) if rel == "self"]
    assert [1, 1, 1] == [told(who).count(title) for who in whom]


async def test_a_search_can_be_followed(room: Room) -> None:
    """MUST 1 (4, 5.1): every feed that names the hub is a topic, a question too."""
    found = await room.topic()
    topic = Topic(f"{room.home}/feeds/search.json?q={room.word()}&keyword={found.keyword}", found.keyword)
    word = topic.url.partition("?q=")[2].partition("&")[0]
    who = await room.subscribed(topic)
    await room.article(found, "Something else")
    await room.article(found, f"About {word}")
    push = await room.pushed(who, f"About {word}")

    assert [f"About {word}"] == told(who)
    assert topic.url == json_of(push)["feed_url"]


@pytest.mark.parametrize("kind", KINDS)
async def test_a_feed_without_full_texts_is_pushed_without(room: Room, kind: str) -> None:
    """MUST 14 (7): as the topic has it."""
    topic = await room.kind(kind)
    short = replace(topic, url=f"{topic.url}?content=summary")
    who, other = await room.subscribed(short), await room.subscribed(topic)
    await room.told_to_all(topic, who, other)

    assert [False, True] == [b"<content" in each.pushes[0].body for each in (who, other)]
