"""The subscribers' side of the hub's benchmark, in a process of its own: agrees to everything, and notes what is pushed to whom, and when.

A subscriber is a path: /0, /1, … A push is noted when it is whole, and before it is answered.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import re
import time
from multiprocessing.connection import Connection
from typing import Any

import psutil

LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
CHALLENGE = re.compile(rb"hub\.challenge=([^& ]+)")
MODE = re.compile(rb"hub\.mode=(\w+)")
DOCUMENT = re.compile(rb"tag:[^\"<]{1,80}?documents/(\w+)")
AGREED = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: %d\r\n\r\n%b"
ANSWER = b"HTTP/1.1 %d -\r\ncontent-length: 0\r\n\r\n"
NO_CONTENT = 204

Push = tuple[float, int, tuple[bytes, ...]]
"""Monotonic seconds, the subscriber, and the documents in it."""


class Notes:
    """What all connections share. `status`: what pushes are answered; `whole`: whether their documents are noted."""

    def __init__(self) -> None:
        self.agreed: set[int] = set()
        self.pushes: list[Push] = []
        self.refused = 0
        self.status = NO_CONTENT

    def asked(self, words: tuple[str, Any]) -> Any:
        """What the benchmark wants to know, or to have."""
        what, value = words
        match what:
            case "status":
                self.status = value
            case "agreed" | "refused":
                found = getattr(self, what)
                return found if isinstance(found, int) else len(found)
            case "count":
                return len(self.pushes)
            case "pushes":
                return self.pushes
            case "forget":
                self.pushes.clear()
        return None


class _Subscriber(asyncio.Protocol):
    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self._waiting = bytearray()
        self._missing = 0
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._waiting += data
        self._missing -= len(data)
        if self._missing > 0:  # of a large body, which is looked at when it is there
            return
        place = self._waiting.find(b"\r\n\r\n")
        if place < 0:
            return
        head = bytes(self._waiting[:place])
        length = LENGTH.search(head)
        whole = place + 4 + (int(length[1]) if length else 0)
        self._missing = whole - len(self._waiting)
        if self._missing <= 0:
            body = bytes(self._waiting[place + 4 : whole])
            self._waiting.clear()
            self._transport.write(self._answer(head, body))

    def _answer(self, head: bytes, body: bytes) -> bytes:
        method, target, _ = head.split(b" ", 2)
        name = int(target.partition(b"?")[0][1:])
        if method == b"GET":
            return self._agree(name, target)
        if self._notes.status == NO_CONTENT:
            documents = tuple(dict.fromkeys(DOCUMENT.findall(body)))
            self._notes.pushes.append((time.monotonic(), name, documents))
        else:
            self._notes.refused += 1
        return ANSWER % self._notes.status

    def _agree(self, name: int, target: bytes) -> bytes:
        challenge, mode = CHALLENGE.search(target), MODE.search(target)
        if mode and mode[1] == b"subscribe":
            self._notes.agreed.add(name)
        said = challenge[1] if challenge else b""
        return AGREED % (len(said), said)


def _serve(pipe: Connection) -> None:
    notes = Notes()

    async def run() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: _Subscriber(notes), "127.0.0.1", 0, backlog=4_096)
        loop.add_reader(pipe.fileno(), lambda: pipe.send(notes.asked(pipe.recv())))
        pipe.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


class Subscribers:
    """The process, as the benchmark sees it."""

    def __init__(self) -> None:
        self._pipe, theirs = multiprocessing.Pipe()
        self.process = multiprocessing.get_context("spawn").Process(target=_serve, args=(theirs,), daemon=True)
        self.process.start()
        self.port = int(self._pipe.recv())

    def callback(self, name: int) -> str:
        """Where a subscriber is told."""
        return f"http://127.0.0.1:{self.port}/{name}"

    def ask(self, what: str, value: Any = None) -> Any:
        """What is noted: agreed, refused, count, pushes; or done: status, forget."""
        self._pipe.send((what, value))
        return self._pipe.recv()

    def cpu(self) -> float:
        """Seconds of processor time so far."""
        times = psutil.Process(self.process.pid).cpu_times()
        return float(times.user + times.system)

    def end(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.join()
