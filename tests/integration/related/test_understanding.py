"""Documents that are related by their meaning too, on a real Redis, by a model that the test makes."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from services.related.closeness import Weights
from services.related.index import Index
from services.related.relating import Relating
from shared.events import Change
from shared.semantic.model import SemanticModel
from shared.semantic.understanding import understood
from tests.integration.related.room import HISTORY, PARTS, classified, lists, process, renew_all, told, uninterrupted
from tests.redis_servers import RedisServer
from tests.semantic_model import WIDTH, write_model


@pytest.fixture
def model(tmp_path: Path) -> SemanticModel:
    return SemanticModel(write_model(tmp_path))


async def test_meanings_survive_restarts_and_are_shared(redis_server: RedisServer, model: SemanticModel) -> None:
    """A process of its own for every few documents, against one memory that saw everything; other lists than by words alone."""
    index = Index(Weights(meaning=0.5))
    relating = Relating(index, HISTORY, meanings=await understood(HISTORY, model))
    for place in range(len(HISTORY)):
        relating.take(place)
    renew_all(index)
    expected = lists(index)
    assert expected != uninterrupted()

    for events in PARTS:
        async with process(redis_server, model) as restarted:
            await restarted.take(*events)

    async with process(redis_server, model) as last:
        assert await last.replica.change(renew_all, last.belt.publish, "upkeep")
        assert expected == lists(last.replica.index)
        assert {name: expected[name] for name in told(redis_server)} == told(redis_server)


async def test_who_came_before_the_model_keeps_to_words(redis_server: RedisServer, model: SemanticModel) -> None:
    """Until it comes again; nothing stops."""
    async with process(redis_server) as plain:
        await plain.take(*PARTS[0])
    async with process(redis_server, model) as one:
        await one.take(classified("50"), classified("0", version=2, change=Change.UPDATED))
        lengths = {name: len(meaning_of(one, name)) for name in ("0", "1", "50")}

    assert {"0": WIDTH, "1": 0, "50": WIDTH} == lengths


async def test_a_document_that_the_model_fails_at_is_tried_again(
    redis_server: RedisServer, model: SemanticModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stays on its stream; the others of its batch go on."""
    vector = model.vector

    def failing(title: str, text: str) -> bytes:
        if title == "2":
            raise RuntimeError("out of memory")
        return vector(title, text)

    monkeypatch.setattr(model, "vector", failing)
    async with process(redis_server, model) as one:
        held = await one.hold(*(classified(name) for name in "123"))
        await one.consumer.take(held)
        waiting: Any = await one.belt.client.xpending(one.belt.key("documents.classified"), "related")
        assert ([1, 0, 1], 1) == ([one.replica.index.version(name) for name in "123"], waiting["pending"])

        monkeypatch.setattr(model, "vector", vector)
        await one.consumer.take(held)
        assert [1, 1, 1] == [one.replica.index.version(name) for name in "123"]


async def test_a_slow_model_holds_up_nobody_else(model: SemanticModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """The loop turns on while documents are read; retractions are not read at all."""
    asked: list[str] = []
    turns: list[float] = []

    def slow(title: str, text: str) -> bytes:
        asked.append(title)
        time.sleep(0.05)
        return text.encode()[:1]

    async def turn() -> None:
        while True:
            turns.append(time.monotonic())
            await asyncio.sleep(0.001)

    monkeypatch.setattr(model, "vector", slow)
    turning = asyncio.create_task(turn())
    retraction = classified("9", version=3, change=Change.RETRACTED)
    found = await understood([classified("1"), retraction, classified("2")], model)
    turning.cancel()

    assert (["1", "2"], [0, 2]) == (asked, list(found))
    assert len(turns) > 5


def meaning_of(one: Any, name: str) -> bytes:
    record = one.replica.index.record(name)
    return bytes(record.meaning) if record else b""
