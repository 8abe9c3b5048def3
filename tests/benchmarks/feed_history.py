"""The feeds' benchmark of histories: a walk from the feed to its first document while documents come, are corrected and retracted."""

from __future__ import annotations

import asyncio
import os
import time
from itertools import count
from urllib.parse import urlsplit

from shared.events import Change, DocumentRelated
from shared.steps import Step
from shared.syndication.addresses import Format
from shared.syndication.statement import examined
from tests.benchmarks.feed_room import Room, room
from tests.benchmarks.feed_stock import document, event
from tests.benchmarks.wire import Wire

DOCUMENTS = int(os.environ.get("HISTORY", "10000"))
AT_ONCE = 5
PAUSE_SECONDS = 0.02


async def history() -> dict[str, float]:
    """How many of the documents that were there a walk meets in each format, and how many it meets twice."""
    async with room() as ours:
        await ours.put(range(DOCUMENTS))
        while await ours.client.zcard(ours.belt.key("feeds", "shelf", "all")) < DOCUMENTS:  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.05)
        changing = asyncio.create_task(_change(ours))
        found: dict[str, float] = {}
        wire = await Wire.to(ours.port)
        for form in Format:
            began = time.monotonic()
            met = await walked(wire, f"/feeds/all.{form}")
            there = {name for name in met if int(name.rpartition("doc")[2]) < DOCUMENTS}
            found |= {f"{form} met": len(there), f"{form} twice": len(met) - len(set(met))}
            found[f"{form} seconds"] = time.monotonic() - began
        changing.cancel()
        return {"documents": DOCUMENTS} | found


async def walked(wire: Wire, path: str) -> list[str]:
    """The identifiers of all entries in the order in which a reader meets them."""
    met: list[str] = []
    onward: str | None = path
    while onward:
        reply = await wire.ask("GET", onward)
        assert reply.status == 200, reply
        feed = examined(reply.body)
        met += [name for name, _ in feed.entries]
        onward = urlsplit(feed.older).path if feed.older else None
    return met


async def _change(ours: Room) -> None:
    """Two documents in five come, two are corrected, into another subject, and one is retracted; 200 a second at most."""
    for turn in count():
        numbers = [(turn * AT_ONCE + place) * 7919 % DOCUMENTS for place in range(AT_ONCE)]
        await ours.belt.publish(step(turn, numbers))
        await asyncio.sleep(PAUSE_SECONDS)


def step(turn: int, numbers: list[int]) -> Step:
    """What happens in one turn."""
    new = [event(DOCUMENTS + 2 * turn + place) for place in range(2)]
    old = [
        _later(number, turn, Change.RETRACTED if place == 0 else Change.UPDATED)
        for place, number in enumerate(numbers[:3])
    ]
    return Step(emits=(*new, *old))


def _later(number: int, turn: int, change: Change) -> DocumentRelated:
    newer = document(number).model_copy(update={"version": 2 + turn, "title": f"Corrected {turn}"})
    subject = event(number + 1).subject
    facts = {"event_id": f"later-{number}-{turn}", "document": newer, "change": change, "subject": subject}
    return event(number).model_copy(update=facts)
