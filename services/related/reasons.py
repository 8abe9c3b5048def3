"""Pure. Why two articles are related: the words that they share, the weightiest first."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from services.related.index import Index
from services.related.terms import NO_TERM, Numbers, Terms, number_of

REASONS = 3
REMEMBERED = 1 << 14

Pair = tuple[str, int, str, int]
"""Two documents, each with its version: as long as these stay, their reasons do."""


class Reasons:
    """Finds reasons in an index, and remembers some thousands of them: neighbours are told again and again."""

    def __init__(self) -> None:
        self._found: dict[Pair, tuple[str, ...]] = {}

    def of(self, index: Index, one: str, other: str) -> tuple[str, ...]:
        """The words that add most to the likeness of two documents, of those that were remembered in words."""
        one, other = sorted((one, other))
        pair = (one, index.version(one), other, index.version(other))
        if pair not in self._found:
            if len(self._found) >= REMEMBERED:
                self._found.clear()
            self._found[pair] = _shared_words(index, one, other)
        return self._found[pair]


def _shared_words(index: Index, one: str, other: str) -> tuple[str, ...]:
    first, second = (index.documents.slot.get(document_id) for document_id in (one, other))
    if first is None or second is None:
        return ()
    names = _named(index.documents.record(second).keys) | _named(index.documents.record(first).keys)
    numbers = np.fromiter(names, np.int64, len(names))
    weights = _strengths(index.corpus.terms(first), numbers) * _strengths(index.corpus.terms(second), numbers)
    weights *= index.corpus.rarities(numbers)
    words, found = list(names.values()), list[str]()
    for place in np.argsort(-weights, kind="stable").tolist():
        word = words[place]
        if weights[place] and not any(word in said.split() or said in word.split() for said in found):
            found.append(word)
        if not weights[place] or len(found) == REASONS:
            break
    return tuple(found)


@lru_cache(maxsize=REMEMBERED)
def _named(keys: str) -> dict[int, str]:
    """The terms that these lines name, and their names."""
    found = {number_of(name): name for name in keys.split("\n") if name}
    found.pop(NO_TERM, None)
    return found


def _strengths(terms: Terms, numbers: Numbers) -> NDArray[np.float64]:
    """How strong each of `numbers` is in a document, 0 where it is not."""
    if not len(terms.numbers):
        return np.zeros(len(numbers))
    places = np.minimum(np.searchsorted(terms.numbers, numbers), len(terms.numbers) - 1)
    return np.where(terms.numbers[places] == numbers, terms.strengths[places], 0).astype(np.float64)
