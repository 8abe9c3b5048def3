"""Deliveries in Redis: what is due, what is under way, and what became of it. A lane is whom they go to: a partner.

    fresh ──take──▶ held ──settle──▶ settled | dead
      │              │ ▲                 │
      │      failed, │ │ take            │
      ▼ or lease over▼ │                 │
      └──(order)──▶ due ◀──── resend ────┘

webhooks:payload:<event>    hash: the bodies by their form, once for all lanes, kind, document, correlation, and by how many it is needed
webhooks:delivery:<id>      hash: event, partner, created, state, attempt (of this round), made (ever), try:<n> (each attempt as JSON),
                            cause (of giving up), line (its place in the stream, where order counts), with and leader (of a message
                            for several). No state is waiting, or attempting while it is held. The id is the `webhook-id`
webhooks:fresh|due|held:<lane>    sorted sets: never attempted, by the event's time; to be tried again, by the time at which it is due
                            ('inf': behind another about its document); leased, by the lease's end; all times in ms
webhooks:taking:<lane>      hash: the number of the taking that leased each delivery; it alone can settle. webhooks:takings counts them
webhooks:takers             sorted set: which processes take, by when they last did
webhooks:settled|dead|log:<lane>  sorted sets: delivered, given up, and all of them; beyond a bound the oldest are forgotten
webhooks:line:<lane>:<document>   sorted set: what is to go in order
webhooks:pace:<lane>        hash: tat, until, level, slowed (how fast it may go), failing (since when nothing succeeds)
webhooks:lanes              sorted set: lanes by the time at which something of theirs may be due
webhooks:ledger             sorted set: the newest events by their place in the stream (ledger.py)
"""

from __future__ import annotations

import secrets as chance
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from services.webhooks.items import WORDS_OF_ONE, Kept, Lane, Notice, Settled, Taken, milliseconds, taken_of, words_of
from shared.errors import NotFound
from shared.notices import message_id
from shared.steps import Command, Word, in_parts

LUA = Path(__file__).parent / "lua"
AT_ONCE = 500
GROUP = "webhooks"


class Deliveries:
    """The schedule and the log; every process of the service shares them. `ordered_by`: the key of the stream whose order counts."""

    def __init__(
        self,
        redis: Any,
        key: Callable[..., str],
        *,
        kept: Kept | None = None,
        ordered_by: str = "",
        room: str = "webhooks",
    ) -> None:
        self.redis = redis
        self.base = key(room)
        self._kept = kept or Kept()
        self.more_is_due = False
        """Whether the last taking left something behind for which there was no room."""
        self.takers = 1
        """How many processes took from this schedule when this one last did."""
        self._order = (ordered_by, GROUP, chance.token_hex(4))
        scripts = {path.stem: path.read_text() for path in LUA.glob("*.lua")}
        self._take = redis.register_script(scripts["take"])
        self._renew = redis.register_script(scripts["renew"])
        self._settle = redis.register_script(scripts["drop"] + scripts["line"] + scripts["settle"])
        self._bound = redis.register_script(scripts["drop"] + scripts["line"] + scripts["bound"])
        self._forget = redis.register_script(scripts["drop"] + scripts["forget"])
        self._resend = redis.register_script(scripts["revive"] + scripts["resend"])
        self._recover = redis.register_script(scripts["revive"] + scripts["recover"])

    def planned(
        self, notice: Notice, lanes: Sequence[str], now: datetime, ordered: Iterable[str] = ()
    ) -> tuple[Command, ...]:
        """The commands that make one due delivery for each lane; done twice, they change nothing.

        `ordered`: the lanes that get what concerns one document in the order of the stream.
        """
        if not lanes and not notice.place:
            return ()
        base, at, payload = self.base, milliseconds(now), f"{self.base}:payload:{notice.event}"
        facts: list[Word] = ["kind", notice.kind, "document", notice.document, "correlation", notice.correlation]
        for form, body in notice.bodies.items():
            facts += [form, body]
        found: list[Command] = [
            ("HSETNX", payload, "needed", len(lanes) + bool(notice.place)),
            ("HSET", payload, *facts),
        ]
        if notice.place:
            found.append(("ZADD", f"{base}:ledger", "NX", notice.place, notice.event))
        for lane in lanes:
            delivery = message_id(notice.event, lane)
            found += (
                ("HSET", f"{base}:delivery:{delivery}", "event", notice.event, "partner", lane, "created", at),
                ("ZADD", f"{base}:fresh:{lane}", "NX", at, delivery),
                ("ZADD", f"{base}:log:{lane}", "NX", at, delivery),
            )
        for lane in ordered:
            delivery = message_id(notice.event, lane)
            found += (
                ("HSET", f"{base}:delivery:{delivery}", "line", notice.place),
                ("ZADD", f"{base}:line:{lane}:{notice.document}", "NX", notice.place, delivery),
            )
        found += in_parts("ZADD", f"{base}:lanes", "LT", words=[word for lane in lanes for word in (at, lane)])
        return tuple(found)

    async def schedule(self, notice: Notice, lanes: Sequence[str], now: datetime) -> None:
        """Make deliveries that no event of the belt caused."""
        async with self.redis.pipeline(transaction=True) as together:
            for command in self.planned(notice, lanes, now):
                together.execute_command(*command)
            await together.execute()

    async def ready(self, now: datetime) -> set[str]:
        """The lanes of which something may be due."""
        found = await self.redis.zrangebyscore(f"{self.base}:lanes", "-inf", milliseconds(now))
        return {lane.decode() for lane in found}

    async def look_at(self, lanes: Sequence[str], now: datetime) -> None:
        """Have a look at these lanes at once, whatever is known of their next time."""
        if lanes:
            words = [word for lane in lanes for word in (milliseconds(now), lane)]
            await self.redis.execute_command("ZADD", f"{self.base}:lanes", "LT", *words)

    async def take(self, lanes: Iterable[Lane], *, most: int, now: datetime, lease_seconds: float) -> list[Taken]:
        """Lease what is due now, first attempts before all others: at most `most` in all, and for each lane what it has room for."""
        at = milliseconds(now)
        words: list[Word] = [at, at + round(lease_seconds * 1000), most, *self._order]
        forms = {}
        for lane in lanes:
            forms[lane.id] = lane.form
            words += (lane.id, lane.room, lane.most, lane.rate, lane.burst, lane.together, lane.linger_ms, lane.form)
        taking, taken, flat, behind, self.takers = await self._take(keys=[self.base], args=words)
        self.more_is_due = bool(behind)
        return taken_of(taking, taken, flat, forms)

    async def renew(self, taken: Iterable[Taken], now: datetime, lease_seconds: float) -> None:
        """Keep the leases of attempts that are still under way."""
        words: list[Word] = [milliseconds(now) + round(lease_seconds * 1000)]
        words += [word for each in taken for word in (each.id, each.lane, each.taking)]
        if len(words) > 1:
            await self._renew(keys=[self.base], args=words)

    async def settle(self, ended: Sequence[Settled], now: datetime) -> int:
        """Write down how attempts ended; gives how many of them were still ours to settle."""
        lanes: dict[str, list[Word]] = {}
        for each in ended:
            lanes.setdefault(each.taken.lane, []).extend(words_of(each))
        if not lanes:
            return 0
        words: list[Word] = [milliseconds(now), self._kept.settled, self._kept.dead, self._kept.tries]
        for lane, attempts in lanes.items():
            words += (lane, len(attempts) // WORDS_OF_ONE, *attempts)
        return int(await self._settle(keys=[self.base], args=words))

    async def resend(self, lane: str, delivery: str, now: datetime) -> str:
        """Send a delivery again; gives resent, hurried (it was waiting) or attempting. Raises NotFound."""
        word = await self._resend(keys=[self.base], args=[lane, delivery, milliseconds(now)])
        if word == b"unknown":
            raise NotFound("there is no such delivery", partner=lane, delivery=delivery)
        return str(word.decode())

    async def recover(self, lane: str, since: datetime, now: datetime) -> int:
        """Send again what was given up since then; gives how many."""
        sent, until = 0, milliseconds(now)
        while count := int(
            await self._recover(keys=[self.base], args=[lane, milliseconds(since), until, until, AT_ONCE])
        ):
            sent += count
        return sent

    async def bound(self, lane: str, most: int, now: datetime) -> int:
        """Give up the oldest of a lane's backlog beyond `most`; gives how many."""
        given_up = 0
        while count := int(
            await self._bound(keys=[self.base], args=[lane, most, milliseconds(now), AT_ONCE, self._kept.dead])
        ):
            given_up += count
        return given_up

    async def forget(self, lane: str) -> None:
        """Forget all deliveries of a lane."""
        while await self._forget(keys=[self.base], args=[lane, AT_ONCE]):
            pass

    async def waiting(self, lane: str) -> int:
        """How many deliveries of a lane have not ended yet."""
        async with self.redis.pipeline(transaction=True) as together:
            for name in ("fresh", "due", "held"):
                together.zcard(f"{self.base}:{name}:{lane}")
            return sum(await together.execute())

    async def standing(self, lanes: Sequence[str]) -> list[tuple[int, float | None]]:
        """`waiting` and `failing_since` of many lanes at once."""
        async with self.redis.pipeline(transaction=False) as together:
            for lane in lanes:
                for name in ("fresh", "due", "held"):
                    together.zcard(f"{self.base}:{name}:{lane}")
                together.hget(f"{self.base}:pace:{lane}", "failing")
            found = await together.execute()
        rows = [found[place : place + 4] for place in range(0, len(found), 4)]
        return [(sum(counts), float(failing) / 1000 if failing else None) for *counts, failing in rows]

    async def forgive(self, lane: str) -> None:
        """Forget how a lane failed, and that it asked for rest: somebody says that it is well again."""
        await self.redis.hdel(f"{self.base}:pace:{lane}", "failing", "until", "level", "slowed")

    async def failing_since(self, lane: str) -> float | None:
        """Since when (Unix seconds) every attempt of a lane failed; None if the last one did not."""
        found = await self.redis.hget(f"{self.base}:pace:{lane}", "failing")
        return float(found) / 1000 if found else None
