"""services/related/lists.py"""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from services.related.lists import CLOSED, FIRST_ROWS, FLOOR, HELD, NOBODY, Lists, Row, Rows, inserted, ordered

ROWS = st.lists(st.dictionaries(st.integers(0, 20), st.integers(1, 4), max_size=HELD), max_size=5)
"""Many of the same closeness."""
IDS = [f"{slot * 7 % 21:02}" for slot in range(21)]


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
    near, _ = lists.rows(np.array([0, 1]))
    assert [True, False] == lists.any_at(500_000, near).tolist()
    assert [False, False] == lists.any_at(500_001, near).tolist()


def test_who_is_passed_over_is_kept_and_not_given() -> None:
    """Until the row is stored again."""
    lists = Lists()
    lists.store(0, [(3, 900_000), (1, 400_000), (2, 300_000)], whole=True)
    lists.pass_over(0, [1])

    assert ([[3, 2]], [1], 3) == (lists.slots([0]), lists.passed_over(0), len(lists.row(0)))
    assert [([3, 1, 2], [900_000, 400_000, 300_000], True, [1])] == lists.kept([0])

    lists.store(0, [(1, 400_000)], whole=True)
    assert ([[1]], []) == (lists.slots([0]), lists.passed_over(0))


def rows_of(rows: list[Row]) -> Rows:
    full = [[*row, *[(NOBODY, 0)] * (HELD - len(row))] for row in rows]
    halves = np.array(full, np.int32).reshape(len(rows), HELD, 2)
    return halves[:, :, 0], halves[:, :, 1]


def plain(rows: Rows) -> list[Row]:
    lines = zip(rows[0].tolist(), rows[1].tolist(), strict=True)
    return [[each for each in zip(near, units, strict=True) if each[0] != NOBODY] for near, units in lines]


@given(ROWS)
def test_many_rows_are_ordered_as_each_alone(rows: list[dict[int, int]]) -> None:
    """The closest first, ties by id."""
    expected = [sorted(row.items(), key=lambda each: (-each[1], IDS[each[0]])) for row in rows]

    assert expected == plain(ordered(rows_of([list(row.items()) for row in rows]), IDS))


@given(ROWS, st.data())
def test_who_is_inserted_has_their_place(rows: list[dict[int, int]], data: st.DataObject) -> None:
    """In every row another one; a full row loses its last."""
    before = [list(row.items()) for row in rows]
    places = [data.draw(st.integers(0, min(len(row), HELD - 1))) for row in rows]
    expected = [[*row[:place], (99, 5), *row[place:]][:HELD] for row, place in zip(before, places, strict=True)]
    found = inserted(rows_of(before), np.array(places, np.int64), 99, np.full(len(rows), 5, np.int32))

    assert expected == plain(found)


def test_rows_are_replaced_all_at_once() -> None:
    """As whole as they were, unless they are full now; and open as far as each row that is stored alone."""
    many, alone = Lists(), Lists()
    rows: list[Row] = [[(3, FLOOR + 9)], [(1, FLOOR + 5), (2, FLOOR + 3)], [(slot, FLOOR + 9) for slot in range(HELD)]]
    for slot, row in enumerate(rows):
        many.store(slot, row[:1], whole=slot != 1)
        alone.store(slot, row, whole=slot != 1)
    many.replace(np.arange(3), rows_of(rows))

    assert alone.kept([0, 1, 2]) == many.kept([0, 1, 2])
    assert alone.entry[:3].tolist() == many.entry[:3].tolist()
