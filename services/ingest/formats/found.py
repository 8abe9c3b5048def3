"""Pure. What a format holds: documents before they are normalised, addresses of others, and parts that cannot be read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from services.ingest.fields import Given
from services.ingest.page import Page
from shared.errors import DocumentRejected


class Leads(StrEnum):
    """To what an address leads."""

    PAGE = "page"
    FEED = "feed"
    SITEMAP = "sitemap"


@dataclass(frozen=True, slots=True)
class Source:
    """One document. `at` names its place: `line 3`, `entry 1`; empty where there is only one."""

    said: Given
    page: Page
    at: str = ""


@dataclass(frozen=True, slots=True)
class Reference:
    """An address to fetch, absolute http(s)."""

    url: str
    leads_to: Leads
    title: str = ""
    at: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A part that cannot be read, while the others may be."""

    error: DocumentRejected
    at: str = ""


Found = Iterator[Source | Reference | Refusal]
