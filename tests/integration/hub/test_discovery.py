"""Section 4: every feed and page says which hub pushes it, and under which one address."""

from __future__ import annotations

import json
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from tests.integration.hub.reading import HEADER_LINK, links_of
from tests.integration.hub.room import Room

ATOM = "{http://www.w3.org/2005/Atom}"
FORMS = ("atom", "rss", "json")
KINDS = ("keyword", "near")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", KINDS)
async def test_a_feed_names_the_hub_and_itself_in_link_headers(room: Room, form: str, kind: str) -> None:
    """MUST implement one, SHOULD this one (4): a Link header with rel=hub, and exactly one with rel=self."""
    topic = await room.kind(kind, form)
    headers, _ = await room.feed(topic)

    links = HEADER_LINK.findall(headers["link"])
    assert [room.hub] == [url for url, rel in links if rel == "hub"]
    assert [topic.url] == [url for url, rel in links if rel == "self"]


@pytest.mark.parametrize("kind", KINDS)
async def test_an_atom_feed_names_both_inside(room: Room, kind: str) -> None:
    """SHOULD (4, RFC 5988 appendix B): embedded link elements in an XML feed."""
    topic = await room.kind(kind, "atom")
    root = ET.fromstring((await room.feed(topic))[1])

    assert {"hub": [room.hub], "self": [topic.url]} == links_of(root, f"{ATOM}link")


@pytest.mark.parametrize("kind", KINDS)
async def test_an_rss_feed_names_both_inside(room: Room, kind: str) -> None:
    """SHOULD (4): the same as atom:link in RSS's channel."""
    topic = await room.kind(kind, "rss")
    root = ET.fromstring((await room.feed(topic))[1])

    assert {"hub": [room.hub], "self": [topic.url]} == links_of(root, f"channel/{ATOM}link")


@pytest.mark.parametrize("kind", KINDS)
async def test_a_json_feed_names_both_inside(room: Room, kind: str) -> None:
    """JSON Feed 1.1, `hubs` and `feed_url`, which are to it what 4 is to XML."""
    topic = await room.kind(kind, "json")
    body = json.loads((await room.feed(topic))[1])

    assert ([{"type": "WebSub", "url": room.hub}], topic.url) == (body["hubs"], body["feed_url"])


async def test_a_search_feed_has_one_address_however_it_was_asked(room: Room) -> None:
    """One canonical self (4, 5.1): another spelling of a question leads to the address that names itself."""
    topic = await room.topic()
    spelt = f"{room.home}/feeds/search.atom?lang=en&keyword={topic.keyword.title()}"
    async with room.anyone.get(spelt) as got:
        reached, headers = str(got.url), got.headers

    assert reached != spelt
    assert {reached} == {url for url, rel in HEADER_LINK.findall(headers["Link"]) if rel == "self"}


async def test_what_a_page_shows_can_be_followed_from_there(room: Room) -> None:
    """SHOULD (4, RFC 5988 appendix A): an HTML page names the hub, in its headers and in its head."""
    topic = await room.topic()
    async with room.anyone.get(f"{room.home}/feeds/keywords/{topic.keyword}", headers={"Accept": "text/html"}) as got:
        headers, page = got.headers, await got.text()

    assert (room.hub, "hub") in HEADER_LINK.findall(headers["Link"])
    assert f'rel="hub" href="{room.hub}"' in page.partition("</head>")[0]


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/rss+xml"])
async def test_a_topic_has_one_representation(room: Room, accept: str) -> None:
    """SHOULD (4.1): the rel=self address gives the same media type whatever is asked for. (A browser reads the same bytes as XML.)"""
    topic = await room.topic()
    async with room.anyone.get(topic.url, headers={"Accept": accept}) as got:
        given, body = got.content_type, await got.text()
    async with room.anyone.get(topic.url, headers={"Accept": "text/html"}) as got:
        browsed = await got.text()

    assert ("application/atom+xml", body) == (given, browsed)


@pytest.mark.parametrize("kind", KINDS)
async def test_the_pair_that_was_discovered_works(room: Room, kind: str) -> None:
    """MUST (4, 5.1): the self that a feed names is a topic of the hub that it names."""
    topic = await room.kind(kind)
    headers, _ = await room.feed(topic)
    found = {rel: url for url, rel in HEADER_LINK.findall(headers["link"])}
    assert found["hub"] == room.hub
    who = await room.subscribed(replace(topic, url=found["self"]))

    await room.told_to_all(topic, who)
