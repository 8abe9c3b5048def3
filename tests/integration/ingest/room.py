"""The room of ingest on a real Redis: requests go in by the application, events come out on the belt."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from redis.asyncio import Redis

from services.ingest.app import install
from shared.clock import FakeClock
from shared.events import DocumentIngested, decode
from shared.host import Host
from shared.settings import Settings
from shared.streams import Belt
from shared.web import create_web, operator_check

TOKEN = "token"
GOES_AWAY = b""
"""As the last piece of a body: the sender hangs up."""


class RunningClock(FakeClock):
    """No two moments are the same, as in the world: by them one sending is told from the next one."""

    def now(self) -> datetime:
        self.advance(0.000_001)
        return super().now()


@dataclass
class Answer:
    """What the application answered; `body` is its JSON."""

    status: int
    headers: dict[str, str]
    body: Any


@dataclass
class Room:
    """The service, installed. `pieces_read` counts how much of the last request's body was asked for."""

    host: Host
    clock: FakeClock
    pieces_read: int = 0

    async def ask(
        self, method: str, path: str, body: bytes | Iterable[bytes] = b"", *, token: str = TOKEN, **headers: str
    ) -> Answer:
        """One request to the application, without a socket; if_match="…" is a header. lines="…": the body's lines, however few."""
        path, _, query = path.partition("?")
        by_lines = headers.pop("lines", "")
        headers = {"authorization": f"Bearer {token}"} | headers
        scope: dict[str, Any] = {
            "type": "http", "http_version": "1.1", "method": method, "scheme": "http", "path": path,
            "raw_path": path.encode(), "query_string": query.encode(), "root_path": "", "server": ("127.0.0.1", 8000),
            "client": ("127.0.0.1", 1),
            "headers": [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()],
        }  # fmt: skip
        pieces = iter([body] if isinstance(body, bytes) else body)
        sent: list[dict[str, Any]] = []
        self.pieces_read, ended = 0, False

        async def receive() -> dict[str, Any]:
            nonlocal ended
            if ended:
                await asyncio.Event().wait()  # the sender stays, and says nothing more
            piece = next(pieces, None)
            ended = piece is None
            self.pieces_read += piece is not None
            if piece is GOES_AWAY and not isinstance(body, bytes):
                return {"type": "http.disconnect"}
            return {"type": "http.request", "body": piece or b"", "more_body": piece is not None}

        async def send(message: Any) -> None:
            sent.append(dict(message))

        await self.host.web(scope, receive, send)
        given = {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}
        content = b"".join(part.get("body", b"") for part in sent[1:])
        if by_lines:
            return Answer(sent[0]["status"], given, [json.loads(line) for line in content.splitlines()])
        return Answer(sent[0]["status"], given, json.loads(content) if content else None)

    async def post(self, body: bytes, media_type: str = "text/plain", **headers: str) -> Answer:
        """Send a document."""
        return await self.ask("POST", "/documents", body, content_type=media_type, **headers)

    async def events(self) -> list[DocumentIngested]:
        """What lies on the belt."""
        entries = await self.host.redis.xrange(self.host.key(DocumentIngested.stream))
        events = [decode(DocumentIngested.stream, fields[b"event"]) for _, fields in entries]
        return [event for event in events if isinstance(event, DocumentIngested)]


def installed(client: Redis, **changes: Any) -> Room:
    """The service on this Redis."""
    settings = Settings(public_url="https://news.example", **changes)
    clock = RunningClock()
    belt = Belt(client, settings, clock)
    host = Host(settings, client, belt, create_web(settings.title, "test"), clock, operator_check(TOKEN))
    install(host)
    return Room(host, clock)
