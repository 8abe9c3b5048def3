"""Documents of a few terms, as records."""

from __future__ import annotations

import numpy as np

from services.related.index import Index
from services.related.records import Record
from services.related.terms import Terms

NAMES = [f"document-{number}" for number in range(14)]


def record_of(strengths: dict[int, int], title: str = "one", version: int = 1, **facts: object) -> Record:
    numbers = sorted(strengths)
    terms = Terms(np.array(numbers, np.uint32), np.array([strengths[number] for number in numbers], np.uint8))
    return Record(version, title, terms, meaning=meaning_of(strengths), **facts)  # type: ignore[arg-type]


def meaning_of(strengths: dict[int, int]) -> bytes:
    """Not the words' own, and not everybody has one."""
    told = np.array([strengths.get(number, 0) - 20 for number in range(10)], np.int8)
    return told.tobytes() if sum(strengths.values()) % 3 else b""


def renew_all(index: Index) -> None:
    """Search every list anew; twice, for a search tells others what it found."""
    for name in [*index.documents.slot] * 2:
        index.renew(name)
