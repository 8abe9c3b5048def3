"""Pure. Why two articles are related: the words that both have, those first that add most to their likeness.

Terms are numbers; only the text of an article says which words they stand for, and it is at hand when the article
arrives. So a newcomer's record keeps in words what it shares with each of its neighbours, and what weighs most in it
beside these; the reasons of any two articles are those that one of them has in words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

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
NONE: list[int] = []


class Newcomer(NamedTuple):
    """A document that came, those beside whom it is told, and its words."""

    id: str
    neighbours: Sequence[str]
    words: Words


class Reasons:
    """Finds reasons in an index, and remembers some thousands of them: neighbours are told again and again."""

    def __init__(self) -> None:
        self._found: dict[Pair, Why] = {}

    def of(self, index: Index, lists: Mapping[str, Sequence[str]]) -> dict[str, list[Why]]:
        """For each document why it is related to each of its others: the same from both sides."""
        versions = {name: index.version(name) for name in {*lists, *chain.from_iterable(lists.values())}}
        pairs = {one: [_pair(versions, one, other) for other in others] for one, others in lists.items()}
        wanted = dict.fromkeys(chain.from_iterable(pairs.values()))
        if missing := [pair for pair in wanted if pair not in self._found]:
            found = {pair: self._found[pair] for pair in wanted if pair in self._found}
            self._forget_if_full(len(missing))
            self._found.update(found)
            self._search(index, missing)
        return {one: [self._found[pair] for pair in each] for one, each in pairs.items()}

    def meet(self, index: Index, newcomers: Sequence[Newcomer]) -> None:
        """Keep newcomers' terms in words: those that each shares with its neighbours, then its weightiest.

        All are compared at once; one by one that takes nearly twice the time.
        """
        shared = _shared(index, {newcomer.id: newcomer.neighbours for newcomer in newcomers})
        self._forget_if_full(sum(len(newcomer.neighbours) for newcomer in newcomers))
        named = chain.from_iterable((newcomer.id, *newcomer.neighbours) for newcomer in newcomers)
        versions = {name: index.version(name) for name in {*named}}
        for newcomer in newcomers:
            words = _in_words(index, newcomer, shared[newcomer.id])
            index.documents.name(newcomer.id, "\n".join(filter(None, words.values())))
            for other, numbers in zip(newcomer.neighbours, shared[newcomer.id], strict=True):
                self._found[_pair(versions, newcomer.id, other)] = _distinct(filter(None, map(words.get, numbers)))

    def _search(self, index: Index, missing: Sequence[Pair]) -> None:
        others: dict[str, list[str]] = {}
        for one, _, other, _ in missing:
            others.setdefault(one, []).append(other)
        shared = {one: iter(each) for one, each in _shared(index, others).items()}
        for pair in missing:
            one, _, other, _ = pair
            names = _named(index.documents.keys(other)) | _named(index.documents.keys(one))
            self._found[pair] = _distinct(filter(None, map(names.get, next(shared[one]))))

    def _forget_if_full(self, more: int) -> None:
        if len(self._found) + more > REMEMBERED:
            self._found.clear()


def _pair(versions: Mapping[str, int], one: str, other: str) -> Pair:
    one, other = (one, other) if one < other else (other, one)
    return one, versions[one], other, versions[other]


def _shared(index: Index, lists: Mapping[str, Sequence[str]]) -> dict[str, list[list[int]]]:
    """The weightiest terms that documents share with their others; none where one of two is not here or has no terms."""
    slots, found = index.documents.slot, {one: [NONE] * len(others) for one, others in lists.items()}
    pairs = [
        (one, place, slot)
        for one, others in lists.items()
        for place, other in enumerate(others)
        if one in slots and (slot := slots.get(other)) is not None
    ]
    counts = Counter(one for one, _, _ in pairs)
    others = np.array([slot for _, _, slot in pairs], np.int64)
    shared = index.corpus.shared([slots[one] for one in counts], [*counts.values()], others, CANDIDATES)
    for (one, place, _), numbers in zip(pairs, shared, strict=True):
        found[one][place] = numbers
    return found


def _in_words(index: Index, newcomer: Newcomer, shared: Sequence[Sequence[int]]) -> dict[int, str]:
    """The terms of a newcomer that are worth remembering, and their words; empty where it has none."""
    first = list(dict.fromkeys(chain.from_iterable(numbers[: REASONS + 1] for numbers in shared)))[:MOST_KEYS]
    if len(first) < KEYS:
        heaviest = index.corpus.heaviest(index.documents.slot[newcomer.id], KEYS)
        first = list(dict.fromkeys([*first, *heaviest]))[:KEYS]
    names = newcomer.words.names(first)
    return {number: names.get(number) or newcomer.words.pair_name(number) for number in first}


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


@lru_cache(maxsize=1 << 11)
def _named(keys: str) -> dict[int, str]:
    """The terms that these lines name, and their names."""
    return {number_of(name): name for name in keys.split("\n") if name}
