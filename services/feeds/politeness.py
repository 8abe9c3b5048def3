"""Pure. Whom to ask for patience: clients that fetch the same unchanged feed whole, again and again, without asking whether it changed.

Nobody else is ever answered 429: whoever sends If-None-Match or If-Modified-Since may come as often as they like.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

MOST_REMEMBERED = 10_000
REGAINED_PER_SECOND = 1.0


@dataclass(slots=True)
class Credit:
    """How often a client may still fetch the feed of this tag, at that time."""

    tag: str
    left: float
    at: float


class Politeness:
    """`burst`: how often in a row one client may fetch one unchanged feed; then once a second. 0: as often as it likes."""

    def __init__(self, burst: int) -> None:
        self._burst = burst
        self._credits: OrderedDict[tuple[str, object], Credit] = OrderedDict()

    def patience(self, client: str, feed: object, tag: str, now: float) -> int:
        """Seconds that the client has to wait, 0 if none; a fetch that may be made counts. `now`: seconds that only grow."""
        if not self._burst:
            return 0
        credit = self._credits.pop((client, feed), None)
        if credit is None or credit.tag != tag:
            credit = Credit(tag, self._burst, now)
        credit.left = min(self._burst, credit.left + (now - credit.at) * REGAINED_PER_SECOND)
        credit.at = now
        self._credits[client, feed] = credit
        if len(self._credits) > MOST_REMEMBERED:
            self._credits.popitem(last=False)
        if credit.left < 1:
            return max(1, int((1 - credit.left) / REGAINED_PER_SECOND + 0.999))
        credit.left -= 1
        return 0
