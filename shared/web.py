"""The HTTP side that all services share: problems, the operator's token, health, metrics."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from redis.exceptions import OutOfMemoryError, RedisError
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match

from shared.access import same
from shared.errors import NotFound, Overloaded, SyndicateError, Unauthorized
from shared.logs import log
from shared.openapi import PROBLEM, describe, guarding
from shared.request_ids import REQUEST_ID, RequestIds, request_id

Responder = Callable[[Request], Awaitable[Response | None]]


def create_web(title: str, version: str) -> FastAPI:
    """An application without routes whose every error is a problem (RFC 9457)."""
    web = FastAPI(title=title, version=version, docs_url=None, redoc_url=None, openapi_url="/openapi.json")
    web.add_exception_handler(SyndicateError, _known)
    web.add_exception_handler(HTTPException, _http)
    web.add_exception_handler(RequestValidationError, _invalid)
    web.add_exception_handler(RedisError, _store_away)
    web.add_exception_handler(Exception, _unknown)
    web.add_middleware(RequestIds)
    describe(web)
    return web


def problem(status: int, code: str, title: str, *, headers: dict[str, str] | None = None, **fields: Any) -> Response:
    """An RFC 9457 problem; `code` is its short name, `fields` its extension members."""
    body = {"type": f"tag:syndicate,2026:problem/{code}", "title": title, "status": status, "code": code} | fields
    return JSONResponse(body, status, headers=headers, media_type=PROBLEM)


async def _known(request: Request, error: Exception) -> Response:
    assert isinstance(error, SyndicateError)  # noqa: S101 - what it is registered for
    return problem_of(error, request)


def problem_of(error: SyndicateError, request: Request) -> Response:
    """An error of ours as the answer to a request."""
    headers = {}
    if isinstance(error, Overloaded):
        headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, Unauthorized):
        headers["WWW-Authenticate"] = 'Bearer realm="operator"'
    return problem(
        error.status,
        error.code,
        error.title,
        headers=headers,
        detail=error.detail,
        instance=request.url.path,
        **({"correlation_id": request_id(request)} | error.fields),
    )


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - what it is registered for
    status, headers = error.status_code, dict(error.headers or {})
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(_methods_of(request))
    phrase = HTTPStatus(status).phrase
    code = phrase.lower().replace(" ", "-")
    return problem(status, code, phrase, headers=headers, detail=str(error.detail), instance=request.url.path)


def _methods_of(request: Request) -> list[str]:
    """All methods of an address: each is a route of its own, and Starlette names those of the first one only."""
    found = [route for route in _flat(request.app.routes) if route.matches(request.scope)[0] is not Match.NONE]
    return sorted({method for route in found for method in getattr(route, "methods", None) or ()})


def _flat(routes: Sequence[BaseRoute]) -> Iterator[BaseRoute]:
    for route in routes:
        yield route
        yield from _flat(getattr(route, "routes", None) or [])


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - what it is registered for
    faults = [
        {"pointer": "/" + "/".join(map(str, fault["loc"])), "detail": fault["msg"]} for fault in error.errors()[:20]
    ]
    return problem(422, "bad-field", "The request does not fit", instance=request.url.path, errors=faults)


async def _store_away(request: Request, error: Exception) -> Response:
    log.error("request.failed", path=request.url.path, error=f"{type(error).__name__}: {error}"[:300])
    detail = "the store is full" if isinstance(error, OutOfMemoryError) else "the store does not answer"
    return problem(503, "unavailable", "Try again shortly", headers={"Retry-After": "2"}, detail=detail)


async def _unknown(request: Request, error: Exception) -> Response:
    log.error("request.failed", path=request.url.path, error=type(error).__name__, exc_info=error)
    # This answer is given outside of RequestIds, by the outermost layer.
    return problem(500, "internal", SyndicateError.title, headers={REQUEST_ID: request_id(request)})


def operator_check(token: str) -> Callable[[Request], Awaitable[None]]:
    """A dependency that lets only the operator pass (RFC 6750, bearer token in the Authorization header)."""

    async def operator(request: Request) -> None:
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not same(given.strip(), token):
            raise Unauthorized("send `Authorization: Bearer TOKEN` with the operator's token")

    return guarding(operator)


def first_answer(responders: list[Responder]) -> Responder:
    """A route that asks its responders, the last installed first; who does not know the thing passes it on with None."""

    async def ask(request: Request) -> Response:
        for responder in reversed(responders):
            if (response := await responder(request)) is not None:
                return response
        raise NotFound("nothing is known under this address")

    return ask
