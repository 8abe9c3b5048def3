"""What is looked after every second: leases that have ended, deliveries of nobody, topics that there are no more."""

from __future__ import annotations

import asyncio

from services.webhooks.deliveries import Deliveries
from services.webhooks.hub.desk import Desk
from services.webhooks.hub.subscription import Subscription
from services.webhooks.hub.subscriptions import Subscriptions
from shared.clock import Clock
from shared.errors import NotFound
from shared.logs import log

SWEEP_SECONDS = 1.0
AT_ONCE = 500


class HubSweeper:
    """One process's part; whatever it does can be done by several at once."""

    def __init__(self, subscriptions: Subscriptions, deliveries: Deliveries, desk: Desk, clock: Clock) -> None:
        self._subscriptions = subscriptions
        self._deliveries = deliveries
        self._desk = desk
        self._clock = clock

    async def turn(self) -> None:
        """Look after everything once, then wait."""
        await self.sweep()
        await asyncio.sleep(SWEEP_SECONDS)

    async def sweep(self) -> None:
        """Look after everything once."""
        for name in await self._subscriptions.over(self._clock.now(), AT_ONCE):
            await self._end(name)
        lanes = await self._subscriptions.removed(AT_ONCE)
        for lane in lanes:
            await self._deliveries.forget(lane)
        await self._subscriptions.swept(lanes)
        for each in await self._desk.gone():
            try:
                await self._desk.deny(each.id, "the feed is no more under this address")
            except NotFound:  # somebody else was faster
                continue
        await self._subscriptions.prune()

    async def _end(self, name: str) -> None:
        now = self._clock.now()

        def decide(known: Subscription | None) -> Subscription | None:
            return known if known and known.live(now) else None

        before, after = await self._subscriptions.revise(name, decide)
        if before and after is None:
            log.info("subscription.ended", subscription=name, topic=before.topic, reason="the lease is over")
