"""Pure. All feeds as one OPML 2.0 file, which readers import."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from xml.etree import ElementTree as ET

from services.feeds.conditional import http_date
from shared.syndication.addresses import Format, Site
from shared.syndication.markup import one_line

MEDIA_TYPE = "text/x-opml"


def opml(site: Site, feeds: Iterable[tuple[str, str]], *, updated: datetime) -> bytes:
    """The list of `feeds` (path, title). Outlines name the RSS form: OPML's `type` knows no other."""
    root = ET.Element("opml", version="2.0")
    head = ET.SubElement(root, "head")
    ET.SubElement(head, "title").text = one_line(site.title)
    ET.SubElement(head, "dateModified").text = http_date(updated)
    ET.SubElement(head, "docs").text = "http://opml.org/spec2.opml"
    body = ET.SubElement(root, "body")
    for path, title in feeds:
        name = one_line(title)
        address = site.feed(path, Format.RSS)
        ET.SubElement(body, "outline", type="rss", text=name, title=name, xmlUrl=address, htmlUrl=site.home)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written
