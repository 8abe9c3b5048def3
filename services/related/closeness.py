"""Pure. From the likeness of two texts to the closeness of two articles, 0..1.

Cosine c; k = date weight · (1 − days apart ÷ 7, at least 0) + subject weight · (same subject). Closeness is
c · (1 + k · (1 − c)): nothing in common stays 0, the same words stay 1, and no order among equal k changes. It is the
same from both sides. A document without a date or a subject has no part of k.

With the extra `semantic`, c is (1 − w) · words' cosine + w · meanings' cosine squared (0 if that is negative), w the weight of the meaning. Squared
it is of the words' size: of 4,439 pages' fifth neighbours by either, 0.26 beside 0.19, of two pages drawn by lot 0.003 beside 0.01. Where one of two
documents has no vector, the words count alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.related.records import UNDATED
from services.related.terms import Numbers

MILLION = 1_000_000
"""Closeness is kept in millionths, whole numbers: the same for everybody, and two equal ones are equal."""
DAYS_APART = 7


@dataclass(frozen=True, slots=True)
class Weights:
    """How much an appearance within a week, a common subject and the meaning count, beside the words; 0 to 1 each."""

    date: float = 0.2
    subject: float = 0.1
    meaning: float = 0.0

    @property
    def most(self) -> float:
        """The largest k."""
        return self.date + self.subject

    def k(
        self,
        day: NDArray[np.int32] | np.int32,
        subject: NDArray[np.uint32] | np.uint32,
        days: NDArray[np.int32],
        subjects: NDArray[np.uint32],
    ) -> NDArray[np.float64]:
        """For one document against many, or for each of many against its own; subjects as numbers, 0 for none."""
        apart = np.where((days == UNDATED) | (day == UNDATED), DAYS_APART, np.abs(days - day))
        found: NDArray[np.float64] = self.date * np.maximum(0, 1 - apart / DAYS_APART)
        found += self.subject * ((subjects == subject) & (subject != 0))
        return found


def blended(
    words: NDArray[Any], meanings: tuple[NDArray[np.float64], NDArray[np.bool_]] | None, weights: Weights
) -> NDArray[Any]:
    """The cosines of words with those of meanings; these say also which of them there are, and None is none at all."""
    if meanings is None:
        return words
    cosines, known = meanings
    share = np.where(known, weights.meaning, 0.0)
    found: NDArray[Any] = words * (1 - share) + share * np.square(np.clip(cosines, 0, 1))
    return found


def closeness(cosines: NDArray[np.float64], k: NDArray[np.float64]) -> Numbers:
    """In millionths."""
    found: Numbers = np.rint(cosines * (1 + k * (1 - cosines)) * MILLION).astype(np.int64)
    return found
