"""services/related/lists.py"""

from __future__ import annotations

import numpy as np

from services.related.lists import CLOSED, FIRST_ROWS, FLOOR, HELD, Lists


def test_a_row_comes_back_as_it_was_stored() -> None:
    """Far beyond the first room, too."""
    lists = Lists()
    for slot in (0, FIRST_ROWS * 5):
        lists.store(slot, [(3, FLOOR + 9), (1, FLOOR)], whole=True)

        assert lists.row(slot) == [(3, FLOOR + 9), (1, FLOOR)]


def test_a_whole_row_is_open_down_to_the_floor_and_a_part_down_to_its_last() -> None:
    """What lies between the last of a part and the floor is not known."""
    lists = Lists()
    lists.store(0, [(1, FLOOR + 9)], whole=True)
    lists.store(1, [(1, FLOOR + 9)], whole=False)
    lists.store(2, [], whole=True)

    assert [FLOOR, FLOOR + 9, FLOOR] == lists.entry[:3].tolist()


def test_a_full_row_is_no_longer_whole() -> None:
    """Who comes after its last finds no place and is not counted."""
    lists = Lists()
    lists.store(0, [(slot, FLOOR + 9) for slot in range(1, HELD + 1)], whole=True)

    assert not lists.whole[0]


def test_nothing_enters_an_empty_slot() -> None:
    """No document, no list."""
    lists = Lists()
    lists.store(0, [(1, FLOOR)], whole=True)
    lists.clear(0)

    assert CLOSED == lists.entry[0]


def test_a_row_knows_whom_it_holds() -> None:
    """And how close; a shorter row forgets the rest of the longer one before it."""
    lists = Lists()
    lists.store(0, [(3, 900_000), (1, 400_000)], whole=True)
    lists.store(1, [(3, 500_000)], whole=True)
    lists.store(0, [(1, 400_000)], whole=True)

    assert [1] == lists.holding(3, 2).tolist()
    assert [0, 500_000] == lists.told(3, np.array([0, 1])).tolist()
    assert lists.any_at(500_000, 0)
    assert not lists.any_at(500_001, 0)


def test_who_is_passed_over_is_kept_and_not_given() -> None:
    """Until the row is stored again."""
    lists = Lists()
    lists.store(0, [(3, 900_000), (1, 400_000), (2, 300_000)], whole=True)
    lists.pass_over(0, [1])

    assert ([3, 2], [1], 3) == (lists.slots(0), lists.passed_over(0), len(lists.row(0)))

    lists.store(0, [(1, 400_000)], whole=True)
    assert ([1], []) == (lists.slots(0), lists.passed_over(0))
