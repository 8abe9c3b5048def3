"""Pure. A feed's answer to one request: 200 plain or gzip, 304, 226 with what is new alone, and no body for HEAD."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from services.feeds.addresses import Format
from services.feeds.conditional import http_date, tags_in, unchanged
from services.feeds.negotiation import wanted_format

CACHING = b"public, max-age=60, stale-while-revalidate=300, stale-if-error=86400"
"""max-age stays below RSS's ttl (repairs.REFRESH_MINUTES): readers poll at the larger of the two."""
ARCHIVE_CACHING = b"public, max-age=3600, stale-while-revalidate=86400, stale-if-error=604800"
"""Which documents an archive holds stays; but one of them may be corrected or retracted, and that must reach everybody."""
DELTA_CACHING = b"no-store, im"
"""RFC 3229, section 10.5.2: no cache that does not know what 226 is may keep it."""

VARY = b"Accept, Accept-Encoding, A-IM"
SHOWN_AS_XML = (b"content-type", b"application/xml; charset=utf-8")
"""For browsers: Chromium shows a feed's own type as bare text, whatever style sheet it names."""
GZIP_ENDING = "-gzip"
CODING = re.compile(r"\s*([^\s;,]+)\s*(?:;\s*q\s*=\s*([\d.]+))?\s*(?:,|$)")
DELTA = re.compile(r"(?:^|,)\s*feed\s*(?:;[^,]*)?(?:,|$)")
DELTA_BREAKS = re.compile(r"\brss2email\b", re.IGNORECASE)
"""Takes 226 for an error, for ever (3.13.1 and 3.14)."""

Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request says, of which the answer depends."""

    method: str = "GET"
    if_none_match: str | None = None
    if_modified_since: str | None = None
    accept_encoding: str = ""
    wants_delta: bool = False
    accept: str = ""

    @property
    def browser(self) -> bool:
        """Whether a person would see what is sent."""
        return is_browser(self.accept)

    @property
    def conditional(self) -> bool:
        return self.if_none_match is not None or self.if_modified_since is not None

    @property
    def gzip(self) -> bool:
        return takes_gzip(self.accept_encoding)


def asked(method: str, headers: Iterable[tuple[bytes, bytes]]) -> Asked:
    """What an ASGI scope's method and headers say."""
    tags, since, coding, delta, agent, accept = [], None, "", "", "", ""
    for name, value in headers:
        match name:
            case b"if-none-match":
                tags.append(value.decode("latin-1"))
            case b"if-modified-since":
                since = value.decode("latin-1")
            case b"accept-encoding":
                coding = value.decode("latin-1")
            case b"a-im":
                delta = value.decode("latin-1")
            case b"accept":
                accept = value.decode("latin-1")
            case b"user-agent":
                agent = value.decode("latin-1")
    wants_delta = bool(delta and tags and DELTA.search(delta) and not DELTA_BREAKS.search(agent))
    return Asked(method, ", ".join(tags) if tags else None, since, coding, wants_delta, accept)


@lru_cache(maxsize=256)
def is_browser(accept: str) -> bool:
    """By a header that names HTML and no feed; it is shown the feed itself, dressed by its style sheet."""
    return "html" in accept and wanted_format(accept) is None


@lru_cache(maxsize=256)
def takes_gzip(accept_encoding: str) -> bool:
    """RFC 9110, section 12.5.3: whether gzip is acceptable, by name or by *."""
    weights = {name.lower(): float(weight or 1) for name, weight in CODING.findall(accept_encoding) if _number(weight)}
    return weights.get("gzip", weights.get("x-gzip", weights.get("*", 0.0))) > 0


def _number(weight: str) -> bool:
    return weight.count(".") <= 1 and weight != "."


def not_modified(request: Asked, tag: str, modified: datetime) -> bool:
    """Whether the reader has the feed already, in whichever coding."""
    if request.if_none_match is None:
        return unchanged(tag=tag, modified=modified, if_none_match=None, if_modified_since=request.if_modified_since)
    header = request.if_none_match
    return header.strip() == "*" or not own_tags(header).isdisjoint({tag})


def own_tags(header: str) -> set[str]:
    """The tags that If-None-Match names, without quotes and without what tells the codings of a feed apart."""
    return {tag.strip('"').removesuffix(GZIP_ENDING) for tag in tags_in(header)}


def described(
    tag: str, modified: datetime, form: Format, links: str, *, gzip: bool, archive: bool
) -> tuple[Headers, Headers]:
    """The headers of a 304, and those that a 200 has beside them but for Content-Length."""
    etag = f'"{tag}{GZIP_ENDING}"' if gzip else f'"{tag}"'
    common = [
        (b"etag", etag.encode()),
        (b"last-modified", http_date(modified).encode()),
        (b"cache-control", ARCHIVE_CACHING if archive else CACHING),
        (b"vary", VARY),
        (b"link", links.encode()),
    ]
    body = [
        (b"content-type", f"{form.media_type}; charset=utf-8".encode()),
        (b"x-content-type-options", b"nosniff"),
        *([(b"content-encoding", b"gzip")] if gzip else []),
    ]
    return common, body
