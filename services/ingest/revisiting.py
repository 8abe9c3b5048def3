"""Looks again at near-duplicates whose original was retracted or has other words now: the oldest first, each as though it had just come.

What is to be looked at stands in Redis, written in the step that took the original away; a document leaves that list in the step that says
what it is now. So the oldest becomes an original, those that repeat it become its near-duplicates, and what repeats nothing any more
is an original of its own. Each that changes is a new version. A process that dies, or two that look at the same document, do no harm.
"""

from __future__ import annotations

import asyncio

from services.ingest.registry import Registry
from shared.clock import Clock
from shared.streams import Belt

PIECE = 100
TURN_SECONDS = 0.5


class Revisiting:
    """One turn after the other, for ever."""

    def __init__(self, belt: Belt, registry: Registry, clock: Clock) -> None:
        self._belt = belt
        self._registry = registry
        self._clock = clock

    async def turn(self) -> None:
        """Look at the oldest; wait, if there are none, or the belt is too far behind to take more."""
        names = [] if await self._belt.overloaded() else await self._registry.to_look_at(PIECE)
        for name in names:
            await self._registry.look_again(
                name, self._clock.now()
            )  # who loses to another writer is still there next turn
        if not names:
            await asyncio.sleep(TURN_SECONDS)
