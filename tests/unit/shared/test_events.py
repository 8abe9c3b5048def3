"""Events: their identities."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import EntryRejected
from shared.events import (
    EVENT_IDS,
    FLOW,
    Change,
    Document,
    DocumentClassified,
    DocumentIngested,
    RelatedChanged,
    Subject,
    TaxonomyChanged,
    TaxonomyPassed,
    decode,
    event_id,
    passed_on,
)

TEXT = st.text()


@given(TEXT, TEXT, TEXT)
def test_an_event_id_is_a_uuid_of_version_5(cause: str, stream: str, document: str) -> None:
    """Made by hand for speed, it is what the standard library makes."""
    assert str(uuid.uuid5(EVENT_IDS, f"{cause}/{stream}/{document}")) == event_id(cause, stream, document)


def test_an_event_is_passed_on_as_the_next_streams_own_kind() -> None:
    """It keeps what it says and gets an id that follows from its own; where nobody knows its kind, that is told."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    changed = TaxonomyChanged(
        event_id="t", correlation_id="c", occurred_at=now, version=2, subjects=(), moved={"a": "b"}, fallback="rest"
    )
    passed = passed_on(changed, "documents.related")

    assert isinstance(passed, TaxonomyPassed)
    assert event_id("t", "documents.related", "") == passed.event_id
    assert changed.model_dump(exclude={"event_id", "type"}) == passed.model_dump(exclude={"event_id", "type"})
    with pytest.raises(EntryRejected):
        passed_on(
            RelatedChanged(event_id="r", correlation_id="c", occurred_at=now, id="d", related=(), related_revision=1),
            "documents.ingested",
        )


@given(st.binary(max_size=400))
def test_a_meaning_travels_as_text(meaning: bytes) -> None:
    """Any bytes come back as they were; an event of before there were any has none."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    document = Document(id="d", version=1, content_hash="", title="", received_at=now)
    cause = DocumentIngested.of(document, Change.ADDED, correlation_id="c", at=now)
    subject = Subject(name="Sea", slug="sea", confidence=1)
    classified = DocumentClassified.after(cause, subject=subject, meaning=meaning)
    told = json.loads(classified.encode())

    assert classified == decode(classified.stream, classified.encode())
    del told["meaning"]
    before = decode(classified.stream, json.dumps(told).encode())
    assert classified.model_copy(update={"meaning": b""}) == before


def test_every_kind_of_event_has_a_type_of_its_own() -> None:
    """Two kinds of one stream are told apart by it."""
    types = [kind.model_fields["type"].default for kind in FLOW]

    assert len(types) == len(set(types))
