"""What a second delivering process brings: python -m tests.benchmarks.scaling [--share 0.3] [--count 24000] [--partners 3] [--rounds 5]

One process, then two, each with the same fixed share of one processor (share.py), deliver what is due to some partners from one
schedule in one Redis, 2 kB, signed. On a machine whose processors Redis, the receiver and the load have to share, whole processes would
only show who takes whose time; with a share each, the rest of the machine is no bottleneck, and what is missing from twice as many
deliveries a second is what the processes cost each other: at the schedule, its leases, its places. The two take turns; ratios are
medians over pairs. It shows that the mechanism scales, not that a machine of two processors does.

`share_got`: processor time over wall of a process. Where it is well below the share, others took the time and the ratio shows only that.
`two_to_one_per_processor_second`: deliveries over processor time, which shows what the processes cost each other on a busy machine too,
but not where one waits for the other.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from statistics import median
from typing import Any

import structlog
import uvloop

from shared.packing import connect
from tests.benchmarks.deliveries import Cost, planned, pumped
from tests.benchmarks.share import limited
from tests.benchmarks.sink import sink
from tests.redis_servers import RedisServer, binaries


@dataclass(frozen=True)
class Run:
    """What some processes did together."""

    per_second: float
    share_got: float
    cpu_ms_each: float
    means: str


def worker(address: str, ids: list[str], count: int, pipe: Connection) -> None:
    """One process: says that it is there, waits for the word, delivers until nothing waits, and tells its wall and processor time."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))

    async def run() -> Cost:
        client = connect(address)
        try:
            await client.ping()
            pipe.send(None)
            await asyncio.to_thread(pipe.recv)
            return await pumped(ids, count, client)
        finally:
            await client.aclose()

    cost = uvloop.run(run())
    pipe.send((cost.wall, cost.cpu))


def delivered_by(processes: int, share: float, address: str, ids: list[str], count: int) -> Run:
    """What so many processes do of one schedule."""
    fresh = multiprocessing.get_context("spawn")
    pipes = [fresh.Pipe() for _ in range(processes)]
    workers = [fresh.Process(target=worker, args=(address, ids, count, theirs), daemon=True) for _, theirs in pipes]
    for each, (ours, _) in zip(workers, pipes, strict=True):
        each.start()
        ours.recv()
    with limited([each.pid or 0 for each in workers], share) as means:
        for ours, _ in pipes:
            ours.send("go")
        spent = [ours.recv() for ours, _ in pipes]
        for each in workers:
            each.join()
    wall, cpu = max(wall for wall, _ in spent), sum(cpu for _, cpu in spent)
    return Run(count / wall, cpu / wall / processes, 1000 * cpu / count, means)


async def scaled(share: float, count: int, partners: int, rounds: int, *, as_json: bool) -> list[dict[int, Run]]:
    """Pairs of one process and two; which comes first alternates."""
    server = RedisServer(next(iter(binaries().values())))
    server.start()
    redis: Any = connect(server.url)
    pairs = []
    with sink() as url:
        for number in range(rounds):
            pair: dict[int, Run] = {}
            for processes in ((1, 2), (2, 1))[number % 2]:
                await redis.flushall()
                ids = await planned(url, count, partners, redis)
                pair[processes] = await asyncio.to_thread(delivered_by, processes, share, server.url, ids, count)
                if not as_json:
                    print(processes, asdict(pair[processes]), flush=True)
            pairs.append(pair)
    await redis.aclose()
    server.remove()
    return pairs


def main(share: float, count: int, partners: int, rounds: int, *, as_json: bool) -> None:
    """Measure, and print what two bring over one."""
    count -= count % partners
    pairs = uvloop.run(scaled(share, count, partners, rounds, as_json=as_json))
    ratios = sorted(round(pair[2].per_second / pair[1].per_second, 2) for pair in pairs)
    facts = {
        "share": share,
        "two_processes_to_one": median(ratios),
        "ratios": ratios,
        "two_to_one_per_processor_second": round(
            median(pair[1].cpu_ms_each / pair[2].cpu_ms_each for pair in pairs), 2
        ),
        "share_got": [round(median(pair[number].share_got for pair in pairs), 3) for number in (1, 2)],
        "per_second": [round(median(pair[number].per_second for pair in pairs)) for number in (1, 2)],
    }
    print(
        json.dumps(facts | ({"pairs": [[asdict(run) for run in pair.values()] for pair in pairs]} if as_json else {}))
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--share", type=float, default=0.3)
    parser.add_argument("--count", type=int, default=24_000)
    parser.add_argument("--partners", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    main(options.share, options.count, options.partners, options.rounds, as_json=options.json)
