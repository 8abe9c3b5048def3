"""An event comes in, and the partners that want it are told."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from standardwebhooks.webhooks import Webhook

from shared.client import Client, ProblemReceived
from shared.events import Change, SubjectName, TaxonomyPublished
from shared.notices import message_id
from shared.steps import Step
from tests.integration.webhooks.process import process, published, settled, some_partners
from tests.integration.webhooks.room import SECRET, receiver, until


async def test_an_event_reaches_the_partners_that_want_it(redis_url: str) -> None:
    """Published goes to both, retracted only to the one that asked; verified by another implementation."""
    async with (
        receiver(200) as all_of_it,
        receiver(200) as some,
        process(redis_url) as host,
        Client(host.settings) as client,
    ):
        _, first = await client.request("POST", "/partners", json={"name": "All", "url": all_of_it.url})
        wanted = {"name": "Some", "url": some.url, "events": ["document.published"], "secret": SECRET}
        _, second = await client.request("POST", "/partners", json=wanted)
        await host.belt.publish(Step(emits=(published(1), published(2, Change.RETRACTED))))
        logged = await settled(client, first["id"], 2)
        await settled(client, second["id"], 1)
    told = [Webhook(first["secret"]).verify(heard.body, heard.headers)["type"] for heard in all_of_it.heard]

    assert sorted(told) == ["document.published", "document.retracted"]
    assert some.ids == [message_id("event-1", second["id"])]
    assert Webhook(SECRET).verify(some.heard[0].body, some.heard[0].headers)["data"]["title"] == "Tides"
    assert {each["state"] for each in logged} == {"delivered"}


async def test_a_repeated_event_is_delivered_once(redis_url: str) -> None:
    """The same event twice on the stream is one delivery."""
    async with receiver(200) as partner, process(redis_url) as host, Client(host.settings) as client:
        _, added = await client.request("POST", "/partners", json={"name": "A", "url": partner.url})
        await host.belt.publish(Step(emits=(published(1), published(1), published(2))))
        await settled(client, added["id"], 2)
        await host.belt.publish(Step(emits=(published(1), published(3))))
        await settled(client, added["id"], 3)

    assert sorted(partner.ids) == sorted(message_id(f"event-{number}", added["id"]) for number in (1, 2, 3))


async def test_the_first_attempt_follows_the_event_at_once(redis_url: str) -> None:
    """The pump is woken, not found by a poll: most events are at the partner within a few milliseconds."""
    loop = asyncio.get_running_loop()
    async with receiver(200) as partner, process(redis_url) as host, Client(host.settings) as client:
        await client.request("POST", "/partners", json={"name": "A", "url": partner.url})
        waits = []
        for number in range(20):
            began = loop.time()
            await host.belt.publish(Step(emits=(published(number),)))
            await until(lambda number=number: len(partner.heard) > number)  # type: ignore[misc]
            waits.append(loop.time() - began)

    assert sorted(waits)[10] < 0.09


async def test_the_demo_partner_hears_everything(redis_url: str) -> None:
    """It is there once, however often the process starts, and its inbox shows what it verified as JSON and as a page."""
    for number in (1, 2):
        async with process(redis_url, demo=True) as host, Client(host.settings) as client:
            partners = await some_partners(client)
            await host.belt.publish(Step(emits=(published(number),)))
            await settled(client, "demo-inbox", number)
            _, inbox = await client.request("GET", "/demo/inbox")
            with pytest.raises(ProblemReceived) as caught:
                await client.request("POST", "/demo/inbox", json={"type": "forged"})

        assert [partner["name"] for partner in partners] == ["Demo inbox"]
        assert [each["content"]["data"]["title"] for each in inbox["deliveries"]] == ["Tides"]
        assert caught.value.status == 401


async def test_who_gets_a_filter_later_hears_what_becomes_of_what_it_was_told(redis_url: str) -> None:
    """It was told of everything; a retraction of what no longer fits reaches it all the same, anything new does not."""
    async with receiver(200) as partner, process(redis_url) as host, Client(host.settings) as client:
        _, added = await client.request("POST", "/partners", json={"name": "A", "url": partner.url})
        await host.belt.publish(Step(emits=(published(1),)))
        await settled(client, added["id"])
        narrow = {"filter": {"subjects": ["medicine"]}}
        await client.request("PATCH", f"/partners/{added['id']}", json=narrow)
        retracted = published(1, Change.RETRACTED).model_copy(update={"event_id": "event-1-retracted"})
        await host.belt.publish(Step(emits=(published(2), retracted)))
        await settled(client, added["id"], 2)

    assert [message_id(event, added["id"]) for event in ("event-1", "event-1-retracted")] == partner.ids


def renamed(version: int) -> TaxonomyPublished:
    """Physics was once called Natural Philosophy."""
    return TaxonomyPublished(
        event_id=f"taxonomy-{version}",
        correlation_id="test",
        occurred_at=datetime(2026, 1, 1, tzinfo=UTC),
        version=version,
        subjects=(SubjectName(slug="physics", name="Physics"),),
        moved={"natural-philosophy": "physics"},
        fallback="physics",
    )


async def test_a_filter_follows_a_subject_that_was_renamed(redis_url: str) -> None:
    """By push from the very next document on, by cursor, and after a restart; what the partner asked for stands as it was."""
    async with receiver(200) as partner:
        async with process(redis_url) as host, Client(host.settings) as client:
            wanted = {"name": "A", "url": partner.url, "filter": {"subjects": ["Natural Philosophy"]}}
            _, added = await client.request("POST", "/partners", json=wanted)
            await host.belt.publish(Step(emits=(published(1),)))
            await host.belt.publish(Step(emits=(renamed(1), published(2))))
            await settled(client, added["id"], 1)
            await host.belt.publish(Step(emits=(published(3),)))
            await settled(client, added["id"], 2)
            _, pulled = await client.request("GET", f"/partners/{added['id']}/events?after=0")
            _, shown = await client.request("GET", f"/partners/{added['id']}")
        async with process(redis_url) as host, Client(host.settings) as client:
            await host.belt.publish(Step(emits=(published(4),)))
            await settled(client, added["id"], 3)

    assert sorted(partner.ids) == sorted(message_id(f"event-{number}", added["id"]) for number in (2, 3, 4))
    assert {each["webhook_id"] for each in pulled["events"]} >= set(partner.ids[:2])
    assert ["Natural Philosophy"] == shown["filter"]["subjects"]
