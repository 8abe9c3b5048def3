"""The addresses of feeds: three formats each, the list of all as OPML, the index page and what it is dressed in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse

from services.feeds.addresses import Format, Site
from services.feeds.article import BEFORE_ALL
from services.feeds.opml import MEDIA_TYPE as OPML_TYPE
from services.feeds.opml import opml
from services.feeds.pages import STYLE, STYLE_PATH, Pages
from services.feeds.places import ALL, subject_path
from services.feeds.press import Press
from services.feeds.responses import ASSET_CACHING, FEED_CACHING, conditional
from services.feeds.shelf import Shelf
from shared.errors import Gone, NotFound
from shared.openapi import problems, readable


class SubjectGone(Gone):
    """The operator has removed the subject; its articles are under others."""

    title = "There is no such subject any more"


SLUG = {"name": "slug", "in": "path", "required": True, "schema": {"type": "string"}, "example": "medicine"}
MOVED = {"description": "The subject is called otherwise now; Location says how"}
Answer = Callable[[Request], Awaitable[Response]]


def add_routes(web: FastAPI, site: Site, shelf: Shelf, press: Press, pages: Pages) -> None:
    """Put every address of this service but the documents' into the application."""
    for form in Format:
        answer = _feed_answer(site, shelf, press, form)
        _add(web, f"/feeds/{ALL}.{form}", answer, f"All articles as {form}", form.media_type)
        _add(web, f"/feeds/subjects/{{slug}}.{form}", answer, f"The articles of a subject as {form}", form.media_type)
    _add(web, "/feeds.opml", _opml_answer(site, shelf), "All feeds, for import into a reader", OPML_TYPE)
    _add(web, "/feeds", pages.index, "The index of feeds, for people", "text/html")
    _add(web, STYLE_PATH, _style, "The pages' style sheet", "text/css")
    web.add_api_route("/", _to_index, methods=["GET", "HEAD"], response_model=None, include_in_schema=False)


def _add(web: FastAPI, path: str, answer: Callable[[Request], Any], summary: str, media_type: str) -> None:
    described: dict[str, Any] = {"summary": summary, "tags": ["feeds"], "responses": readable(media_type)}
    if "{slug}" in path:
        described["responses"] |= {301: MOVED} | problems(404, 410)
        described["openapi_extra"] = {"parameters": [SLUG]}
    web.add_api_route(path, answer, methods=["GET"], response_model=None, **described)
    web.add_api_route(path, answer, methods=["HEAD"], response_model=None, include_in_schema=False)


def _feed_answer(site: Site, shelf: Shelf, press: Press, form: Format) -> Answer:
    async def answer(request: Request) -> Response:
        slug = request.path_params.get("slug")
        path = ALL if slug is None else subject_path(slug)
        copy = await press.copy(path, form)
        if copy is None:
            return await _led_on(request, site, shelf, form)
        headers = {"Cache-Control": FEED_CACHING, "Link": f'<{site.feed(path, form)}>; rel="self"'}
        return conditional(request, copy.body, form.media_type, modified=copy.modified, tag=copy.tag, headers=headers)

    return answer


async def _led_on(request: Request, site: Site, shelf: Shelf, form: Format) -> Response:
    """To where a subject went that there is no more. Raises Gone if it was removed, NotFound if it never was."""
    slug = request.path_params["slug"]
    lead = (await shelf.directory()).leads.get(slug)
    if lead is None:
        raise NotFound("there is no such subject, or it has no articles yet", subject=slug)
    if not lead.to:
        raise SubjectGone(subject=slug, removed_at=lead.at.isoformat())
    query = f"?{request.url.query}" if request.url.query else ""
    # For good, so that readers change what they are subscribed to (RFC 9110, section 15.4.2).
    return RedirectResponse(
        site.feed(subject_path(lead.to), form) + query, 301, headers={"Cache-Control": FEED_CACHING}
    )


def _opml_answer(site: Site, shelf: Shelf) -> Answer:
    async def answer(request: Request) -> Response:
        updated = await shelf.updated()
        feeds = [(ALL, f"{site.title}: all articles")]
        feeds += [(subject.path, f"{site.title}: {subject.name}") for subject in await shelf.subjects()]
        body = opml(site, feeds, updated=updated)
        return conditional(request, body, OPML_TYPE, modified=updated, headers={"Cache-Control": FEED_CACHING})

    return answer


async def _style(request: Request) -> Response:
    return conditional(request, STYLE, "text/css", modified=BEFORE_ALL, headers={"Cache-Control": ASSET_CACHING})


async def _to_index(_: Request) -> Response:
    return RedirectResponse("/feeds", 302)
