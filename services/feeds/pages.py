"""Pages for people, and a document as JSON for programs; which of the two, its Accept header says."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from jinja2 import DictLoader, Environment, StrictUndefined

from services.feeds.changes import Changes
from services.feeds.conditional import entity_tag
from services.feeds.linked_data import linked_data
from services.feeds.negotiation import HTML, JSON, prefers_html, wanted_format
from services.feeds.press import Finds
from services.feeds.responses import PAGE_CACHING, PAGE_SECURITY, conditional, plain
from services.feeds.shelf import Shelf
from shared.errors import Gone
from shared.syndication.addresses import Address, Format, Site
from shared.syndication.article import Article
from shared.syndication.facets import ALL, author_path, keyword_path, near_which, related_path, subject_path
from shared.syndication.feed import titled
from shared.syndication.json_feed import moment, related_facts, subject_facts
from shared.syndication.languages import right_to_left
from shared.syndication.markup import legal

HERE = Path(__file__).parent
STYLE = (HERE / "assets" / "feeds.css").read_bytes()
DRESS = (HERE / "assets" / "reading.css").read_bytes()
DRESS_PATH = "/assets/reading.css"
STYLE_PATH = "/assets/feeds.css"
STYLE_ADDRESS = f"{STYLE_PATH}?v={entity_tag(STYLE)[1:13]}"

NEGOTIATED = {"Vary": "Accept, Accept-Encoding", "Cache-Control": PAGE_CACHING}
NEWEST_SHOWN = 12


class Pages:
    """The document's page and the index of feeds."""

    def __init__(self, site: Site, shelf: Shelf, finds: Finds) -> None:
        self._site = site
        self._shelf = shelf
        self._finds = finds
        self._templates = Environment(
            # Read once, as the style sheet is: a process that still runs while it is replaced does not show the pages of the next one.
            loader=DictLoader({path.name: path.read_text("utf-8") for path in (HERE / "templates").glob("*.html")}),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.tests["right_to_left"] = right_to_left
        self._templates.filters |= {"day": day, "moment": moment, "legal": legal}
        self._templates.globals |= {
            "site": site,
            "formats": list(Format),
            "atom": Format.ATOM,
            "style": STYLE_ADDRESS,
            "root": site.root,
            "all": ALL,
        }
        self._templates.globals |= {
            "subject_path": subject_path,
            "author_path": author_path,
            "keyword_path": keyword_path,
            "related_path": related_path,
        }

    async def document(self, request: Request) -> Response | None:
        """GET /documents/{document_id}: the page or the JSON; 410 once retracted, None (pass on) if it is not known."""
        article = await self._shelf.article(request.path_params["document_id"])
        if article is None:
            return None
        if not prefers_html(request.headers.get("Accept")):
            return self._as_json(request, article)
        body = self._page("article.html", article=article, linked_data=linked_data(article, self._site))
        headers = self._headers(Address(subject_path(article.subject.slug)))
        if article.retracted:
            return plain(request, body, HTML, status=410, headers=headers)
        return conditional(request, body, HTML, tag=_tag(article, body), headers=headers)

    async def index(self, request: Request) -> Response:
        """GET /feeds: every feed, and what is new; who names a type of feeds is led to one."""
        form = wanted_format(request.headers.get("Accept"))
        if form and form.media_type in request.headers.get("Accept", "").lower():
            return RedirectResponse(self._site.feed(ALL, form), 302, headers=NEGOTIATED)
        newest = await self._shelf.newest(ALL, NEWEST_SHOWN)
        body = self._page("feeds.html", newest=newest, subjects=await self._shelf.subjects())
        headers = self._headers(Address(ALL))
        return conditional(request, body, HTML, headers=headers)

    async def feed(self, request: Request, address: Address) -> Response | None:
        """A feed as a page, for browsers; None if there is no such feed."""
        window = await self._finds.at(address, Changes())
        if not window.known:
            return None
        articles = await self._shelf.cards([name for name, _ in window.rows], await self._shelf.directory())
        older = address.at(window.rows[-1][1]) if window.more and window.rows else None
        name, about = window.name, titled(self._site, window.name, address.path)[1]
        if near_which(address.path):
            name, about = f"Near “{name}”", "Articles related to this one, the latest to join them first."
        words = request.query_params.get("q", "")
        facts = {"address": address, "name": name, "about": about, "articles": articles, "older": older, "words": words}
        body = self._page("feed.html", **facts)
        return conditional(request, body, HTML, headers=self._headers(address.at(None)))

    def _headers(self, address: Address) -> dict[str, str]:
        """A page's headers; `address`: the feed by which its changes are pushed."""
        hub = {"Link": self._site.announced(self._site.feed(address, Format.ATOM))} if self._site.hub else {}
        return NEGOTIATED | PAGE_SECURITY | hub

    def _page(self, template: str, **facts: Any) -> bytes:
        return self._templates.get_template(template).render(facts).encode(errors="replace")

    def _as_json(self, request: Request, article: Article) -> Response:
        if article.retracted:
            raise Gone(article.notice, id=article.id, version=article.version, retracted_at=moment(article.updated_at))
        body = json.dumps(document_facts(article, self._site), ensure_ascii=False, indent=2).encode(errors="replace")
        return conditional(request, body, JSON, tag=_tag(article, body), headers=NEGOTIATED)


def _tag(article: Article, body: bytes) -> str:
    """The entity tag of a document: its version first, which is what If-Match is about, whatever its form and its neighbours."""
    return f'"{article.version}-{entity_tag(body)[1:]}'


def document_facts(article: Article, site: Site) -> dict[str, Any]:
    """A document as JSON shows it."""
    subject = subject_path(article.subject.slug)
    second = article.second and subject_path(article.second.slug)
    return {
        "id": article.id,
        "version": article.version,
        "status": article.status,
        "title": article.title,
        "subject": subject_facts(article.subject),
        "second": article.second and subject_facts(article.second),
        "why": list(article.why),
        "needs_review": article.needs_review,
        "runners_up": [subject_facts(subject) for subject in article.runners_up],
        "related": related_facts(article, site),
        "duplicate_of": article.duplicate_of,
        "duplicates": [
            {"id": copy.id, "link": site.document(copy.id), "title": legal(copy.title)} for copy in article.duplicates
        ],
        "summary": article.summary,
        "authors": list(article.authors),
        "keywords": list(article.keywords),
        "language": article.language,
        "source_url": article.source_url,
        "source_published_at": article.source_published_at and moment(article.source_published_at),
        "published_at": moment(article.first_published_at),
        "updated_at": moment(article.updated_at),
        "links": {
            "self": site.document(article.id),
            "feeds": {form: site.feed(subject, form) for form in Format},
            **({"second": {form: site.feed(second, form) for form in Format}} if second else {}),
            "all": {form: site.feed(ALL, form) for form in Format},
        },
        "html": article.html,
        "text": article.text,
    }


def day(time: datetime) -> str:
    """A date as people write it: 3 November 2026."""
    return f"{time.astimezone(UTC):%d %B %Y}".lstrip("0")
