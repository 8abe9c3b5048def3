"""The pump: takes what is due, sends it, settles what came of it; turn after turn, beside other processes' pumps.

A turn writes down the attempts that ended since the last one in a single script call, and takes new deliveries in another. The
attempts themselves run beside the turns. A delivery in hand is leased: if this process dies, it is due again when the lease ends
and goes out once more under the same `webhook-id`.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from services.webhooks import outcome
from services.webhooks.deliveries import Deliveries, Settled, Taken
from services.webhooks.outbound import Answer, Outbound
from services.webhooks.outcome import Delivered, Disable, GaveUp, Outcome, RetryAt
from services.webhooks.partners import Partner, Partners
from services.webhooks.signing import headers
from shared.clock import Clock
from shared.logs import log

POLL_SECONDS = 0.1
SHORTEST_TURN_SECONDS = 0.005
"""What ends within this time is settled together."""
LEASE_SECONDS = 30.0
"""Twice the longest attempt."""
MOST_IN_FLIGHT = 512
MOST_PER_PARTNER = 64
MOST_PER_SUSPECT = 2
"""For a partner whose last attempt failed: one that hangs holds only these places until it answers again."""


def _chance() -> float:
    return random.uniform(-1, 1)  # noqa: S311 - spreads retries, keeps no secret


class Pump:
    """One process's part in delivering. `schedule`: see outcome.SCHEDULE; `chance`: gives the jitter, -1..1."""

    def __init__(
        self,
        *,
        deliveries: Deliveries,
        partners: Partners,
        outbound: Outbound,
        clock: Clock,
        schedule: Sequence[float] = outcome.SCHEDULE,
        lease_seconds: float = LEASE_SECONDS,
        chance: Callable[[], float] = _chance,
    ) -> None:
        self._deliveries = deliveries
        self._partners = partners
        self._outbound = outbound
        self._clock = clock
        self._schedule = schedule
        self._lease_seconds = lease_seconds
        self._chance = chance
        self._called = asyncio.Event()
        self._last_turn = float("-inf")
        self._under_way: dict[asyncio.Task[None], Taken] = {}
        self._busy: Counter[str] = Counter()
        self._suspects: set[str] = set()
        self._ended: list[Settled] = []

    @property
    def in_flight(self) -> int:
        """Attempts under way in this process."""
        return len(self._under_way)

    def wake(self) -> None:
        """Something may be due: do not wait for the next poll."""
        self._called.set()

    async def turn(self) -> None:
        """Wait for a call or the poll time, then settle and take. Raises what Redis raises; nothing is lost by that."""
        await self._wait()
        await self._settle()
        await self._take()

    async def drain(self, seconds: float) -> None:
        """Let attempts under way end for that long, hand the rest back, and close the connections."""
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=seconds)
        unfinished = dict(self._under_way)
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)
        now = self._clock.now()
        self._ended += [Settled(taken, "waiting", now, None) for taken in unfinished.values()]
        try:
            await self._settle()
        finally:
            await self._outbound.close()

    async def _wait(self) -> None:
        rest = self._last_turn + SHORTEST_TURN_SECONDS - time.monotonic()
        if rest > 0:
            await asyncio.sleep(rest)
        try:
            async with asyncio.timeout(POLL_SECONDS):
                await self._called.wait()
        except TimeoutError:
            pass
        self._called.clear()
        self._last_turn = time.monotonic()

    async def _settle(self) -> None:
        ended = self._ended[:]
        await self._deliveries.settle(ended, self._clock.now())
        # Only now: if Redis did not answer, they are settled in a later turn.
        del self._ended[: len(ended)]

    async def _take(self) -> None:
        partners = await self._partners.current()
        rooms = [(partner.id, self._room(partner)) for partner in self._least_busy_first(partners.values())]
        most = MOST_IN_FLIGHT - len(self._under_way)
        if most <= 0 or not rooms:
            return
        taken = await self._deliveries.take(rooms, most=most, now=self._clock.now(), lease_seconds=self._lease_seconds)
        for each in taken:
            self._start(partners[each.partner], each)

    def _least_busy_first(self, partners: Iterable[Partner]) -> list[Partner]:
        ready = [partner for partner in partners if partner.enabled and self._room(partner) > 0]
        return sorted(ready, key=lambda partner: self._busy[partner.id])

    def _room(self, partner: Partner) -> int:
        most = MOST_PER_SUSPECT if partner.id in self._suspects else MOST_PER_PARTNER
        return most - self._busy[partner.id]

    def _start(self, partner: Partner, taken: Taken) -> None:
        task = asyncio.create_task(self._attempt(partner, taken))
        self._under_way[task] = taken
        self._busy[partner.id] += 1
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        taken = self._under_way.pop(task)
        self._busy[taken.partner] -= 1
        if not self._busy[taken.partner]:
            del self._busy[taken.partner]
        if not task.cancelled() and (fault := task.exception()):
            # Redis was away just when a partner had to be disabled: it is attempted again when the lease ends.
            log.warning("delivery.unsettled", partner=taken.partner, delivery=taken.id, error=type(fault).__name__)
        self.wake()

    async def _attempt(self, partner: Partner, taken: Taken) -> None:
        began = self._clock.now()
        answer = await self._send(partner, taken, began)
        now = self._clock.now()
        verdict = outcome.after(
            answer.status,
            answer.error,
            attempt=taken.attempt + 1,
            schedule=self._schedule,
            retry_after=outcome.retry_after_seconds(answer.retry_after, now),
            jitter=self._chance(),
        )
        if isinstance(verdict, Disable):
            # Before the delivery is settled: a crash between the two only means to be told once more.
            await self._partners.disable(partner.id, verdict.reason)
        (self._suspects.discard if isinstance(verdict, Delivered) else self._suspects.add)(partner.id)
        self._ended.append(_settled(taken, answer, verdict, began, now))
        _tell(taken, answer, verdict)

    async def _send(self, partner: Partner, taken: Taken, began: datetime) -> Answer:
        body = taken.notice.body
        try:
            signed = headers(partner.keys(), taken.id, int(began.timestamp()), body)
            return await self._outbound.post(partner.url, body, signed)
        except Exception as fault:
            # Ours, not the partner's; but an attempt that counts, or it would come back with every lease for ever.
            log.exception("delivery.faulted", partner=partner.id, delivery=taken.id)
            return Answer(None, f"fault: {type(fault).__name__}")


def _settled(taken: Taken, answer: Answer, verdict: Outcome, began: datetime, now: datetime) -> Settled:
    word, seconds, reason = _words(verdict)
    record = {
        "at": began.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "status": answer.status,
        "error": answer.error,
        "duration_ms": round(answer.seconds * 1000, 1),
        "verdict": word,
        "reason": reason,
        "response": answer.body.decode(errors="replace"),
    }
    state = {"delivered": "delivered", "retry": "waiting"}.get(word, "gave_up")
    given = {name: value for name, value in record.items() if value not in (None, "")}
    return Settled(taken, state, now + timedelta(seconds=seconds or 0), given)


def _words(verdict: Outcome) -> tuple[str, float | None, str | None]:
    match verdict:
        case Delivered():
            return "delivered", None, None
        case RetryAt(seconds, reason):
            return "retry", seconds, reason
        case GaveUp(reason):
            return "gave_up", None, reason
        case Disable(reason):
            return "disabled", None, reason


def _tell(taken: Taken, answer: Answer, verdict: Outcome) -> None:
    word, seconds, reason = _words(verdict)
    tell = log.info if word == "delivered" else log.warning
    tell(
        "delivery.attempted",
        partner=taken.partner,
        delivery=taken.id,
        event_id=taken.notice.event,
        correlation=taken.notice.correlation,
        attempt=taken.attempt + 1,
        status=answer.status,
        duration_ms=round(answer.seconds * 1000, 1),
        verdict=word,
        reason=reason,
        next_in_s=None if seconds is None else round(seconds, 1),
    )
