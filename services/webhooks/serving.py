"""What a partner fetches for itself: events by cursor or as a stream of server-sent events, its ledger, its public keys."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import Path, Query, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from services.webhooks.delivery_log import DeliveryLog
from services.webhooks.ledger import Ledger, pulled
from services.webhooks.partner import Partner
from services.webhooks.partners import Partners
from services.webhooks.requests import RequestRejected
from shared.errors import Overloaded

EVENT_STREAM = "text/event-stream"
NDJSON = "application/x-ndjson"
POLL_SECONDS = 0.25
SILENCE_SECONDS = 15.0
"""After so long without an event the stream says something, so that nobody on the way thinks it dead."""
PAGE = 200
MOST_STREAMS = 100
MOST_STREAMS_OF_ONE = 10
"""So that no partner takes the places of all others."""

Id = Annotated[str, Path(max_length=64)]
Cursor = Annotated[
    int | None,
    Query(ge=0, le=10**16, description="the `sequence` of the last event that was seen; default: the oldest"),
]
Limit = Annotated[int, Query(ge=1, le=1_000)]


class Serving:
    """The routes for partners that fetch."""

    def __init__(self, partners: Partners, ledger: Ledger, log: DeliveryLog) -> None:
        self._partners = partners
        self._ledger = ledger
        self._log = log
        self._streams: Counter[str] = Counter()

    async def events(self, request: Request, partner: Id, after: Cursor = None, limit: Limit = 100) -> Response:
        """What the partner is told, by cursor: the same messages under the same ids as by push. `next` is where to go on.

        With `Accept: text/event-stream` as server-sent events that go on as things happen; Last-Event-ID goes before `after`.
        """
        found = await self._partners.following(partner)
        if EVENT_STREAM in request.headers.get("accept", ""):
            return await self._stream(request, found, after)
        cursor = after if after is not None else await self._ledger.trimmed()
        told: list[dict[str, Any]] = []
        more = True
        while more and len(told) < limit:
            lines = await self._ledger.after(cursor, limit)
            meant = (await self._ledger.meant_for(found, lines))[: limit - len(told)]
            told += [pulled(line, found) for line in meant]
            more = len(lines) == limit
            cursor = meant[-1].place if len(told) >= limit else lines[-1].place if lines else cursor
        return JSONResponse({"events": told, "next": cursor, "more": more})

    async def _stream(self, request: Request, partner: Partner, after: int | None) -> Response:
        last = request.headers.get("last-event-id", "")
        if last and not (last.isascii() and last.isdigit() and len(last) <= len("9" * 16)):
            raise RequestRejected("Last-Event-ID is no sequence of ours")
        cursor = int(last) if last else after if after is not None else await self._ledger.trimmed()
        await self._ledger.after(cursor, 1)  # raises what is wrong with the cursor, while it can still be told
        if self._streams[partner.id] >= MOST_STREAMS_OF_ONE or self._streams.total() >= MOST_STREAMS:
            raise Overloaded("too many streams are open; pull by cursor", retry_after=30)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(self._said(partner, cursor), media_type=EVENT_STREAM, headers=headers)

    async def _said(self, partner: Partner, cursor: int) -> AsyncIterator[str]:
        self._streams[partner.id] += 1
        silent = 0.0
        try:
            yield ": welcome\n\n"
            while known := await self._entitled(partner):
                lines = await self._ledger.after(cursor, PAGE)
                for line in await self._ledger.meant_for(known, lines):
                    yield f"id: {line.place}\nevent: {line.kind}\ndata: {_flat(pulled(line, known))}\n\n"
                    silent = 0.0
                cursor = lines[-1].place if lines else cursor
                if not lines:
                    await asyncio.sleep(POLL_SECONDS)
                    silent += POLL_SECONDS
                if silent >= SILENCE_SECONDS:
                    yield ": still here\n\n"
                    silent = 0.0
        finally:
            self._streams[partner.id] -= 1
            if not self._streams[partner.id]:
                del self._streams[partner.id]

    async def _entitled(self, partner: Partner) -> Partner | None:
        """The partner as it is now; None if it was removed, or its token is void."""
        known = (await self._partners.current()).get(partner.id)
        return known if known and known.token == partner.token else None

    async def ledger(self, partner: Id) -> Response:
        """Every delivery that is remembered, oldest first, a line of JSON each: event, webhook-id, state, attempts."""
        await self._partners.get(partner)

        async def lines() -> AsyncIterator[str]:
            async for each in self._log.export(partner):
                yield _flat(each) + "\n"

        return StreamingResponse(lines(), media_type=NDJSON)

    async def keys(self, partner: Id) -> Response:
        """The public halves of the keys that sign this partner's messages (Ed25519): as whpk_… and as a JWK Set (RFC 8037)."""
        found = await self._partners.get(partner)
        public = [key for key in found.keys if key.public]
        return JSONResponse({"keys": [_jwk(key.id, key.public or "", key.until) for key in public]})


def _jwk(name: str, public: str, until: Any) -> dict[str, Any]:
    raw = public.removeprefix("whpk_").rstrip("=").translate(str.maketrans("+/", "-_"))
    told = {"kty": "OKP", "crv": "Ed25519", "use": "sig", "kid": name, "x": raw, "whpk": public}
    return told | ({"until": until.isoformat()} if until else {})


def _flat(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
