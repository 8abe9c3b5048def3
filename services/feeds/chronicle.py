"""What was published, in the order in which it was, so that anyone can catch up exactly: GET /events?after=CURSOR.

Each event has a number, 1, 2, 3 … without a gap, given to it in the very step that shelves it and sends it on. The numbers are given
under the fence of the shelves (shelving.py): whoever writes knows the last number for certain, a step that is repeated writes the same
number again, and two processes never give one number to two events. So a reader who has seen everything up to N has missed nothing.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from services.feeds.places import Keys
from shared.errors import Conflict, Gone
from shared.events import Event
from shared.notices import body_of, kind_of
from shared.steps import Command, Step

LAST = "last"
LET_GO = 16
"""Events that are let go together, when the number of a new one is a multiple of it; nobody is given them before."""


class TooLate(Gone):
    """The cursor lies before what is still kept: some events were missed for good, and the reader must know."""

    code = "cursor-expired"
    title = "Events after this cursor are no longer kept"


class TooEarly(Conflict):
    """The cursor lies beyond the last event: it is not from here."""

    code = "cursor-unknown"
    title = "There has not been such an event yet"


@dataclass(frozen=True, slots=True)
class Chronicle:
    """The newest `kept` events of a belt; `base_url` is the address of our own pages."""

    redis: Any
    keys: Keys
    base_url: str
    kept: int

    def notes(self, event: Event, number: int) -> tuple[Command, ...]:
        """What notes the event under `number`, and now and then lets go what has fallen off the other end."""
        key = self.keys.chronicle
        note: Command = ("HSET", key, str(number), body_of(event, self.base_url), LAST, number)
        if number % LET_GO:
            return (note,)
        gone = number - self.kept
        return note, ("HDEL", key, *(str(each) for each in range(gone - LET_GO + 1, gone + 1)))

    async def after(self, cursor: int, limit: int) -> tuple[list[dict[str, Any]], int]:
        """At most `limit` events that follow the number `cursor`, and the last number that there is.

        Raises TooLate if the next one is not kept any more, TooEarly if `cursor` has not been reached.
        """
        last = int(await self.redis.hget(self.keys.chronicle, LAST) or 0)
        if cursor > last:
            raise TooEarly("the cursor is ahead of everything that was published here", after=cursor, last=last)
        numbers = range(cursor + 1, min(cursor + limit, last) + 1)
        bodies = await self.redis.hmget(self.keys.chronicle, [str(number) for number in numbers]) if numbers else []
        if cursor < last - self.kept or not all(bodies):
            # Kept now or let go since we asked for the last number: what is there tells where one can begin.
            raise TooLate(
                "start again from `oldest`, and fetch the feeds for what is before",
                after=cursor,
                oldest=max(last - self.kept, 0),
                last=last,
            )
        return [_numbered(*each) for each in zip(numbers, bodies, strict=True)], last

    async def oldest(self) -> int:
        """The cursor before the oldest event that is kept."""
        return max(int(await self.redis.hget(self.keys.chronicle, LAST) or 0) - self.kept, 0)


def told_of(step: Step) -> Event | None:
    """The event of the step that outsiders are told of."""
    return next((event for event in step.emits if kind_of(event)), None)


def numbered(chronicle: Chronicle, steps: Sequence[Step | Exception], last: int) -> list[Step | Exception]:
    """The steps of a batch, each event noted under the number that follows."""
    noted: list[Step | Exception] = []
    for step in steps:
        if isinstance(step, Step) and (event := told_of(step)):
            last += 1
            noted.append(step.then(*chronicle.notes(event, last)))
        else:
            noted.append(step)
    return noted


def _numbered(number: int, body: bytes) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(body)
    return {"sequence": number} | event
