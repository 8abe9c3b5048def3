"""The whole belt under load: python -m tests.benchmarks.belt [--json] [--corpus FILE]

Throughput  documents posted as fast as they are accepted; the clock runs from the first POST until the last partner has the last one.
            2,500 others go before (--warm-up); a new house learns subjects from its first 4,000 sure ones, so some of that is in the figure
Latency     documents posted at a fixed rate, whatever the answers; when is each in the main feed, when has a partner heard of it

The services run as processes on a real Redis with an append-only file; partners, and the load with the reader, have a process each. Every
process's share of the processor is told, for on two cores they all stand in each other's way. Documents come from a seeded model of words
(synthetic.py), or with --corpus from a file of JSON lines (.gz) with `title` and `answer`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from statistics import quantiles
from typing import Any

from tests.benchmarks.house import ARRANGEMENTS, House
from tests.benchmarks.load import CONNECTIONS, Document, Load, Reader, corpus, synthetic
from tests.benchmarks.wire import Receiver

PARTNERS = 3
WARM_UP = {"throughput": 2_500, "latency": 100}
PATIENCE_SECONDS = 120.0


@dataclass(frozen=True)
class Throughput:
    """`cpu_ms`: milliseconds of processor time per document, by process; the load generator and the partners are not the product."""

    documents: int
    seconds: float
    accepted_per_second: float
    cpu_ms: dict[str, float]

    @property
    def per_second(self) -> float:
        """Documents per second from the first POST until the last delivery."""
        return self.documents / self.seconds


@dataclass(frozen=True)
class Latency:
    """Milliseconds as (p50, p99). `poll`: time between two looks of the reader at the feed, the resolution of `feed`."""

    documents: int
    per_second: float
    post_to_accepted: tuple[float, float]
    post_to_feed: tuple[float, float]
    accepted_to_feed: tuple[float, float]
    accepted_to_partner: tuple[float, float]
    poll: tuple[float, float]
    cpu_share: dict[str, float]


async def throughput(
    house: House, receiver: Receiver, documents: Sequence[Document], warm_up: int, senders: int = CONNECTIONS
) -> Throughput:
    """How many documents a second go the whole way, after the first `warm_up` of them."""
    warm, measured = documents[:warm_up], documents[warm_up:]
    load = Load(house.port["ingest"], senders=senders)
    await load.as_fast_as_accepted(warm)
    await _delivered(receiver, PARTNERS * len(warm))
    before, own, began = _all_cpu(house, receiver), time.process_time(), time.monotonic()
    await load.as_fast_as_accepted(measured)
    accepted = time.monotonic() - began
    await _delivered(receiver, PARTNERS * len(documents))
    after = _all_cpu(house, receiver)
    seconds = max(at for at, _, _ in receiver.heard()) - began
    spent = {name: after[name] - before[name] for name in after} | {"load": time.process_time() - own}
    cpu_ms = {name: 1000 * value / len(measured) for name, value in spent.items()}
    return Throughput(len(measured), seconds, len(measured) / accepted, cpu_ms)


async def latency(house: House, receiver: Receiver, documents: Sequence[Document], per_second: float) -> Latency:
    """How long a document takes to its feed, and to its partners."""
    warm_up = WARM_UP["latency"]
    warm, measured = documents[:warm_up], documents[warm_up:]
    await Load(house.port["ingest"]).as_fast_as_accepted(warm)
    await _delivered(receiver, PARTNERS * len(warm))
    load, reader = Load(house.port["ingest"]), Reader(house.port["feeds"])
    watching = asyncio.create_task(reader.watch())
    before, own, began = _all_cpu(house, receiver), time.process_time(), time.monotonic()
    await load.at(per_second, measured)
    await _delivered(receiver, PARTNERS * len(documents))
    seconds, after = time.monotonic() - began, _all_cpu(house, receiver)
    await _until(lambda: load.sent.keys() <= reader.seen.keys())
    watching.cancel()
    spent = {name: after[name] - before[name] for name in after} | {"load and reader": time.process_time() - own}
    sent, heard = load.sent, [(at, name) for at, _, name in receiver.heard() if name in load.sent]
    return Latency(
        len(sent),
        per_second,
        _middle_and_tail([times.accepted - times.posted for times in sent.values()]),
        _middle_and_tail([reader.seen[name] - times.posted for name, times in sent.items()]),
        _middle_and_tail([reader.seen[name] - times.accepted for name, times in sent.items()]),
        _middle_and_tail([at - sent[name].accepted for at, name in heard]),
        _middle_and_tail([later - look for look, later in zip(reader.looks, reader.looks[1:], strict=False)]),
        {name: value / seconds for name, value in spent.items()},
    )


def _all_cpu(house: House, receiver: Receiver) -> dict[str, float]:
    return house.cpu() | {"partners": receiver.cpu()}


async def _delivered(receiver: Receiver, deliveries: int) -> None:
    await _until(lambda: receiver.count() >= deliveries)


async def _until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not true():
        assert time.monotonic() < deadline, "the belt has stopped"
        await asyncio.sleep(0.05)


def _middle_and_tail(seconds: Sequence[float]) -> tuple[float, float]:
    parts = quantiles(seconds, n=100)
    return 1000 * parts[49], 1000 * parts[98]


def measured(
    kind: str, arrangement: str, documents: Sequence[Document], *, rate: float, warm_up: int, senders: int
) -> Throughput | Latency:
    """One measurement on a fresh house."""
    receiver = Receiver()
    try:
        with House(arrangement) as house:
            house.add_partners(PARTNERS, receiver.port)
            if kind == "throughput":
                return asyncio.run(throughput(house, receiver, documents, warm_up, senders))
            return asyncio.run(latency(house, receiver, documents, rate))
    finally:
        receiver.process.kill()


def told(arrangement: str, found: Throughput | Latency) -> str:
    """A result for people."""
    if isinstance(found, Throughput):
        parts = "  ".join(f"{name} {value:.2f}" for name, value in found.cpu_ms.items())
        rate = f"{found.per_second:.0f} documents/s to the last partner ({found.accepted_per_second:.0f} accepted/s, {found.documents} documents)"
        return f"{arrangement}: {rate}\n  CPU ms per document: {parts}"
    rows = ("post_to_accepted", "post_to_feed", "accepted_to_feed", "accepted_to_partner", "poll")
    times = "\n".join(
        "  {:20} p50 {:7.1f} ms   p99 {:7.1f} ms".format(row.replace("_", " "), *getattr(found, row)) for row in rows
    )
    parts = "  ".join(f"{name} {100 * value:.0f} %" for name, value in found.cpu_share.items())
    return f"{arrangement}: {found.per_second:.0f} documents/s, {found.documents} documents\n{times}\n  CPU: {parts}"


def main() -> None:
    """Measure what was asked for, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=3_000, help="for the throughput")
    parser.add_argument(
        "--warm-up", type=int, default=WARM_UP["throughput"], help="documents before the clock runs, for the throughput"
    )
    parser.add_argument("--senders", type=int, default=CONNECTIONS, help="at once, for the throughput")
    parser.add_argument("--rate", type=float, default=50, help="documents per second for the latency")
    parser.add_argument("--seconds", type=float, default=30, help="of load for the latency")
    parser.add_argument("--only", choices=("throughput", "latency"))
    parser.add_argument("--arrangement", choices=tuple(ARRANGEMENTS), action="append")
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    sizes = {"throughput": options.documents, "latency": int(options.rate * options.seconds)}
    results: dict[str, dict[str, Any]] = defaultdict(dict)
    for kind in (kind for kind in sizes if options.only in (None, kind)):
        warm_up = options.warm_up if kind == "throughput" else WARM_UP[kind]
        count = warm_up + sizes[kind]
        documents = list(islice(corpus(options.corpus), count) if options.corpus else synthetic(count))
        for arrangement in options.arrangement or ARRANGEMENTS:
            found = measured(kind, arrangement, documents, rate=options.rate, warm_up=warm_up, senders=options.senders)
            results[kind][arrangement] = asdict(found)
            if not options.json:
                print(told(arrangement, found), flush=True)
    machine = {"load_average": os.getloadavg()[0], "cores": os.cpu_count()}
    print(json.dumps(machine | results) if options.json else f"load of the machine {machine}")


if __name__ == "__main__":
    main()
