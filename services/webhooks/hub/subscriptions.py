"""Subscriptions in Redis, with a view in memory that follows every change.

hub:subscriptions      hash: id → subscription as JSON
hub:leases             sorted set: id → end of the lease, in ms
hub:listeners:<topic>  sorted set of the lanes of a topic's subscribers, all of score 0, so that they have an order
hub:topics             hash: topic's id → its address, as long as it has subscribers
hub:removed            set of lanes whose deliveries are still to be swept up
hub:changed            sorted set: id → number of the change; hub:revision: the newest number; hub:floor: views behind it read everything
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from services.webhooks.hub.subscription import Subscription
from services.webhooks.hub.topics import digest
from services.webhooks.items import milliseconds
from shared.errors import NotFound

LUA = Path(__file__).parent / "lua"
CHECK_SECONDS = 0.05
"""How old the view may be where deliveries are taken; where events are planned it is looked at each time."""
MOST_CHANGES = 20_000
Decide = Callable[[Subscription | None], Subscription | None]


class View:
    """All subscriptions as they were at one moment, by id and by lane; `topics` counts the subscriptions to each."""

    def __init__(self) -> None:
        self.by_id: dict[str, Subscription] = {}
        self.by_lane: dict[str, Subscription] = {}
        self.topics: Counter[str] = Counter()
        self.version = 0
        """Another number after every change; `kinds` after every change of the topics."""
        self.kinds = 0

    def put(self, name: str, subscription: Subscription | None) -> None:
        """Take over a change."""
        before = self.by_id.pop(name, None)
        known = len(self.topics)
        if before:
            self.by_lane.pop(before.lane, None)
            self.topics[before.topic] -= 1
        if subscription:
            self.by_id[name] = self.by_lane[subscription.lane] = subscription
            self.topics[subscription.topic] += 1
        if before and not self.topics[before.topic]:
            del self.topics[before.topic]
            self.kinds += 1
        self.kinds += len(self.topics) != known
        self.version += 1


class Subscriptions:
    """Who is subscribed to what; every process of the service shares them."""

    def __init__(self, redis: Any, base: str) -> None:
        self._redis = redis
        self.base = base
        self._save = redis.register_script((LUA / "save.lua").read_text())
        self._view = View()
        self._revision = -1
        self._one_at_a_time = asyncio.Lock()
        self._checked = self._changed = float("-inf")
        """When this process last asked, and when it last changed one itself."""

    async def current(self, *, at_most_seconds_old: float = CHECK_SECONDS) -> View:
        """All subscriptions as they are, or were a moment ago; mostly the same object, changed."""
        now = time.monotonic()
        if self._checked <= self._changed or now - self._checked >= at_most_seconds_old:
            await self.seen(await self._redis.mget(self.revisions))
            self._checked = now
        return self._view

    @property
    def revisions(self) -> tuple[str, str]:
        """The keys that tell whether something has changed."""
        return f"{self.base}:revision", f"{self.base}:floor"

    async def seen(self, revisions: Sequence[bytes | None]) -> View:
        """All subscriptions as they are, when this is what stands at the keys of `revisions` now."""
        async with self._one_at_a_time:
            revision, floor = _numbers(revisions)
            if revision < self._revision:  # somebody has looked later; or Redis has come back with less
                revision, floor = _numbers(await self._redis.mget(self.revisions))
            if revision != self._revision:
                await self._follow(revision, floor)
            return self._view

    async def _follow(self, revision: int, floor: int) -> None:
        if self._revision < floor or revision < self._revision:
            stored = await self._redis.hgetall(f"{self.base}:subscriptions")
            self._view = View()
            rows = stored.items()
        else:
            changed = await self._redis.zrangebyscore(f"{self.base}:changed", f"({self._revision}", "+inf")
            values = await self._redis.hmget(f"{self.base}:subscriptions", changed) if changed else []
            rows = zip(changed, values, strict=True)
        for name, value in rows:
            self._view.put(name.decode(), Subscription.model_validate_json(value) if value else None)
        self._revision = revision

    async def get(self, name: str) -> Subscription:
        """One subscription as it is now. Raises NotFound."""
        if found := await self._redis.hget(f"{self.base}:subscriptions", name):
            return Subscription.model_validate_json(found)
        raise NotFound("there is no such subscription", subscription=name)

    async def all(self) -> list[Subscription]:
        """All subscriptions as they are now, oldest first."""
        stored = await self._redis.hvals(f"{self.base}:subscriptions")
        return sorted(map(Subscription.model_validate_json, stored), key=lambda each: (each.since, each.id))

    async def count(self) -> int:
        """How many there are."""
        return int(await self._redis.hlen(f"{self.base}:subscriptions"))

    async def revise(self, name: str, decide: Decide) -> tuple[Subscription | None, Subscription | None]:
        """Make of a subscription what `decide` says (None for none), which is asked again if somebody else was faster.

        Gives what was there and what is there.
        """
        while True:
            stored = await self._redis.hget(f"{self.base}:subscriptions", name) or b""
            before = Subscription.model_validate_json(stored) if stored else None
            after = decide(before)
            about = after or before
            if about is None or after == before or await self._put(name, stored, after, about):
                return before, after

    async def remove(self, name: str) -> Subscription:
        """End a subscription. Raises NotFound."""
        before, _ = await self.revise(name, lambda _: None)
        if before is None:
            raise NotFound("there is no such subscription", subscription=name)
        return before

    async def _put(self, name: str, before: bytes, after: Subscription | None, about: Subscription) -> bool:
        new, until = after.model_dump_json() if after else "", milliseconds(about.until)
        args = [name, before, new, about.lane, digest(about.topic), about.topic, until]
        done = await self._save(keys=[self.base], args=args)
        self._changed = time.monotonic()
        return bool(done)

    async def over(self, now: datetime, most: int) -> list[str]:
        """The ids of subscriptions whose lease has ended."""
        found = await self._redis.zrangebyscore(f"{self.base}:leases", "-inf", milliseconds(now), start=0, num=most)
        return [name.decode() for name in found]

    async def removed(self, most: int) -> list[str]:
        """Lanes of subscriptions that there are no more."""
        return [lane.decode() for lane in await self._redis.srandmember(f"{self.base}:removed", most)]

    async def swept(self, lanes: Sequence[str]) -> None:
        """The deliveries of these lanes are forgotten."""
        if lanes:
            await self._redis.srem(f"{self.base}:removed", *lanes)

    async def prune(self) -> None:
        """Forget the numbers of old changes, when they are many more than the subscriptions."""
        size = await self._redis.zcard(f"{self.base}:changed")
        if size <= MOST_CHANGES + 2 * await self.count():
            return
        async with self._redis.pipeline(transaction=True) as together:
            together.incr(f"{self.base}:revision")
            together.execute_command("COPY", f"{self.base}:revision", f"{self.base}:floor", "REPLACE")
            together.delete(f"{self.base}:changed")
            await together.execute()


def by_topic(topics: Mapping[str, int], few: int) -> Iterable[tuple[str, int]]:
    """The topics with the most subscriptions."""
    return sorted(topics.items(), key=lambda pair: (-pair[1], pair[0]))[:few]


def _numbers(revisions: Sequence[bytes | None]) -> tuple[int, int]:
    revision, floor = (int(number or 0) for number in revisions)
    return revision, floor
