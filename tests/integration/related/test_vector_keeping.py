"""What the vector set's index keeps fits together, with more documents than one search looks at, and is built anew where it does not."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from services.related.choosing import Curated
from services.related.closeness import Weights
from services.related.records import Held, Record
from services.related.vectors.frequencies import CHANGES
from services.related.vectors.keys import refers
from services.related.vectors.store import Vectors
from shared.events import Change, DocumentClassified
from tests.integration.related import room
from tests.integration.related.room import HISTORY, PARTS, classified, uninterrupted
from tests.integration.related.vector_room import VectorProcess, process
from tests.redis_servers import RedisServer, redis_8
from tests.sea_words import WORDS

MANY = 240


@pytest.fixture
def server() -> Iterator[RedisServer]:
    one = RedisServer(redis_8())
    one.start()
    yield one
    one.remove()


def drawn(number: int, version: int, change: Change = Change.ADDED) -> DocumentClassified:
    """A document of words drawn by lot, two of them its own."""
    draw = np.random.default_rng(number * 100 + version)
    event = classified(str(number), version=version, change=change)
    text = " ".join([*draw.choice(WORDS, 8), f"own{number}", f"own{number % 30}"])
    copied = {"duplicate_of": str(number - 1)} if number % 11 == 5 else {}
    return event.model_copy(update={"document": event.document.model_copy(update={"text": text, **copied})})


async def kept(one: VectorProcess) -> dict[str, Any]:
    """Everything that stands in Redis, by document."""
    client, keys = one.belt.client, one.vectors.keys
    records = {name.decode(): Record.unpack(it) for name, it in (await client.hgetall(keys.shared.records)).items()}
    lists = {name.decode(): Held.unpack(it) for name, it in (await client.hgetall(keys.shared.lists)).items()}
    choices = {name.decode(): Curated.unpack(it) for name, it in (await client.hgetall(keys.shared.curated)).items()}
    frequencies, living = await one.vectors._building._count()
    return {
        "living": living,
        "silent": {name for name in living if records[name].original in living},
        "dependents": {
            other: {name for name in records if other in refers(records[name], lists.get(name), choices.get(name))}
            for other in records
        },
        "told": {name: {it.decode() for it in await client.smembers(keys.dependents_of(name))} for name in records},
        "lists": lists,
        "dated": {name.decode() for name in await client.zrange(keys.searched, 0, -1)},
        "vectors": {name for name in records if await client.execute_command("VEMB", keys.vectors, name) is not None},
        "counts": np.frombuffer(frequencies.packed(), ">u4")[:CHANGES].tolist(),
        "counted": np.frombuffer(await client.get(keys.counts), ">u4")[:CHANGES].tolist(),
    }


async def test_what_is_kept_fits_together(server: RedisServer) -> None:
    """After comings, corrections and retractions in batches that hold several of one document."""
    events = [drawn(number, 1) for number in range(MANY)]
    events += [drawn(number, 2, Change.UPDATED) for number in range(0, MANY, 4)]
    events += [drawn(number, 3, Change.RETRACTED) for number in range(0, MANY, 6)]
    order = np.random.default_rng(3).permutation(len(events)).tolist()
    async with process(server) as one:
        for start in range(0, len(order), 37):
            await one.take(*[events[place] for place in order[start : start + 37]])
        await one.vectors.renew([str(number) for number in range(0, MANY, 3)], one.belt.publish)
        found = await kept(one)

    assert found["dependents"] == found["told"]
    assert found["living"] == found["dated"] == {*found["lists"]}
    assert found["living"] - found["silent"] == found["vectors"]
    assert found["counts"] == found["counted"]
    listed = {near for held in found["lists"].values() for near, _ in held.nearest}
    assert set() == listed - found["vectors"]


async def test_a_build_that_was_cut_short_is_begun_anew(server: RedisServer) -> None:
    """Nobody takes half a vector set for a whole one; what the next one builds is all there."""
    async with room.process(server) as other:
        for events in PARTS:
            await other.take(*events)

    async with process(server) as one, process(server) as heir:
        building = one.vectors._building

        async def die(*_: object) -> None:
            raise RuntimeError("killed")

        building._place = die  # type: ignore[method-assign,assignment]
        with pytest.raises(RuntimeError, match="killed"):
            await one.vectors.ready()
        assert not await heir.vectors._building.stands()
        await one.belt.client.delete(one.vectors.keys.building)
        await asyncio.gather(heir.vectors.ready(), heir.vectors.ready())

        assert await heir.vectors._building.stands()
        await heir.renew_all()
        assert uninterrupted(HISTORY) == await heir.lists()


async def test_a_builder_that_fell_silent_spoils_nothing(server: RedisServer) -> None:
    """It was stopped while it counted, another has built and gone on since; then it comes back with what it had counted."""
    async with room.process(server) as other:
        for events in PARTS[:2]:
            await other.take(*events)

    async with process(server) as one, process(server) as heir:
        building, counting, heard = one.vectors._building, asyncio.Event(), asyncio.Event()
        count = building._count

        async def stopped() -> Any:
            found = await count()
            counting.set()
            await heard.wait()
            return found

        building._count = stopped  # type: ignore[method-assign]
        silent = asyncio.create_task(building.build())
        await counting.wait()
        await one.belt.client.delete(one.vectors.keys.building)
        await heir.vectors.ready()
        for events in PARTS[2:]:
            await heir.take(*events)
        heard.set()
        await silent
        found = await kept(heir)

        assert await heir.vectors._building.stands()
    assert found["counts"] == found["counted"]
    assert found["living"] == found["dated"]


async def test_other_weights_at_a_start_are_those_of_every_list(server: RedisServer) -> None:
    """Each waits for a search with them, and at a start with the same weights none does."""
    async with process(server) as one:
        await one.vectors.ready()
        await one.take(*[drawn(number, 1) for number in range(40)])
        await one.renew_all([str(number) for number in range(40)])
        again = Vectors(one.belt.client, one.belt.key)
        await again.ready()
        same = await again.oldest(100)
        other = Vectors(one.belt.client, one.belt.key, Weights(date=1.0, subject=0.0))
        await other.ready()

        assert ([], 40) == (same, len(await other.oldest(100)))
