"""The list of all feeds."""

from __future__ import annotations

from lxml import etree

from services.feeds.opml import opml
from tests.unit.shared.syndication.samples import SITE, START


def test_every_feed_is_an_outline() -> None:
    """Readers import the RSS form by its address."""
    root = etree.fromstring(opml(SITE, [("all", "The News"), ("subjects/law", "Law & \x00Order")], updated=START))
    outlines = root.findall("body/outline")

    assert root.get("version") == "2.0"
    assert root.findtext("head/dateModified") == "Sun, 01 Mar 2026 12:00:00 GMT"
    assert [outline.get("text") for outline in outlines] == ["The News", "Law & Order"]
    assert [outline.get("type") for outline in outlines] == ["rss", "rss"]
    assert outlines[1].get("xmlUrl") == "https://news.example:8443/feeds/subjects/law.rss"
