"""Signed, durable deliveries, and what durability costs: python -m tests.benchmarks.deliveries [--count 10000] [--partners 3] [--json]

bare      a loop of aiohttp that signs and posts 2 kB, 64 at once, and keeps nothing
durable   the whole way: the schedule in Redis, leases, signatures, guarded dials, attempts written down

The receiver is a C program in a process of its own (sink.py), over kept connections. Processor time is told beside the wall's, Redis's
apart: on a machine that others use only the former is steady, and only within a pair. So the two take turns, each time the other one
first, and the ratios are medians over the pairs. What several processes bring: scaling.py.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from ipaddress import ip_network
from statistics import median, quantiles
from typing import Any

import aiohttp
import structlog
import uvloop

from services.webhooks.deliveries import Deliveries
from services.webhooks.items import Kept, Notice
from services.webhooks.keyring import Keyring
from services.webhooks.outbound import Outbound
from services.webhooks.partner import Partner
from services.webhooks.partners import Partners
from services.webhooks.pump import Pump
from services.webhooks.sending import Disabling, PartnerRoute
from services.webhooks.signing import headers, key_of
from shared.clock import SystemClock
from shared.packing import connect
from tests.benchmarks.sink import BODY, sink
from tests.redis_servers import RedisServer, binaries

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
AT_ONCE = 64
ROUNDS = 7


@dataclass(frozen=True)
class Cost:
    """Wall and processor time of some deliveries, in seconds."""

    count: int
    wall: float
    cpu: float
    redis_cpu: float = 0.0

    @property
    def each(self) -> float:
        """Processor time of one, Redis's included, in ms."""
        return 1000 * (self.cpu + self.redis_cpu) / self.count

    def line(self, name: str) -> str:
        """One line for people."""
        return (
            f"{name:<16} {self.count / self.wall:6.0f} deliveries/s   {self.count / self.cpu:6.0f} a CPU second"
            f"   {1000 * self.cpu / self.count:.3f} ms CPU each, Redis {1000 * self.redis_cpu / self.count:.3f} ms"
        )


async def measured(count: int, work: Callable[[], Awaitable[None]], redis: Any) -> Cost:
    """What the work costs."""
    server = await _redis_cpu(redis)
    wall, cpu = time.perf_counter(), time.process_time()
    await work()
    spent = time.perf_counter() - wall, time.process_time() - cpu
    return Cost(count, *spent, await _redis_cpu(redis) - server)


async def _redis_cpu(redis: Any) -> float:
    info = await redis.info("cpu")
    return float(info["used_cpu_user"] + info["used_cpu_sys"])


async def bare(url: str, count: int, redis: Any) -> Cost:
    """Sign and post with aiohttp, nothing else."""
    key, numbers = key_of(SECRET), iter(range(count))
    connector = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(total=15)
    async with aiohttp.ClientSession(
        connector=connector, timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()
    ) as session:

        async def lane() -> None:
            for number in numbers:
                signed = headers([key], f"msg_{number}", int(time.time()), BODY)
                async with session.post(url, data=BODY, headers=signed, allow_redirects=False) as answer:
                    await answer.read()
                    assert answer.status == 200, answer

        async def work() -> None:
            await asyncio.gather(*(lane() for _ in range(AT_ONCE)))

        return await measured(count, work, redis)


async def planned(url: str, count: int, partners: int, redis: Any) -> list[str]:
    """Partners, and deliveries that are due to them."""
    known, deliveries, clock = Partners(redis, bench_key), Deliveries(redis, bench_key, kept=Kept(1_000)), SystemClock()
    ids = [f"partner-{number}" for number in range(partners)]
    for name in ids:
        key = Keyring(bytes(32)).stored(SECRET, name)
        await known.add(Partner(id=name, name=name, url=url, keys=(key,), created_at=clock.now()))
    for number in range(count // partners):
        bodies = {"1": BODY, "2": BODY}
        await deliveries.schedule(Notice(f"event-{number}", "document.published", bodies), ids, clock.now())
    return ids


async def pumped(ids: list[str], count: int, redis: Any) -> Cost:
    """Everything that is due, sent by a pump of this process."""
    partners, deliveries, clock = (
        Partners(redis, bench_key),
        Deliveries(redis, bench_key, kept=Kept(1_000)),
        SystemClock(),
    )
    outbound = Outbound((ip_network("127.0.0.0/8"),))
    route = PartnerRoute(partners, Keyring(bytes(32)), outbound, Disabling(partners, deliveries, clock, ""))
    pump = Pump(deliveries=deliveries, route=route, clock=clock)

    async def work() -> None:
        while pump.in_flight or any([await deliveries.waiting(name) for name in ids]):
            for _ in range(20):
                await pump.turn()
                if not pump.in_flight:  # at the end each turn would wait for the next poll
                    break

    cost = await measured(count, work, redis)
    await pump.drain(1)
    await outbound.close()
    return cost


async def durable(url: str, count: int, partners: int, redis: Any) -> Cost:
    """The whole way in one process."""
    ids = await planned(url, count, partners, redis)
    return await pumped(ids, count // partners * partners, redis)


def bench_key(*parts: str) -> str:
    """A key of the measurement."""
    return ":".join(("{bench}", *parts))


async def main(count: int, partners: int, *, as_json: bool) -> None:
    """Measure some rounds, print each, and the medians."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    server = RedisServer(next(iter(binaries().values())))
    server.start()
    redis = connect(server.url)
    found: dict[str, list[Cost]] = {"bare aiohttp": [], "durable": []}
    with sink() as url:
        ways = {
            "bare aiohttp": lambda: bare(url, count, redis),
            "durable": lambda: durable(url, count, partners, redis),
        }
        for number in range(ROUNDS):
            await redis.flushall()
            for name in sorted(ways, reverse=bool(number % 2)):
                found[name].append(await ways[name]())
                if not as_json:
                    print(found[name][-1].line(name), flush=True)
    await redis.aclose()
    server.remove()
    facts = compared(found["durable"], found["bare aiohttp"])
    if as_json:
        print(json.dumps(facts | {name: [asdict(cost) for cost in costs] for name, costs in found.items()}))
    else:
        print("\n".join(f"{name:<40} {value:.2f}" for name, value in facts.items()))


def compared(whole: list[Cost], loop: list[Cost]) -> dict[str, float]:
    """Medians over the pairs, and between which ratios the middle half of them lies."""
    ratios = [ours.each / theirs.each for ours, theirs in zip(whole, loop, strict=True)]
    low, middle, high = quantiles(ratios, n=4)
    return {
        "durable_to_bare_cpu": median(ours.cpu / theirs.cpu for ours, theirs in zip(whole, loop, strict=True)),
        "durable_to_bare_cpu_with_redis": middle,
        "the_middle_half_from": low,
        "the_middle_half_to": high,
        "deliveries_per_cpu_second": median(cost.count / cost.cpu for cost in whole),
        "deliveries_per_cpu_second_with_redis": median(1000 / cost.each for cost in whole),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--partners", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    uvloop.run(main(options.count, options.partners, as_json=options.json))
