"""Operators and partners do their work by commands."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from contextlib import AsyncExitStack
from datetime import UTC, datetime

import pytest
import typer
from pydantic import SecretStr
from standardwebhooks.webhooks import Webhook
from structlog.testing import capture_logs
from typer.testing import CliRunner

from services.webhooks import cli
from shared.client import Client, ProblemReceived
from shared.settings import Settings
from tests.integration.webhooks.process import DEADLINE_SECONDS, process, settled
from tests.integration.webhooks.reader import feed, reader, subscribed
from tests.integration.webhooks.room import SECRET, receiver


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

        refused = await asyncio.to_thread(
            CliRunner().invoke, app, ["partners", "add", "http://8.8.8.8/", "--name", "x"]
        )
        monkeypatch.setenv("SYNDICATE_URL", "http://127.0.0.1:1")
        nobody = await asyncio.to_thread(CliRunner().invoke, app, ["partners", "list"])

    assert (refused.exit_code, nobody.exit_code) == (3, 4)
    assert "needs https" in refused.output
    assert "Harbour [news]" in listed
    assert added["secret"] not in listed
    assert tested["delivery"] == as_json[0]["id"]
    assert "delivered" in shown
    assert removed == f"Partner {added['id']} is removed.\n"


async def test_operators_end_subscriptions_by_commands(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """List, show, remove; as JSON and for people; never a secret."""
    app = typer.Typer()
    cli.register(app)

    async def command(*words: str) -> str:
        result = await asyncio.to_thread(CliRunner().invoke, app, ["subscriptions", *words])
        return f"{result.exit_code} {result.output}"

    async with reader() as found, process(redis_url) as host, AsyncExitStack() as stack:
        monkeypatch.setenv("SYNDICATE_URL", host.settings.base_url)
        monkeypatch.setenv("SYNDICATE_TOKEN", "geheim")
        monkeypatch.setenv("COLUMNS", "250")
        stack.enter_context(capture_logs())
        await subscribed(host, found, feed(host), secret="hush")
        listed = json.loads((await command("list", "--json")).removeprefix("0 "))
        name = listed["subscriptions"][0]["id"]
        told = [await command(*words) for words in (["list"], ["show", name], ["remove", name], ["show", name])]

    assert listed["topics"] == [{"topic": feed(host), "subscriptions": 1}]
    assert [each[0] for each in told] == ["0", "0", "0", "3"]
    assert feed(host) in told[0]
    assert "sha256" in told[1]
    assert f"Subscription {name} is ended." in told[2]
    assert "hush" not in "".join(told)


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
