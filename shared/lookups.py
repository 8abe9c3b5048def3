"""Names looked up once at a time for each host, in threads of their own: one whose servers do not answer holds one thread and nobody else."""

from __future__ import annotations

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any

LOOKUP_THREADS = 32
LOOKUP_KEPT_SECONDS = 5.0

Info = tuple[int, int, int, str, Any]
"""An address to dial, as getaddrinfo tells it."""


class Lookups:
    """Of one event loop; what was found is kept for a few seconds."""

    def __init__(self) -> None:
        self._under_way: dict[tuple[str, int], asyncio.Task[list[Info]]] = {}

    @cached_property
    def _threads(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(LOOKUP_THREADS, thread_name_prefix="lookup")

    async def addresses(self, host: str, port: int) -> list[Info]:
        """The addresses of a name; none if it has none."""
        place = (host, port)
        if place not in self._under_way:
            self._under_way[place] = asyncio.create_task(self._looked_up(*place))
        return await asyncio.shield(self._under_way[place])

    async def _looked_up(self, host: str, port: int) -> list[Info]:
        loop = asyncio.get_running_loop()

        def look() -> list[Info]:
            return list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))

        kept = 0.0
        try:
            found = await loop.run_in_executor(self._threads, look)
            kept = LOOKUP_KEPT_SECONDS
            return found
        except (OSError, UnicodeError):
            return []
        finally:
            loop.call_later(kept, self._under_way.pop, (host, port), None)

    def close(self) -> None:
        """Begin no more of them."""
        if threads := self.__dict__.pop("_threads", None):
            threads.shutdown(wait=False)
