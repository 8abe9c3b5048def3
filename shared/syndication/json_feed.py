"""Pure. Feed → JSON Feed 1.1 (jsonfeed.org/version/1.1), with our own facts under `_syndicate`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from shared.events import Subject
from shared.syndication.addresses import Format, Site
from shared.syndication.article import Article
from shared.syndication.feed import Feed
from shared.syndication.markup import legal, one_line, plain
from shared.syndication.statement import statement_of


def json_feed(feed: Feed, items: Iterable[Article] | None = None) -> bytes:
    """The feed as JSON Feed 1.1; the same feed always gives the same bytes. `items`: others than its articles."""
    site = feed.site
    body = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": plain(feed.title),
        "home_page_url": site.home,
        "feed_url": site.feed(feed.address, Format.JSON),
        "next_url": feed.previous and site.feed(feed.previous, Format.JSON),
        "description": plain(feed.description),
        "language": feed.language,
        "authors": [{"name": plain(site.title)}],
        "hubs": [{"type": "WebSub", "url": feed.hub}] if feed.hub else None,
        "_syndicate": {"about": site.home} | statement_of(feed).facts,
        "items": [json_item(article, site) for article in (feed.articles if items is None else items)],
    }
    return written({name: fact for name, fact in body.items() if fact is not None})


def written(facts: Any) -> bytes:
    """JSON as all of a feed is written, so that its pieces fit together."""
    return json.dumps(facts, ensure_ascii=False, separators=(",", ":")).encode()


def json_item(article: Article, site: Site) -> dict[str, Any]:
    """An article as an item; its related articles are the last that is said, so that others can be put in their place."""
    content = legal(article.content)
    facts = {
        "id": site.tag("documents", article.id),
        "url": site.document(article.id),
        "external_url": article.source_url and legal(article.source_url),
        "title": article.headline,
        "content_html": content or None,
        "content_text": None if content else article.abstract,
        "summary": article.abstract,
        "image": article.image,
        "date_published": moment(article.first_published_at),
        "date_modified": moment(article.updated_at),
        "authors": [{"name": name} for name in map(plain, article.authors) if name],
        "tags": _tags(article),
        "language": article.language,
    }
    return {name: fact for name, fact in facts.items() if fact} | {"_syndicate": _ours(article, site)}


def _tags(article: Article) -> list[str]:
    names = (*(subject.name for subject in article.subjects), *article.keywords)
    return [tag for tag in map(plain, names) if tag]


def _ours(article: Article, site: Site) -> dict[str, Any]:
    return {
        "about": site.home,
        "status": article.status,
        "version": article.version,
        "subject": subject_facts(article.subject),
        "second": article.second and subject_facts(article.second),
        "why": [one_line(word) for word in article.why],
        "runners_up": [subject_facts(subject) for subject in article.runners_up],
        "related": related_facts(article, site),
    }


def subject_facts(subject: Subject) -> dict[str, Any]:
    """A subject as JSON shows it."""
    confidence = round(subject.confidence, 4)
    return {"name": legal(subject.name), "slug": legal(subject.slug), "confidence": confidence, "given": subject.given}


def related_facts(article: Article, site: Site) -> list[dict[str, Any]]:
    """The related articles as JSON shows them, best first."""
    return [
        {"id": near.id, "link": site.document(near.id), "title": plain(near.title), "score": round(near.score, 4)}
        for near in article.neighbours
    ]


def moment(time: datetime) -> str:
    """RFC 3339, in UTC."""
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")
