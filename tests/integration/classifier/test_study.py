"""What is learned on a real Redis: once each, alike in every process, and there again after a restart."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import numpy as np
import redis.asyncio

from services.classifier.app import install
from services.classifier.labelled import Labelled
from services.classifier.model import ROUND_EVERY, Model
from services.classifier.study import Study
from services.classifier.training import Training
from shared.events import Change, Document, DocumentIngested
from shared.host import Host
from shared.semantic.model import SemanticModel
from shared.steps import Step
from tests.integration.classifier.test_app import NOON, host_on
from tests.unit.classifier.samples import small

TIDES, CLOUDS = "tide harbour mooring anchor", "cloud thunder rainbow drizzle"


def lesson(number: int, version: int = 1) -> Labelled:
    """A labelled document of one of two kinds."""
    sea = number % 2 == 0
    text = f"{TIDES if sea else CLOUDS} w{number % 23}"
    document = Document(
        id=f"doc{number}",
        version=version,
        content_hash="",
        title="",
        text=text,
        subject="sea" if sea else "sky",
        received_at=NOON,
    )
    return small().labelled(document)


def ingested(
    number: int, version: int = 1, subject: str | None = "sea", change: Change = Change.ADDED
) -> DocumentIngested:
    document = Document(
        id=f"doc{number}",
        version=version,
        content_hash="",
        title="Harbour",
        text=TIDES,
        subject=subject,
        received_at=NOON,
    )
    return DocumentIngested.of(document, change, correlation_id="request", at=NOON)


@asynccontextmanager
async def studies(redis_url: str, count: int) -> AsyncIterator[tuple[Any, list[Host], list[Study]]]:
    """So many processes' studies of one log."""
    async with redis.asyncio.Redis.from_url(redis_url) as client:
        hosts = [host_on(client) for _ in range(count)]
        yield client, hosts, [Study(client, host.belt) for host in hosts]


async def teach(host: Host, study: Study, labelled: Labelled) -> None:
    """What the belt does with a labelled document's step."""
    await host.belt.publish(Step(writes=study.lesson(labelled, labelled.slug, again=False)))


def alike(one: Model, other: Model) -> bool:
    """Whether two models are the same to the last bit."""
    return one.version == other.version and np.array_equal(one.learner.weights, other.learner.weights)


async def test_processes_learn_into_one_model(redis_url: str) -> None:
    """Each writes its own lessons; all have learned all of them, in one order; who comes later reads the kept model and the rest."""
    async with studies(redis_url, 3) as (client, hosts, (one, other, late)):
        for number in range(ROUND_EVERY + 40):
            writer = number % 2
            await teach(hosts[writer], (one, other)[writer], lesson(number))
            if number % 7 == 0:
                await (one, other)[number % 3 == 0].catch_up()
        await asyncio.gather(one.catch_up(), other.catch_up())
        await asyncio.gather(one.save(), other.save())
        await late.catch_up()
        kept = await client.get(late.model_key)

    assert ROUND_EVERY + 40 == one.model.learner.learned
    assert alike(one.model, other.model)
    assert alike(one.model, late.model)
    assert ROUND_EVERY == Model.unpack(kept).learner.learned


async def test_an_entry_that_was_laid_down_twice_is_learned_once(redis_url: str) -> None:
    """As when the step failed half-way and was tried again."""
    async with studies(redis_url, 1) as (_, (host,), (study,)):
        for labelled in (lesson(1), lesson(1), lesson(2)):
            await teach(host, study, labelled)
        await study.catch_up()

    assert 2 == study.model.learner.learned


async def test_what_redis_has_lost_is_not_known(redis_url: str) -> None:
    """A process whose place is not in the log any more begins with what is kept."""
    async with studies(redis_url, 1) as (client, (host,), (study,)):
        for number in range(5):
            await teach(host, study, lesson(number))
        await study.catch_up()
        before = study.model.learner.learned
        await client.flushall()
        await teach(host, study, lesson(9))
        await study.catch_up()

    assert (5, 1) == (before, study.model.learner.learned)


async def test_a_replaced_model_is_everyones(redis_url: str) -> None:
    """It is read by all, and they go on learning from it."""
    async with studies(redis_url, 2) as (_, hosts, (one, other)):
        for number in range(6):
            await teach(hosts[0], one, lesson(number))
        await asyncio.gather(one.catch_up(), other.catch_up())
        fresh = Model()
        fresh.position = one.model.position
        assert await one.replace(fresh, uncut_since=await one.cut())
        await teach(hosts[0], one, lesson(7))
        await asyncio.gather(one.catch_up(), other.catch_up())

    assert "1.1" == one.model.version
    assert alike(one.model, other.model)


async def test_training_learns_from_all_that_is_kept(redis_url: str) -> None:
    """Each document once, under the subject that it has now, and what came meanwhile is not learned twice."""
    async with studies(redis_url, 1) as (_, (host,), (study,)):
        for number in range(20):
            await teach(host, study, lesson(number))
        await teach(host, study, lesson(3, version=2))
        await study.catch_up()
        before = study.model.learner.learned
        training = Training(study, small)
        training.start()
        await finished(training)

    assert 21 == before
    assert ("done", 20, 20, "1.20") == (
        training.progress.state,
        training.progress.done,
        training.progress.learned,
        study.model.version,
    )


class Slow:
    """Stands in for the extra `semantic`: says nothing, and not until it is let."""

    def __init__(self) -> None:
        self.asked, self.may = threading.Event(), threading.Event()

    def vector(self, _title: str, _text: str) -> bytes:
        self.asked.set()
        assert self.may.wait(30)
        return b""


async def finished(training: Training) -> None:
    async with asyncio.timeout(30):
        while training.progress.state == "running":  # noqa: ASYNC110 - progress is for looking at
            await asyncio.sleep(0.01)


async def test_the_log_is_cut_while_a_training_runs(redis_url: str) -> None:
    """What came meanwhile is learned as well, once, and everyone goes on from there."""
    async with studies(redis_url, 2) as (_, (host, _other), (study, late)):
        for number in range(ROUND_EVERY - 5):
            await teach(host, study, lesson(number))
        await study.catch_up()
        slow = Slow()
        training = Training(study, small, cast("SemanticModel", slow))
        training.start()
        assert await asyncio.to_thread(slow.asked.wait, 30)
        for number in range(ROUND_EVERY - 5, ROUND_EVERY + 5):
            await teach(host, study, lesson(number))
        await study.catch_up()
        await study.save()
        slow.may.set()
        await finished(training)
        await teach(host, study, lesson(ROUND_EVERY + 5))
        async with asyncio.timeout(30):
            await asyncio.gather(study.catch_up(), late.catch_up())

    assert "done" == training.progress.state
    assert f"1.{ROUND_EVERY + 6}" == study.model.version
    assert alike(study.model, late.model)


async def test_a_kept_model_whose_place_was_cut_off_goes_on_with_the_log(redis_url: str) -> None:
    """Nobody waits for entries that never come."""
    async with studies(redis_url, 1) as (client, (host,), (study,)):
        for number in range(4):
            await teach(host, study, lesson(number))
        await study.catch_up()
        assert await study.replace(study.model.snapshot(), uncut_since=await study.cut())
        await teach(host, study, lesson(5))
        await client.xtrim(study.log_key, maxlen=1, approximate=False)
        async with asyncio.timeout(30):
            await study.catch_up()

    assert "1.5" == study.model.version


async def test_training_without_anything_that_is_kept_says_which_model_stays(redis_url: str) -> None:
    """The last label was taken back: the model that learned from it stays, and is told of."""
    async with studies(redis_url, 1) as (_, (host,), (study,)):
        await teach(host, study, lesson(1))
        await host.belt.publish(Step(writes=study.forgetting("doc1")))
        await study.catch_up()
        training = Training(study, small)
        training.start()
        await finished(training)

    assert ("done", 0, "0.1") == (training.progress.state, training.progress.learned, training.progress.version)


async def learned(host: Host, count: int) -> int:
    """How many lessons by people the log holds, as soon as so many documents are classified."""
    async with asyncio.timeout(10):
        while await host.redis.xlen(host.key("documents.classified")) < count:  # noqa: ASYNC110 - a stream has no event for it
            await asyncio.sleep(0.02)
    rows = await host.redis.xrange(host.key("classifier", "log"))
    return sum(not Labelled.unpack(fields[b"labelled"]).guessed for _, fields in rows)


async def test_a_document_teaches_once_for_each_subject_that_a_person_gave_it(redis_url: str) -> None:
    """Not again when it comes again or in a new version; again when the subject is another one; and it is forgotten when retracted."""
    async with redis.asyncio.Redis.from_url(redis_url) as client:
        host = host_on(client)
        install(host)
        await host.belt.open()
        first = ingested(1, subject="mathematics")
        for event in (
            first,
            first,
            ingested(1, 2, "mathematics", Change.UPDATED),
            ingested(2, 1, None),
            ingested(3, 1, "Basket Weaving"),
        ):
            await host.belt.publish(Step(emits=(event,)))
        once = await learned(host, 4)
        await host.belt.publish(Step(emits=(ingested(1, 3, "physics", Change.UPDATED),)))
        twice = await learned(host, 5)
        kept = await client.hkeys(host.key("classifier", "labels"))
        await host.belt.publish(Step(emits=(ingested(1, 4, None, Change.RETRACTED),)))
        await learned(host, 6)
        left = await client.hkeys(host.key("classifier", "labels"))
        await host.belt.close()

    assert (1, 2) == (once, twice)
    assert {b"doc1", b"doc3"} == set(kept)
    assert [b"doc3"] == left
