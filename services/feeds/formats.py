"""Pure. Feed → RSS 2.0 | Atom | JSON Feed bytes. The one place that knows feedgen (0.9.0).

What feedgen cannot do is repaired through its extension interface: all authors (dc:creator) and the
corrections' dates in RSS, types of titles, languages of entries, tombstones. Its default dates are the clock's; here
every date comes from the content. feedgen sets the process's locale while it formats a date, so rendering belongs in
one thread.
"""

from __future__ import annotations

import re
from datetime import UTC
from functools import partial
from typing import Any

from feedgen.entry import FeedEntry
from feedgen.feed import FeedGenerator
from lxml import etree

from services.feeds.addresses import Format, Site
from services.feeds.article import Article, Feed
from services.feeds.json_feed import json_feed, moment
from services.feeds.markup import as_html, legal, one_line

ATOM = "http://www.w3.org/2005/Atom"
DUBLIN_CORE = "http://purl.org/dc/elements/1.1/"
TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"
LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"

REFRESH_MINUTES = 5
"""RSS's ttl. Readers take the larger of it and Cache-Control's max-age, so that one stays below."""

PLAIN_TITLE = re.compile(rb"<title>[^<]*</title>")


def render(feed: Feed, form: Format) -> bytes:
    """The feed in one format; the same feed always gives the same bytes, whatever characters its documents hold."""
    return RENDERERS[form](feed)


def rss(feed: Feed) -> bytes:
    """RSS 2.0 after the RSS Advisory Board's best practices."""
    return PLAIN_TITLE.sub(_hexadecimal, _generator(feed, Format.RSS).rss_str())


def atom(feed: Feed) -> bytes:
    """Atom (RFC 4287) with deleted entries (RFC 6721)."""
    body: bytes = _generator(feed, Format.ATOM).atom_str()
    return body


RENDERERS = {Format.RSS: rss, Format.ATOM: atom, Format.JSON: json_feed}


def _hexadecimal(title: re.Match[bytes]) -> bytes:
    # RSS does not say whether a title is text or markup; the best practices profile asks for these spellings, which
    # every reader shows as the character itself, and the W3C validator calls anything else CharacterData.
    return title[0].replace(b"&lt;", b"&#x3C;").replace(b"&amp;", b"&#x26;")


def _generator(feed: Feed, form: Format) -> Any:
    site = feed.site
    generator = FeedGenerator()
    generator.id(feed.id)
    generator.title(one_line(feed.title))
    generator.description(one_line(feed.description))
    generator.language(feed.language)
    generator.author(name=one_line(site.title))
    generator.generator("Syndicate")
    generator.updated(feed.updated.astimezone(UTC))
    generator.ttl(REFRESH_MINUTES)
    generator.link(href=site.feed(feed.path, form), rel="self", type=form.media_type)
    generator.link(href=site.home, rel="alternate", type="text/html")  # last: feedgen takes RSS's link from it
    generator.register_extension("syndicate", partial(FeedRepairs, feed))
    for article in feed.articles:
        generator.add_entry(_entry(article, site, feed.language), order="append")
    return generator


def _entry(article: Article, site: Site, language: str) -> Any:
    entry = FeedEntry()
    entry.id(site.tag("documents", article.id))
    entry.title(article.headline)
    entry.summary(as_html(article.abstract), type="html")
    if article.content:
        entry.content(legal(article.content), type="html")
    entry.published(article.first_published_at.astimezone(UTC))
    entry.updated(article.updated_at.astimezone(UTC))
    entry.link(_links(article, site))
    entry.author([{"name": name} for name in _authors(article)])
    entry.category(_categories(article, site))
    entry.register_extension("syndicate", partial(EntryRepairs, article, site, language))
    return entry


def _authors(article: Article) -> list[str]:
    return [name for name in map(one_line, article.authors) if name]


def _categories(article: Article, site: Site) -> list[dict[str, str]]:
    subjects = [
        {"term": one_line(subject.slug), "scheme": site.home, "label": one_line(subject.name)}
        for subject in article.subjects
    ]
    return [*subjects, *({"term": keyword} for keyword in map(one_line, article.keywords) if keyword)]


def _links(article: Article, site: Site) -> list[dict[str, str]]:
    links = _related(article, site)
    if article.source_url:
        links.append({"href": legal(article.source_url), "rel": "via"})
    return [*links, {"href": site.document(article.id), "rel": "alternate", "type": "text/html"}]


def _related(article: Article, site: Site) -> list[dict[str, str]]:
    return [
        {
            "href": site.document(near.id),
            "rel": "related",
            "type": "text/html",
            "title": one_line(near.title) or "Untitled",
        }
        for near in article.related
    ]


class FeedRepairs:
    """What feedgen leaves out of a feed's head."""

    def __init__(self, feed: Feed) -> None:
        self.feed = feed
        self.retracted = [article for article in feed.articles if article.retracted]

    def extend_ns(self) -> dict[str, str]:
        tombstones = {"at": TOMBSTONES} if self.retracted else {}
        return {"dc": DUBLIN_CORE} | tombstones

    def extend_rss(self, root: etree._Element) -> None:
        """RSS's head needs no repair; feedgen asks all the same."""

    def extend_atom(self, root: etree._Element) -> None:
        for article in self.retracted:
            identifier = self.feed.site.tag("documents", article.id)
            stone = etree.SubElement(
                root, f"{{{TOMBSTONES}}}deleted-entry", ref=identifier, when=moment(article.updated_at)
            )
            etree.SubElement(stone, f"{{{TOMBSTONES}}}comment").text = article.notice


class EntryRepairs:
    """What feedgen leaves out of an entry."""

    def __init__(self, article: Article, site: Site, feed_language: str) -> None:
        self.article = article
        self.site = site
        self.feed_language = feed_language

    def extend_rss(self, item: etree._Element) -> None:
        authors = _authors(self.article)
        if authors:  # one element with all names: of two, newsboat and feedparser keep only the last
            etree.SubElement(item, f"{{{DUBLIN_CORE}}}creator").text = ", ".join(authors)
        etree.SubElement(item, f"{{{ATOM}}}updated").text = moment(self.article.updated_at)
        for link in _related(self.article, self.site):
            etree.SubElement(item, f"{{{ATOM}}}link", link)

    def extend_atom(self, entry: etree._Element) -> None:
        title = entry.find("title")
        if title is not None:
            title.set("type", "html")
            title.text = as_html(self.article.headline)
        if self.article.language != self.feed_language:
            entry.set(LANGUAGE, self.article.language)
