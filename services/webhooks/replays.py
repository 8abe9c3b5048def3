"""Replays: events of the ledger sent again to one partner, by a query, at a rate, from where the last page ended.

A replay is a job in Redis. Each page is planned in one step with the job's cursor: killed, it goes on behind the last page, and no event
is planned twice in one run. What is replayed goes behind first attempts, under the same webhook-id as ever.

webhooks:replay:<id>     hash: partner, query (JSON), cursor, until, rate, sent, state (running | done | stopped), started (ms; later
                         by as long as it stood still), ended (ms)
webhooks:replays         sorted set: the jobs by their start (s), the newest hundred
"""

from __future__ import annotations

import secrets as chance
from collections.abc import Mapping, Sequence
from typing import Any

from services.webhooks.deliveries import LUA, Deliveries
from services.webhooks.filters import facts_of
from services.webhooks.items import milliseconds
from services.webhooks.ledger import CursorExpired, Ledger, Line, placed
from services.webhooks.partner import Partner
from services.webhooks.partners import Partners
from services.webhooks.requests import NewReplay
from shared.clock import Clock
from shared.errors import Conflict, NotFound
from shared.logs import log
from shared.notices import message_id
from shared.steps import Word

PAGE = 500
JOBS_KEPT = 100
MADE_UP_SECONDS = 2.0
"""So much of a standstill is made up for."""
MOST_RUNNING = 10
"""For one partner; each is looked at ten times a second."""
RUNNING = "running"


class Replays:
    """The jobs of all partners; every process works on all of them."""

    def __init__(self, deliveries: Deliveries, ledger: Ledger, partners: Partners, clock: Clock) -> None:
        self._redis = deliveries.redis
        self._base = deliveries.base
        self._ledger = ledger
        self._partners = partners
        self._clock = clock
        scripts = [(LUA / f"{name}.lua").read_text() for name in ("revive", "replay")]
        self._page = self._redis.register_script("".join(scripts))

    async def count(self, partner: Partner, query: NewReplay) -> int:
        """How many events a replay would send."""
        cursor, until = await self._range(query)
        found = 0
        while lines := await self._ledger.after(cursor, PAGE, until):
            found += len(await self._matching(partner, query, lines))
            cursor = lines[-1].place
        return found

    async def start(self, partner: Partner, query: NewReplay) -> dict[str, Any]:
        """Begin a replay; its first page is planned by the next turn. Raises Conflict at MOST_RUNNING."""
        if list((await self._running()).values()).count(partner.id) >= MOST_RUNNING:
            raise Conflict("the partner has as many replays under way as it can have", most=MOST_RUNNING)
        cursor, until = await self._range(query)
        job, now = chance.token_hex(8), self._clock.now()
        facts: dict[str, Word] = {"partner": partner.id, "query": query.model_dump_json(), "cursor": cursor}
        facts |= {"until": until, "rate": query.rate, "sent": 0, "state": RUNNING, "started": milliseconds(now)}
        async with self._redis.pipeline(transaction=True) as together:
            together.hset(self._key(job), mapping=facts)
            together.zadd(f"{self._base}:replays", {job: now.timestamp()})
            await together.execute()
        log.info("replay.started", partner=partner.id, replay=job)
        return await self.one(partner.id, job)

    async def one(self, partner: str, job: str) -> dict[str, Any]:
        """How a replay stands. Raises NotFound."""
        found = {name.decode(): value.decode() for name, value in (await self._redis.hgetall(self._key(job))).items()}
        if found.get("partner") != partner:
            raise NotFound("there is no such replay", partner=partner, replay=job)
        told = {"id": job, "state": found["state"], "sent": int(found["sent"]), "cursor": int(found["cursor"])}
        return told | {"until": int(found["until"]), "rate": float(found["rate"])}

    async def stop(self, partner: str, job: str) -> dict[str, Any]:
        """Plan no more of a replay."""
        if (await self.one(partner, job))["state"] == RUNNING:
            await self._redis.hset(self._key(job), "state", "stopped")
        return await self.one(partner, job)

    async def turn(self) -> bool:
        """Plan what is due of every running job; False if there is none."""
        running = await self._running()
        for job in running:
            await self._plan(job)
        for job in (await self._jobs())[:-JOBS_KEPT]:
            if job not in running:
                await self._redis.delete(self._key(job))
                await self._redis.zrem(f"{self._base}:replays", job)
        return bool(running)

    async def _jobs(self) -> list[str]:
        """All jobs, the oldest first."""
        return [job.decode() for job in await self._redis.zrange(f"{self._base}:replays", 0, -1)]

    async def _running(self) -> dict[str, str]:
        """The running jobs, and whose they are."""
        jobs = await self._jobs()
        async with self._redis.pipeline(transaction=False) as together:
            for job in jobs:
                together.hmget(self._key(job), "state", "partner")
            found = await together.execute()
        return {job: lane.decode() for job, (state, lane) in zip(jobs, found, strict=True) if state == RUNNING.encode()}

    async def _plan(self, job: str) -> None:
        found = {name.decode(): value.decode() for name, value in (await self._redis.hgetall(self._key(job))).items()}
        query, now = NewReplay.model_validate_json(found["query"]), self._clock.now()
        known = (await self._partners.current()).get(found["partner"])
        if known is None:
            await self._redis.hset(self._key(job), "state", "stopped")
            return None
        if not known.ready or (room := await self._room(job, found, query.rate)) <= 0:
            return None
        until = int(found["until"])
        try:
            lines = await self._ledger.after(int(found["cursor"]), PAGE, until)
        except CursorExpired:
            return await self._pass_over(job, found)
        if not lines and await self._ledger.horizon() <= until:
            return None  # what comes next is not planned yet
        matching = (await self._matching(known, query, lines))[:room]
        cut = len(matching) == room
        cursor = matching[-1].place if cut else lines[-1].place if lines else until
        last = cursor >= until
        words: list[Word] = [found["cursor"], cursor, milliseconds(now), known.id, int(last)]
        for line in matching:
            words += (message_id(line.event, known.id), line.event)
        planned = await self._page(keys=[self._base, self._key(job)], args=words)
        if planned >= 0 and last:
            log.info("replay.done", partner=known.id, replay=job)
        return None

    async def _room(self, job: str, found: Mapping[str, str], rate: float) -> int:
        """How many may be planned now. A job that stood still, its partner disabled or no process there, does not make up for it.

        Nor does one wait for a clock that was set back to come to where it was.
        """
        now, sent = milliseconds(self._clock.now()), int(found["sent"])
        room = int((now - int(found["started"])) / 1000 * rate + 1) - sent
        if abs(room) <= (most := int(rate * MADE_UP_SECONDS) + 1):
            return room
        await self._redis.hset(self._key(job), "started", round(now - (sent / rate + MADE_UP_SECONDS) * 1000))
        return most

    async def _pass_over(self, job: str, found: Mapping[str, str]) -> None:
        """The ledger let events go before their turn came: go on with the oldest that it has, as a replay that begins now."""
        oldest, now = await self._ledger.trimmed(), milliseconds(self._clock.now())
        words: list[Word] = [found["cursor"], oldest, now, found["partner"], 0]
        await self._page(keys=[self._base, self._key(job)], args=words)
        log.warning("replay.overtaken", partner=found["partner"], replay=job, cursor=oldest)

    async def _matching(self, partner: Partner, query: NewReplay, lines: Sequence[Line]) -> list[Line]:
        meant = await self._ledger.meant_for(partner, lines)
        return [line for line in meant if _asked(query, line)]

    async def _range(self, query: NewReplay) -> tuple[int, int]:
        begin = placed(query.since) - 1 if query.since else 0
        last = await self._ledger.last()
        return max(begin, await self._ledger.trimmed()), min(last, placed(query.until)) if query.until else last

    def _key(self, job: str) -> str:
        return f"{self._base}:replay:{job}"


def _asked(query: NewReplay, line: Line) -> bool:
    if query.ids and line.event not in query.ids:
        return False
    if query.events and line.kind not in query.events:
        return False
    return query.filter.empty or query.filter.passes(facts_of(line.about()["data"]))
