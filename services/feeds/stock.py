"""What this process holds of the documents: their entries, rendered at the first look and kept as long as they are right.

An entry is rendered when a reader asks for a feed that it stands in, not when its document comes: most changes are overtaken by others,
or stand too far down, before anybody looks. Nothing of it is kept in Redis: the same document always gives the same bytes.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from services.feeds.changes import Changes
from services.feeds.places import Keys
from services.feeds.shelf import CARD, related_of, shown_of
from shared.syndication.addresses import Format, Site
from shared.syndication.article import Article
from shared.syndication.directory import FIELDS, Directory, directory_of
from shared.syndication.formats import entry, summarised, with_related
from shared.syndication.splicing import Piece

HEAVIEST = 64_000_000
"""Bytes of entries that are kept in memory, about."""
CARD_ALONE = 2_000


class Kind(NamedTuple):
    """How an entry is shown."""

    form: Format
    summary: bool
    archived: bool
    """Without its related articles: others would change an archive with every document that comes."""


@dataclass(slots=True)
class Leaf:
    """A document as it was at the change `as_of`; `article` has no html."""

    article: Article
    card: bytes
    directory: Directory
    as_of: int
    pieces: dict[Kind, Piece] = field(default_factory=dict)

    @property
    def weight(self) -> int:
        return CARD_ALONE + sum(piece.weight for piece in self.pieces.values())


class Stock:
    """Leaves by document; the least used ones go first."""

    def __init__(self, redis: Any, keys: Keys, site: Site, *, heaviest: int = HEAVIEST) -> None:
        self._redis = redis
        self._keys = keys
        self._site = site
        self._heaviest = heaviest
        self._weight = 0
        self._leaves: OrderedDict[str, Leaf] = OrderedDict()
        self.changes = Changes()
        self.rendered = 0
        """Entries that were rendered since the start."""

    def forget(self) -> None:
        """Hold nothing, believe nothing."""
        self._leaves.clear()
        self._weight = 0
        self.changes = Changes()

    async def leaves(self, ids: Sequence[str]) -> list[Leaf]:
        """These documents as they are now, at most one round trip; without those that are gone."""
        stale = [name for name in ids if self._stale(name)]
        if stale:
            as_of = self.changes.last
            directory, rows = await self._read(stale, CARD)
            for name, row in zip(stale, rows, strict=True):
                self._renew(name, row, directory, as_of)
        return [leaf for name in ids if (leaf := self._leaves.get(name))]

    async def pieces(self, leaves: Sequence[Leaf], kind: Kind) -> list[Piece] | None:
        """The entries of these leaves; those that nobody has seen yet are rendered. None if one has changed meanwhile."""
        bare = kind._replace(archived=True)
        blank = [leaf for leaf in leaves if bare not in leaf.pieces]
        if blank:
            _, rows = await self._read([leaf.article.id for leaf in blank], ("card", "html"))
            for leaf, (card, html) in zip(blank, rows, strict=True):
                if card != leaf.card:
                    return None
                self._keep(leaf, bare, self._entry(leaf, kind, html or b""))
        return [self._piece(leaf, kind, bare) for leaf in leaves]

    def _stale(self, name: str) -> bool:
        leaf = self._leaves.get(name)
        if leaf is None:
            return True
        self._leaves.move_to_end(name)
        return self.changes.touched(name, leaf.as_of)

    def _renew(self, name: str, row: Sequence[bytes | None], directory: Directory, as_of: int) -> None:
        before = self._leaves.pop(name, None)
        self._weight -= before.weight if before else 0
        if before and before.card == row[0] and before.directory is directory:
            # Only its neighbours are others: the entry without them is as good as it was.
            article = before.article.model_copy(update={"related": related_of(row[1])})
            pieces = {kind: piece for kind, piece in before.pieces.items() if kind.archived}
            leaf = Leaf(article, before.card, directory, as_of, pieces)
        elif (shown := shown_of(row, directory)) and row[0]:
            leaf = Leaf(shown, row[0], directory, as_of)
        else:
            return
        self._leaves[name] = leaf
        self._weight += leaf.weight
        while self._weight > self._heaviest and len(self._leaves) > 1:
            self._weight -= self._leaves.popitem(last=False)[1].weight

    def _piece(self, leaf: Leaf, kind: Kind, bare: Kind) -> Piece:
        if kind not in leaf.pieces:
            linked = with_related(leaf.pieces[bare].data, leaf.article, self._site, kind.form)
            self._keep(leaf, kind, linked)
        return leaf.pieces[kind]

    def _keep(self, leaf: Leaf, kind: Kind, data: bytes) -> None:
        leaf.pieces[kind] = piece = Piece(data)
        if self._leaves.get(leaf.article.id) is leaf:
            self._weight += piece.weight

    def _entry(self, leaf: Leaf, kind: Kind, html: bytes) -> bytes:
        self.rendered += 1
        article = leaf.article.model_copy(update={"html": html.decode()}) if leaf.article.whole else leaf.article
        return entry(summarised(article) if kind.summary else article, self._site, kind.form)

    async def _read(self, ids: Iterable[str], fields: Sequence[str]) -> tuple[Directory, list[list[bytes | None]]]:
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.hmget(self._keys.taxonomy, FIELDS)
            for name in ids:
                pipe.hmget(self._keys.article(name), *fields)
            directory, *rows = await pipe.execute()
        return directory_of(*directory), rows
