"""What ingest has accepted: one hash for each document, written in the same step that lays the event on the belt."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from services.ingest.changes import (
    Changed,
    Decision,
    Known,
    State,
    WasRetracted,
    decide,
    restored,
    retract,
    set_subject,
)
from services.ingest.draft import Draft
from shared.errors import Conflict, Gone, NotFound, Overloaded
from shared.events import Document, DocumentIngested
from shared.steps import Command, Guard, Step
from shared.streams import Belt

TRIES = 20
"""Each lost try means that another writer of the same document has won."""

Decide = Callable[[Known | None], Decision]
Also = Callable[[Changed], tuple[Command, ...]]
"""What else is written, and only if the change is: the answer to a request that may come again, say. May be repeated without trace."""


def nothing(_: Changed) -> tuple[Command, ...]:
    """Nothing else."""
    return ()


class VersionMismatch(Conflict):
    """The document is no longer in the version that the sender knows (RFC 9110, section 13.1.1)."""

    code = "version-mismatch"
    title = "The document has another version by now"
    status = 412


class Registry:
    """Every document's newest version. Reading and deciding again is safe at any point: a version is written once."""

    def __init__(self, client: Any, belt: Belt) -> None:
        self._client = client
        self._belt = belt

    async def known(self, identity: str) -> Known | None:
        """The document as it was accepted last; None if it never was."""
        version, record = await self._client.hmget(self._key(identity), "version", "record")
        return _whole(int(version), record) if version and record else None

    async def accept(
        self, draft: Draft, identity: str, at: datetime, *, correlation_id: str, also: Also = nothing
    ) -> Decision:
        """Take a sending in. Once it returns, the belt has the event, or had it before."""
        return await self._settle(identity, lambda known: decide(known, identity, draft, at), correlation_id, also)

    async def replace(
        self,
        draft: Draft,
        identity: str,
        at: datetime,
        *,
        correlation_id: str,
        only: frozenset[int] | None,
        also: Also = nothing,
    ) -> Decision:
        """Give a document that is known its new words, even if it was retracted. `only`: the versions that may be replaced."""

        def decided(known: Known | None) -> Decision:
            return decide(_permitted(known, identity, only), identity, draft, at, restore=True)

        return await self._settle(identity, decided, correlation_id, also)

    async def retract(
        self, identity: str, at: datetime, *, correlation_id: str, only: frozenset[int] | None, also: Also = nothing
    ) -> Decision:
        """Take a document back. Raises NotFound and Gone."""

        def decided(known: Known | None) -> Decision:
            if known and known.state == State.RETRACTED:
                raise gone(WasRetracted(known.document))
            return retract(_permitted(known, identity, only), at)

        return await self._settle(identity, decided, correlation_id, also)

    async def set_subject(
        self, identity: str, subject: str | None, at: datetime, *, correlation_id: str, only: frozenset[int] | None
    ) -> Decision:
        """Pin an operator's subject to a document, or (None) let it go. Raises NotFound."""

        def decided(known: Known | None) -> Decision:
            return set_subject(_permitted(known, identity, only), subject, at)

        return await self._settle(identity, decided, correlation_id, nothing)

    async def restore(self, record: Known, *, correlation_id: str) -> Decision:
        """Take in what a backup holds, under the id and version that it had."""
        return await self._settle(record.document.id, lambda known: restored(known, record), correlation_id, nothing)

    async def records(self, *, after: str, limit: int, most_bytes: int) -> AsyncIterator[Known]:
        """What is known, in the order of the ids, from the first one behind `after`; ends early behind `most_bytes`."""
        size = 0
        for name in await self._client.zrangebylex(self._ids, f"({after}" if after else "-", "+", 0, limit):
            known = await self.known(name.decode())
            if known:
                yield known
                size += len(known.document.html) + len(known.document.text)
            if size > most_bytes:
                return

    async def stands(self, identity: str, version: int) -> bool:
        """Whether a version that was accepted would outlive Redis; waits for it."""
        return await self._belt.written(Guard(self._key(identity), "version", version))

    async def _settle(self, identity: str, decided: Decide, correlation_id: str, also: Also) -> Decision:
        for _ in range(TRIES):
            decision = await self._done(identity, decided, correlation_id, also)
            # Also for a document that is there already: the try before may have died before it stood in the file.
            if decision and await self._belt.written(self._guard(decision.document)):
                return decision
        raise Overloaded("others keep writing the same document", retry_after=1, id=identity)

    async def _done(self, identity: str, decided: Decide, correlation_id: str, also: Also) -> Decision | None:
        """One try; None if another writer was faster."""
        decision = decided(await self.known(identity))
        if not isinstance(decision, Changed):
            return decision
        if await self._belt.publish(self._step(decision, correlation_id).then(*also(decision))):
            return decision
        stands = await self.known(identity)
        return decision if stands == decision.known(correlation_id) else None  # equal: only the reply was lost

    def _step(self, decision: Changed, correlation_id: str) -> Step:
        document = decision.document
        key = self._key(document.id)
        event = DocumentIngested.of(document, decision.change, correlation_id=correlation_id, at=document.received_at)
        return Step(
            verdict=decision.change,
            writes=(
                ("HSET", key, "record", decision.known(correlation_id).model_dump_json()),
                ("ZADD", self._ids, 0, document.id),
            ),
            emits=(event,),
            guard=self._guard(document),
        )

    def _guard(self, document: Document) -> Guard:
        return Guard(self._key(document.id), "version", document.version)

    @property
    def _ids(self) -> str:
        """A sorted set of every id that was ever accepted, in the order of the ids."""
        return self._belt.key("ingest", "ids")

    def _key(self, identity: str) -> str:
        return self._belt.key("ingest", "document", identity)


def gone(decision: WasRetracted) -> Gone:
    """The error for what was retracted."""
    document = decision.document
    return Gone(
        "this document has been retracted; PUT brings it back",
        id=document.id,
        version=document.version,
        retracted_at=document.received_at.isoformat(),
    )


def _permitted(known: Known | None, identity: str, only: frozenset[int] | None) -> Known:
    if known is None:
        raise NotFound("there is no document of this id", id=identity)
    if only is not None and known.version not in only:
        raise VersionMismatch(id=identity, version=known.version)
    return known


def _whole(version: int, record: bytes) -> Known | None:
    """What stands in the record, if the step that wrote it came to its end.

    The guard writes `version` last. A step that failed behind its record (Redis is full) has laid no event on the belt, so its words
    are nothing that was accepted: the document counts as changed by whatever is sent next.
    """
    try:
        known = Known.model_validate_json(record)
    except ValidationError:
        return None
    if known.version == version:
        return known
    lost = known.document.model_copy(update={"version": version, "content_hash": ""})
    return Known(state=State.ACCEPTED, document=lost)
