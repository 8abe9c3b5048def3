"""Partners are told thinly, in a bounded body, under a stable id."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import notices
from shared.events import Change, Document, DocumentPublished, RelatedArticle, RelatedPublished, Subject

AT = datetime(2026, 1, 1, 12, 30, tzinfo=UTC)
BASE = "https://news.example"


def published(change: Change = Change.ADDED, **document: Any) -> DocumentPublished:
    """An event as feeds sends it."""
    facts: dict[str, Any] = {
        "id": "abcdefghijklmnop",
        "version": 1,
        "content_hash": "00",
        "title": "Tides",
        "received_at": AT,
    }
    return DocumentPublished(
        event_id="7a7d1b5e-0000-5000-8000-000000000001",
        correlation_id="c1",
        occurred_at=AT,
        change=change,
        document=Document(**(facts | document)),
        subject=Subject(name="Physics", slug="physics", confidence=0.87654321),
        runners_up=(Subject(name="Engineering", slug="engineering", confidence=0.1),),
        related=(RelatedArticle(id="qrstuvwxyzabcdef", title="The Moon", score=0.51239),),
        link=f"{BASE}/documents/abcdefghijklmnop",
        first_published_at=AT,
        updated_at=AT,
    )


def changed() -> RelatedPublished:
    """An event about the neighbours of an older document."""
    return RelatedPublished(
        event_id="e2",
        correlation_id="c1",
        occurred_at=AT,
        id="qrstuvwxyzabcdef",
        related=(RelatedArticle(id="abcdefghijklmnop", title="Tides", score=0.5),),
        related_revision=7,
        title="The Moon",
        link=f"{BASE}/documents/qrstuvwxyzabcdef",
    )


@given(st.datetimes(timezones=st.timezones()))
def test_a_time_is_told_as_utc(moment: datetime) -> None:
    """Wherever it was taken, in whole microseconds if it is between two seconds."""
    try:
        said = moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
    except OverflowError:  # the first or the last day of all
        return
    told = json.loads(notices.body_of(changed().model_copy(update={"occurred_at": moment}), BASE))

    assert said == told["time"]


def test_a_published_document_is_told_with_its_subject_its_neighbours_and_its_links() -> None:
    """The body is enough to decide whether to fetch the rest."""
    told = json.loads(notices.body_of(published(summary="About the sea."), BASE))

    assert (told["type"], told["time"]) == ("document.published", "2026-01-01T12:30:00Z")
    assert told["data"] == {
        "id": "abcdefghijklmnop",
        "version": 1,
        "change": "added",
        "title": "Tides",
        "link": "https://news.example/documents/abcdefghijklmnop",
        "url": None,
        "language": "en",
        "duplicate_of": None,
        "authors": [],
        "subject": {"name": "Physics", "slug": "physics", "confidence": 0.8765, "given": False},
        "second": None,
        "first_published_at": "2026-01-01T12:30:00Z",
        "updated_at": "2026-01-01T12:30:00Z",
        "feeds": {
            "all": "https://news.example/feeds/all.atom",
            "subject": "https://news.example/feeds/subjects/physics.atom",
        },
        "summary": "About the sea.",
        "keywords": [],
        "why": [],
        "runners_up": [{"name": "Engineering", "slug": "engineering", "confidence": 0.1, "given": False}],
        "related": [
            {
                "id": "qrstuvwxyzabcdef",
                "title": "The Moon",
                "score": 0.5124,
                "link": "https://news.example/documents/qrstuvwxyzabcdef",
            }
        ],
    }


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (Change.ADDED, "document.published"),
        (Change.UPDATED, "document.updated"),
        (Change.RETRACTED, "document.retracted"),
    ],
)
def test_each_change_has_its_type(change: Change, kind: str) -> None:
    """A partner can ask for some of them."""
    event = published(change)

    assert (notices.kind_of(event), json.loads(notices.body_of(event, BASE))["type"]) == (kind, kind)


def test_a_correction_of_the_subject_alone_is_told_by_its_own_name() -> None:
    """With both subjects, their feeds, and the words that decided."""
    second = Subject(name="Law", slug="law", confidence=0.4)
    changes = {"reclassified": True, "second": second, "why": ("tide", "x" * 500)}
    event = published(Change.UPDATED).model_copy(update=changes)
    told = json.loads(notices.body_of(event, BASE))

    assert "document.reclassified" == told["type"] == notices.kind_of(event)
    assert {"name": "Law", "slug": "law", "confidence": 0.4, "given": False} == told["data"]["second"]
    assert "https://news.example/feeds/subjects/law.atom" == told["data"]["feeds"]["second"]
    assert ["tide", "x" * 77 + "…"] == told["data"]["why"]
    assert "document.reclassified" in notices.DEFAULT_EVENTS


def test_a_retraction_carries_no_content() -> None:
    """What was taken back is not told again."""
    told = json.loads(notices.body_of(published(Change.RETRACTED, summary="secret"), BASE))

    assert not {"summary", "related", "runners_up", "why"} & set(told["data"])


def test_changed_neighbours_are_told_with_the_document_they_belong_to() -> None:
    """An older document's new list is an event of its own type."""
    told = json.loads(notices.body_of(changed(), BASE))

    assert told["type"] == notices.kind_of(changed()) == "document.related_changed"
    assert [neighbour["id"] for neighbour in told["data"]["related"]] == ["abcdefghijklmnop"]


texts = st.text(max_size=3_000) | st.sampled_from(["\0" * 50_000, "😀" * 20_000, '"\\' * 20_000, "a" * 100_000])


@given(title=texts, summary=texts, author=texts, url=st.none() | texts, language=texts)
def test_no_document_makes_a_body_over_the_limit(
    title: str, summary: str, author: str, url: str | None, language: str
) -> None:
    """20 kB hold whatever the document says, and the body stays JSON."""
    event = published(title=title, summary=summary, authors=(author,) * 30, url=url, language=language)
    doubled = {"why": (title,) * 20, "second": Subject(name=author, slug="x" * 80, confidence=0.5)}
    event = event.model_copy(update=doubled | {"related": (RelatedArticle(id="q" * 16, title=title, score=0.5),) * 20})
    body = notices.body_of(event, BASE)

    assert len(body) <= notices.MAX_BODY_BYTES
    assert json.loads(body)["data"]["id"] == "abcdefghijklmnop"


@given(text=texts, limit=st.integers(10, 500))
def test_a_cut_text_is_a_beginning_that_fits(text: str, limit: int) -> None:
    """Short texts are untouched; long ones lose their end only."""
    kept = notices.cut(text, limit)

    assert len(json.dumps(kept, ensure_ascii=False).encode()) - 2 <= limit
    assert kept == text or text.startswith(kept.removesuffix("…"))


@given(event=st.text(), partner=st.text())
def test_a_message_id_is_stable_and_without_a_dot(event: str, partner: str) -> None:
    """The same event and partner always give the same id (Standard Webhooks: no dots)."""
    first = notices.message_id(event, partner)

    assert first == notices.message_id(event, partner)
    assert first.startswith("msg_")
    assert "." not in first


def test_message_ids_differ_by_event_and_partner() -> None:
    """A partner's repeat is told from another partner's message."""
    assert len({notices.message_id(event, partner) for event in ("a", "b") for partner in ("c", "d")}) == 4
