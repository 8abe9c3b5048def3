"""services/related/postings.py"""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from services.related.postings import Postings
from services.related.records import Vector

VECTORS = st.dictionaries(st.integers(0, 7), st.integers(0, 9), max_size=6)


def vector_of(weights: dict[int, int]) -> Vector:
    return Vector(
        np.array(sorted(weights), np.uint32), np.array([weights[term] for term in sorted(weights)], np.uint16)
    )


def product(one: dict[int, int], other: dict[int, int]) -> int:
    return sum(weight * other.get(term, 0) for term, weight in one.items())


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 9), VECTORS), max_size=60), VECTORS)
def test_scores_are_the_sums_over_whatever_is_in(
    changes: list[tuple[int, dict[int, int]]], query: dict[int, int]
) -> None:
    """Documents come, change and go; a score is the plain product of two vectors, and a frequency counts them."""
    postings = Postings()
    inside: dict[int, dict[int, int]] = {}
    for slot, weights in changes:
        if slot in inside:
            postings.discard(slot, vector_of(inside.pop(slot)))
        if weights:
            postings.add(slot, vector_of(weights))
            inside[slot] = weights

    expected = [product(query, inside.get(slot, {})) for slot in range(10)]
    assert expected == postings.scores(vector_of(query), 10).tolist()
    for term in range(8):
        assert sum(term in weights for weights in inside.values()) == postings.frequency[term]


def test_what_goes_leaves_its_room_to_what_comes() -> None:
    """A thousand comings and goings of as many documents take no more room than the first."""
    postings = Postings()
    vectors = [vector_of(dict.fromkeys(range(slot % 5, slot % 5 + 40), 1)) for slot in range(20)]
    for slot, vector in enumerate(vectors):
        postings.add(slot, vector)
    full = postings.room
    for turn in range(1000):
        slot = turn % 20
        postings.discard(slot, vectors[slot])
        postings.add(slot, vectors[slot])

    assert full == postings.room
