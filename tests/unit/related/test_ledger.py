"""services/related/ledger.py"""

from __future__ import annotations

import numpy as np

from services.related.choosing import Curated
from services.related.index import Index
from services.related.ledger import (
    NOWHERE,
    PAIRS_PER_COMMAND,
    Commit,
    Keys,
    position_after,
    revision_of,
    writes,
)
from services.related.records import Record
from services.related.terms import Terms

KEYS = Keys.of(lambda *parts: ":".join(parts))
SAME = Terms(np.array([1], np.uint32), np.array([32], np.uint8))


def test_revision_counts_the_commits() -> None:
    """Whatever the nonces are."""
    first = position_after(NOWHERE, "abc")

    assert [revision_of(position) for position in (NOWHERE, first, position_after(first, "def"))] == [0, 1, 2]


def test_a_commit_comes_back_from_its_bytes() -> None:
    """The position, and whose records and lists it wrote."""
    commit = Commit("7-abc", ("a",), ("a", "b"), ("c",))

    assert commit == Commit.unpack(commit.pack())


def test_a_batch_writes_what_it_touched_and_nothing_else() -> None:
    """The newcomer's record, both lists, one line in the log."""
    index = Index()
    index.put("old", Record(1, "Old", SAME))
    index.settle()
    newcomer = Record(1, "New", SAME)
    index.put("new", newcomer)

    records, lists, log, bound = writes(index, KEYS, before="1-a", position="2-b")

    assert ("HSET", "related:records", "new", newcomer.pack()) == records
    assert {"new", "old"} == set(lists[2::2])
    assert ("ZADD", "related:log", 2, Commit("2-b", ("new",), ("new", "old")).pack()) == log
    assert bound[0] == "ZREMRANGEBYRANK"


def test_a_retraction_leaves_a_tombstone_and_no_list() -> None:
    """The version stays, so that an old event cannot bring the document back."""
    index = Index()
    index.put("old", Record(1, "Old", SAME))
    index.settle()
    index.remove("old", 2)

    tombstone, no_list, *_ = writes(index, KEYS, before="1-a", position="2-b")

    assert ("HSET", "related:records", "old", Record(2, retracted=True).pack()) == tombstone
    assert no_list == ("HDEL", "related:lists", "old")


def test_the_first_commit_clears_what_a_lost_position_left() -> None:
    """State without a position belongs to no history."""
    index = Index()
    index.put("new", Record(1, "New", SAME))

    assert ("DEL", KEYS.records, KEYS.lists, KEYS.log) == writes(index, KEYS, before=NOWHERE, position="1-a")[0]


def test_no_command_is_too_long_for_the_script() -> None:
    """A large batch is written by several commands."""
    index = Index()
    for number in range(PAIRS_PER_COMMAND + 1):
        index.put(str(number), Record(1))

    commands = writes(index, KEYS, before="1-a", position="2-b")

    assert all(len(command) <= 2 + 2 * PAIRS_PER_COMMAND for command in commands)
    written = [word for command in commands if command[1] == KEYS.records for word in command[2::2]]
    assert [str(number) for number in range(PAIRS_PER_COMMAND + 1)] == written


def test_a_choice_is_written_with_the_list_that_follows_from_it() -> None:
    """Both in one commit, and the log names both."""
    index = Index()
    index.put("a", Record(1, "A", SAME))
    index.settle()
    index.curate("a", Curated(banned=("b",)))

    lists, curated, log, _ = writes(index, KEYS, before="1-a", position="2-b")

    assert ("HSET", "related:lists") == lists[:2]
    assert ("HSET", "related:curated", "a", Curated(banned=("b",)).pack()) == curated
    assert ("ZADD", "related:log", 2, Commit("2-b", (), ("a",), ("a",)).pack()) == log
