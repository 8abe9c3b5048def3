"""The description of the HTTP side (OpenAPI 3.1), from the routes: every error is a problem, every answer has its request's id."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

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
OPERATOR: Schema = {"security": [{"operator": []}]}
"""For openapi_extra of what only the operator may do."""

NEEDS_OPERATOR: Schema = {"type": "http", "scheme": "bearer", "description": "The operator's token (RFC 6750)."}


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
    parts["securitySchemes"] = {"operator": NEEDS_OPERATOR}
    parts["headers"] = {REQUEST_ID: {"description": "the name of the request", "schema": {"type": "string"}}}
    for name in ("HTTPValidationError", "ValidationError"):  # FastAPI's own, which no answer here has
        parts["schemas"].pop(name, None)
    for operation in (each for path in schema.get("paths", {}).values() for each in path.values()):
        _complete(operation)
    return schema


def _complete(operation: Schema) -> None:
    answers: Schema = operation["responses"]
    if "HTTPValidationError" in str(answers.get("422")):
        answers["422"] = _problem(422)
    if "security" in operation:
        answers.setdefault("401", _problem(401))
    answers.setdefault("503", _problem(503))
    answers["default"] = _problem(500) | {"description": "Anything else that went wrong"}
    for answer in answers.values():
        answer.setdefault("headers", {})[REQUEST_ID] = {"$ref": f"#/components/headers/{REQUEST_ID}"}
        answer["headers"] = dict(sorted(answer["headers"].items()))
    operation["responses"] = dict(sorted(answers.items()))


def _reference(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}
