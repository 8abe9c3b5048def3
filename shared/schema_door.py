"""/schemas: what every type of message says, for each version of it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path
from fastapi.responses import JSONResponse, Response

from shared.errors import NotFound
from shared.host import Host
from shared.notice_schemas import listed, schema_of
from shared.openapi import problems

KEPT = {"Cache-Control": "public, max-age=86400"}
"""A version never changes what it says."""


def install(host: Host) -> None:
    """Put the two addresses on the host's web."""
    base = host.settings.base_url

    async def schemas() -> Response:
        """Every type and version of the messages that partners get, and where its JSON Schema stands."""
        return JSONResponse({"schemas": listed(base)})

    async def schema(
        kind: Annotated[str, Path(max_length=100)], version: Annotated[int, Path(ge=0, le=999)]
    ) -> Response:
        """The JSON Schema (2020-12) of a type and version."""
        if (found := schema_of(kind, version, base)) is None:
            raise NotFound("there is no such type, or no such version of it", kind=kind, version=version)
        return JSONResponse(found, media_type="application/schema+json", headers=KEPT)

    found: dict[int | str, dict[str, Any]] = {
        200: {"description": "It", "content": {"application/schema+json": {"schema": {"type": "object"}}}}
    }
    host.web.add_api_route("/schemas", schemas, methods=["GET"], tags=["partners"])
    host.web.add_api_route(
        "/schemas/{kind}/{version}", schema, methods=["GET"], tags=["partners"], responses=found | problems(404, 422)
    )
