"""The WebSub hub under load: python -m tests.benchmarks.hub [latency] [audience] [chaos] [--seconds 30] [--audience 10000]

latency    documents at 50 a second, 200 subscribers: from the POST of a document to its push, for each subscriber that it concerns
audience   10,000 subscribers to one feed: verifications and pushes a second, bytes of Redis for a push that waits, the process's memory
chaos      latency's load while the hub's process is killed with -9 and Redis is killed and started again: what was lost, what came twice

All five services run, each as a process of its own on a real Redis with an append-only file; the subscribers have a process too. Prints
JSON. Processor time is told beside the wall's; on two cores that others use only the former is steady, and `load` says how many did.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import cycle, islice
from statistics import quantiles
from typing import Any
from urllib.parse import urlencode

import psutil
import redis

from tests.benchmarks.house import House
from tests.benchmarks.hub_receiver import Subscribers
from tests.benchmarks.load import Document, Load, synthetic
from tests.benchmarks.wire import Wire

PER_SECOND = 50
SUBSCRIBERS = 200
HOME = "http://127.0.0.1:8000"
WHOLE = tuple(f"{HOME}/feeds/all.{form}" for form in ("atom", "rss", "json"))
SUBJECTS = ("physics", "chemistry", "mathematics", "computer-science", "medicine", "economics", "criminal-or-civil-law")
TOPICS = (*WHOLE, *(f"{HOME}/feeds/subjects/{slug}.atom" for slug in SUBJECTS))
WARM_UP = 100
ASKED_AT_ONCE = 32
PATIENCE_SECONDS = 180.0
FORM = {"content-type": "application/x-www-form-urlencoded"}


async def subscribe(house: House, subscribers: Subscribers, topics: Sequence[str]) -> float:
    """One subscription for each topic, verified; how many a second."""
    began, asked = time.monotonic(), iter(enumerate(topics))

    async def lane() -> None:
        wire = await Wire.to(house.port["webhooks"])
        for name, topic in asked:
            said = {"hub.mode": "subscribe", "hub.topic": topic, "hub.callback": subscribers.callback(name)}
            said["hub.secret"] = f"secret {name}"
            reply = await wire.ask("POST", "/hub", FORM, urlencode(said).encode())
            assert reply.status == 202, reply
        wire.close()

    await asyncio.gather(*(lane() for _ in range(ASKED_AT_ONCE)))
    await until(lambda: subscribers.ask("agreed") == len(topics), "every subscription is verified")
    return len(topics) / (time.monotonic() - began)


async def until(done: Callable[[], bool], what: str) -> None:
    """Look every tenth of a second until something holds."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not done():
        assert time.monotonic() < deadline, f"it does not come about that {what}"
        await asyncio.sleep(0.1)


def missing(subscribers: Subscribers, topics: Sequence[str], documents: Iterable[str]) -> int:
    """How many documents did not come to how many of those that follow everything."""
    wanted = {name.encode() for name in documents}
    came: dict[int, set[bytes]] = {}
    for _, name, found in subscribers.ask("pushes"):
        came.setdefault(name, set()).update(found)
    whole = [name for name, topic in enumerate(topics) if topic in WHOLE]
    return sum(len(wanted - came.get(name, set())) for name in whole)


def spread(seconds: Sequence[float]) -> dict[str, float]:
    """Milliseconds: p50, p95, p99 and the largest."""
    cuts = quantiles(seconds, n=100, method="inclusive")
    found = {"p50": cuts[49], "p95": cuts[94], "p99": cuts[98], "max": max(seconds)}
    return {name: round(1000 * value, 1) for name, value in found.items()}


def delays(subscribers: Subscribers, load: Load) -> list[float]:
    """From the POST of each document until its first push, for each subscriber that got it; seconds."""
    posted = {name.encode(): sent.posted for name, sent in load.sent.items()}
    first: dict[tuple[int, bytes], float] = {}
    for at, name, documents in subscribers.ask("pushes"):
        for document in documents:
            if document in posted:
                first.setdefault((name, document), at)
    return [at - posted[document] for (_, document), at in first.items()]


async def latency(seconds: int) -> dict[str, Any]:
    """Document in → push at a subscriber."""
    with House("five processes") as house:
        subscribers, topics = Subscribers(), list(islice(cycle(TOPICS), SUBSCRIBERS))
        await subscribe(house, subscribers, topics)
        documents = list(synthetic(WARM_UP + PER_SECOND * seconds))
        await _all_come(house, subscribers, topics, documents[:WARM_UP])
        subscribers.ask("forget")
        cpu, load_cpu, began = house.cpu(), time.process_time(), time.monotonic()
        load = await _all_come(house, subscribers, topics, documents[WARM_UP:])
        spent, wall = house.cpu(), time.monotonic() - began
        found = delays(subscribers, load)
        pushes = subscribers.ask("count")
        subscribers.end()
    share = {name: round((spent[name] - cpu[name]) / wall, 3) for name in spent}
    return {
        "documents": len(load.sent),
        "subscribers": SUBSCRIBERS,
        "pushes": pushes,
        "arrivals": len(found),
        "ms": spread(found),
        "cpu_share": share | {"benchmark": round((time.process_time() - load_cpu) / wall, 3)},
        "load": os.getloadavg()[0],
    }


async def _all_come(
    house: House, subscribers: Subscribers, topics: Sequence[str], documents: Sequence[Document]
) -> Load:
    load = Load(house.port["ingest"])
    await load.at(PER_SECOND, documents)
    await until(lambda: not missing(subscribers, topics, load.sent), "every document is pushed")
    return load


async def audience(count: int) -> dict[str, Any]:
    """Many subscribers to one feed."""
    with House("five processes") as house:
        subscribers = Subscribers()
        verified = await subscribe(house, subscribers, [WHOLE[0]] * count)
        documents = iter(synthetic(12))
        before = house.cpu()
        rates = [await _one_to_all(house, subscribers, next(documents), count) for _ in range(3)]
        cpu = {name: value - before[name] for name, value in house.cpu().items()}
        hub = psutil.Process(house.processes["webhooks"].pid).memory_info().rss
        bytes_each = await _waiting(house, subscribers, next(documents), count)
        subscribers.end()
    spent = {name: round(1000 * cpu[name] / (3 * count), 3) for name in ("webhooks", "redis")}
    return {
        "subscribers": count,
        "verified_per_second": round(verified),
        "pushes_per_second": [round(rate) for rate in rates],
        "cpu_ms_per_push": spent,
        "redis_bytes_per_waiting_push": round(bytes_each),
        "hub_rss_mb": round(hub / 1e6, 1),
        "load": os.getloadavg()[0],
    }


async def _one_to_all(house: House, subscribers: Subscribers, document: Document, count: int) -> float:
    """Pushes a second, from the first one to the last."""
    subscribers.ask("forget")
    await Load(house.port["ingest"]).as_fast_as_accepted([document])
    await until(lambda: subscribers.ask("count") >= count, "everybody has it")
    times: list[float] = [at for at, _, _ in subscribers.ask("pushes")]
    return count / (max(times) - min(times))


async def _waiting(house: House, subscribers: Subscribers, document: Document, count: int) -> float:
    """Bytes of Redis for each push that failed once and waits."""
    with redis.Redis.from_url(house.redis.url) as client:
        before = _used(client)
        subscribers.ask("status", 503)
        await Load(house.port["ingest"]).as_fast_as_accepted([document])
        await until(lambda: subscribers.ask("refused") >= count, "everybody refused")
        await asyncio.sleep(1)  # what was refused last is written down
        return (_used(client) - before) / count


def _used(client: Any) -> float:
    return float(client.info("memory")["used_memory"])


async def chaos(seconds: int) -> dict[str, Any]:
    """The load of `latency` among kills."""
    with House("five processes") as house:
        subscribers, topics = Subscribers(), list(islice(cycle(TOPICS), SUBSCRIBERS))
        await subscribe(house, subscribers, topics)
        load = Load(house.port["ingest"])
        killing = asyncio.create_task(_killing(house, seconds))
        await load.at(PER_SECOND, list(synthetic(PER_SECOND * seconds)))
        kills = await killing
        try:
            await until(lambda: not missing(subscribers, topics, load.sent), "every document is pushed")
        finally:
            lost = missing(subscribers, topics, load.sent)
            pushes = subscribers.ask("pushes")
        delayed = delays(subscribers, load)
        subscribers.end()
    times = Counter((name, documents) for _, name, documents in pushes)
    return {
        "documents": len(load.sent),
        "subscribers": SUBSCRIBERS,
        "kills": kills,
        "lost": lost,
        "pushes": len(pushes),
        "pushes_repeated": sum(number - 1 for number in times.values()),
        "ms": spread(delayed),
        "load": os.getloadavg()[0],
    }


async def _killing(house: House, seconds: int) -> dict[str, int]:
    """Kill now the hub, now Redis, until the load ends."""
    chance, kills, deadline = random.Random(8), Counter[str](), time.monotonic() + seconds
    for victim in cycle(("webhooks", "webhooks", "redis")):
        await asyncio.sleep(chance.uniform(1.5, 4))
        if time.monotonic() > deadline:
            return dict(kills)
        kills[victim] += 1
        if victim == "redis":
            house.redis.kill()
            await asyncio.to_thread(house.redis.start)
        else:
            await asyncio.to_thread(house.kill, victim)
    return {}


async def main(modes: Sequence[str], seconds: int, count: int) -> None:
    """Run what was asked for, and print it as JSON."""
    runs = {"latency": lambda: latency(seconds), "audience": lambda: audience(count), "chaos": lambda: chaos(seconds)}
    for mode in modes or runs:
        print(json.dumps({mode: await runs[mode]()}, indent=2), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("modes", nargs="*", metavar="MODE", help="latency, audience, chaos; none means all")
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--audience", type=int, default=10_000)
    options = parser.parse_args()
    asyncio.run(main(options.modes, options.seconds, options.audience))
