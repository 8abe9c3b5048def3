"""Many at once when many come at once: documents are looked up together, and laid on the belt together, each for itself.

Whoever comes while an answer of Redis is under way goes with the next question. Of 16 senders that saved an eighth of what a document cost.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from pydantic import ValidationError
from redis.exceptions import ResponseError

from services.ingest.changes import Known, State
from shared.gathering import Gathered
from shared.steps import Step
from shared.streams import Belt

MOST_LAID = 20
"""Documents that are laid on the belt in one go: Redis does nothing else meanwhile, and each may be large."""


class Together:
    """The way to what stands of documents, and to writing it. `key`: where a document of that id stands."""

    def __init__(self, client: Any, belt: Belt, key: Callable[[str], str]) -> None:
        self._client = client
        self._belt = belt
        self._key = key
        self._looking = Gathered(self._all_known)
        self._laying = Gathered(self._all_published, most=MOST_LAID)

    async def known(self, identity: str) -> Known | None:
        """The document as it was accepted last; None if it never was."""
        return await self._looking.one(identity)

    async def publish(self, step: Step) -> bool:
        """Belt.publish, for a step with a guard. False may also mean that this very step was done, and only its reply was lost."""
        return await self._laying.one(step)

    async def _all_known(self, identities: Sequence[str]) -> list[Known | BaseException | None]:
        async with self._client.pipeline(transaction=False) as pipe:
            for identity in identities:
                pipe.hmget(self._key(identity), "version", "record")
            return [_known(row) for row in await pipe.execute(raise_on_error=False)]

    async def _all_published(self, steps: Sequence[Step]) -> Sequence[bool | BaseException]:
        """One that fails must not be the others' failure: each then has a try of its own, which finds what is done already."""
        try:
            return await self._belt.publish_all(steps)
        except ResponseError:
            if len(steps) == 1:
                raise
            return await asyncio.gather(*map(self._belt.publish, steps), return_exceptions=True)


def _known(row: Sequence[bytes | None] | BaseException) -> Known | BaseException | None:
    if isinstance(row, BaseException):
        return row
    version, record = row
    return _whole(int(version), record) if version and record else None


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
