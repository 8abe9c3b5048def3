"""From changes that have waited long enough to deliveries: each topic's news become one payload, which is spread to its subscribers.

Both steps are scripts that do all or nothing, and what is left to do stands in Redis between them: a process may die at any point, and
another one goes on there. Several that do the same at once do it once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from services.webhooks.deliveries import LUA as DELIVERIES_LUA
from services.webhooks.hub import metrics
from services.webhooks.hub.edition import News, Renderer
from services.webhooks.hub.filing import filed_in
from services.webhooks.hub.nearby import Waiting
from services.webhooks.hub.newsroom import Newsroom, filing
from services.webhooks.hub.topics import Topic, belongs, digest
from services.webhooks.items import milliseconds
from shared.clock import Clock
from shared.events import DocumentPublished, decode
from shared.logs import log
from shared.steps import Word
from shared.syndication.article import Article, headline_of

LUA = Path(__file__).parent / "lua"
POLL_SECONDS = 0.25
MOST_ENTRIES = 100
"""Entries in one message; what is more goes in the next one."""
AT_ONCE = 500
"""Subscribers whose deliveries are made in one script: some 3 ms of Redis."""
FAULT_MS = 30_000
"""When a topic that could not be rendered is tried again."""
LATE_MS = 500
"""When a topic is looked at again whose news are still on their way."""
STREAM = DocumentPublished.stream
ARTICLE = b'{"id":'
"""How an article begins that came with another one's event; an event begins with its own id, event_id."""
MOST_WAITING = 1_000
"""Deliveries that may wait for one subscriber."""


class Distributing:
    """One process's part in it. `spread`: is called when there is something to send."""

    def __init__(
        self, redis: Any, newsroom: Newsroom, renderer: Renderer, clock: Clock, spread: Callable[[], None]
    ) -> None:
        self._redis = redis
        self._newsroom = newsroom
        self._renderer = renderer
        self._clock = clock
        self._wake_pump = spread
        self._base = newsroom.base
        self._nearby = newsroom.nearby
        self._close = redis.register_script((LUA / "close.lua").read_text())
        drop = (DELIVERIES_LUA / "drop.lua").read_text()
        self._spread = redis.register_script(drop + (LUA / "spread.lua").read_text())
        self._poll_seconds = min(POLL_SECONDS, newsroom.linger_seconds / 2)

    async def turn(self) -> None:
        """Spread what is to be spread, close what has waited long enough, and wait for the next."""
        for batch in await self._redis.hkeys(f"{self._base}:spreading"):
            await self.spread(batch.decode())
        now = milliseconds(self._clock.now())
        first = await self._redis.zrange(f"{self._base}:batches", 0, AT_ONCE, withscores=True)
        for topic, due in first:
            if due <= now:
                await self._close_or_postpone(topic.decode())
                await asyncio.sleep(0)
        later = [due for _, due in first if due > now]
        if len(later) == len(first):
            # Whatever comes meanwhile waits for longer than this.
            await asyncio.sleep(min([self._poll_seconds, *((due - now) / 1000 for due in later)]))

    async def _close_or_postpone(self, name: str) -> None:
        """What cannot be rendered holds up its own topic, and nobody else's."""
        try:
            await self.close(name)
        except (ValueError, TypeError, KeyError):
            log.exception("topic.faulted", topic=name)
            await self._postpone(name, FAULT_MS)

    async def _postpone(self, name: str, wait: int) -> None:
        due = milliseconds(self._clock.now()) + wait
        await self._redis.zadd(f"{self._base}:batches", {name: due}, xx=True)

    async def close(self, name: str) -> None:
        """Send what waits in a topic."""
        if batch := await self.seal(name):
            await self.spread(batch)

    async def seal(self, name: str) -> str:
        """Make a payload of what waits in a topic; gives its name, '' if there is none, or others were faster."""
        url = await self._redis.hget(f"{self._base}:topics", name)
        topic = self._newsroom.topic(url.decode()) if url else None
        rows = await self._redis.zrange(f"{self._base}:waiting:{name}", 0, MOST_ENTRIES - 1, withscores=True)
        waiting: Waiting = [(row.decode(), int(place)) for row, place in rows]
        late: dict[str, bytes] = {}
        if topic and topic.near and waiting:
            waiting, late = await self._nearby.arrived(waiting, milliseconds(self._clock.now()))
            if not waiting:
                await self._postpone(name, LATE_MS)
                return ""
        news = await self._news(topic, waiting, late) if topic else []
        body = await self._body(topic, news) if topic and news else b""
        batch = digest(name, *(f"{document} {place}" for document, place in waiting))
        kind, address = (topic.media_type, topic.url) if topic else ("", "")
        words: list[Word] = [name, batch, kind, address, news[-1].correlation if news else "", body]
        words += [milliseconds(self._clock.now()), *(word for pair in waiting for word in pair)]
        if not await self._close(keys=[self._base], args=words):
            return ""  # something has come meanwhile: the next turn takes it along
        if body:
            metrics.PUSHED.inc()
            metrics.ENTRIES.inc(len(news))
            log.info("topic.pushed", topic=address, batch=batch, entries=len(news), bytes=len(body))
        return batch if body else ""

    async def publish(self, url: str, media_type: str, body: bytes, mark: str) -> None:
        """Send what somebody else has published to the subscribers of that topic; the same twice goes once."""
        name = digest(url)
        batch = digest(name, mark, str(milliseconds(self._clock.now())))
        words: list[Word] = [name, batch, media_type, url, "", body, milliseconds(self._clock.now())]
        await self._close(keys=[self._base], args=words)
        metrics.PUSHED.inc()
        await self.spread(batch)

    async def spread(self, batch: str) -> None:
        """Make the deliveries of a payload."""
        while True:
            words: list[Word] = [batch, milliseconds(self._clock.now()), AT_ONCE, MOST_WAITING]
            made = int(await self._spread(keys=[self._base], args=words))
            metrics.SPREAD.inc(max(made, 0))
            self._wake_pump()
            if made < AT_ONCE:
                return

    async def _news(self, topic: Topic, waiting: Waiting, late: Mapping[str, bytes]) -> list[News]:
        """The newest events of these documents; without those that have left the topic while they waited.

        `late`: events that came to light only now.
        """
        documents = [document for document, _ in waiting]
        found, gone = [], await self._nearby.gone(topic, documents)
        for (name, at), (kept, record, words) in zip(waiting, await self._read(documents), strict=True):
            stored, filed = _meant(topic, kept) or _only(at, late.get(name)), filed_in(record)
            if not stored or filed is None:
                continue
            place = max(stored)
            said = stored[place]
            event = Article.model_validate_json(said) if said.startswith(ARTICLE) else decode(STREAM, said)
            news = News(event, place, filed) if isinstance(event, DocumentPublished | Article) else None
            if news and (_is_listed(news, gone) if topic.near else _belongs(news, topic, words)):
                found.append(news)
        return found

    async def _body(self, topic: Topic, news: Sequence[News]) -> bytes:
        """A payload; empty if the article is no more whose neighbours these are."""
        if not topic.near:
            return self._renderer.edition(topic, news)
        known = (await self._newsroom.known([topic.near])).get(topic.near)
        number = await self._nearby.relisted(topic)
        return self._renderer.edition(topic, news, headline_of(known.title), number) if known else b""

    async def _read(self, documents: Sequence[str]) -> list[tuple[dict[bytes, bytes], bytes | None, bytes | None]]:
        if not documents:
            return []
        async with self._redis.pipeline(transaction=False) as pipe:
            for document in documents:
                pipe.hgetall(f"{self._base}:news:{document}")
            pipe.hmget(f"{self._base}:known", documents)
            pipe.hmget(f"{self._base}:words", documents)
            *news, records, words = await pipe.execute()
        return list(zip(news, records, words, strict=True))


def _meant(topic: Topic, kept: Mapping[bytes, bytes]) -> dict[int, bytes]:
    """What is there of a document for a topic: an article came with the list that it joined, and concerns no other topic."""
    return {int(place): said for place, said in kept.items() if topic.near or not said.startswith(ARTICLE)}


def _only(place: int, event: bytes | None) -> dict[int, bytes]:
    return {place: event} if event else {}


def _is_listed(news: News, gone: Collection[str]) -> bool:
    """Whether a neighbour is told of: it has not left the list, or it was retracted."""
    return news.record.retracted or news.document not in gone


def _belongs(news: News, topic: Topic, words: bytes | None) -> bool:
    return isinstance(news.event, DocumentPublished) and belongs(topic, filing(news.event, news.record, words))
