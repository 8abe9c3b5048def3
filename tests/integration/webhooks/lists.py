"""What feeds tells of lists of related articles."""

from __future__ import annotations

from typing import Any

from shared.events import DocumentPublished, RelatedPublished
from shared.syndication.article import article_of
from shared.syndication.directory import Placed
from tests.integration.webhooks.office import SITE
from tests.integration.webhooks.reader import START


def relisted(number: int = 1, **facts: Any) -> RelatedPublished:
    """A document's list is another one."""
    common: dict[str, Any] = {
        "event_id": f"relisted-{number}",
        "correlation_id": "request",
        "occurred_at": START,
        "id": f"doc{number}",
        "related": (),
        "related_revision": 1,
        "title": f"Tides {number}",
        "link": f"http://127.0.0.1/documents/doc{number}",
        "sequence": 1_800_000_000_000,
    }
    return RelatedPublished(**(common | facts))


def told_of(event: DocumentPublished, **facts: Any) -> str:
    """An article as it comes with another one's event."""
    placed = Placed(event.subject, event.second, event.runners_up)
    made = article_of(event, SITE, placed=placed, first_published_at=event.first_published_at)
    return made.model_copy(update=facts).model_dump_json(exclude={"text", "original", "duplicates"})
