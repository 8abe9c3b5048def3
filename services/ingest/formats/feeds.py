"""Pure. RSS 2.0 and 1.0, and Atom (RFC 4287): each entry a document."""

from __future__ import annotations

from typing import Any

from lxml import etree

from services.ingest.characters import folded
from services.ingest.fields import absolute, clipped, given
from services.ingest.formats.found import Found, Refusal, Source
from services.ingest.formats.texts import from_html, from_plain
from services.ingest.formats.xml_tree import child, children, local, raw, tree_of, words
from services.ingest.markup import text_of
from services.ingest.page import Page
from shared.errors import DocumentRejected

XML_BASE_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
CONTENTS = ("encoded", "content", "description", "summary")
"""In RSS `content:encoded` is the article and `description` its summary; in Atom `content` and `summary`."""


def read_feed(text: str) -> Found:
    """The entries of a feed; one without words is refused by its number."""
    root = tree_of(text)
    channel = child(root, "channel")
    about = channel if channel is not None else root
    entries = [*children(root, "item", "entry"), *(children(channel, "item") if channel is not None else ())]
    language = root.get(XML_BASE_LANGUAGE) or words(child(about, "language")) or None
    for number, entry in enumerate(entries, start=1):
        at = f"entry {number}"
        try:
            yield Source(given(clipped(_told(entry, about, language))), _page(entry), at)
        except DocumentRejected as error:
            yield Refusal(error, at)


def _told(entry: etree._Element, about: etree._Element, language: str | None) -> dict[str, Any]:
    link, site = _link(entry), _link(about)
    identity = words(child(entry, "id") if child(entry, "id") is not None else child(entry, "guid"))
    return {
        "title": _plain(child(entry, "title")),
        "summary": _summary(entry),
        "url": link,
        "id": f"{site} {identity}" if identity and site and not link else None,
        "date": next(
            filter(None, (words(child(entry, name)) for name in ("published", "pubDate", "date", "issued", "updated"))),
            None,
        ),
        "authors": _authors(entry) or _authors(about),
        "tags": [each.get("term") or words(each) for each in children(entry, "category", "subject")],
        "language": entry.get(XML_BASE_LANGUAGE) or language,
        "doi": words(child(entry, "doi")) or words(child(entry, "identifier")) or None,
        "journal": words(child(entry, "publicationName")) or None,
    }


def _link(entry: etree._Element) -> str | None:
    """Its own page: Atom's alternate link, RSS's link, or a guid that is an address."""
    links = list(children(entry, "link"))
    addresses = [link.get("href", "") for link in links if link.get("rel", "alternate") == "alternate"] + [
        words(link) for link in links
    ]
    guid = child(entry, "guid")
    if guid is not None and guid.get("isPermaLink", "true") == "true":
        addresses.append(words(guid))
    return next(filter(None, map(absolute, addresses)), None)


def _authors(element: etree._Element) -> list[str]:
    names = []
    for author in children(element, "author", "creator"):
        name = child(author, "name")
        names.append(words(name if name is not None else author))
    return [name.partition("(")[2].rstrip(")") if "@" in name and "(" in name else name for name in names]


def _content(entry: etree._Element) -> etree._Element | None:
    for name in CONTENTS:
        for content in children(entry, name):
            if words(content):
                return content
    return None


def _summary(entry: etree._Element) -> str | None:
    content = _content(entry)
    for summary in children(entry, "summary", "description"):
        if summary is not content:
            return _plain(summary) or None
    return None


def _page(entry: etree._Element) -> Page:
    content = _content(entry)
    if content is None:
        return from_plain(words(child(entry, "title")))
    kind = content.get("type", "html")
    if kind in {"xhtml", "application/xhtml+xml"}:
        return from_html(etree.tostring(content, encoding="unicode", with_tail=False), whole=True)
    text = raw(content)
    return (
        from_plain(text)
        if kind in {"text", "text/plain"} and local(content) in {"content", "summary"}
        else from_html(text, whole=True)
    )


def _plain(element: etree._Element | None) -> str:
    """A title or summary, which may hold HTML as text."""
    if element is None:
        return ""
    text = raw(element)
    return folded(text_of(from_html(text, whole=True).html)) if "<" in text or "&" in text else folded(text)
