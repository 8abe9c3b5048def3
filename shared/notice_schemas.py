"""Pure. The JSON Schema (2020-12) of each type of message and each version of it: what a partner that is pinned to it can rely on.

A version only ever grows by fields that need not be there; anything else is a new version (tests/unit/shared/test_notice_schemas.py
holds the old ones fast). Served at /schemas and /schemas/{type}/{version}.
"""

from __future__ import annotations

from typing import Any

from shared.notices import (
    CHALLENGE,
    DISABLED,
    MOST_AUTHORS,
    MOST_KEYWORDS,
    MOST_RELATED,
    PUBLISHED,
    RECLASSIFIED,
    RELATED_CHANGED,
    RETRACTED,
    TEST,
    UPDATED,
    VERSIONS,
    schema_address,
)

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
TEXT: Schema = {"type": "string"}
TEXTS: Schema = {"type": "array", "items": TEXT}
LINK: Schema = {"type": "string", "format": "uri"}
MAYBE_LINK: Schema = {"type": ["string", "null"], "format": "uri"}
MOMENT: Schema = {"type": "string", "format": "date-time"}
SHARE: Schema = {"type": "number", "minimum": 0, "maximum": 1}


def _object(required: dict[str, Schema], optional: dict[str, Schema] | None = None) -> Schema:
    return {"type": "object", "required": [*required], "properties": required | (optional or {})}


SUBJECT = _object({"name": TEXT, "slug": TEXT, "confidence": SHARE, "given": {"type": "boolean"}})
MAYBE_SUBJECT: Schema = {"anyOf": [SUBJECT, {"type": "null"}]}
RELATED: Schema = {
    "type": "array",
    "maxItems": MOST_RELATED,
    "items": _object({"id": TEXT, "title": TEXT, "score": SHARE, "link": LINK}),
}
DOCUMENT: dict[str, Schema] = {
    "id": TEXT,
    "version": {"type": "integer", "minimum": 1},
    "change": {"enum": ["added", "updated", "retracted"]},
    "title": TEXT,
    "link": LINK,
    "url": MAYBE_LINK,
    "language": TEXT,
    "authors": TEXTS | {"maxItems": MOST_AUTHORS},
    "subject": SUBJECT,
    "second": MAYBE_SUBJECT,
    "first_published_at": MOMENT,
    "updated_at": MOMENT,
    "feeds": {"type": "object", "required": ["all", "subject"], "additionalProperties": LINK},
}
CONTENT: dict[str, Schema] = {
    "summary": TEXT,
    "why": TEXTS,
    "runners_up": {"type": "array", "items": SUBJECT},
    "related": RELATED,
}
ALIKE: dict[str, Schema] = {"duplicate_of": {"type": ["string", "null"]}}
FULL: dict[str, Schema] = {"text": TEXT, "html": TEXT} | ALIKE

DATA: dict[str, Schema] = {
    **dict.fromkeys((PUBLISHED, UPDATED, RECLASSIFIED), _object(DOCUMENT | CONTENT, FULL)),
    RETRACTED: _object(DOCUMENT, ALIKE),
    RELATED_CHANGED: _object({"id": TEXT, "title": TEXT, "link": LINK, "related": RELATED}),
    TEST: _object({"partner": TEXT, "name": TEXT}),
    CHALLENGE: _object({"challenge": TEXT}),
    DISABLED: _object({"partner": TEXT, "name": TEXT, "reason": TEXT, "waiting": {"type": "integer"}}),
}
KEYWORDS: dict[str, Schema] = {"keywords": TEXTS | {"maxItems": MOST_KEYWORDS}}
"""What version 2 says beyond version 1 of a document that was not retracted."""


def schema_of(kind: str, version: int, base_url: str) -> Schema | None:
    """The schema of a whole body; None if there is no such type or version."""
    if kind not in DATA or version not in VERSIONS:
        return None
    data = DATA[kind]
    if version > 1 and "summary" in data["properties"]:
        data = _object({name: data["properties"][name] for name in data["required"]} | KEYWORDS, FULL)
    body = _first(kind, data) if version == 1 else _cloud_event(kind, data)
    return {"$schema": DIALECT, "$id": schema_address(kind, version, base_url), "title": kind} | body


def _first(kind: str, data: Schema) -> Schema:
    return _object({"id": TEXT, "type": {"const": kind}, "timestamp": MOMENT, "data": data})


def _cloud_event(kind: str, data: Schema) -> Schema:
    required: dict[str, Schema] = {
        "specversion": {"const": "1.0"},
        "id": TEXT,
        "source": LINK,
        "type": {"const": kind},
        "time": MOMENT,
        "datacontenttype": {"const": "application/json"},
        "dataschema": LINK,
        "data": data,
    }
    return _object(required, {"subject": TEXT})


def listed(base_url: str) -> list[dict[str, Any]]:
    """Every type and version, and where its schema stands."""
    return [
        {"type": kind, "version": version, "schema": schema_address(kind, version, base_url)}
        for kind in DATA
        for version in VERSIONS
    ]
