"""services/related/postings.py"""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from services.related.postings import Postings
from services.related.terms import Terms

VECTORS = st.dictionaries(st.integers(0, 7), st.integers(0, 9), max_size=6)


def terms_of(weights: dict[int, int]) -> Terms:
    return Terms(np.array(sorted(weights), np.uint32), np.array([weights[term] for term in sorted(weights)], np.uint8))


def sums(postings: Postings, query: dict[int, int]) -> list[float]:
    terms = terms_of(query)
    found: list[float] = postings.sums(terms.numbers, terms.strengths.astype(np.float32), 10).tolist()
    return found


def product(one: dict[int, int], other: dict[int, int]) -> int:
    return sum(weight * other.get(term, 0) for term, weight in one.items())


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 9), VECTORS), max_size=60), VECTORS)
def test_scores_are_the_sums_over_whatever_is_in(
    changes: list[tuple[int, dict[int, int]]], query: dict[int, int]
) -> None:
    """Documents come, change and go; a score is the plain product of two documents, and a frequency counts them."""
    postings = Postings()
    inside: dict[int, dict[int, int]] = {}
    for slot, weights in changes:
        if slot in inside:
            postings.discard(slot, terms_of(inside.pop(slot)))
        if weights:
            postings.add(slot, terms_of(weights))
            inside[slot] = weights

    expected = [product(query, inside.get(slot, {})) for slot in range(10)]
    assert expected == sums(postings, query)
    for term in range(8):
        assert sum(term in weights for weights in inside.values()) == postings.frequency[term]


def test_what_goes_leaves_its_room_to_what_comes() -> None:
    """A thousand comings and goings of as many documents take no more room than the first."""
    postings = Postings()
    documents = [terms_of(dict.fromkeys(range(slot % 5, slot % 5 + 40), 1)) for slot in range(20)]
    for slot, terms in enumerate(documents):
        postings.add(slot, terms)
    full = postings.room
    for turn in range(1000):
        slot = turn % 20
        postings.discard(slot, documents[slot])
        postings.add(slot, documents[slot])

    assert full == postings.room


@given(st.dictionaries(st.integers(0, 9), VECTORS, max_size=10), VECTORS)
def test_all_at_once_is_the_same_as_one_by_one(documents: dict[int, dict[int, int]], query: dict[int, int]) -> None:
    """And more can come and go afterwards."""
    one_by_one, at_once = Postings(), Postings()
    filled = {slot: terms for slot, weights in documents.items() if len((terms := terms_of(weights)).numbers)}
    for slot, terms in filled.items():
        one_by_one.add(slot, terms)
    if filled:
        owners = np.concatenate([np.full(len(terms.numbers), slot) for slot, terms in filled.items()])
        numbers = np.concatenate([terms.numbers for terms in filled.values()])
        at_once.fill(owners, numbers, np.concatenate([terms.strengths for terms in filled.values()]))

    assert sums(one_by_one, query) == sums(at_once, query)
    for slot, terms in list(filled.items())[:2]:
        for postings in (one_by_one, at_once):
            postings.discard(slot, terms)
            postings.add(9 - slot if 9 - slot not in filled else slot, terms)
    assert sums(one_by_one, query) == sums(at_once, query)
