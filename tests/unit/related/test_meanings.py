"""services/related/meanings.py"""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from services.related.meanings import BLOCK, FIRST_SLOTS, Meanings

WIDTH = 384


def some(count: int, seed: int = 1) -> list[bytes]:
    random = np.random.default_rng(seed)
    return [random.integers(-127, 128, WIDTH, np.int8).tobytes() for _ in range(count)]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_cosine_is_exact_and_the_same_from_both_sides(seed: int) -> None:
    """Of all at once, of some and of one; against whole numbers."""
    vectors = some(40, seed)
    meanings = Meanings()
    for slot, vector in enumerate(vectors):
        meanings.put(slot, vector)
    whole = np.stack([np.frombuffer(vector, np.int8).astype(np.int64) for vector in vectors])
    per_length = 1 / np.sqrt(np.square(whole).sum(axis=1))
    expected = (whole @ whole.T) * (per_length[:, None] * per_length)

    for slot in range(40):
        assert expected[slot].tolist() == meanings.cosines_to_all(slot, 40)[0].tolist()
        assert expected[slot].tolist() == meanings.cosines(np.full(40, slot), np.arange(40))[0].tolist()
        assert [expected[3, slot]] == meanings.cosines(np.array([slot]), np.array([3]))[0].tolist()


def test_the_largest_vectors_are_exact_too() -> None:
    """384 · 127² is below 2²⁴."""
    meanings = Meanings()
    meanings.put(0, bytes([127]) * WIDTH)
    meanings.put(1, bytes([127]) * (WIDTH - 1) + bytes([126]))
    expected = (127 * 127 * 383 + 127 * 126) / np.sqrt(127 * 127 * 384.0) / np.sqrt(127 * 127 * 383.0 + 126 * 126)

    assert abs(expected - meanings.cosines_to_all(0, 2)[0][1]) < 1e-15


def test_a_slot_is_given_anew() -> None:
    """With another vector, with none, and far beyond the others; blocks are no borders."""
    one, other = some(2)
    meanings = Meanings()
    meanings.put(3, one)
    meanings.put(2 * BLOCK, one)
    meanings.put(3, other)
    assert (other, one, b"") == (meanings.get(3), meanings.get(2 * BLOCK), meanings.get(4))
    assert 1.0 == round(float(meanings.cosines_to_all(2 * BLOCK, 2 * BLOCK + 1)[0][-1]), 9)

    meanings.put(3, b"")
    assert b"" == meanings.get(3)
    cosines, known = meanings.cosines(np.array([2 * BLOCK, 2 * BLOCK]), np.array([3, 2 * BLOCK]))
    assert ([False, True], 0.0) == (known.tolist(), cosines[0])
    assert (2 * BLOCK + 1) * [0.0] == meanings.cosines_to_all(3, 2 * BLOCK + 1)[0].tolist()


def test_without_vectors_nothing_is_taken() -> None:
    """Documents without a meaning cost the eight bytes that say so."""
    meanings = Meanings()
    meanings.put(10 * FIRST_SLOTS, b"")

    assert 0 == meanings._vectors.nbytes
    assert b"" == meanings.get(10 * FIRST_SLOTS)


def test_a_vector_of_another_model_is_none() -> None:
    """The width is that of the first one."""
    meanings = Meanings()
    meanings.put(0, bytes([1]) * WIDTH)
    meanings.put(1, bytes([1]) * 16)

    assert [True, False] == meanings.cosines_to_all(0, 2)[1].tolist()
