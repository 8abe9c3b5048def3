"""What a request brings along: its body within limits, the versions that it means, and the name to follow it by."""

from __future__ import annotations

import re
import uuid

from fastapi import Request
from starlette.requests import ClientDisconnect

from shared.errors import DocumentRejected, Rejected

CORRELATION = "X-Request-ID"
SAFE_NAME = re.compile(r"[A-Za-z0-9._:-]{1,64}")
DRAINED_BYTES = 32_000_000
"""How much of a body that is too large is read and thrown away, so that its sender gets to hear why instead of a broken pipe."""

ENTITY_TAG = re.compile(r'(?:W/)?"(\d{1,15})"')


class Abandoned(Rejected):
    """The sender went away before the whole body was here."""

    code = "abandoned"
    title = "The request ended before its body"
    status = 400


async def body_of(request: Request, limit: int) -> bytes:
    """The body. Raises DocumentRejected for one of more than `limit` bytes, of which no more than that is ever held; Abandoned."""
    declared = request.headers.get("Content-Length", "")
    if declared.isdigit() and int(declared) > DRAINED_BYTES:
        raise _too_large(limit)
    pieces: list[bytes] = []
    length = 0
    try:
        async for piece in request.stream():
            length += len(piece)
            if length > DRAINED_BYTES:
                break
            if length > limit:
                pieces.clear()
            else:
                pieces.append(piece)
    except ClientDisconnect:
        raise Abandoned from None
    if length > limit:
        raise _too_large(limit)
    return b"".join(pieces)


def correlation_of(request: Request) -> str:
    """The sender's own name for this request if it is short and safe, else a new one."""
    said = request.headers.get(CORRELATION, "")
    return said if SAFE_NAME.fullmatch(said) else str(uuid.uuid4())


def versions_of(request: Request) -> frozenset[int] | None:
    """The versions that If-Match allows (RFC 9110, section 13.1.1); None allows all."""
    said = request.headers.get("If-Match")
    if said is None or said.strip() == "*":
        return None
    return frozenset(int(tag) for tag in ENTITY_TAG.findall(said))


def _too_large(limit: int) -> DocumentRejected:
    return DocumentRejected("too-large", f"the document is larger than {limit} bytes", limit=limit)
