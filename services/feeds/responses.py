"""Answers that can be asked for conditionally: 304 if the reader has them already."""

from __future__ import annotations

from fastapi import Request, Response

from services.feeds.conditional import entity_tag, unchanged

FEED_CACHING = "public, max-age=60, stale-while-revalidate=300, stale-if-error=86400"
"""max-age stays below RSS's ttl (formats.REFRESH_MINUTES): readers poll at the larger of the two."""

PAGE_CACHING = "public, no-cache"
"""Kept, but asked for again each time: a retraction shows at once."""

ASSET_CACHING = "public, max-age=31536000, immutable"

PAGE_SECURITY = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src https: data: 'self'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
}


def conditional(
    request: Request,
    body: bytes,
    media_type: str,
    *,
    tag: str | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """200 with the body, or 304 without; HEAD gets the same headers and no body.

    304 carries what RFC 9110, section 15.4.5 wants: ETag, Cache-Control and Vary. There is no Last-Modified: a page shows its neighbours,
    its subjects, counts, and nobody keeps the date of the newest change of all these; who asks by date alone gets it whole.
    """
    tag = tag or entity_tag(body)
    common = {"ETag": tag, "Vary": "Accept-Encoding"} | (headers or {})
    if unchanged(tag, ", ".join(request.headers.getlist("If-None-Match"))):
        return Response(status_code=304, headers=common)
    return plain(request, body, media_type, headers=common)


def plain(
    request: Request, body: bytes, media_type: str, *, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    """The body in UTF-8, never guessed at by a browser."""
    described = {
        "Content-Type": f"{media_type}; charset=utf-8",
        "Content-Length": str(len(body)),
        "X-Content-Type-Options": "nosniff",
    }
    shown = b"" if request.method == "HEAD" else body
    return Response(shown, status, headers=described | (headers or {}))
