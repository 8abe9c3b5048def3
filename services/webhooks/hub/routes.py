"""The hub's one address: POST for subscribers and publishers, GET for people; the list of subscriptions is for operators."""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path as File
from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request
from fastapi.responses import PlainTextResponse, Response

from services.webhooks.hub.asking import BadRequest, Ping, wish_of
from services.webhooks.hub.desk import Desk
from services.webhooks.pages import page
from shared.errors import Overloaded, SyndicateError
from shared.host import Host
from shared.openapi import problems

PATH = "/hub"
PAGE = File(__file__).parent / "page.html"
MOST_BODY_BYTES = 64_000
FORM = "application/x-www-form-urlencoded"
Id = Annotated[str, Path(max_length=64)]
Limit = Annotated[int, Query(ge=1, le=10_000)]

FIELDS: dict[str, dict[str, Any]] = {
    "hub.mode": {"type": "string", "enum": ["subscribe", "unsubscribe", "publish"]},
    "hub.callback": {"type": "string", "format": "uri"},
    "hub.topic": {"type": "string", "format": "uri"},
    "hub.lease_seconds": {"type": "integer", "minimum": 0},
    "hub.secret": {"type": "string", "maxLength": 199},
    "hub.algorithm": {"type": "string", "enum": ["sha1", "sha256", "sha384", "sha512"]},
    "hub.url": {"type": "string", "format": "uri"},
}
ASKED: dict[str, Any] = {
    "summary": "Subscribe to a feed, or end a subscription (WebSub)",
    "openapi_extra": {
        "requestBody": {
            "required": True,
            "content": {FORM: {"schema": {"type": "object", "required": ["hub.mode"], "properties": FIELDS}}},
        }
    },
    "responses": {
        202: {"description": "It will be seen to; the callback is asked"},
        **{
            status: {"description": "Why not, in words", "content": {"text/plain": {}}}
            for status in (400, 404, 413, 415, 422, 503)
        },
    },
}


def open_hub(host: Host, desk: Desk) -> None:
    """Put the routes up."""

    async def ask(request: Request) -> Response:
        """WebSub, section 5.1: the answer says that the request can be handled, never what became of it."""
        try:
            wish = wish_of(await _body(request))
            await (desk.ping(wish) if isinstance(wish, Ping) else desk.take(wish))
        except SyndicateError as error:
            return _refused(error)
        return Response(status_code=HTTPStatus.ACCEPTED)

    host.web.add_api_route(PATH, ask, methods=["POST"], response_model=None, tags=["hub"], **ASKED, status_code=202)
    host.web.add_api_route(PATH, _page, methods=["GET"], response_model=None, include_in_schema=False)
    host.web.add_api_route(PATH, _page, methods=["HEAD"], response_model=None, include_in_schema=False)
    _open_list(host, desk)


def _open_list(host: Host, desk: Desk) -> None:
    """The routes for operators."""

    async def subscriptions(limit: Limit = 1_000) -> dict[str, Any]:
        """The subscriptions, oldest first, without their secrets; and how many there are to each topic."""
        return await desk.shown(limit)

    async def one(subscription: Id) -> dict[str, Any]:
        """One subscription, without its secret."""
        return await desk.one(subscription)

    async def remove(subscription: Id) -> None:
        """End a subscription; its callback is told (WebSub, section 5.2)."""
        await desk.deny(subscription, "the operator ended it")

    operator: dict[str, Any] = {"dependencies": [Depends(host.operator)], "tags": ["hub"]}
    listed = f"{PATH}/subscriptions"
    known: dict[str, Any] = {"responses": problems(404)}
    host.web.add_api_route(listed, subscriptions, methods=["GET"], **operator)
    host.web.add_api_route(f"{listed}/{{subscription}}", one, methods=["GET"], **operator, **known)
    host.web.add_api_route(
        f"{listed}/{{subscription}}", remove, methods=["DELETE"], status_code=204, **operator, **known
    )


async def _body(request: Request) -> bytes:
    media_type = request.headers.get("content-type", FORM).partition(";")[0].strip().lower()
    if media_type != FORM:
        raise _refusal(f"send {FORM}", HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    content = b""
    async for chunk in request.stream():
        content += chunk
        if len(content) > MOST_BODY_BYTES:
            raise _refusal(f"the body has more than {MOST_BODY_BYTES} bytes", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return content


def _refusal(sentence: str, status: HTTPStatus) -> BadRequest:
    error = BadRequest(sentence)
    error.status = status
    return error


def _refused(error: SyndicateError) -> Response:
    """WebSub, section 5.1.2: an error's reason as plain text."""
    headers = {"Retry-After": str(error.retry_after)} if isinstance(error, Overloaded) else {}
    return PlainTextResponse(error.detail + "\n", error.status, headers=headers)


async def _page() -> Response:
    """The hub on a page; the list holds nothing until it is given the operator's token."""
    return page(PAGE)
