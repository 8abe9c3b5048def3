"""Deliveries in Redis: what is due, what is under way, and what became of it.

    waiting ──take──▶ attempting ──settle──▶ delivered | gave_up
       ▲                  │                        │
       └── failed, or the lease ended ◀── resend ──┘

webhooks:payload:<event>      hash: the body, once for all partners, and how many deliveries still need it
webhooks:delivery:<id>        hash: event, partner, kind, document, correlation, created, state, lease, attempt (of this round), made (ever),
                              try:<n> (each attempt as JSON). The id is the `webhook-id`
webhooks:due:<partner>        sorted set: what is not settled, by the time (ms) at which it is due; one for each partner, so that
                              a partner that does not answer cannot stand in the way of the others
webhooks:log:<partner>        sorted set: all of its deliveries by the time (ms) of the event
webhooks:settled:<partner>    sorted set: the settled ones by the time (ms) of settling; beyond SETTLED_KEPT the oldest are forgotten
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from shared.errors import NotFound
from shared.notices import message_id
from shared.steps import Command, Word

LUA = Path(__file__).parent / "lua"
SETTLED_KEPT = 1_000
TRIES_KEPT = 20
FORGOTTEN_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Notice:
    """What partners are told of one event."""

    event: str
    kind: str
    body: bytes
    document: str = ""
    correlation: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """A delivery that is leased to us. `attempt`: attempts of this round so far; `made`: attempts ever."""

    id: str
    partner: str
    lease: int
    attempt: int
    made: int
    notice: Notice


@dataclass(frozen=True, slots=True)
class Settled:
    """How an attempt ended. `due`: when to try again; `record`: the attempt for the log, None if none was made."""

    taken: Taken
    state: str
    due: datetime
    record: Mapping[str, object] | None


class Deliveries:
    """The schedule and the log; every process of the service shares them."""

    def __init__(self, redis: Any, key: Callable[..., str], *, kept: int = SETTLED_KEPT) -> None:
        self._redis = redis
        self._key = key
        self._base = key("webhooks")
        self._kept = kept
        drop = _script("drop")
        self._take = redis.register_script(_script("take"))
        self._settle = redis.register_script(drop + _script("settle"))
        self._forget = redis.register_script(drop + _script("forget"))
        self._resend = redis.register_script(_script("resend"))

    def planned(self, notice: Notice, partners: Iterable[str], now: datetime) -> tuple[Command, ...]:
        """The commands that make one due delivery for each partner; done twice, they change nothing."""
        told = tuple(partners)
        if not told:
            return ()
        payload = self._key("webhooks", "payload", notice.event)
        begin: tuple[Command, ...] = (
            ("HSETNX", payload, "needed", len(told)),
            ("HSET", payload, "body", notice.body),
        )
        return begin + tuple(command for partner in told for command in self._one(notice, partner, now))

    def _one(self, notice: Notice, partner: str, now: datetime) -> tuple[Command, ...]:
        delivery, at = message_id(notice.event, partner), milliseconds(now)
        record = self._key("webhooks", "delivery", delivery)
        facts: dict[str, str | int] = {"event": notice.event, "partner": partner, "kind": notice.kind, "created": at}
        facts |= {"document": notice.document, "correlation": notice.correlation}
        return (
            ("HSETNX", record, "state", "waiting"),
            ("HSET", record, *(word for fact in facts.items() for word in fact)),
            ("ZADD", self._key("webhooks", "due", partner), "NX", at, delivery),
            ("ZADD", self._key("webhooks", "log", partner), "NX", at, delivery),
        )

    async def schedule(self, notice: Notice, partners: Iterable[str], now: datetime) -> None:
        """Make deliveries that no event of the belt caused."""
        async with self._redis.pipeline(transaction=True) as together:
            for command in self.planned(notice, partners, now):
                together.execute_command(*command)
            await together.execute()

    async def take(
        self, rooms: Iterable[tuple[str, int]], *, most: int, now: datetime, lease_seconds: float
    ) -> list[Taken]:
        """Lease what is due now, the longest due first: at most `most` in all, and for each (partner, room) at most its room."""
        at = milliseconds(now)
        words = [at, at + round(lease_seconds * 1000), most, *(word for room in rooms for word in room)]
        taken, flat = await self._take(keys=[self._base], args=words)
        bodies = dict(zip(flat[::2], flat[1::2], strict=True))
        return [_taken(fields, bodies[fields[2]]) for fields in taken]

    async def settle(self, ended: Sequence[Settled], now: datetime) -> int:
        """Write down how attempts ended; gives how many were still ours to settle."""
        words: list[Word] = [milliseconds(now), self._kept, TRIES_KEPT]
        for each in ended:
            record = json.dumps(each.record, ensure_ascii=False, separators=(",", ":")) if each.record else ""
            words += [each.taken.id, each.taken.lease, each.state, milliseconds(each.due), record]
        return sum(await self._settle(keys=[self._base], args=words)) if ended else 0

    async def resend(self, partner: str, delivery: str, now: datetime) -> str:
        """Send a delivery again; gives resent, hurried (it was waiting) or attempting. Raises NotFound."""
        word = await self._resend(keys=[self._base], args=[partner, delivery, milliseconds(now)])
        if word == b"unknown":
            raise NotFound("there is no such delivery", partner=partner, delivery=delivery)
        return str(word.decode())

    async def forget(self, partner: str) -> None:
        """Forget all deliveries of a partner."""
        while await self._forget(keys=[self._base], args=[partner, FORGOTTEN_AT_ONCE]):
            pass

    async def waiting(self, partner: str) -> int:
        """How many deliveries of a partner are not settled yet."""
        return int(await self._redis.zcard(self._key("webhooks", "due", partner)))

    async def recent(self, partner: str, limit: int) -> list[dict[str, Any]]:
        """A partner's newest deliveries with their attempts, newest first, and when the next attempt is due."""
        found = await self._redis.zrevrange(self._key("webhooks", "log", partner), 0, limit - 1)
        async with self._redis.pipeline(transaction=False) as together:
            for delivery in found:
                together.hgetall(self._key("webhooks", "delivery", delivery.decode()))
                together.zscore(self._key("webhooks", "due", partner), delivery)
            replies = await together.execute()
        pairs = zip(found, replies[::2], replies[1::2], strict=True)
        return [_shown(delivery.decode(), record, due) for delivery, record, due in pairs if record]


def milliseconds(moment: datetime) -> int:
    """Unix milliseconds."""
    return round(moment.timestamp() * 1000)


def _script(name: str) -> str:
    return (LUA / f"{name}.lua").read_text()


def _taken(fields: Sequence[Any], body: bytes) -> Taken:
    delivery, partner, event, lease, attempt, made, kind, document, correlation = fields
    notice = Notice(event.decode(), kind.decode(), body, document.decode(), correlation.decode())
    return Taken(delivery.decode(), partner.decode(), lease, attempt, made, notice)


def _shown(delivery: str, record: Mapping[bytes, bytes], due: float | None) -> dict[str, Any]:
    facts = {name.decode(): value.decode() for name, value in record.items()}
    tries = sorted((int(name.removeprefix("try:")), value) for name, value in facts.items() if name.startswith("try:"))
    waits = facts["state"] == "waiting" and due is not None
    return {
        "id": delivery,
        "event": facts["event"],
        "type": facts["kind"],
        "document": facts["document"] or None,
        "state": facts["state"],
        "created_at": _iso(float(facts["created"])),
        "next_attempt_at": _iso(due) if waits and due is not None else None,
        "attempts": [{"attempt": number} | json.loads(value) for number, value in tries],
    }


def _iso(at_ms: float) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
