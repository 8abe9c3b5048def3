"""Pure. Where everything stands under the public address, and the identifiers that never change.

An identifier is a tag: URI (RFC 4151) made of the public host, a fixed year and the document's id. Neither a new
title nor a move from http to https touches it, so a reader never sees an old article as a new one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Site:
    """This installation: its public address without a slash at the end, and its title."""

    url: str
    title: str

    @property
    def home(self) -> str:
        return f"{self.url}/feeds"

    def document(self, document_id: str) -> str:
        """The address of a document's page."""
        return f"{self.url}/documents/{quote(document_id, safe='')}"

    def feed(self, path: str, form: Format) -> str:
        """The address of the feed `path` ("all", "subjects/medicine") in one format."""
        return f"{self.home}/{path}.{form}"

    def tag(self, *parts: str) -> str:
        """The identifier of what `parts` name, for example tag:example.org,2026:documents/4hx…"""
        specific = "/".join(quote(part, safe="/") for part in parts)
        return f"tag:{self._authority},{TAG_YEAR}:{specific}"

    @cached_property
    def _authority(self) -> str:
        host = urlsplit(self.url).hostname or ""
        return re.sub(r"[^a-z0-9.-]+", "-", host).strip("-.") or "localhost"
