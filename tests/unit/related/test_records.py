"""services/related/records.py"""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from services.related.records import HEAVIEST, UNIT, Held, Record, Vector, weigh
from services.related.terms import Terms

VECTORS = st.dictionaries(st.integers(0, 2**21 - 1), st.integers(0, UNIT), max_size=20).map(
    lambda found: Vector(
        np.array(sorted(found), np.uint32), np.array([found[term] for term in sorted(found)], np.uint16)
    )
)


def terms(*strengths: float) -> Terms:
    return Terms(np.arange(len(strengths)), np.array(strengths))


@given(st.integers(0, 2**32 - 1), st.text(max_size=300), VECTORS, st.booleans())
def test_a_record_comes_back_from_its_bytes(version: int, title: str, vector: Vector, retracted: bool) -> None:  # noqa: FBT001
    """Whatever is packed is unpacked again; a lone surrogate in a title becomes a question mark."""
    again = Record.unpack(Record(version, title, vector, retracted).pack())

    assert (version, title.encode(errors="replace").decode(), retracted) == (
        again.version,
        again.title,
        again.retracted,
    )
    assert vector.terms.tolist() == again.vector.terms.tolist()
    assert vector.weights.tolist() == again.vector.weights.tolist()


def test_a_list_comes_back_from_its_bytes() -> None:
    """Ids, similarities and whether it is whole."""
    held = Held((("b", 7), ("a", 3)), whole=True)

    assert held == Held.unpack(held.pack())


def test_a_vector_has_the_length_one() -> None:
    """So that a similarity is a cosine."""
    vector = weigh(terms(1, 2, 3), np.zeros(3, np.int64), 0)

    assert abs(np.square(vector.weights / UNIT).sum() - 1) < 1e-3


def test_a_common_term_weighs_less() -> None:
    """Equal strengths, unequal frequencies."""
    common, rare = weigh(terms(1, 1), np.array([90, 1]), 100).weights.tolist()

    assert common < rare / 3


def test_only_the_heaviest_terms_are_kept_in_their_order() -> None:
    """The lightest of many go; what is left still ascends."""
    vector = weigh(terms(*range(1, HEAVIEST + 11)), np.zeros(HEAVIEST + 10, np.int64), 5)

    assert list(range(10, HEAVIEST + 10)) == vector.terms.tolist()


def test_a_text_without_terms_has_an_empty_vector() -> None:
    """Nothing to divide by, nothing to keep."""
    assert len(weigh(terms(), np.zeros(0, np.int64), 3).terms) == 0
