"""What documents mean has a say in their subjects: by a model that the test makes, on a real Redis."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import redis.asyncio

from services.classifier.classifying import Classifying
from services.classifier.labelled import Labelled
from services.classifier.study import Study
from services.classifier.subjects import Subjects
from services.classifier.taxonomy import read_taxonomy
from services.classifier.training import Training
from shared.batch import Batch
from shared.consumer import Consumer
from shared.events import Change, DocumentClassified, DocumentIngested, decode
from shared.host import Host
from shared.semantic.model import SemanticModel
from shared.semantic.understanding import understood
from shared.steps import Entry, Fence, Step
from tests.integration.classifier.test_app import entries, host_on, ingested
from tests.semantic_model import WIDTH, write_model
from tests.unit.classifier.samples import SMALL

TEXTS = ("the tides of the sea", "moonlight on the moon", "the law the law")
SUBJECTS = ("sea", "sky", None)


@pytest.fixture
def model(tmp_path: Path) -> SemanticModel:
    return SemanticModel(write_model(tmp_path))


def classifying(study: Study, semantic: SemanticModel | None) -> Classifying:
    return Classifying(read_taxonomy(SMALL.encode()), study, review_below=0.0, semantic=semantic)


def arrived(number: int, subject: str | None = None, change: Change = Change.ADDED) -> DocumentIngested:
    return ingested(number, change, title="", text=f"{TEXTS[number % 3]} w{number % 5}", subject=subject)


async def through(host: Host, semantic: SemanticModel | None, *events: DocumentIngested) -> Study:
    """A process whose classifier takes these from the belt, and ends; its study."""
    study = Study(host.redis, host.belt)
    work = classifying(study, semantic).work
    host.belt.consume_batches(DocumentIngested.stream, group="classifier", work=work)
    await host.belt.open()
    before = await host.redis.xlen(host.key(DocumentClassified.stream))
    for event in events:
        await host.belt.publish(Step(emits=(event,)))
    await entries(host.redis, host.key(DocumentClassified.stream), before + len(events))
    await host.belt.close()
    await study.catch_up()
    return study


async def hold(host: Host, *events: DocumentIngested) -> list[Entry]:
    """Lay the events on the stream and hold their entries."""
    for event in events:
        await host.belt.publish(Step(emits=(event,)))
    await host.belt.reads.xgroup_create(host.key(DocumentIngested.stream), "classifier")
    streams = await host.redis.xreadgroup("classifier", host.belt.name, {host.key(DocumentIngested.stream): ">"})
    return [Entry(entry_id.decode(), fields) for entry_id, fields in streams[0][1]]


async def sent(host: Host) -> list[DocumentClassified]:
    rows = await host.redis.xrange(host.key(DocumentClassified.stream))
    events = [decode(DocumentClassified.stream, fields[b"event"]) for _, fields in rows]
    return [event for event in events if isinstance(event, DocumentClassified)]


async def test_a_meaning_is_asked_once_and_travels(redis_url: str, model: SemanticModel) -> None:
    """In the event to whom the belt comes to next, who takes it as it is, and in what is learned from; a retraction has none."""
    asked: list[str] = []

    class Counting(SemanticModel):
        def vector(self, title: str, text: str) -> bytes:
            asked.append(text)
            return model.vector(title, text)

    counting = Counting.__new__(Counting)
    async with redis.asyncio.Redis.from_url(redis_url) as client:
        host = host_on(client)
        study = await through(
            host,
            counting,
            *(arrived(number, SUBJECTS[number]) for number in range(3)),
            arrived(3, change=Change.RETRACTED),
        )
        events = await sent(host)
        again = await understood(events, counting)
        kept: Any = await client.hgetall(study.labels_key)

    assert [model.vector("", arrived(number).document.text) for number in range(3)] == [e.meaning for e in events[:3]]
    assert (b"", 3) == (events[3].meaning, len(asked))
    assert {place: event.meaning for place, event in enumerate(events[:3])} == again
    assert {WIDTH} == {len(Labelled.unpack(packed).meaning) for packed in kept.values()}
    assert (2, 2) == (study.model.learner.learned, study.model.meanings.learned)


async def test_without_the_extra_nothing_has_a_meaning(redis_url: str) -> None:
    """No event, nothing that is kept, and no byte of the model."""
    async with redis.asyncio.Redis.from_url(redis_url) as client:
        host = host_on(client)
        study = await through(host, None, *(arrived(number, "sea") for number in range(3)))
        events = await sent(host)
        kept: Any = await client.hgetall(study.labels_key)

    assert {b""} == {event.meaning for event in events} | {Labelled.unpack(packed).meaning for packed in kept.values()}
    assert (3, 0, []) == (study.model.learner.learned, study.model.meanings.learned, study.model.meanings.kept())


async def test_switched_on_and_off_it_goes_on(redis_url: str, model: SemanticModel) -> None:
    """Processes with and without the extra learn one and the same model; each knows the meanings of those that came while it was on."""
    async with redis.asyncio.Redis.from_url(redis_url) as client:
        hosts = [host_on(client) for _ in range(3)]
        await through(hosts[0], model, *(arrived(number, SUBJECTS[number % 2]) for number in range(6)))
        off = await through(hosts[1], None, *(arrived(number, SUBJECTS[number % 2]) for number in range(6, 10)))
        on = await through(hosts[2], model, *(arrived(number, SUBJECTS[number % 2]) for number in range(10, 12)))
        await off.catch_up()

    assert (12, 8) == (on.model.learner.learned, on.model.meanings.learned)
    assert off.model.pack() == on.model.pack()


@pytest.mark.parametrize("when", ["before", "after"])
async def test_what_a_dead_process_had_in_hand_is_learned_once(redis_url: str, model: SemanticModel, when: str) -> None:
    """Whether it died before its commit or behind it: who takes its entries over learns each of them, and its meaning, once."""
    async with redis.asyncio.Redis.from_url(redis_url) as client:
        hosts = [host_on(client) for _ in range(2)]
        dying, heir = (classifying(Study(client, host.belt), model) for host in hosts)

        async def work(batch: Batch) -> None:
            commit = batch.commit

            async def struck(steps: Sequence[Step | Exception], fence: Fence | None = None) -> bool:
                if when == "after":
                    await commit(steps, fence)
                raise ConnectionError("killed")

            batch.commit = struck  # type: ignore[method-assign]
            await dying.work(batch)

        held = await hold(hosts[0], *(arrived(number, "sea") for number in range(4)))
        await Consumer(hosts[0].belt, DocumentIngested.stream, "classifier", work).take(held)
        await Consumer(hosts[1].belt, DocumentIngested.stream, "classifier", heir.work).take(held)
        study, events = Study(client, hosts[1].belt), await sent(hosts[1])
        await study.catch_up()
        lessons: Any = await client.xrange(study.log_key)
        await hosts[0].belt.publish(Step(writes=(("XADD", study.log_key, "*", *chain(*lessons[0][1].items())),)))
        await study.catch_up()

    assert (4, 4) == (len(lessons), len({event.event_id for event in events}))
    assert (4, 4) == (study.model.learner.learned, study.model.meanings.learned)


async def test_a_document_that_the_model_fails_at_is_tried_again(
    redis_url: str, model: SemanticModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stays on its stream; the others of its batch go on."""
    vector = model.vector

    def failing(title: str, text: str) -> bytes:
        if text.startswith(TEXTS[1]):
            raise RuntimeError("out of memory")
        return vector(title, text)

    monkeypatch.setattr(model, "vector", failing)
    async with redis.asyncio.Redis.from_url(redis_url) as client:
        host = host_on(client)
        work = classifying(Study(client, host.belt), model).work
        consumer = Consumer(host.belt, DocumentIngested.stream, "classifier", work)
        held = await hold(host, *(arrived(number, "sea") for number in range(3)))
        await consumer.take(held)
        first = [event.document_id for event in await sent(host)]
        monkeypatch.setattr(model, "vector", vector)
        await consumer.take(held)
        then = [event.document_id for event in await sent(host)]

    assert ["doc0", "doc2"] == first
    assert ["doc0", "doc2", "doc1"] == then


async def test_training_asks_what_was_not_asked_before(redis_url: str, model: SemanticModel) -> None:
    """Of documents that came without the extra; with it, all teach what they mean; without it, those that are kept with it."""
    taxonomy = read_taxonomy(SMALL.encode())
    learned = []
    async with redis.asyncio.Redis.from_url(redis_url) as client:
        host = host_on(client)
        study = await through(host, None, *(arrived(number, "sea") for number in range(5)))
        for semantic in (None, model):
            training = Training(study, lambda: Subjects(taxonomy, study.reader), semantic)
            training.start()
            async with asyncio.timeout(10):
                while training.progress.state == "running":  # noqa: ASYNC110 - progress is for looking at
                    await asyncio.sleep(0.01)
            learned.append((training.progress.learned, study.model.meanings.learned))

    assert [(5, 0), (5, 5)] == learned
