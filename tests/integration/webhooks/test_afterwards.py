"""Afterwards everything can be seen, sent again and reconciled: push, pull and stream tell the same under the same ids."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp
import pytest
from pydantic import SecretStr
from standardwebhooks.webhooks import Webhook

from services.webhooks.ledger import Ledger
from services.webhooks.replays import MOST_RUNNING
from services.webhooks.serving import MOST_STREAMS_OF_ONE
from shared.client import Client, ProblemReceived
from shared.events import Change
from shared.host import Host
from shared.notices import message_id
from shared.steps import Step
from tests.integration.webhooks.process import process, published, settled
from tests.integration.webhooks.room import SECRET, receiver, until


async def pull(client: Client, partner: str, **wanted: Any) -> list[dict[str, Any]]:
    """Everything that the partner can pull, page by page."""
    found: list[dict[str, Any]] = []
    cursor = wanted.pop("after", 0)
    while True:
        _, page = await client.request("GET", f"/partners/{partner}/events?after={cursor}&limit=7")
        found += page["events"]
        cursor = page["next"]
        if not page["more"]:
            return found


async def listen(host: Host, partner: str, count: int, last: str = "") -> list[tuple[str, str, dict[str, Any]]]:
    """So many server-sent events: id, event, data."""
    headers = {"Accept": "text/event-stream", "Authorization": "Bearer geheim"} | (
        {"Last-Event-ID": last} if last else {}
    )
    url = f"{host.settings.base_url}/partners/{partner}/events"
    found: list[tuple[str, str, dict[str, Any]]] = []
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as answer, asyncio.timeout(15):
        fields: dict[str, str] = {}
        async for raw in answer.content:
            name, _, value = raw.decode().rstrip("\n").partition(": ")
            if name:
                fields[name] = value
            elif "id" in fields:
                found.append((fields["id"], fields["event"], json.loads(fields["data"])))
                fields = {}
                if len(found) == count:
                    break
    return found


async def test_push_pull_and_stream_agree_after_an_outage(redis_url: str) -> None:
    """Some were pushed, some missed while the partner was disabled: the union by id is the ledger, and each part is in it."""
    async with receiver(204) as partner, process(redis_url) as host, Client(host.settings) as client:
        _, added = await client.request("POST", "/partners", json={"name": "A", "url": partner.url, "secret": SECRET})
        here = f"/partners/{added['id']}"
        await host.belt.publish(Step(emits=tuple(published(number) for number in range(20))))
        await settled(client, added["id"], 20)
        await client.request("PATCH", here, json={"enabled": False})
        await host.belt.publish(Step(emits=tuple(published(number) for number in range(20, 30))))
        await until_planned(host, 30)
        pulled = await pull(client, added["id"])
        streamed = await listen(host, added["id"], 30)
        resumed = await listen(host, added["id"], 5, streamed[24][0])
        await client.request("PATCH", here, json={"enabled": True})
        _, counted = await client.request("POST", here + "/replays", json={"dry_run": True})
        _, job = await client.request("POST", here + "/replays", json={"rate": 1000})
        await until(lambda: len(set(partner.ids)) == 30, seconds=20)
        ledger = {event.decode() for event in await host.redis.zrange(host.key("webhooks", "ledger"), 0, -1)}
    pushed = {Webhook(SECRET).verify(heard.body, heard.headers)["id"] for heard in partner.heard}

    assert {f"event-{number}" for number in range(30)} == ledger == pushed == {each["id"] for each in pulled}
    assert [each["id"] for each in pulled] == [each["id"] for _, _, each in streamed]
    assert [each[0] for each in streamed[25:]] == [each[0] for each in resumed]
    assert {message_id(each["id"], added["id"]) for each in pulled} == {each["webhook_id"] for each in pulled}
    assert (30, "running") == (counted["events"], job["state"])


async def until_planned(host: Host, count: int) -> None:
    """Wait until so many events stand in the ledger."""
    async with asyncio.timeout(10):
        while await host.redis.zcard(host.key("webhooks", "ledger")) < count:  # noqa: ASYNC110 - it is in Redis
            await asyncio.sleep(0.01)


async def test_a_replay_sends_what_was_asked_for_once(redis_url: str) -> None:
    """By type and by ids; what was delivered goes once more under its id, and a stopped one stops."""
    async with receiver(204) as partner, process(redis_url) as host, Client(host.settings) as client:
        _, added = await client.request("POST", "/partners", json={"name": "A", "url": partner.url})
        here = f"/partners/{added['id']}"
        changes = [Change.RETRACTED if number % 2 else Change.ADDED for number in range(10)]
        await host.belt.publish(Step(emits=tuple(published(*each) for each in enumerate(changes))))
        await settled(client, added["id"], 10)
        wanted = {"events": ["document.retracted"], "ids": ["event-1", "event-2", "event-3"], "rate": 1000}
        _, job = await client.request("POST", here + "/replays", json=wanted)
        await until(lambda: len(partner.heard) == 12)
        _, done = await client.request("GET", f"{here}/replays/{job['id']}")
        _, slow = await client.request("POST", here + "/replays", json={"rate": 0.1})
        _, stopped = await client.request("DELETE", f"{here}/replays/{slow['id']}")

    assert [message_id(f"event-{number}", added["id"]) for number in (1, 3)] == sorted(
        partner.ids[10:12], key=[message_id(f"event-{number}", added["id"]) for number in (1, 3)].index
    )
    assert ("done", 2, "stopped") == (done["state"], done["sent"], stopped["state"])


async def test_what_was_given_up_is_listed_and_recovered(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its cause; then it is sent again."""
    answers = [404, 404, 204]
    async with receiver(*answers) as partner, process(redis_url) as host, Client(host.settings) as client:
        wanted = {"name": "A", "url": partner.url, "schedule": [0], "concurrency": 1}
        _, added = await client.request("POST", "/partners", json=wanted)
        here = f"/partners/{added['id']}"
        await host.belt.publish(Step(emits=(published(1), published(2))))
        await settled(client, added["id"], 2)
        _, dead = await client.request("GET", here + "/dead")
        _, listed = await client.request("GET", here + "/deliveries?only=dead")
        _, one = await client.request("GET", f"{here}/deliveries/{listed['deliveries'][0]['id']}")
        _, recovered = await client.request("POST", here + "/recover", json={"since": "2020-01-01T00:00:00Z"})
        await until(lambda: len(partner.heard) == 4)
        await settled(client, added["id"], 2)
        _, ledger = await client.request("GET", here + "/ledger")

    assert ({"status 404": 2}, 2, 2) == (dead["causes"], len(listed["deliveries"]), recovered["resent"])
    assert "status 404" == one["cause"] == one["attempts"][0]["reason"].partition(" at")[0]
    assert ["delivered"] * 2 == [line["state"] for line in ledger]
    assert {"event-1", "event-2"} == {line["event"] for line in ledger}


async def test_a_partner_sees_its_own_and_nothing_else(redis_url: str) -> None:
    """Its token opens what lies under its address, and changes no partner."""
    async with receiver(204) as partner, process(redis_url) as host, Client(host.settings) as client:
        _, added = await client.request("POST", "/partners", json={"name": "A", "url": partner.url})
        _, other = await client.request("POST", "/partners", json={"name": "B", "url": partner.url})
        own = host.settings.model_copy(update={"token": SecretStr(added["token"])})
        async with Client(own) as itself:
            here = f"/partners/{added['id']}"
            seen = [(await itself.request("GET", here + path))[0] for path in ("", "/deliveries", "/events", "/dead")]
            for method, path in (
                ("GET", "/partners"),
                ("GET", f"/partners/{other['id']}/deliveries"),
                ("DELETE", here),
                ("PATCH", here),
                ("POST", here + "/secret"),
            ):
                with pytest.raises(ProblemReceived) as caught:
                    await itself.request(method, path, json={})
                assert 401 == caught.value.status
            _, renewed = await client.request("POST", here + "/token")
            with pytest.raises(ProblemReceived):
                await itself.request("GET", here)

    assert [200] * 4 == seen
    assert added["token"] != renewed["token"]


async def test_a_rotation_never_leaves_a_partner_without_a_key_that_it_knows(redis_url: str) -> None:
    """From HMAC to Ed25519 with an overlap: each message in it verifies with both, and the public key is listed."""
    from services.webhooks.signing import proof_of, verify  # noqa: PLC0415 - beside the independent verifier

    async with receiver(204) as partner, process(redis_url) as host, Client(host.settings) as client:
        _, added = await client.request("POST", "/partners", json={"name": "A", "url": partner.url, "secret": SECRET})
        here = f"/partners/{added['id']}"
        _, rotated = await client.request("POST", here + "/secret", json={"signing": "ed25519", "overlap_seconds": 600})
        await client.request("POST", here + "/test")
        await settled(client, added["id"])
        _, keys = await client.request("GET", here + "/keys")
        stored = await host.redis.hgetall(host.key("webhooks", "partners"))
    heard = partner.heard[-1]
    now = float(heard.headers["webhook-timestamp"])

    assert Webhook(SECRET).verify(heard.body, heard.headers)["type"] == "webhook.test"
    assert verify([proof_of(rotated["public_key"])], heard.headers, heard.body, now=now)
    assert [rotated["public_key"]] == [key["whpk"] for key in keys["keys"]]
    assert 2 == len(rotated["keys"])
    assert not any(secret[6:30] in str(stored) + str(keys) for secret in (SECRET, rotated["secret"], added["token"]))


async def test_a_replay_that_the_ledger_overtook_goes_on_behind_it(redis_url: str) -> None:
    """What is no longer kept is passed over; neither it nor the replays of others stand still for ever."""
    async with receiver(204) as partner, process(redis_url) as host, Client(host.settings) as client:
        _, added = await client.request("POST", "/partners", json={"name": "A", "url": partner.url})
        here = f"/partners/{added['id']}"
        await host.belt.publish(Step(emits=tuple(published(number) for number in range(10))))
        await settled(client, added["id"], 10)
        _, slow = await client.request("POST", here + "/replays", json={"rate": 0.1})
        await Ledger(host.redis, host.key("webhooks"), "").trim(3)
        _, quick = await client.request("POST", here + "/replays", json={"rate": 1000})
        await host.redis.hset(host.key("webhooks", "replay", slow["id"]), "rate", 1000)
        query = json.dumps({"rate": 1000})
        await host.redis.hset(host.key("webhooks", "replay", slow["id"]), "query", query)
        async with asyncio.timeout(10):
            while {"done"} != {  # noqa: ASYNC110 - it is in Redis
                (await client.request("GET", f"{here}/replays/{job['id']}"))[1]["state"] for job in (slow, quick)
            }:
                await asyncio.sleep(0.02)
        await settled(client, added["id"], 10)

    assert {message_id(f"event-{number}", added["id"]) for number in (7, 8, 9)} <= set(partner.ids[10:])


@pytest.mark.parametrize(("shift_ms", "rate", "sent"), [(-3_600_000, 0.1, range(2, 4)), (3_600_000, 1.0, range(2, 31))])
async def test_a_replay_keeps_its_rate_after_a_standstill(
    redis_url: str, shift_ms: int, rate: float, sent: range
) -> None:
    """An hour in which its partner was disabled is not made up for all at once, and one that the clock was set back not waited for."""
    async with receiver(204) as partner, process(redis_url) as host, Client(host.settings) as client:
        _, added = await client.request("POST", "/partners", json={"name": "A", "url": partner.url})
        here = f"/partners/{added['id']}"
        await host.belt.publish(Step(emits=tuple(published(number) for number in range(30))))
        await settled(client, added["id"], 30)
        _, job = await client.request("POST", here + "/replays", json={"rate": rate})
        await until(lambda: len(partner.heard) >= 31)
        await host.redis.hincrby(host.key("webhooks", "replay", job["id"]), "started", shift_ms)
        await _turns(host, 6)
        _, now = await client.request("GET", f"{here}/replays/{job['id']}")

    assert ("running", True) == (now["state"], now["sent"] in sent)


async def _turns(host: Host, count: int) -> None:
    """Look at the replays so many times."""
    for _ in range(count):
        await host.loops["webhooks.replays"]()


async def test_a_partner_cannot_have_any_number_of_replays(redis_url: str) -> None:
    """Each costs a look ten times a second; one that is stopped makes room."""
    async with receiver(204) as partner, process(redis_url) as host, Client(host.settings) as client:
        _, added = await client.request("POST", "/partners", json={"name": "A", "url": partner.url})
        here = f"/partners/{added['id']}/replays"
        await host.belt.publish(Step(emits=tuple(published(number) for number in range(30))))
        await until_planned(host, 30)
        slow = {"rate": 0.1}
        jobs = [(await client.request("POST", here, json=slow))[1]["id"] for _ in range(MOST_RUNNING)]
        with pytest.raises(ProblemReceived, match="as many replays") as caught:
            await client.request("POST", here, json=slow)
        await client.request("DELETE", f"{here}/{jobs[0]}")
        status, _ = await client.request("POST", here, json=slow)

    assert (409, 202) == (caught.value.status, status)


@pytest.mark.parametrize("end", ["removed", "renewed"])
async def test_a_stream_ends_with_the_right_to_it(redis_url: str, end: str) -> None:
    """A partner that was removed, or whose token is void, hears nothing more over what it had opened before."""
    async with receiver(204) as partner, process(redis_url) as host, Client(host.settings) as client:
        _, added = await client.request("POST", "/partners", json={"name": "A", "url": partner.url})
        here = f"/partners/{added['id']}"
        headers = {"Accept": "text/event-stream", "Authorization": f"Bearer {added['token']}"}
        async with aiohttp.ClientSession() as session, asyncio.timeout(10):
            url = f"{host.settings.base_url}{here}/events"
            async with session.get(url, headers=headers) as answer:
                welcome = await answer.content.readline()
                await client.request(*(("DELETE", here) if end == "removed" else ("POST", here + "/token")))
                await host.belt.publish(Step(emits=(published(1),)))
                rest = await answer.content.read()

    assert (b": welcome\n", b"\n") == (welcome, rest)


async def test_no_partner_takes_the_streams_of_others(redis_url: str) -> None:
    """Beyond its own number it is told to come again; another one is heard, and one that was closed makes room."""
    async with receiver(204) as partner, process(redis_url) as host, Client(host.settings) as client:
        first, second = [
            (await client.request("POST", "/partners", json={"name": name, "url": partner.url}))[1]["id"]
            for name in ("A", "B")
        ]
        headers = {"Accept": "text/event-stream", "Authorization": "Bearer geheim"}
        async with aiohttp.ClientSession(headers=headers) as session, asyncio.timeout(20):
            base = f"{host.settings.base_url}/partners"
            opened = [await session.get(f"{base}/{first}/events") for _ in range(MOST_STREAMS_OF_ONE)]
            for each in opened:
                await each.content.readline()
            async with session.get(f"{base}/{first}/events") as refused:
                told = refused.status, refused.headers.get("Retry-After")
            async with session.get(f"{base}/{second}/events") as other:
                heard = other.status
            for each in opened:
                each.close()
            while (again := await session.get(f"{base}/{first}/events")).status != 200:
                again.close()
                await asyncio.sleep(0.02)
            again.close()

    assert ((503, "30"), 200) == (told, heard)
