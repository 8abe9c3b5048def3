"""What stands on the shelves, read from Redis; written it is by steps alone (shelving.py)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import uuid4

from redis.asyncio import Redis

from services.feeds.places import Keys
from services.feeds.present import NEVER, NOBODY, RELATED, Present
from shared.events import RelatedArticle
from shared.steps import Fence
from shared.syndication.addresses import Site
from shared.syndication.article import Article, Copy, placed_anew
from shared.syndication.directory import FIELDS, Directory, directory_of
from shared.syndication.facets import ALL, subject_path
from shared.syndication.feed import BEFORE_ALL

CARD = ("card", "related", "related_revision")
STANDING = (*CARD, "relisted")
MOST_DUPLICATES = 20
"""That a page tells of; the newest."""


@dataclass(frozen=True, slots=True)
class SubjectShelf:
    """A subject, how many articles it has, the headline of the newest, and the path of its feed."""

    slug: str
    name: str
    articles: int
    newest: str = ""

    @property
    def path(self) -> str:
        return subject_path(self.slug)


@dataclass(frozen=True, slots=True)
class Standing:
    """What a batch is decided on: it holds as long as `fence` does."""

    documents: dict[str, Present]
    directory: Directory
    last: int
    """The number of the last event in the chronicle."""
    change: int
    """The number of the last change of the shelves."""
    fence: Fence


class Shelf:
    """Reads; a feed holds at most `entries` articles."""

    def __init__(self, redis: Redis, keys: Keys, site: Site, *, entries: int) -> None:
        self._redis: Any = redis
        self._keys = keys
        self._site = site
        self._entries = entries

    async def standing(self, document_ids: Iterable[str], with_text: Iterable[str] = ()) -> Standing:
        """What is there of these documents and of the subjects, and the fence that holds while nobody else writes."""
        wanted, texts = list(dict.fromkeys(document_ids)), list(dict.fromkeys(with_text))
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.get(self._keys.fence)
            pipe.hget(self._keys.chronicle, "last")
            pipe.zrevrange(self._keys.changed, 0, 0, withscores=True)
            pipe.hmget(self._keys.taxonomy, FIELDS)
            for document_id in wanted:
                pipe.hmget(self._keys.article(document_id), STANDING)
            for document_id in texts:
                pipe.hget(self._keys.article(document_id), "text")
            expected, last, newest, directory, *rows = await pipe.execute()
        fence = Fence(self._keys.fence, expected.decode() if expected else "", uuid4().hex)
        documents = dict(zip(wanted, map(present_of, rows[: len(wanted)]), strict=True))
        for document_id, text in zip(texts, rows[len(wanted) :], strict=True):
            documents[document_id] = replace(documents[document_id], text=(text or b"").decode())
        return Standing(documents, directory_of(*directory), int(last or 0), number_of(newest), fence)

    async def directory(self) -> Directory:
        """The subjects as they were heard of last."""
        return directory_of(*await self._redis.hmget(self._keys.taxonomy, FIELDS))

    async def article(self, document_id: str) -> Article | None:
        """The whole article, or None if there is none."""
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.hmget(self._keys.taxonomy, FIELDS)
            pipe.hmget(self._keys.article(document_id), *CARD, "html", "text")
            pipe.zrevrange(self._keys.duplicates(document_id), 0, MOST_DUPLICATES - 1)
            directory, (*row, html, text), copies = await pipe.execute()
        article = shown_of(row, directory_of(*directory))
        if article is None:
            return None
        words = {"html": (html or b"").decode(), "text": (text or b"").decode()}
        return article.model_copy(update=words | await self._sameness(article, [name.decode() for name in copies]))

    async def _sameness(self, article: Article, copies: Sequence[str]) -> dict[str, Any]:
        """The original of a near-duplicate, or the near-duplicates of an original, with their titles."""
        if not copies and not article.duplicate_of:
            return {}
        cards = await self.cards([article.duplicate_of or "", *copies], Directory())
        told = {card.id: Copy(id=card.id, title=card.headline) for card in cards if not card.retracted}
        duplicates = tuple(told[name] for name in copies if name in told)
        return {"original": told.get(article.duplicate_of or ""), "duplicates": duplicates}

    async def newest(self, path: str, count: int) -> list[Article]:
        """The newest articles of a shelf as cards: without html and text."""
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.hmget(self._keys.taxonomy, FIELDS)
            pipe.zrevrange(self._keys.shelf(path), 0, count - 1)
            directory, ids = await pipe.execute()
        return await self.cards([row.decode() for row in ids], directory_of(*directory))

    async def cards(self, document_ids: Iterable[str], directory: Directory) -> list[Article]:
        """Those of these articles that there are, without html and text."""
        rows = await self._each([("HMGET", self._keys.article(name), *CARD) for name in document_ids])
        return [article for row in rows if (article := shown_of(row, directory))]

    async def subjects(self) -> list[SubjectShelf]:
        """Every subject that ever had an article, by name, but for those that there are no more."""
        kept = {slug.decode(): name.decode() for slug, name in (await self._redis.hgetall(self._keys.subjects)).items()}
        directory = await self.directory()
        found = sorted((directory.names.get(slug, name), slug) for slug, name in kept.items())
        shelves = [self._keys.shelf(subject_path(slug)) for _, slug in found]
        counts = await self._each([("ZCARD", shelf) for shelf in shelves])
        newest = await self._each([("ZREVRANGE", shelf, "0", "0") for shelf in shelves])
        cards = await self.cards([ids[0].decode() for ids in newest if ids], directory)
        headlines = {card.id.encode(): card.headline for card in cards}
        return [
            SubjectShelf(slug, name, count, headlines.get(ids[0], "") if ids else "")
            for (name, slug), count, ids in zip(found, counts, newest, strict=True)
        ]

    async def updated(self) -> datetime:
        """When the newest article was last changed."""
        return max((article.updated_at for article in await self.newest(ALL, self._entries)), default=BEFORE_ALL)

    async def _each(self, commands: Sequence[tuple[str, ...]]) -> list[Any]:
        async with self._redis.pipeline(transaction=False) as pipe:
            for command in commands:
                pipe.execute_command(*command)
            return list(await pipe.execute())


def number_of(newest: Sequence[tuple[bytes, float]]) -> int:
    """The number of the last change, of the highest row of `changed`; 0 before the first."""
    return int(newest[0][1]) if newest else 0


def present_of(row: Sequence[bytes | None]) -> Present:
    """What there is by the fields of STANDING, or of CARD alone."""
    card, related, revision, *relisted = row
    return Present(card or b"", related or NOBODY, int(revision) if revision else NEVER, relisted=any(relisted))


def related_of(kept: bytes | None) -> tuple[RelatedArticle, ...]:
    """The neighbours that are kept of a document."""
    return RELATED.validate_json(kept) if kept else ()


def shown_of(row: Sequence[bytes | None], directory: Directory) -> Article | None:
    """The article under its subjects as they are called now, with its neighbours."""
    present = present_of(row)
    return present.article and placed_anew(present.article, directory).model_copy(update={"related": present.related})
