"""Subscribers as the hub meets them: a real HTTP server with a callback for each, which notes everything and answers as it is told."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import TypeVar
from urllib.parse import parse_qsl, urlsplit

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Answer = int | Handler
T = TypeVar("T")


@dataclass(frozen=True)
class Heard:
    """One request as it came over the wire. `target`: path and query, byte for byte."""

    method: str
    target: str
    headers: dict[str, str]
    links: tuple[str, ...]
    """The Link headers, one by one."""
    body: bytes

    @property
    def query(self) -> dict[str, str]:
        """The query's parameters, decoded; of several with one name the last."""
        return dict(self.pairs)

    @property
    def pairs(self) -> list[tuple[str, str]]:
        return parse_qsl(urlsplit(self.target).query, keep_blank_values=True)


async def consent(request: web.Request) -> web.StreamResponse:
    """Agree with whatever is asked: the last challenge comes back."""
    return web.Response(text=request.query.getall("hub.challenge")[-1])


async def refuse(_: web.Request) -> web.StreamResponse:
    """Agree with nothing (5.3.1)."""
    return web.Response(status=404)


@dataclass
class Subscriber:
    """One callback. `intent`: what it answers to GET; `answers`: to POST, one after the other, the last one again and again."""

    callback: str
    intent: Handler = consent
    answers: list[Answer] = field(default_factory=lambda: [204])
    asked: list[Heard] = field(default_factory=list)
    pushes: list[Heard] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Note the request and answer."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        links = tuple(request.headers.getall("Link", ()))
        heard = Heard(request.method, request.raw_path, headers, links, await request.read())
        if request.method == "GET":
            self.asked.append(heard)
            return await self.intent(request)
        self.pushes.append(heard)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return web.Response(status=answer) if isinstance(answer, int) else await answer(request)


@dataclass
class Receiver:
    """A server of many callbacks, each with a path of its own."""

    origin: str = ""
    subscribers: dict[str, Subscriber] = field(default_factory=dict)
    strays: list[str] = field(default_factory=list)
    """What was asked for where nobody is."""
    _numbers: count[int] = field(default_factory=count)

    def subscriber(self, rest: str = "") -> Subscriber:
        """A new callback; `rest` follows its path."""
        path = f"/callbacks/{next(self._numbers)}"
        return self.at(f"{path}{rest}")

    def at(self, target: str) -> Subscriber:
        """The callback at exactly this path and query."""
        found = Subscriber(f"{self.origin}{target}")
        self.subscribers[target.partition("?")[0] or "/"] = found
        return found

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Lead a request to its callback, by the path as it was sent."""
        found = self.subscribers.get(request.raw_path.partition("?")[0])
        if found is None:
            self.strays.append(request.raw_path)
            return web.Response(status=404)
        return await found.handle(request)


@asynccontextmanager
async def receiver(host: str = "127.0.0.1") -> AsyncIterator[Receiver]:
    """A receiver on a free port until the end of the block."""
    found = Receiver()
    app = web.Application(client_max_size=10_000_000)
    app.router.add_route("*", "/{path:.*}", found.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.01)
    await runner.setup()
    await web.TCPSite(runner, host, 0).start()
    found.origin = f"http://{host}:{runner.addresses[0][1]}"
    yield found
    await runner.cleanup()
