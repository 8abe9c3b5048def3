"""Pure. Which documents have changed since when, as far back as this process remembers."""

from __future__ import annotations

from collections.abc import Iterable

from services.feeds.places import DIRECTORY

MOST_REMEMBERED = 20_000
MOST_AT_ONCE = 2_000
"""More changes than these since the last look are not looked at one by one: everything counts as changed."""


class Changes:
    """`last`: the newest change that is taken in; -1 before the first."""

    def __init__(self) -> None:
        self.last = -1
        self._floor = -1
        self._numbers: dict[str, int] = {}

    def absorb(self, rows: Iterable[tuple[bytes, float]], last: int) -> None:
        """Take in what changed since `self.last`, which may be told again; `last` is the newest change of all."""
        if self.last < 0:
            self.last = self._floor = last
            return
        found = {name.decode(): int(number) for name, number in rows}
        if len(found) > MOST_AT_ONCE or len(self._numbers) > MOST_REMEMBERED:
            self._numbers, self._floor = {}, last
        else:
            self._numbers |= {name: max(number, self._numbers.get(name, 0)) for name, number in found.items()}
        self.last = max(self.last, last)

    def touched(self, name: str, since: int) -> bool:
        """Whether a document may be another than it was at the change `since`."""
        return since < self._floor or self._numbers.get(name, -1) > since or self._numbers.get(DIRECTORY, -1) > since
