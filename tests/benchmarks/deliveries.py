"""Signed, durable deliveries per second, and what one costs: python -m tests.benchmarks.deliveries [--count 10000] [--partners 3]

The receiver runs in a process of its own; the bare loop posts the same bodies with the same client and no Redis, in the same run.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ipaddress import ip_network
from multiprocessing.connection import Connection
from typing import Any

import structlog
from pydantic import SecretStr
from redis.asyncio import Redis

from services.webhooks.deliveries import Deliveries, Notice
from services.webhooks.outbound import Outbound
from services.webhooks.partners import Partner, Partners
from services.webhooks.pump import Pump
from services.webhooks.signing import headers, key_of
from shared.clock import SystemClock
from tests.redis_servers import RedisServer, binaries

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b"x" * 2_000
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
AT_ONCE = 64


class Sink(asyncio.Protocol):
    """The cheapest receiver: answers each request of a known shape at once."""

    def __init__(self) -> None:
        self.size = 0
        self.transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.size += len(data)
        if data.endswith(BODY[-100:]):
            self.transport.write(ANSWER)


def serve(pipe: Connection) -> None:
    """The receiver's process."""

    async def run() -> None:
        server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", 0)
        pipe.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


@dataclass
class Cost:
    """Wall and processor time of some deliveries."""

    count: int
    wall: float
    cpu: float
    redis_cpu: float = 0.0

    def line(self, name: str) -> str:
        """One line for people."""
        return (
            f"{name:<8} {self.count / self.wall:8.0f} deliveries/s   {1000 * self.cpu / self.count:.3f} ms CPU each"
            f"   Redis {1000 * self.redis_cpu / self.count:.3f} ms   {self.count / (self.cpu + self.redis_cpu):8.0f} per CPU second"
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
    """Sign and post, nothing else."""
    outbound, key = Outbound((ip_network("127.0.0.0/8"),)), key_of(SECRET)
    numbers = iter(range(count))

    async def lane() -> None:
        for number in numbers:
            answer = await outbound.post(url, BODY, headers([key], f"msg_{number}", int(time.time()), BODY))
            assert answer.status == 200, answer

    async def work() -> None:
        await asyncio.gather(*(lane() for _ in range(AT_ONCE)))

    cost = await measured(count, work, redis)
    await outbound.close()
    return cost


async def durable(url: str, count: int, partners: int, redis: Any) -> Cost:
    """The whole way from the schedule to the log."""
    known, deliveries, clock = Partners(redis, _key), Deliveries(redis, _key), SystemClock()
    ids = [f"partner-{number}" for number in range(partners)]
    for name in ids:
        now = clock.now()
        await known.add(Partner(id=name, name=name, url=url, secrets=(SecretStr(SECRET),), created_at=now))
    for number in range(count // partners):
        await deliveries.schedule(Notice(f"event-{number}", "document.published", BODY), ids, clock.now())
    outbound = Outbound((ip_network("127.0.0.0/8"),))
    pump = Pump(deliveries=deliveries, partners=known, outbound=outbound, clock=clock)
    left = [f"{_key('webhooks', 'due', name)}" for name in ids]

    async def work() -> None:
        while pump.in_flight or any([await redis.zcard(key) for key in left]):
            for _ in range(20):
                await pump.turn()

    cost = await measured(count // partners * partners, work, redis)
    await pump.drain(1)
    return cost


def _key(*parts: str) -> str:
    return ":".join(("{bench}", *parts))


async def main(count: int, partners: int) -> None:
    """Measure three rounds and print each."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    server = RedisServer(next(iter(binaries().values())))
    server.start()
    ours, theirs = multiprocessing.Pipe()
    sink = multiprocessing.Process(target=serve, args=(theirs,), daemon=True)
    sink.start()
    url = f"http://127.0.0.1:{ours.recv()}/hook"
    async with Redis.from_url(server.url) as redis:
        for _ in range(3):
            await redis.flushall()
            print((await bare(url, count, redis)).line("bare"))
            print((await durable(url, count, partners, redis)).line("durable"), flush=True)
    sink.kill()
    server.remove()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--partners", type=int, default=3)
    options = parser.parse_args()
    asyncio.run(main(options.count, options.partners))
