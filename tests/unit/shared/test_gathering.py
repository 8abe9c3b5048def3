"""Shared round trips: who asks when is together with whom, and everybody hears of his own question."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from shared.gathering import MOST_TOGETHER, Gathered


class Desk:
    """Doubles numbers, all of a round at once, when it is told to; keeps the rounds."""

    def __init__(self) -> None:
        self.rounds: list[list[int]] = []
        self.open = asyncio.Event()

    async def __call__(self, asked: Sequence[int]) -> list[int]:
        self.rounds.append(list(asked))
        await self.open.wait()
        if 13 in asked:
            raise ConnectionError("away")
        return [2 * number for number in asked]


async def test_who_asks_meanwhile_is_asked_for_together() -> None:
    """The first one goes at once and alone; the others wait for his answer and go together."""
    desk = Desk()
    gathered = Gathered(desk)
    asking = [asyncio.create_task(gathered.one(1))]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    asking += [asyncio.create_task(gathered.one(number)) for number in (2, 3)]
    await asyncio.sleep(0)
    desk.open.set()

    assert [2, 4, 6] == await asyncio.gather(*asking)
    assert [[1], [2, 3]] == desk.rounds


async def test_a_round_has_an_end() -> None:
    """More than MOST_TOGETHER go in several rounds, each in its order."""
    desk = Desk()
    desk.open.set()
    gathered = Gathered(desk)
    numbers = [number for number in range(2 * MOST_TOGETHER + 50) if number != 13]

    assert [2 * number for number in numbers] == await asyncio.gather(*map(gathered.one, numbers))
    assert [MOST_TOGETHER, MOST_TOGETHER, 49] == [len(each) for each in desk.rounds]


async def test_an_error_is_told_to_all_of_its_round_and_ends_nothing() -> None:
    """Whoever asks afterwards is answered."""
    desk = Desk()
    desk.open.set()
    gathered = Gathered(desk)
    told = await asyncio.gather(gathered.one(12), gathered.one(13), return_exceptions=True)

    assert [ConnectionError, ConnectionError] == [type(each) for each in told]
    assert 28 == await gathered.one(14)


async def test_who_gives_up_takes_nobody_along() -> None:
    """The question is under way already; its answer is for nobody, and the others have theirs."""
    desk = Desk()
    gathered = Gathered(desk)
    one, other = (asyncio.create_task(gathered.one(number)) for number in (1, 2))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    one.cancel()
    desk.open.set()

    assert 4 == await other
    with pytest.raises(asyncio.CancelledError):
        await one
