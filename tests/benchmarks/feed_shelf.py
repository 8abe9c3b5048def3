"""The feeds' benchmark of many documents: what each takes, how soon a feed comes that nobody has asked for, and the way down to the first."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable

from shared.syndication.questions import question_of
from tests.benchmarks.feed_history import walked
from tests.benchmarks.feed_room import Room, room
from tests.benchmarks.feed_stock import word
from tests.benchmarks.feed_visible import RATE, hurried
from tests.benchmarks.wire import Wire

SHELF = int(os.environ.get("SHELF", "20000"))
TRIMMED_SECONDS = 6.0
"""After which a room's streams are empty."""
LONGEST_SECONDS = 600.0
USUAL, RARE = 30, 3_000
"""The places of two words among all, the most frequent first: some 40 and 1 of a hundred documents have them."""
FEW = f"{word(2_990)} {word(RARE)} {word(3_010)}"
"""What perhaps one document has: only the whole index can tell."""
SAMPLE = 500
LOADED_SECONDS = 40


async def shelf() -> dict[str, float]:
    """What many documents take, and how soon their feeds come."""
    async with room() as ours:
        began, empty = time.monotonic(), (int((await ours.client.info("memory"))["used_memory"]), ours.memory())
        await ours.put(range(SHELF))
        told: dict[str, float] = {"documents": SHELF, "taken in per second": SHELF / (time.monotonic() - began)}
        return told | await measured(ours, *empty)


async def measured(ours: Room, empty_redis: int, empty_server: int) -> dict[str, float]:
    """What this shelf takes beyond an empty one, and how soon its feeds come after a start."""
    await asyncio.sleep(TRIMMED_SECONDS)
    grown = int((await ours.client.info("memory"))["used_memory"]) - empty_redis
    told: dict[str, float] = {"bytes of Redis for each": (grown - await _streams(ours)) / SHELF} | await _parts(ours)
    told["seconds until ready"] = ours.restart()
    told |= await _first_searches(ours)
    await asyncio.sleep(TRIMMED_SECONDS)
    told["bytes of the server for each"] = (ours.memory() - empty_server) / SHELF
    told |= await _first_bytes(ours)
    began, cpu = time.monotonic(), ours.cpu()
    met = await walked(await Wire.to(ours.port), "/feeds/all.atom")
    told |= {"met in a walk": len(set(met)), "met twice": len(met) - len(set(met))}
    told |= {"walk seconds": time.monotonic() - began, "walk cpu seconds": ours.cpu() - cpu}
    told |= {"MB of the server after it": ours.memory() / 1e6}
    return told | {f"{name}, under load": figure for name, figure in (await _under_load(ours)).items()}


async def _under_load(ours: Room) -> dict[str, float]:
    """A start and the first search after it, while 200 documents a second come."""
    ours.restart()
    coming = asyncio.create_task(hurried(ours, range(SHELF, SHELF + RATE * LOADED_SECONDS)))
    while not await ours.belt.backlog("documents.related", "feeds"):  # noqa: ASYNC110 - no event
        await asyncio.sleep(0.01)
    found = await _first_searches(ours)
    return found | await coming


async def _streams(ours: Room) -> int:
    names = ("documents.related", "documents.published")
    return sum([await ours.client.memory_usage(ours.belt.key(name)) or 0 for name in names])


async def _parts(ours: Room) -> dict[str, float]:
    """Bytes of Redis for a document by what they are for; of many like keys some are weighed, drawn evenly."""
    key, weigh = ours.belt.key, ours.client.memory_usage

    async def mean(names: list[str]) -> float:
        some = names[:: max(len(names) // SAMPLE, 1)]
        return sum([await weigh(name, samples=0) or 0 for name in some]) / max(len(some), 1)

    names = [row.decode() for row in await ours.client.hkeys(key("feeds", "names"))]
    articles = [key("feeds", "article", f"doc{number}") for number in range(SHELF)]
    near = [key("feeds", "shelf", f"documents/doc{number}/related") for number in range(SHELF)]
    shelves = await mean([key("feeds", "shelf", name) for name in names]) * len(names)
    single = {name: await weigh(key("feeds", name), samples=2_000) or 0 for name in ("changed", "names", "chronicle")}
    everything = await weigh(key("feeds", "shelf", "all"), samples=2_000) or 0
    found = {"articles": await mean(articles), "near": await mean(near)}
    each = single | {"shelves": shelves + everything, "feeds": 0}
    return {f"of that {name}": amount for name, amount in found.items()} | {
        f"of that {name}": amount / SHELF for name, amount in each.items() if amount
    }


async def _first_searches(ours: Room) -> dict[str, float]:
    """Right after a start: a question that many documents answer, then one that hardly any does."""
    many = {f"first search, {name}": figure for name, figure in (await _first_search(ours, word(USUAL))).items()}
    few = {f"first search for the rarest, {name}": figure for name, figure in (await _first_search(ours, FEW)).items()}
    return many | few


async def _first_search(ours: Room, words: str) -> dict[str, float]:
    """Seconds until this question is answered, and what whoever asks for another feed waits meanwhile."""
    wire, began, cpu, refused = await Wire.to(ours.port), time.monotonic(), ours.cpu(), 0
    others: list[float] = []

    async def beside() -> None:
        other = await Wire.to(ours.port)
        while True:
            others.append(await _timed(lambda: other.ask("GET", "/feeds/all.atom")))
            await asyncio.sleep(0.02)

    watching = asyncio.create_task(beside())
    while (reply := await wire.ask("GET", _search("atom", q=words))).status == 503:
        refused += 1
        assert time.monotonic() - began < LONGEST_SECONDS, reply
        await asyncio.sleep(0.2)
    watching.cancel()
    assert reply.status == 200, reply
    told = {"s": time.monotonic() - began, "cpu s": ours.cpu() - cpu, "times 503": refused}
    return told | {"all.atom meanwhile, longest ms": max(others, default=0.0)}


async def _first_bytes(ours: Room) -> dict[str, float]:
    """Milliseconds until the answer is there whole, for what nobody has asked for before, and asked again."""
    client, key = ours.client, ours.belt.key
    middle = (await client.zrange(key("feeds", "shelf", "all"), SHELF // 2, SHELF // 2, withscores=True))[0][1]
    paths = {
        "all": "/feeds/all.rss",
        "subject": "/feeds/subjects/subject-3.atom",
        "archive in the middle": f"/feeds/all/before/{int(middle)}.rss",
        "search": _search("rss", q=word(RARE)),
        "search, two words and not a subject": _search("rss", q=f"{word(RARE)} {word(USUAL)}", not_subject="subject-1"),
        "search, all but a subject": _search("json", not_subject="subject-1"),
        "page of all feeds": "/feeds",
        "OPML": "/feeds.opml",
        "sitemap": "/sitemaps/2.xml",
    }
    told, wire = {}, await Wire.to(ours.port)
    for name, path in paths.items():
        told[f"{name}, first ms"] = await _timed(lambda path=path: wire.ask("GET", path))  # type: ignore[misc]
        told[f"{name}, again ms"] = await _timed(lambda path=path: wire.ask("GET", path))  # type: ignore[misc]
    return told


def _search(form: str, **asked: str) -> str:
    """The one address of a question."""
    pairs = [(name.replace("_", "."), value) for name, value in asked.items()]
    return f"/feeds/search.{form}?{question_of(pairs).written}"


async def _timed(act: Callable[[], Awaitable[object]]) -> float:
    began = time.monotonic()
    reply = await act()
    assert getattr(reply, "status", 0) == 200, reply
    return 1000 * (time.monotonic() - began)
