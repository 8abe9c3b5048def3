"""What keeps the related lists: the seam between the addresses of this service and the index, wherever that lives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from services.related.evaluation import Freshness
from services.related.index import Index
from services.related.replica import Found, Publish
from shared.batch import Batch


class Backend(Protocol):
    """The index in a process's memory (replica.py), or another one that keeps its promises."""

    position: str
    """Where the index stood when it was last looked at (ledger.py)."""

    async def relate(self, batch: Batch) -> None:
        """Relate the events of `batch`, and commit them."""

    async def change(
        self, decide: Callable[[Index], Sequence[str]], publish: Publish, cause: str, about: Sequence[str] = ()
    ) -> bool:
        """Commit what `decide` does to the index without an event; it may search for, and list, those of `about`.

        False: another process was faster; nothing happened here.
        """

    async def look(self, read: Callable[[Index], Found], about: Sequence[str] = ()) -> Found:
        """What `read` finds in the index about these documents, as Redis has it now."""

    async def evaluate(self, sample: int) -> Freshness:
        """How fresh the lists are, in a sample of them."""
