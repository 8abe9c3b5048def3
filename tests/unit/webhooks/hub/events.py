"""Events to test with, as feeds sends them."""

from __future__ import annotations

from typing import Any

from shared.events import DocumentPublished, DocumentRelated
from tests.unit.shared.syndication.samples import SITE, at, related_event, retraction


def published(number: int = 1, version: int = 1, **facts: Any) -> DocumentPublished:
    """A version that came to the feeds."""
    return after(related_event(number, version, **facts))


def retracted(number: int = 1, version: int = 2, **facts: Any) -> DocumentPublished:
    """Taken back: without its texts, keywords and authors."""
    return after(retraction(number, version, **({"authors": (), "keywords": (), "url": None} | facts)))


def after(cause: DocumentRelated) -> DocumentPublished:
    """What feeds makes of it."""
    return DocumentPublished.after(
        cause,
        link=SITE.document(cause.document.id),
        first_published_at=at(1),
        updated_at=cause.occurred_at,
        sequence=77,
    )
