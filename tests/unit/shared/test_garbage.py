"""What a process that serves for long does with Python's garbage collector."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from shared.garbage import THRESHOLDS, collect_seldom


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    """The collector of the other tests stays as it was."""
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


def test_what_start_up_made_is_out_of_sight_and_looks_are_seldom() -> None:
    """All that there is at the call is never looked at again."""
    collect_seldom()
    assert len(gc.get_objects()) < gc.get_freeze_count()
    assert gc.get_threshold() == THRESHOLDS


class Ring:
    """An object that holds itself."""

    def __init__(self) -> None:
        self.itself = self


def test_a_cycle_that_comes_later_is_still_collected() -> None:
    """Seldom is not never."""
    collect_seldom()
    seen = weakref.ref(Ring())
    gc.collect()
    assert seen() is None
