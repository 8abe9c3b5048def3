"""What a push says: its articles, its links, its signature; and how to wait for it."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import re
import string
from collections.abc import Callable
from typing import Any
from xml.etree.ElementTree import Element

import feedparser

from tests.integration.hub.receiver import Heard, Subscriber

DEADLINE_SECONDS = 10.0
HEADER_LINK = re.compile(r'<([^>]*)>;\s*rel="?(\w+)"?')
ESCAPED = re.compile("%([0-9A-Fa-f]{2})")
UNRESERVED = string.ascii_letters + string.digits + "-._~"


async def until(done: Callable[[], bool], seconds: float = DEADLINE_SECONDS) -> None:
    """Wait until something holds; fails at the deadline."""
    async with asyncio.timeout(seconds):
        while not done():  # noqa: ASYNC110 - what is waited for happens in other processes' code too
            await asyncio.sleep(0.005)


def told(who: Subscriber) -> list[str]:
    """The titles of everything that a subscriber was pushed, in order."""
    return [title for push in who.pushes for title in titles_of(push)]


def titles_of(push: Heard) -> list[str]:
    """The titles of a push's articles, whatever its format."""
    if "json" in push.headers["content-type"]:
        return [str(item["title"]) for item in json_of(push)["items"]]
    parsed = feedparser.parse(push.body)
    assert not parsed.bozo, parsed.bozo_exception
    return [str(entry.title) for entry in parsed.entries]


def json_of(push: Heard) -> dict[str, Any]:
    """A pushed JSON Feed."""
    return dict(json.loads(push.body))


def signature(push: Heard, secret: str, method: str) -> str:
    """What X-Hub-Signature has to be (section 8)."""
    return f"{method}={hmac.new(secret.encode(), push.body, getattr(hashlib, method)).hexdigest()}"


def links_of(root: Element, path: str) -> dict[str, list[str]]:
    """The addresses of a feed's own links by their relation: hub and self."""
    found = [(link.get("rel", ""), link.get("href", "")) for link in root.findall(path)]
    return {rel: [href for name, href in found if name == rel] for rel in ("hub", "self")}


def unreserved(url: str) -> str:
    """A URL whose percent-encoded unreserved characters are decoded (RFC 3986, 6.2.2.2)."""
    return ESCAPED.sub(
        lambda found: letter if (letter := chr(int(found[1], 16))) in UNRESERVED else found[0].upper(), url
    )
