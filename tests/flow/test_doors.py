"""Five ways in lead to one document; imports outlive kills; what came in can be written back, saved and restored."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis.asyncio

from shared.settings import ROOT
from tests.house import SEEDS, TOKEN, House, free_port, house
from tests.processes import Process, ready

SYNDICATE = [sys.executable, "-m", "services"]


async def command(running: House, folder: Path, *words: str, stdin: bytes = b"") -> tuple[int, str, str]:
    """Run `syndicate WORDS` in a process of its own: exit code, standard output, standard error."""
    environment = os.environ | {
        "SYNDICATE_URL": running.host.settings.base_url,
        "SYNDICATE_TOKEN": TOKEN,
        "SYNDICATE_DATA": str(folder),
        "PYTHONPATH": str(ROOT),
    }
    done = await asyncio.to_thread(
        subprocess.run, [*SYNDICATE, *words], input=stdin, capture_output=True, cwd=ROOT, env=environment, check=False
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


async def added(running: House, folder: Path, *words: str, stdin: bytes = b"") -> list[str]:
    """The ids that `syndicate add` tells, in the order of their sources."""
    code, out, said = await command(running, folder, "add", "--json", "--jobs", "1", *words, stdin=stdin)
    assert code == 0, said
    lines = sorted((json.loads(line) for line in out.splitlines()), key=lambda line: str(line["source"]))
    return [line["answer"]["id"] for line in lines]


async def test_five_ways_in_one_document(redis_url: str, tmp_path: Path) -> None:
    """Each seed by file, standard input, HTTP, folder and XADD: one id, one text, one event."""
    inbox = tmp_path / "inbox"
    async with house(redis_url, tmp_path, services=("ingest",), inbox=inbox) as running:
        by_file = await added(running, tmp_path, *map(str, SEEDS))
        texts = [(await running.call("GET", f"/documents/{name}"))[1]["text"] for name in by_file]
        by_stdin = [(await added(running, tmp_path, "-", stdin=seed.read_bytes()))[0] for seed in SEEDS]
        by_http = [(await running.add(seed.read_bytes(), "application/octet-stream"))[1]["id"] for seed in SEEDS]
        for seed in SEEDS:
            shutil.copy(seed, inbox)
        async with asyncio.timeout(20):
            while len(list((inbox / "done").glob("*"))) < 5:  # noqa: ASYNC110 - a look in a test
                await asyncio.sleep(0.1)
        for seed in SEEDS:
            await running.host.redis.xadd(running.host.key("inbox"), {"body": seed.read_bytes()})
        async with asyncio.timeout(20):
            while await running.host.belt.backlog("inbox", "ingest"):  # noqa: ASYNC110 - no event
                await asyncio.sleep(0.05)
        events = await running.host.redis.xlen(running.host.key("documents.ingested"))
        known = await running.host.redis.zcard(running.host.key("ingest", "ids"))
        after = [(await running.call("GET", f"/documents/{name}"))[1]["text"] for name in by_file]

    assert by_file == by_stdin == by_http
    assert (5, 5) == (events, known)
    assert texts == after


@pytest.fixture
def generated(tmp_path: Path) -> Path:
    """A folder of 300 documents with front matter."""
    folder = tmp_path / "documents"
    folder.mkdir()
    for number in range(300):
        text = f"---\nid: {number}\ntitle: Note {number}\n---\n\nThe moon pulls the sea for the {number}th time.\n"
        (folder / f"{number:03}.md").write_text(text)
    return folder


@pytest.fixture
def processes() -> Iterator[list[Process]]:
    """What is put in here is dead after the test, whatever comes of it."""
    started: list[Process] = []
    yield started
    for process in started:
        process.kill()


@pytest.fixture
def server(redis_server: Any, tmp_path: Path, processes: list[Process]) -> tuple[Callable[[], Process], str]:
    """A function that starts ingest in a process of its own, always at the same address."""
    port = free_port()

    def start() -> Process:
        environment = os.environ | {
            "SYNDICATE_REDIS_URL": redis_server.url,
            "SYNDICATE_PORT": str(port),
            "SYNDICATE_DATA": str(tmp_path / "data"),
            "SYNDICATE_TOKEN": TOKEN,
        }
        process = Process([*SYNDICATE, "ingest"], cwd=ROOT, env=environment)
        processes.append(process)
        ready(f"http://127.0.0.1:{port}", process)
        return process

    return start, f"http://127.0.0.1:{port}"


async def test_an_import_outlives_kills_on_both_sides(
    redis_server: Any, server: Any, processes: list[Process], generated: Path, tmp_path: Path
) -> None:
    """Kill -9 the server in the middle, then the command; run it again: every document once."""
    start, address = server
    environment = os.environ | {"SYNDICATE_URL": address, "SYNDICATE_TOKEN": TOKEN, "SYNDICATE_DATA": str(tmp_path)}
    words = [*SYNDICATE, "add", str(generated), "--jobs", "4"]
    async with redis.asyncio.Redis.from_url(redis_server.url) as client:
        first = await asyncio.to_thread(start)
        importing = Process(words, cwd=ROOT, env=environment)
        processes.append(importing)
        await reached(client, 60)
        first.kill()
        await asyncio.to_thread(start)
        await reached(client, 140)
        importing.kill()
        middle = await client.xlen("{syndicate}:documents.ingested")
        done = await asyncio.to_thread(
            subprocess.run, words, capture_output=True, text=True, cwd=ROOT, env=environment, check=False
        )
        entries: Any = await client.xrange("{syndicate}:documents.ingested")
    ids = [json.loads(fields[b"event"])["document"]["id"] for _, fields in entries]

    assert 0 == done.returncode, done.stderr
    assert 140 <= middle < 300
    assert (300, 300) == (len(ids), len(set(ids)))
    assert done.stdout.startswith("300 documents: ")


async def reached(client: Any, count: int) -> None:
    """Wait until so many documents are on the belt."""
    async with asyncio.timeout(60):
        while await client.xlen("{syndicate}:documents.ingested") < count:  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.005)


async def test_what_came_in_is_written_back(redis_url: str, tmp_path: Path) -> None:
    """Into the shape that the source had; a second run changes nothing, a person's later edit stays, --check tells."""
    sources = tmp_path / "sources"
    shutil.copytree(SEEDS[0].parent, sources)
    first = sources / SEEDS[0].name
    async with house(redis_url, tmp_path) as running:
        ids = await added(running, tmp_path, str(sources))
        await running.published(*ids)
        for name in ids:
            await running.eventually(f"/documents/{name}", lambda body: len(body["related"]) == 4)
        checked = await command(running, tmp_path, "export", "--check", str(sources))
        untouched = first.read_bytes() == SEEDS[0].read_bytes()
        one = await command(running, tmp_path, "export", str(sources))
        written = first.read_text()
        two = await command(running, tmp_path, "export", str(sources), "--check")
        first.write_text(written.replace("related_article2:\n    id: ", "related_article2:\n    id: mine-"))
        edited = first.read_text()
        await command(running, tmp_path, "set-subject", ids[0], "Nursing")
        await running.eventually(f"/documents/{ids[0]}", lambda body: body["subject"]["slug"] == "nursing")
        three = await command(running, tmp_path, "export", str(sources))

    assert (1, True, 0, 0, 0) == (checked[0], untouched, one[0], two[0], three[0]), (checked, one, two, three)
    assert "+    id: " in checked[1]
    before, after = SEEDS[0].read_text().split("\n"), written.split("\n")
    assert len(before) == len(after)
    changed = {old.strip().split(":")[0] for old, new in zip(before, after, strict=True) if old != new}
    assert {"id", "url"} <= changed
    assert all(name in written for name in ids[1:])
    assert first.read_text() == edited.replace("subject: Medicine\nfile_name", "subject: Nursing\nfile_name")


async def test_a_backup_fills_an_empty_house(redis_url: str, tmp_path: Path) -> None:
    """Same ids, versions and subjects; restoring twice changes nothing."""
    saved = tmp_path / "saved.ndjson"
    async with house(redis_url, tmp_path) as running:
        ids = await running.add_seeds()
        await command(running, tmp_path, "set-subject", ids[1], "Nursing")
        assert (await command(running, tmp_path, "backup", str(saved)))[0] == 0
    async with redis.asyncio.Redis.from_url(redis_url) as client:
        await client.flushall()
    async with house(redis_url, tmp_path) as running:
        first = await command(running, tmp_path, "restore", str(saved))
        second = await command(running, tmp_path, "restore", str(saved))
        body = await running.eventually(f"/documents/{ids[1]}", lambda body: body.get("subject"))
        await running.published(*ids)

    assert (0, "5 documents: 5 added.\n") == first[:2]
    assert (0, "5 documents: 5 unchanged.\n") == second[:2]
    assert (2, "nursing") == (body["version"], body["subject"]["slug"])


@pytest.mark.parametrize("strike", ["server", "Redis"])
async def test_a_restore_outlives_kills(
    redis_server: Any, server: Any, processes: list[Process], generated: Path, tmp_path: Path, strike: str
) -> None:
    """With -9, in the middle: the command waits, sends again what was not taken, and every document is there once."""
    start, address = server
    environment = os.environ | {"SYNDICATE_URL": address, "SYNDICATE_TOKEN": TOKEN, "SYNDICATE_DATA": str(tmp_path)}
    saved = str(tmp_path / "saved.ndjson")
    before = await asyncio.to_thread(start)
    for words in (["add", str(generated)], ["backup", saved]):
        await asyncio.to_thread(subprocess.run, [*SYNDICATE, *words], cwd=ROOT, env=environment, check=True)
    before.kill()
    async with redis.asyncio.Redis.from_url(redis_server.url) as client:
        await client.flushall()
        process = await asyncio.to_thread(start)
        restoring = Process([*SYNDICATE, "restore", saved], cwd=ROOT, env=environment)
        processes.append(restoring)
        await reached(client, 20)
        middle = await client.xlen("{syndicate}:documents.ingested")
        if strike == "server":
            process.kill()
            await asyncio.to_thread(start)
        else:
            redis_server.kill()
            redis_server.start()
        code = await asyncio.to_thread(restoring.popen.wait, 120)
    async with redis.asyncio.Redis.from_url(redis_server.url) as client:
        entries: Any = await client.xrange("{syndicate}:documents.ingested")
    ids = [json.loads(fields[b"event"])["document"]["id"] for _, fields in entries]

    assert code == 0, restoring.said()
    assert middle < 300
    assert (300, 300) == (len(ids), len(set(ids)))
