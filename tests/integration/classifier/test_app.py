"""The classifier on a real belt."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import redis.asyncio
from fastapi import FastAPI, Request

from services.classifier.app import install
from shared.clock import SystemClock
from shared.events import Change, Document, DocumentClassified, DocumentIngested, decode
from shared.host import Host
from shared.settings import Settings
from shared.steps import Step
from shared.streams import Belt

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


async def anyone(_: Request) -> None:
    """No operator is asked for."""


def host_on(client: Any) -> Host:
    settings, clock = Settings(), SystemClock()
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
