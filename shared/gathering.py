"""Round trips that are shared: whoever asks while an answer is under way is asked for in the next one, together with all the others."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")

MOST_TOGETHER = 100


class Gathered(Generic[Asked, Answer]):
    """`ask` takes several questions and answers each, in their order; what it raises, all who asked are told.

    It must not matter to an answer who else asks. Nobody waits for company: who comes first goes at once.
    """

    def __init__(self, ask: Callable[[Sequence[Asked]], Awaitable[Sequence[Answer]]]) -> None:
        self._ask = ask
        self._waiting: list[tuple[Asked, asyncio.Future[Answer]]] = []
        self._rounds: asyncio.Task[None] | None = None

    async def one(self, asked: Asked) -> Answer:
        """The answer to one question, which was asked after this call."""
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, future))
        if self._rounds is None or self._rounds.done():
            self._rounds = asyncio.create_task(self._go_round())
        return await future

    async def _go_round(self) -> None:
        while self._waiting:
            together, self._waiting = self._waiting[:MOST_TOGETHER], self._waiting[MOST_TOGETHER:]
            answers: Sequence[Answer | Exception]
            try:
                answers = await self._ask([asked for asked, _ in together])
            except Exception as error:
                answers = [error] * len(together)
            for (_, future), answer in zip(together, answers, strict=True):
                _tell(future, answer)


def _tell(future: asyncio.Future[Answer], answer: Answer | Exception) -> None:
    if future.done():  # whoever asked has been cancelled
        return
    if isinstance(answer, Exception):
        future.set_exception(answer)
    else:
        future.set_result(answer)
