"""Pure. Which of two representations a client would rather have (RFC 9110, section 12.5.1)."""

from __future__ import annotations

import re

from shared.syndication.addresses import Format

HTML = "text/html"
XHTML = "application/xhtml+xml"
JSON = "application/json"

QUALITY = re.compile(r"(?:^|;)\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*(?:;|$)", re.IGNORECASE)


def prefers_html(accept: str | None) -> bool:
    """Whether the header Accept asks for a page: HTML is acceptable and JSON is less so.

    A client that says nothing, or */*, is a program and gets JSON; browsers, and feed readers on the search for a
    feed (Miniflux), name HTML before a weaker */*.
    """
    ranges = _ranges(accept or "*/*")
    return _quality(HTML, ranges) > _quality(JSON, ranges)


def wanted_format(accept: str | None) -> Format | None:
    """The format of a feed that a client would rather have; None for a page.

    Whoever names a feed's type gets a feed, however much they like HTML: Miniflux names both. Whoever names HTML and no feed is a browser.
    """
    ranges = _ranges(accept or "*/*")
    named = [(ranges.get(form.media_type, 0.0), form) for form in (Format.ATOM, Format.RSS, Format.JSON)]
    best = max(named, key=lambda pair: pair[0])
    if best[0] > 0:
        return best[1]
    if ranges.get(HTML, 0) > 0 or ranges.get(XHTML, 0) > 0:
        return None
    return Format.JSON if ranges.get(JSON, 0) > ranges.get("*/*", 0) else Format.ATOM


def _ranges(accept: str) -> dict[str, float]:
    # Parted at the signs and not searched for: a search takes the square of the header's length.
    found = [part.partition(";") for part in accept.split(",")]
    return {kind.strip().lower(): _weight(parameters) for kind, _, parameters in reversed(found)}


def _weight(parameters: str) -> float:
    quality = QUALITY.search(parameters)
    return float(quality[1]) if quality else 1.0


def _quality(media_type: str, ranges: dict[str, float]) -> float:
    major = media_type.split("/", maxsplit=1)[0]
    candidates = (media_type, f"{major}/*", "*/*")
    return next((ranges[kind] for kind in candidates if kind in ranges), 0.0)
