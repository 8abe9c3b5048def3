"""commit.lua alone: what a batch leaves behind when its steps disagree."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from redis.exceptions import ResponseError

from shared.scripts import FOLDER
from shared.steps import Guard, Laid, Step, Swap, words_of
from tests.redis_servers import RedisServer

STREAM, DONE, GROUP = "{test}:stream", "{test}:done", "classifier"
Marked = tuple[str, Step]
"""An event's mark and the step that it causes."""


@pytest.fixture
def client(redis_server: RedisServer) -> Iterator[Any]:
    with redis_server.client() as client:
        yield client


def delivered(client: Any, *laid: Marked) -> list[bytes]:
    """Entries for these, in some consumer's hands."""
    client.xgroup_create(STREAM, GROUP, id="0", mkstream=True)
    entries = [client.xadd(STREAM, {"event": mark}) for mark, _ in laid]
    client.xreadgroup(GROUP, "me", {STREAM: ">"})
    return [bytes(entry) for entry in entries]


def commit(client: Any, entries: list[bytes], *laid: Marked) -> list[bytes]:
    """Do the steps as one batch."""
    batch = [Laid(step, (), entry.decode(), mark) for entry, (mark, step) in zip(entries, laid, strict=True)]
    script = client.register_script((FOLDER / "commit.lua").read_text())
    return list(script(keys=[STREAM, DONE], args=words_of(batch, group=GROUP)))


def counting(name: str, guard: Guard | None = None) -> Step:
    return Step(writes=(("HINCRBY", "{test}:effects", name, 1),), guard=guard)


def effects(client: Any) -> dict[bytes, bytes]:
    return dict(client.hgetall("{test}:effects"))


def pending(client: Any) -> list[bytes]:
    return [bytes(row["message_id"]) for row in client.xpending_range(STREAM, GROUP, "-", "+", 10)]


def test_a_broken_step_leaves_the_ones_before_it_done(client: Any) -> None:
    """What came before is marked and acknowledged, the rest is as it was; with the fault gone each has its effect once."""
    client.set("{test}:string", "no hash")
    broken = Step(writes=(("HSET", "{test}:string", "field", "value"),))
    laid = (("a", counting("a")), ("b", broken), ("c", counting("c")))
    entries = delivered(client, *laid)

    with pytest.raises(ResponseError, match="WRONGTYPE"):
        commit(client, entries, *laid)

    assert {b"a": b"1"} == effects(client)
    assert [b"a"] == client.zrange(DONE, 0, -1)
    assert entries[1:] == pending(client)

    client.delete("{test}:string")
    assert [b"repeat", b"applied", b"applied"] == commit(client, entries, *laid)
    assert {b"a": b"1", b"c": b"1"} == effects(client)
    assert [] == pending(client)


def test_an_event_that_is_twice_in_a_batch_has_one_effect(client: Any) -> None:
    """Its second entry is marked too, so that marks and entries can be counted against each other."""
    laid = (("a", counting("a")), ("a", counting("a")), ("b", counting("b")))
    entries = delivered(client, *laid)

    assert [b"applied", b"repeat", b"applied"] == commit(client, entries, *laid)
    assert {b"a": b"1", b"b": b"1"} == effects(client)
    assert {b"a", b"b", entries[1]} == set(client.zrange(DONE, 0, -1))
    assert [] == pending(client)

    assert [b"repeat"] * 3 == commit(client, entries, *laid)
    assert 3 == client.zcard(DONE)


def test_the_older_of_two_versions_in_a_batch_is_stale(client: Any) -> None:
    """Whatever their order; both are settled."""
    guards = [Guard("{test}:document", "version", version) for version in (2, 1, 3)]
    laid = tuple((f"v{guard.version}", counting("document", guard=guard)) for guard in guards)
    entries = delivered(client, *laid)

    assert [b"applied", b"stale", b"applied"] == commit(client, entries, *laid)
    assert {b"document": b"2"} == effects(client)
    assert b"3" == client.hget("{test}:document", "version")
    assert 3 == client.zcard(DONE)
    assert [] == pending(client)


def test_swaps_happen_all_or_not_at_all(client: Any) -> None:
    """A field that holds something else than was expected makes the step stale, and nothing of it happens; the next step does."""
    client.hset("{test}:effects", mapping={"there": "old", "gone": "soon"})
    first = (
        Swap("{test}:effects", "new", b"", b"1"),
        Swap("{test}:effects", "there", b"old", b"new"),
        Swap("{test}:effects", "gone", b"soon", b""),
        Swap("{test}:effects", "kept", b"", b""),
    )
    late = (Swap("{test}:effects", "other", b"", b"1"), Swap("{test}:effects", "new", b"", b"2"))
    laid = (
        ("a", Step(swaps=first, writes=(("SET", "{test}:a", 1),))),
        ("b", Step(swaps=late, writes=(("SET", "{test}:b", 1),))),
        ("c", counting("c")),
    )
    entries = delivered(client, *laid)

    assert [b"applied", b"stale", b"applied"] == commit(client, entries, *laid)
    assert {b"new": b"1", b"there": b"new", b"c": b"1"} == effects(client)
    assert (1, 0) == (client.exists("{test}:a"), client.exists("{test}:b"))
    assert [] == pending(client)


def test_a_swap_that_cannot_be_made_stops_the_batch(client: Any) -> None:
    """As any other command that fails; what was taken before it is given back."""
    client.set("{test}:string", "no hash")
    swaps = (Swap("{test}:effects", "taken", b"", b"1"), Swap("{test}:string", "field", b"", b"1"))
    laid = (("a", counting("a")), ("b", Step(swaps=swaps)))
    entries = delivered(client, *laid)

    with pytest.raises(ResponseError, match="WRONGTYPE"):
        commit(client, entries, *laid)

    assert entries[1:] == pending(client)
    assert {b"a": b"1"} == effects(client)
