"""What every backend of the related lists that keeps them in Redis promises, as stories for whichever process tells them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from services.related.choosing import Curated
from services.related.index import Index
from shared.events import Change, DocumentClassified
from shared.streams import Belt
from tests.integration.related.room import classified


class Relating(Protocol):
    """A process that relates, and knows the lists."""

    belt: Belt

    async def take(self, *events: DocumentClassified) -> None: ...

    async def lists(self) -> dict[str, list[str]]: ...


async def assert_a_choice_stands(one: Relating, other: Relating, change: Callable[..., Awaitable[bool]]) -> None:
    """Pins come first and follow the pinned one, bans keep out, and both outlive a retraction. `change`: that of a backend."""
    await one.take(*(classified(str(number)) for number in range(20)))
    banned = next(name for name in (await one.lists())["3"] if name != "19")
    choice = Curated(("19", "40"), (banned,))

    def choose(index: Index) -> list[str]:
        return index.curate("3", choice)

    assert await change(choose, one.belt.publish, "chosen", ["3", "19", "40"])
    chosen = (await one.lists())["3"]
    await one.take(classified("40"))
    with_both = (await one.lists())["3"]
    await other.take(classified("19", version=2, change=Change.RETRACTED))

    assert ("19", ["19", "40"]) == (chosen[0], with_both[:2])
    assert banned not in {*chosen, *with_both, *(await one.lists())["3"]}
    assert "40" == (await one.lists())["3"][0]
    await one.take(classified("3", version=2, change=Change.RETRACTED))
    await one.take(classified("3", version=3))
    assert "40" == (await one.lists())["3"][0]


async def assert_copies_are_silent(one: Relating) -> None:
    """A near-duplicate stands in no list while its original is here; when that goes it does, when that comes back no more."""
    await one.take(*(classified(str(number)) for number in range(12)))
    event = classified("12")
    copy = event.model_copy(update={"document": event.document.model_copy(update={"duplicate_of": "11"})})
    await one.take(copy)
    silent = await one.lists()
    await one.take(classified("11", version=2, change=Change.RETRACTED))
    speaking = await one.lists()
    await one.take(classified("11", version=3))
    again = await one.lists()

    assert silent["12"]
    assert all("12" not in listed for listed in silent.values())
    assert any("12" in listed for listed in speaking.values())
    assert all("12" not in listed for listed in again.values())
