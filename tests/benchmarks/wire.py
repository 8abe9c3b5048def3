"""Both ends of HTTP at the least cost, so that what is measured is the product: a client for one connection, a receiver for partners."""

from __future__ import annotations

import asyncio
import multiprocessing
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Self

import psutil

LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
DOCUMENT = re.compile(rb'"data":\{"id":"(\w+)"')
NO_CONTENT = b"HTTP/1.1 204 No Content\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back; `head` is its first lines as they are."""

    status: int
    head: bytes
    body: bytes

    def header(self, name: str) -> str:
        """The value of a header; empty if there is none."""
        found = re.search(rb"(?im)^" + name.encode() + rb": ([^\r]*)", self.head)
        return found[1].decode() if found else ""


class Wire:
    """One kept connection of HTTP/1.1, one request at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def to(cls, port: int) -> Self:
        """A connection to a port of this machine."""
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def ask(self, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b"") -> Reply:
        """Send a request and read the whole answer."""
        lines = [f"{method} {path} HTTP/1.1", "host: 127.0.0.1", f"content-length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        self._writer.write("\r\n".join((*lines, "", "")).encode() + body)
        head = await self._reader.readuntil(b"\r\n\r\n")
        status = int(head[9:12])
        length = LENGTH.search(head)
        has_body = length and status != 304
        return Reply(status, head, await self._reader.readexactly(int(length[1])) if has_body and length else b"")

    def close(self) -> None:
        """Hang up."""
        self._writer.close()


class _Partner(asyncio.Protocol):
    """Answers 204 to each request and writes down when which document came for which path."""

    def __init__(self, heard: list[tuple[float, str, str]]) -> None:
        self._heard = heard
        self._waiting = b""
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._waiting += data
        head, gap, rest = self._waiting.partition(b"\r\n\r\n")
        length = LENGTH.search(head) if gap else None
        if length is None or len(rest) < int(length[1]):
            return
        self._waiting = b""
        if found := DOCUMENT.search(rest):
            self._heard.append((time.monotonic(), head.split(b" ", 2)[1].decode(), found[1].decode()))
        self._transport.write(NO_CONTENT)


def _receive(pipe: Connection) -> None:
    heard: list[tuple[float, str, str]] = []

    def answer() -> None:
        pipe.send(len(heard) if pipe.recv() == "count" else heard)

    async def run() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: _Partner(heard), "127.0.0.1", 0)
        loop.add_reader(pipe.fileno(), answer)
        pipe.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


class Receiver:
    """The partners' side in a process of its own."""

    def __init__(self) -> None:
        self._pipe, theirs = multiprocessing.Pipe()
        self.process = multiprocessing.get_context("spawn").Process(target=_receive, args=(theirs,), daemon=True)
        self.process.start()
        self.port = int(self._pipe.recv())

    def cpu(self) -> float:
        """Seconds of processor time so far."""
        times = psutil.Process(self.process.pid).cpu_times()
        return float(times.user + times.system)

    def count(self) -> int:
        """How many deliveries have come."""
        self._pipe.send("count")
        return int(self._pipe.recv())

    def heard(self) -> list[tuple[float, str, str]]:
        """(monotonic seconds, path, document) of every delivery."""
        self._pipe.send("heard")
        return list(self._pipe.recv())
