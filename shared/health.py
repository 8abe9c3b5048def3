"""/health/live, /health/ready and /metrics: what stands between this process and its work, in words and in numbers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import REGISTRY
from redis.exceptions import RedisError

from shared.host import Host
from shared.standing import Health

PATIENCE_SECONDS = 3.0


def install(host: Host) -> None:
    """Put the three addresses on the host's web."""

    async def live(_: Request) -> Response:
        return PlainTextResponse("alive\n", headers={"Cache-Control": "no-store"})

    async def ready(_: Request) -> Response:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                found = await host.belt.health()
                dead = await host.redis.xlen(host.belt.dead_key)
        except (RedisError, TimeoutError) as error:
            return _verdict(["Redis does not answer: " + type(error).__name__], [], 0, host.warnings)
        return _verdict([f"{state.group}: {state.fault}" for state in found if state.fault], found, dead, host.warnings)

    async def metrics(_: Request) -> Response:
        found = await host.belt.health()
        return Response(_exposition(found, await host.redis.xlen(host.belt.dead_key)), media_type=CONTENT_TYPE_LATEST)

    for path, endpoint, media_type in (
        ("/health/live", live, "text/plain"),
        ("/health/ready", ready, "application/json"),
        ("/metrics", metrics, "text/plain"),
    ):
        told: dict[int | str, dict[str, Any]] = {200: {"description": "It", "content": {media_type: {}}}}
        if endpoint is ready:
            told[503] = {"description": "Not ready; `faults` says why", "content": {media_type: {}}}
        host.web.add_api_route(
            path, endpoint, methods=["GET"], response_model=None, responses=told, tags=["operations"]
        )
        host.web.add_api_route(path, endpoint, methods=["HEAD"], response_model=None, include_in_schema=False)


def _verdict(faults: list[str], found: list[Health], dead: int, warnings: Mapping[str, str]) -> Response:
    body = {
        "status": "not ready" if faults else "ready",
        "faults": faults,
        "warnings": [f"{source}: {sentence}" for source, sentence in sorted(warnings.items())],
        "dead_letters": dead,
        "consumers": [state.facts() for state in found],
    }
    return JSONResponse(body, 503 if faults else 200, headers={"Cache-Control": "no-store"})


def _exposition(found: list[Health], dead: int) -> bytes:
    registry = CollectorRegistry()
    names = ("stream", "group")
    backlog = Gauge("syndicate_backlog_entries", "Entries that the group has not settled", names, registry=registry)
    pending = Gauge("syndicate_pending_entries", "Entries in some consumer's hands", names, registry=registry)
    waiting = Gauge("syndicate_oldest_pending_seconds", "Age of the oldest pending entry", names, registry=registry)
    letters = Gauge("syndicate_dead_letters", "Entries among the dead letters", registry=registry)
    for state in found:
        labels = (state.stream, state.group)
        backlog.labels(*labels).set(state.backlog)
        pending.labels(*labels).set(state.pending)
        waiting.labels(*labels).set(state.waiting_s)
    letters.set(dead)
    return generate_latest(registry) + generate_latest(REGISTRY)
