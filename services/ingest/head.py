"""Pure. What a page says of itself to machines: Highwire and Dublin Core tags, Open Graph, JSON-LD (schema.org)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from html import unescape
from typing import Any

from services.ingest.characters import folded, legal
from services.ingest.draft import MAX_AUTHORS, MAX_SUMMARY, MAX_URL, depth_of
from services.ingest.draft import MAX_DEPTH as MAX_JSON_DEPTH
from services.ingest.fields import Given, absolute, clipped, doi, given, moment
from services.ingest.normalise.citation import date_of

MOST_TAGS = 500
LONGEST_LINKED_DATA = 200_000
KINDS = frozenset(
    {
        "Article",
        "NewsArticle",
        "BlogPosting",
        "ScholarlyArticle",
        "MedicalScholarlyArticle",
        "Report",
        "TechArticle",
        "MedicalWebPage",
        "QAPage",
        "WebPage",
    }
)
BEST_TITLES = ("citation_title", "dc.title", "og:title", "twitter:title")
TAGS: Mapping[str, tuple[str, ...]] = {
    "summary": ("description", "og:description", "twitter:description", "dc.description"),
    "url": ("og:url", "citation_public_url"),
    "date": (
        "citation_publication_date",
        "citation_date",
        "citation_online_date",
        "article:published_time",
        "dc.date",
        "dcterms.issued",
        "date",
        "pubdate",
    ),
    "doi": ("citation_doi", "dc.identifier", "dc.identifier.doi", "prism.doi"),
    "journal": ("citation_journal_title", "prism.publicationname"),
    "language": ("citation_language", "dc.language"),
}
AUTHORS = ("citation_author", "citation_authors", "dc.creator", "author", "article:author", "parsely-author")
KEYWORDS = ("citation_keywords", "article:tag", "news_keywords", "keywords")


class Head:
    """Collects what the tags say, and reads it once the page is through."""

    def __init__(self) -> None:
        self._tags: dict[str, list[str]] = {}
        self._count = 0
        self.linked_data: list[str] = []

    def note(self, attributes: Mapping[str, str]) -> None:
        """One `meta` tag."""
        name = (attributes.get("name") or attributes.get("property") or "").strip().lower()
        content = folded(legal(attributes.get("content", "")[: 2 * MAX_SUMMARY]))
        if name and content and self._count < MOST_TAGS:
            self._tags.setdefault(name, []).append(content)
            self._count += 1

    @property
    def title(self) -> str | None:
        """What the page calls its article, without the name of the site."""
        return self._first(BEST_TITLES) or _line(self._article().get("headline"))

    def said(self) -> Given:
        """All of it but the title; what does not fit is left out, for a page's head is often wrong and no reason to refuse it."""
        if not self._tags and not self.linked_data:
            return (
                Given()
            )  # as all Markdown and most fragments; to find that out below was a twelfth of reading a document
        article = self._article()
        dates = [*self._all(TAGS["date"]), _line(article.get("datePublished")) or ""]
        told: dict[str, Any] = {name: self._first(names) for name, names in TAGS.items()}
        told["url"] = absolute((told["url"] or "")[:MAX_URL])
        told["date"] = next((date for each in dates if (date := each if moment(each) else date_of(each))), None)
        told["doi"] = next(filter(None, map(doi, self._all(TAGS["doi"]))), None)
        told["authors"] = self._authors() or _names(article.get("author"))
        told["tags"] = self._keywords() or _words(article.get("keywords"))
        told["language"] = told["language"] or _line(article.get("inLanguage"))
        return given(clipped(told))

    def _all(self, names: tuple[str, ...]) -> list[str]:
        return [content for name in names for content in self._tags.get(name, ())]

    def _first(self, names: tuple[str, ...]) -> str | None:
        return next(iter(self._all(names)), None)

    def _authors(self) -> list[str]:
        named = next((self._tags[name] for name in AUTHORS if name in self._tags), [])
        return [_turned(each) for line in named[:MAX_AUTHORS] for each in line.split(";") if "://" not in each]

    def _keywords(self) -> list[str]:
        named = next((self._tags[name] for name in KEYWORDS if name in self._tags), [])
        return [word for line in named for word in _words(line)]

    def _article(self) -> Mapping[str, Any]:
        """The first thing in the page's linked data that is an article."""
        text = "".join(self.linked_data)[:LONGEST_LINKED_DATA].strip()
        try:
            value = json.loads(text) if text else None
        except (ValueError, RecursionError):
            return {}
        if depth_of(value) > MAX_JSON_DEPTH:
            return {}
        return next(
            (
                thing
                for thing in _things(value)
                if _line(thing.get("headline")) or KINDS & set(_words(thing.get("@type")))
            ),
            {},
        )


def _things(value: object) -> Iterator[Mapping[str, Any]]:
    for thing in value if isinstance(value, list) else [value]:
        if isinstance(thing, Mapping):
            yield thing
            yield from _things(thing["@graph"]) if isinstance(thing.get("@graph"), list) else ()


def _names(value: object) -> list[str]:
    people = value if isinstance(value, list) else [value]
    names = (_line(each.get("name") if isinstance(each, Mapping) else each) for each in people)
    return [name for name in names if name and "://" not in name]


def _words(value: object) -> list[str]:
    values = value if isinstance(value, list) else str(value or "").replace(";", ",").split(",")
    return [folded(each) for each in values if isinstance(each, str) and each.strip()]


def _line(value: object) -> str | None:
    """A text of linked data, in which many sites write HTML's entities."""
    return folded(legal(unescape(value[: 2 * MAX_SUMMARY]))) or None if isinstance(value, str) else None


def _turned(name: str) -> str:
    """`Bian, Yuan` as people say it."""
    last, comma, first = name.strip().partition(", ")
    return f"{first} {last}" if comma and "," not in first else name.strip()
