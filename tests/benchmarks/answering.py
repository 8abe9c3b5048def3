"""What the measurements of the schedule share: deliveries on a Redis of their own, and partners that answer within the process."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from services.webhooks.deliveries import Deliveries
from services.webhooks.items import Kept, Notice, Taken
from services.webhooks.outbound import Answer
from services.webhooks.pump import Pump, Terms
from shared.clock import SystemClock
from shared.notices import PUBLISHED

BODY = b'{"data":{}}' + b" " * 500
Respond = Callable[[Taken], Awaitable[Answer]]


class Loop:
    """A route that answers by itself."""

    def __init__(self, terms: Mapping[str, Terms], respond: Respond) -> None:
        self._terms = terms
        self._respond = respond

    async def lanes(self) -> Mapping[str, Terms]:
        return self._terms

    async def send(self, taken: Taken, at: datetime) -> Answer:
        del at
        return await self._respond(taken)

    async def ended(self, lane: str, reason: str) -> None:
        """Nobody is gone here."""


class Bench:
    """Deliveries on a Redis of their own."""

    def __init__(self, redis: Any) -> None:
        self.redis = redis
        self.clock = SystemClock()
        self.deliveries = Deliveries(redis, lambda *parts: ":".join(("{bench}", *parts)), kept=Kept(100, 100))

    async def plan(
        self, events: Sequence[tuple[str, str, int]], lanes: Sequence[str], *, ordered: bool = False
    ) -> None:
        """Plan events: name, document, place."""
        now = self.clock.now()
        for begin in range(0, len(events), 500):
            async with self.redis.pipeline(transaction=False) as together:
                for name, document, place in events[begin : begin + 500]:
                    notice = Notice(name, PUBLISHED, {"2": BODY}, document, "", place)
                    for command in self.deliveries.planned(notice, lanes, now, lanes if ordered else ()):
                        together.execute_command(*command)
                await together.execute()

    def pump(self, terms: Mapping[str, Terms], respond: Respond) -> Pump:
        """One pump of several."""
        schedule = (0.0, *(0.05,) * 29)
        return Pump(deliveries=self.deliveries, route=Loop(terms, respond), clock=self.clock, schedule=schedule)


async def turning(pumps: Sequence[Pump], done: Callable[[], bool]) -> None:
    """Turn all pumps, each by itself, until it is done."""

    async def turn(pump: Pump) -> None:
        while not done():
            await pump.turn()

    await asyncio.gather(*map(turn, pumps))
