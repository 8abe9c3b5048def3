"""Idempotency-Key: a request that comes again with the same key and body gets the first answer again, and does nothing.

Source: draft-ietf-httpapi-idempotency-key-header-07. The same key with another request is 422, while the first one is still running
409. The answer to a change is written in the very step of the change, so that no crash can come between the two.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from fastapi import Request, Response
from redis.exceptions import RedisError

from services.ingest.registry import Registry
from shared.errors import Conflict, Rejected, SyndicateError
from shared.steps import Command
from shared.web import problem_of

HEADER = "Idempotency-Key"
KEPT_SECONDS = 24 * 3600
CLAIM_SECONDS = 60
"""After this a request counts as dead, and the same one may be made again; what it did is found and not done twice."""
SHAPE = re.compile(r"[\x21-\x7e]{1,255}")
SAME_STATUS_LATER = frozenset({409, 412, 429})
"""Beside those of 500 and above: what is answered so now may be answered otherwise in a moment."""


class KeyRejected(Rejected):
    code = "bad-idempotency-key"
    title = "An Idempotency-Key has 1 to 255 visible ASCII characters"
    status = 400


class KeyReused(Rejected):
    code = "idempotency-key-reused"
    title = "This Idempotency-Key stands for another request"


class StillRunning(Conflict):
    code = "still-running"
    title = "The first request with this Idempotency-Key is still running"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the answer to one request is kept; `fingerprint` tells this request from another one under the same key."""

    claim: str
    answer: str
    fingerprint: str

    def kept(self, response: Response) -> Command:
        """The command that keeps an answer."""
        headers = {
            name: response.headers[name] for name in ("etag", "location", "content-type") if name in response.headers
        }
        told = {"fingerprint": self.fingerprint, "status": response.status_code, "headers": headers}
        return ("SET", self.answer, json.dumps(told | {"body": bytes(response.body).decode()}), "EX", KEPT_SECONDS)


class Requests:
    """The answers of the last day, by their keys."""

    def __init__(self, client: Any, key: Callable[..., str], registry: Registry) -> None:
        self._client = client
        self._key = key
        self._registry = registry

    async def once(self, request: Request, body: bytes, run: Callable[[Place | None], Awaitable[Response]]) -> Response:
        """The answer that `run` gives, or gave when this request was here before. Raises KeyRejected, KeyReused, StillRunning."""
        place = self._place(request, body)
        if place is None:
            return await run(None)
        if (earlier := await self._earlier(place)) is not None:
            return earlier
        try:
            response = await run(place)
        except SyndicateError as error:
            response = problem_of(error, request)
        except BaseException:
            with suppress(RedisError):
                await self._client.delete(place.claim)
            raise
        if response.status_code < 500 and response.status_code not in SAME_STATUS_LATER:  # noqa: PLR2004 - RFC 9110, section 15.6
            await self._client.execute_command(*place.kept(response))
        await self._client.delete(place.claim)
        return response

    def _place(self, request: Request, body: bytes) -> Place | None:
        said = request.headers.get(HEADER)
        if said is None:
            return None
        if not SHAPE.fullmatch(said):
            raise KeyRejected
        name = blake2b(said.encode(), digest_size=16).hexdigest()
        about = (
            request.method,
            request.url.path,
            request.url.query,
            *map(request.headers.get, ("content-type", "if-match")),
        )
        seen = blake2b("\n".join(map(str, about)).encode() + b"\n" + body, digest_size=16).hexdigest()
        return Place(self._key("ingest", "request", name), self._key("ingest", "answer", name), seen)

    async def _earlier(self, place: Place) -> Response | None:
        """The answer of before; None if this request is the first, which it has claimed now."""
        async with self._client.pipeline(transaction=True) as pipe:
            pipe.set(place.claim, place.fingerprint, nx=True, ex=CLAIM_SECONDS)
            pipe.get(place.claim)
            pipe.get(place.answer)
            first, claimed_by, kept = await pipe.execute()
        told = json.loads(kept) if kept else None
        if (told["fingerprint"] if told else claimed_by.decode()) != place.fingerprint:
            if first:
                await self._client.delete(place.claim)
            raise KeyReused("take a new key for a new request")
        if told is None and not first:
            raise StillRunning("ask again in a moment")
        if told is None or not await self._stands(told):
            return None
        await self._client.delete(place.claim)
        headers = told["headers"] | {"Idempotency-Replayed": "true"}
        return Response(told["body"], told["status"], headers=headers)

    async def _stands(self, told: dict[str, Any]) -> bool:
        """Whether what was answered would outlive Redis: the process that answered may have died before it was sure of that."""
        if told["status"] not in {200, 202}:
            return True
        document = json.loads(told["body"])
        return await self._registry.stands(document["id"], document["version"])
