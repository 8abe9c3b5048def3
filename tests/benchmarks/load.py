"""Documents posted to the belt, and the main feed looked at as a reader does; both remember when."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.house import ROOT, TOKEN
from tests.benchmarks.synthetic import Model
from tests.benchmarks.wire import Reply, Wire

CONNECTIONS = 16
"""Senders at once. Redis holds back its answers while the disk is busy with an fsync, and a sender waits for that; the belt goes on with what is there."""
POLL_SECONDS = 0.005
IN_FEED = re.compile(rb'"id":\s?"tag:[^"]*[/:](\w+)"')

Document = tuple[bytes, str]
"""The body of a POST and its media type."""


@dataclass
class Sent:
    """One document's times in monotonic seconds."""

    posted: float
    accepted: float


class Load:
    """Posts documents over kept connections and remembers when."""

    def __init__(self, port: int, *, senders: int = CONNECTIONS) -> None:
        self.port = port
        self.senders = senders
        self.sent: dict[str, Sent] = {}

    async def as_fast_as_accepted(self, documents: Sequence[Document]) -> None:
        """Each connection posts its next document when the last one was accepted."""
        queue = iter(documents)

        async def lane() -> None:
            wire = await Wire.to(self.port)
            for document in queue:
                await self.post(wire, document)
            wire.close()

        await asyncio.gather(*(lane() for _ in range(self.senders)))

    async def at(self, per_second: float, documents: Sequence[Document]) -> None:
        """Each document at its time, whether or not the earlier ones were answered."""
        idle = deque([await Wire.to(self.port) for _ in range(self.senders)])
        began = time.monotonic()

        async def one(place: int, document: Document) -> None:
            await asyncio.sleep(began + place / per_second - time.monotonic())
            wire = idle.popleft() if idle else await Wire.to(self.port)  # in turn: one that idles is closed
            await self.post(wire, document)
            idle.append(wire)

        await asyncio.gather(*(one(place, document) for place, document in enumerate(documents)))

    async def post(self, wire: Wire, document: Document) -> None:
        """Send one document until it is accepted."""
        body, media_type = document
        posted = time.monotonic()
        while (reply := await self._posted(wire, body, media_type)).status == 503:  # noqa: ASYNC110 - it asks for that
            await asyncio.sleep(float(reply.header("retry-after") or 1))
        assert reply.status in {200, 202}, reply  # 200: it was taken, but the first answer was lost in a crash
        self.sent[json.loads(reply.body)["id"]] = Sent(posted, time.monotonic())

    async def _posted(self, wire: Wire, body: bytes, media_type: str) -> Reply:
        headers = {"authorization": f"Bearer {TOKEN}", "content-type": media_type}
        return await wire.ask("POST", "/documents", headers, body)


class Reader:
    """Looks at the main feed again and again, as a reader does: conditionally. `seen`: when each document was there first."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.seen: dict[str, float] = {}
        self.looks: list[float] = []

    async def watch(self) -> None:
        """Look until cancelled."""
        wire, tag = await Wire.to(self.port), ""
        while True:
            reply = await wire.ask("GET", "/feeds/all.json", {"if-none-match": tag} if tag else {})
            now = time.monotonic()
            self.looks.append(now)
            if reply.status == 200:
                tag = reply.header("etag")
                for document in IN_FEED.findall(reply.body):
                    self.seen.setdefault(document.decode(), now)
            await asyncio.sleep(POLL_SECONDS)


def corpus(path: Path) -> Iterator[Document]:
    """The documents of a file of JSON lines."""
    with gzip.open(path, "rt") as lines:
        for line in lines:
            told = json.loads(line)
            yield json.dumps({"title": told["title"], "answer": told["answer"]}).encode(), "application/json"


def synthetic(count: int) -> Iterator[Document]:
    """Documents of the model of words."""
    model = Model((ROOT / "seeds" / "subjects.yaml").read_bytes())
    for body in model.documents(count):
        yield body, "text/markdown"
