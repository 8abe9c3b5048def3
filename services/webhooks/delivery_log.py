"""What became of deliveries: the newest, the dead by cause, and everything as lines to reconcile with."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from shared.errors import NotFound

PAGE = 500
MOST_DEAD_LISTED = 20_000


class DeliveryLog:
    """Reads what deliveries.py writes. `base`: its keys."""

    def __init__(self, redis: Any, base: str) -> None:
        self._redis = redis
        self._base = base

    async def recent(self, lane: str, limit: int, *, state: str | None = None) -> list[dict[str, Any]]:
        """A lane's newest deliveries with their attempts, newest first, and when the next attempt is due; `state`: only dead ones."""
        place = "dead" if state == "dead" else "log"
        found = await self._redis.zrevrange(f"{self._base}:{place}:{lane}", 0, limit - 1)
        return await self._shown(lane, found)

    async def one(self, lane: str, delivery: str) -> dict[str, Any]:
        """A delivery. Raises NotFound."""
        found = await self._shown(lane, [delivery.encode()])
        if not found or found[0].pop("partner") != lane:
            raise NotFound("there is no such delivery", partner=lane, delivery=delivery)
        return found[0]

    async def dead(self, lane: str) -> dict[str, int]:
        """How many deliveries were given up, by their cause, the most frequent first."""
        found = await self._redis.zrevrange(f"{self._base}:dead:{lane}", 0, MOST_DEAD_LISTED - 1)
        causes: Counter[str] = Counter()
        for begin in range(0, len(found), PAGE):
            async with self._redis.pipeline(transaction=False) as together:
                for delivery in found[begin : begin + PAGE]:
                    together.hget(f"{self._base}:delivery:{delivery.decode()}", "cause")
                causes.update((cause or b"unknown").decode() for cause in await together.execute())
        return dict(causes.most_common())

    async def export(self, lane: str) -> AsyncIterator[dict[str, Any]]:
        """Every delivery that is remembered, oldest first: event, state, attempts, when it ended."""
        # All ids at once: by pages of places the next ones would be missed when the oldest are forgotten meanwhile.
        found = await self._redis.zrange(f"{self._base}:log:{lane}", 0, -1)
        for begin in range(0, len(found), PAGE):
            for each in await self._shown(lane, found[begin : begin + PAGE]):
                attempts = each.pop("attempts")
                last = attempts[-1] if attempts else {}
                each.pop("partner")
                yield each | {"attempts": len(attempts), "last_status": last.get("status"), "last_at": last.get("at")}

    async def _shown(self, lane: str, deliveries: Sequence[bytes]) -> list[dict[str, Any]]:
        async with self._redis.pipeline(transaction=False) as together:
            for delivery in deliveries:
                together.hgetall(f"{self._base}:delivery:{delivery.decode()}")
                together.zscore(f"{self._base}:due:{lane}", delivery)
                together.zscore(f"{self._base}:fresh:{lane}", delivery)
                together.zscore(f"{self._base}:held:{lane}", delivery)
            replies = await together.execute()
        rows = [row for row in zip(deliveries, *(replies[n::4] for n in range(4)), strict=True) if row[1]]
        async with self._redis.pipeline(transaction=False) as together:
            for _, record, *_ in rows:
                together.hmget(f"{self._base}:payload:{record[b'event'].decode()}", "kind", "document")
            about = await together.execute()
        return [
            _row(delivery.decode(), _at_hand(record, held), due if due is not None else fresh, *facts)
            for (delivery, record, due, fresh, held), facts in zip(rows, about, strict=True)
        ]


def _at_hand(record: Mapping[bytes, bytes], held: float | None) -> Mapping[bytes, bytes]:
    return record if held is None else {**record, b"state": b"attempting"}


def _row(
    delivery: str, record: Mapping[bytes, bytes], due: float | None, kind: bytes | None, document: bytes | None
) -> dict[str, Any]:
    facts = {name.decode(): value.decode(errors="replace") for name, value in record.items()}
    tries = sorted((int(name.removeprefix("try:")), value) for name, value in facts.items() if name.startswith("try:"))
    state = facts.get("state", "waiting")
    waits = state == "waiting" and due is not None and due != float("inf")
    return {
        "id": delivery,
        "event": facts["event"],
        "type": (kind or b"").decode() or facts.get("kind", ""),
        "document": (document or b"").decode() or None,
        "partner": facts["partner"],
        "state": state,
        "cause": facts.get("cause") if state == "gave_up" else None,
        "created_at": _iso(float(facts["created"])),
        "next_attempt_at": _iso(due) if waits and due is not None else None,
        "attempts": [{"attempt": number} | json.loads(value) for number, value in tries],
    }


def _iso(at_ms: float) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
