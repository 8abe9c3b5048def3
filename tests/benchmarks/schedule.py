"""The schedule under weight: python -m tests.benchmarks.schedule [ordering] [lateness] [isolation] [memory] [pace]

ordering    100,000 events about 1,000 documents to a partner that keeps order, a fifth of the attempts fail, two pumps: inversions
lateness    100,000 retries wait; when is each of 2,000 that become due really sent
isolation   a hundred partners; the others' delay while one of them hangs, over theirs while none does
memory      bytes of Redis for each of 100,000 waiting deliveries, the payloads apart
pace        50 a second for 60 s by four pumps

Partners answer within this process by a route of their own (pump.Route): what is measured is the machinery, not the network.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any

import structlog
import uvloop

from services.webhooks.items import Lane, Settled, Taken
from services.webhooks.outbound import Answer
from services.webhooks.pump import Terms
from shared.garbage import collect_seldom
from shared.packing import connect
from tests.benchmarks.answering import Bench, turning
from tests.benchmarks.isolation import isolation
from tests.redis_servers import RedisServer, binaries


async def ordering(bench: Bench, count: int = 100_000, documents: int = 1_000) -> dict[str, Any]:
    """Inversions among what was taken, for each document."""
    chance, came, last = random.Random(1), 0, defaultdict[str, int](int)
    inversions = failures = 0
    places = {f"e{number}": number + 1 for number in range(count)}
    await bench.plan([(f"e{n}", f"d{n % documents}", n + 1) for n in range(count)], ["p"], ordered=True)

    async def respond(taken: Taken) -> Answer:
        nonlocal came, inversions, failures
        await asyncio.sleep(chance.random() / 1_000)
        if chance.random() < 0.2:
            failures += 1
            return Answer(500)
        came += 1
        inversions += places[taken.event] < last[taken.document]
        last[taken.document] = max(last[taken.document], places[taken.event])
        return Answer(204)

    began = time.perf_counter()
    pumps = [bench.pump({"p": Terms(most=256, ordered=True)}, respond) for _ in range(2)]
    await turning(pumps, lambda: came >= count)
    seconds = time.perf_counter() - began
    return {"events": came, "inversions": inversions, "failed_attempts": failures, "per_second": round(count / seconds)}


async def lateness(bench: Bench, waiting: int = 100_000, due: int = 2_000) -> dict[str, Any]:
    """Seconds between when a retry is due and when it is sent."""
    await bench.plan([(f"e{n}", "", n + 1) for n in range(waiting)], ["p"])
    now, left = bench.clock.now(), waiting
    chance, when = random.Random(1), dict[str, float]()
    while left:
        taken = await bench.deliveries.take([Lane("p", 1_000, 200_000)], most=1_000, now=now, lease_seconds=600)
        ended = []
        for each in taken:
            left -= 1
            seconds = chance.uniform(3, 23) if left < due else chance.uniform(3_600, 80_000)
            at = bench.clock.now() + timedelta(seconds=seconds)
            if left < due:
                when[each.id] = at.timestamp()
            ended.append(Settled(each, "waiting", at, None))
        await bench.deliveries.settle(ended, now)
    late: list[float] = []

    async def respond(taken: Taken) -> Answer:
        late.append(time.time() - when[taken.id])
        return Answer(204)

    async with asyncio.timeout(60):
        await turning([bench.pump({"p": Terms()}, respond)], lambda: len(late) >= due)
    late.sort()
    return {"waiting": waiting, "p50_ms": round(late[due // 2] * 1000), "p99_ms": round(late[due * 99 // 100] * 1000)}


async def memory(bench: Bench, count: int = 100_000, partners: int = 20) -> dict[str, Any]:
    """Bytes for each waiting delivery."""
    before = int((await bench.redis.info("memory"))["used_memory"])
    names = [f"{number:016x}" for number in range(partners)]
    events = [(f"{number:036}", f"{number:016}", number + 1) for number in range(count // partners)]
    await bench.plan(events, names)
    grown = int((await bench.redis.info("memory"))["used_memory"]) - before
    return {"deliveries": count, "bytes_each_with_payloads": round(grown / count)}


async def pace(bench: Bench, rate: float = 50.0, seconds: float = 60.0) -> dict[str, Any]:
    """What really goes in a minute."""
    came: list[float] = []
    await bench.plan([(f"e{n}", "", n + 1) for n in range(int(rate * seconds * 2))], ["p"])

    async def respond(_: Taken) -> Answer:
        came.append(time.monotonic())
        return Answer(204)

    began = time.monotonic()
    pumps = [bench.pump({"p": Terms(rate=rate)}, respond) for _ in range(4)]
    await turning(pumps, lambda: time.monotonic() - began > seconds + 2)
    window = [at for at in came if began + 1 <= at < began + 1 + seconds]
    return {"asked": rate, "per_second": round(len(window) / seconds, 2)}


ALL: dict[str, Callable[[Bench], Awaitable[dict[str, Any]]]] = {
    "ordering": ordering,
    "lateness": lateness,
    "isolation": isolation,
    "memory": memory,
    "pace": pace,
}


async def main(names: Sequence[str]) -> None:
    """Measure what is named, or everything."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    collect_seldom()  # as every process of the product does once it has started
    server = RedisServer(next(iter(binaries().values())))
    server.start()
    redis = connect(server.url)
    for name in names or ALL:
        await redis.flushall()
        print(json.dumps({name: await ALL[name](Bench(redis))}), flush=True)
    await redis.aclose()
    server.remove()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*ALL, []])
    uvloop.run(main(parser.parse_args().names))
