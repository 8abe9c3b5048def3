"""Pure. What the labelled documents mean, as a linear discriminant over the vectors of the extra `semantic`.

Subjects are bells of one shape around their means (R. Fisher, 1936; the pooled shape drawn towards a ball: J. Friedman, Regularized discriminant
analysis, JASA 1989). Of what was learned only sums are kept, in whole numbers: so the order in which documents come is of no account at all,
a document is learned from exactly once without being gone over again, and every process has the same to the last bit. Steps of gradient
descent on the same vectors, with a bounded sample gone over again, gain no more and depend on the order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.classifier.arrays import Arrays
from services.classifier.prior import Scores

Sums = NDArray[np.int64]
UNIT = 1024
"""The length of a vector in whole numbers."""
TOGETHER = 500
"""Vectors that wait at most to be added up."""
TOWARDS_ALL = 10
"""A subject's mean begins with so many documents that mean what all do on the whole."""
TOWARDS_BALL = 1000
"""And the shape begins with so many documents that are alike in every direction."""


class Meanings:
    """Sums of vectors. A column is a subject, as the learner's are; all vectors are as wide as the first one was."""

    def __init__(self) -> None:
        self.times: Sums = np.zeros(0, np.int64)
        self.sums: Sums = np.zeros((0, 0), np.int64)
        self.products: Sums = np.zeros((0, 0), np.int64)
        """The sum of each vector's products with itself."""
        self._waiting: list[Sums] = []
        self._solved: tuple[Scores, Scores] | None = None

    @property
    def learned(self) -> int:
        """The documents that it learned from."""
        return int(self.times.sum())

    @property
    def width(self) -> int:
        """Components of a vector; 0 as long as none has come."""
        return int(self.sums.shape[1])

    def learn(self, vector: bytes, column: int) -> None:
        """Learn that a document of this subject means this; a vector of another width says nothing."""
        components = whole(vector)
        if not len(components) or (self.width and self.width != len(components)):
            return
        self._make_room(column, len(components))
        self.times[column] += 1
        self.sums[column] += components
        self._waiting.append(components)
        self._solved = None
        if len(self._waiting) >= TOGETHER:
            self.settle()

    def scores(self, vector: bytes, columns: Sequence[int]) -> Scores | None:
        """How likely the vector is in each of the columns (-1: a subject of which none is known), as logarithms that have an addend in common.

        None if nothing can be said: nothing was learned, or the vector is none, or of another width.
        """
        components = whole(vector)
        if not self.width or len(components) != self.width:
            return None
        slopes, offsets = self._discriminant()
        scores: Scores = components @ slopes + offsets
        known = len(self.times)
        return scores[[column if 0 <= column < known else known for column in columns]]

    def settle(self) -> None:
        """Add up what waited: a matrix product for many at once costs a tenth of their single ones, and is exact in double precision."""
        if self._waiting:
            rows = np.array(self._waiting, np.float64)
            self.products += (rows.T @ rows).astype(np.int64)
            self._waiting.clear()

    def snapshot(self) -> Meanings:
        """The same, whatever this one learns meanwhile."""
        self.settle()
        other = Meanings()
        other.times, other.sums, other.products = self.times.copy(), self.sums.copy(), self.products.copy()
        return other

    def kept(self) -> list[Sums]:
        """All that it takes to go on learning; nothing if nothing was learned."""
        self.settle()
        arrays = [self.times, self.sums, self.products[np.triu_indices(self.width)]]
        return [array.astype("<i8") for array in arrays] if self.width else []

    @classmethod
    def read(cls, columns: int, width: int, arrays: Arrays) -> Meanings:
        """The one that was `kept`, with bytes `apart`."""
        meanings = cls()
        meanings.times = arrays.together("<i8", columns)
        meanings.sums = arrays.together("<i8", columns * width).reshape(columns, width)
        upper = np.zeros((width, width), np.int64)
        upper[np.triu_indices(width)] = arrays.together("<i8", width * (width + 1) // 2)
        meanings.products = upper + np.triu(upper, 1).T
        return meanings

    def _discriminant(self) -> tuple[Scores, Scores]:
        """Slopes (width × columns) and offsets; it is made anew, in some milliseconds, when a document has been learned from."""
        if self._solved is None:
            self.settle()
            learned = self.learned
            sums, times = np.vstack([self.sums, 0 * self.sums[:1]]) / UNIT, np.append(self.times, 0)
            means = (sums + TOWARDS_ALL * sums.sum(axis=0) / learned) / (times + TOWARDS_ALL)[:, None]
            between = sums.T @ (sums / np.maximum(times, 1)[:, None])
            shape = self.products / UNIT**2 - between + TOWARDS_BALL / self.width * np.eye(self.width)
            slopes = np.linalg.solve(shape / (learned + TOWARDS_BALL), means.T)
            self._solved = slopes / UNIT, -0.5 * (means.T * slopes).sum(axis=0)
        return self._solved

    def _make_room(self, column: int, width: int) -> None:
        more = max(column + 1 - len(self.times), 0)
        if not self.width:
            self.sums, self.products = np.zeros((0, width), np.int64), np.zeros((width, width), np.int64)
        self.times = np.pad(self.times, (0, more))
        self.sums = np.pad(self.sums, ((0, more), (0, 0)))


def whole(vector: bytes) -> Sums:
    """A vector of signed bytes as whole numbers, `UNIT` long; empty for one that points nowhere."""
    components: NDArray[Any] = np.frombuffer(vector, np.int8).astype(np.float64)
    length = np.sqrt(components @ components)
    return np.rint(components * (UNIT / length)).astype(np.int64) if length else np.zeros(0, np.int64)
