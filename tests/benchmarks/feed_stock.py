"""Documents as they come to the feeds: a seeded model of words, so that they compress as texts do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import accumulate
from random import Random
from typing import Any

from shared.events import Change, Document, DocumentRelated, RelatedArticle, Subject

SUBJECTS = 29
START = datetime(2026, 1, 1, tzinfo=UTC)


@cache
def _words() -> list[str]:
    chance = Random(1)
    return ["".join(chance.choices("etaoinshrdlucmfw", k=chance.randint(2, 11))) for _ in range(8_000)]


@cache
def _ranks() -> list[float]:
    """Zipf's law: three hundred words of it are some 170 different ones, as in prose; and so many an index has to keep."""
    return list(accumulate(1 / rank for rank in range(1, 8_001)))


def _text(chance: Random, words: int) -> str:
    return " ".join(chance.choices(_words(), cum_weights=_ranks(), k=words))


def word(rank: int) -> str:
    """The word that is so far from the most frequent one, which is 0."""
    return _words()[rank]


def document(number: int, words: int = 300) -> Document:
    """The document of this number: some 2 kB of text, two authors of 300, four keywords of 3,000."""
    chance = Random(number)
    paragraphs = [_text(chance, words // 6) for _ in range(6)]
    return Document(
        id=f"doc{number}",
        version=1,
        content_hash=str(number),
        title=_text(chance, 8).capitalize(),
        html="".join(f"<p>{paragraph}</p>\n" for paragraph in paragraphs),
        text="\n\n".join(paragraphs),
        summary=_text(chance, 30),
        authors=tuple(f"Author {chance.randint(1, 300)}" for _ in range(2)),
        keywords=tuple(f"keyword {chance.randint(1, 3000)}" for _ in range(4)),
        url=f"https://source{number % 20}.example/{number}",
        received_at=START,
    )


def event(number: int, **facts: Any) -> DocumentRelated:
    """The event by which it comes, with five neighbours."""
    near = tuple(
        RelatedArticle(id=f"doc{max(number - place, 0)}", title=f"Neighbour {place} of it", score=0.5 / place)
        for place in range(1, 6)
    )
    subject = number % SUBJECTS
    return DocumentRelated(
        event_id=f"event-{number}",
        correlation_id="bench",
        occurred_at=START + timedelta(seconds=number),
        change=Change.ADDED,
        document=document(number),
        subject=Subject(name=f"Subject {subject}", slug=f"subject-{subject}", confidence=0.8),
        related=near,
        related_revision=number + 1,
        **facts,
    )
