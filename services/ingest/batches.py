"""Many documents in one request, and a line of JSON for each: one that cannot be read does not sink the others."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

from fastapi.responses import StreamingResponse
from redis.exceptions import RedisError

from services.ingest.documents import Reading
from services.ingest.draft import Draft
from services.ingest.intake import Read
from services.ingest.telling import error_line
from shared.errors import Overloaded, SyndicateError

NDJSON = "application/x-ndjson"

Take = Callable[[Draft], Awaitable[dict[str, Any]]]


async def at_most(reads: AsyncIterator[Read], count: int) -> list[Read]:
    """The first `count`; the iterator goes on behind them."""
    found: list[Read] = []
    while len(found) < count and (each := await anext(reads, None)) is not None:
        found.append(each)
    return found


def answered_by_lines(first: Sequence[Read], rest: AsyncIterator[Read], take: Take) -> StreamingResponse:
    """200, and a line as soon as each document is taken: `at` says which it is, `status` what its own answer would have been."""

    async def lines() -> AsyncIterator[bytes]:
        number = 0
        for each in first:
            number += 1
            yield await _line(each, number, take)
        async for each in rest:
            number += 1
            yield await _line(each, number, take)

    return StreamingResponse(lines(), media_type=NDJSON)


async def _line(read: Read, number: int, take: Take) -> bytes:
    told = {"at": read.at or f"document {number}"} | await _told(read, take)
    return json.dumps(told, ensure_ascii=False).encode(errors="replace") + b"\n"


async def _told(read: Read, take: Take) -> dict[str, Any]:
    if not isinstance(read, Reading):
        return error_line(read.error)
    try:
        return await take(read.draft)
    except SyndicateError as error:
        return error_line(error)
    except RedisError:
        return error_line(Overloaded("the store does not answer"))
