"""Pure. What a run does, decided before it begins: how many documents, how fast, and who is killed when."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

CONSUMERS = ("classifier", "related", "feeds", "webhooks")
PUBLISHERS = ("publisher", "ingest")
"""Who brings documents onto the belt: the process that sends them, and the service that takes them in."""
REDIS = "redis"
FIRST, LAST = 0.02, 0.98
"""The part of the documents between which kills fall: there is always work in hand, and work left afterwards."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The size of a run. `rate`: documents per second at most; more than the belt takes by default, so that whoever dies has work in hand;
    `copies`: processes of each consumer; `seconds`: longest wait for the belt to run empty.
    """

    documents: int = 20_000
    rate: float = 250.0
    consumer_kills: int = 100
    redis_kills: int = 20
    publisher_kills: int = 20
    freezes: int = 0
    partners: int = 3
    copies: int = 1
    lease_seconds: float = 3.0
    seconds: float = 300.0
    seed: int = 1
    corpus: Path | None = None


@dataclass(frozen=True, slots=True, order=True)
class Kill:
    """`victim` dies when this many documents have been accepted; or it is stopped for two leases, and goes on as if nothing was."""

    accepted: int
    victim: str
    freezes: bool = False


def copies_of(service: str, copies: int) -> list[str]:
    """The names of a service's processes: related, related-2, …"""
    return [service if number == 1 else f"{service}-{number}" for number in range(1, copies + 1)]


def kills(plan: Plan) -> list[Kill]:
    """All kills in their order. Which consumer dies is drawn; publisher and ingest die in turn."""
    chance = random.Random(plan.seed)

    def when() -> int:
        return round(plan.documents * chance.uniform(FIRST, LAST))

    victims = [chance.choice(CONSUMERS) for _ in range(plan.consumer_kills)]
    victims += [PUBLISHERS[number % len(PUBLISHERS)] for number in range(plan.publisher_kills)]
    victims += [REDIS] * plan.redis_kills
    frozen = [Kill(when(), chance.choice(CONSUMERS), freezes=True) for _ in range(plan.freezes)]
    return sorted([*frozen, *(Kill(when(), victim) for victim in victims)])
