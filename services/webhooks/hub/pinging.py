"""Pushing what others publish: a ping says that a topic has something new; it is fetched once, and what has changed goes to its subscribers.

hub:pings          sorted set: topic's address → when it is to be fetched, in ms
hub:pinged         hash: the same → the same, for claim.lua
hub:seen:<topic>   hash: tag, modified, digest of what was fetched last
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from typing import Any

from services.webhooks.hub.distributing import Distributing
from services.webhooks.hub.topics import digest
from services.webhooks.items import milliseconds
from services.webhooks.outbound import Answer, Outbound
from shared.clock import Clock
from shared.logs import log

LUA = Path(__file__).parent / "lua"
POLL_SECONDS = 0.5
MOST_BYTES = 5_000_000
MOST_AT_ONCE = 8
LEASE = timedelta(seconds=60)
UNNAMED = "application/octet-stream"


class Pinging:
    """One process's part in fetching what others publish."""

    def __init__(self, redis: Any, base: str, outbound: Outbound, distributing: Distributing, clock: Clock) -> None:
        self._redis = redis
        self._base = base
        self._outbound = outbound
        self._distributing = distributing
        self._clock = clock
        self._keys = [f"{base}:pings", f"{base}:pinged"]
        self._claim = redis.register_script((LUA / "claim.lua").read_text())
        self._fetched = redis.register_script((LUA / "fetched.lua").read_text())
        self._called = asyncio.Event()

    async def ask(self, topics: Sequence[str]) -> None:
        """Have these fetched soon; one that is to be fetched already is fetched once."""
        now = milliseconds(self._clock.now())
        async with self._redis.pipeline(transaction=True) as together:
            together.hset(f"{self._base}:pinged", mapping={topic: topic for topic in topics})
            together.zadd(f"{self._base}:pings", dict.fromkeys(topics, now))
            await together.execute()
        self._called.set()

    async def turn(self) -> None:
        """Fetch what is due."""
        self._called.clear()
        now = self._clock.now()
        lease = milliseconds(now + LEASE)
        found = await self._claim(keys=self._keys, args=[milliseconds(now), lease, MOST_AT_ONCE])
        topics = [topic.decode() for topic in found[::2]]
        await asyncio.gather(*(self._fetch(topic, lease) for topic in topics))
        if not topics:
            timer = asyncio.get_running_loop().call_later(POLL_SECONDS, self._called.set)
            await self._called.wait()
            timer.cancel()

    async def _fetch(self, topic: str, lease: int) -> None:
        place = f"{self._base}:seen:{digest(topic)}"
        tag, modified, known = await self._redis.hmget(place, "tag", "modified", "digest")
        headers = {"If-None-Match": (tag or b"").decode(), "If-Modified-Since": (modified or b"").decode()}
        headers = {name: value for name, value in headers.items() if value}
        answer = await self._outbound.get(topic, headers, kept=MOST_BYTES, most=MOST_BYTES + 64_000)
        mark = sha256(answer.body).hexdigest()
        word = _judged(answer, mark, known)
        if word == "new":
            media_type = answer.headers.get("content-type", UNNAMED)
            await self._distributing.publish(topic, media_type, answer.body, mark)
            facts = {"tag": answer.headers.get("etag", ""), "modified": answer.headers.get("last-modified", "")}
            await self._redis.hset(place, mapping={**facts, "digest": mark})
        log.info("topic.fetched", topic=topic, verdict=word, status=answer.status, error=answer.error)
        # A ping that came while it was fetched has another time, and stays.
        await self._fetched(keys=self._keys, args=[topic, lease])


def _judged(answer: Answer, mark: str, known: bytes | None) -> str:
    if answer.status == HTTPStatus.NOT_MODIFIED:
        return "unchanged"
    if answer.status != HTTPStatus.OK:
        return "failed"
    if len(answer.body) >= MOST_BYTES:
        return "too large"
    if not answer.body or (known or b"").decode() == mark:
        return "unchanged"
    return "new"
