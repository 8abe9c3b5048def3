"""Pure. From the nearest to the list that is shown: an operator's choice first, and no two that say the same.

Of articles as close to one another as `TWIN` only the first one stands in a list, and none as close to the article
itself as `COPY`. What an operator pinned stands first, in their order; what they banned never stands.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.related.closeness import MILLION

TWIN = round(0.7 * MILLION)
"""The same question in other words: a quarter of all groups of three words in common (median; 0.04 at 0.4)."""
COPY = round(0.85 * MILLION)
"""More than half of all groups of three words in common."""


class Near(NamedTuple):
    """A neighbour as anyone sees it; `score`: its closeness to four places."""

    id: str
    title: str
    score: float
    pinned: bool = False


Shown = tuple[Near, ...]


@dataclass(frozen=True, slots=True)
class Curated:
    """What an operator chose for one article's list: ids."""

    pinned: tuple[str, ...] = ()
    banned: tuple[str, ...] = ()

    def pack(self) -> bytes:
        return json.dumps([self.pinned, self.banned], separators=(",", ":")).encode()

    @classmethod
    def unpack(cls, packed: bytes) -> Curated:
        pinned, banned = json.loads(packed)
        return cls(tuple(pinned), tuple(banned))


NO_CHOICE = Curated()


class Curation:
    """All choices, by article, and for each pinned article those that it is pinned to."""

    def __init__(self) -> None:
        self._chosen: dict[str, Curated] = {}
        self._pinned_to: dict[str, set[str]] = {}

    def __bool__(self) -> bool:
        """Whether there is any choice."""
        return bool(self._chosen)

    def of(self, document_id: str) -> Curated:
        return self._chosen.get(document_id, NO_CHOICE)

    def choose(self, document_id: str, curated: Curated) -> None:
        """Replace the choice for an article; an empty one forgets it."""
        for pinned in self.of(document_id).pinned:
            self._pinned_to[pinned].discard(document_id)
        for pinned in curated.pinned:
            self._pinned_to.setdefault(pinned, set()).add(document_id)
        self._chosen[document_id] = curated
        if curated == NO_CHOICE:
            del self._chosen[document_id]

    def pinned_to(self, document_id: str) -> Collection[str]:
        """The articles that it is pinned to."""
        return self._pinned_to.get(document_id, ())


def repeating(closeness: NDArray[np.int32], twins: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Who of each of some rankings, a line each, says what the article itself or somebody before them says.

    `twins`: for each two places of each ranking whether they say the same.
    """
    repeats = closeness >= COPY
    for place in range(1, closeness.shape[1]):
        repeats[:, place] |= (twins[:, place, :place] & ~repeats[:, :place]).any(axis=1)
    return repeats


def score(units: int) -> float:
    """Millionths as 0..1, to four places."""
    return round(units / MILLION, 4)
