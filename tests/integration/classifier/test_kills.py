"""Two classifier processes on one Redis, killed with -9 while they learn."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from base64 import b64decode
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import redis.asyncio

from services.classifier.model import ROUND_EVERY, Model
from services.classifier.study import Study
from shared.events import Change, Document, DocumentIngested
from shared.host import Host
from shared.settings import ROOT
from shared.steps import Step
from tests.house import TOKEN, free_port
from tests.integration.classifier.test_app import NOON, host_on
from tests.processes import Process, ready
from tests.redis_servers import RedisServer

DOCUMENTS = ROUND_EVERY + 100
KILLS = 4
SECONDS = 90.0
KINDS = {"mathematics": "theorem lemma integral matrix", "nursing": "bedside ward dressing triage"}


class Classifier:
    """A process that runs the classifier alone; another one takes its place when it is killed."""

    def __init__(self, redis_url: str, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.folder.mkdir()
        self.port = free_port()
        self.environment = os.environ | {
            "SYNDICATE_REDIS_URL": redis_url,
            "SYNDICATE_PORT": str(self.port),
            "SYNDICATE_TOKEN": TOKEN,
            "SYNDICATE_LEASE_SECONDS": "2",
            "PYTHONPATH": str(ROOT),
            **settings,
        }
        self.process = self.started()

    def started(self) -> Process:
        return Process([sys.executable, "-m", "services", "classifier"], cwd=self.folder, env=self.environment)

    def killed(self) -> None:
        self.process.kill()
        self.process = self.started()

    async def model(self) -> tuple[str, Model]:
        """What it has learned, as it says itself."""
        headers = {"Authorization": f"Bearer {TOKEN}"}
        server = aiohttp.ClientSession(f"http://127.0.0.1:{self.port}", headers=headers)
        async with server as session, session.get("/classifier/model") as answer:
            told = await answer.json()
        return told["version"], Model.unpack(b64decode(told["model"]))


def ingested(number: int) -> DocumentIngested:
    """A labelled document."""
    subject = list(KINDS)[number % 2]
    document = Document(
        id=f"doc{number}",
        version=1,
        content_hash="",
        title="",
        text=f"{KINDS[subject]} w{number % 29}",
        subject=subject,
        received_at=NOON,
    )
    return DocumentIngested.of(document, Change.ADDED, correlation_id="request", at=NOON)


async def fed(host: Host, classifiers: list[Classifier], count: int) -> None:
    """So many documents, and the kills between them."""
    for number in range(count):
        await host.belt.publish(Step(emits=(ingested(number),)))
        if number % (count // (KILLS + 1)) == count // (KILLS + 1) - 1:
            await settled(host, number // 2)
            classifiers[number % 2].killed()


async def settled(host: Host, count: int) -> None:
    """Wait until so many documents are classified."""
    deadline = time.monotonic() + SECONDS
    while await host.redis.xlen(host.key("documents.classified")) < count:
        assert time.monotonic() < deadline, "the classifiers stand still"
        await asyncio.sleep(0.02)


@pytest.mark.parametrize(("count", "semantic"), [(DOCUMENTS, "false"), (100, "true")])
async def test_kills_lose_and_repeat_no_lesson(
    redis_server: RedisServer, tmp_path: Path, count: int, semantic: str
) -> None:
    """Each labelled document is learned from once, and both processes end with the same model, which a third reads from what is kept.

    Likewise what it means.
    """
    classifiers = [
        Classifier(redis_server.url, tmp_path / name, SYNDICATE_SEMANTIC=semantic) for name in ("one", "other")
    ]
    try:
        async with redis.asyncio.Redis.from_url(redis_server.url) as client:
            host = host_on(client)
            await asyncio.gather(
                *(asyncio.to_thread(ready, f"http://127.0.0.1:{c.port}", c.process) for c in classifiers)
            )
            await fed(host, classifiers, count)
            await settled(host, count)
            await asyncio.gather(
                *(asyncio.to_thread(ready, f"http://127.0.0.1:{c.port}", c.process) for c in classifiers)
            )
            told: list[Any] = [await classifier.model() for classifier in classifiers]
            study = Study(client, host.belt)
            await study.catch_up()
            given = await client.hlen(study.given_key)
    finally:
        for classifier in classifiers:
            classifier.process.kill()

    assert [f"0.{count}"] * 2 == [version for version, _ in told]
    assert (count if semantic == "true" else 0) == study.model.meanings.learned
    assert count == given == study.model.learner.learned == study.model.learner.times.sum()
    assert told[0][1].pack() == told[1][1].pack() == study.model.pack()
