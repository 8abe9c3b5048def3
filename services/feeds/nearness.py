"""Pure. The shelf of what is near a document: who is on its list, what has come last first, and who was, should there be news of them.

A reader knows an entry by its id, so a neighbour that comes is new in this feed, whenever it was published. One that goes leaves the
feed, but not the shelf for a while: should it be retracted, whoever has read of it here has to be told so here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from services.feeds.places import Keys
from shared.steps import Command, Word
from shared.syndication.facets import related_path

RANKS = 10
"""Neighbours that come at once stand in the order of their nearness: places that one change leaves for them."""
REMEMBERED = 30 * 24 * 3600 * 1000 * RANKS
"""How long one that has gone is remembered: 30 days, in places."""
MOST_GONE = 20


def moved(before: Sequence[str], after: Sequence[str]) -> dict[str, Any]:
    """Who has come with the newer list, best first, and who has gone, as events tell it; what they say is put in later (recalling.py)."""
    if before == after:
        return {}
    return {
        "joined": dict.fromkeys([name for name in after if name not in before], ""),
        "left": tuple([name for name in before if name not in after]),
    }


def renewed(
    document_id: str,
    before: Sequence[str],
    after: Sequence[str],
    number: int,
    keys: Keys,
    *,
    placed: bool = True,
) -> tuple[Command, ...]:
    """Put a newer list onto the document's shelf; this is the change of this number. `placed`: who stays stands there already.

    The places of who is there are positive, of who has gone negative: the later, the further from zero.
    """
    known = set(before)
    shelf, place = keys.shelf(related_path(document_id)), number * RANKS
    coming = [(name, place + max(RANKS - 1 - rank, 0)) for rank, name in enumerate(after) if name not in known]
    staying = [] if placed else [(name, place) for name in after if name in known]
    going = [(name, -place) for name in known if name not in after]
    return (
        *([("ZADD", shelf, *_scored(coming + going))] if coming or going else []),
        *([("ZADD", shelf, "NX", *_scored(staying))] if staying else []),
        *([("ZREMRANGEBYSCORE", shelf, f"({REMEMBERED - place}", -1)] if going else []),
    )


def _scored(places: Sequence[tuple[str, int]]) -> tuple[Word, ...]:
    return tuple([word for name, place in places for word in (place, name)])
