"""Pure. Where everything stands under the public address, and the identifiers that never change.

An identifier is a tag: URI (RFC 4151) made of the public host, a fixed year and the document's id. Neither a new
title nor a move from http to https touches it, so a reader never sees an old article as a new one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from urllib.parse import quote, urlsplit

TAG_YEAR = "2026"
"""RFC 4151 wants a date on which the host was ours; it is part of every identifier and never changes."""


class Format(StrEnum):
    """A format of a feed; the value is the ending of its address."""

    RSS = "rss"
    ATOM = "atom"
    JSON = "json"

    @property
    def media_type(self) -> str:
        return MEDIA_TYPES[self]

    @property
    def label(self) -> str:
        """Its name as people write it."""
        return LABELS[self]


MEDIA_TYPES = {
    Format.RSS: "application/rss+xml",
    Format.ATOM: "application/atom+xml",
    Format.JSON: "application/feed+json",
}

LABELS = {Format.RSS: "RSS", Format.ATOM: "Atom", Format.JSON: "JSON"}


@dataclass(frozen=True, slots=True)
class Address:
    """Which feed, and which part of it.

    `path`: "all", "subjects/medicine", "search". `query`: a search's question in its one spelling. `summary`: without the
    full texts. `before`: the place that an archive begins below; None for the feed that readers subscribe to.
    """

    path: str
    query: str = ""
    summary: bool = False
    before: int | None = None

    @property
    def archive(self) -> bool:
        return self.before is not None

    def at(self, before: int | None) -> Address:
        """The same feed, below another place."""
        return replace(self, before=before)

    def written(self, form: Format | None = None) -> str:
        """As it follows /feeds/ in one format; without a format as it is negotiated about."""
        piece = "" if self.before is None else f"/before/{self.before}"
        question = "&".join(part for part in (self.query, "content=summary" if self.summary else "") if part)
        return f"{self.path}{piece}{f'.{form}' if form else ''}{f'?{question}' if question else ''}"


@dataclass(frozen=True)
class Site:
    """This installation: its public address without a slash at the end, its title, and the address of its WebSub hub, '' for none."""

    url: str
    title: str
    hub: str = ""

    @cached_property
    def root(self) -> str:
        """What every path begins with for a browser: empty, or the path that a proxy puts us under."""
        return urlsplit(self.url).path

    @property
    def home(self) -> str:
        return f"{self.url}/feeds"

    def document(self, document_id: str) -> str:
        """The address of a document's page."""
        return f"{self.url}/documents/{quote(document_id, safe='')}"

    def feed(self, feed: str | Address, form: Format | None = None) -> str:
        """The address of a feed, or of the feed with this path ("all", "subjects/medicine"), in one format."""
        address = Address(feed) if isinstance(feed, str) else feed
        return f"{self.home}/{address.written(form)}"

    def announced(self, topic: str) -> str:
        """A Link header's value: who pushes the feed at `topic`, and that address itself (WebSub, section 4)."""
        return f'<{self.hub}>; rel="hub", <{topic}>; rel="self"'

    def tag(self, *parts: str) -> str:
        """The identifier of what `parts` name, for example tag:example.org,2026:documents/4hx…"""
        specific = "/".join(quote(part, safe="/") for part in parts)
        return f"tag:{self._authority},{TAG_YEAR}:{specific}"

    @cached_property
    def _authority(self) -> str:
        host = urlsplit(self.url).hostname or ""
        return re.sub(r"[^a-z0-9.-]+", "-", host).strip("-.") or "localhost"
