"""A hundred partners, and what one of them that hangs costs the others: python -m tests.benchmarks.schedule isolation

Pairs of short rounds take turns, one with the partner that hangs and one without, each time the other one first, so that whatever else
the machine does meets both alike. From its beginning on, the one that hangs holds every place that a partner can have. A round's first
second does not count. Told are the 99th percentiles of all rounds of a kind together, over each other, and how the pairs spread.
"""

from __future__ import annotations

import asyncio
import time
from statistics import quantiles
from typing import Any

from services.webhooks.items import Taken
from services.webhooks.outbound import Answer
from services.webhooks.pump import MOST_PER_LANE, Pump, Terms
from tests.benchmarks.answering import Bench, turning

HANGING_SECONDS = 15.0
ANSWERING_SECONDS = 0.005
WARMING_SECONDS = 1.0
RATE = 5.0
"""Events a second, each of them for every partner."""


class Round:
    """One round; `delays`: seconds from planning to the answer, of the partners that do not hang."""

    def __init__(self, bench: Bench, partners: int, seconds: float, *, hangs: bool) -> None:
        self.delays: list[float] = []
        self._bench = bench
        self._names = [f"p{number}" for number in range(partners)]
        self._seconds = seconds
        self._hangs = hangs
        self._planned: dict[str, float] = {}
        self._answers = 0

    async def run(self) -> list[float]:
        """Plan and deliver; gives the delays that count."""
        hanging, others = self._names[0], self._names[1:]
        await self._bench.plan([(f"held-{number}", "", number + 1) for number in range(MOST_PER_LANE)], [hanging])
        pump = self._bench.pump(dict.fromkeys(self._names, Terms()), self._respond)
        publishing = asyncio.create_task(self._publish(pump))

        def done() -> bool:
            return publishing.done() and self._answers >= len(self._planned) * len(others)

        await turning([pump], done)
        await publishing
        await pump.drain(0)
        return self.delays

    async def _publish(self, pump: Pump) -> None:
        began = time.monotonic()
        while (passed := time.monotonic() - began) < self._seconds:
            name = f"event-{len(self._planned)}"
            self._planned[name] = time.monotonic()
            await self._bench.plan([(name, "", MOST_PER_LANE + len(self._planned))], self._names)
            pump.wake()
            await asyncio.sleep(max(0.0, len(self._planned) / RATE - passed))

    async def _respond(self, taken: Taken) -> Answer:
        if taken.lane == self._names[0]:
            await asyncio.sleep(HANGING_SECONDS if self._hangs else ANSWERING_SECONDS)
            return Answer(None, "timeout") if self._hangs else Answer(204)
        await asyncio.sleep(ANSWERING_SECONDS)
        self._answers += 1
        if int(taken.event.removeprefix("event-")) >= WARMING_SECONDS * RATE:
            self.delays.append(time.monotonic() - self._planned[taken.event])
        return Answer(204)


def p99(delays: list[float]) -> float:
    """The 99th percentile, in seconds."""
    return sorted(delays)[len(delays) * 99 // 100]


async def isolation(bench: Bench, partners: int = 100, seconds: float = 4.0, pairs: int = 12) -> dict[str, Any]:
    """p99 of the delay of 99 partners, with one that hangs over without."""
    pooled: dict[bool, list[float]] = {False: [], True: []}
    ratios = []
    for number in range(pairs):
        found = {}
        for hangs in ((False, True), (True, False))[number % 2]:
            await bench.redis.flushall()
            found[hangs] = await Round(bench, partners, seconds, hangs=hangs).run()
            pooled[hangs] += found[hangs]
        ratios.append(p99(found[True]) / p99(found[False]))
    low, middle, high = quantiles(ratios, n=4)
    return {
        "p99_ratio_pooled": round(p99(pooled[True]) / p99(pooled[False]), 3),
        "p99_ms": {"without": round(1000 * p99(pooled[False]), 1), "with": round(1000 * p99(pooled[True]), 1)},
        "pairs_median": round(middle, 3),
        "pairs_middle_half": [round(low, 3), round(high, 3)],
        "samples": [len(pooled[False]), len(pooled[True])],
    }
