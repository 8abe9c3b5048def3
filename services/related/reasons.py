"""Pure. Why two articles are related: the words that both have, those first that add most to their likeness.

Terms are numbers; only the text of an article says which words they stand for, and it is at hand when the article
arrives. So a newcomer's record keeps in words what it shares with each of its neighbours, and what weighs most in it
beside these; the reasons of any two articles are those that one of them has in words.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain

import numpy as np

from services.related.index import Index
from services.related.terms import Words, number_of

REASONS = 3
CANDIDATES = 8
"""Shared terms that are looked at, the weightiest: some have no words, some say what another one says."""
KEYS = 16
"""Terms of a document that are remembered in words, if those that it shares with its neighbours are fewer."""
MOST_KEYS = 24
REMEMBERED = 1 << 14

Pair = tuple[str, int, str, int]
"""Two documents, each with its version: as long as these stay, their reasons do."""
Why = tuple[str, ...]


class Reasons:
    """Finds reasons in an index, and remembers some thousands of them: neighbours are told again and again."""

    def __init__(self) -> None:
        self._found: dict[Pair, Why] = {}

    def of(self, index: Index, document_id: str, others: Sequence[str]) -> list[Why]:
        """For each of `others` why it is related to the document: the same from both sides."""
        pairs = [_pair(index, document_id, other) for other in others]
        if missing := [other for other, pair in zip(others, pairs, strict=True) if pair not in self._found]:
            found = {pair: self._found[pair] for pair in pairs if pair in self._found}
            self._forget_if_full(len(missing))
            self._found.update(found)
            self._search(index, document_id, missing)
        return [self._found[pair] for pair in pairs]

    def meet(self, index: Index, document_id: str, neighbours: Sequence[str], title: Words, text: Words) -> None:
        """Keep a newcomer's terms in words: those that it shares with each neighbour, then its weightiest."""
        shared = _shared(index, document_id, neighbours)
        first = list(dict.fromkeys(chain.from_iterable(numbers[: REASONS + 1] for numbers in shared)))[:MOST_KEYS]
        if len(first) < KEYS:
            heaviest = index.corpus.heaviest(index.documents.slot[document_id], KEYS)
            first = list(dict.fromkeys([*first, *heaviest]))[:KEYS]
        names = text.names() | title.names()
        words = {number: names.get(number) or title.pair_name(number) or text.pair_name(number) for number in first}
        index.documents.name(document_id, "\n".join(filter(None, words.values())))
        self._forget_if_full(len(neighbours))
        for other, numbers in zip(neighbours, shared, strict=True):
            self._found[_pair(index, document_id, other)] = _distinct(filter(None, map(words.get, numbers)))

    def _search(self, index: Index, document_id: str, others: Sequence[str]) -> None:
        own = _named(index.documents.keys(document_id))
        for other, numbers in zip(others, _shared(index, document_id, others), strict=True):
            theirs = _named(index.documents.keys(other))
            names = {**theirs, **own} if document_id < other else {**own, **theirs}
            self._found[_pair(index, document_id, other)] = _distinct(filter(None, map(names.get, numbers)))

    def _forget_if_full(self, more: int) -> None:
        if len(self._found) + more > REMEMBERED:
            self._found.clear()


def _pair(index: Index, one: str, other: str) -> Pair:
    one, other = (one, other) if one < other else (other, one)
    return one, index.version(one), other, index.version(other)


def _shared(index: Index, document_id: str, others: Sequence[str]) -> list[list[int]]:
    """The weightiest shared terms; none where one of the two is not here or has no terms."""
    slots = index.documents.slot
    if (slot := slots.get(document_id)) is None:
        return [[] for _ in others]
    places = np.array([slots.get(other, -1) for other in others], np.int64)
    filled = index.corpus.filled(places[places >= 0])
    found = dict(zip(filled.tolist(), index.corpus.shared(slot, filled, CANDIDATES), strict=True))
    return [found.get(place, []) for place in places.tolist()]


def _distinct(names: Iterable[str]) -> Why:
    """The first names that have no word in common."""
    found: list[str] = []
    said: set[str] = set()
    for name in names:
        if said.isdisjoint(words := name.split(" ")):
            said.update(words)
            found.append(name)
            if len(found) == REASONS:
                break
    return tuple(found)


def _named(keys: str) -> dict[int, str]:
    """The terms that these lines name, and their names."""
    return {number_of(name): name for name in keys.split("\n") if name}
