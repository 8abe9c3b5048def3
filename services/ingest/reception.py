"""What a request brings along: its body within limits, and the versions that it means."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Request
from starlette.requests import ClientDisconnect

from shared.errors import DocumentRejected, Overloaded, Rejected, SyndicateError

DRAINED_BYTES = 32_000_000
"""How much of a body that is too large is read and thrown away, so that its sender gets to hear why instead of a broken pipe."""

ENTITY_TAG = re.compile(r'(?:W/)?"(\d{1,15})(?:-[^"]*)?"')
"""A version is the beginning of every entity tag of a document, whichever service and whichever of its forms it stands for."""


MANY = frozenset(
    {
        "application/x-ndjson", "application/ndjson", "application/jsonl", "application/rss+xml", "application/atom+xml", "application/xml",
        "text/xml", "text/x-opml", "text/uri-list", "application/vnd.pubmed+xml", "application/nbib", "application/x-research-info-systems",
    }
)  # fmt: skip
"""Types of bodies that hold many documents, and may be larger for it; one that turns out to hold many is answered by lines in any case."""
LARGE = frozenset(
    {"application/pdf", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "application/gzip"}
)
"""Types of which most is no text."""
BUDGET_BYTES = 128_000_000


class Abandoned(Rejected):
    """The sender went away before the whole body was here."""

    code = "abandoned"
    title = "The request ended before its body"
    status = 400


class PreconditionRequired(SyndicateError):
    """A change without a word on what is to be changed could undo somebody else's (RFC 6585, section 3)."""

    code = "precondition-required"
    title = "Say which version is meant"
    status = 428


class HandsFull(Overloaded):
    """So much is being read at once that more would not fit into memory."""

    code = "too-many-at-once"
    title = "Too much is being sent at once"
    status = 429


class Hands:
    """What this process holds of requests that are not answered yet: as much as fits into BUDGET_BYTES."""

    def __init__(self, budget: int = BUDGET_BYTES) -> None:
        self._left = budget

    @asynccontextmanager
    async def holding(self, request: Request, limit: int) -> AsyncIterator[bytes]:
        """The body of a request, of at most `limit` bytes. Raises HandsFull while there is no room for it."""
        declared = request.headers.get("Content-Length", "")
        size = min(int(declared), limit) if declared.isdigit() else limit
        if size > self._left:
            raise HandsFull("too much is being sent at once; send it again in a moment", retry_after=1)
        self._left -= size
        try:
            yield await body_of(request, limit)
        finally:
            self._left += size


def media_type_of(request: Request) -> str:
    """The media type that the sender claims, without its parameters."""
    return request.headers.get("Content-Type", "").partition(";")[0].strip().lower()


async def body_of(request: Request, limit: int) -> bytes:
    """The body. Raises DocumentRejected for one of more than `limit` bytes, of which no more than that is ever held; Abandoned."""
    declared = request.headers.get("Content-Length", "")
    if declared.isdigit() and int(declared) > max(limit, DRAINED_BYTES):
        raise _too_large(limit)
    pieces: list[bytes] = []
    length = 0
    try:
        async for piece in request.stream():
            length += len(piece)
            if length > max(limit, DRAINED_BYTES):
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


def versions_of(request: Request) -> frozenset[int] | None:
    """The versions that If-Match allows (RFC 9110, section 13.1.1); None allows all.

    Raises PreconditionRequired if the request does not say. `*` says: whichever there is.
    """
    said = request.headers.get("If-Match")
    if said is None:
        raise PreconditionRequired(
            "send `If-Match` with the ETag that you know, or `If-Match: *` for whichever there is"
        )
    return versions_in(said)


def versions_in(said: str) -> frozenset[int] | None:
    """The versions that a value of If-Match names; None for `*`."""
    if said.strip() == "*":
        return None
    return frozenset(int(tag) for tag in ENTITY_TAG.findall(said))


def _too_large(limit: int) -> DocumentRejected:
    return DocumentRejected("too-large", f"the document is larger than {limit} bytes", limit=limit)
