"""The control: a chain of consumers written as FastStream's documentation shows them, under the same killer and the same counting.

Only one thing is kinder than the defaults: each group is made at 0, not at the stream's end, or every document that was published
before the first start would be missing too. Run as a process: python -m tests.benchmarks.chaos.control SERVICE
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Collection
from typing import Any

import redis.asyncio
from aiohttp import web
from faststream import FastStream
from faststream.redis import RedisBroker, StreamSub
from pydantic import BaseModel
from redis.exceptions import ResponseError

from shared.events import BELT
from tests.benchmarks.chaos.plan import CONSUMERS
from tests.benchmarks.chaos.streams import STREAM_OF, Streams

NEXT = dict(zip(BELT, [*BELT][1:], strict=False))
FIRST = next(iter(BELT))


class Paper(BaseModel):
    """What flows."""

    id: str
    title: str
    text: str = ""


def stage(broker: RedisBroker, group: str, store: Any) -> None:
    """One consumer: its effect is a number in Redis, then the document is published to the next stream."""
    stream = STREAM_OF[group]

    async def consume(paper: Paper) -> Paper:
        await store.hincrby(f"effects:{group}", paper.id, 1)
        return paper

    handler: Any = broker.subscriber(stream=StreamSub(stream, group=group, consumer=group))(consume)
    if stream in NEXT:
        broker.publisher(stream=NEXT[stream])(handler)


async def serve(service: str) -> None:
    """Run one service until it is killed."""
    url, port = os.environ["SYNDICATE_REDIS_URL"], int(os.environ["SYNDICATE_PORT"])
    broker = RedisBroker(url)
    store = redis.asyncio.Redis.from_url(url)
    if service in CONSUMERS:
        await _make_group(store, service)
        stage(broker, service, store)
    runner = web.AppRunner(_door(broker), access_log=None)
    await runner.setup()
    app = FastStream(broker)
    app.after_startup(web.TCPSite(runner, "127.0.0.1", port).start)
    await app.run()


async def _make_group(store: Any, group: str) -> None:
    try:
        await store.xgroup_create(STREAM_OF[group], group, id="0", mkstream=True)
    except ResponseError as error:
        if "BUSYGROUP" not in str(error):
            raise


def _door(broker: RedisBroker) -> web.Application:
    async def take(request: web.Request) -> web.Response:
        paper = Paper.model_validate(await request.json())
        await broker.publish(paper, stream=FIRST)
        return web.json_response({"id": paper.id}, status=202)

    async def ready(_: web.Request) -> web.Response:
        return web.json_response({"status": "ready"})

    door = web.Application()
    door.router.add_post("/documents", take)
    door.router.add_get("/health/ready", ready)
    return door


def count(streams: Streams, accepted: Collection[str]) -> dict[str, Any]:
    """For each stage the documents that had its effect, that never had, and that had it more than once."""
    stages = {}
    for group in CONSUMERS:
        effects = {name.decode(): int(times) for name, times in streams.client.hgetall(f"effects:{group}").items()}
        twice = sum(times > 1 for times in effects.values())
        stages[group] = {"processed": len(effects), "lost": len(set(accepted) - effects.keys()), "duplicated": twice}
    lost = stages[CONSUMERS[-1]]["lost"]
    return {
        "accepted": len(accepted),
        "stages": stages,
        "pending": sum(map(streams.pending, BELT)),
        "stranded": lost,
        "stranded_percent": round(100 * lost / max(len(accepted), 1), 2),
        "duplicated": sum(each["duplicated"] for each in stages.values()),
    }


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
