"""Asking callbacks whether they meant it, and telling them when they are denied (WebSub, sections 5.2 and 5.3).

hub:requests    hash: number → request as JSON      hub:asked   sorted set: number → when it is to be seen to, in ms
hub:ended:<id>  number of the request that ended the subscription, for an hour

A request stands in Redis before it is answered with 202, so a process that dies takes none with it: when its lease ends, somebody asks
again, with another challenge. Nothing of a subscription changes before its callback has said yes.
"""

from __future__ import annotations

import asyncio
import hmac
import secrets as chance
from collections.abc import Callable
from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

from services.webhooks.hub import metrics
from services.webhooks.hub.subscription import Mode, Request, Subscription, question_to, verified
from services.webhooks.hub.subscriptions import Subscriptions
from services.webhooks.items import milliseconds
from services.webhooks.outbound import Answer, Outbound
from shared.clock import Clock
from shared.errors import Overloaded
from shared.logs import log

LUA = Path(__file__).parent / "lua"
POLL_SECONDS = 0.2
LEASE = timedelta(seconds=60)
"""Longer than an answer may take; then somebody else asks."""
MOST_AT_ONCE = 256
"""So that callbacks that hang hold up the others for no longer than it takes to give them up."""
MOST_WRITING = 16
MOST_WAITING = 20_000
CHALLENGE_BYTES = 24
REMEMBERED_SECONDS = 3_600
"""So long an end is remembered, for answers to earlier requests that come late."""


class Verifying:
    """One process's part in asking. `ended`: what is done when a subscription has ended."""

    def __init__(
        self, redis: Any, subscriptions: Subscriptions, outbound: Outbound, clock: Clock, changed: Callable[[], None]
    ) -> None:
        self._redis = redis
        self._subscriptions = subscriptions
        self._outbound = outbound
        self._clock = clock
        self._changed = changed
        self._base = subscriptions.base
        self._claim = redis.register_script((LUA / "claim.lua").read_text())
        self._under_way: set[asyncio.Task[None]] = set()
        self._called = asyncio.Event()
        self._writing = asyncio.Semaphore(MOST_WRITING)

    async def number(self) -> int:
        """The number of the next request."""
        return int(await self._redis.incr(f"{self._base}:request"))

    async def ask(self, request: Request) -> None:
        """Have a callback asked, or told, soon. Raises Overloaded."""
        if await self.waiting() >= MOST_WAITING:
            raise Overloaded("too many callbacks are to be asked first", retry_after=30)
        now = milliseconds(self._clock.now())
        async with self._redis.pipeline(transaction=True) as together:
            together.hset(f"{self._base}:requests", str(request.number), request.model_dump_json())
            together.zadd(f"{self._base}:asked", {str(request.number): now})
            await together.execute()
        self._called.set()

    async def waiting(self) -> int:
        """How many requests are not settled yet."""
        return int(await self._redis.zcard(f"{self._base}:asked"))

    async def turn(self) -> None:
        """See to what is due; the answers are waited for beside the turns."""
        self._called.clear()
        most = MOST_AT_ONCE - len(self._under_way)
        now = self._clock.now()
        keys = [f"{self._base}:asked", f"{self._base}:requests"]
        words = [milliseconds(now), milliseconds(now + LEASE), most]
        found = await self._claim(keys=keys, args=words) if most > 0 else []
        for stored in found[1::2]:
            task = asyncio.create_task(self._settle(Request.model_validate_json(stored)))
            self._under_way.add(task)
            task.add_done_callback(self._finished)
        if len(found) < 2 * most or most <= 0:
            await self._wait()

    async def drain(self, seconds: float) -> None:
        """Let answers come for that long; what has none then is asked again by somebody else."""
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=seconds)
        for task in list(self._under_way):
            task.cancel()

    async def _wait(self) -> None:
        timer = asyncio.get_running_loop().call_later(POLL_SECONDS, self._called.set)
        await self._called.wait()
        timer.cancel()

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        if not task.cancelled() and (fault := task.exception()):
            log.warning("subscription.unsettled", error=type(fault).__name__)
        self._called.set()

    async def _settle(self, request: Request) -> None:
        """Ask, do what follows, and forget the request."""
        challenge, asked_at = chance.token_urlsafe(CHALLENGE_BYTES), self._clock.now()
        answer = await self._outbound.get(question_to(request, challenge))
        async with self._writing:
            word = await self._done(request, confirmed=confirms(answer, challenge), asked_at=asked_at)
        metrics.ASKED.labels(word).inc()
        told = answer.error or f"status {answer.status}"
        log.info(
            f"subscription.{word}", subscription=request.place, mode=request.mode, topic=request.topic, answer=told
        )

    async def _done(self, request: Request, *, confirmed: bool, asked_at: datetime) -> str:
        """What follows from an answer; gives a word for it. Asked twice, the second answer changes nothing more."""
        if request.mode is Mode.DENIED:
            word = "denied"
        elif confirmed:
            await self._apply(request, asked_at)
            word = "verified"
        else:
            word = "refused"
        async with self._redis.pipeline(transaction=True) as together:
            together.hdel(f"{self._base}:requests", str(request.number))
            together.zrem(f"{self._base}:asked", str(request.number))
            await together.execute()
        return word

    async def _apply(self, request: Request, asked_at: datetime) -> None:
        """Do what the callback agreed to. A lease counts from the question (WebSub, section 5.3), the last request decides (5.1)."""
        if await self._overtaken(request):
            return

        def decide(known: Subscription | None) -> Subscription | None:
            if known and known.number >= request.number:  # a later request was faster
                return known
            if request.mode is Mode.UNSUBSCRIBE:
                return None
            return verified(request, known, asked_at)

        if request.mode is Mode.UNSUBSCRIBE:
            await self._redis.set(self._end_of(request), request.number, ex=REMEMBERED_SECONDS)
        await self._subscriptions.revise(request.place, decide)
        if await self._overtaken(request):  # in this very moment
            await self._subscriptions.revise(
                request.place, lambda known: None if known and known.number == request.number else known
            )
        self._changed()

    async def _overtaken(self, request: Request) -> bool:
        """Whether a later request ended the subscription."""
        return int(await self._redis.get(self._end_of(request)) or 0) > request.number

    def _end_of(self, request: Request) -> str:
        return f"{self._base}:ended:{request.place}"


def confirms(answer: Answer, challenge: str) -> bool:
    """Whether a callback gave the challenge back: a 2xx whose body it is, and nothing else (WebSub, section 5.3.1)."""
    if answer.status is None or not HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
        return False
    return hmac.compare_digest(answer.body, challenge.encode())
