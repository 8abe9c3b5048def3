"""The hub's parts on one Redis, as one process has them, with a clock that is moved by hand."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from services.webhooks.deliveries import Deliveries
from services.webhooks.hub.distributing import Distributing
from services.webhooks.hub.edition import Renderer
from services.webhooks.hub.newsroom import Newsroom
from services.webhooks.hub.opening import NOTHING_KEPT
from services.webhooks.hub.route import HubRoute
from services.webhooks.hub.subscription import Mode, Request, Subscription, verified
from services.webhooks.hub.subscriptions import Subscriptions
from services.webhooks.hub.verifying import Verifying
from services.webhooks.items import Lane, Taken
from services.webhooks.keyring import Keyring
from services.webhooks.outbound import Outbound
from shared.clock import FakeClock
from shared.events import DocumentPublished, Event
from shared.syndication.addresses import Site
from tests.integration.webhooks.room import LOOPBACK

SITE = Site("http://news.example", "News", "http://news.example/hub")
TOPIC = "http://news.example/feeds/all.atom"


@dataclass
class Office:
    """The hub's parts on one Redis, as one process has them, with a clock that is moved by hand."""

    redis: Any
    stack: AsyncExitStack
    clock: FakeClock = field(default_factory=lambda: FakeClock(datetime.now(UTC)))
    woken: int = 0

    def __post_init__(self) -> None:
        self.deliveries = Deliveries(self.redis, self.key, kept=NOTHING_KEPT, room="hub")
        self.base = self.deliveries.base
        self.subscriptions = Subscriptions(self.redis, self.base)
        self.outbound = Outbound(LOOPBACK, total_seconds=5)
        self.stack.push_async_callback(self.outbound.close)
        self.verifying = Verifying(self.redis, self.subscriptions, self.outbound, self.clock, lambda: None)
        self.stack.push_async_callback(self.verifying.drain, 1)
        self.stream = self.key(DocumentPublished.stream)
        self.newsroom = Newsroom(
            self.redis,
            self.subscriptions,
            SITE,
            self.clock,
            linger_seconds=0.5,
            with_duplicates=False,
            stream=self.stream,
        )
        self.distributing = Distributing(self.redis, self.newsroom, Renderer(SITE), self.clock, self._wake)
        self.route = HubRoute(self.subscriptions, Keyring(bytes(32)), self.outbound, self.clock, SITE)

    def _wake(self) -> None:
        self.woken += 1

    def key(self, *parts: str) -> str:
        """As Host.key."""
        return ":".join(("{test}", *parts))

    async def subscribe(self, callback: str, topic: str = TOPIC, number: int = 1, lease: int = 3_600) -> Subscription:
        """A subscription as if it was verified."""
        request = Request(number=number, mode=Mode.SUBSCRIBE, callback=callback, topic=topic, lease_seconds=lease)
        _, after = await self.subscriptions.revise(
            request.place, lambda known: verified(request, known, self.clock.now())
        )
        assert after
        return after

    async def hear(self, *events: Event, place: int = 1) -> None:
        """Do what follows from events, as their steps would."""
        sheet = await self.newsroom.sheet(events, await self.redis.mget(self.newsroom.revisions))
        for number, event in enumerate(events, place):
            for command in sheet.commands(event, f"{number}-0"):
                await self.redis.execute_command(*command)

    async def taken(self, *lanes: str) -> list[Taken]:
        """What is due for these lanes."""
        asked = [Lane(lane, room=5, most=5) for lane in lanes]
        return await self.deliveries.take(asked, most=50, now=self.clock.now(), lease_seconds=60)
