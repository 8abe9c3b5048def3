"""Whole processes with partitions are killed with -9 while documents come: nothing is lost, and all lists are right in the end."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from services.related.partitions.post import Silent
from shared.settings import ROOT
from tests.integration.related.partition_room import NAMES, PartitionProcess, process, until
from tests.integration.related.room import PARTS, STREAM, told, uninterrupted
from tests.processes import Process
from tests.redis_servers import RedisServer

PARTITIONS = 3
DEADLINE_SECONDS = 300


def started(server: RedisServer, folder: Path) -> Process:
    """A process of `related` as a user starts it."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SYNDICATE_")} | {
        "SYNDICATE_REDIS_URL": server.url,
        "SYNDICATE_PORT": "0",
        "SYNDICATE_DATA": str(folder),
        "SYNDICATE_RELATED_PARTITIONS": str(PARTITIONS),
        "SYNDICATE_LEASE_SECONDS": "1",
        "SYNDICATE_BATCH_SIZE": "3",
        "PYTHONPATH": str(ROOT),
    }
    return Process((sys.executable, "-m", "services", "related"), cwd=ROOT, env=environment)


@asynccontextmanager
async def crew(server: RedisServer, folder: Path) -> AsyncIterator[list[Process]]:
    """A process for each partition, and a stand-by."""
    processes = [started(server, folder) for _ in range(PARTITIONS + 1)]
    try:
        yield processes
    finally:
        for each in processes:
            each.kill()


async def deciding(onlooker: PartitionProcess) -> set[int]:
    """Wait for a batch in somebody's hands; whose: process ids. None if all was done before anybody looked."""
    while await onlooker.belt.backlog(STREAM, "related"):
        pending = await onlooker.belt.client.xpending(onlooker.belt.key(STREAM), "related")
        if pending["pending"]:
            return {int(consumer["name"].split(b"-")[-2]) for consumer in pending["consumers"]}
    return set()


async def searched_anew(onlooker: PartitionProcess) -> dict[str, list[str]]:
    """The lists, each searched once more: who repeats whom is read off the neighbours' lists, which may have been searched later."""
    with suppress(Silent):  # a killed process's partition is vacant for the length of a lease
        await onlooker.partitions.recount()
        await onlooker.partitions.renew(NAMES, onlooker.belt.publish)
    return await onlooker.lists()


async def test_a_killed_process_loses_nothing(redis_server: RedisServer, tmp_path: Path) -> None:
    """By turns whoever decides on a batch, and one that only holds a partition or stands by; each is started again."""
    async with process(redis_server, PARTITIONS) as onlooker, crew(redis_server, tmp_path) as processes:
        await onlooker.belt.reads.xgroup_create(onlooker.belt.key(STREAM), "related")
        async with asyncio.timeout(DEADLINE_SECONDS):
            for number, events in enumerate(PARTS):
                for event in events:
                    await onlooker.belt.client.execute_command(*onlooker.belt.emission(event))
                busy = await deciding(onlooker)
                at_work = [each for each in processes if (each.popen.pid in busy) == (number % 2 == 0)]
                for killed in at_work[:1]:
                    killed.kill()
                    processes[processes.index(killed)] = started(redis_server, tmp_path)
        await until(lambda: onlooker.belt.backlog(STREAM, "related"), 0)
        expected = uninterrupted()
        await until(lambda: searched_anew(onlooker), expected)

    newest = told(redis_server)
    assert {name: expected[name] for name in newest} == newest
    assert {event.document_id for part in PARTS for event in part} == newest.keys()
