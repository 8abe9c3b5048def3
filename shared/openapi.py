"""The description of the HTTP side (OpenAPI 3.1), from the routes: every error is a problem, every answer has its request's id."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any, TypeVar

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from shared.request_ids import REQUEST_ID

PROBLEM = "application/problem+json"
Schema = dict[str, Any]

PROBLEM_SCHEMA: Schema = {
    "type": "object",
    "description": "What went wrong (RFC 9457); further members are facts about it.",
    "required": ["type", "title", "status", "code"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "code": {"type": "string", "description": "short name of the rule that was broken"},
        "detail": {"type": "string", "description": "a sentence for people"},
        "instance": {"type": "string", "description": "the address that was asked"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"pointer": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
    },
    "examples": [
        {
            "type": "tag:syndicate,2026:problem/empty",
            "title": "The document cannot be read",
            "status": 422,
            "code": "empty",
            "detail": "the document is empty",
            "instance": "/documents",
        }
    ],
}
RETRY_AFTER: Schema = {"description": "seconds to wait", "schema": {"type": "integer", "minimum": 1}}
GUARDS = "guards"
Guard = TypeVar("Guard", bound=Callable[..., object])

OPERATOR, PARTNER = "operator", "partner"
TOKENS: dict[str, Schema] = {
    OPERATOR: {"type": "http", "scheme": "bearer", "description": "The operator's token (RFC 6750)."},
    PARTNER: {"type": "http", "scheme": "bearer", "description": "The own token of the partner in the address."},
}


def guarding(dependency: Guard, *others: str) -> Guard:
    """The same dependency, known to the description as one that lets the operator pass, and `others` of TOKENS, and nobody else."""
    setattr(dependency, GUARDS, (OPERATOR, *others))
    return dependency


def readable(media_type: str) -> dict[int | str, Schema]:
    """The description of what can be read, and be asked for conditionally."""
    tags = {"ETag": {"schema": {"type": "string"}}}
    content = {media_type: {"schema": {"type": "object" if "json" in media_type else "string"}}}
    return {
        200: {"description": "It", "content": content, "headers": tags},
        304: {"description": "The reader has it already", "headers": tags},
    }


def problems(*statuses: int) -> dict[int | str, Schema]:
    """The description of these statuses, for the `responses` of a route."""
    return {status: _problem(status) for status in statuses}


def _problem(status: int) -> Schema:
    told: Schema = {"description": HTTPStatus(status).phrase, "content": {PROBLEM: {"schema": _reference("Problem")}}}
    if status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        told["headers"] = {"Retry-After": RETRY_AFTER}
    return told


def describe(web: FastAPI) -> None:
    """Let the application describe itself; the description is made when it is first asked for."""

    def made() -> Schema:
        if web.openapi_schema is None:
            web.openapi_schema = description(web)
        return web.openapi_schema

    web.openapi = made  # type: ignore[method-assign]  # FastAPI's documented way ("Extending OpenAPI")


def description(web: FastAPI) -> Schema:
    """The whole description as a value."""
    schema: Schema = get_openapi(
        title=web.title,
        version=web.version,
        openapi_version="3.1.0",
        summary="Documents in; classified, related, in feeds and delivered to partners out.",
        routes=web.routes,
    )
    parts = schema.setdefault("components", {})
    parts.setdefault("schemas", {})["Problem"] = PROBLEM_SCHEMA
    parts["securitySchemes"] = TOKENS
    parts["headers"] = {REQUEST_ID: {"description": "the name of the request", "schema": {"type": "string"}}}
    for name in ("HTTPValidationError", "ValidationError"):  # FastAPI's own, which no answer here has
        parts["schemas"].pop(name, None)
    tokens = {
        (route.path, method.lower()): _tokens(route)
        for route in web.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }
    for path, operations in schema.get("paths", {}).items():
        for method, operation in operations.items():
            _complete(operation, tokens.get((path, method), ()))
    return schema


def _tokens(route: APIRoute) -> Sequence[str]:
    """Whose tokens open a route; none if it needs none."""
    return next(
        (getattr(each.dependency, GUARDS) for each in route.dependencies if hasattr(each.dependency, GUARDS)), ()
    )


def _complete(operation: Schema, tokens: Sequence[str]) -> None:
    answers: Schema = operation["responses"]
    if tokens:
        operation["security"] = [{token: []} for token in tokens]
        answers.setdefault("401", _problem(401))
    if "HTTPValidationError" in str(answers.get("422")):
        answers["422"] = _problem(422)
    answers.setdefault("503", _problem(503))
    answers["default"] = _problem(500) | {"description": "Anything else that went wrong"}
    for answer in answers.values():
        answer.setdefault("headers", {})[REQUEST_ID] = {"$ref": f"#/components/headers/{REQUEST_ID}"}
        answer["headers"] = dict(sorted(answer["headers"].items()))
    operation["responses"] = dict(sorted(answers.items()))


def _reference(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}
