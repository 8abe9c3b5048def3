"""The inbox stream: any program that can reach Redis adds a document by `XADD {syndicate}:inbox * body "…"`.

Fields: `body`, the document in any form that is read here; `type`, its media type, if it is known; `id`, the name by which the sender
calls the document, if it has none in itself. What is no document goes to the dead letters with the reason.

The entry is acknowledged by a step of its own, behind the one that accepts the document. Between the two stands a mark, written with the
acceptance: should the process die there, the entry comes again and is acknowledged, and nobody's newer text is undone by it.
"""

from __future__ import annotations

from typing import Any, ClassVar

from redis.exceptions import RedisError

from services.ingest.changes import Changed
from services.ingest.intake import Intake
from services.ingest.telling import change_of
from shared.batch import Batch
from shared.errors import EntryRejected, Gone, Overloaded
from shared.events import Event
from shared.host import Host
from shared.steps import Command, Entry, Step

STREAM = "inbox"
GROUP = "ingest"
LONGEST_NAME = 200


class Arrival(Event):
    """An entry of the inbox; it is nobody's effect and its id is its own."""

    stream: ClassVar[str] = STREAM

    body: bytes
    media_type: str | None = None
    given_id: str | None = None

    @property
    def document_id(self) -> str:
        return self.event_id


def install_inbox(host: Host, intake: Intake) -> None:
    """Take in what other programs lay into the stream."""
    marks = host.key("ingest", "inbox", "accepted")

    def read(entry: Entry) -> Arrival:
        return arrival(entry, at=host.clock.now())

    async def work(batch: Batch) -> None:
        steps: list[Step | Exception] = []
        for event in batch.events:
            while (step := await _attempt(host.redis, intake, marks, event)) is None:
                batch.wait()
            steps.append(step)
        await batch.commit(steps)

    host.belt.consume_batches(STREAM, group=GROUP, work=work, read=read)


def arrival(entry: Entry, *, at: Any) -> Arrival:
    """The entry as an event. Raises EntryRejected if it has no body."""
    body = entry.fields.get(b"body")
    if body is None:
        raise EntryRejected(
            "the entry has no field `body`", fields=[name.decode(errors="replace")[:50] for name in entry.fields][:5]
        )
    return Arrival(
        event_id=f"inbox/{entry.id}",
        correlation_id=f"inbox:{entry.id}",
        occurred_at=at,
        body=body,
        media_type=_text(entry, b"type"),
        given_id=_text(entry, b"id"),
    )


async def _attempt(redis: Any, intake: Intake, marks: str, event: Event) -> Step | Exception | None:
    """The step that acknowledges the entry, or what is wrong with it; None if it is not at fault that there is no room for it."""
    try:
        return await _taken(redis, intake, marks, event)
    except Overloaded:
        return None
    except RedisError:
        raise
    except Gone as error:  # as little to be done about as about any other that is refused
        return EntryRejected(error.detail, **error.fields)
    except Exception as error:
        return error


async def _taken(redis: Any, intake: Intake, marks: str, event: Event) -> Step:
    """Accept the document, unless that was done before; the step that acknowledges its entry. Raises what refuses it."""
    assert isinstance(event, Arrival)  # noqa: S101 - what `arrival` makes
    done: Command = ("SREM", marks, event.event_id)
    if await redis.sismember(marks, event.event_id):
        return Step("accepted_before", writes=(done,))

    def mark(_: Changed) -> tuple[Command, ...]:
        return (("SADD", marks, event.event_id),)

    await intake.room()
    draft = await intake.one(event.body, event.media_type)
    if event.given_id and not draft.given_id:
        draft = draft.model_copy(update={"given_id": event.given_id})
    decision = await intake.accept(draft, event.correlation_id, also=mark)
    document = decision.document
    facts = {"document_id": document.id, "version": document.version, "change": change_of(decision)}
    return Step("accepted", writes=(done,), facts=facts)


def _text(entry: Entry, name: bytes) -> str | None:
    return entry.fields.get(name, b"").decode(errors="replace").strip()[:LONGEST_NAME] or None
