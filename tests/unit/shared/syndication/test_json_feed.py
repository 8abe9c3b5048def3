"""JSON Feed 1.1."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.syndication.article import Article
from shared.syndication.json_feed import json_feed
from tests.unit.shared.syndication.samples import SITE, article, feed, neighbours, retracted_article

FEED_NAMES = {
    "version",
    "title",
    "home_page_url",
    "feed_url",
    "description",
    "language",
    "authors",
    "items",
    "_syndicate",
}
ITEM_NAMES = {
    "id", "url", "external_url", "title", "content_html", "content_text", "summary", "date_published", "date_modified",
    "authors", "tags", "language", "_syndicate",
}  # fmt: skip


def read(*articles: Article) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(json_feed(feed(*articles)))
    return body


def test_it_names_itself() -> None:
    """The head has what the specification asks for and knows no other names."""
    body = read(article())

    assert body.keys() == FEED_NAMES
    assert body["version"] == "https://jsonfeed.org/version/1.1"
    assert body["feed_url"] == "https://news.example:8443/feeds/subjects/medicine.json"


def test_an_item_has_every_fact() -> None:
    """What RSS and Atom say, and under _syndicate what they have no place for."""
    item = read(article(related=neighbours("Moon")))["items"][0]

    assert item.keys() <= ITEM_NAMES
    assert item["id"] == "tag:news.example,2026:documents/doc1"
    assert item["external_url"] == "https://source.example/tides/1"
    assert item["authors"] == [{"name": "Ann Author"}, {"name": "Ben Writer"}]
    assert item["tags"] == ["Medicine", "sea", "moon"]
    assert item["date_published"] == "2026-03-01T12:01:00Z"
    assert item["_syndicate"] == {
        "about": SITE.home,
        "status": "published",
        "version": 1,
        "subject": {"name": "Medicine", "slug": "medicine", "confidence": 0.8642, "given": False},
        "second": None,
        "why": [],
        "runners_up": [],
        "related": [{"id": "near0", "link": SITE.document("near0"), "title": "Moon", "score": 0.5}],
    }


def test_an_item_always_has_content() -> None:
    """The specification asks for html or text; a long document gives its summary."""
    item = read(article(html=f"<p>{'x' * 60_000}</p>"))["items"][0]

    assert "content_html" not in item
    assert item["content_text"] == "About the sea."


def test_a_retraction_stays_in_place() -> None:
    """The same id, a notice, and the status for programs."""
    item = read(retracted_article())["items"][0]

    assert item["id"] == "tag:news.example,2026:documents/doc1"
    assert item["title"] == "Retracted: Tides 1"
    assert item["content_html"].startswith("<p>This article was retracted")
    assert item["_syndicate"]["status"] == "retracted"


@given(st.lists(st.integers(1, 20), unique=True, max_size=5))
def test_items_keep_their_order(numbers: list[int]) -> None:
    """Newest first is what the feed says, and nothing is sorted again here."""
    items = read(*(article(number) for number in numbers))["items"]

    assert [item["id"] for item in items] == [SITE.tag(f"documents/doc{number}") for number in numbers]
