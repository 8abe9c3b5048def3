"""A process ends when it is asked to, whatever it is about."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from redis.asyncio import Redis

from shared.clock import SystemClock
from shared.host import Host, run, turn_for_ever
from shared.settings import Settings
from shared.streams import Belt
from shared.web import create_web, operator_check


async def until_stopped(url: str, ready: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    """A process without services, until it ends."""
    settings, stop = Settings(port=0), asyncio.Event()
    async with Redis.from_url(url) as client, asyncio.timeout(10):
        web = create_web(settings.title, "test")
        belt = Belt(client, settings, SystemClock())
        host = Host(settings, client, belt, web, SystemClock(), operator_check("token"))
        await run(host, ready=lambda: ready(stop), stop=stop)


async def test_a_stop_is_heard_before_all_is_ready(redis_url: str) -> None:
    """Seeds that a full Redis does not take would keep the process for ever."""
    given_up: list[str] = []

    async def ready(stop: asyncio.Event) -> None:
        stop.set()
        try:
            await asyncio.Event().wait()
        finally:
            given_up.append("ready")

    await until_stopped(redis_url, ready)

    assert ["ready"] == given_up


async def test_what_goes_wrong_before_all_is_ready_ends_the_process(redis_url: str) -> None:
    """With that error, not in silence."""

    async def ready(_: asyncio.Event) -> None:
        raise ValueError("no seeds")

    with pytest.raises(ValueError, match="no seeds"):
        await until_stopped(redis_url, ready)


async def test_a_loop_outlives_a_cancellation_that_escapes_from_its_turn() -> None:
    """As any other error it is logged and waited out; only who means the loop itself ends it."""
    turns: list[int] = []
    twice = asyncio.Event()

    async def turn() -> None:
        turns.append(1)
        if len(turns) == 2:
            twice.set()
        inner = asyncio.create_task(asyncio.sleep(60))
        inner.cancel()
        await inner

    loop = asyncio.create_task(turn_for_ever("loop", turn))
    async with asyncio.timeout(10):
        await twice.wait()
    loop.cancel()
    await asyncio.wait([loop], timeout=10)

    assert loop.cancelled()
