"""Pure. A feed's answer to one request: 200 plain or gzip, 304, 226 with what is new alone, and no body for HEAD."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from services.feeds.conditional import tags_in, unchanged_since
from services.feeds.negotiation import wanted_format
from shared.syndication.addresses import Format

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
WEIGHT = re.compile(r"(?:\s*q\s*=\s*(\d+(?:\.\d*)?|\.\d+))?\s*", re.IGNORECASE)
DELTA = re.compile(r"(?:^|,)\s*feed\s*(?:;[^,]*)?(?:,|$)")
DELTA_BREAKS = re.compile(r"\brss2email\b|^feedparser/", re.IGNORECASE)
"""rss2email takes 226 for an error, for ever (3.13.1 and 3.14), and Debian's calls itself as the library does that it is made with."""

Headers = list[tuple[bytes, bytes]]


WANTED = frozenset({b"if-none-match", b"if-modified-since", b"accept-encoding", b"a-im", b"user-agent", b"accept"})


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request says, of which the answer depends; `headers` are WANTED, as they came."""

    method: str
    headers: dict[bytes, bytes]

    @property
    def if_none_match(self) -> str | None:
        return self._said(b"if-none-match")

    @property
    def if_modified_since(self) -> str | None:
        return self._said(b"if-modified-since")

    @property
    def conditional(self) -> bool:
        return b"if-none-match" in self.headers or b"if-modified-since" in self.headers

    @property
    def browser(self) -> bool:
        """Whether a person would see what is sent."""
        return is_browser(self.headers.get(b"accept", b""))

    @property
    def gzip(self) -> bool:
        return takes_gzip(self.headers.get(b"accept-encoding", b""))

    @property
    def wants_delta(self) -> bool:
        """RFC 3229: whether the client can take the new entries alone, and says what it has."""
        delta = self._said(b"a-im")
        if not delta or not DELTA.search(delta) or b"if-none-match" not in self.headers:
            return False
        return not DELTA_BREAKS.search(self._said(b"user-agent") or "")

    def _said(self, name: bytes) -> str | None:
        value = self.headers.get(name)
        return None if value is None else value.decode("latin-1")


def asked(method: str, headers: Iterable[tuple[bytes, bytes]]) -> Asked:
    """What an ASGI scope's method and headers say; of what comes several times the values are joined (RFC 9110, section 5.3)."""
    pairs = [pair for pair in headers if pair[0] in WANTED]
    found = dict(pairs)
    if len(found) < len(pairs):
        found = {name: b", ".join(value for other, value in pairs if other == name) for name in found}
    return Asked(method, found)


@lru_cache(maxsize=256)
def is_browser(accept: bytes) -> bool:
    """By a header that names HTML and no feed; it is shown the feed itself, dressed by its style sheet."""
    return b"html" in accept and wanted_format(accept.decode("latin-1")) is None


@lru_cache(maxsize=256)
def takes_gzip(accept_encoding: bytes) -> bool:
    """RFC 9110, section 12.5.3: whether gzip is acceptable, by name or by *."""
    # Parted at the signs and not searched for: a search took the square of the header's length, 8 s for 16 kB.
    codings = [part.partition(";") for part in accept_encoding.decode("latin-1").split(",")]
    weights = {
        name.strip().lower(): float(found[1] or 1) for name, _, said in codings if (found := WEIGHT.fullmatch(said))
    }
    return weights.get("gzip", weights.get("x-gzip", weights.get("*", 0.0))) > 0


def not_modified(request: Asked, tag: str, modified: datetime, now: datetime) -> bool:
    """Whether the reader has the feed already, in whichever coding."""
    header = request.if_none_match
    if header is None:
        since = request.if_modified_since
        return since is not None and unchanged_since(modified, since, now)
    return header in {f'"{tag}"', f'"{tag}{GZIP_ENDING}"', "*"} or tag in own_tags(header)


def own_tags(header: str) -> set[str]:
    """The tags that If-None-Match names, without quotes and without what tells the codings of a feed apart."""
    return {tag.strip('"').removesuffix(GZIP_ENDING) for tag in tags_in(header)}


def described(tag: str, form: Format, links: str, *, gzip: bool, archive: bool) -> tuple[Headers, Headers]:
    """The headers of a 304 but for its date, and those that a 200 has beside them but for Content-Length."""
    etag = f'"{tag}{GZIP_ENDING}"' if gzip else f'"{tag}"'
    common = [
        (b"etag", etag.encode()),
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
