"""The feeds as a process of their own, on a Redis of their own."""

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
from typing import Any

import psutil

from shared.clock import SystemClock
from shared.packing import connect
from shared.settings import Settings
from shared.steps import Step
from shared.streams import Belt
from tests.benchmarks.feed_stock import event
from tests.benchmarks.house import ROOT, TOKEN, cpu_seconds, free_port, wait_until_ready
from tests.redis_servers import RedisServer, binaries

GATHER = 200


@dataclass
class Room:
    """The feeds and their Redis. `settings` are environment variables."""

    port: int
    folder: Path
    settings: dict[str, str]
    redis: RedisServer
    client: Any
    belt: Belt
    process: subprocess.Popen[bytes]

    async def put(self, numbers: Sequence[int]) -> None:
        """Lay documents on the stream, and wait until the feeds have taken them."""
        for start in range(0, len(numbers), GATHER):
            await self.belt.publish(Step(emits=tuple(event(number) for number in numbers[start : start + GATHER])))
            while await self.belt.backlog("documents.related", "feeds") > 2 * GATHER:  # noqa: ASYNC110 - no event
                await asyncio.sleep(0.02)
        while await self.belt.backlog("documents.related", "feeds"):  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.02)

    def restart(self) -> float:
        """Stop the feeds and start them again; seconds from the start until they are ready."""
        self.stop()
        began = time.monotonic()
        self.process = started(self.folder, self.settings)
        wait_until_ready(self.port)
        return time.monotonic() - began

    def stop(self) -> None:
        """As an operator would."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)

    def cpu(self) -> float:
        """Seconds of processor time of the server so far."""
        return cpu_seconds(self.process.pid)

    def memory(self) -> int:
        """Bytes of the server."""
        return int(psutil.Process(self.process.pid).memory_info().rss)


@asynccontextmanager
async def room(entries: int = 50, **more: str) -> AsyncIterator[Room]:
    """The feeds, ready. `more`: settings by their names."""
    folder, redis, port = Path(tempfile.mkdtemp(prefix="feeds-")), server(), free_port()
    redis.start()
    settings = {
        "REDIS_URL": redis.url,
        "PORT": str(port),
        "PUBLIC_URL": "http://127.0.0.1:8000",
        "TOKEN": TOKEN,
        "DATA": str(folder),
        "FEED_REFETCHES": "0",
        "FEED_ENTRIES": str(entries),
        "LOG_LEVEL": "error",
        "RETENTION_SECONDS": "1",
    } | more
    client = connect(redis.url)
    belt = Belt(client, Settings(), SystemClock())
    ours = Room(port, folder, settings, redis, client, belt, started(folder, settings))
    try:
        wait_until_ready(port)
        yield ours
    finally:
        await client.aclose()
        ours.stop()
        redis.remove()
        shutil.rmtree(folder, ignore_errors=True)


def server() -> RedisServer:
    """The first Redis that this machine has, not started yet."""
    return RedisServer(next(iter(binaries().values())))


def started(folder: Path, settings: dict[str, str]) -> subprocess.Popen[bytes]:
    """A process of the feeds."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SYNDICATE_")}
    environment |= {f"SYNDICATE_{name}": value for name, value in settings.items()}
    with (folder / "log").open("ab") as log:
        words = [sys.executable, "-m", "services", "feeds"]
        return subprocess.Popen(words, cwd=ROOT, env=environment, stdout=log, stderr=log)


async def commands(client: Any) -> int:
    """How many commands this Redis has done so far."""
    return int((await client.info("stats"))["total_commands_processed"])
