"""What ingest has accepted: one hash for each document, written in the same step that lays the event on the belt."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Any

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
from services.ingest.refusals import gone, permitted
from services.ingest.sameness import Judged, Sameness
from services.ingest.together import Together
from shared.errors import Overloaded
from shared.events import Change, Document, DocumentIngested
from shared.steps import Command, Guard, Step
from shared.streams import Belt

TRIES = 50
"""Each lost try means that another writer has won: of the same document, or in another process."""
LOST_SECONDS = 0.001
"""The longest wait after the first lost try; after each more of them so much longer."""

Decide = Callable[[Known | None], Decision]
Also = Callable[[Changed], tuple[Command, ...]]
"""What else is written, and only if the change is: the answer to a request that may come again, say. May be repeated without trace."""


def nothing(_: Changed) -> tuple[Command, ...]:
    """Nothing else."""
    return ()


class Registry:
    """Every document's newest version. Reading and deciding again is safe at any point: a version is written once."""

    def __init__(self, client: Any, belt: Belt) -> None:
        self._client = client
        self._belt = belt
        self._together = Together(client, belt, self._key)
        self._sameness = Sameness(belt, self.known, self._key)
        self._last_was_new = True

    async def known(self, identity: str) -> Known | None:
        """The document as it was accepted last; None if it never was."""
        return await self._together.known(identity)

    async def accept(
        self, draft: Draft, identity: str, at: datetime, *, correlation_id: str, also: Also = nothing
    ) -> Decision:
        """Take a sending in. Once it returns, the belt has the event, or had it before.

        A document that is not known, and says the very same as another one, is that one.
        """
        as_new = self._last_was_new
        if as_new and (decision := await self._as_new(draft, identity, at, correlation_id, also)):
            return decision

        def decided(known: Known | None) -> Decision:
            self._last_was_new = known is None
            return decide(known, identity, draft, at)

        return await self._settle(identity, decided, correlation_id, also, alike=as_new)

    async def tried(self, draft: Draft, identity: str, at: datetime) -> Decision:
        """What taking it in would come to; nothing is stored."""
        before = await self.known(identity)
        decision = decide(before, identity, draft, at)
        if not isinstance(decision, Changed):
            return decision
        judged = await self._sameness.judged(decision, before)
        return judged.twin_of_new(before) or judged.decision

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
            return decide(permitted(known, identity, only), identity, draft, at, restore=True)

        return await self._settle(identity, decided, correlation_id, also)

    async def retract(
        self, identity: str, at: datetime, *, correlation_id: str, only: frozenset[int] | None, also: Also = nothing
    ) -> Decision:
        """Take a document back. Raises NotFound and Gone."""

        def decided(known: Known | None) -> Decision:
            if known and known.state == State.RETRACTED:
                raise gone(WasRetracted(known.document))
            return retract(permitted(known, identity, only), at)

        return await self._settle(identity, decided, correlation_id, also)

    async def set_subject(
        self, identity: str, subject: str | None, at: datetime, *, correlation_id: str, only: frozenset[int] | None
    ) -> Decision:
        """Pin an operator's subject to a document, or (None) let it go. Raises NotFound."""

        def decided(known: Known | None) -> Decision:
            return set_subject(permitted(known, identity, only), subject, at)

        return await self._settle(identity, decided, correlation_id, nothing)

    async def restore(self, record: Known, *, correlation_id: str) -> Decision:
        """Take in what a backup holds, under the id and version that it had."""
        name = record.document.id
        return await self._settle(name, lambda known: restored(known, record), correlation_id, nothing, as_told=True)

    async def to_look_at(self, count: int) -> list[str]:
        """Near-duplicates whose original is gone or says something else, those that came first before the others."""
        return [name.decode() for name in await self._client.zrange(self._sameness.revisit, 0, count - 1)]

    async def look_again(self, identity: str, at: datetime) -> bool:
        """Find out whether a document still repeats another one. False: somebody has written in between; nothing has happened."""
        known = await self.known(identity)
        if known is None or known.state == State.RETRACTED or known.document.duplicate_of is None:
            settled: tuple[Command, ...] = (("ZREM", self._sameness.revisit, identity),)
            return await self._belt.publish(Step("settled", settled, swaps=(self._sameness.held(identity, known),)))
        update = {"version": known.version + 1, "received_at": at}
        judged = await self._sameness.judged(
            Changed(Change.UPDATED, known.document.model_copy(update=update), known.pin), known
        )
        if judged.decision.document.duplicate_of == known.document.duplicate_of:
            held = self._sameness.held(identity, known)
            return await self._belt.publish(Step("kept", judged.writes, swaps=(held, *judged.swaps)))
        return await self._belt.publish(self._step(judged.decision, known.correlation_id, judged))

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

    async def _as_new(
        self, draft: Draft, identity: str, at: datetime, correlation_id: str, also: Also
    ) -> Decision | None:
        """Take it in without asking whether it is known, as new ones come in rows; None if it is, or is like another one.

        The guard asks, in the very step; a question beforehand is a twentieth of what a document costs here.
        """
        decision = decide(None, identity, draft, at)
        if not isinstance(decision, Changed):
            return None
        done = await self._published(decision, await self._sameness.unseen(decision), correlation_id, also)
        return decision if done and await self._belt.written(self._guard(decision.document)) else None

    async def _settle(
        self,
        identity: str,
        decided: Decide,
        correlation_id: str,
        also: Also,
        *,
        as_told: bool = False,
        alike: bool = False,
    ) -> Decision:
        """`as_told`: what it repeats is what it says itself. `alike`: it is known, or like another one, as far as we know."""
        for lost in range(TRIES):
            decision = await self._done(identity, decided, correlation_id, also, as_told=as_told, alike=alike)
            # Also for a document that is there already: the try before may have died before it stood in the file.
            if decision and await self._belt.written(self._guard(decision.document)):
                return decision
            await asyncio.sleep(random.uniform(0, LOST_SECONDS * lost))  # noqa: S311 - jitter
        raise Overloaded("others keep writing the same document", retry_after=1, id=identity)

    async def _done(
        self, identity: str, decided: Decide, correlation_id: str, also: Also, *, as_told: bool, alike: bool
    ) -> Decision | None:
        """One try; None if another writer was faster."""
        before = await self.known(identity)
        decision = decided(before)
        if not isinstance(decision, Changed):
            return decision
        if before and decision.says_as(before):
            return await self._published(decision, None, correlation_id, also)
        if before is None and not as_told and not alike:
            judged = await self._sameness.unseen(decision)
            if await self._published(decision, judged, correlation_id, also):
                return decision
        judged = await self._sameness.judged(decision, before, as_told=as_told)
        if not as_told and (twin := judged.twin_of_new(before)):
            return twin
        return await self._published(judged.decision, judged, correlation_id, also)

    async def _published(
        self, decision: Changed, judged: Judged | None, correlation_id: str, also: Also
    ) -> Decision | None:
        """The decision, if it is done; None if another writer was faster."""
        if await self._together.publish(self._step(decision, correlation_id, judged).then(*also(decision))):
            return decision
        stands = await self.known(decision.document.id)
        return decision if stands == decision.known(correlation_id) else None  # equal: only the reply was lost

    def _step(self, decision: Changed, correlation_id: str, judged: Judged | None) -> Step:
        document = decision.document
        key = self._key(document.id)
        event = DocumentIngested.of(document, decision.change, correlation_id=correlation_id, at=document.received_at)
        return Step(
            verdict=decision.change,
            writes=(
                ("HSET", key, "record", decision.known(correlation_id).model_dump_json()),
                ("ZADD", self._ids, 0, document.id),
                *(judged.writes if judged else ()),
            ),
            swaps=judged.swaps if judged else (),
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
