"""The addresses of feeds: three formats each, the list of all as OPML, the index page and what it is dressed in."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse

from services.feeds.door import Door
from services.feeds.negotiation import wanted_format
from services.feeds.opml import MEDIA_TYPE as OPML_TYPE
from services.feeds.opml import opml
from services.feeds.outlines import Outlines
from services.feeds.pages import DRESS, DRESS_PATH, NEGOTIATED, STYLE, STYLE_PATH, Pages
from services.feeds.responses import ASSET_CACHING, FEED_CACHING, conditional
from services.feeds.searches import PATH as SEARCH_PATH
from services.feeds.shelf import Shelf
from shared.errors import Gone, NotFound
from shared.openapi import problems, readable
from shared.syndication.addresses import Address, Format, Site
from shared.syndication.directory import Directory
from shared.syndication.facets import ALL, SUBJECTS, near_which, related_path, subject_path
from shared.syndication.json_feed import moment
from shared.syndication.questions import EXCLUDED, FIELDS, BadQuestion, question_in, question_of


class SubjectGone(Gone):
    """The operator has removed the subject; its articles are under others."""

    title = "There is no such subject any more"


PLACE_NUMBER = re.compile(r"[1-9]\d{0,15}")
KINDS = ("subjects", "keywords", "authors", "languages", "sources")
FEEDS = {
    "/feeds/all.{form}": "All articles",
    "/feeds/all/before/{place}.{form}": "All articles: an archive of older ones",
    "/feeds/search.{form}": "The articles that answer a question",
    "/feeds/search/before/{place}.{form}": "The articles that answer a question: an archive of older ones",
    "/feeds/documents/{document_id}/related.{form}": "What is near an article, the latest to join first",
    "/feeds/{kind}/{slug}.{form}": "The articles of one subject, keyword, author, language or source",
    "/feeds/{kind}/{slug}/before/{place}.{form}": "The same: an archive of older ones",
}


def _parameter(name: str, place: str, example: str, *, description: str = "", **schema: Any) -> dict[str, Any]:
    needed = {"required": True} if place == "path" else {}
    facts = {"example": example} if example else {}
    said = {"description": description} if description else {}
    return {"name": name, "in": place, "schema": {"type": "string"} | schema} | facts | needed | said


PARAMETERS = {
    "kind": _parameter("kind", "path", "subjects", enum=KINDS),
    "slug": _parameter("slug", "path", "medicine"),
    "document_id": _parameter("document_id", "path", "6ztgepqrk7opani3"),
    "place": _parameter("place", "path", "1", pattern=r"^[1-9][0-9]{0,15}$"),
    "form": _parameter("form", "path", "atom", enum=list(Format)),
}
SEARCH = [
    _parameter("q", "query", "tides", description="words that stand in it"),
    *(_parameter(name, "query", "", description="name or slug; `a,b` for either") for name in FIELDS[1:]),
    *(_parameter(name, "query", "", description="what it has not") for name in EXCLUDED),
    _parameter("since", "query", "2026-01-01", description="first published then or later"),
    _parameter("match", "query", "all", enum=["all", "any"]),
]
CONTENT = _parameter("content", "query", "summary", enum=["full", "summary"])
MOVED = {"description": "The subject is called otherwise now; Location says how"}
_ANSWERS: dict[int | str, Any] = {
    200: {
        "description": "The feed",
        "content": {form.media_type: {"schema": {}} for form in Format},
        "headers": {name: {"schema": {"type": "string"}} for name in ("ETag", "Last-Modified", "Link")},
    },
    226: {
        "description": "What is new since (RFC 3229)",
        "content": {form.media_type: {"schema": {}} for form in Format},
    },
    304: {"description": "The reader has it already"},
    301: MOVED,
    302: {"description": "No format was named: Location is the one that the client would rather have"},
    308: {"description": "The same question has another address"},
}
FEED_ANSWERS = _ANSWERS | problems(400, 404, 410, 429, 503)
Answer = Callable[[Request], Awaitable[Response]]


def add_routes(web: FastAPI, site: Site, shelf: Shelf, outlines: Outlines, door: Door, pages: Pages) -> None:
    """Put every address of this service but the documents' into the application."""
    paged = _page_answer(site, shelf, pages)
    answer = _feed_answer(site, shelf, door, paged)
    for path, what in FEEDS.items():
        asking = SEARCH if "/search" in path else []
        parameters = [described for name, described in PARAMETERS.items() if f"{{{name}}}" in path]
        facts: dict[str, Any] = {
            "openapi_extra": {"parameters": [*parameters, *asking, CONTENT]},
            "responses": FEED_ANSWERS,
        }
        _add(web, path, answer, what, **facts)
    for path in FEEDS:  # after those: a slug may have a dot
        web.add_api_route(path.removesuffix(".{form}"), paged, methods=["GET", "HEAD"], include_in_schema=False)
    _add(web, "/feeds.opml", _opml_answer(site, shelf, outlines), "All feeds, for import into a reader", OPML_TYPE)
    _add(web, "/feeds", pages.index, "The index of feeds, for people", "text/html")
    _add(web, STYLE_PATH, _asset(STYLE), "The pages' style sheet", "text/css")
    _add(web, DRESS_PATH, _asset(DRESS, FEED_CACHING), "What a feed wears in a browser", "text/css")
    web.add_api_route("/", _index_answer(site), methods=["GET", "HEAD"], response_model=None, include_in_schema=False)


def _add(
    web: FastAPI, path: str, answer: Callable[[Request], Any], summary: str, media_type: str = "", **facts: Any
) -> None:
    described: dict[str, Any] = {"summary": summary, "tags": ["feeds"], "responses": readable(media_type)} | facts
    web.add_api_route(path, answer, methods=["GET"], response_model=None, **described)
    web.add_api_route(path, answer, methods=["HEAD"], response_model=None, include_in_schema=False)


def _page_answer(site: Site, shelf: Shelf, pages: Pages) -> Answer:
    """A feed for whoever does not say in which format: a page for a browser, the way to the feed itself for a reader."""

    async def answer(request: Request) -> Response:
        address = _address(request)
        if canonical := await _elsewhere(request, address, shelf):
            return RedirectResponse(site.feed(canonical), 308, headers={"Cache-Control": FEED_CACHING})
        if form := wanted_format(request.headers.get("Accept")):
            return RedirectResponse(site.feed(address, form), 302, headers=NEGOTIATED)
        return await pages.feed(request, address) or await _led_on(request, address, site, shelf, None)

    return answer


def _feed_answer(site: Site, shelf: Shelf, door: Door, paged: Answer) -> Answer:
    async def answer(request: Request) -> Response:
        form = request.path_params["form"]
        if form not in set(Format):
            if "slug" not in request.path_params:
                raise NotFound("feeds are rss, atom or json", form=form[:40])
            request.path_params["slug"] += f".{form}"  # a host has dots too
            return await paged(request)
        form, address = Format(form), _address(request)
        if canonical := await _elsewhere(request, address, shelf):
            return RedirectResponse(site.feed(canonical, form), 308, headers={"Cache-Control": FEED_CACHING})
        reply = await door.answer(address, form, request.scope)
        if reply is None:
            return await _led_on(request, address, site, shelf, form)
        response = Response(reply.body, reply.status)
        response.raw_headers = reply.headers
        return response

    return answer


def _address(request: Request) -> Address:
    """Which feed is asked for. Raises NotFound for a place that is none, BadQuestion for an unknown `content`."""
    kind, slug, place = map(request.path_params.get, ("kind", "slug", "place"))
    content = request.query_params.get("content", "full")
    if content not in {"full", "summary"}:
        raise BadQuestion("content is full or summary", content=content[:40])
    if place is not None and not PLACE_NUMBER.fullmatch(place):
        raise NotFound("no archive begins there", place=place[:40])
    if kind is not None and kind not in KINDS:
        raise NotFound("there are no feeds of this kind", kind=kind[:40])
    address = Address(ALL if kind is None else f"{kind}/{slug}", "", content == "summary", place and int(place))
    if document_id := request.path_params.get("document_id"):
        return replace(address, path=related_path(document_id))
    if kind is None and request.url.path.startswith("/feeds/search"):
        asked = [pair for pair in request.query_params.multi_items() if pair[0] != "content"]
        return replace(address, path=SEARCH_PATH, query=question_of(asked).written)
    return address


async def _elsewhere(request: Request, address: Address, shelf: Shelf) -> Address | None:
    """The one address of a question that is asked in another spelling, by a subject that moved, or that needs no search."""
    if address.path != SEARCH_PATH:
        return None
    question = question_in(address.query).following((await shelf.directory()).leads)
    if question.path:
        return replace(address, path=question.path, query="")
    address = replace(address, query=question.written)
    path = re.sub(r"\.\w+$", "", request.url.path).removeprefix("/feeds/")
    return None if f"{path}?{request.url.query}" == address.written() else address


async def _led_on(request: Request, address: Address, site: Site, shelf: Shelf, form: Format | None) -> Response:
    """To where a subject went that there is no more. Raises Gone if it, or a document, was taken away, NotFound if it never was."""
    if document_id := near_which(address.path):
        await _tell_if_retracted(document_id, shelf)
    kind, _, slug = address.path.partition("/")
    lead = (await shelf.directory()).leads.get(slug) if kind == SUBJECTS else None
    if lead is None:
        raise NotFound("there is no such feed, or it has no articles yet", feed=address.path)
    if not lead.to:
        raise SubjectGone(subject=slug, removed_at=lead.at.isoformat())
    query = f"?{request.url.query}" if request.url.query else ""
    # For good, so that readers change what they are subscribed to (RFC 9110, section 15.4.2).
    moved = replace(address, path=subject_path(lead.to), summary=False)
    return RedirectResponse(site.feed(moved, form) + query, 301, headers={"Cache-Control": FEED_CACHING})


async def _tell_if_retracted(document_id: str, shelf: Shelf) -> None:
    found = await shelf.cards([document_id], Directory())
    if found and found[0].retracted:
        raise Gone(found[0].notice, id=document_id, retracted_at=moment(found[0].updated_at))


def _opml_answer(site: Site, shelf: Shelf, outlines: Outlines) -> Answer:
    async def answer(request: Request) -> Response:
        updated = await shelf.updated()
        feeds = [(ALL, "all articles"), *((subject.path, subject.name) for subject in await shelf.subjects())]
        body = opml(site, feeds, await outlines.most(), updated=updated)
        return conditional(request, body, OPML_TYPE, headers={"Cache-Control": FEED_CACHING})

    return answer


def _asset(body: bytes, caching: str = ASSET_CACHING) -> Answer:
    async def answer(request: Request) -> Response:
        return conditional(request, body, "text/css", headers={"Cache-Control": caching})

    return answer


def _index_answer(site: Site) -> Answer:
    async def answer(_: Request) -> Response:
        return RedirectResponse(f"{site.root}/feeds", 302)

    return answer
