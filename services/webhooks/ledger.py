"""The ledger: the newest events with what was told of each, in the order of the stream; what is pulled, replayed and reconciled.

An event stands in it from the very step that plans its deliveries. Several processes plan at once, so the newest lines may come out of
order; a reader is shown only what lies before everything that is not planned yet, and so never misses a line behind its cursor.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from redis.exceptions import ResponseError

from services.webhooks.deliveries import GROUP, LUA
from services.webhooks.filters import facts_of
from services.webhooks.items import in_form, place_of
from services.webhooks.partner import Partner
from services.webhooks.planning import hears
from shared.errors import Gone
from shared.notices import VERSION, message_id

AT_ONCE = 500
THIN = str(VERSION)


class CursorExpired(Gone):
    """Events behind the cursor are no longer kept: the reader missed some, and must know."""

    code = "cursor-expired"
    title = "Events after this cursor are no longer kept"


@dataclass(frozen=True, slots=True)
class Line:
    """An event of the ledger; `body`: thin, in the newest version."""

    place: int
    event: str
    kind: str
    document: str
    body: bytes

    def about(self) -> dict[str, Any]:
        """The message as a value."""
        told: dict[str, Any] = json.loads(self.body)
        return told


class Ledger:
    """Reads and trims the ledger. `base`: the deliveries' keys; `stream`: the key of the stream that it follows."""

    def __init__(self, redis: Any, base: str, stream: str) -> None:
        self._redis = redis
        self._base = base
        self._stream = stream
        self._trim = redis.register_script((LUA / "trim.lua").read_text())

    async def after(self, place: int, limit: int, until: int | None = None) -> list[Line]:
        """At most `limit` lines behind a place, and none behind `until` or behind what is not planned yet.

        Raises CursorExpired if some are no longer kept.
        """
        if place < (trimmed := await self.trimmed()):
            raise CursorExpired("start again from `oldest`, and fetch the feeds for what is before", oldest=trimmed)
        horizon = await self.horizon()
        last = f"({horizon}" if until is None or horizon <= until else str(until)
        found = await self._redis.zrangebyscore(
            f"{self._base}:ledger", f"({place}", last, start=0, num=limit, withscores=True
        )
        async with self._redis.pipeline(transaction=False) as together:
            for event, _ in found:
                together.hmget(f"{self._base}:payload:{event.decode()}", "kind", "document", THIN)
            payloads = await together.execute()
        return [
            Line(int(at), event.decode(), kind.decode(), document.decode(), body)
            for (event, at), (kind, document, body) in zip(found, payloads, strict=True)
            if body is not None
        ]

    async def trimmed(self) -> int:
        """The place of the last line that was let go."""
        return int(await self._redis.get(f"{self._base}:trimmed") or 0)

    async def last(self) -> int:
        """The place of the newest line."""
        found = await self._redis.zrevrange(f"{self._base}:ledger", 0, 0, withscores=True)
        return int(found[0][1]) if found else await self.trimmed()

    async def trim(self, kept: int) -> None:
        """Let the oldest lines go."""
        while await self._trim(keys=[self._base], args=[kept, AT_ONCE]):
            pass

    async def heard(self, partners: Sequence[Partner], documents: Sequence[str]) -> dict[str, set[str]]:
        """Of each partner with a filter, those of the documents that it was told of."""
        filtered = [partner.id for partner in partners if not partner.filter.empty]
        if not filtered or not documents:
            return {}
        async with self._redis.pipeline(transaction=False) as together:
            for partner in filtered:
                together.smismember(f"{self._base}:told:{partner}", list(documents))
            known = await together.execute()
        return {
            partner: {document for document, told in zip(documents, flags, strict=True) if told}
            for partner, flags in zip(filtered, known, strict=True)
        }

    async def remember(self, partner: Partner) -> None:
        """Note the documents that a partner was told of while it had no filter, as far back as the ledger goes."""
        cursor, told = placed(partner.created_at), f"{self._base}:told:{partner.id}"
        while found := await self._redis.zrangebyscore(
            f"{self._base}:ledger", f"({cursor}", "+inf", start=0, num=AT_ONCE, withscores=True
        ):
            async with self._redis.pipeline(transaction=False) as together:
                for event, _ in found:
                    together.hmget(f"{self._base}:payload:{event.decode()}", "kind", "document")
                about = await together.execute()
            documents = [document for kind, document in about if document and kind.decode() in partner.events]
            if documents:
                await self._redis.sadd(told, *documents)
            cursor = int(found[-1][1])

    async def meant_for(self, partner: Partner, lines: Sequence[Line]) -> list[Line]:
        """Those of the lines that the partner hears of."""
        wanted = [line for line in lines if line.kind in partner.events]
        if partner.filter.empty or not wanted:
            return wanted
        heard = (await self.heard([partner], [line.document for line in wanted])).get(partner.id, set())
        return [
            line for line in wanted if hears(partner, line.kind, facts_of(line.about()["data"]), line.document in heard)
        ]

    async def horizon(self) -> int:
        """The first place at which something may still be planned; as take.lua has it."""
        try:
            groups = await self._redis.xinfo_groups(self._stream)
        except ResponseError:  # there is no stream yet
            return 0
        ours = next((group for group in groups if group["name"].decode() == GROUP), None)
        if ours is None:
            return 0
        if not ours["pending"]:
            return place_of(ours["last-delivered-id"].decode()) + 1
        pending = await self._redis.xpending(self._stream, GROUP)
        return place_of(pending["min"].decode()) if pending["min"] else 0


def pulled(line: Line, partner: Partner) -> dict[str, Any]:
    """A line as the partner pulls it: its message, the webhook-id under which it is pushed, and the cursor behind it."""
    told: dict[str, Any] = json.loads(in_form(line.body, THIN, partner.form))
    return {"sequence": line.place, "webhook_id": message_id(line.event, partner.id)} | told


def placed(moment: datetime) -> int:
    """The place in the stream of what was laid on it at a moment."""
    return round(moment.timestamp() * 1000) * 1000
