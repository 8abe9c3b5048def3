"""The feeds' benchmark of haste: from the stream to the reader, at a steady pace that nobody slows down.

A process of its own lays a ready document on `documents.related` every five milliseconds, whether or not Redis has answered for the one
before; its clock is the reader's too. The reader asks for the main feed again and again, conditionally. Documents come to stand in the
order of the stream, so whatever is older than the newest entry of a feed stands in it or in its archives: that is held against a walk
through all of them at the end.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import re
import socket
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from statistics import quantiles
from threading import Thread

from tests.benchmarks.feed_history import walked
from tests.benchmarks.feed_room import Room, room
from tests.benchmarks.feed_stock import event
from tests.benchmarks.house import cpu_seconds
from tests.benchmarks.wire import Wire

RATE = 200
SECONDS = int(os.environ.get("VISIBLE_SECONDS", "30"))
BEFORE = 200
"""Documents that are there when it begins."""
POLL_SECONDS = 0.005
NEWEST = re.compile(rb'"id":"tag:[^"]*documents/doc(\d+)"')
Times = dict[int, float]
"""By the number of a document, in monotonic seconds, which all processes of a machine share."""


async def visible() -> dict[str, float]:
    """Milliseconds from the stream to the feed, at 200 documents a second."""
    async with room(LOG_LEVEL="info", RETENTION_SECONDS="600") as ours:
        await ours.put(range(BEFORE))
        told = await hurried(ours, range(BEFORE, BEFORE + RATE * SECONDS))
        names = await walked(await Wire.to(ours.port), "/feeds/all.json")
        assert [int(name.rpartition("doc")[2]) for name in names] == list(reversed(range(BEFORE + RATE * SECONDS)))
        return {"documents": len(names)} | told


async def hurried(ours: Room, numbers: Sequence[int]) -> dict[str, float]:
    """Lay these documents down at their pace, and tell when each was visible."""
    pipe, theirs = multiprocessing.Pipe()
    facts = (theirs, str(ours.redis.folder / "redis.sock"), ours.belt.key("documents.related"), numbers)
    publisher = multiprocessing.get_context("spawn").Process(target=_publish, args=facts, daemon=True)
    publisher.start()
    theirs.close()
    await asyncio.to_thread(pipe.recv)  # everything is made
    seen: list[tuple[float, int]] = []
    watching, before, began = asyncio.create_task(_watch(ours, seen)), _cpu(ours), time.monotonic()
    sent, answered = await asyncio.to_thread(pipe.recv)
    while not seen or seen[-1][1] < numbers[-1]:
        assert time.monotonic() - began < SECONDS + 60, seen[-1:]
        await asyncio.sleep(POLL_SECONDS)
    seconds = time.monotonic() - began
    cores = [(late - early) / seconds for late, early in zip(_cpu(ours), before, strict=True)]
    watching.cancel()
    told = _told(sent, answered, seen) | {"changed feeds fetched": len(seen)}
    return told | {"feeds, share of a core": cores[0], "redis, share of a core": cores[1]}


async def _watch(ours: Room, seen: list[tuple[float, int]]) -> None:
    """Note when the feed showed which document as its newest, until cancelled."""
    wire, tag = await Wire.to(ours.port), ""
    while True:
        reply = await wire.ask("GET", "/feeds/all.json", {"if-none-match": tag} if tag else {})
        now = time.monotonic()
        if reply.status == 200:
            tag = reply.header("etag")
            if newest := NEWEST.search(reply.body):
                seen.append((now, int(newest[1])))
        await asyncio.sleep(POLL_SECONDS)


def _told(sent: Times, answered: Times, seen: list[tuple[float, int]]) -> dict[str, float]:
    """Milliseconds, from the moment in which a document was sent to Redis."""
    first: Times = {}
    moments = iter(seen)
    moment, newest = next(moments)
    for number in sorted(sent):
        while newest < number:
            moment, newest = next(moments)
        first[number] = moment
    planned = [at - place / RATE for place, at in enumerate(sorted(sent.values()))]
    found = {
        "visible": [first[number] - at for number, at in sent.items()],
        "laid down late": [at - min(planned) for at in planned],
        "Redis's answer": [answered[number] - at for number, at in sent.items()],
    }
    cuts = {name: quantiles(times, n=100) for name, times in found.items()}
    told = {f"{name} p{place} ms": 1000 * cut[place - 1] for name, cut in cuts.items() for place in (50, 99)}
    return told | {"visible, longest ms": 1000 * max(found["visible"])}


def _cpu(ours: Room) -> tuple[float, float]:
    assert ours.redis.process
    return ours.cpu(), cpu_seconds(ours.redis.process.pid)


def _publish(pipe: Connection, path: str, stream: str, numbers: Sequence[int]) -> None:
    """Lay these documents down, each at its time; tell when each was sent and when Redis answered."""
    commands = [_packed("XADD", stream, "*", "event", event(number).encode()) for number in numbers]
    redis = socket.socket(socket.AF_UNIX)
    redis.connect(path)
    sent: Times = {}
    answered: Times = {}
    listening = Thread(target=_listen, args=(redis, numbers, answered))
    listening.start()
    pipe.send("made")
    began = time.monotonic()
    for place, (number, command) in enumerate(zip(numbers, commands, strict=True)):
        time.sleep(max(began + place / RATE - time.monotonic(), 0))
        sent[number] = time.monotonic()
        redis.sendall(command)
    listening.join()
    pipe.send((sent, answered))


def _listen(redis: socket.socket, numbers: Sequence[int], answered: Times) -> None:
    replies, waiting = redis.makefile("rb"), iter(numbers)
    for number in waiting:
        line = replies.readline() + replies.readline()  # $15, and the id
        assert line.startswith(b"$"), line
        answered[number] = time.monotonic()


def _packed(*words: str | bytes) -> bytes:
    parts = [word if isinstance(word, bytes) else word.encode() for word in words]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%b\r\n" % (len(part), part) for part in parts)
