"""The feeds in a running house, and what they answer to readers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from shared.events import Event
from shared.host import Host
from shared.request_ids import Application, Message, Receive, Scope, Send
from shared.steps import Step
from shared.syndication.addresses import Site
from tests.house import House, house
from tests.integration.feeds.readers.seen import Seen


@dataclass
class Log:
    """An ASGI application around another that notes each answer: its status and how many bytes its body had."""

    answers: list[tuple[int, int]] = field(default_factory=list)

    def around(self, app: Application) -> Application:
        """The application, watched."""

        async def noting(scope: Scope, receive: Receive, send: Send) -> None:
            async def noted(message: Message) -> None:
                if message["type"] == "http.response.start":
                    self.answers.append((message["status"], 0))
                else:
                    self.answers[-1] = self.answers[-1][0], self.answers[-1][1] + len(message.get("body", b""))
                await send(message)

            await app(scope, receive, noted if scope["type"] == "http" else send)

        return noting


@dataclass
class Newsroom:
    """The feeds in a running house, and what they have answered."""

    home: House
    log: Log

    @property
    def site(self) -> Site:
        return Site(self.home.host.settings.base_url, self.home.host.settings.title)

    async def put(self, *events: Event) -> None:
        """Lay events on the stream and wait until they are settled."""
        belt = self.home.host.belt
        await belt.publish(Step(emits=events))
        async with asyncio.timeout(10):
            while await belt.backlog("documents.related", "feeds"):  # noqa: ASYNC110 - no event
                await asyncio.sleep(0.01)

    async def reload(self, reload: Callable[[], list[Seen]]) -> dict[str | None, Seen]:
        """What a reader keeps after it has looked; the log has the answers that it got."""
        self.log.answers.clear()
        return {seen.id: seen for seen in await asyncio.to_thread(reload)}


@asynccontextmanager
async def newsroom(redis_url: str, folder: Path) -> AsyncIterator[Newsroom]:
    """The feeds' service on this Redis, at an address of its own."""
    log = Log()
    also = partial(_watched, log)
    async with house(redis_url, folder, services=("feeds",), also=also) as home:
        yield Newsroom(home, log)


def _watched(log: Log, host: Host) -> None:
    host.doors.append(log.around)
