"""services/related/corpus.py"""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from services.related.corpus import Corpus
from services.related.terms import Terms

STRENGTHS = st.dictionaries(st.integers(0, 30), st.integers(20, 90), max_size=12)
DOCUMENTS = st.lists(STRENGTHS, min_size=2, max_size=8)


def corpus_of(documents: list[dict[int, int]]) -> Corpus:
    corpus = Corpus()
    for slot, strengths in enumerate(documents):
        numbers = sorted(strengths)
        strong = np.array([strengths[number] for number in numbers], np.uint8)
        corpus.add(slot, Terms(np.array(numbers, np.uint32), strong))
    corpus.refresh()
    return corpus


@settings(max_examples=50, deadline=None)
@given(DOCUMENTS)
def test_cosines_are_the_same_from_both_sides_and_by_definition(documents: list[dict[int, int]]) -> None:
    """Many are computed at once as each alone, to the last bit."""
    corpus, slots = corpus_of(documents), np.arange(len(documents))
    every = corpus.cosines(slots.tolist(), [len(slots)] * len(slots), np.tile(slots, len(slots)))
    table = every.reshape(len(slots), len(slots))
    vectors = np.zeros((len(slots), 31))
    for slot, strengths in enumerate(documents):
        vectors[slot, list(strengths)] = list(strengths.values())
    vectors *= np.log1p((len(slots) + 1) / ((vectors > 0).sum(axis=0) + 1))
    lengths = np.sqrt(np.square(vectors).sum(axis=1))
    lengths[lengths == 0] = 1

    assert (table == table.T).all()
    assert all((table[slot] == corpus.cosines([slot], [len(slots)], slots)).all() for slot in slots.tolist())
    assert np.allclose(vectors @ vectors.T / lengths / lengths[:, None], table, atol=1e-5)


@settings(max_examples=50, deadline=None)
@given(DOCUMENTS)
def test_shared_terms_are_those_of_both_and_the_same_from_both_sides(documents: list[dict[int, int]]) -> None:
    """Of several documents at once, to several others each."""
    corpus, slots = corpus_of(documents), np.arange(len(documents))
    every = corpus.shared(slots.tolist(), [len(slots)] * len(slots), np.tile(slots, len(slots)), 40)

    for place, (one, other) in enumerate((one, other) for one in slots.tolist() for other in slots.tolist()):
        assert {*every[place]} == {*documents[one]} & {*documents[other]}
        assert every[place] == every[other * len(slots) + one]
        assert every[place][:3] == corpus.shared([one], [1], np.array([other]), 3)[0]


def test_the_rarest_and_strongest_term_is_the_first_reason() -> None:
    """Weight is rarity times strength; what weighs the same stands in the order of its number."""
    corpus = corpus_of([{1: 40, 2: 40, 3: 80, 4: 40}, {1: 40, 2: 40, 3: 80, 4: 40}, {1: 40}])

    assert [[3, 2, 4, 1]] == corpus.shared([0], [1], np.array([1]), 8)
