"""The addresses of feeds: three formats each, the list of all as OPML, the index page and what it is dressed in."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse

from services.feeds.addresses import Address, Format, Site
from services.feeds.door import Door
from services.feeds.facets import ALL, SUBJECTS, subject_path
from services.feeds.feed import BEFORE_ALL
from services.feeds.opml import MEDIA_TYPE as OPML_TYPE
from services.feeds.opml import opml
from services.feeds.pages import DRESS, DRESS_PATH, STYLE, STYLE_PATH, Pages
from services.feeds.responses import ASSET_CACHING, FEED_CACHING, conditional
from services.feeds.shelf import Shelf
from shared.errors import Gone, NotFound, Rejected
from shared.openapi import problems, readable


class SubjectGone(Gone):
    """The operator has removed the subject; its articles are under others."""

    title = "There is no such subject any more"


PLACE_NUMBER = re.compile(r"[1-9]\d{0,15}")
KINDS = ("subjects", "keywords", "authors", "languages", "sources")
FEEDS = {
    "/feeds/all.{form}": "All articles",
    "/feeds/all/before/{place}.{form}": "All articles: an archive of older ones",
    "/feeds/{kind}/{slug}.{form}": "The articles of one subject, keyword, author, language or source",
    "/feeds/{kind}/{slug}/before/{place}.{form}": "The same: an archive of older ones",
}


def _parameter(name: str, place: str, example: str, **schema: Any) -> dict[str, Any]:
    needed = {"required": True} if place == "path" else {}
    return {"name": name, "in": place, "schema": {"type": "string"} | schema, "example": example} | needed


PARAMETERS = {
    "kind": _parameter("kind", "path", "subjects", enum=KINDS),
    "slug": _parameter("slug", "path", "medicine"),
    "place": _parameter("place", "path", "1", pattern=r"^[1-9][0-9]{0,15}$"),
    "form": _parameter("form", "path", "atom", enum=list(Format)),
}
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
}
FEED_ANSWERS = _ANSWERS | problems(400, 404, 410, 429)
Answer = Callable[[Request], Awaitable[Response]]


class BadQuestion(Rejected):
    """A parameter that means nothing."""

    code = "bad-question"
    title = "The feed cannot be asked for like this"
    status = 400


def add_routes(web: FastAPI, site: Site, shelf: Shelf, door: Door, pages: Pages) -> None:
    """Put every address of this service but the documents' into the application."""
    answer = _feed_answer(site, shelf, door)
    for path, what in FEEDS.items():
        parameters = [described for name, described in PARAMETERS.items() if f"{{{name}}}" in path]
        facts: dict[str, Any] = {"openapi_extra": {"parameters": [*parameters, CONTENT]}, "responses": FEED_ANSWERS}
        _add(web, path, answer, what, **facts)
    _add(web, "/feeds.opml", _opml_answer(site, shelf), "All feeds, for import into a reader", OPML_TYPE)
    _add(web, "/feeds", pages.index, "The index of feeds, for people", "text/html")
    _add(web, STYLE_PATH, _asset(STYLE), "The pages' style sheet", "text/css")
    _add(web, DRESS_PATH, _asset(DRESS, FEED_CACHING), "What a feed wears in a browser", "text/css")
    web.add_api_route("/", _to_index, methods=["GET", "HEAD"], response_model=None, include_in_schema=False)


def _add(
    web: FastAPI, path: str, answer: Callable[[Request], Any], summary: str, media_type: str = "", **facts: Any
) -> None:
    described: dict[str, Any] = {"summary": summary, "tags": ["feeds"], "responses": readable(media_type)} | facts
    web.add_api_route(path, answer, methods=["GET"], response_model=None, **described)
    web.add_api_route(path, answer, methods=["HEAD"], response_model=None, include_in_schema=False)


def _feed_answer(site: Site, shelf: Shelf, door: Door) -> Answer:
    async def answer(request: Request) -> Response:
        form = _form(request)
        address = _address(request)
        reply = await door.answer(address, form, request.scope)
        if reply is None:
            return await _led_on(request, address, site, shelf, form)
        response = Response(reply.body, reply.status)
        response.raw_headers = reply.headers
        return response

    return answer


def _form(request: Request) -> Format:
    try:
        return Format(request.path_params["form"])
    except ValueError:
        raise NotFound("feeds are rss, atom or json", form=request.path_params["form"][:40]) from None


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
    path = ALL if kind is None else f"{kind}/{slug}"
    return Address(path, summary=content == "summary", before=None if place is None else int(place))


async def _led_on(request: Request, address: Address, site: Site, shelf: Shelf, form: Format) -> Response:
    """To where a subject went that there is no more. Raises Gone if it was removed, NotFound if it never was."""
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


def _opml_answer(site: Site, shelf: Shelf) -> Answer:
    async def answer(request: Request) -> Response:
        updated = await shelf.updated()
        feeds = [(ALL, f"{site.title}: all articles")]
        feeds += [(subject.path, f"{site.title}: {subject.name}") for subject in await shelf.subjects()]
        body = opml(site, feeds, updated=updated)
        return conditional(request, body, OPML_TYPE, modified=updated, headers={"Cache-Control": FEED_CACHING})

    return answer


def _asset(body: bytes, caching: str = ASSET_CACHING) -> Answer:
    async def answer(request: Request) -> Response:
        return conditional(request, body, "text/css", modified=BEFORE_ALL, headers={"Cache-Control": caching})

    return answer


async def _to_index(_: Request) -> Response:
    return RedirectResponse("/feeds", 302)
