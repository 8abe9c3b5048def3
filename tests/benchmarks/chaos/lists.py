"""Are the related lists right after all that? They are computed anew from the vectors that stand in Redis, and compared."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass

from services.related.index import Index, Shown
from services.related.ledger import Commit, revision_of
from services.related.records import Record
from tests.benchmarks.chaos.streams import Streams

PAGE = 500


@dataclass(frozen=True, slots=True)
class Lists:
    """`missing`: documents that are not in the index; `stale`: articles in the feeds whose list is not the right one."""

    documents: int
    missing: int
    stale: int
    position_right: bool

    @property
    def wrong(self) -> int:
        return self.missing + self.stale + (not self.position_right)


def compare(streams: Streams, accepted: Collection[str]) -> Lists:
    """Compare what readers see in the feeds to lists computed from nothing but the vectors."""
    vectors = streams.client.hgetall(f"{streams.prefix}related:vectors")
    index = Index()
    for document, packed in sorted(vectors.items()):
        index.put(document.decode(), Record.unpack(packed))
        index.settle()
    documents = sorted(accepted)
    seen = _seen(streams, documents)
    return Lists(
        documents=len(index),
        missing=sum(document.encode() not in vectors for document in documents),
        stale=sum(index.shown(document) != seen[document] for document in documents),
        position_right=_position_right(streams),
    )


def _seen(streams: Streams, documents: list[str]) -> dict[str, Shown | None]:
    """Each article's list as the feeds show it."""
    seen: dict[str, Shown | None] = {}
    for start in range(0, len(documents), PAGE):
        page = documents[start : start + PAGE]
        with streams.client.pipeline(transaction=False) as pipe:
            for document in page:
                pipe.hget(f"{streams.prefix}feeds:article:{document}", "related")
            seen.update(zip(page, map(_shown, pipe.execute()), strict=True))
    return seen


def _shown(related: bytes | None) -> Shown | None:
    if related is None:
        return None
    return tuple((article["id"], article["title"], article["score"]) for article in json.loads(related))


def _position_right(streams: Streams) -> bool:
    """The position is that of the last commit in the log, and no revision was made twice."""
    related = f"{streams.prefix}related:"
    position = (streams.client.get(f"{related}position") or b"").decode()
    logged = [Commit.unpack(entry).position for entry in streams.client.zrange(f"{related}log", 0, -1)]
    revisions = [revision_of(each) for each in logged]
    return position == (logged[-1] if logged else "") and len(set(revisions)) == len(revisions)
