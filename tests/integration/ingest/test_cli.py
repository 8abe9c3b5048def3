"""The operator's commands against a real server."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer
from redis.asyncio import Redis
from structlog.testing import capture_logs
from typer.testing import CliRunner, Result

from services.ingest.cli import register
from shared.client import Client, ServerUnreachable
from shared.host import _server
from tests.integration.ingest.room import TOKEN, Room, installed
from tests.unit.ingest.samples import SEEDS, seed

DEADLINE_SECONDS = 10.0
LONGER_THAN_A_RESTART_SECONDS = 4.5


@dataclass
class Desk:
    """A terminal with a server behind it."""

    room: Room
    address: str

    async def run(self, *words: str, stdin: bytes | None = None) -> Result:
        """Run `syndicate WORDS`."""
        app = typer.Typer()
        register(app)
        environment = {"SYNDICATE_URL": self.address, "SYNDICATE_TOKEN": TOKEN, "NO_COLOR": "1", "COLUMNS": "200"}
        return await asyncio.to_thread(lambda: CliRunner().invoke(app, words, input=stdin, env=environment))


@asynccontextmanager
async def served(room: Room, port: int = 0) -> AsyncIterator[str]:
    """The room's application on a port of loopback, a free one if none is given."""
    door = socket.create_server(("127.0.0.1", port))
    server = _server(room.host)
    task = asyncio.create_task(server.serve(sockets=[door]))
    async with asyncio.timeout(DEADLINE_SECONDS):
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{door.getsockname()[1]}"
    server.should_exit = True
    await task


@pytest.fixture
async def desk(redis_url: str) -> AsyncIterator[Desk]:
    """A terminal for each test."""
    async with Redis.from_url(redis_url) as client:
        room = installed(client)
        with capture_logs():
            async with served(room) as address:
                yield Desk(room, address)


async def test_a_directory_is_added(desk: Desk) -> None:
    """Every file in it, once however often it is sent; a second time says so."""
    first = await desk.run("add", str(SEEDS))
    second = await desk.run("add", str(SEEDS), "--jobs", "1")

    assert (first.exit_code, first.stdout.splitlines()[-1]) == (0, "5 documents: 5 added.")
    assert (second.exit_code, second.stdout.splitlines()[-1]) == (0, "5 documents: 5 unchanged.")
    assert len(await desk.room.events()) == 5


async def test_json_has_a_line_for_each_document(desk: Desk) -> None:
    """With what the server answered, for other programs."""
    result = await desk.run("add", str(SEEDS), "--json")
    lines = [json.loads(line) for line in result.stdout.splitlines()]

    assert {line["source"] for line in lines} == {str(path) for path in SEEDS.iterdir()}
    assert {(line["verdict"], line["answer"]["change"]) for line in lines} == {("taken", "added")}


async def test_all_ways_in_lead_to_the_same_document(desk: Desk) -> None:
    """A file, standard input and a dry run know it by one id."""
    [path] = SEEDS.glob("002*")
    runs = [await desk.run("add", str(path), "--json", *more) for more in ([], ["--dry-run"])]
    runs.append(await desk.run("add", "-", "--json", stdin=seed("002")))
    answers = [json.loads(run.stdout)["answer"] for run in runs]

    assert len({answer["id"] for answer in answers}) == 1
    assert [answer["change"] for answer in answers] == ["added", "unchanged", "unchanged"]


async def test_what_is_rejected_is_told_and_the_rest_goes_on(desk: Desk, tmp_path: Path) -> None:
    """Exit code 3, each with its reason; what begins with a dot is not looked at."""
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "good.md").write_text("# The heart\n\nIt beats.")
    (tmp_path / "empty.md").write_text("")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n")
    (tmp_path / "large.txt").write_bytes(b"x" * 10_000_000)
    (tmp_path / ".hidden.md").write_text("hidden")
    result = await desk.run("add", str(tmp_path))

    assert (result.exit_code, result.stdout.splitlines()[-1]) == (3, "4 documents: 3 rejected, 1 added.")
    assert "empty.md: the document is empty" in result.stderr
    assert "picture.png: the document is not in UTF-8" in result.stderr
    assert "large.txt: the document is larger than 2000000 bytes" in result.stderr


async def test_a_document_is_shown_and_retracted(desk: Desk) -> None:
    """By its id; a second time it is gone."""
    added = await desk.run("add", "-", "--type", "text/markdown", "--json", stdin=b"# The heart\n\nIt beats.")
    identity = json.loads(added.stdout)["answer"]["id"]
    shown = await desk.run("show", identity)
    retracted = await desk.run("retract", identity)
    again = await desk.run("retract", identity)

    assert json.loads(shown.stdout)["title"] == "The heart"
    assert retracted.stdout == f"Document {identity} is retracted (version 2).\n"
    assert (again.exit_code, "has been retracted" in again.stderr) == (3, True)


async def test_wrong_usage_says_what_is_wrong(desk: Desk) -> None:
    """Exit code 2, and nothing is sent."""
    results = [await desk.run("add", "no-such-file"), await desk.run("add")]

    assert [result.exit_code for result in results] == [2, 2]
    assert "no-such-file" in results[0].stderr


async def test_a_busy_server_is_waited_for(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """503 with Retry-After is no failure, only a matter of time."""
    answers = iter([True])

    async def overloaded() -> bool:
        return next(answers, False)

    monkeypatch.setattr(desk.room.host.belt, "overloaded", overloaded)
    monkeypatch.setattr("services.ingest.sending.LONGEST_WAIT_SECONDS", 0.05)
    result = await desk.run("add", "-", stdin=b"It beats.")

    assert (result.exit_code, len(await desk.room.events())) == (0, 1)


async def test_a_server_that_is_away_is_told_apart(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 4 after a while, with the address, once; the rest is not tried."""
    monkeypatch.setattr("services.ingest.sending.SILENCE_SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as door:
        address = f"http://127.0.0.1:{door.getsockname()[1]}"
    async with Redis.from_url(redis_url) as client:
        result = await Desk(installed(client), address).run("add", str(SEEDS), "--jobs", "1")
        many = await Desk(installed(client), address).run("add", str(SEEDS))

    assert (result.exit_code, result.stdout) == (4, "5 documents: 1 unreachable, 4 not tried.\n")
    assert (many.exit_code, many.stderr.count(f"{address} does not answer")) == (4, 1)
    assert f"Waiting up to 0 s for {address}" in result.stderr.splitlines()[0]


async def test_a_server_that_is_restarted_is_waited_for(redis_url: str) -> None:
    """While nobody listens for seconds; what waits is told of once, and everything is taken."""
    async with Redis.from_url(redis_url) as client:
        room = installed(client)
        with socket.create_server(("127.0.0.1", 0)) as door:
            port = door.getsockname()[1]
        adding = asyncio.create_task(Desk(room, f"http://127.0.0.1:{port}").run("add", str(SEEDS)))
        await asyncio.sleep(LONGER_THAN_A_RESTART_SECONDS)
        with capture_logs():
            async with served(room, port):
                result = await adding

    assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, "5 documents: 5 added.")
    assert 1 == len(result.stderr.splitlines())


async def test_a_server_that_has_answered_is_waited_for_longer(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was there, so it will most likely be back."""
    monkeypatch.setattr("services.ingest.sending.SILENCE_SECONDS", 0.0)
    asked = Client.request
    answers = iter([True, False, False])

    async def request(client: Client, *words: Any, **more: Any) -> tuple[int, Any]:
        if next(answers, True):
            return await asked(client, *words, **more)
        raise ServerUnreachable("it is away")

    monkeypatch.setattr(Client, "request", request)
    result = await desk.run("add", str(SEEDS), "--jobs", "1")

    assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, "5 documents: 5 added.")


async def test_the_wrong_token_is_a_failure(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 1: not the document's fault."""
    monkeypatch.setattr("tests.integration.ingest.test_cli.TOKEN", "wrong")
    result = await desk.run("add", "-", stdin=b"It beats.")

    assert (result.exit_code, "operator's token" in result.stderr) == (1, True)


async def test_a_near_duplicate_is_told_and_shown(desk: Desk) -> None:
    """With the id of its original."""
    first = await desk.run("add", "-", "--json", stdin=seed("001"))
    original = json.loads(first.stdout)["answer"]["id"]
    second = await desk.run("add", "-", stdin=seed("001") + b"\n\nThis was added by somebody else.\n")
    identity = second.stdout.split()[1]
    shown = await desk.run("show", identity)

    assert second.stdout.splitlines()[0] == f"added      {identity}  -  (nearly the same as {original})"
    assert json.loads(shown.stdout)["duplicate_of"] == original
