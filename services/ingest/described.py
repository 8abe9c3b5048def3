"""What the description of the API (OpenAPI 3.1) says of the documents' routes beyond what their signatures say."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Path
from pydantic import BaseModel, Field

from services.ingest.draft import MAX_SUBJECT
from services.ingest.formats.kinds import ACCEPTED
from shared.openapi import problems

Id = Annotated[str, Path(max_length=64, description="the document's id, as the answer to its sending told it")]
Described = dict[str, Any]


class Links(BaseModel):
    self: str = Field(description="the document's address")


class Taken(BaseModel):
    """What became of a sending."""

    id: str = Field(examples=["6ztgepqrk7opani3"])
    version: int = Field(ge=1)
    change: Literal["added", "updated", "unchanged", "retracted"]
    duplicate_of: str | None = Field(None, description="the id of the original that it nearly repeats")
    links: Links


class Tried(Taken):
    """What would become of it. `removed` is there if it was asked for."""

    dry_run: Literal[True]
    document: dict[str, Any]
    removed: list[dict[str, Any]] = []


class SubjectWanted(BaseModel):
    """The subject as people write it; null lets the source's own count again."""

    subject: str | None = Field(min_length=1, max_length=MAX_SUBJECT, pattern=r"\S", examples=["Medicine"])
    new: bool = Field(default=False, description="the subject may be one that is not in the taxonomy")


MARKDOWN = "---\ntitle: Why the sea breathes twice a day\nsubject: Physics\n---\n\nThe moon pulls the sea.\n"
TEXT: Described = {"schema": {"type": "string"}}
BINARY: Described = {"schema": {"type": "string", "format": "binary"}}
LINES = "application/x-ndjson"

ONE_BODY: Described = {
    **{str(kind): TEXT for kind in ACCEPTED},
    "text/markdown": TEXT | {"example": MARKDOWN},
    "application/json": {
        "schema": {"type": "object"},
        "example": {"title": "The tides", "text": "The moon pulls the sea."},
    },
    **{str(kind): BINARY for kind in ACCEPTED if "/pdf" in kind or "officedocument" in kind},
    "application/octet-stream": BINARY,
}
"""What is sent as octets is looked into, like everything else: the type is a claim."""
MANY_BODY: Described = ONE_BODY | {
    LINES: TEXT | {"example": '{"title": "One", "text": "The first."}\n{"title": "Two", "text": "The second."}\n'},
    "text/uri-list": TEXT,
}


def _header(name: str, about: str, *, required: bool, example: str) -> Described:
    return {
        "name": name,
        "in": "header",
        "required": required,
        "description": about,
        "schema": {"type": "string"},
        "example": example,
    }


KEY = _header(
    "Idempotency-Key",
    "a name for this request: sent again with the same body within a day, it gets the first answer and does nothing",
    required=False,
    example="7b0c5d1e",
)
IF_MATCH = _header(
    "If-Match", "the ETag of the version that is meant, or * for whichever", required=True, example='"1"'
)
IF_MATCH_MAY = IF_MATCH | {"required": False}

TAG: Described = {"description": "the version, quoted", "schema": {"type": "string"}}
PLACE: Described = {"description": "the document's address", "schema": {"type": "string", "format": "uri"}}


def _taken(about: str) -> Described:
    return {"description": about, "model": Taken, "headers": {"ETag": TAG, "Location": PLACE}}


CHANGED = _taken("A new version is on its way")
SAME = _taken("The very same was here before, under this id or another one; nothing has happened")
LINE_BY_LINE: Described = {
    "description": "The very same was here before; or what would become of it (dry_run); or a line of JSON for each of many documents",
    "model": Taken | Tried,
    "content": {
        LINES: {"schema": {"type": "string"}, "example": '{"at": "line 1", "status": 202, "id": "6ztgepqrk7opani3"}\n'},
    },
    "headers": {"ETag": TAG, "Location": PLACE},
}

POST: Described = {
    "responses": {200: LINE_BY_LINE, 202: CHANGED} | problems(400, 401, 409, 410, 413, 415, 422, 429, 503),
    "openapi_extra": {"requestBody": {"required": True, "content": MANY_BODY}, "parameters": [KEY]},
}
PUT: Described = {
    "responses": {200: SAME, 202: CHANGED} | problems(400, 401, 404, 409, 412, 413, 415, 422, 428, 429, 503),
    "openapi_extra": {"requestBody": {"required": True, "content": ONE_BODY}, "parameters": [IF_MATCH, KEY]},
}
DELETE: Described = {
    "responses": {202: CHANGED} | problems(400, 401, 404, 409, 410, 412, 422, 428, 503),
    "openapi_extra": {"parameters": [IF_MATCH, KEY]},
}
SUBJECT: Described = {
    "responses": {200: SAME, 202: CHANGED} | problems(401, 404, 410, 412, 422, 503),
    "openapi_extra": {"parameters": [IF_MATCH_MAY]},
}
GET: Described = {
    "tags": ["documents"],
    "summary": "A document",
    "description": "JSON, or the article's page for whoever prefers text/html.",
    "responses": {
        200: {
            "description": "The document",
            "content": {
                "application/json": {"schema": {"type": "object"}},
                "text/html": {"schema": {"type": "string"}},
            },
            "headers": {"ETag": TAG},
        },
        304: {"description": "The sender has it already"},
        410: problems(410)[410],
        404: problems(404)[404],
    },
    "openapi_extra": {
        "parameters": [{"name": "document_id", "in": "path", "required": True, "schema": {"type": "string"}}]
    },
}
