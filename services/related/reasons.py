"""Pure. Why two articles are related: the words that they share, the weightiest first."""

from __future__ import annotations

from functools import lru_cache

from services.related.index import Index
from services.related.terms import NO_TERM, number_of

REASONS = 3
REMEMBERED = 1 << 14

Pair = tuple[str, int, str, int]
"""Two documents, each with its version: as long as these stay, their reasons do."""


class Reasons:
    """Finds reasons in an index, and remembers some thousands of them: neighbours are told again and again."""

    def __init__(self) -> None:
        self._found: dict[Pair, tuple[str, ...]] = {}

    def of(self, index: Index, one: str, other: str) -> tuple[str, ...]:
        """The words that are among the weightiest in both, by the sum of their places there."""
        one, other = sorted((one, other))
        pair = (one, index.version(one), other, index.version(other))
        if pair not in self._found:
            if len(self._found) >= REMEMBERED:
                self._found.clear()
            self._found[pair] = _shared_words(index, one, other)
        return self._found[pair]


def _shared_words(index: Index, one: str, other: str) -> tuple[str, ...]:
    first, second = (_named(index.documents.keys(document_id)) for document_id in (one, other))
    places = {number: place for place, number in enumerate(second)}
    both = sorted((place + places[number], number) for place, number in enumerate(first) if number in places)
    found: list[str] = []
    for _, number in both:
        word = first[number]
        if not any(word in said.split() or said in word.split() for said in found):
            found.append(word)
    return tuple(found[:REASONS])


@lru_cache(maxsize=REMEMBERED)
def _named(keys: str) -> dict[int, str]:
    """The terms that these lines name, the weightiest first, and their names."""
    found = {number_of(name): name for name in keys.split("\n") if name}
    found.pop(NO_TERM, None)
    return found
