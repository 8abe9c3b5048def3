"""What it takes to find near-duplicates, and how many are found: python -m tests.benchmarks.sameness [--from FILE]

Cost     CPU of this process and of Redis, and Redis memory, for each document that is accepted; and the same without looking for near-duplicates
Found    copies with words and sentences changed, dropped, put in and moved, by their true similarity: the share that is linked

The documents are made up (synthetic.py), or the titles and texts of a file of JSON lines, gzipped or not.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from services.ingest.changes import Changed, Unchanged, decide
from services.ingest.documents import Reading, read_all
from services.ingest.draft import Draft
from services.ingest.identity import document_id
from services.ingest.likeness import buckets, jaccard, shingles
from services.ingest.registry import Registry
from shared.clock import SystemClock
from shared.events import DocumentIngested
from shared.packing import connect
from shared.settings import ROOT, Settings
from shared.steps import Guard, Step
from shared.streams import Belt
from tests.benchmarks.synthetic import Model
from tests.redis_servers import RedisServer, binaries

BANDS = (0.0, 0.3, 0.5, 0.6, 0.7, 0.75, 0.78, 0.8, 0.82, 0.85, 0.9, 0.95, 1.0)
MOST_EDITED = 0.35
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Cost:
    """For each document: microseconds of CPU here and in Redis, and bytes there."""

    here: float
    redis: float
    bytes: float


def documents(path: Path | None, count: int) -> Iterator[Draft]:
    """So many documents as the reader reads them."""
    if path is None:
        bodies: Iterator[bytes] = Model((ROOT / "seeds" / "subjects.yaml").read_bytes()).documents(count)
    else:
        octets = path.read_bytes()
        bodies = iter((gzip.decompress(octets) if path.suffix == ".gz" else octets).splitlines())
    for body in islice(bodies, count):
        for item in read_all(body):
            if isinstance(item, Reading):
                yield item.draft


class Ground:
    """A Redis of its own, and the registry on it."""

    def __init__(self, url: str) -> None:
        self.client = connect(url)
        self.belt = Belt(self.client, Settings(), SystemClock())
        self.registry = Registry(self.client, self.belt)

    async def accept(self, draft: Draft) -> None:
        """As the product does."""
        await self.registry.accept(draft, document_id(draft), NOW, correlation_id="bench")

    async def accept_blindly(self, draft: Draft) -> None:
        """The same without looking for near-duplicates."""
        name = document_id(draft)
        decision = decide(await self.registry.known(name), name, draft, NOW)
        if isinstance(decision, Changed):
            key = self.belt.key("ingest", "document", name)
            record = ("HSET", key, "record", decision.known("bench").model_dump_json())
            event = DocumentIngested.of(decision.document, decision.change, correlation_id="bench", at=NOW)
            ids = ("ZADD", self.belt.key("ingest", "ids"), 0, name)
            guard = Guard(key, "version", 1)
            await self.belt.publish(Step("added", (record, ids), (event,), guard))
            await self.belt.written(guard)

    async def cost(self, drafts: Sequence[Draft], *, blindly: bool) -> Cost:
        """Of accepting these one after the other into an empty Redis."""
        await self.client.flushall()
        spent, used = await self._redis()
        began = time.process_time()
        for draft in drafts:
            await (self.accept_blindly(draft) if blindly else self.accept(draft))
        here, (after, full) = time.process_time() - began, await self._redis()
        count = len(drafts)
        return Cost(1e6 * here / count, 1e6 * (after - spent) / count, (full - used) / count)

    async def _redis(self) -> tuple[float, int]:
        told: dict[str, Any] = await self.client.info()
        return told["used_cpu_user"] + told["used_cpu_sys"], told["used_memory"]


def edited(chance: random.Random, text: str, share: float) -> str:
    """A copy of which about so much is another: single words, or sentences dropped, put in and moved."""
    words = text.split()
    for _ in range(round(len(words) * share / 3)):
        place = chance.randrange(len(words))
        match chance.randrange(4):
            case 0:
                words[place] = chance.choice(words)
            case 1 if len(words) > 10:
                del words[place : place + chance.randint(1, 5)]
            case 2:
                words[place:place] = chance.choices(words, k=chance.randint(1, 5))
            case _:
                piece = words[place : place + 12]
                del words[place : place + 12]
                at = chance.randrange(len(words) + 1)
                words[at:at] = piece
    return " ".join(words)


async def found(ground: Ground, drafts: Sequence[Draft], copies: int) -> list[tuple[str, int, int, int]]:
    """For each band of similarity: copies, how many were linked, how many of them with another document than the one they were made of."""
    chance, seen = random.Random(1), Counter[tuple[int, str]]()
    for number in range(copies):
        draft = chance.choice(drafts)
        copy = draft.model_copy(
            update={"text": edited(chance, draft.text, chance.random() * MOST_EDITED), "given_id": f"copy {number}"}
        )
        copy = copy.model_copy(update={"html": copy.text, "whole": copy.text, "url": None})
        similarity = jaccard(shingles(draft.title, draft.text), shingles(copy.title, copy.text))
        told = await ground.registry.tried(copy, document_id(copy), NOW)
        linked = told.document.duplicate_of or (told.document.id if isinstance(told, Unchanged) else None)
        band = max(place for place, least in enumerate(BANDS) if similarity >= least)
        seen[band, "all"] += 1
        seen[band, "linked"] += linked is not None
        seen[band, "other"] += linked not in {None, document_id(draft)}
    return [
        (_band(place), seen[place, "all"], seen[place, "linked"], seen[place, "other"]) for place in range(len(BANDS))
    ]


def _band(place: int) -> str:
    return f"{BANDS[place]:.2f}–{BANDS[place + 1]:.2f}" if place + 1 < len(BANDS) else "1.00"


async def measured(options: argparse.Namespace, url: str) -> dict[str, Any]:
    """Everything, on the Redis at `url`."""
    drafts, ground = list(documents(options.source, options.documents)), Ground(url)
    costs: dict[str, list[Cost]] = {"blindly": [], "looking": []}
    for _ in range(options.rounds):
        costs["blindly"].append(await ground.cost(drafts, blindly=True))
        costs["looking"].append(await ground.cost(drafts, blindly=False))
    least = {
        name: Cost(*(min(getattr(each, part) for each in costs[name]) for part in Cost.__slots__)) for name in costs
    }
    began = time.process_time()
    for draft in drafts:
        buckets(shingles(draft.title, draft.text))
    hashing = 1e6 * (time.process_time() - began) / len(drafts)
    links = [each async for each in ground.registry.records(after="", limit=10**6, most_bytes=10**12)]
    near = sum(each.document.duplicate_of is not None for each in links)
    table = await found(ground, drafts, options.copies)
    await ground.client.aclose()
    told = {"documents": len(drafts), "kept": len(links), "near_duplicates": near, "hashing_us": hashing}
    return (
        told
        | {name: {part: getattr(cost, part) for part in Cost.__slots__} for name, cost in least.items()}
        | {"found": table}
    )


def shown(told: dict[str, Any]) -> str:
    """For people."""
    more = {part: told["looking"][part] - told["blindly"][part] for part in Cost.__slots__}
    lines = [
        f"{told['documents']} documents, {told['kept']} kept as documents of their own, {told['near_duplicates']} of them near-duplicates",
        f"for each: {more['here']:.0f} µs of CPU here ({told['hashing_us']:.0f} of them hashing), {more['redis']:.0f} µs in Redis, {more['bytes']:.0f} bytes in Redis",
        f"beside {told['blindly']['here']:.0f} µs, {told['blindly']['redis']:.0f} µs and {told['blindly']['bytes']:.0f} bytes without looking for near-duplicates",
        f"{'similarity':12}{'copies':>8}{'linked':>8}{'share':>9}{'to another':>12}",
    ]
    lines += [
        f"{band:12}{count:8}{linked:8}{linked / count if count else 0:9.4f}{other:12}"
        for band, count, linked, other in told["found"]
    ]
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--from", dest="source", type=Path, help="a file of JSON lines with title and text")
    parser.add_argument("--documents", type=int, default=2_000)
    parser.add_argument("--copies", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    server = RedisServer(next(iter(binaries().values())))
    server.start()
    try:
        told = asyncio.run(measured(options, server.url))
    finally:
        server.remove()
    print(json.dumps(told) if options.json else shown(told))


if __name__ == "__main__":
    main()
