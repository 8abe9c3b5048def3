"""Lists stay right on a real Redis: across restarts, beside a second process, and when a commit is cut short."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as Unreachable

from services.related.index import Index
from services.related.ledger import revision_of
from services.related.relating import Relating
from services.related.replica import Replica
from shared.clock import SystemClock
from shared.consumer import Batch, Consumer
from shared.events import Change, Document, DocumentClassified, Subject, decode, event_id
from shared.settings import Settings
from shared.steps import Entry, Fence, Step
from shared.streams import Belt
from tests.redis_servers import RedisServer

NOW = datetime(2026, 1, 1, tzinfo=UTC)
VOCABULARY = "moon tide sea sun night ship harbour storm wind rain cloud star law court judge treaty"
WORDS = VOCABULARY.split()
STREAM = DocumentClassified.stream


def classified(name: str, *, version: int = 1, change: Change = Change.ADDED) -> DocumentClassified:
    """A document whose few words follow from its name and version."""
    number = int(name) * 7 + version * 3
    text = " ".join(WORDS[(number * step) % len(WORDS)] for step in (1, 2, 3, 5, 7))
    return DocumentClassified(
        event_id=event_id(f"{name}/{version}", STREAM, name),
        correlation_id="test",
        occurred_at=NOW,
        change=change,
        document=Document(id=name, version=version, content_hash="0", title=name, text=text, received_at=NOW),
        subject=Subject(name="Physics", slug="physics", confidence=1),
    )


HISTORY = [
    *(classified(str(number)) for number in range(40)),
    *(classified(str(number), version=2, change=Change.UPDATED) for number in range(0, 40, 3)),
    *(classified(str(number), version=3, change=Change.RETRACTED) for number in range(0, 40, 9)),
    *(classified(str(number), version=1) for number in range(0, 40, 4)),
]


async def nothing() -> None:
    """What usually happens around a commit."""


PARTS = [HISTORY[start : start + 7] for start in range(0, len(HISTORY), 7)]


class Process:
    """One process: its belt and its replica, with a place for accidents right before and right after a commit."""

    def __init__(self, client: Any) -> None:
        self.belt = Belt(client, Settings(), SystemClock())
        self.replica = Replica(client, self.belt.key)
        self.consumer = Consumer(self.belt, STREAM, "related", self.work)
        self.before_commit: Callable[[], Awaitable[None]] = nothing
        self.after_commit: Callable[[], Awaitable[None]] = nothing

    async def work(self, batch: Batch) -> None:
        commit = batch.commit

        async def with_accidents(steps: Sequence[Step | Exception], fence: Fence | None = None) -> bool:
            await self.before_commit()
            done = await commit(steps, fence)
            await self.after_commit()
            return done

        batch.commit = with_accidents  # type: ignore[method-assign]
        await self.replica.relate(batch)

    async def take(self, *events: DocumentClassified) -> None:
        """Lay the events on the stream and relate them."""
        await self.consumer.take(await self.hold(*events))

    async def hold(self, *events: DocumentClassified) -> list[Entry]:
        """Lay the events on the stream and hold their entries."""
        for event in events:
            await self.belt.client.execute_command(*self.belt.emission(event))
        await self.belt.reads.xgroup_create(self.belt.key(STREAM), "related")
        streams = await self.belt.client.xreadgroup("related", self.belt.name, {self.belt.key(STREAM): ">"})
        return [Entry(entry_id.decode(), fields) for entry_id, fields in streams[0][1]]


@asynccontextmanager
async def process(server: RedisServer) -> AsyncIterator[Process]:
    client = redis.asyncio.Redis.from_url(server.url)
    try:
        yield Process(client)
    finally:
        await client.aclose()


def lists(index: Index) -> dict[str, Any]:
    return {str(number): (index.shown(str(number)), index.held(str(number))) for number in range(60)}


def uninterrupted(events: Sequence[DocumentClassified] = HISTORY) -> dict[str, Any]:
    """The lists that one memory has after all events, without any Redis."""
    index = Index()
    relating = Relating(index, events)
    for place in range(len(events)):
        relating.take(place)
    return lists(index)


def told(server: RedisServer) -> dict[str, list[str]]:
    """For each document the neighbours on the list of the highest revision that was sent on; no event is sent on twice."""
    newest: dict[str, tuple[int, list[str]]] = {}
    with server.client() as client:
        entries: Any = client.xrange("{syndicate}:documents.related")
    events: list[Any] = [decode("documents.related", fields[b"event"]) for _, fields in entries]
    assert len(events) == len({event.event_id for event in events})
    for event in events:
        if event.related_revision >= newest.get(event.document_id, (0, []))[0]:
            newest[event.document_id] = (event.related_revision, [near.id for near in event.related])
    return {document_id: neighbours for document_id, (_, neighbours) in newest.items()}


def neighbours(found: dict[str, Any]) -> dict[str, list[str]]:
    return {document_id: [near for near, _, _ in shown] for document_id, (shown, _) in found.items()}


async def assert_all_is_well(server: RedisServer, *processes: Process) -> None:
    """Every memory and everyone downstream has the lists of an uninterrupted run."""
    expected = uninterrupted()
    for one in processes:
        await one.replica.catch_up()
        assert expected == lists(one.replica.index)
    assert {name: neighbours(expected)[name] for name in told(server)} == told(server)


async def test_a_restart_after_every_few_documents_changes_no_list(redis_server: RedisServer) -> None:
    """A new process each time, against one memory that saw everything."""
    for events in PARTS:
        async with process(redis_server) as restarted:
            await restarted.take(*events)

    async with process(redis_server) as last:
        await assert_all_is_well(redis_server, last)


async def test_two_processes_by_turns_stay_equal(redis_server: RedisServer) -> None:
    """Each follows the other's commits through the log."""
    async with process(redis_server) as one, process(redis_server) as other:
        for number, events in enumerate(PARTS):
            await (one, other)[number % 2].take(*events)

        await assert_all_is_well(redis_server, one, other)


async def test_who_is_overtaken_decides_anew(redis_server: RedisServer) -> None:
    """Another process commits between decision and commit; the fence stops the first, which then follows and commits."""
    async with process(redis_server) as one, process(redis_server) as other:
        for first, second in zip(PARTS[::2], PARTS[1::2], strict=True):
            held = await one.hold(*second)

            async def overtake(events: Sequence[DocumentClassified] = first) -> None:
                one.before_commit = nothing
                await one.belt.client.delete(one.belt.key("related", "lock"))
                await other.take(*events)

            one.before_commit = overtake
            await one.consumer.take(held)

        await assert_all_is_well(redis_server, one, other)


async def test_both_at_once_without_a_lock_lose_nothing(redis_server: RedisServer) -> None:
    """The lock saves work only: with it gone, the fence still lets one through at a time."""
    async with process(redis_server) as one, process(redis_server) as other:

        async def unlock() -> None:
            await one.belt.client.delete(one.belt.key("related", "lock"))
            await asyncio.sleep(0)

        one.before_commit = other.before_commit = unlock
        await one.take(*HISTORY[:1])
        names = [event.document_id for event in HISTORY[1:40]]
        held = [await one.hold(classified(name)) for name in names]
        await asyncio.gather(
            *(one.consumer.take(part) for part in held[::2]), *(other.consumer.take(part) for part in held[1::2])
        )
        for events in PARTS[5:]:
            await other.take(*events)

        await one.replica.catch_up()
        await other.replica.catch_up()
        assert lists(one.replica.index) == lists(other.replica.index)
        expected = neighbours(lists(one.replica.index))
        assert {name: expected[name] for name in told(redis_server)} == told(redis_server)


async def test_a_death_between_decision_and_commit_loses_nothing(redis_server: RedisServer) -> None:
    """The entries are taken over by another process, and the dying one's memory dies with it."""
    for events in PARTS:
        async with process(redis_server) as dying, process(redis_server) as heir:

            async def die() -> None:
                raise RuntimeError("killed")

            dying.before_commit = die
            held = await dying.hold(*events)
            await dying.consumer.take(held)
            await heir.consumer.take(held)

    async with process(redis_server) as last:
        await assert_all_is_well(redis_server, last)


async def test_a_memory_that_a_failed_commit_left_is_read_again(redis_server: RedisServer) -> None:
    """The same process goes on after its commit raised before it happened."""
    async with process(redis_server) as one:
        for events in PARTS:

            async def fail() -> None:
                one.before_commit = nothing
                raise RuntimeError("out of luck")

            one.before_commit = fail
            held = await one.hold(*events)
            await one.consumer.take(held)
            await one.consumer.take(held)

        await assert_all_is_well(redis_server, one)


async def test_a_lost_reply_does_nothing_twice(redis_server: RedisServer) -> None:
    """The commit happened and nobody was told; the next turn finds that all is done."""
    async with process(redis_server) as one:
        for events in PARTS:

            async def lose() -> None:
                one.after_commit = nothing
                raise Unreachable("gone")

            one.after_commit = lose
            await one.take(*events)

        await assert_all_is_well(redis_server, one)
        assert await one.belt.backlog(STREAM, "related") == 0


async def test_repeated_events_do_nothing_twice(redis_server: RedisServer) -> None:
    """Each event lies on the stream three times, twice within one batch."""
    async with process(redis_server) as one:
        for events in PARTS:
            await one.take(*events, *events)
            await one.take(*events)

        await assert_all_is_well(redis_server, one)


async def test_a_log_that_does_not_reach_back_is_made_up_for(redis_server: RedisServer) -> None:
    """A process that was away for too long reads everything."""
    async with process(redis_server) as one, process(redis_server) as away:
        await away.take(*PARTS[0])
        for events in PARTS[1:]:
            await one.take(*events)
            await one.belt.client.zremrangebyrank(one.belt.key("related", "log"), 0, -2)

        await assert_all_is_well(redis_server, one, away)


async def test_after_flushall_all_begins_anew(redis_server: RedisServer) -> None:
    """A memory from before does not outlive it, not even when the new history has come to the same revision."""
    async with process(redis_server) as one, process(redis_server) as other:
        await one.take(*(classified(str(number)) for number in range(50, 60)))
        await other.replica.catch_up()
        await one.belt.client.flushall()
        await one.take(*HISTORY)
        assert await revision(one) == 1

        await assert_all_is_well(redis_server, one, other)


async def test_without_its_position_all_begins_anew(redis_server: RedisServer) -> None:
    """What a lost position left behind belongs to no history and is cleared away."""
    async with process(redis_server) as one:
        await one.take(*(classified(str(number)) for number in range(50, 60)))
        await one.belt.client.delete(one.belt.key("related", "position"))
        await one.take(*HISTORY)

        expected = uninterrupted()
        assert expected == lists(one.replica.index)

    async with process(redis_server) as restarted:
        await restarted.replica.catch_up()
        assert expected == lists(restarted.replica.index)


async def test_what_changes_while_everything_is_read_is_not_missed(redis_server: RedisServer) -> None:
    """Another process commits between the pages."""
    async with process(redis_server) as one, process(redis_server) as late:
        await one.take(*PARTS[0])
        parts = iter(PARTS[1:])
        pages = late.replica._pages

        async def with_commits_between(key: str) -> AsyncIterator[dict[str, bytes | None]]:
            async for page in pages(key):
                await one.take(*next(parts, ()))
                yield page

        late.replica._pages = with_commits_between  # type: ignore[method-assign]
        await late.replica.catch_up()
        for events in parts:
            await one.take(*events)

        await assert_all_is_well(redis_server, one, late)


async def revision(one: Process) -> int:
    position = await one.belt.client.get(one.belt.key("related", "position"))
    return revision_of(position.decode())


async def test_a_load_survives_a_restart_of_redis(redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Redis dies between two pages of a load: nothing is missing in memory (a cursor of HSCAN would skip what its new seed moved)."""
    monkeypatch.setattr("services.related.replica.PAGE", 7)
    async with process(redis_server) as first:
        await first.take(*HISTORY)
    retry = Retry(ExponentialBackoff(cap=0.1), 50)
    async with redis.asyncio.Redis.from_url(redis_server.url, retry=retry) as client:
        second, pages = Process(client), itertools.count()
        read: Callable[..., Awaitable[Any]] = client.execute_command

        async def interrupted(*words: Any, **options: Any) -> Any:
            if words[0] in {"HMGET", "HSCAN"} and next(pages) == 2:
                redis_server.kill()
                redis_server.start()
            return await read(*words, **options)

        monkeypatch.setattr(client, "execute_command", interrupted)
        await second.replica.catch_up()

    assert uninterrupted() == lists(second.replica.index)
