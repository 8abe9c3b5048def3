"""What stands on the shelves, read from Redis; written it is by steps alone (shelving.py)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from redis.asyncio import Redis

from services.feeds.addresses import Site
from services.feeds.article import BEFORE_ALL, Article, Feed, within
from services.feeds.shelving import ALL, NEVER, RELATED, Keys, Present, subject_path
from shared.steps import Fence


@dataclass(frozen=True, slots=True)
class SubjectShelf:
    """A subject, how many articles it has, and the path of its feed."""

    slug: str
    name: str
    articles: int

    @property
    def path(self) -> str:
        return subject_path(self.slug)


class Shelf:
    """Reads; a feed holds at most `entries` articles."""

    def __init__(self, redis: Redis, keys: Keys, site: Site, *, entries: int) -> None:
        self._redis: Any = redis
        self._keys = keys
        self._site = site
        self._entries = entries

    async def present(self, document_ids: Iterable[str]) -> tuple[dict[str, Present], Fence, int]:
        """What is there of these documents and the last event's number, and the fence that holds while nobody else writes."""
        wanted = list(dict.fromkeys(document_ids))
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.get(self._keys.fence)
            pipe.hget(self._keys.chronicle, "last")
            for document_id in wanted:
                pipe.hmget(self._keys.article(document_id), "card", "related", "related_revision")
            expected, last, *rows = await pipe.execute()
        fence = Fence(self._keys.fence, expected.decode() if expected else "", uuid4().hex)
        return dict(zip(wanted, map(_present, rows), strict=True)), fence, int(last or 0)

    async def article(self, document_id: str) -> Article | None:
        """The whole article, or None if there is none."""
        fields = ("card", "related", "related_revision", "html", "text")
        *row, html, text = await self._redis.hmget(self._keys.article(document_id), *fields)
        article = _linked(_present(row))
        return article and article.model_copy(update={"html": (html or b"").decode(), "text": (text or b"").decode()})

    async def revision(self, path: str) -> str | None:
        """What changes whenever the feed `path` does; None if there is no such feed. Equal revisions, equal bytes."""
        revision = await self._redis.hget(self._keys.revisions, path)
        if revision is None:
            return "" if path == ALL else None
        return str(revision.decode())

    async def feed(self, path: str) -> Feed:
        """The feed `path` with its newest articles; three round trips."""
        name = await self._name(path)
        articles = await self._with_content(await self.newest(path, self._entries))
        title, about = self._site.title, "Everything that is published here, newest first."
        if name is not None:
            title, about = f"{title}: {name}", f"Articles about {name}, newest first."
        return Feed(self._site, path, title, about, tuple(articles))

    async def newest(self, path: str, count: int) -> list[Article]:
        """The newest articles of a shelf as cards: without html and text."""
        ids = await self._redis.zrevrange(self._keys.shelf(path), 0, count - 1)
        fields = ("card", "related", "related_revision")
        rows = await self._each([("HMGET", self._keys.article(row.decode()), *fields) for row in ids])
        return [article for row in rows if (article := _linked(_present(row)))]

    async def subjects(self) -> list[SubjectShelf]:
        """Every subject that ever had an article, by name."""
        names = await self._redis.hgetall(self._keys.subjects)
        found = sorted((name.decode(), slug.decode()) for slug, name in names.items())
        counts = await self._each([("ZCARD", self._keys.shelf(subject_path(slug))) for _, slug in found])
        return [SubjectShelf(slug, name, count) for (name, slug), count in zip(found, counts, strict=True)]

    async def updated(self) -> datetime:
        """When the newest article was last changed."""
        return max((article.updated_at for article in await self.newest(ALL, self._entries)), default=BEFORE_ALL)

    async def _name(self, path: str) -> str | None:
        if path == ALL:
            return None
        slug = path.partition("/")[2]
        name = await self._redis.hget(self._keys.subjects, slug)
        return str(name.decode()) if name else slug

    async def _with_content(self, cards: Sequence[Article]) -> list[Article]:
        shown = list(within(cards, entries=self._entries))
        bodies = await self._each([("HGET", self._keys.article(card.id), "html") for card in shown])
        return [
            card.model_copy(update={"html": (body or b"").decode()}) if card.whole else card
            for card, body in zip(shown, bodies, strict=True)
        ]

    async def _each(self, commands: Sequence[tuple[str, ...]]) -> list[Any]:
        async with self._redis.pipeline(transaction=False) as pipe:
            for command in commands:
                pipe.execute_command(*command)
            return list(await pipe.execute())


def _present(row: Sequence[bytes | None]) -> Present:
    card, related, revision = row
    return Present(
        article=Article.model_validate_json(card) if card else None,
        related=RELATED.validate_json(related) if related else (),
        related_revision=int(revision) if revision else NEVER,
    )


def _linked(present: Present) -> Article | None:
    return present.article and present.article.model_copy(update={"related": present.related})
