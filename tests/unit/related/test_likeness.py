"""Vectors are as like as their documents, nearly; a borrowed corpus weighs few documents as the whole would."""

from __future__ import annotations

import numpy as np

from services.related.closeness import MILLION, Weights
from services.related.index import Index
from services.related.records import Record
from services.related.terms import Terms, terms_of
from services.related.vectors.frequencies import Frequencies
from services.related.vectors.likeness import DIMENSIONS, Borrowed, Likeness, projected
from tests.sea_words import WORDS


def documents(count: int = 40) -> list[Terms]:
    """Ten words each, drawn by lot."""
    draw = np.random.default_rng(7)
    return [terms_of("", " ".join(draw.choice(WORDS, 10))) for _ in range(count)]


def counted(all_terms: list[Terms]) -> Frequencies:
    frequencies = Frequencies()
    frequencies.change((), all_terms)
    return frequencies


def test_few_borrowed_documents_are_as_near_as_among_all() -> None:
    """Five of forty, weighed by the frequencies of the forty, entered at once or one by one."""
    all_terms = documents()
    whole = Index(Weights(0, 0))
    whole.install({str(place): Record(1, "", terms) for place, terms in enumerate(all_terms)}, {})
    some = Index(Weights(0, 0), Borrowed(counted(all_terms).rarity))
    some.install({str(place): Record(1, "", all_terms[place]) for place in range(3)}, {})
    for place in (3, 4):
        some.put(str(place), Record(1, "", all_terms[place]))

    for place in range(5):
        whole.renew(str(place))
        some.renew(str(place))
        expected = [near for near in whole.held(str(place)).nearest if int(near[0]) < 5]  # type: ignore[union-attr]
        assert expected == list(some.held(str(place)).nearest)[: len(expected)]  # type: ignore[union-attr]


def test_what_is_compared_beforehand_is_what_the_index_finds() -> None:
    """Else a newcomer would not be let into a list that it belongs to."""
    all_terms = documents()
    frequencies = counted(all_terms)
    records = [Record(1, "", terms, day=place % 9, subject="ab"[place % 2]) for place, terms in enumerate(all_terms)]
    index = Index(Weights(), Borrowed(frequencies.rarity))
    index.install({str(place): record for place, record in enumerate(records)}, {})
    index.renew("0")

    units = Likeness(frequencies.rarity, Weights()).units(records[0], records)

    held = index.held("0")
    assert held
    assert all(abs(close - units[int(near)]) <= 2 for near, close in held.nearest)


def test_vectors_keep_likeness() -> None:
    """Within what so many dimensions blur; the same document has the same vector everywhere and for ever."""
    all_terms = documents()
    frequencies = counted(all_terms)
    vectors = [np.frombuffer(projected(terms, frequencies.rarity), "<f4") for terms in all_terms]
    units = np.array([vector / np.linalg.norm(vector) for vector in vectors])
    exact = [Likeness(frequencies.rarity, Weights(0, 0)).cosines(terms, all_terms) for terms in all_terms]

    assert (DIMENSIONS,) == vectors[0].shape
    assert np.abs(units @ units.T - np.array(exact)).max() < 0.2
    assert (
        MILLION
        == Likeness(frequencies.rarity, Weights()).units(Record(1, "", all_terms[0]), [Record(1, "", all_terms[0])])[0]
    )
