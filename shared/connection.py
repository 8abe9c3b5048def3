"""One connection to somebody else's server: a request goes out, its answer is read, and then perhaps another one."""

from __future__ import annotations

import asyncio
from typing import Any

from shared.http_answer import Answering, BadAnswer


class Dropped(OSError):
    """The connection ended before a whole answer. `unheard`: not a byte of it had come."""

    def __init__(self, *, unheard: bool) -> None:
        super().__init__("connection lost")
        self.unheard = unheard


class Connection(asyncio.Protocol):
    """One connection; one exchange at a time."""

    def __init__(self) -> None:
        self.idle_since = 0.0
        self._transport: Any = None
        self._answer: Answering | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._heard = False
        self.closed = False

    async def exchange(self, request: bytes, answer: Answering) -> None:
        """Send and read. Raises Dropped or BadAnswer; whoever cancels must abort."""
        self._answer, self._heard = answer, False
        self._waiter = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        await self._waiter

    def abort(self) -> None:
        """End it at once."""
        self.closed = True
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        answer = self._answer
        if answer is None:  # nobody asked
            self.abort()
            return
        self._heard = True
        try:
            if answer.feed(data):
                self._end(None)
        except BadAnswer as error:
            self._end(error)

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True
        if self._answer is None:
            return
        try:
            whole = exc is None and self._heard and self._answer.close()
        except BadAnswer:
            whole = False
        # What is wrong with the body changes nothing: the status said it all.
        self._end(None if whole or self._answer.begun else Dropped(unheard=not self._heard))

    def _end(self, error: Exception | None) -> None:
        answer, waiter = self._answer, self._waiter
        self._answer = self._waiter = None
        if error or not answer or not answer.reusable:
            self.abort()
        if waiter and not waiter.done():
            if error:
                waiter.set_exception(error)
            else:
                waiter.set_result(None)
