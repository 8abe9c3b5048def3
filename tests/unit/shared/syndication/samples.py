"""Events and feeds to test with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from shared.events import (
    Change,
    Document,
    DocumentRelated,
    RelatedArticle,
    RelatedChanged,
    Subject,
    SubjectName,
    TaxonomyPassed,
)
from shared.syndication.addresses import Address, Site
from shared.syndication.article import Article, article_of
from shared.syndication.directory import Placed
from shared.syndication.feed import Feed

SITE = Site("https://news.example:8443", "The News")
START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
MEDICINE = Subject(name="Medicine", slug="medicine", confidence=0.8642)
LAW = Subject(name="Law & Order", slug="law", confidence=1, given=True)

SCIENCE = Subject(name="Science", slug="science", confidence=0.3)
REST = Subject(name="Rest", slug="rest", confidence=0)


def at(minutes: int) -> datetime:
    return START + timedelta(minutes=minutes)


def document(number: int = 1, version: int = 1, **facts: Any) -> Document:
    common: dict[str, Any] = {
        "id": f"doc{number}",
        "version": version,
        "content_hash": "hash",
        "title": f"Tides {number}",
        "html": "<p>The sea rises twice a day.</p>",
        "text": "The sea rises twice a day.",
        "summary": "About the sea.",
        "authors": ("Ann Author", "Ben Writer"),
        "keywords": ("sea", "moon"),
        "url": f"https://source.example/tides/{number}",
        "received_at": at(number),
    }
    return Document(**(common | facts))


def related_event(number: int = 1, version: int = 1, *, change: Change = Change.ADDED, **facts: Any) -> DocumentRelated:
    own = {name: facts.pop(name) for name in list(facts) if name in DocumentRelated.model_fields}
    common: dict[str, Any] = {
        "event_id": f"event-{number}-{version}",
        "correlation_id": "request",
        "occurred_at": at(number + 100 * (version - 1)),
        "change": change,
        "document": document(number, version, **facts),
        "subject": MEDICINE,
    }
    return DocumentRelated(**(common | own))


def retraction(number: int = 1, version: int = 2, **facts: Any) -> DocumentRelated:
    return related_event(number, version, change=Change.RETRACTED, html="", text="", summary="", **facts)


def changed_event(number: int, revision: int, *titles: str) -> RelatedChanged:
    return RelatedChanged(
        event_id=f"changed-{number}-{revision}",
        correlation_id="request",
        occurred_at=at(500),
        id=f"doc{number}",
        related=neighbours(*titles),
        related_revision=revision,
    )


def taxonomy(version: int, *subjects: Subject, moved: dict[str, str] | None = None, **facts: Any) -> TaxonomyPassed:
    common: dict[str, Any] = {
        "event_id": f"taxonomy-{version}",
        "correlation_id": f"taxonomy-{version}",
        "occurred_at": at(1000 + version),
        "version": version,
        "subjects": tuple(SubjectName(slug=subject.slug, name=subject.name) for subject in (*subjects, REST)),
        "moved": moved or {},
        "fallback": "rest",
    }
    return TaxonomyPassed(**(common | facts))


def neighbours(*titles: str) -> tuple[RelatedArticle, ...]:
    return tuple(RelatedArticle(id=f"near{place}", title=title, score=0.5) for place, title in enumerate(titles))


def placed(event: DocumentRelated) -> Placed:
    return Placed(event.subject, event.second, event.runners_up)


def article(number: int = 1, version: int = 1, *, change: Change = Change.ADDED, **facts: Any) -> Article:
    linked = facts.pop("related", ())
    event = related_event(number, version, change=change, **facts)
    made = article_of(event, SITE, placed=placed(event), first_published_at=at(number))
    return made.model_copy(update={"related": linked})


def retracted_article(number: int = 1) -> Article:
    event = retraction(number)
    return article_of(event, SITE, placed=placed(event), first_published_at=at(number))


def feed(*articles: Article, before: int | None = None, older: int | None = None) -> Feed:
    address = Address("subjects/medicine", before=before)
    return Feed(SITE, address, "The News: Medicine", "Articles about Medicine.", articles, older)
