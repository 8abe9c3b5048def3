"""What follows from an event for the hub, as commands of the very step that acknowledges it: which topics have something new, and since when.

hub:known               hash: document → its record (filing.py)
hub:words               hash: document → the tokens of its words, while somebody is subscribed to a search for words
hub:news:<document>     hash: place of the event → the event, or the article that came with another one's, as JSON, while a topic waits with it
hub:wanting:<document>  set of the topics that wait with it
hub:waiting:<topic>     sorted set: document → place of its newest event
hub:batches             sorted set: topic → when its changes have waited long enough for each other, in ms

Nobody is subscribed: a document costs its record alone.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.webhooks.hub.filing import Filed, Filing, filed, filed_in, filing_of, words_in
from services.webhooks.hub.nearby import NOTHING, Nearby, Seen, beside, moves
from services.webhooks.hub.subscriptions import Subscriptions, View
from services.webhooks.hub.topics import Subscribed, Topic, UnknownTopic, topic_of
from services.webhooks.items import milliseconds, place_of
from shared.clock import Clock
from shared.events import Change, DocumentPublished, Event, RelatedPublished, TaxonomyPublished
from shared.steps import Command, in_parts
from shared.syndication.addresses import Site
from shared.syndication.directory import FIELDS, Directory, directory_of


@dataclass
class Sheet:
    """What is known at the begin of a batch; each event is judged by what the ones before it leave."""

    newsroom: Newsroom
    subscribed: Subscribed
    records: dict[str, Filed | None]
    words: dict[str, array[int]]
    now: datetime
    directory: Directory | None = None
    seen: Seen = NOTHING
    due: set[str] = field(default_factory=set)

    def commands(self, event: Event, entry: str) -> tuple[Command, ...]:
        """What an event causes; `entry`: its entry in the stream."""
        if isinstance(event, TaxonomyPublished):
            return self.newsroom.rearranged(event, self)
        told = self._of_document(event, place_of(entry)) if isinstance(event, DocumentPublished) else ()
        if not isinstance(event, DocumentPublished | RelatedPublished):
            return ()
        topics = self.subscribed.near.get(event.document_id)
        return (*told, *self.newsroom.relisted(event, topics, place_of(entry), self)) if topics else told

    def _of_document(self, event: DocumentPublished, place: int) -> tuple[Command, ...]:
        """What is new of the document itself."""
        before = self.records.get(event.document_id)
        record = self.newsroom.filed(event, before, worded=self.subscribed.ask_for_words, place=place)
        self.records[event.document_id] = record
        base, name = self.newsroom.base, event.document_id
        kept: Command = ("HSET", f"{base}:known", name, record.stored())
        if not self.subscribed:
            return (kept,)
        words = self._words(event, record)
        told: tuple[Command, ...] = (kept,)
        if record.worded and not record.retracted and words is not None:
            told = (kept, ("HSET", f"{base}:words", name, words.tobytes()))
        if before and before.digest == record.digest and before.listed == record.listed:
            return told  # nothing that a reader would see
        topics = self.subscribed.of(filing_of(event, record, words))
        if self.subscribed.near:
            topics += beside(event, self.subscribed.near, self.seen)
        return (*told, *self.newsroom.wait(name, event.encode(), topics, place, self.now)) if topics else told

    def _words(self, event: DocumentPublished, record: Filed) -> array[int] | None:
        if not record.worded:
            return None
        if event.change is Change.RETRACTED:
            return self.words.get(event.document_id)
        found = self.words[event.document_id] = words_in(event)
        return found


class Newsroom:
    """Decides which topics have something new. `linger_seconds`: for so long changes wait for each other."""

    def __init__(
        self,
        redis: Any,
        subscriptions: Subscriptions,
        site: Site,
        clock: Clock,
        *,
        linger_seconds: float,
        with_duplicates: bool,
        stream: str,
    ) -> None:
        self.base = subscriptions.base
        self.nearby = Nearby(redis, self.base, stream)
        self._redis = redis
        self._subscriptions = subscriptions
        self._site = site
        self._clock = clock
        self.linger_seconds = linger_seconds
        self._with_duplicates = with_duplicates
        self._view = View()
        self._kinds = -1
        self._subscribed = Subscribed(())

    @property
    def revisions(self) -> tuple[str, str]:
        """The keys that tell whether subscriptions have changed; what stands there is asked for by `sheet`."""
        return self._subscriptions.revisions

    async def sheet(self, events: Sequence[Event], revisions: Sequence[bytes | None]) -> Sheet:
        """What a batch is judged by."""
        subscribed = self._subscribed_to(await self._subscriptions.seen(revisions))
        names = list(dict.fromkeys(each.document_id for each in events if isinstance(each, DocumentPublished)))
        found = Sheet(self, subscribed, {}, {}, self._clock.now())
        retracted = [
            each.document_id for each in events if isinstance(each, DocumentPublished) and _is_retraction(each)
        ]
        asked = names if subscribed else retracted
        if asked:
            rows = await self._redis.hmget(f"{self.base}:known", asked)
            found.records.update(zip(asked, map(filed_in, rows), strict=True))
        if subscribed and retracted:
            rows = await self._redis.hmget(f"{self.base}:words", retracted)
            found.words.update({name: array("I", row) for name, row in zip(retracted, rows, strict=True) if row})
        if subscribed.near:
            found.seen = await self.nearby.seen(events, subscribed.near)
        if any(isinstance(each, TaxonomyPublished) for each in events):
            found.directory = await self.directory()
        return found

    def _subscribed_to(self, view: View) -> Subscribed:
        if view is not self._view or view.kinds != self._kinds:
            self._view, self._kinds = view, view.kinds
            self._subscribed = Subscribed([topic for url in view.topics if (topic := self.topic(url))])
        return self._subscribed

    def topic(self, url: str) -> Topic | None:
        """The topic as it was when somebody subscribed to it, whatever became of its subject."""
        try:
            return topic_of(url, self._site, Directory())
        except UnknownTopic:
            return None

    async def directory(self) -> Directory:
        """The subjects as they were heard of last."""
        return directory_of(*await self._redis.hmget(f"{self.base}:taxonomy", FIELDS))

    async def known(self, documents: Sequence[str]) -> dict[str, Filed]:
        """What is remembered of those of the documents that there are."""
        rows = await self._redis.hmget(f"{self.base}:known", list(documents)) if documents else []
        found = zip(documents, map(filed_in, rows), strict=True)
        return {name: record for name, record in found if record and not record.retracted}

    def filed(self, event: DocumentPublished, before: Filed | None, *, worded: bool, place: int) -> Filed:
        return filed(event, before, with_duplicates=self._with_duplicates, worded=worded, place=place)

    def rearranged(self, event: TaxonomyPublished, sheet: Sheet) -> tuple[Command, ...]:
        """Remember which subjects there are."""
        known = sheet.directory or Directory()
        if event.version <= known.version:
            return ()
        sheet.directory = known.after(event)
        words = [word for pair in sheet.directory.words().items() for word in pair]
        return (("HSET", f"{self.base}:taxonomy", *words),)

    def relisted(
        self, event: DocumentPublished | RelatedPublished, topics: Sequence[Topic], place: int, sheet: Sheet
    ) -> tuple[Command, ...]:
        """Let the topics of what is near the document wait with those that have come; the nearest has the highest place."""
        told = moves(event, topics, place, self.base)
        for rank, (name, article) in enumerate(event.joined.items()):
            said = article.encode() or sheet.seen.own.get(name, b"")
            told += self.wait(name, said, topics, place - rank, sheet.now)
        if isinstance(event, DocumentPublished) and _is_retraction(event):
            told.append(("INCR", f"{self.base}:withdrawn"))
        return tuple(told)

    def wait(self, name: str, said: bytes, topics: Sequence[Topic], place: int, now: datetime) -> tuple[Command, ...]:
        """Let topics wait with the document for what else changes within the time. `said`: its event or article, if that is at hand."""
        base, names = self.base, [topic.id for topic in topics]
        due = milliseconds(now) + round(self.linger_seconds * 1000)
        return (
            *in_parts("SADD", f"{base}:wanting:{name}", words=names),
            *([("HSET", f"{base}:news:{name}", place, said)] if said else []),
            *(("ZADD", f"{base}:waiting:{each}", "GT", place, name) for each in names),
            *in_parts("ZADD", f"{base}:batches", "NX", words=[word for each in names for word in (due, each)]),
        )


def filing(event: DocumentPublished, record: Filed, words: bytes | None) -> Filing:
    """Where a document belongs, by what is kept of it."""
    if not record.worded:
        return filing_of(event, record, None)
    if event.change is Change.RETRACTED:
        return filing_of(event, record, array("I", words) if words else None)
    return filing_of(event, record, words_in(event))


def _is_retraction(event: DocumentPublished) -> bool:
    return event.change is Change.RETRACTED
