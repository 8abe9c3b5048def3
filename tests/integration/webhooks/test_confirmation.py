"""An address that did not say yes gets nothing but the question; each way of saying yes is heard."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from aiohttp import web
from standardwebhooks.webhooks import Webhook

from shared.client import Client, ProblemReceived
from shared.steps import Step
from tests.integration.webhooks.process import process, published, settled
from tests.integration.webhooks.room import SECRET, receiver


async def give_back(request: web.Request) -> web.StreamResponse:
    """A partner that answers the challenge."""
    told = json.loads(await request.read() or b"{}")
    return web.json_response(
        {"challenge": told["data"]["challenge"]} if "webhook.challenge" == told.get("type") else {}
    )


async def as_text(request: web.Request) -> web.StreamResponse:
    """The same, as plain text."""
    return web.Response(text=json.loads(await request.read())["data"].get("challenge", "noted"))


async def wrong(_: web.Request) -> web.StreamResponse:
    """One that says yes to everything, and does not read."""
    return web.Response(text="ok")


@pytest.mark.parametrize(("answer", "confirmed"), [(give_back, "challenge"), (as_text, "challenge"), (wrong, None)])
async def test_the_challenge_must_come_back(redis_url: str, answer: Any, confirmed: str | None) -> None:
    """It is signed like any message; what does not come back leaves the partner without content."""
    async with receiver(answer) as partner, process(redis_url) as host, Client(host.settings) as client:
        partner.consents = False
        wanted = {"name": "A", "url": partner.url, "secret": SECRET}
        _, added = await client.request("POST", "/partners", json=wanted)
        asked = [heard for heard in partner.heard if heard.body]
        await host.belt.publish(Step(emits=(published(1),)))
        if confirmed:
            await settled(client, added["id"])
        else:
            with pytest.raises(ProblemReceived, match="confirmed"):
                await client.request("POST", f"/partners/{added['id']}/test")
        _, log = await client.request("GET", f"/partners/{added['id']}/deliveries")
    told = [Webhook(SECRET).verify(heard.body, heard.headers)["type"] for heard in partner.heard if heard.body]

    assert confirmed == added["confirmed"]
    assert ("why_not" in added) == (confirmed is None)
    assert "webhook.challenge" == Webhook(SECRET).verify(asked[0].body, asked[0].headers)["type"]
    assert (["webhook.challenge", "document.published"] if confirmed else ["webhook.challenge"]) == told
    assert bool(confirmed) == bool(log["deliveries"])


async def test_the_handshake_of_cloud_events_is_enough(redis_url: str) -> None:
    """Who is asked with OPTIONS and allows our origin is not challenged; the rate that it allows is kept."""
    asked: list[dict[str, str]] = []

    async def allow(request: web.Request) -> web.StreamResponse:
        asked.append(dict(request.headers))
        return web.Response(headers={"WebHook-Allowed-Origin": "127.0.0.1", "WebHook-Allowed-Rate": "120"})

    async with receiver(allow) as partner, process(redis_url) as host, Client(host.settings) as client:
        partner.consents = False
        _, added = await client.request("POST", "/partners", json={"name": "A", "url": partner.url, "rate": 5})

    assert ("handshake", 2.0) == (added["confirmed"], added["allowed_rate"])
    assert ("127.0.0.1", "300") == (asked[0]["WebHook-Request-Origin"], asked[0]["WebHook-Request-Rate"])
    assert 1 == len(asked)


async def test_who_answers_later_opens_the_callback(redis_url: str) -> None:
    """Its address is unguessable, and every other one is unknown."""
    asked: list[str] = []

    async def not_yet(request: web.Request) -> web.StreamResponse:
        if request.method == "OPTIONS":
            asked.append(request.headers["WebHook-Request-Callback"])
        return web.Response(status=202)

    async with receiver(not_yet) as partner, process(redis_url) as host, Client(host.settings) as client:
        partner.consents = False
        _, added = await client.request("POST", "/partners", json={"name": "A", "url": partner.url})
        here = asked[0].removeprefix(host.settings.base_url)
        for wrong_word in (
            here + "0",
            f"/partners/consent/{added['id']}",
            f"/partners/consent/{added['id']}.{'0' * 64}",
        ):
            with pytest.raises(ProblemReceived, match="nobody was asked"):
                await client.request("GET", wrong_word)
        await client.request("POST", here)
        _, now = await client.request("GET", f"/partners/{added['id']}")

    assert (None, "callback") == (added["confirmed"], now["confirmed"])


async def test_a_new_address_is_asked_anew_and_an_operator_can_vouch(redis_url: str) -> None:
    """What was confirmed was the old one."""
    async with (
        receiver(200) as first,
        receiver(404) as second,
        process(redis_url) as host,
        Client(host.settings) as client,
    ):
        second.consents = False
        _, added = await client.request("POST", "/partners", json={"name": "A", "url": first.url})
        here = f"/partners/{added['id']}"
        _, moved = await client.request("PATCH", here, json={"url": second.url})
        _, asked = await client.request("POST", here + "/confirm")
        _, vouched = await client.request("PATCH", here, json={"confirmed": True})

    assert ["handshake", None, None, "operator"] == [each["confirmed"] for each in (added, moved, asked, vouched)]
    assert "status 404" in asked["why_not"]


async def test_an_address_that_was_away_is_asked_again(redis_url: str) -> None:
    """By itself, a few seconds later."""
    answers: list[Any] = [500, 500, give_back]
    async with receiver(*answers) as partner, process(redis_url) as host, Client(host.settings) as client:
        partner.consents = False
        _, added = await client.request("POST", "/partners", json={"name": "A", "url": partner.url})
        async with asyncio.timeout(20):
            while (now := await client.request("GET", f"/partners/{added['id']}"))[1]["confirmed"] is None:  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    assert (None, "challenge") == (added["confirmed"], now[1]["confirmed"])


@pytest.mark.parametrize("text", ["[" * 1_000, '"\\ud800"', '{"challenge": "\\udfff"}'])
async def test_no_answer_to_the_challenge_costs_the_operator_the_secret(redis_url: str, text: str) -> None:
    """Nested without end, or no text at all: it is no consent, and adding the partner is answered as ever."""

    async def odd(_: web.Request) -> web.StreamResponse:
        return web.Response(text=text)

    async with receiver(odd) as partner, process(redis_url) as host, Client(host.settings) as client:
        partner.consents = False
        _, added = await client.request("POST", "/partners", json={"name": "A", "url": partner.url})

    assert (None, True) == (added["confirmed"], added["secret"].startswith("whsec_"))
    assert "the challenge did not come back" in added["why_not"]


async def test_an_address_is_asked_again_though_nobody_heard_what_it_said(redis_url: str) -> None:
    """While it is asked for the first time, or anew as another one, the next time stands already: the process may die."""
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def hang(_: web.Request) -> web.StreamResponse:
        asked.set()
        await go_on.wait()
        return web.Response(status=404)

    async with receiver(hang) as partner, process(redis_url) as host, Client(host.settings) as client:
        partner.consents = False
        adding = asyncio.create_task(client.request("POST", "/partners", json={"name": "A", "url": partner.url}))
        await asked.wait()
        (first,) = await host.redis.hvals(host.key("webhooks", "partners"))
        go_on.set()
        _, added = await adding
        asked.clear()
        go_on.clear()
        wanted = {"url": partner.url + "/else"}
        moving = asyncio.create_task(client.request("PATCH", f"/partners/{added['id']}", json=wanted))
        await asked.wait()
        (second,) = await host.redis.hvals(host.key("webhooks", "partners"))
        go_on.set()
        await moving

    assert [True, True] == [json.loads(stored)["ask_at"] is not None for stored in (first, second)]


async def test_what_an_address_allowed_ends_with_it(redis_url: str) -> None:
    """A rate that the old address allowed says nothing of a new one that the operator vouches for."""

    async def allow(_: web.Request) -> web.StreamResponse:
        return web.Response(headers={"WebHook-Allowed-Origin": "*", "WebHook-Allowed-Rate": "1"})

    async with receiver(allow) as partner, process(redis_url) as host, Client(host.settings) as client:
        partner.consents = False
        _, added = await client.request("POST", "/partners", json={"name": "A", "url": partner.url})
        wanted = {"url": partner.url + "/else", "confirmed": True}
        _, moved = await client.request("PATCH", f"/partners/{added['id']}", json=wanted)

    assert (1 / 60, None) == (added["allowed_rate"], moved["allowed_rate"])
