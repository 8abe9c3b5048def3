"""The shelf of what is near a document."""

from __future__ import annotations

from services.feeds.nearness import RANKS, REMEMBERED, moved, renewed
from services.feeds.places import Keys

KEYS = Keys(lambda *parts: ":".join(parts))
SHELF = "feeds:shelf:documents/doc1/related"
LATER = REMEMBERED // RANKS + 10


def test_who_comes_stands_by_time_and_nearness_and_who_goes_is_remembered() -> None:
    """Whoever stays keeps its place; a place is given even to one that came before there were places."""
    before, after = ["a", "b"], ["c", "b", "d"]
    moves = ("ZADD", SHELF, 7 * RANKS + 9, "c", 7 * RANKS + 7, "d", -7 * RANKS, "a")
    forgotten = ("ZREMRANGEBYSCORE", SHELF, f"({REMEMBERED - 7 * RANKS}", -1)

    assert (moves, forgotten) == renewed("doc1", before, after, 7, KEYS)
    assert (moves, ("ZADD", SHELF, "NX", 7 * RANKS, "b"), forgotten) == renewed(
        "doc1", before, after, 7, KEYS, placed=False
    )


def test_what_is_remembered_is_forgotten_after_a_while() -> None:
    """Those are taken away that have gone longer ago, none that is there; when another one goes, as nobody else needs the room."""
    (*_, forgotten) = renewed("doc1", ["b"], ["a"], LATER, KEYS)

    assert forgotten == ("ZREMRANGEBYSCORE", SHELF, f"({-10 * RANKS}", -1)
    assert renewed("doc1", ["a", "b"], ["b", "a"], LATER, KEYS) == ()


def test_many_that_come_at_once_have_room() -> None:
    """More than there are ranks share the last one."""
    (coming, *_) = renewed("doc1", [], list("abcdefghijklm"), 1, KEYS)

    assert coming[2::2][-4:] == (RANKS, RANKS, RANKS, RANKS)


def test_events_tell_who_has_come_and_who_has_gone() -> None:
    """Those that come the nearest first; nothing, if the list is as it was, and nobody, if its order alone is another."""
    told = [moved(["a", "b"], after) for after in (["c", "b", "d"], ["a", "b"], ["b", "a"])]

    assert [list(each.get("joined", ())) for each in told] == [["c", "d"], [], []]
    assert [each.get("left", ()) for each in told] == [("a",), (), ()]
