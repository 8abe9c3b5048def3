"""What a service may touch, and the life of a process: one service or all of them around one Redis."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import uvicorn
from fastapi import FastAPI, Request, Response

from shared.broker import cancelled, pause_after
from shared.clock import Clock
from shared.errors import Unfit
from shared.heads import LimitedHeads
from shared.logs import log
from shared.request_ids import Application
from shared.settings import Settings
from shared.shortcut import Shortcut
from shared.streams import Belt
from shared.web import Responder, first_answer

Loop = Callable[[], Awaitable[None]]
OPEN_CONNECTIONS_SECONDS = 2
SEND_BUFFER_BYTES = 524_288


@dataclass(frozen=True)
class Host:
    """A service's whole world: `install(host)` is the plug."""

    settings: Settings
    redis: Any
    """A redis.asyncio client; replies are bytes."""
    belt: Belt
    web: FastAPI
    clock: Clock
    operator: Callable[[Request], Awaitable[None]]
    """A FastAPI dependency that lets only the operator pass."""
    loops: dict[str, Loop] = field(default_factory=dict)
    preparations: list[Callable[[], Awaitable[None]]] = field(default_factory=list)
    doors: list[Callable[[Application], Application]] = field(default_factory=list)
    """What may answer before `web` is asked, for what must cost next to nothing; each is put around what is there."""
    warnings: dict[str, str] = field(default_factory=dict)
    """What an operator should see to, by its source; the work goes on."""
    _responders: dict[str, list[Responder]] = field(default_factory=dict)

    @property
    def application(self) -> Application:
        """What answers requests: `web` behind its doors."""
        inner: Application = self.web
        for door in self.doors:
            inner = door(inner)
        return inner

    def key(self, *parts: str) -> str:
        """A key of this belt: host.key("feeds", "article", id)."""
        return self.belt.key(*parts)

    def warn(self, source: str, sentence: str) -> None:
        """Show a warning at /health/ready until the same source says something else, or nothing ('')."""
        if sentence:
            self.warnings[source] = sentence
        else:
            self.warnings.pop(source, None)

    def prepare(self, preparation: Callable[[], Awaitable[None]]) -> None:
        """Await `preparation` before anything is read or answered; the process does not start if it raises Unfit."""
        self.preparations.append(preparation)

    def background(self, name: str, loop: Loop) -> None:
        """Run `loop`, which is one turn, again and again until the end; one that raises is logged and waits before the next."""
        self.loops[name] = loop

    def shorten(self, method: str, path: str, answer: Callable[[Request], Awaitable[Response]]) -> None:
        """Have `answer` answer `method` of `path` past all routing, where a route says the same, more slowly."""
        self.doors.append(partial(Shortcut, web=self.web, method=method, path=path, answer=answer))

    def answer(self, path: str, responder: Responder, *, described: dict[str, Any] | None = None) -> None:
        """Answer GET and HEAD of `path`. Of several services the one furthest down the belt is asked first; None passes on.

        `described`: what FastAPI shall say of it, from the first one that has something to say.
        """
        if path not in self._responders:
            self._responders[path] = []
            route = first_answer(self._responders[path])
            self.web.add_api_route(path, route, methods=["GET"], response_model=None, **(described or {}))
            self.web.add_api_route(path, route, methods=["HEAD"], response_model=None, include_in_schema=False)
        self._responders[path].append(responder)


async def turn_for_ever(name: str, loop: Loop) -> None:
    """Turn a background loop until its task is cancelled; an error is logged, waited out and survived."""
    failures = 0
    while not cancelled():
        try:
            await loop()
            failures = 0
        except (Exception, asyncio.CancelledError) as error:
            if cancelled():
                raise
            # A turn that awaited a task of which somebody else has made an end is cancelled by nobody (as in shared/consumer.py).
            seconds = pause_after(failures)
            failures += 1
            log.warning(
                "loop.failed",
                loop=name,
                error=f"{type(error).__name__}: {error}"[:300],
                next_try_in_s=round(seconds, 2),
            )
            await asyncio.sleep(seconds)


class _Server(uvicorn.Server):
    """Uvicorn without its own signal handlers: one place decides when the process ends."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


async def run(
    host: Host, *, ready: Callable[[], Awaitable[None]] | None = None, stop: asyncio.Event | None = None
) -> None:
    """Serve until SIGINT or SIGTERM (or `stop`): close the door, finish what is in hand, hand back the rest."""
    for preparation in host.preparations:
        await preparation()
    stop = stop or asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    host.background("take_over", host.belt.take_over)
    host.background("tidy", host.belt.tidy)
    door = _listen(host.settings)
    server = _server(host)
    await host.belt.open()
    serving = asyncio.create_task(server.serve(sockets=[door]))
    loops = [asyncio.create_task(turn_for_ever(name, loop), name=name) for name, loop in host.loops.items()]
    try:
        while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
        # To get ready may take as long as Redis is full.
        if ready is None or await _first_of(ready(), stop.wait()):
            await _first_of(stop.wait(), asyncio.shield(serving))
    finally:
        server.should_exit = True
        await asyncio.wait([serving], timeout=OPEN_CONNECTIONS_SECONDS + 1)
        for task in loops:
            task.cancel()
        *_, left = await asyncio.gather(*loops, host.belt.close(), return_exceptions=True)
        if isinstance(left, Exception):
            log.error("belt.not_closed", error=f"{type(left).__name__}: {left}"[:300])
        log.info("process.stopped")


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        door = socket.create_server((settings.host, settings.port), family=family, backlog=2048)
    except OSError as error:
        place = f"{settings.host}:{settings.port}"
        raise Unfit(f"cannot listen on {place} ({error.strerror}); set SYNDICATE_PORT to another") from error
    # asyncio does this only for sockets that say IPPROTO_TCP; without it an answer's body waits 40 ms for the peer's delayed ACK.
    door.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    # So that a feed of 100 kB leaves in one piece: without it the rest waits for the loop again, a tenth of what the answer costs.
    door.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
    return door


def _server(host: Host) -> _Server:
    config = uvicorn.Config(
        host.application,
        http=LimitedHeads,
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=OPEN_CONNECTIONS_SECONDS,
    )
    return _Server(config)


async def _first_of(one: Awaitable[Any], other: Awaitable[Any]) -> bool:
    """Wait for one of two, and give up the other; True if it was the first that ended. Raises what that raised."""
    tasks = [asyncio.ensure_future(one), asyncio.ensure_future(other)]
    ended, left = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
    for task in ended:
        task.result()
    return tasks[0] in ended
