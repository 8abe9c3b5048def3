"""A request that comes again under its key gets the first answer, and nothing happens twice."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from redis.exceptions import ConnectionError as Unreachable

from shared.steps import Fence, Step
from tests.integration.ingest.room import Room

ONE, TWO = b"---\nid: 7\n---\nIt beats.", b"---\nid: 7\n---\nIt beats all day."


async def test_the_same_request_gets_the_first_answer(room: Room) -> None:
    """Although the document has another version by now; the request's own id is a new one."""
    first = await room.post(ONE, idempotency_key="order-1")
    await room.post(TWO)
    again = await room.post(ONE, idempotency_key="order-1", x_request_id="second")

    assert (again.status, again.body, again.headers["etag"]) == (202, first.body, first.headers["etag"])
    assert (again.headers["idempotency-replayed"], again.headers["x-request-id"]) == ("true", "second")
    assert [event.document.version for event in await room.events()] == [1, 2]


async def test_another_request_under_the_key_is_refused(room: Room) -> None:
    """Another body, another address or another method: 422, and the first answer stays."""
    path = f"/documents/{(await room.post(ONE, idempotency_key='k')).body['id']}"
    refused = [
        await room.post(TWO, idempotency_key="k"),
        await room.ask("PUT", path, ONE, if_match="*", idempotency_key="k"),
        await room.ask("DELETE", path, if_match="*", idempotency_key="k"),
    ]
    again = await room.post(ONE, idempotency_key="k")

    assert [(answer.status, answer.body["code"]) for answer in refused] == [(422, "idempotency-key-reused")] * 3
    assert (again.status, len(await room.events())) == (202, 1)


async def test_a_put_and_a_delete_can_come_again(room: Room) -> None:
    """Their If-Match is no longer true by then, and their answer is the first one all the same."""
    path = f"/documents/{(await room.post(ONE)).body['id']}"
    puts = [await room.ask("PUT", path, TWO, if_match='"1"', idempotency_key="put") for _ in range(2)]
    deletes = [await room.ask("DELETE", path, if_match='"2"', idempotency_key="delete") for _ in range(2)]

    assert [(answer.status, answer.body["version"]) for answer in puts + deletes] == [(202, 2)] * 2 + [(202, 3)] * 2
    assert len(await room.events()) == 3


async def test_a_refusal_is_kept_too(room: Room) -> None:
    """What can never be read is told again from memory."""
    answers = [await room.post(b"", idempotency_key="k") for _ in range(2)]

    assert [answer.status for answer in answers] == [422, 422]
    assert ["idempotency-replayed" in answer.headers for answer in answers] == [False, True]
    assert answers[1].headers["content-type"] == "application/problem+json"


async def test_a_request_that_is_still_running_is_told(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """409 for the second one of two at once, and the first one's answer once that is there."""
    publish, held = room.host.belt.publish_all, asyncio.Event()

    async def slow(steps: Sequence[Step], fence: Fence | None = None) -> list[bool]:
        await held.wait()
        return await publish(steps, fence)

    monkeypatch.setattr(room.host.belt, "publish_all", slow)
    first = asyncio.create_task(room.post(ONE, idempotency_key="k"))
    async with asyncio.timeout(5):
        while not await room.host.redis.keys("*ingest:request*"):  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.01)
    second = await room.post(ONE, idempotency_key="k")
    held.set()

    assert (second.status, second.body["code"]) == (409, "still-running")
    assert (await first).status == 202
    assert (await room.post(ONE, idempotency_key="k")).status == 202
    assert len(await room.events()) == 1


async def test_an_answer_that_was_lost_is_found(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process dies between the change and its answer: the answer was written with the change."""
    publish = room.host.belt.publish_all

    async def done_and_dead(steps: Sequence[Step], fence: Fence | None = None) -> list[bool]:
        await publish(steps, fence)
        raise Unreachable

    monkeypatch.setattr(room.host.belt, "publish_all", done_and_dead)
    lost: Any = await room.post(ONE, idempotency_key="k")
    monkeypatch.undo()
    again = await room.post(ONE, idempotency_key="k")

    assert (lost.status, again.status, again.body["change"]) == (503, 202, "added")
    assert again.headers["idempotency-replayed"] == "true"
    assert len(await room.events()) == 1


@pytest.mark.parametrize("key", ["", "x" * 256, "a b", "caf\xe9"])
async def test_a_key_is_short_and_visible(room: Room, key: str) -> None:
    """Anything else is 400."""
    answer = await room.post(ONE, idempotency_key=key)

    assert (answer.status, answer.body["code"]) == (400, "bad-idempotency-key")
