"""The parts of the feeds' benchmark that need a Redis and a server: serving, hot, visible, shelf."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from typing import Any

import psutil

from shared.clock import SystemClock
from shared.packing import connect
from shared.settings import Settings
from shared.steps import Step
from shared.streams import Belt
from tests.benchmarks.feed_stock import event
from tests.benchmarks.house import ROOT, TOKEN, cpu_seconds, free_port, wait_until_ready
from tests.benchmarks.wire import Wire
from tests.redis_servers import RedisServer, binaries

SECONDS = 5
RATE, VISIBLE_SECONDS = 200, 20
HOT_FEEDS = 10_000
SHELF = int(os.environ.get("SHELF", "20000"))
POLL_SECONDS = 0.005
GATHER = 200


@dataclass
class Room:
    """The feeds as a process of their own, on a Redis of their own."""

    port: int
    process: subprocess.Popen[bytes]
    redis: RedisServer
    client: Any
    belt: Belt

    async def put(self, numbers: Sequence[int]) -> None:
        """Lay documents on the stream, and wait until the feeds have taken them."""
        for start in range(0, len(numbers), GATHER):
            await self.belt.publish(Step(emits=tuple(event(number) for number in numbers[start : start + GATHER])))
            while await self.belt.backlog("documents.related", "feeds") > 2 * GATHER:  # noqa: ASYNC110 - no event
                await asyncio.sleep(0.02)
        while await self.belt.backlog("documents.related", "feeds"):  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.02)

    def cpu(self) -> float:
        """Seconds of processor time of the server so far."""
        return cpu_seconds(self.process.pid)


@asynccontextmanager
async def room(entries: int = 50) -> AsyncIterator[Room]:
    """The feeds, ready."""
    folder, redis, port = (
        Path(tempfile.mkdtemp(prefix="feeds-")),
        RedisServer(next(iter(binaries().values()))),
        free_port(),
    )
    redis.start()
    environment = os.environ | {
        "SYNDICATE_REDIS_URL": redis.url,
        "SYNDICATE_PORT": str(port),
        "SYNDICATE_PUBLIC_URL": "http://127.0.0.1:8000",
        "SYNDICATE_TOKEN": TOKEN,
        "SYNDICATE_DATA": str(folder),
        "SYNDICATE_FEED_REFETCHES": "0",
        "SYNDICATE_FEED_ENTRIES": str(entries),
        "SYNDICATE_LOG_LEVEL": "error",
        "SYNDICATE_RETENTION_SECONDS": "1",
    }
    with (folder / "log").open("wb") as log:
        words = [sys.executable, "-m", "services", "feeds"]
        process = subprocess.Popen(words, cwd=ROOT, env=environment, stdout=log, stderr=log)  # noqa: ASYNC220 - once
    client = connect(redis.url)
    try:
        wait_until_ready(port)
        yield Room(port, process, redis, client, Belt(client, Settings(), SystemClock()))
    finally:
        await client.aclose()
        process.send_signal(signal.SIGTERM)
        process.wait(20)
        redis.remove()
        shutil.rmtree(folder, ignore_errors=True)


async def serving() -> dict[str, float]:
    """Microseconds of the server's processor for an answer, ours and nginx's, best of three turns."""
    wrk, nginx = shutil.which("wrk"), shutil.which("nginx")
    if not wrk:
        return {"skipped, there is no wrk on PATH": 0}
    async with room(entries=27) as ours:
        await ours.put(range(60))
        wire = await Wire.to(ours.port)
        whole = await wire.ask("GET", "/feeds/all.atom")
        await asyncio.sleep(1.5)
        found: dict[str, list[float]] = {}
        with tempfile.TemporaryDirectory() as folder:
            theirs = _Nginx(nginx, Path(folder), whole.body) if nginx else None
            tags = {"200": "", "304": whole.header("etag")}
            for _ in range(3):
                for status, tag in tags.items():
                    cost = await _loaded(wrk, ours.port, "/feeds/all.atom", tag, [ours.process.pid])
                    found.setdefault(f"ours {status}", []).append(cost)
                    if theirs:
                        pids = [each.pid for each in psutil.Process(theirs.process.pid).children()]
                        cost = await _loaded(wrk, theirs.port, "/all.atom", await theirs.tag() if tag else "", pids)
                        found.setdefault(f"nginx {status}", []).append(cost)
            if theirs:
                theirs.process.terminate()
        best = {name: min(costs) for name, costs in found.items()}
        ratios = {f"times {status}": best[f"ours {status}"] / best[f"nginx {status}"] for status in tags if nginx}
        return best | ratios | {"bytes": len(whole.body)}


class _Nginx:
    """nginx with one worker, serving one file."""

    def __init__(self, binary: str, folder: Path, body: bytes) -> None:
        self.port = free_port()
        (folder / "all.atom").write_bytes(body)
        folder.chmod(0o755)
        configuration = (
            f"worker_processes 1; daemon off; user root; pid {folder}/pid; error_log {folder}/error.log;"
            f"events {{ worker_connections 1024; }} http {{ access_log off; sendfile on; keepalive_requests 100000000;"
            f"client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;"
            f"uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;"
            f"server {{ listen 127.0.0.1:{self.port}; root {folder}; }} }}"
        )
        (folder / "nginx.conf").write_text(configuration)
        words = [binary, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
        self.process = subprocess.Popen(words)
        time.sleep(1)

    async def tag(self) -> str:
        """The tag of its file."""
        wire = await Wire.to(self.port)
        return (await wire.ask("GET", "/all.atom")).header("etag")


async def _loaded(wrk: str, port: int, path: str, tag: str, pids: Sequence[int]) -> float:
    before = sum(cpu_seconds(pid) for pid in pids)
    words = [wrk, "-t1", "-c32", f"-d{SECONDS}s", *(["-H", f"If-None-Match: {tag}"] if tag else [])]
    running = await asyncio.create_subprocess_exec(
        *words, f"http://127.0.0.1:{port}{path}", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    told, _ = await running.communicate()
    line = next(line for line in told.decode().splitlines() if "requests in" in line)
    assert "Non-2xx" not in told.decode() or tag, told
    return 1e6 * (sum(cpu_seconds(pid) for pid in pids) - before) / int(line.split()[0])


async def hot() -> dict[str, float]:
    """Redis commands and microseconds of the server for each 304, over many different feeds."""
    async with room() as ours:
        await ours.put(range(4_000))
        names = [row.decode() for row in await ours.client.hkeys(ours.belt.key("feeds", "names"))]
        paths = [f"/feeds/{name}.{form}" for name in sorted(names) for form in ("atom", "rss", "json")][:HOT_FEEDS]
        wire, tags = await Wire.to(ours.port), {}
        for path in paths:
            tags[path] = (await wire.ask("GET", path)).header("etag")
        await asyncio.sleep(2)
        before, spent = await _commands(ours.client), ours.cpu()
        statuses = [(await wire.ask("GET", path, {"if-none-match": tags[path]})).status for path in paths]
        commands, spent = await _commands(ours.client) - before, ours.cpu() - spent
        memory = psutil.Process(ours.process.pid).memory_info().rss
        return {
            "feeds": len(paths),
            "of which 304": statuses.count(304),
            "redis commands for each": commands / len(paths),
            "us of the server for each": 1e6 * spent / len(paths),
            "MB of the server": memory / 1e6,
        }


async def _commands(client: Any) -> int:
    return int((await client.info("stats"))["total_commands_processed"])


async def visible() -> dict[str, float]:
    """Milliseconds from the stream to the feed, at 200 documents a second, one poll in 5 ms."""
    async with room() as ours:
        await ours.put(range(200))
        laid: dict[str, float] = {}
        seen: dict[str, float] = {}

        async def watch() -> None:
            wire, tag = await Wire.to(ours.port), ""
            while True:
                reply = await wire.ask("GET", "/feeds/all.json", {"if-none-match": tag} if tag else {})
                now = time.monotonic()
                if reply.status == 200:
                    tag = reply.header("etag")
                    for part in reply.body.split(b'"id":"tag:127.0.0.1,2026:documents/')[1:]:
                        seen.setdefault(part.partition(b'"')[0].decode(), now)
                await asyncio.sleep(POLL_SECONDS)

        watching, began = asyncio.create_task(watch()), time.monotonic()
        events = [event(number) for number in range(1_000, 1_000 + RATE * VISIBLE_SECONDS)]
        spent = ours.cpu()
        for place, each in enumerate(events):
            await asyncio.sleep(began + place / RATE - time.monotonic())
            laid[each.document_id] = time.monotonic()
            await ours.belt.publish(Step(emits=(each,)))
        await asyncio.sleep(2)
        watching.cancel()
        times = quantiles([1000 * (seen[name] - at) for name, at in laid.items() if name in seen], n=100)
        share = (ours.cpu() - spent) / (RATE * VISIBLE_SECONDS) * 1000
        return {"seen": len(seen.keys() & laid), "p50 ms": times[49], "p99 ms": times[98], "server ms for each": share}


async def shelf() -> dict[str, float]:
    """What many documents take, and how soon a feed that nobody has asked for begins to come."""
    async with room() as ours:
        began = time.monotonic()
        await ours.put(range(SHELF))
        seconds = time.monotonic() - began
        await asyncio.sleep(6)  # the streams are trimmed
        memory = int((await ours.client.info("memory"))["used_memory"])
        streams = sum(
            [
                await ours.client.memory_usage(ours.belt.key(name)) or 0
                for name in ("documents.related", "documents.published")
            ]
        )
        wire = await Wire.to(ours.port)
        first = {
            name: [await _first_byte(wire, path) for path in paths]
            for name, paths in {
                "first all ms": ["/feeds/all.atom"],
                "first subject ms": ["/feeds/subjects/subject-3.atom"],
                "first archive ms": ["/feeds/all/before/99999999999999.rss"],
                "first search ms": ["/feeds/search.atom?q=te"],
                "next search ms": [
                    "/feeds/search.atom?q=te&subject=subject-4",
                    "/feeds/search.rss?q=e,t&not.subject=subject-1",
                ],
            }.items()
        }
        return {
            "documents": SHELF,
            "taken in per second": SHELF / seconds,
            "bytes of Redis for each": (memory - streams) / SHELF,
            "MB of the server": psutil.Process(ours.process.pid).memory_info().rss / 1e6,
        } | {name: max(times) for name, times in first.items()}


async def _first_byte(wire: Wire, path: str) -> float:
    began = time.monotonic()
    while (reply := await wire.ask("GET", path)).status == 503:  # noqa: ASYNC110 - the index is being made
        await asyncio.sleep(0.1)
    assert reply.status == 200, reply
    return 1000 * (time.monotonic() - began)
