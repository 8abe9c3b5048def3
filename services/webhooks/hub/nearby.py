"""The topics of what is near an article: who comes onto its list and who goes, and what is pushed of them.

The event of a list that has changed says who has come and who has gone. What a newcomer says stands in its own event, a few minutes back
in the very stream that the hub reads; or, of one that was published longer ago, in the event of the list itself. So the hub keeps no
articles for this, and nobody has to be subscribed before a neighbour is published. What becomes of a neighbour later its own event says,
and beside whom it stands.

hub:moves:<topic>  sorted set: document → twice the place of the event that told of its last coming or going, and one more if it came
hub:relisted       hash: topic → number of the last change of its list
hub:withdrawn      how often an article was taken back whose neighbours somebody follows

What is kept of a topic goes with its last subscription (save.lua).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.webhooks.hub.filing import filed_in
from services.webhooks.hub.topics import Topic
from shared.events import Change, DocumentPublished, Event, RelatedPublished
from shared.steps import Command

REMEMBERED_SECONDS = 30 * 24 * 3600
"""As long as the feed remembers who has gone, to tell of their retraction."""
PATIENCE_MS = 60_000
"""How long a newcomer waits for its own event, should another process be slow to take that in."""

Near = Mapping[str, Sequence[Topic]]
"""By the article, the topics of what is near it."""
Waiting = Sequence[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Seen:
    """What a batch is judged by. `own`: of newcomers their own events as JSON; `left`: of retracted ones the topics that they have left."""

    own: Mapping[str, bytes] = field(default_factory=dict)
    left: Mapping[str, Sequence[Topic]] = field(default_factory=dict)


NOTHING = Seen()


class Nearby:
    """Reads; what is written is part of the steps. `stream`: the key of documents.published."""

    def __init__(self, redis: Any, base: str, stream: str) -> None:
        self._redis = redis
        self._base = base
        self._stream = stream

    async def seen(self, events: Sequence[Event], near: Near) -> Seen:
        """What has to be known of these events where somebody follows what is `near`."""
        lists = [each for each in events if isinstance(each, DocumentPublished | RelatedPublished)]
        told = [each.joined for each in lists if each.document_id in near]
        wanted = {name for joined in told for name, article in joined.items() if not article}
        documents = [each for each in events if isinstance(each, DocumentPublished)] if near else []
        here = {each.document_id: each.encode() for each in documents if each.document_id in wanted}
        retracted = [each.document_id for each in documents if each.change is Change.RETRACTED]
        own = here | await self._own(wanted - here.keys())
        return Seen(own, await self._left(retracted, near)) if own or retracted else NOTHING

    async def gone(self, topic: Topic, documents: Sequence[str]) -> set[str]:
        """Those of the documents that have left the topic's list."""
        if not (topic.near and documents):
            return set()
        moves = await self._redis.zmscore(f"{self._base}:moves:{topic.id}", documents)
        return {name for name, move in zip(documents, moves, strict=True) if move is not None and not move % 2}

    async def relisted(self, topic: Topic) -> int:
        """The number of the last change of the topic's list, if it was heard of."""
        return int(await self._redis.hget(f"{self._base}:relisted", topic.id) or 0)

    async def withdrawn(self) -> int:
        """Another number after every retraction of an article whose neighbours somebody follows."""
        return int(await self._redis.get(f"{self._base}:withdrawn") or 0)

    async def arrived(self, waiting: Waiting, now: int) -> tuple[Waiting, dict[str, bytes]]:
        """Those of what waits of which it is known what they say, or of which it has to be known by `now` (ms).

        And the events of those that have been heard of since they began to wait.
        """
        async with self._redis.pipeline(transaction=False) as pipe:
            for name, _ in waiting:
                pipe.exists(f"{self._base}:news:{name}")
            there = await pipe.execute()
        late = {name for (name, _), known in zip(waiting, there, strict=True) if not known}
        own = await self._own(late)
        missing = late - own.keys()
        return [pair for pair in waiting if pair[0] not in missing or now - pair[1] // 1000 > PATIENCE_MS], own

    async def _own(self, names: Collection[str]) -> dict[str, bytes]:
        """The newest events of these documents, as far as they still stand in the stream."""
        if not names:
            return {}
        records = zip(names, await self._redis.hmget(f"{self._base}:known", list(names)), strict=True)
        places = {name: known.place for name, record in records if (known := filed_in(record)) and known.place}
        async with self._redis.pipeline(transaction=False) as pipe:
            for place in places.values():
                entry = f"{place // 1000}-{place % 1000}"
                pipe.xrange(self._stream, entry, entry)
            rows = await pipe.execute()
        return {name: found[0][1][b"event"] for name, found in zip(places, rows, strict=True) if found}

    async def _left(self, names: Sequence[str], near: Near) -> dict[str, list[Topic]]:
        """Of each of these documents the topics whose lists it has left."""
        topics = [topic for each in near.values() for topic in each] if names else []
        found: dict[str, list[Topic]] = {name: [] for name in names}
        for topic in topics:
            for name in await self.gone(topic, names):
                found[name].append(topic)
        return found


def beside(event: DocumentPublished, near: Near, seen: Seen) -> list[Topic]:
    """The topics on whose lists the document stands; if it is retracted, those too that it has left."""
    topics = [topic for name in event.beside for topic in near.get(name, ())]
    return [*topics, *(topic for topic in seen.left.get(event.document_id, ()) if topic not in topics)]


def moves(event: DocumentPublished | RelatedPublished, topics: Sequence[Topic], place: int, base: str) -> list[Command]:
    """Remember who has come onto the list of these topics, and who has gone."""
    came, went = ([word for name in names for word in (2 * place + one, name)] for one, names in _moved(event))
    told: list[Command] = []
    for topic in topics:
        key = f"{base}:moves:{topic.id}"
        told += [("ZADD", key, "GT", *words) for words in (came, went) if words]
        told += [("EXPIRE", key, REMEMBERED_SECONDS), ("HSET", f"{base}:relisted", topic.id, event.sequence)]
    return told if came or went else []


def _moved(event: DocumentPublished | RelatedPublished) -> tuple[tuple[int, Collection[str]], ...]:
    return (1, event.joined), (0, event.left)
