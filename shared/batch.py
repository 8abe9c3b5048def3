"""What a service has in hand: some events of its stream, until it commits what they cause."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from shared.events import Event
from shared.steps import Entry, Fence, Step

if TYPE_CHECKING:
    from shared.consumer import Consumer


class Batch:
    """Events in hand, in the order of the stream. `commit` is called once, and again only if it answered False."""

    def __init__(self, consumer: Consumer, held: Sequence[tuple[Entry, Event]]) -> None:
        self._consumer = consumer
        self._held = held
        self.events: Sequence[Event] = [event for _, event in held]
        self.entries: Sequence[str] = [entry.id for entry, _ in held]
        """The ids of their stream entries, which grow along the stream."""

    async def commit(self, steps: Sequence[Step | Exception], fence: Fence | None = None) -> bool:
        """Do one step for each event; an exception in its place leaves that event to be tried again, or buried.

        False: the fence did not hold, and nothing happened.
        """
        pairs = list(zip(self._held, steps, strict=True))
        good = [(entry, event, step) for (entry, event), step in pairs if isinstance(step, Step)]
        if good and not await self._consumer.commit(good, fence):
            return False
        for (entry, event), step in pairs:
            if isinstance(step, Exception):
                await self._consumer.failed(entry, step, mark=event.event_id)
        return True

    def wait(self, pause: float = 0.0) -> None:
        """Give the work its whole time anew after a pause of so many seconds: it waits for what will come back, and is not at fault."""
        self._consumer.prolong(pause)
