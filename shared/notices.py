"""Pure. What outsiders are told, by webhook or when they ask: a thin JSON body of at most 20 kB that says enough to act on.

    {"specversion": "1.0", "id": …, "source": …, "type": "document.published", "subject": DOCUMENT, "time": …, "dataschema": …, "data": {…}}

`id` is the event's, the same for everybody: whoever hears of it twice, in whatever way, knows it again. Version 2 is a CloudEvent;
version 1 has id, type, timestamp and data alone. A version never changes what it says (shared/notice_schemas.py); a partner stays with
the one that it was registered for. The full form adds the article's text and HTML and has no limit but the document's own.
Source: CloudEvents 1.0.2, "JSON Event Format"; standard-webhooks/spec/standard-webhooks.md, "Payload structure" (thin; under 20 kB).
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from pydantic import TypeAdapter

from shared.events import Change, DocumentPublished, Event, RelatedArticle, RelatedPublished, Subject, digits_of

MAX_BODY_BYTES = 20_000

PUBLISHED = "document.published"
UPDATED = "document.updated"
RECLASSIFIED = "document.reclassified"
RETRACTED = "document.retracted"
RELATED_CHANGED = "document.related_changed"
TEST = "webhook.test"
CHALLENGE = "webhook.challenge"
DISABLED = "partner.disabled"

DEFAULT_EVENTS = (PUBLISHED, UPDATED, RECLASSIFIED, RETRACTED)
EVENTS = (*DEFAULT_EVENTS, RELATED_CHANGED)
"""What a partner can ask for; the test is sent only when an operator asks for it."""

VERSION = 2
VERSIONS = (1, 2)
MEDIA_TYPES = {1: "application/json", 2: "application/cloudevents+json"}

JSON = TypeAdapter(Any).serializer
"""Writes the bytes that json.dumps would, in a third of its time; TypeAdapter.dump_json takes longer."""
MOMENT = TypeAdapter(datetime).serializer

MESSAGE_IDS = uuid.UUID("8e0a3f0d-5c0e-5e0b-9a55-0d6e6c1b7a21")

# The parts' limits, in bytes of JSON, add up to less than MAX_BODY_BYTES whatever the document says.
TITLE_BYTES = 800
SUMMARY_BYTES = 3_000
LINK_BYTES = 1_500
NAME_BYTES = 200
RELATED_TITLE_BYTES = 300
WORD_BYTES = 80
MOST_WORDS = 6
MOST_AUTHORS = 5
MOST_KEYWORDS = 10
MOST_RUNNERS_UP = 3
MOST_RELATED = 5

_KINDS = {Change.ADDED: PUBLISHED, Change.UPDATED: UPDATED, Change.RETRACTED: RETRACTED}


def kind_of(event: Event) -> str | None:
    """The type under which partners know the event; None if they are not told of it."""
    match event:
        case DocumentPublished():
            return RECLASSIFIED if event.reclassified else _KINDS[event.change]
        case RelatedPublished():
            return RELATED_CHANGED
        case _:
            return None


def message_id(event_id: str, partner: str) -> str:
    """The `webhook-id` of an event for a partner: the same over all attempts and repeats, and without a dot."""
    return "msg_" + digits_of(MESSAGE_IDS, f"{event_id}/{partner}")


def body_of(event: Event, base_url: str, version: int = VERSION, *, full: bool = False) -> bytes:
    """The exact bytes that are sent and signed. `base_url`: the address of our own pages, without a slash at the end."""
    return encoded(envelope(event, data_of(event, base_url), base_url, version), full=event if full else None)


def data_of(event: Event, base_url: str) -> dict[str, Any]:
    """What is told of an event, thinly and in no envelope yet."""
    match event:
        case DocumentPublished():
            return _document(event, base_url)
        case RelatedPublished():
            return _related_change(event, base_url)
        case _:
            raise ValueError(f"partners are not told of {type(event).__name__}")


def envelope(event: Event, data: dict[str, Any], base_url: str, version: int = VERSION) -> dict[str, Any]:
    """An event's data in the envelope of a version."""
    kind = kind_of(event) or ""
    return _envelope(event.event_id, kind, _iso(event.occurred_at), data, base_url, version, subject=event.document_id)


def operational(
    event_id: str, kind: str, at: datetime, data: dict[str, Any], base_url: str, version: int = VERSION
) -> bytes:
    """The body of a message that no document caused: a test, a challenge, a partner that was disabled."""
    return encoded(_envelope(event_id, kind, _iso(at), data, base_url, version))


def encoded(body: dict[str, Any], *, full: Event | None = None) -> bytes:
    """The bytes of a body. `full`: the event whose whole text goes along."""
    if isinstance(full, DocumentPublished) and full.change is not Change.RETRACTED:
        whole = {"text": full.document.text, "html": full.document.html}
        body = body | {"data": body["data"] | whole}
    return JSON.to_json(body)


def as_version_1(body: bytes) -> bytes:
    """What version 1 says of the same event as a thin body of version 2."""
    told = json.loads(body)
    return encoded(_first(told["id"], told["type"], told["time"], told["data"]))


def schema_address(kind: str, version: int, base_url: str) -> str:
    """Where the JSON Schema of a type and version stands."""
    return f"{base_url}/schemas/{kind}/{version}"


def _envelope(
    event_id: str, kind: str, at: str, data: dict[str, Any], base_url: str, version: int, subject: str = ""
) -> dict[str, Any]:
    if version == 1:
        return _first(event_id, kind, at, data)
    told = {"specversion": "1.0", "id": event_id, "source": base_url, "type": kind, "time": at}
    if subject:
        told["subject"] = subject
    schema = schema_address(kind, version, base_url)
    return told | {"datacontenttype": "application/json", "dataschema": schema, "data": data}


def _first(event_id: str, kind: str, at: str, data: dict[str, Any]) -> dict[str, Any]:
    data = {name: value for name, value in data.items() if name != "keywords"}
    return {"id": event_id, "type": kind, "timestamp": at, "data": data}


def _document(event: DocumentPublished, base_url: str) -> dict[str, Any]:
    document = event.document
    told = {
        "id": document.id,
        "version": document.version,
        "change": event.change.value,
        "title": cut(document.title, TITLE_BYTES),
        "link": event.link,
        "url": _whole(document.url),
        "language": cut(document.language, NAME_BYTES),
        "duplicate_of": document.duplicate_of,
        "authors": [cut(author, NAME_BYTES) for author in document.authors[:MOST_AUTHORS]],
        "subject": _subject(event.subject),
        "second": event.second and _subject(event.second),
        "first_published_at": _iso(event.first_published_at),
        "updated_at": _iso(event.updated_at),
        "feeds": _feeds(event.subject, event.second, base_url),
    }
    return told if event.change is Change.RETRACTED else told | _content(event, base_url)


def _content(event: DocumentPublished, base_url: str) -> dict[str, object]:
    return {
        "summary": cut(event.document.summary, SUMMARY_BYTES),
        "keywords": [cut(word, WORD_BYTES) for word in event.document.keywords[:MOST_KEYWORDS]],
        "why": [cut(word, WORD_BYTES) for word in event.why[:MOST_WORDS]],
        "runners_up": [_subject(subject) for subject in event.runners_up[:MOST_RUNNERS_UP]],
        "related": _related(event.related, base_url),
    }


def _related_change(event: RelatedPublished, base_url: str) -> dict[str, Any]:
    return {
        "id": event.id,
        "title": cut(event.title, TITLE_BYTES),
        "link": event.link,
        "related": _related(event.related, base_url),
    }


def _subject(subject: Subject) -> dict[str, object]:
    return {
        "name": cut(subject.name, NAME_BYTES),
        "slug": subject.slug,
        "confidence": round(subject.confidence, 4),
        "given": subject.given,
    }


def _related(articles: Iterable[RelatedArticle], base_url: str) -> list[dict[str, object]]:
    return [
        {
            "id": article.id,
            "title": cut(article.title, RELATED_TITLE_BYTES),
            "score": round(article.score, 4),
            "link": f"{base_url}/documents/{article.id}",
        }
        for article in tuple(articles)[:MOST_RELATED]
    ]


def _feeds(subject: Subject, second: Subject | None, base_url: str) -> dict[str, str]:
    both = {"subject": subject} | ({"second": second} if second else {})
    subjects = {name: f"{base_url}/feeds/subjects/{each.slug}.atom" for name, each in both.items()}
    return {"all": f"{base_url}/feeds/all.atom"} | subjects


def _iso(moment: datetime) -> str:
    # By isoformat it takes twice as long, as that asks pydantic's time zones.
    told: str = MOMENT.to_python(moment.astimezone(UTC), mode="json")
    return told


def _whole(link: str | None) -> str | None:
    """A link is whole or not there: half of one leads nowhere."""
    return link if link is not None and _size(link) <= LINK_BYTES else None


def _size(text: str) -> int:
    return len(JSON.to_json(text)) - len('""')


def _plain(text: str) -> bool:
    """Whether each character takes at most two bytes of JSON, a quote and its backslash."""
    return text.isascii() and text.isprintable()


def cut(text: str, limit: int) -> str:
    """The text, or as much of its beginning as fits into `limit` bytes of JSON, with an ellipsis."""
    if len(text) * 6 <= limit or (len(text) * 2 <= limit and _plain(text)) or _size(text) <= limit:
        return text
    room = limit - len("…".encode())
    # A character takes at least one byte, so nothing behind `room` characters can be kept.
    kept = text[:room]
    while (over := _size(kept) - room) > 0:
        # No character takes more than six bytes of JSON (\\u0000), so this many at least must go.
        kept = kept[: len(kept) - max(1, over // 6)]
    return kept.rstrip() + "…"
