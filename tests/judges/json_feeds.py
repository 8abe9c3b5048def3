"""What is wrong with a feed in JSON Feed 1.1, by its specification (jsonfeed.org/version/1.1)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from tests.judges.texts import address_faults, date_faults, language_faults, markup_faults, plain_faults, text_faults

VERSION = "https://jsonfeed.org/version/1.1"
TEXT, LIST = str, list
FEED: dict[str, type] = {
    "version": TEXT,
    "title": TEXT,
    "home_page_url": TEXT,
    "feed_url": TEXT,
    "next_url": TEXT,
    "description": TEXT,
    "language": TEXT,
    "authors": LIST,
    "hubs": LIST,
    "items": LIST,
}
ITEM: dict[str, type] = {
    "id": TEXT,
    "url": TEXT,
    "external_url": TEXT,
    "title": TEXT,
    "content_html": TEXT,
    "content_text": TEXT,
    "summary": TEXT,
    "image": TEXT,
    "date_published": TEXT,
    "date_modified": TEXT,
    "authors": LIST,
    "tags": LIST,
    "language": TEXT,
}
EXTENSION = re.compile(r"_[A-Za-z][A-Za-z0-9_-]*")


def faults(body: bytes, address: str) -> list[str]:
    """What is wrong with the feed that was fetched at `address`."""
    feed = json.loads(body)
    found = [*_shape(feed, FEED, {"version", "title", "items"}), *_feed_faults(feed, address)]
    for item in feed["items"]:
        found += [*_shape(item, ITEM, {"id"}), *_item_faults(item)]
    if len({item["id"] for item in feed["items"]}) < len(feed["items"]):
        found.append("an id comes twice")
    return found


def _shape(facts: Mapping[str, Any], known: Mapping[str, type], needed: set[str]) -> Iterator[str]:
    yield from (f"{name} is missing" for name in sorted(needed - facts.keys()))
    for name, value in facts.items():
        if name not in known and not (EXTENSION.fullmatch(name) and isinstance(value, dict)):
            yield f"{name} is unknown"
        if name in known and (not isinstance(value, known[name]) or not value) and name != "items":
            yield f"{name} is empty, or not a {known[name].__name__}"
    for author in facts.get("authors", ()):
        if not author.keys() & {"name", "url", "avatar"} or not all(author.values()):
            yield "an author without a name"
        yield from plain_faults(author.get("name", ""))


def _feed_faults(feed: Mapping[str, Any], address: str) -> Iterator[str]:
    if (feed["version"], feed["feed_url"]) != (VERSION, address):
        yield f"not where it says it is: {feed['feed_url']} at {address}"
    if feed.get("next_url") == feed["feed_url"]:
        yield "next_url leads back"
    for name in ("home_page_url", "feed_url", "next_url"):
        yield from address_faults(feed.get(name, VERSION))
    yield from language_faults(feed["language"])
    yield from text_faults(json.dumps(feed, ensure_ascii=False))


def _item_faults(item: Mapping[str, Any]) -> Iterator[str]:
    if not item.keys() & {"content_html", "content_text"}:
        yield "an item without content"
    for name in ("id", "url", "external_url", "image"):
        yield from address_faults(item.get(name, VERSION))
    for name in ("date_published", "date_modified"):
        yield from date_faults(item[name], as_mail=False)
    yield from markup_faults(item.get("content_html", ""))
    yield from language_faults(item["language"])
    if not all(isinstance(tag, str) and tag for tag in item.get("tags", ())):
        yield "an empty tag"
