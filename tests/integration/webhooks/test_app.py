"""The whole room in one process: an event comes in, partners are told; operators have the say by HTTP and by commands."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
import typer
from pydantic import SecretStr
from redis.asyncio import Redis
from standardwebhooks.webhooks import Webhook
from structlog.testing import capture_logs
from typer.testing import CliRunner

from services.webhooks import app as webhooks
from services.webhooks import cli
from services.webhooks.demo import install_demo
from services.webhooks.payload import message_id
from shared.client import Client, ProblemReceived
from shared.clock import SystemClock
from shared.events import Change, Document, DocumentPublished, Subject
from shared.host import Host, run
from shared.settings import Settings
from shared.steps import Step
from shared.streams import Belt
from shared.web import create_web, operator_check
from tests.integration.webhooks.room import SECRET, receiver, until

DEADLINE_SECONDS = 10


def published(number: int = 1, change: Change = Change.ADDED) -> DocumentPublished:
    """An event as feeds sends it."""
    now = datetime.now(UTC)
    document = Document(id=f"{number:016}", version=1, content_hash="0", title="Tides", received_at=now)
    return DocumentPublished(
        event_id=f"event-{number}",
        correlation_id="test",
        occurred_at=now,
        change=change,
        document=document,
        subject=Subject(name="Physics", slug="physics", confidence=1),
        link="http://127.0.0.1/documents/1",
        first_published_at=now,
        updated_at=now,
    )


@asynccontextmanager
async def process(redis_url: str, *, demo: bool = False) -> AsyncIterator[Host]:
    """The service's own process until the end of the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = Settings(port=port, token=SecretStr("geheim"), partner_networks="127.0.0.0/8")
    async with Redis.from_url(redis_url) as redis:
        belt = Belt(redis, settings, SystemClock())
        host = Host(settings, redis, belt, create_web("Test", "0"), belt.clock, operator_check("geheim"))
        webhooks.install(host)
        if demo:
            install_demo(host)
        stop, ready = asyncio.Event(), asyncio.Event()

        async def say_ready() -> None:
            ready.set()

        running = asyncio.create_task(run(host, ready=say_ready, stop=stop))
        await asyncio.wait_for(ready.wait(), DEADLINE_SECONDS)
        yield host
        stop.set()
        await running


async def settled(client: Client, partner: str, count: int = 1) -> list[dict[str, Any]]:
    """The partner's deliveries, when `count` of them have ended."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while True:
            found: list[dict[str, Any]] = (await client.request("GET", f"/partners/{partner}/deliveries"))[1][
                "deliveries"
            ]
            if len([each for each in found if each["state"] not in ("waiting", "attempting")]) >= count:
                return found
            await asyncio.sleep(0.02)


async def some_partners(client: Client) -> list[dict[str, Any]]:
    """The partners, when there are any."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while True:
            found: list[dict[str, Any]] = (await client.request("GET", "/partners"))[1]["partners"]
            if found:
                return found
            await asyncio.sleep(0.01)


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


async def test_a_secret_is_shown_once(redis_url: str, capfd: pytest.CaptureFixture[str]) -> None:
    """No list, no change, no error and no log line has a secret again."""
    async with receiver(500) as partner, process(redis_url) as host, Client(host.settings) as client:
        _, added = await client.request("POST", "/partners", json={"name": "A", "url": partner.url, "secret": SECRET})
        here = f"/partners/{added['id']}"
        later = [
            await client.request("GET", "/partners"),
            await client.request("GET", here),
            await client.request("PATCH", here, json={"name": "B"}),
            await client.request("POST", here + "/test"),
            await client.request("GET", here + "/deliveries"),
        ]
        for body in ({"url": "https://p.example", "secret": SECRET}, {"name": "A", "url": "x", "secret": SECRET + "!"}):
            with pytest.raises(ProblemReceived) as caught:
                await client.request("POST", "/partners", json=body)
            later.append((caught.value.status, caught.value.body))
    output = capfd.readouterr()

    assert added["secret"] == SECRET
    assert SECRET.removeprefix("whsec_") not in f"{later} {output.out} {output.err}"


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", "/partners", {"name": "A"}, 422, "bad-field"),
        ("POST", "/partners", {"name": "A", "url": "https://p.example", "admin": True}, 422, "bad-field"),
        ("POST", "/partners", {"name": "A", "url": "https://p.example", "secret": "geheim"}, 422, "bad-secret"),
        ("POST", "/partners", {"name": "A", "url": "ftp://p.example"}, 422, "bad-url"),
        ("POST", "/partners", {"name": "A", "url": "https://10.0.0.1/"}, 422, "address-refused"),
        ("POST", "/partners", {"name": "A", "url": "http://8.8.8.8/"}, 422, "https-required"),
        ("POST", "/partners", {"name": "A" * 20_000, "url": "https://p.example"}, 422, "bad-field"),
        ("GET", "/partners/nobody", None, 404, "not-found"),
        ("PATCH", "/partners/nobody", {"name": "B"}, 404, "not-found"),
        ("DELETE", "/partners/nobody", None, 404, "not-found"),
        ("POST", "/partners/nobody/test", None, 404, "not-found"),
        ("GET", "/partners/nobody/deliveries", None, 404, "not-found"),
        ("POST", "/partners/nobody/deliveries/msg_1/resend", None, 404, "not-found"),
    ],
)
async def test_what_does_not_fit_is_a_problem(
    redis_url: str, method: str, path: str, body: object, status: int, code: str
) -> None:
    """Each with its own code, and nothing is stored."""
    async with process(redis_url) as host, Client(host.settings) as client:
        with pytest.raises(ProblemReceived) as caught:
            await client.request(method, path, json=body)
        _, found = await client.request("GET", "/partners")

    assert (caught.value.status, caught.value.code, found) == (status, code, {"partners": []})


@pytest.mark.parametrize("path", ["", "/x", "/x/deliveries"])
async def test_only_the_operator_passes(redis_url: str, path: str) -> None:
    """Partners are not shown to those without the token."""
    async with process(redis_url) as host:
        stranger = host.settings.model_copy(update={"token": SecretStr("guessed")})
        async with Client(stranger) as client:
            with pytest.raises(ProblemReceived) as caught:
                await client.request("GET", "/partners" + path)

    assert caught.value.status == 401


async def test_a_partners_life(redis_url: str) -> None:
    """Disabled, it is told nothing and cannot be tested; enabled again it is; a delivery is sent again; removed, it is gone."""
    async with receiver(200) as partner, process(redis_url) as host, Client(host.settings) as client:
        _, added = await client.request("POST", "/partners", json={"name": "A", "url": partner.url})
        here = f"/partners/{added['id']}"
        _, disabled = await client.request("PATCH", here, json={"enabled": False})
        with pytest.raises(ProblemReceived, match="disabled"):
            await client.request("POST", here + "/test")
        await client.request("PATCH", here, json={"enabled": True})
        _, tested = await client.request("POST", here + "/test")
        await settled(client, added["id"])
        _, again = await client.request("POST", f"{here}/deliveries/{tested['delivery']}/resend")
        await until(lambda: len(partner.heard) == 2)
        status, _ = await client.request("DELETE", here)
        _, left = await client.request("GET", "/partners")

    assert (disabled["enabled"], disabled["disabled_reason"]) == (False, "by the operator")
    assert (again["verdict"], status, left) == ("resent", 204, {"partners": []})
    assert partner.ids == [tested["delivery"]] * 2


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


async def test_the_commands_do_what_the_routes_do(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Add, list, test, look at the deliveries, remove; as JSON and for people."""
    app = typer.Typer()
    cli.register(app)

    async def command(*words: str) -> str:
        result = await asyncio.to_thread(CliRunner().invoke, app, words)
        assert result.exit_code == 0, result.output
        return result.output

    async with (
        receiver(200) as partner,
        process(redis_url) as host,
        Client(host.settings) as client,
        AsyncExitStack() as stack,
    ):
        monkeypatch.setenv("SYNDICATE_URL", host.settings.base_url)
        monkeypatch.setenv("SYNDICATE_TOKEN", "geheim")
        monkeypatch.setenv("COLUMNS", "200")
        stack.enter_context(capture_logs())  # or the process's lines would stand among the command's
        added = json.loads(await command("partners", "add", partner.url, "--name", "Harbour [news]", "--json"))
        listed = await command("partners", "list")
        tested = json.loads(await command("partners", "test", added["id"], "--json"))
        await settled(client, added["id"])
        shown = await command("deliveries", added["id"])
        as_json = json.loads(await command("deliveries", added["id"], "--limit", "1", "--json"))
        removed = await command("partners", "remove", added["id"])

    assert "Harbour [news]" in listed
    assert added["secret"] not in listed
    assert tested["delivery"] == as_json[0]["id"]
    assert "delivered" in shown
    assert removed == f"Partner {added['id']} is removed.\n"


async def test_the_receiver_prints_what_it_verified() -> None:
    """`syndicate receive` is a partner: one line of JSON for each new message, none for a repeat."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = f"import typer; from services.webhooks import cli; a = typer.Typer(); cli.register(a); a(['receive', '--port', '{port}', '--secret', '{SECRET}'])"
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE)
    body, now = '{"type": "webhook.test", "data": {"name": "A"}}', datetime.now(UTC)
    headers = {"webhook-timestamp": str(int(now.timestamp()))}
    settings = Settings(url=f"http://127.0.0.1:{port}", token=SecretStr("none"))
    async with Client(settings) as client, asyncio.timeout(3 * DEADLINE_SECONDS):
        for message in ("msg_1", "msg_1", "msg_2"):
            signed = headers | {"webhook-id": message, "webhook-signature": Webhook(SECRET).sign(message, now, body)}
            await insist(client, body.encode(), signed)
        _, inbox = await client.request("GET", "/")
        assert child.stdout
        lines = [json.loads(await child.stdout.readline()) for _ in range(2)]
        child.terminate()
        await child.communicate()

    assert [line["id"] for line in lines] == ["msg_1", "msg_2"]
    assert (inbox["received"], inbox["repeats"]) == (2, 1)


async def insist(client: Client, body: bytes, headers: dict[str, str]) -> None:
    """Post, waiting for the server to come up."""
    while True:
        try:
            await client.request("POST", "/", body=body, headers=headers)
        except ProblemReceived:
            raise
        except Exception:
            await asyncio.sleep(0.05)
        else:
            return
