"""A step is laid out so that Lua can do it, however much it says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from shared.steps import MOST_WORDS, Laid, Step, in_parts, words_of


@given(head=some.lists(some.just("ZADD"), min_size=1, max_size=5), pairs=some.integers(0, 9_000))
def test_parts_are_short_enough_and_leave_pairs_together(head: list[str], pairs: int) -> None:
    """Together they say what was to be said, each behind the whole head."""
    words = list(range(2 * pairs))
    parts = in_parts(*head, words=words)

    assert all(len(part) <= MOST_WORDS and len(part) % 2 == len(head) % 2 for part in parts)
    assert words == [word for part in parts for word in part[len(head) :]]
    assert all(head == list(part[: len(head)]) for part in parts)


def test_a_command_that_is_too_long_is_refused_before_it_is_sent() -> None:
    """In the middle of a script it would leave the steps before it done and unmarked."""
    with pytest.raises(ValueError, match="'SADD' of 7001 words"):
        words_of([Laid(Step(writes=(("SADD", *range(MOST_WORDS)),)))])
