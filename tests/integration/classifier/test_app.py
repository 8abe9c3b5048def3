"""The classifier on a real belt."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import redis.asyncio
from fastapi import FastAPI, Request

from services.classifier.app import install
from services.classifier.taxonomy import read_taxonomy
from services.classifier.watching import Teller
from shared.clock import SystemClock
from shared.events import Change, Document, DocumentClassified, DocumentIngested, TaxonomyChanged, decode
from shared.host import Host
from shared.settings import Settings
from shared.steps import Step
from shared.streams import Belt
from tests.unit.classifier.samples import SMALL

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


async def anyone(_: Request) -> None:
    """No operator is asked for."""


def host_on(client: Any, **changes: Any) -> Host:
    settings, clock = Settings(**changes), SystemClock()
    return Host(settings, client, Belt(client, settings, clock), FastAPI(), clock, anyone)


def ingested(number: int, change: Change = Change.ADDED, **facts: Any) -> DocumentIngested:
    document = Document(id=f"doc{number}", version=1, content_hash="hash", received_at=NOON, **facts)
    return DocumentIngested.of(document, change, correlation_id="request", at=NOON)


async def entries(client: Any, key: str, count: int) -> list[dict[bytes, bytes]]:
    """The first `count` entries of a stream, as soon as they are there."""
    async with asyncio.timeout(10):
        while await client.xlen(key) < count:  # noqa: ASYNC110 - a stream has no event for it
            await asyncio.sleep(0.02)
    return [fields for _, fields in await client.xrange(key)]


async def test_documents_come_out_classified(redis_url: str) -> None:
    """What is ingested is passed on in its order with its subject: found, given, or unknown when retracted."""
    async with redis.asyncio.Redis.from_url(redis_url) as client:
        host = host_on(client)
        install(host)
        await host.belt.open()
        for event in (
            ingested(1, title="Chemotherapy", text="Tumors are treated by surgery and chemotherapy."),
            ingested(2, title="Chemotherapy", text="A statute on tumors.", subject="bachelor of laws"),
            ingested(3, Change.RETRACTED, title="Chemotherapy"),
        ):
            await host.belt.publish(Step(emits=(event,)))
        sent = await entries(client, host.key(DocumentClassified.stream), 3)
        await host.belt.close()

    found = [decode(DocumentClassified.stream, fields[b"event"]) for fields in sent]
    subjects = [(event.document_id, event.subject.slug) for event in found if isinstance(event, DocumentClassified)]
    assert subjects == [("doc1", "medicine"), ("doc2", "criminal-or-civil-law"), ("doc3", "others")]


async def told(client: Any, host: Host) -> list[TaxonomyChanged]:
    """What was told of taxonomies."""
    rows = await client.xrange(host.key(TaxonomyChanged.stream))
    events = [decode(TaxonomyChanged.stream, fields[b"event"]) for _, fields in rows]
    return [event for event in events if isinstance(event, TaxonomyChanged)]


async def test_each_version_of_the_taxonomy_is_told_once(redis_url: str, tmp_path: Path) -> None:
    """By two processes that share the file, however often they look and start; and again if Redis has forgotten it."""
    file = tmp_path / "subjects.yaml"
    file.write_text(SMALL)
    async with redis.asyncio.Redis.from_url(redis_url) as client:
        hosts = [host_on(client) for _ in range(3)]
        tellers = [Teller(client, host.belt, host.clock) for host in hosts]
        first, second = read_taxonomy(SMALL.encode()), read_taxonomy(SMALL.replace("name: Sky", "name: Air").encode())
        for taxonomy in (first, first, second, second):
            await asyncio.gather(*(teller.tell(taxonomy) for teller in tellers[:2]))
        await tellers[2].tell(second)
        await tellers[0].tell(first)
        versions = [(event.version, event.subjects[1].name) for event in await told(client, hosts[0])]
        await client.flushall()
        await tellers[0].tell(first)
        again = [event.version for event in await told(client, hosts[0])]

    assert [(1, "Sky"), (2, "Air"), (3, "Sky")] == versions
    assert [1] == again


async def test_a_taxonomy_that_redis_lost_is_told_again(redis_url: str) -> None:
    """As when the machine of Redis died within the second, and the version before is the newest there."""
    async with redis.asyncio.Redis.from_url(redis_url) as client:
        host = host_on(client)
        teller, key = Teller(client, host.belt, host.clock), host.key("classifier", "taxonomy")
        first, second = read_taxonomy(SMALL.encode()), read_taxonomy(SMALL.replace("name: Sky", "name: Air").encode())
        await teller.tell(first)
        before: dict[Any, Any] = await client.hgetall(key)
        await teller.tell(second)
        await client.hset(key, mapping=before)
        for _ in range(3):
            await teller.tell(second)
        found = await told(client, host)

    assert [(1, "Sky"), (2, "Air"), (2, "Air")] == [(event.version, event.subjects[1].name) for event in found]


async def test_two_files_do_not_fight(redis_url: str) -> None:
    """Processes that hold different taxonomies each tell theirs once, and then are quiet."""
    async with redis.asyncio.Redis.from_url(redis_url) as client:
        hosts = [host_on(client) for _ in range(2)]
        tellers = [Teller(client, host.belt, host.clock) for host in hosts]
        both = [read_taxonomy(body.encode()) for body in (SMALL, SMALL.replace("name: Sky", "name: Air"))]
        for _ in range(4):
            for teller, taxonomy in zip(tellers, both, strict=True):
                await teller.tell(taxonomy)
        found = await told(client, hosts[0])

    assert [1, 2] == [event.version for event in found]


async def test_a_changed_file_is_in_force_without_a_restart(
    redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """New documents are judged by it, the change is told; a broken one is told to the operator, and changes nothing."""
    monkeypatch.setattr("services.classifier.app.LOOK_SECONDS", 0.01)
    file = tmp_path / "subjects.yaml"
    file.write_text(SMALL)
    async with redis.asyncio.Redis.from_url(redis_url) as client:
        host = host_on(client, taxonomy=file)
        install(host)
        follow = host.loops["classifier.taxonomy"]
        await host.belt.open()
        await follow()
        file.write_text(SMALL.replace("slug: sky", "slug: heaven\n    formerly: sky"))
        await follow()
        await follow()
        await host.belt.publish(Step(emits=(ingested(1, title="Clouds"),)))
        sent = await entries(client, host.key(DocumentClassified.stream), 3)
        file.write_text("subjects: none")
        await follow()
        await follow()
        await host.belt.close()

    event = decode(DocumentClassified.stream, sent[-1][b"event"])
    assert isinstance(event, DocumentClassified)
    assert "heaven" == event.subject.slug
    assert "stays in force" in host.warnings["taxonomy"]
