"""Are the related lists right after all that? They are computed anew from the records that stand in Redis, and compared."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass

from services.related.index import Index
from services.related.ledger import Commit, revision_of
from services.related.records import Held, Record
from tests.benchmarks.chaos.streams import Streams

PAGE = 500
LEAST_OVERLAP = 0.98


@dataclass(frozen=True, slots=True)
class Lists:
    """`missing`: documents that are not in the index; `stale`: articles in the feeds whose list is not the committed one.

    `overlap`: the share of list places that a full recompute fills with the same neighbours.
    """

    documents: int
    missing: int
    stale: int
    overlap: float
    position_right: bool

    @property
    def wrong(self) -> int:
        return self.missing + self.stale + (not self.position_right) + (self.overlap < LEAST_OVERLAP)


def compare(streams: Streams, accepted: Collection[str]) -> Lists:
    """Compare what readers see in the feeds to what stands in Redis, and that to lists searched in nothing but the records.

    The first must be equal. The second may differ as far as term frequencies have drifted since a list was searched.
    """
    records = streams.client.hgetall(f"{streams.prefix}related:records")
    rows = streams.client.hgetall(f"{streams.prefix}related:lists")
    index = Index()
    index.install(
        {document.decode(): Record.unpack(packed) for document, packed in records.items()},
        {document.decode(): Held.unpack(packed) for document, packed in rows.items()},
    )
    documents = sorted(accepted)
    kept, seen = {name: _ids(index, name) for name in documents}, _seen(streams, documents)
    for document in index.unrenewed(len(index)):
        index.renew(document)
    right = {name: _ids(index, name) for name in documents}
    same = sum(len({*(seen[name] or ())} & {*right[name]}) for name in documents)
    return Lists(
        documents=len(index),
        missing=sum(document.encode() not in records for document in documents),
        stale=sum(kept[name] != seen[name] for name in documents),
        overlap=round(same / max(sum(map(len, right.values())), 1), 4),
        position_right=_position_right(streams),
    )


def _ids(index: Index, document: str) -> list[str]:
    return [near.id for near in index.shown(document)]


def _seen(streams: Streams, documents: list[str]) -> dict[str, list[str] | None]:
    """Each article's list as the feeds show it."""
    seen: dict[str, list[str] | None] = {}
    for start in range(0, len(documents), PAGE):
        page = documents[start : start + PAGE]
        with streams.client.pipeline(transaction=False) as pipe:
            for document in page:
                pipe.hget(f"{streams.prefix}feeds:article:{document}", "related")
            seen.update(zip(page, map(_shown, pipe.execute()), strict=True))
    return seen


def _shown(related: bytes | None) -> list[str] | None:
    if related is None:
        return None
    return [article["id"] for article in json.loads(related)]


def _position_right(streams: Streams) -> bool:
    """The position is that of the last commit in the log, and no revision was made twice."""
    related = f"{streams.prefix}related:"
    position = (streams.client.get(f"{related}position") or b"").decode()
    logged = [Commit.unpack(entry).position for entry in streams.client.zrange(f"{related}log", 0, -1)]
    revisions = [revision_of(each) for each in logged]
    return position == (logged[-1] if logged else "") and len(set(revisions)) == len(revisions)
