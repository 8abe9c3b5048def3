"""The index of searches on a real Redis: made by pages, followed by pieces, in nobody's way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from services.feeds.changes import Changes
from services.feeds.current import Current
from services.feeds.indexing import Indexing
from services.feeds.places import Keys
from services.feeds.press import Press
from services.feeds.searches import Searches
from services.feeds.stock import Stock
from services.feeds.windows import Windows
from shared.clock import SystemClock
from shared.syndication.addresses import Address, Format
from shared.syndication.questions import question_of
from tests.integration.feeds.conftest import DEADLINE_SECONDS, Room
from tests.unit.shared.syndication.samples import (
    LAW,
    MEDICINE,
    SITE,
    changed_event,
    related_event,
    retraction,
    taxonomy,
)


def indexing(room: Room) -> Indexing:
    """An index of its own, by pages of three changes."""
    keys = Keys(room.host.key)
    return Indexing(room.host.redis, keys, Current(room.host.redis, keys, SystemClock()), page=3)


async def found(index: Indexing, **asked: str) -> list[str]:
    """The ids of what answers a question, when the index knows everything."""
    await index.caught_up(await index.newest())
    return [name for name, _ in index.finder.found(question_of(asked.items()), below=None, most=50)[1]]


async def test_an_index_by_pages_knows_every_document(room: Room) -> None:
    """Whatever came, changed and went, and where in the pages the subjects were told of."""
    await room.put(taxonomy(1, MEDICINE, LAW), *(related_event(number) for number in range(1, 11)))
    index = indexing(room)
    first = await found(index, q="sea")
    await room.put(related_event(11), changed_event(3, 5, "Moon"), retraction(4), related_event(5, 2, subject=LAW))
    second = await found(index, q="sea", subject="medicine")

    assert len(first) == 10
    assert set(second) == {*first, related_event(11).document_id} - {related_event(5).document_id}


async def test_an_index_is_made_anew_when_the_subjects_change(room: Room) -> None:
    """Once: that they have changed before it was begun is no reason."""
    await room.put(taxonomy(1, MEDICINE, LAW), *(related_event(number) for number in range(1, 9)))
    index = indexing(room)
    before = await found(index, subject="medicine")
    finder = index.finder
    await room.put(related_event(9))
    assert len(await found(index, subject="medicine")) == 9
    assert index.finder is finder
    healing = MEDICINE.model_copy(update={"slug": "healing", "name": "Healing"})
    await room.put(taxonomy(2, healing, LAW, moved={"medicine": "healing"}))

    assert len(before) == 8
    assert len(await found(index, subject="healing")) == 9
    assert await found(index, subject="medicine") == []


async def test_the_newest_answers_are_there_before_the_index_is(room: Room) -> None:
    """And they are those of the whole index, whatever is corrected in between; an archive has to wait for it."""
    await room.put(*(related_event(number) for number in range(1, 61)))
    keys, redis = Keys(room.host.key), room.host.redis
    question = Address("search", question_of([("q", "sea"), ("not.subject", "law")]).written)
    asked, lengths = [], []
    for corrected in (59, 58):
        index = indexing(room)
        current = Current(redis, keys, SystemClock())
        searches = Searches(index, current, Windows(redis, keys, current, entries=5), entries=5)
        asked.append(await searches.at(question, Changes()))
        lengths.append(len(index.finder))
        await room.put(related_event(corrected, 2, subject=LAW))
        asked.append(await searches.at(question, Changes()))
        lengths.append(len(index.finder))
        await index.caught_up(await index.newest())
        asked.append(await searches.at(question, Changes()))
        lengths.append(len(index.finder))
        index = indexing(room)
        searches = Searches(index, current, Windows(redis, keys, current, entries=5), entries=5)
        older = await searches.at(question.at(asked[-1].rows[-1][1]), Changes())
        assert len(index.finder) == 60
        assert older.more

    newest = [[int(name.removeprefix("doc")) for name, _ in window.rows] for window in asked]
    first, second, third = [60, 59, 58, 57, 56], [60, 58, 57, 56, 55], [60, 57, 56, 55, 54]
    assert [first, second, second, second, third, third] == newest
    assert all(window.more for window in asked)
    assert lengths[0] < 20
    assert lengths[3] < 20
    assert lengths[2] == lengths[5] == 60


class Unmade(Indexing):
    """An index that takes as long as the test likes."""

    made: asyncio.Event

    async def caught_up(self, last: int, enough: Callable[[], bool] = lambda: False) -> None:
        await self.made.wait()
        await super().caught_up(last, enough)


async def test_nobody_waits_for_an_index_who_asks_for_other_feeds(room: Room) -> None:
    """Not even behind somebody who does."""
    await room.put(*(related_event(number) for number in range(1, 6)))
    keys, redis = Keys(room.host.key), room.host.redis
    current = Current(redis, keys, SystemClock())
    index = Unmade(redis, keys, current)
    index.made = asyncio.Event()
    searches = Searches(index, current, Windows(redis, keys, current, entries=5), entries=5)
    press = Press(SITE, Stock(redis, keys, SITE), searches, current, SystemClock(), entries=5)
    question = Address("search", question_of([("q", "sea"), ("not.subject", "law")]).written)
    asked = asyncio.create_task(press.edition(question, Format.JSON, whole=True))
    await redis.ping()  # it has begun
    async with asyncio.timeout(DEADLINE_SECONDS):
        others = await press.edition(Address("all"), Format.JSON, whole=True)
    waiting = not asked.done()
    index.made.set()
    answer = await asked

    assert waiting
    assert others is not None
    assert answer is not None
    assert len(answer.digests) == len(others.digests) == 5
