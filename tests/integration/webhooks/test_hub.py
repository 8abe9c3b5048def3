"""The hub from request to push, through the service's own process."""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import Any

import aiohttp
import pytest

from shared.client import Client
from shared.events import Subject
from shared.host import Host
from shared.steps import Step
from shared.syndication.statement import examined, faults_of
from tests.integration.webhooks.process import process
from tests.integration.webhooks.reader import (
    Reader,
    article,
    feed,
    post,
    pushed,
    quiet,
    reader,
    retraction,
    subscribed,
)

QUICK: dict[str, Any] = {"hub_seconds": 0.05}


async def publish(host: Host, *events: Any) -> None:
    """Lay events on the stream, and wait until all is pushed."""
    await host.belt.publish(Step(emits=events))
    await pushed(host)


def titles(found: Reader) -> list[list[str]]:
    """The titles of the entries of each message."""
    return [re.findall(r"Tides \d+", message.body.decode().partition("<entry")[2]) for message in found.heard]


async def test_a_subscriber_gets_what_is_new(redis_url: str) -> None:
    """Asked with a challenge, then sent a whole feed of the new entry, signed, with the type and links of the topic."""
    async with process(redis_url, **QUICK) as host, reader() as found:
        topic = feed(host)
        await subscribed(host, found, topic, secret="quiet sea", lease_seconds="7200")
        await publish(host, article(1))

    asked, (message,) = found.asked[0], found.heard
    told = examined(message.body)
    expected = hmac.new(b"quiet sea", message.body, hashlib.sha256).hexdigest()

    assert {name: asked[f"hub.{name}"] for name in ("mode", "topic", "lease_seconds")} == {
        "mode": "subscribe",
        "topic": topic,
        "lease_seconds": "7200",
    }
    assert message.headers["content-type"] == "application/atom+xml; charset=utf-8"
    assert message.headers["link"] == f'<{host.settings.base_url}/hub>; rel="hub", <{topic}>; rel="self"'
    assert message.headers["x-hub-signature"] == f"sha256={expected}"
    assert [] == faults_of(told)
    assert told.address == topic
    assert len(told.entries) == 1


@pytest.mark.parametrize("algorithm", ["sha1", "sha384", "sha512"])
async def test_another_signature_on_request(redis_url: str, algorithm: str) -> None:
    """hub.algorithm names the method."""
    async with process(redis_url, **QUICK) as host, reader() as found:
        await subscribed(host, found, feed(host), secret="s", algorithm=algorithm)
        await publish(host, article(1))

    expected = hmac.new(b"s", found.heard[0].body, algorithm).hexdigest()

    assert found.heard[0].headers["x-hub-signature"] == f"{algorithm}={expected}"


async def test_no_secret_no_signature(redis_url: str) -> None:
    """Without a secret nothing is signed."""
    async with process(redis_url, **QUICK) as host, reader() as found:
        await subscribed(host, found, feed(host))
        await publish(host, article(1))

    assert "x-hub-signature" not in found.heard[0].headers


async def test_changes_travel_together(redis_url: str) -> None:
    """Three documents within the time are one message, newest first; the next one is another."""
    async with process(redis_url, hub_seconds=0.3) as host, reader() as found:
        await subscribed(host, found, feed(host))
        await publish(host, article(1), article(2), article(3))
        await publish(host, article(4))

    assert [sorted(set(each)) for each in titles(found)] == [["Tides 1", "Tides 2", "Tides 3"], ["Tides 4"]]


async def test_each_topic_gets_its_own(redis_url: str) -> None:
    """By subject, keyword, author, language, source and search; a document goes where it belongs, in each format."""
    law = Subject(name="Law", slug="law", confidence=1)
    names = ["subjects/physics.rss", "subjects/law.json", "keywords/sea.atom", "authors/ann-author.json"]
    names += ["sources/source.example.rss", "languages/de.atom", "search.json?q=storm", "all.rss?content=summary"]
    async with process(redis_url, **QUICK) as host, reader() as found:
        address = found.url
        for place, name in enumerate(names):
            found.url = f"{address}/{place}?token=t%20{place}"
            await subscribed(host, found, feed(host, name))
        await publish(host, article(1), article(2, subject=law, text="A storm.", language="de", keywords=()))
    heard: dict[str, set[str]] = {}
    for message in found.heard:
        place = int(message.path.split("?")[0].rsplit("/", 1)[1])
        assert message.path.endswith(f"?token=t%20{place}")
        heard.setdefault(names[place], set()).update(re.findall(r"documents/(doc\d)\b", message.body.decode()))

    assert heard == {
        "subjects/physics.rss": {"doc1"},
        "subjects/law.json": {"doc2"},
        "keywords/sea.atom": {"doc1"},
        "authors/ann-author.json": {"doc1", "doc2"},
        "sources/source.example.rss": {"doc1", "doc2"},
        "languages/de.atom": {"doc2"},
        "search.json?q=storm": {"doc2"},
        "all.rss?content=summary": {"doc1", "doc2"},
    }


async def test_a_retraction_reaches_the_topics_it_was_in(redis_url: str) -> None:
    """Although it says no longer what it was about; by its words too, and for who subscribed after it was published."""
    async with process(redis_url, **QUICK) as host, reader() as found, reader() as late, reader() as other:
        await subscribed(host, found, feed(host, "search.atom?q=sea"))
        await subscribed(host, other, feed(host, "search.atom?q=storm"))
        await publish(host, article(1))
        await subscribed(host, late, feed(host, "keywords/moon.atom"))
        await publish(host, retraction(1))
        await publish(host, retraction(1, 3))

    assert len(found.heard) == 2
    assert len(late.heard) == 1
    assert other.heard == []
    assert b"deleted-entry" in found.heard[1].body
    assert b"deleted-entry" in late.heard[0].body


async def test_what_says_the_same_is_not_sent(redis_url: str) -> None:
    """A new version with nothing new in it, and a changed list of related articles, push nothing."""
    async with process(redis_url, **QUICK) as host, reader() as found:
        await publish(host, article(1))
        await subscribed(host, found, feed(host))
        await publish(host, article(1, 2))
        before = len(found.heard)
        await publish(host, article(1, 3, title="Tides 1, corrected"))

    assert before == 0
    assert len(found.heard) == 1


async def test_unsubscribing_is_verified(redis_url: str) -> None:
    """Who does not give the challenge back stays subscribed; who does gets nothing more."""
    async with process(redis_url, **QUICK) as host, reader() as found:
        await subscribed(host, found, feed(host))
        goodbye = {"hub.mode": "unsubscribe", "hub.callback": found.url, "hub.topic": feed(host)}
        found.agrees = False
        first = await post(host, goodbye)
        await quiet(host)
        await publish(host, article(1))
        found.agrees = True
        second = await post(host, goodbye | {"hub.lease_seconds": "nonsense"})
        await quiet(host)
        await publish(host, article(2))

    assert (first, second) == ((202, ""), (202, ""))
    assert len(found.heard) == 1
    assert "hub.lease_seconds" not in found.asked[-1]


async def test_only_a_verified_request_overrides(redis_url: str) -> None:
    """A renewal with another secret that is not confirmed changes nothing; one that is confirmed does."""
    async with process(redis_url, **QUICK) as host, reader() as found:
        await subscribed(host, found, feed(host), secret="old", lease_seconds="7200")
        found.agrees = False
        await subscribed(host, found, feed(host), secret="new")
        await publish(host, article(1))
        found.agrees = True
        await subscribed(host, found, feed(host), secret="new")
        await publish(host, article(2))
    used = [
        next(key for key in (b"old", b"new") if hmac.new(key, each.body, "sha256").hexdigest() in str(each.headers))
        for each in found.heard
    ]

    assert used == [b"old", b"new"]


async def test_410_ends_a_subscription(redis_url: str) -> None:
    """And no other answer does."""
    async with process(redis_url, webhook_schedule_seconds=(0, 0.01), **QUICK) as host, reader() as found:
        await subscribed(host, found, feed(host))
        found.answer = 500
        await publish(host, article(1))
        tries = len(found.heard)
        found.answer = 410
        await publish(host, article(2))
        found.answer = 204
        await publish(host, article(3))

    assert tries == 2
    assert len(found.heard) == 3


async def test_operators_see_and_end_subscriptions(redis_url: str) -> None:
    """Without secrets and the callback's query; the callback is told that it is over, and gets nothing more."""
    async with process(redis_url, **QUICK) as host, reader() as found, Client(host.settings) as client:
        found.url += "?key=hidden"
        await subscribed(host, found, feed(host), secret="very secret")
        _, listed = await client.request("GET", "/hub/subscriptions")
        (shown,) = listed["subscriptions"]
        await client.request("DELETE", f"/hub/subscriptions/{shown['id']}")
        await quiet(host)
        await publish(host, article(1))

    assert (listed["count"], shown["topic"], shown["signed"]) == (1, feed(host), True)
    assert "secret" not in str(listed)
    assert "hidden" not in str(listed)
    assert found.asked[-1]["hub.mode"] == "denied"
    assert found.heard == []


async def test_the_page_is_for_everybody(redis_url: str) -> None:
    """GET /hub explains; the list asks for the operator's token."""
    async with process(redis_url) as host, aiohttp.ClientSession(host.settings.base_url) as session:
        page = await session.get("/hub")
        listed = await session.get("/hub/subscriptions")

        assert (page.status, page.content_type, listed.status) == (200, "text/html", 401)
        assert "WebSub" in await page.text()


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"hub.mode": "dance"}, 400, "hub.mode is"),
        ({"hub.callback": ""}, 400, "hub.callback is missing"),
        ({"hub.topic": ""}, 400, "hub.topic is missing"),
        ({"hub.callback": "http://127.0.0.1:1/x#y"}, 422, "no fragment"),
        ({"hub.callback": "ftp://a.example/"}, 422, "absolute"),
        ({"hub.callback": "http://10.0.0.1/"}, 422, "may not be called"),
        ({"hub.callback": "http://[::1]/"}, 422, "may not be called"),
        ({"hub.topic": "https://elsewhere.example/feed"}, 404, "no feed of this site"),
        ({"hub.topic": "BASE/feeds/nothing.atom"}, 404, "no feed"),
        ({"hub.topic": "BASE/feeds/all.atom?content=full"}, 404, "BASE/feeds/all.atom\n"),
        ({"hub.topic": "BASE/feeds/search.atom?subject=law"}, 404, "BASE/feeds/subjects/law.atom\n"),
        ({"hub.secret": "x" * 200}, 400, "199 bytes"),
        ({"hub.algorithm": "md5"}, 400, "sha256"),
        ({"hub.lease_seconds": "soon"}, 400, "number of seconds"),
        ({"hub.mode": "publish", "hub.url": "BASE/feeds/all.atom"}, 400, "no pings"),
    ],
    ids=str,
)
async def test_what_cannot_be_done_is_said(redis_url: str, fields: dict[str, str], status: int, words: str) -> None:
    """A 4xx with the reason as plain text."""
    async with process(redis_url) as host:
        base = host.settings.base_url
        usual = {"hub.mode": "subscribe", "hub.callback": "http://127.0.0.1:1/x", "hub.topic": feed(host)}
        asked = {name: value.replace("BASE", base) for name, value in (usual | fields).items()}
        found, text = await post(host, asked)

    assert (found, words.replace("BASE", base) in text) == (status, True), text
