"""Which documents a feed shows: a window on its shelf, read together with what has changed since the last look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from services.feeds.changes import MOST_AT_ONCE, Changes
from services.feeds.current import Current, Look
from services.feeds.nearness import MOST_GONE
from services.feeds.places import RETRACTED, Keys
from services.feeds.shelf import number_of
from shared.scripts import Scripts
from shared.steps import Command
from shared.syndication.addresses import Address
from shared.syndication.article import Article
from shared.syndication.directory import FIELDS, Directory, directory_of
from shared.syndication.facets import ALL, SUBJECTS, near_which, related_path

Row = tuple[str, int]
"""A document's id and its place."""


@dataclass(frozen=True, slots=True)
class Window:
    """`rows` are newest first; `more`: there are older ones below the last of them. `known`: whether there is such a feed."""

    rows: tuple[Row, ...]
    more: bool
    known: bool
    name: str = ""
    """What it is about: a subject, a keyword, a person, a document; empty for everything."""
    whole: bool = False
    """Whether these are all, however many and heavy: what is near a document."""
    number: int = 0
    """The number of the last change of which documents these are, where that is known."""


class Windows:
    """Looks at shelves. A feed has at most `entries` documents, and so has an archive."""

    def __init__(self, redis: Any, keys: Keys, current: Current, *, entries: int) -> None:
        self._redis = redis
        self._scripts = Scripts(redis)
        self._keys = keys
        self._current = current
        self._entries = entries

    async def at(self, address: Address, changes: Changes) -> Window:
        """The window that `address` names; one round trip, after which `changes` knows everything up to then."""
        if document_id := near_which(address.path):
            return await self._near(document_id, changes)
        look, shelf = self._current.look(), self._keys.shelf(address.path)
        below = "+inf" if address.before is None else f"({address.before}"
        newest, changed, found, count, directory, name = await self._scripts.read(
            *self._news(changes),
            ("ZREVRANGEBYSCORE", shelf, below, "-inf", "WITHSCORES", "LIMIT", 0, self._entries + 1),
            ("ZCOUNT", shelf, "-inf", below),
            ("HMGET", self._keys.taxonomy, *FIELDS),
            ("HGET", *self._place_of_name(address.path)),
        )
        self._heard(newest, changed, changes, look)
        rows = _scored(found)
        shown = self._entries if address.before is None else aligned(count, self._entries)
        places = tuple((row.decode(), int(place)) for row, place in rows[:shown])
        called = _called(address.path, name, directory_of(*directory))
        known = called is not None and (bool(rows) or address.before is None)
        return Window(places, count > len(places), known, called or "")

    async def _near(self, document_id: str, changes: Changes) -> Window:
        """What is near a document, and what was and is retracted since (nearness.py)."""
        look, shelf = self._current.look(), self._keys.shelf(related_path(document_id))
        newest, changed, rows, gone, (card, number) = await self._scripts.read(
            *self._news(changes),
            ("ZREVRANGEBYSCORE", shelf, "+inf", "(0", "WITHSCORES"),
            ("ZRANGEBYSCORE", shelf, "-inf", "(0", "WITHSCORES", "LIMIT", 0, MOST_GONE),
            ("HMGET", self._keys.article(document_id), "card", "relisted"),
        )
        self._heard(newest, changed, changes, look)
        if card is None or RETRACTED in card:
            return Window((), more=False, known=False)
        found = (*_scored(rows), *await self._retracted(_scored(gone)))
        places = [(row.decode(), abs(int(place))) for row, place in found]
        shown = tuple(sorted(places, key=lambda row: -row[1]))
        name = Article.model_validate_json(card).headline
        return Window(shown, more=False, known=True, name=name, whole=True, number=int(number or 0))

    def _news(self, changes: Changes) -> tuple[Command, Command]:
        """What asks for the newest change, and for those that `changes` has not heard of."""
        since = f"({changes.last}" if changes.last >= 0 else "+inf"
        limited = ("WITHSCORES", "LIMIT", 0, MOST_AT_ONCE + 1)
        changed = self._keys.changed
        return ("ZREVRANGE", changed, 0, 0, "WITHSCORES"), ("ZRANGEBYSCORE", changed, since, "+inf", *limited)

    def _heard(self, newest: Sequence[bytes], changed: Sequence[bytes], changes: Changes, look: Look) -> None:
        last = number_of(_scored(newest))
        self._current.looked(last, look)
        changes.absorb(_scored(changed), last)

    async def _retracted(self, rows: Sequence[tuple[bytes, float]]) -> list[tuple[bytes, float]]:
        """Those of the rows whose documents are retracted."""
        if not rows:
            return []
        async with self._redis.pipeline(transaction=False) as pipe:
            for name, _ in rows:
                pipe.hget(self._keys.article(name.decode()), "card")
            cards = await pipe.execute()
        return [row for row, card in zip(rows, cards, strict=True) if card and RETRACTED in card]

    def _place_of_name(self, path: str) -> tuple[str, str]:
        kind, _, slug = path.partition("/")
        return (self._keys.subjects, slug) if kind == SUBJECTS else (self._keys.names, path)


def _scored(flat: Sequence[bytes]) -> list[tuple[bytes, float]]:
    """Members and scores, which come in a row from a script."""
    return [(name, float(score)) for name, score in zip(flat[::2], flat[1::2], strict=True)]


def _called(path: str, name: bytes | None, directory: Directory) -> str | None:
    """What a feed is called; empty for everything, None if there is no such feed."""
    if path == ALL:
        return ""
    kind, _, slug = path.partition("/")
    if kind == SUBJECTS and slug in directory.leads:
        return None
    if kind == SUBJECTS and slug in directory.names:
        return directory.names[slug]
    return name.decode() if name else None


def aligned(count: int, entries: int) -> int:
    """How many of `count` documents the newest archive of them holds: as many as leave whole archives to the older ones.

    Counted from the oldest, so that a document that comes moves no archive but the newest.
    """
    return count % entries or min(count, entries)


def older_than(rows: Sequence[Row], shown: int, *, more: bool) -> int | None:
    """The place below which the older documents begin, if there are any that are not among the first `shown` rows."""
    if shown < len(rows) or more:
        return rows[shown - 1][1] if shown else None
    return None
