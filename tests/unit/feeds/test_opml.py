"""The list of all feeds."""

from __future__ import annotations

from lxml import etree

from services.feeds.opml import opml
from tests.unit.shared.syndication.samples import SITE, START


def test_every_feed_is_an_outline() -> None:
    """Readers import the RSS form by its address."""
    feeds, groups = [("all", ""), ("subjects/law", "Law & \x00Order")], {"Authors": [("authors/ann", "Ann")]}
    root = etree.fromstring(opml(SITE, feeds, groups, updated=START))
    outlines = root.findall("body/outline[@xmlUrl]")

    assert root.get("version") == "2.0"
    assert root.findtext("head/dateModified") == "Sun, 01 Mar 2026 12:00:00 GMT"
    assert [outline.get("text") for outline in outlines] == ["The News", "The News: Law & Order"]
    assert [outline.get("type") for outline in outlines] == ["rss", "rss"]
    assert outlines[1].get("xmlUrl") == "https://news.example:8443/feeds/subjects/law.rss"
    assert [outline.get("text") for outline in root.findall("body/outline[@text='Authors']/outline")] == [
        "The News: Ann"
    ]
