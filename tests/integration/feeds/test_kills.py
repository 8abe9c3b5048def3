"""Kill -9 of the process that serves: a reader that takes deltas loses nothing, and what has not changed keeps its tag."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import feedparser
from redis.asyncio import Redis

from shared.steps import Step
from tests.house import free_port
from tests.integration.feeds.conftest import installed
from tests.integration.feeds.test_chronicle import feeds_process
from tests.processes import ready
from tests.unit.shared.syndication.samples import related_event, retraction


@dataclass
class Follower:
    """A reader of one feed."""

    address: str
    tag: str = ""
    statuses: list[int] = field(default_factory=list)
    titles: dict[str, str] = field(default_factory=dict)

    async def look(self) -> None:
        """Take what is new."""
        headers = {"A-IM": "feed"} | ({"If-None-Match": self.tag} if self.tag else {})
        async with aiohttp.ClientSession() as session, session.get(self.address, headers=headers) as got:
            self.statuses.append(got.status)
            self.tag = got.headers["ETag"]
            self.titles |= {entry.id: entry.title for entry in feedparser.parse(await got.read()).entries}


async def test_a_reader_outlives_the_server(redis_url: str, tmp_path: Path) -> None:
    """Killed while documents come, again and again: the follower ends with every document as it is last."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    follower = Follower(f"{base}/feeds/all.atom")
    async with Redis.from_url(redis_url) as client:
        belt = installed(client).host.belt
        process = feeds_process(redis_url, port, tmp_path)
        await asyncio.to_thread(ready, base, process)
        for turn in range(2):
            new = [related_event(number) for number in range(turn * 10 + 1, turn * 10 + 11)]
            await belt.publish(Step(emits=tuple(new)))
            await follower.look()
            await belt.publish(
                Step(emits=(related_event(turn * 10 + 3, 2, title=f"Corrected {turn}"), retraction(turn * 10 + 5)))
            )
            process.kill()
            process = feeds_process(redis_url, port, tmp_path)
            await asyncio.to_thread(ready, base, process)
            await follower.look()
        async with asyncio.timeout(30):
            while await belt.backlog("documents.related", "feeds"):  # noqa: ASYNC110 - no event
                await asyncio.sleep(0.05)
        await follower.look()
        tag = follower.tag
        process.kill()
        process = feeds_process(redis_url, port, tmp_path)
        await asyncio.to_thread(ready, base, process)
        await follower.look()
        process.kill()

    # What is retracted before anybody has seen it, because its first version waits for its dead consumer's lease, is never shown at all.
    unseen = {f"Retracted: Tides {turn * 10 + 5}" for turn in range(2)} - set(follower.titles.values())
    titles = [f"Tides {number}" for number in range(1, 21)]
    for turn in range(2):
        titles[turn * 10 + 2], titles[turn * 10 + 4] = f"Corrected {turn}", f"Retracted: Tides {turn * 10 + 5}"
    assert sorted(set(titles) - unseen) == sorted(follower.titles.values())
    assert (follower.statuses[-1], follower.tag) == (304, tag)
