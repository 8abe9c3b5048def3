"""Pure. All feeds as one OPML 2.0 file, which readers import."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from xml.etree import ElementTree as ET

from services.feeds.conditional import http_date
from shared.syndication.addresses import Format, Site
from shared.syndication.markup import one_line, plain

MEDIA_TYPE = "text/x-opml"


Listed = Iterable[tuple[str, str]]
"""Feeds: the path and what it is called."""


def opml(site: Site, feeds: Listed, groups: Mapping[str, Listed], *, updated: datetime) -> bytes:
    """The list of `feeds`, and of further ones in groups. Outlines name the RSS form: OPML's `type` knows no other."""
    root = ET.Element("opml", version="2.0")
    head = ET.SubElement(root, "head")
    ET.SubElement(head, "title").text = one_line(site.title)
    ET.SubElement(head, "dateModified").text = http_date(updated)
    ET.SubElement(head, "docs").text = "http://opml.org/spec2.opml"
    body = ET.SubElement(root, "body")
    _list(body, site, feeds)
    for title, listed in groups.items():
        _list(ET.SubElement(body, "outline", text=title, title=title), site, listed)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _list(above: ET.Element, site: Site, feeds: Listed) -> None:
    for path, title in feeds:
        name = plain(f"{site.title}: {title}" if title else site.title)
        facts = {"type": "rss", "text": name, "title": name}
        addresses = {"xmlUrl": site.feed(path, Format.RSS), "htmlUrl": site.feed(path)}
        ET.SubElement(above, "outline", facts | addresses)
