"""The pump: takes what is due, sends it, settles what came of it; turn after turn, beside other processes' pumps.

A turn writes down the attempts that ended since the last one in a single script call, and takes new deliveries in another. The
attempts themselves run beside the turns. A delivery in hand is leased, and the lease is renewed: if this process dies, it is due again
when the lease ends and goes out once more under the same `webhook-id`. Whom it goes to and in which words is the route's business (Route).
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.webhooks import attempts, outcome
from services.webhooks.deliveries import Deliveries
from services.webhooks.items import Lane, Settled, Taken
from services.webhooks.outbound import Answer
from services.webhooks.outcome import Delivered, Disable
from shared.clock import Clock
from shared.logs import log

POLL_SECONDS = 0.1
SHORTEST_TURN_SECONDS = 0.005
"""What ends within this time is settled together."""
LEASE_SECONDS = 4.0
"""Renewed four times in its length while an attempt lasts; so what a dead process had in hand goes out again within as much."""
MOST_IN_FLIGHT = 1_024
MOST_PER_LANE = 64
MOST_PER_SUSPECT = 2
"""For a lane whose last attempt got no answer: one that hangs holds only these places until it answers again."""
MOST_BYTES_PER_LANE = 8_000_000
"""Whole texts, several in a message: by their number alone, what is under way for one lane could fill the memory."""
FEW_LANES = 16
"""So many are asked about without looking first which of them have something to do."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How a lane wants to be told. `schedule`: see outcome.SCHEDULE; `ordered`: one about a document after the other; the rest as in Lane."""

    most: int = MOST_PER_LANE
    rate: float = 0.0
    together: int = 1
    linger_ms: int = 0
    form: str = "2"
    schedule: Sequence[float] | None = None
    ordered: bool = False


class Route(Protocol):
    """Whom deliveries go to: partners, or the subscribers of a hub."""

    async def lanes(self) -> Mapping[str, Terms]:
        """The lanes that take deliveries now; may be a moment old."""

    async def send(self, taken: Taken, at: datetime) -> Answer:
        """One attempt; whatever comes of it is an answer."""

    async def ended(self, lane: str, reason: str) -> None:
        """The lane answered that it is gone."""


def _chance() -> float:
    return random.uniform(-1, 1)  # noqa: S311 - spreads retries, keeps no secret


def some_of(lanes: Collection[str]) -> Iterable[str]:
    """So many of the lanes that some of them are not under way here, always others: of ten thousand each turn asks about some."""
    if len(lanes) <= 2 * MOST_IN_FLIGHT:
        return lanes
    names, begin = [*lanes, *lanes], random.randrange(len(lanes))  # noqa: S311 - fairness, no secret
    return names[begin : begin + 2 * MOST_IN_FLIGHT]


class Pump:
    """One process's part in delivering. `schedule`: see outcome.SCHEDULE; `chance`: gives the jitter, -1..1."""

    def __init__(
        self,
        *,
        deliveries: Deliveries,
        route: Route,
        clock: Clock,
        schedule: Sequence[float] = outcome.SCHEDULE,
        lease_seconds: float = LEASE_SECONDS,
        chance: Callable[[], float] = _chance,
    ) -> None:
        self._deliveries = deliveries
        self._route = route
        self._clock = clock
        self._schedule = tuple(schedule)
        self._lease_seconds = lease_seconds
        self._chance = chance
        self._called = asyncio.Event()
        self._due = True
        self._last_turn = float("-inf")
        self._under_way: dict[asyncio.Task[None], Taken] = {}
        self._last_renewal = time.monotonic()
        self._long: list[asyncio.Task[None]] = []
        self._busy: Counter[str] = Counter()
        self._weight: Counter[str] = Counter()
        self._suspects: set[str] = set()
        self._terms: Mapping[str, Terms] = {}
        self._ended: list[Settled] = []

    @property
    def in_flight(self) -> int:
        """Attempts under way in this process."""
        return len(self._under_way)

    def wake(self) -> None:
        """Something may be due: do not wait for the next poll."""
        self._due = True
        self._called.set()

    async def turn(self) -> None:
        """Wait for a call or the poll time, then settle and take. Raises what Redis raises; nothing is lost by that."""
        await self._wait()
        await self._settle()
        await self._renew()
        if self._due or self._deliveries.more_is_due:
            self._due = False
            await self._take()

    async def drain(self, seconds: float) -> None:
        """Let attempts under way end for that long, and hand the rest back."""
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=seconds)
        unfinished = dict(self._under_way)
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)
        now = self._clock.now()
        self._ended += [Settled(taken, "waiting", now, None) for taken in unfinished.values()]
        await self._settle()

    async def _wait(self) -> None:
        rest = self._last_turn + SHORTEST_TURN_SECONDS - time.monotonic()
        if rest > 0:
            await asyncio.sleep(rest)
        if not self._called.is_set():
            timer = asyncio.get_running_loop().call_later(POLL_SECONDS, self.wake)
            await self._called.wait()
            timer.cancel()
        self._called.clear()
        self._last_turn = time.monotonic()

    async def _settle(self) -> None:
        ended = self._ended[:]
        # The next one about the same document may go now; of other lanes an end makes nothing due that was not left behind.
        self._due |= any(terms.ordered for each in ended if (terms := self._terms.get(each.taken.lane)))
        await self._deliveries.settle(ended, self._clock.now())
        # Only now: if Redis did not answer, they are settled in a later turn.
        del self._ended[: len(ended)]

    async def _renew(self) -> None:
        """What was under way at the last renewal and still is keeps its lease."""
        if time.monotonic() - self._last_renewal < self._lease_seconds / 4:
            return
        self._last_renewal = time.monotonic()
        long = [self._under_way[task] for task in self._long if task in self._under_way]
        self._long = list(self._under_way)
        await self._deliveries.renew(long, self._clock.now(), self._lease_seconds)

    async def _take(self) -> None:
        self._terms = await self._route.lanes()
        most, now = MOST_IN_FLIGHT - len(self._under_way), self._clock.now()
        ready: Collection[str] = self._terms
        if len(self._terms) > FEW_LANES:
            ready = self._terms.keys() & await self._deliveries.ready(now)
        asked = [self._lane(name) for name in some_of(ready)]
        lanes = sorted([lane for lane in asked if lane.room > 0], key=lambda lane: self._busy[lane.id])
        lanes = lanes[: most + FEW_LANES]
        self._due |= most <= 0 or len(lanes) < len(ready)  # who is full now is asked about again when an attempt ends
        if most <= 0 or not lanes:
            return
        for taken in await self._deliveries.take(lanes, most=most, now=now, lease_seconds=self._lease_seconds):
            self._start(taken)

    def _lane(self, name: str) -> Lane:
        terms = self._terms[name]
        return Lane(
            name,
            room=self._room(name, terms),
            most=terms.most,
            rate=terms.rate,
            burst=max(1.0, terms.rate / 4),
            together=terms.together,
            linger_ms=terms.linger_ms,
            form=terms.form,
        )

    def _room(self, name: str, terms: Terms) -> int:
        """Never more than half of the places that are left: however many lanes hang, there is one for the next.

        And no more than this process's part of the lane's own: who settles and takes at once would leave the others none.
        """
        if self._weight[name] >= MOST_BYTES_PER_LANE:
            return 0
        most = MOST_PER_SUSPECT if name in self._suspects else -(-terms.most // self._deliveries.takers)
        left = (MOST_IN_FLIGHT - len(self._under_way) + 1) // 2
        return min(most - self._busy[name], left)

    def _start(self, taken: Taken) -> None:
        task = asyncio.create_task(self._attempt(taken))
        self._under_way[task] = taken
        self._busy[taken.lane] += 1
        self._weight[taken.lane] += taken.weight
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        taken = self._under_way.pop(task)
        self._busy[taken.lane] -= 1
        self._weight[taken.lane] -= taken.weight
        if not self._busy[taken.lane]:
            del self._busy[taken.lane], self._weight[taken.lane]
        if not task.cancelled() and (fault := task.exception()):
            # Redis was away just when a partner had to be disabled: it is attempted again when the lease ends.
            log.warning("delivery.unsettled", partner=taken.lane, delivery=taken.id, error=type(fault).__name__)
        self._called.set()

    async def _attempt(self, taken: Taken) -> None:
        began = self._clock.now()
        answer = await self._send(taken, began)
        now = self._clock.now()
        terms = self._terms.get(taken.lane) or Terms()
        schedule = terms.schedule or self._schedule
        verdict = attempts.judged(taken, answer, now, schedule, self._chance())
        if isinstance(verdict, Disable):
            # Before the delivery is settled: a crash between the two only means to be told once more.
            await self._route.ended(taken.lane, verdict.reason)
        if isinstance(verdict, Delivered) or answer.status is not None:
            self._suspects.discard(taken.lane)
        else:
            self._suspects.add(taken.lane)
        self._ended.append(attempts.settled(taken, answer, verdict, began, now))
        attempts.tell(taken, answer, verdict)

    async def _send(self, taken: Taken, began: datetime) -> Answer:
        try:
            return await self._route.send(taken, began)
        except Exception as fault:
            # Ours, not the partner's; but an attempt that counts, or it would come back with every lease for ever.
            log.exception("delivery.faulted", partner=taken.lane, delivery=taken.id)
            return Answer(None, f"fault: {type(fault).__name__}")
