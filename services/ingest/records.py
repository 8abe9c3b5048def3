"""GET and POST /records: everything that was accepted, for a backup, and back in again under the same ids and versions."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any

from fastapi import Depends, Query, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import ValidationError
from redis.exceptions import RedisError

from services.ingest.batches import NDJSON
from services.ingest.changes import Changed, Known
from services.ingest.characters import legal
from services.ingest.draft import MAX_HTML
from services.ingest.intake import Intake
from services.ingest.reception import Hands
from services.ingest.registry import Registry
from services.ingest.telling import change_of, error_line
from shared.errors import DocumentRejected, Overloaded, SyndicateError
from shared.host import Host
from shared.openapi import problems
from shared.request_ids import request_id

PATH = "/records"
MOST_BYTES = 8_000_000
ID = re.compile(r"[a-z2-7]{16}")
EXAMPLE = '{"state": "accepted", "document": {"id": "6ztgepqrk7opani3", "version": 1}}\n'

After = Annotated[str, Query(max_length=64, description="the id of the last record that you have")]
Limit = Annotated[int, Query(ge=1, le=1_000, description="how many at most; there may be fewer, and more behind them")]


def open_records(host: Host, intake: Intake, registry: Registry) -> None:
    """Put the routes into the application; both are the operator's."""
    hands = Hands()

    async def backup(after: After = "", limit: Limit = 100) -> Response:
        """What is known of each document, a line of JSON each, in the order of their ids; nothing behind the last one."""
        lines = [
            known.model_dump_json().encode() + b"\n"
            async for known in registry.records(after=after, limit=limit, most_bytes=MOST_BYTES)
        ]
        return Response(b"".join(lines), media_type=NDJSON, headers={"Cache-Control": "no-store"})

    async def restore(request: Request) -> Response:
        """Take records in again; of a document that is known in that version or a newer one nothing changes."""
        async with hands.holding(request, host.settings.max_batch_bytes) as body:
            lines = [line for line in body.splitlines() if line.strip()]
        return StreamingResponse(_restored(intake, registry, lines, request_id(request)), media_type=NDJSON)

    guarded: dict[str, Any] = {"dependencies": [Depends(host.operator)], "tags": ["records"], "response_model": None}
    content = {"content": {NDJSON: {"schema": {"type": "string"}, "example": EXAMPLE}}}
    told: dict[str, Any] = {
        "responses": {200: {"description": "A line for each"} | content} | problems(401, 413, 422, 429)
    }
    taken = {"requestBody": {"required": True} | content}
    host.web.add_api_route(PATH, backup, methods=["GET"], **told, **guarded)
    host.web.add_api_route(PATH, restore, methods=["POST"], openapi_extra=taken, **told, **guarded)


def record_of(line: bytes) -> Known:
    """The record that a line of a backup holds. Rejects what was not written by a backup."""
    try:
        record = Known.model_validate_json(line)
    except ValidationError as error:
        places = [".".join(map(str, fault["loc"])) for fault in error.errors(include_input=False)[:5]]
        raise DocumentRejected("bad-json", "the line is no record of a backup", places=places) from None
    document = record.document
    if not ID.fullmatch(document.id) or not ID.fullmatch(document.duplicate_of or document.id):
        raise DocumentRejected("bad-field", "the record has no id of ours", field="document.id")
    if len(document.html) > MAX_HTML or any(legal(text) != text for text in _texts(document.model_dump())):
        raise DocumentRejected("bad-field", "the record holds what no document of ours does", id=document.id)
    return record


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list | tuple):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)


async def _restored(intake: Intake, registry: Registry, lines: list[bytes], name: str) -> AsyncIterator[bytes]:
    for number, line in enumerate(lines, start=1):
        told = {"at": f"line {number}"} | await _told(intake, registry, line, name)
        yield json.dumps(told, ensure_ascii=False).encode() + b"\n"


async def _told(intake: Intake, registry: Registry, line: bytes, correlation_id: str) -> dict[str, Any]:
    try:
        await intake.room()
        decision = await registry.restore(record_of(line), correlation_id=correlation_id)
    except SyndicateError as error:
        return error_line(error)
    except RedisError:
        return error_line(Overloaded("the store does not answer"))
    document, status = decision.document, 202 if isinstance(decision, Changed) else 200
    return {"status": status, "id": document.id, "version": document.version, "change": change_of(decision)}
