"""Round trips that are shared: whoever asks while an answer is under way is asked for in the next one, together with all the others."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")

MOST_TOGETHER = 100


class Gathered(Generic[Asked, Answer]):
    """`ask` takes up to `most` questions and answers each, in their order, or with an exception; what it raises, all who asked are told.

    It must not matter to an answer who else asks. Nobody waits for company: who comes first goes at once.
    """

    def __init__(
        self,
        ask: Callable[[Sequence[Asked]], Awaitable[Sequence[Answer | BaseException]]],
        *,
        most: int = MOST_TOGETHER,
    ) -> None:
        self._ask = ask
        self._most = most
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
            together, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
            answers: Sequence[Answer | BaseException]
            try:
                answers = await self._ask([asked for asked, _ in together])
            except Exception as error:
                answers = [error] * len(together)
            for (_, future), answer in zip(together, answers, strict=True):
                _tell(future, answer)


def _tell(future: asyncio.Future[Answer], answer: Answer | BaseException) -> None:
    if future.done():  # whoever asked has been cancelled
        return
    if isinstance(answer, BaseException):
        future.set_exception(answer)
    else:
        future.set_result(answer)
