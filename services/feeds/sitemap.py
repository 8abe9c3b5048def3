"""The pages of all articles, for search engines (sitemaps.org 0.9): a list of pieces, and a thousand pages in each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from html import escape
from typing import Any

from fastapi import FastAPI, Request, Response

from services.feeds.places import RETRACTED, Keys
from services.feeds.responses import FEED_CACHING, conditional
from shared.errors import NotFound
from shared.openapi import problems, readable
from shared.syndication.addresses import Site
from shared.syndication.facets import ALL

PIECE = 1_000
NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"

XML = "application/xml"
PARAMETER = {"name": "number", "in": "path", "required": True, "schema": {"type": "string"}, "example": "1"}


class Sitemap:
    """Pieces are counted from the oldest article, so that only the newest piece grows."""

    def __init__(self, redis: Any, keys: Keys, site: Site) -> None:
        self._redis = redis
        self._keys = keys
        self._site = site

    async def index(self, request: Request) -> Response:
        """GET /sitemap.xml: the pieces."""
        count = int(await self._redis.zcard(self._keys.shelf(ALL)))
        pieces = [f"{self._site.url}/sitemaps/{number}.xml" for number in range(1, (count - 1) // PIECE + 2)]
        listed = "".join(f"<sitemap><loc>{escape(piece)}</loc></sitemap>" for piece in pieces)
        return _answered(request, "sitemapindex", listed)

    async def piece(self, request: Request) -> Response:
        """GET /sitemaps/{number}.xml: a thousand pages and when each changed last; the retracted ones are left out."""
        number = request.path_params["number"]
        start = (int(number) - 1) * PIECE if number.isdecimal() and len(number) < 10 else -1  # noqa: PLR2004 - digits
        ids = await self._redis.zrange(self._keys.shelf(ALL), start, start + PIECE - 1) if start >= 0 else []
        if not ids:
            raise NotFound("there is no such piece of the sitemap", piece=number[:20])
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.zmscore(self._keys.changed, [row.decode() for row in ids])
            for row in ids:
                pipe.hget(self._keys.article(row.decode()), "card")
            changed, *cards = await pipe.execute()
        pages = [
            self._page(row.decode(), moment)
            for row, moment, card in zip(ids, changed, cards, strict=True)
            if card and RETRACTED not in card
        ]
        return _answered(request, "urlset", "".join(pages))

    def _page(self, document_id: str, changed: float | None) -> str:
        # The number of a change is no smaller than the clock's milliseconds when it was made (current.py).
        when = f"<lastmod>{datetime.fromtimestamp(changed / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}</lastmod>" if changed else ""
        return f"<url><loc>{escape(self._site.document(document_id))}</loc>{when}</url>"

    async def robots(self, request: Request) -> Response:
        """GET /robots.txt: everything may be read."""
        body = f"User-agent: *\nAllow: /\nSitemap: {self._site.url}/sitemap.xml\n".encode()
        return conditional(request, body, "text/plain", headers={"Cache-Control": FEED_CACHING})


def _answered(request: Request, root: str, listed: str) -> Response:
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="{NAMESPACE}">{listed}</{root}>'.encode()
    return conditional(request, body, XML, headers={"Cache-Control": FEED_CACHING})


def add_sitemap(web: FastAPI, sitemap: Sitemap) -> None:
    """Put the addresses into the application."""
    answers: list[tuple[str, Callable[[Request], Awaitable[Response]], str, str]] = [
        ("/sitemap.xml", sitemap.index, XML, "The pieces of the sitemap"),
        ("/sitemaps/{number}.xml", sitemap.piece, XML, "A piece of the sitemap"),
        ("/robots.txt", sitemap.robots, "text/plain", "What robots may read"),
    ]
    for path, answer, media_type, summary in answers:
        facts: dict[str, Any] = {"summary": summary, "tags": ["feeds"], "responses": readable(media_type)}
        if "{number}" in path:
            facts["openapi_extra"] = {"parameters": [PARAMETER]}
            facts["responses"] |= problems(404)
        web.add_api_route(path, answer, methods=["GET"], response_model=None, **facts)
        web.add_api_route(path, answer, methods=["HEAD"], response_model=None, include_in_schema=False)
