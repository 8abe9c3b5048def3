"""Pure. Which articles answer a question: an index in memory over words, subjects, keywords, authors, languages and sources.

An article has a slot for each version; the newest slot alone is alive. A term knows the slots that it stands in, ascending, so that an
answer is a few operations on sorted arrays.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache, partial, reduce
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shared.syndication.article import Article
from shared.syndication.facets import facets_of, subject_path
from shared.syndication.questions import Clause, Question, words_of

Slots = NDArray[np.uint32]
NONE: Slots = np.empty(0, np.uint32)


@lru_cache(maxsize=200_000)
def token(term: str) -> int:
    """A term as eight bytes: what is kept of the words of a retracted article, from which they cannot be read back."""
    return int.from_bytes(blake2b(term.encode(errors="replace"), digest_size=8).digest(), "little")


def words_in(article: Article, text: str) -> set[int]:
    """The tokens of the words of its title, summary and text."""
    return set(map(token, set(words_of(f"{article.title} {article.summary} {text}"))))


class Finder:
    """The articles in feeds, by what they can be found by."""

    def __init__(self) -> None:
        self._slots: defaultdict[int, array[int]] = defaultdict(partial(array, "I"))
        self._newest: dict[str, int] = {}
        self._sequences: dict[str, int] = {}
        self._ids: list[str] = []
        self._places = array("q")
        self._published = array("q")
        self._alive = bytearray()

    def __len__(self) -> int:
        return len(self._newest)

    @property
    def wasted(self) -> bool:
        """Whether most of it is about versions that there are no more."""
        return len(self._ids) > 2 * len(self._newest) + 1_000

    def put(self, article: Article, words: Iterable[int]) -> None:
        """Take in an article's newest version."""
        self.drop(article.id)
        slot = len(self._ids)
        self._sequences[article.id] = article.sequence
        self._newest[article.id] = slot
        self._ids.append(article.id)
        self._places.append(article.score)
        self._published.append(int(article.first_published_at.timestamp()))
        self._alive.append(1)
        paths = (*(subject_path(subject.slug) for subject in article.subjects), *facets_of(article))
        slots = self._slots
        for name in {*map(token, paths), *words}:
            slots[name].append(slot)

    def knows(self, document_id: str) -> bool:
        """Whether any version of it is taken in."""
        return document_id in self._newest

    def has(self, document_id: str, sequence: int) -> bool:
        """Whether the version of this number is taken in already."""
        return self._sequences.get(document_id) == sequence

    def drop(self, document_id: str) -> None:
        """Forget an article."""
        self._sequences.pop(document_id, None)
        slot = self._newest.pop(document_id, None)
        if slot is not None:
            self._alive[slot] = 0

    def found(self, question: Question, *, below: int | None, most: int) -> tuple[int, list[tuple[str, int]]]:
        """How many articles answer the question, and the ids and places of the newest of them; of those `below` a place alone."""
        slots = self._matching(question)
        slots = slots[_view(self._alive, np.uint8)[slots] > 0]
        if question.since:
            slots = slots[_view(self._published, np.int64)[slots] >= int(question.since.timestamp())]
        places = _view(self._places, np.int64)[slots]
        if below is not None:
            slots, places = slots[places < below], places[places < below]
        newest = _highest(places, most)
        return len(slots), [(self._ids[slots[row]], int(places[row])) for row in newest]

    def _matching(self, question: Question) -> Slots:
        clauses = sorted(map(self._any_of, question.clauses), key=len)
        every: Slots = np.arange(len(self._ids), dtype=np.uint32)
        slots: Slots = reduce(_in_both, clauses) if clauses else every
        excluded = self._any_of(question.excluded)
        if len(excluded):
            slots = np.setdiff1d(slots, excluded, assume_unique=True)
        return slots

    def _any_of(self, clause: Clause) -> Slots:
        found: list[Slots] = [_view(self._slots[name], np.uint32) for name in map(token, clause) if name in self._slots]
        if len(found) < 2:  # noqa: PLR2004 - one alone is ascending already
            return found[0] if found else NONE
        return np.unique(np.concatenate(found))


def _in_both(some: Slots, others: Slots) -> Slots:
    """Those of the fewer `some` that are among `others`; both are ascending."""
    if not len(others):
        return NONE
    at = np.minimum(np.searchsorted(others, some), len(others) - 1)
    both: Slots = some[others[at] == some]
    return both


def _highest(places: NDArray[np.int64], most: int) -> NDArray[np.intp]:
    """Where the highest `most` places are, the highest first: of a million only those are sorted."""
    if len(places) > most:
        least = np.partition(places, len(places) - most)[len(places) - most]
        among = np.flatnonzero(places >= least)
    else:
        among = np.arange(len(places))
    return among[np.argsort(-places[among], kind="stable")[:most]]


def _view(numbers: Any, kind: Any) -> NDArray[Any]:
    # A copy: an array that numpy looks at cannot grow (BufferError).
    return np.frombuffer(bytes(numbers), kind)
