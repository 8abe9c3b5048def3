"""What others publish through the hub, and feeds that are no more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from shared.events import SubjectName, TaxonomyPublished
from shared.host import Host
from shared.steps import Step
from tests.integration.webhooks.process import process
from tests.integration.webhooks.reader import START, feed, post, pushed, quiet, reader, subscribed
from tests.integration.webhooks.room import served

QUICK: dict[str, Any] = {"hub_seconds": 0.05}


@dataclass
class Blog:
    """Somebody else's feed; `asked` has what each request said of what it has."""

    url: str = ""
    body: bytes = b"<first/>"
    status: int = 200
    asked: list[str | None] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """The feed, or 304."""
        self.asked.append(request.headers.get("If-None-Match"))
        tag = f'"{len(self.body)}"'
        if self.status != 200:
            return web.Response(status=self.status, headers={"Location": self.url + "2"})
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304)
        return web.Response(body=self.body, headers={"ETag": tag, "Content-Type": "application/x-blog+xml; a=b"})


@asynccontextmanager
async def blog() -> AsyncIterator[Blog]:
    """A blog on a free port."""
    found = Blog()
    async with served(found.handle) as address:
        found.url = f"{address}/feed"
        yield found


async def ping(host: Host, topic: str) -> tuple[int, str]:
    """Say that a topic has something new, and wait until it is seen to."""
    answer = await post(host, {"hub.mode": "publish", "hub.url": topic})
    for _ in range(1_000):
        if not await host.redis.zcard(host.key("hub", "pings")):
            break
        await asyncio.sleep(0.005)
    await pushed(host)
    return answer


async def test_others_publish_through_the_hub(redis_url: str) -> None:
    """Fetched once for each ping, conditionally; sent with its own type if it is new; failures and redirects send nothing."""
    async with blog() as source, reader() as found, process(redis_url, hub_topics=source.url, **QUICK) as host:
        await subscribed(host, found, source.url, secret="s")
        answers = [await ping(host, source.url), await ping(host, source.url)]
        source.body = b"<second one/>"
        await ping(host, source.url)
        for source.status in (404, 302, 500):
            await ping(host, source.url)
        hub = f"{host.settings.base_url}/hub"

    assert answers == [(202, ""), (202, "")]
    assert [message.body for message in found.heard] == [b"<first/>", b"<second one/>"]
    assert {message.headers["content-type"] for message in found.heard} == {"application/x-blog+xml; a=b"}
    assert {message.headers["link"] for message in found.heard} == {f'<{hub}>; rel="hub", <{source.url}>; rel="self"'}
    assert source.asked == [None, '"8"', '"8"', '"13"', '"13"', '"13"']


async def test_nobody_else_does(redis_url: str) -> None:
    """Neither pings nor subscriptions for what was not allowed by name."""
    async with process(redis_url, hub_topics="https://blog.example/", **QUICK) as host:
        pinged = await post(host, {"hub.mode": "publish", "hub.url": "https://other.example/feed"})
        fields = {"hub.mode": "subscribe", "hub.callback": "http://127.0.0.1:1/", "hub.topic": "https://other.example/"}
        asked = await post(host, fields)

    assert [pinged[0], asked[0]] == [404, 404]


def taxonomy(version: int, *slugs: str, moved: dict[str, str] | None = None) -> TaxonomyPublished:
    """The subjects as they are from now on."""
    return TaxonomyPublished(
        event_id=f"taxonomy-{version}",
        correlation_id="test",
        occurred_at=START,
        version=version,
        subjects=tuple(SubjectName(slug=slug, name=slug.title()) for slug in slugs),
        moved=moved or {},
        fallback="others",
    )


async def test_who_is_subscribed_to_a_feed_that_is_no_more_is_told(redis_url: str) -> None:
    """Its subject has another address: the subscription is denied, with the reason; a new one to the old address is refused."""
    async with process(redis_url, **QUICK) as host, reader() as found:
        await host.belt.publish(Step(emits=(taxonomy(1, "physics", "law", "others"),)))
        await pushed(host)
        for name in ("subjects/physics.atom", "subjects/law.atom"):
            await subscribed(host, found, feed(host, name))
        await host.belt.publish(Step(emits=(taxonomy(2, "nature", "law", "others", moved={"physics": "nature"}),)))
        async with asyncio.timeout(10):
            while "denied" not in found.modes:  # noqa: ASYNC110 - it is told from outside
                await asyncio.sleep(0.01)
        await quiet(host)
        again = {"hub.mode": "subscribe", "hub.callback": found.url, "hub.topic": feed(host, "subjects/physics.atom")}
        refused = await post(host, again)
        left = await host.redis.hlen(host.key("hub", "subscriptions"))

    assert found.asked[-1] == {
        "hub.mode": "denied",
        "hub.topic": again["hub.topic"],
        "hub.reason": "the feed is no more under this address",
    }
    assert (left, refused[0]) == (1, 404)
    assert "subjects/nature.atom" in refused[1]
