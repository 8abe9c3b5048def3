"""services/related/lists.py"""

from __future__ import annotations

import numpy as np

from services.related.lists import FIRST_ROWS, FLOOR, HELD, Lists


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

    assert lists.open_to(np.full(3, FLOOR)).tolist() == [0, 2]
    assert lists.open_to(np.full(3, FLOOR + 9)).tolist() == [0, 1, 2]


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

    assert lists.open_to(np.full(3, 2.0**31)).tolist() == []
