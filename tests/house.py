"""All five services in one process around a real Redis, spoken to over HTTP: what `syndicate up` runs, inside a test."""

from __future__ import annotations

import asyncio
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from pydantic import SecretStr

from services import FLOW
from services.commands.up import build
from shared.clock import Clock
from shared.host import Host, run
from shared.packing import connect
from shared.settings import ROOT, Settings

TOKEN = "operator-for-tests"
SEEDS = sorted((ROOT / "seeds" / "documents").iterdir())


@dataclass
class House:
    """A running process: its host, and a session that writes as the operator."""

    host: Host
    session: aiohttp.ClientSession

    async def call(self, method: str, path: str, **options: Any) -> tuple[int, Any, dict[str, str]]:
        """Status, body (JSON if it says so, else bytes) and headers."""
        async with self.session.request(method, path, **options) as got:
            body = await (got.json(content_type=None) if "json" in got.content_type else got.read())
            return got.status, body, {name.lower(): value for name, value in got.headers.items()}

    async def add(self, body: bytes, media_type: str = "text/plain") -> tuple[int, Any]:
        """Add a document."""
        status, answer, _ = await self.call("POST", "/documents", data=body, headers={"Content-Type": media_type})
        return status, answer

    async def add_seeds(self) -> list[str]:
        """Add the five seeds; their ids, in the order of their names."""
        answers = [await self.add(seed.read_bytes()) for seed in SEEDS]
        assert [202] * 5 == [status for status, _ in answers]
        return [answer["id"] for _, answer in answers]

    async def published(self, *ids: str) -> list[dict[str, Any]]:
        """Wait until these documents are published; their JSON."""
        return [await self.eventually(f"/documents/{name}", lambda body: body.get("subject")) for name in ids]

    async def eventually(self, path: str, good: Callable[[Any], Any], seconds: float = 15.0) -> Any:
        """Get `path` until the body is good."""
        async with asyncio.timeout(seconds):
            while True:
                status, body, _ = await self.call("GET", path, headers={"Accept": "application/json"})
                if status == 200 and good(body):
                    return body
                await asyncio.sleep(0.02)


@asynccontextmanager
async def house(
    redis_url: str,
    folder: Path,
    *,
    services: Sequence[str] = FLOW,
    also: Callable[[Host], None] = lambda _: None,
    clock: Clock | None = None,
    **changes: Any,
) -> AsyncIterator[House]:
    """Start services, wait until they are ready, stop them as SIGTERM would."""
    values: dict[str, Any] = {"port": free_port(), "data": folder, "lease_seconds": 1, "drain_seconds": 2}
    settings = Settings(**{**values, "token": SecretStr(TOKEN), **changes})
    client = connect(redis_url)
    host = build(services, settings, client, clock=clock)
    also(host)
    ready, stop = asyncio.Event(), asyncio.Event()

    async def signal() -> None:
        ready.set()

    life = asyncio.create_task(run(host, ready=signal, stop=stop))
    await asyncio.wait([life, waiting := asyncio.create_task(ready.wait())], return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    headers = {"Authorization": f"Bearer {TOKEN}"}
    try:
        async with aiohttp.ClientSession(settings.base_url, headers=headers) as session:
            yield House(host, session)
    finally:  # a test that fails or is skipped leaves no open socket to the next one, which would be blamed for it
        stop.set()
        await life
        await client.aclose()


def free_port() -> int:
    """A port of loopback that nobody listens on now, below those that a system gives to whoever asks for any."""
    while True:
        port = 10_000 + secrets.randbelow(20_000)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
