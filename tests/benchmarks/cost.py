"""What one event costs the consumer's process, as a ratio to a bare loop in the same run: python -m tests.benchmarks.cost [--json]

raw               redis-py, XREADGROUP COUNT 100 and one XACK; nothing is decoded: the floor
raw + validation  the same, each entry made an event
raw + whole step  that, and the writes and the emission of a whole step as plain commands: the same work without the promises
belt, one write   Belt.consume: validation, one write with mark and acknowledgement in one atomic step, one line of log
belt, whole step  Belt.consume: validation, a guard, two writes and an emission of 3 kB, likewise
FastStream batch  its batch subscriber with a list of models: no effect, no log
FastStream        its subscriber with a model, one event at a time: no effect, no log

Rounds are interleaved and medians told, so that a busy neighbour slows everyone alike. The events have 2.8 kB; Redis runs as in the product.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from statistics import median

import redis.asyncio

from shared.logs import configure
from tests.benchmarks.consumers import (
    Bench,
    Cost,
    belt,
    faststream,
    one_write,
    raw,
    raw_validated,
    raw_whole,
    whole_step,
)
from tests.redis_servers import RedisServer, binaries

BROKERS_FIELD = "__data__"
"""Where FastStream looks for the body of a stream entry."""

VARIANTS: Mapping[str, Callable[[Bench], Awaitable[Cost]]] = {
    "raw": raw,
    "raw + validation": raw_validated,
    "raw + whole step": raw_whole,
    "belt, one write": lambda bench: belt(bench, one_write),
    "belt, whole step": lambda bench: belt(bench, whole_step),
    "FastStream batch": lambda bench: faststream(bench, batch=True),
    "FastStream": lambda bench: faststream(bench, batch=False),
}


async def measured(bench: Bench, name: str) -> Cost:
    """One variant over all events of a fresh stream."""
    await bench.prepare(BROKERS_FIELD if name.startswith("FastStream") else "event")
    return await VARIANTS[name](bench)


async def rounds_of(url: str, rounds: int, events: int) -> dict[str, list[Cost]]:
    """The costs in interleaved rounds, after one that only warms up."""
    async with redis.asyncio.Redis.from_url(url) as client:
        bench = Bench(url, client, events)
        costs = [{name: await measured(bench, name) for name in VARIANTS} for _ in range(rounds + 1)][1:]
    return {name: [each[name] for each in costs] for name in VARIANTS}


def summary(costs: Sequence[Cost]) -> dict[str, float]:
    """Medians, and the least time on the clock: what a round costs that no neighbour disturbs."""
    found = {part: median(getattr(cost, part) for cost in costs) for part in Cost.__slots__}
    return found | {"least_wall": min(cost.wall for cost in costs), "work": found["cpu"] + found["redis_cpu"]}


COLUMNS = {"wall": "wall", "least_wall": "least wall", "cpu": "CPU", "redis_cpu": "Redis CPU", "work": "both CPUs"}


def table(found: Mapping[str, Mapping[str, float]]) -> str:
    """The costs for people: microseconds, and the ratio to the floor."""
    floor, peer = found["raw"], found["FastStream"]
    lines = [f"{'µs per event, × raw':20}" + "".join(f"{title:>18}" for title in COLUMNS.values())]
    lines += [
        f"{name:20}" + "".join(f"{cost[part]:9.1f}{cost[part] / floor[part]:7.1f} ×" for part in COLUMNS)
        for name, cost in found.items()
    ]
    for name in ("belt, one write", "belt, whole step"):
        times = ", ".join(f"{peer[part] / found[name][part]:.1f} × by {title}" for part, title in COLUMNS.items())
        lines.append(f"{name}: faster than FastStream one by one {times}")
    return "\n".join((*lines, f"load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"))


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--events", type=int, default=2_000)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of the table")
    options = parser.parse_args()
    server = RedisServer(next(iter(binaries().values())))
    server.start()
    with tempfile.TemporaryFile("w", buffering=1) as lines:
        sys.stderr, errors = lines, sys.stderr  # the belt's log goes to a file, as a service's does
        configure("info", as_json=False)
        costs = asyncio.run(rounds_of(server.url, options.rounds, options.events))
        sys.stderr = errors
    server.remove()
    found = {name: summary(each) for name, each in costs.items()}
    if options.json:
        print(json.dumps({"load_average": os.getloadavg()[0], "cores": os.cpu_count(), "costs_us": found}))
    else:
        print(table(found))


if __name__ == "__main__":
    main()
