"""What is wrong with a feed in RSS or Atom: the rules of the W3C feed validator, at its strictest level, that can bear on feeds like ours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import feedparser
from lxml import etree

from shared.syndication.addresses import Format
from tests.judges.texts import (
    address_faults,
    date_faults,
    language_faults,
    markup_faults,
    plain_faults,
    text_faults,
)

ATOM_SCHEMA = etree.RelaxNG(etree.parse(Path(__file__).with_name("atom.rng")))
ATOM = "{http://www.w3.org/2005/Atom}"
DC = "{http://purl.org/dc/elements/1.1/}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
HISTORY = "{http://purl.org/syndication/history/1.0}archive"
SYNDICATION = "{http://purl.org/rss/1.0/modules/syndication/}"
THUMBNAIL = "{http://search.yahoo.com/mrss/}thumbnail"
TOMBSTONE = "{http://purl.org/atompub/tombstones/1.0}deleted-entry"
LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
RELATIONS = {"alternate", "self", "related", "via", "hub", "prev-archive", "next-archive", "current", "enclosure"}
SEVERAL_OF_A_KIND = {f"{ATOM}{name}" for name in ("author", "category", "link", "entry")} | {
    "category",
    "item",
    TOMBSTONE,
}
CHANNEL = {
    "title",
    "link",
    "description",
    "language",
    "lastBuildDate",
    "generator",
    "ttl",
    "pubDate",
    "docs",
    "item",
} | {
    f"{ATOM}link",
    f"{SYNDICATION}updatePeriod",
    f"{SYNDICATION}updateFrequency",
    HISTORY,
}
ITEM = {"title", "link", "description", "guid", "category", "pubDate", CONTENT, THUMBNAIL} | {
    f"{DC}creator",
    f"{DC}language",
    f"{ATOM}updated",
    f"{ATOM}link",
}


def faults(body: bytes, form: Format, address: str) -> list[str]:
    """What is wrong with the feed that was fetched at `address`, each by the validator's word for it."""
    parsed = feedparser.parse(body)
    root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
    found = [] if not parsed.bozo else [f"bozo: {parsed.bozo_exception!r}"]
    found += [fault for element in root.iter("*") for fault in _element_faults(element)]
    found += _atom_faults(root) if form is Format.ATOM else _rss_faults(root)
    head = root if form is Format.ATOM else root[0]
    return [*found, *_link_faults(head, address)]


def _element_faults(element: etree._Element) -> Iterator[str]:
    for text in (element.text or "", element.tail or "", *map(str, element.attrib.values())):
        yield from text_faults(text)
    tags = Counter(str(child.tag) for child in element.iterchildren("*"))
    yield from (f"DuplicateElement: {tag}" for tag, count in tags.items() if count > 1 and tag not in SEVERAL_OF_A_KIND)
    if language := element.get(LANGUAGE):
        yield from language_faults(language)
    if element.tag == f"{ATOM}link":
        yield from address_faults(element.get("href", ""))
        yield from plain_faults(element.get("title", "-"))
        if element.get("rel") not in RELATIONS or element.get("title") == "":
            yield f"UnregisteredAtomLinkRel or AttrNotBlank: {element.items()}"
    if element.tag == THUMBNAIL:
        yield from address_faults(element.get("url", ""))


def _link_faults(head: etree._Element, address: str) -> Iterator[str]:
    links = [(link.get("rel"), link.get("type"), link.get("hreflang")) for link in head.findall(f"{ATOM}link")]
    if len(set(links)) < len(links):
        yield "DuplicateAtomLink"
    selves = [link.get("href") for link in head.findall(f"{ATOM}link") if link.get("rel") == "self"]
    if selves != [address]:
        yield f"SelfDoesntMatchLocation: {selves} at {address}"
    if head.find(HISTORY) is not None and "current" not in {rel for rel, _, _ in links}:
        yield "MissingCurrentInArchive"


def _atom_faults(root: etree._Element) -> Iterator[str]:
    if not ATOM_SCHEMA.validate(root):
        yield f"RELAX NG: {ATOM_SCHEMA.error_log}"
    entries = root.findall(f"{ATOM}entry")
    for name, fault in (("id", "DuplicateEntries"), ("updated", "DuplicateUpdated")):
        values = [entry.findtext(f"{ATOM}{name}") for entry in entries]
        if len(set(values)) < len(values):
            yield fault
    if entries and list(root).index(entries[0]) + len(entries) < len(root):
        yield "MisplacedMetadata"
    for part in (root, *entries):
        yield from _texts_of_atom(part)
    for entry in entries:
        alternates = [link.get("type") for link in entry.findall(f"{ATOM}link") if link.get("rel") == "alternate"]
        if len(set(alternates)) != len(alternates) or not alternates or entry.find(f"{ATOM}summary") is None:
            yield "DuplicateAtomLink, MissingContentOrAlternate or MissingTextualContent"


def _texts_of_atom(part: etree._Element) -> Iterator[str]:
    yield from address_faults(part.findtext(f"{ATOM}id") or "")
    for name in ("title", "subtitle", "summary", "content"):
        for text in part.findall(f"{ATOM}{name}"):
            yield from (markup_faults if text.get("type") == "html" else plain_faults)(text.text or "")
            if not text.text:
                yield f"NotBlank: {name}"
    for author in part.findall(f"{ATOM}author"):
        yield from plain_faults(author.findtext(f"{ATOM}name") or "&empty")
    for name in ("updated", "published"):
        for date in part.findall(f"{ATOM}{name}"):
            yield from date_faults(date.text or "", as_mail=False)


def _rss_faults(root: etree._Element) -> Iterator[str]:
    channel, items = root[0], root[0].findall("item")
    if items and list(channel)[-len(items) :] != items:
        yield "MisplacedItem"
    yield from (f"UndefinedElement: {child.tag}" for child in channel if child.tag not in CHANNEL)
    if (channel.findtext(f"{SYNDICATION}updatePeriod"), int(channel.findtext("ttl") or 0) > 0) != ("hourly", True):
        yield "InvalidUpdatePeriod or InvalidPositiveInteger"
    for name in ("title", "description", "link", "language"):
        if not channel.findtext(name):
            yield f"MissingElement: {name}"
    yield from plain_faults(channel.findtext("description") or "")
    yield from language_faults(channel.findtext("language") or "")
    yield from date_faults(channel.findtext("lastBuildDate") or "", as_mail=True)
    guids = [item.findtext("guid") for item in items]
    if len(set(guids)) < len(guids):
        yield "DuplicateValue: guid"
    for item in items:
        yield from _item_faults(item)


def _item_faults(item: etree._Element) -> Iterator[str]:
    names = [str(child.tag) for child in item]
    yield from (f"UndefinedElement: {name}" for name in names if name not in ITEM)
    if "description" not in names or (CONTENT in names and names.index(CONTENT) < names.index("description")):
        yield "NeedDescriptionBeforeContent"
    for text in (item.findtext("title") or "&empty", *(tag.text or "&empty" for tag in item.findall("category"))):
        if "</" in text or text == "&empty":  # what else looks like markup is spelled in hexadecimal
            yield f"ContainsHTML or NotBlank: {text[:60]!r}"
    for name in ("description", CONTENT):
        yield from markup_faults(item.findtext(name) or "")
    guid = item.find("guid")
    if guid is None or guid.get("isPermaLink") != "false":
        yield "InvalidPermalink"
    yield from address_faults(item.findtext("guid") or "")
    yield from address_faults(item.findtext("link") or "")
    yield from date_faults(item.findtext("pubDate") or "", as_mail=True)
    yield from date_faults(item.findtext(f"{ATOM}updated") or "", as_mail=False)
    yield from language_faults(item.findtext(f"{DC}language") or "")
