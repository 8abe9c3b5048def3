"""What came of a run: every stage's effects counted from what stands in Redis and in the receiver's log."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from shared.events import BELT
from shared.notices import RELATED_CHANGED, message_id
from tests.benchmarks.chaos.arena import Arena
from tests.benchmarks.chaos.lists import Lists, compare
from tests.benchmarks.chaos.publisher import acknowledged
from tests.benchmarks.chaos.receiver import Receipt, receipts

STAGES = {"ingest": "documents.ingested", **dict(zip(BELT.values(), [*BELT][1:], strict=False))}
"""Each service that fills a stream, and the stream."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Documents that came through a stage, that never did, and effects that happened more than once."""

    processed: int
    lost: int
    duplicated: int
    followers: int = 0
    """Events about neighbours, beside one event for each document."""


@dataclass(frozen=True, slots=True)
class Webhooks:
    """Webhook ids. `repeated`: received more than once, which is allowed; `twice`: documents told under two ids, which is not."""

    expected: int
    received: int
    missing: int
    repeated: int
    unknown: int
    twice: int
    refused: int


@dataclass(frozen=True, slots=True)
class Count:
    """The whole account."""

    accepted: int
    stages: dict[str, Stage]
    webhooks: Webhooks
    lists: Lists
    pending: int
    dead: int
    unbalanced: int
    """By how much marks and entries differ: what the readiness check takes for a backlog, or overlooks."""
    deliveries: dict[str, int] = field(default_factory=dict)

    @property
    def lost(self) -> int:
        return sum(stage.lost for stage in self.stages.values()) + self.webhooks.missing + self.lists.wrong

    @property
    def duplicated(self) -> int:
        return sum(stage.duplicated for stage in self.stages.values()) + self.webhooks.twice

    @property
    def clean(self) -> bool:
        """Whether every promise held."""
        return not (
            self.lost or self.duplicated or self.pending or self.dead or self.webhooks.unknown or self.webhooks.refused
        )

    def facts(self) -> dict[str, Any]:
        return asdict(self) | {"lost": self.lost, "duplicated": self.duplicated, "clean": self.clean}


def count(arena: Arena) -> Count:
    """Count everything, once the belt is empty."""
    accepted = set(acknowledged(arena.journal).values())
    streams = arena.streams
    stages: dict[str, Stage] = {}
    events: list[Essence] = []
    for service, stream in STAGES.items():
        events = [_essence(event) for event in streams.events(stream) if not event["type"].startswith("taxonomy.")]
        stages[service] = stage(events, accepted)
    stages["feeds (shelves)"] = _shelves(arena, accepted)
    return Count(
        accepted=len(accepted),
        stages=stages,
        webhooks=webhooks(_expected(arena, events), *receipts(arena.received)),
        lists=compare(streams, accepted),
        pending=sum(map(streams.pending, BELT)) + streams.due([*arena.partners]),
        dead=streams.client.xlen(streams.prefix + "dead"),
        unbalanced=sum(map(streams.unbalanced, BELT)),
        deliveries=_states(arena),
    )


@dataclass(frozen=True, slots=True)
class Essence:
    """Of an event, what is counted. `revision`: of the list, if it tells of nothing else."""

    id: str
    document: str
    version: int
    revision: int | None


def _essence(event: dict[str, Any]) -> Essence:
    if "document" in event:
        return Essence(event["event_id"], event["document"]["id"], event["document"]["version"], None)
    return Essence(event["event_id"], event["id"], 0, event["related_revision"])


def stage(events: Collection[Essence], accepted: Collection[str]) -> Stage:
    """One event for each document and version, and one for each neighbour and revision of its list; each under one id."""
    documents = {event.document for event in events if event.revision is None}
    followers = sum(event.revision is not None for event in events)
    facts = {(event.document, event.version, event.revision) for event in events}
    repeated = len(events) - min(len(facts), len({event.id for event in events}))
    return Stage(len(documents), len(set(accepted) - documents), repeated, followers)


def webhooks(expected: set[str], received: Iterable[Receipt], refused: int) -> Webhooks:
    """Every id at least once; for each document, version and partner one id."""
    rows = list(received)
    times = Counter(receipt.webhook_id for receipt in rows)
    told: dict[tuple[str, str, str, int], set[str]] = {}
    for receipt in rows:
        if not receipt.version:  # a changed list: told anew with each revision
            continue
        about = (receipt.partner, receipt.kind, receipt.document, receipt.version)
        told.setdefault(about, set()).add(receipt.webhook_id)
    return Webhooks(
        expected=len(expected),
        received=len(rows),
        missing=len(expected - times.keys()),
        repeated=sum(number > 1 for number in times.values()),
        unknown=len(times.keys() - expected),
        twice=sum(len(ids) - 1 for ids in told.values()),
        refused=refused,
    )


def _expected(arena: Arena, published: Collection[Essence]) -> set[str]:
    """The webhook ids of everything that was published, for each partner that wants it."""
    return {
        message_id(event.id, partner)
        for partner, kinds in arena.partners.items()
        for event in published
        if event.revision is None or RELATED_CHANGED in kinds
    }


def _shelves(arena: Arena, accepted: set[str]) -> Stage:
    """Every document stands on the shelf of all and on those of its one or two subjects, and on no other."""
    client, feeds = arena.streams.client, arena.streams.prefix + "feeds:"
    everything = {row.decode() for row in client.zrange(f"{feeds}shelf:all", 0, -1)}
    cards = {name: json.loads(client.hget(f"{feeds}article:{name}", "card")) for name in everything}
    wanted = {
        (name, subject["slug"])
        for name, card in cards.items()
        for subject in (card["subject"], card["second"])
        if subject
    }
    found = {
        (row.decode(), slug.decode())
        for slug in client.hkeys(f"{feeds}subjects")
        for row in client.zrange(f"{feeds}shelf:subjects/{slug.decode()}", 0, -1)
    }
    whole = everything - {name for name, _ in wanted - found}
    return Stage(len(whole), len(accepted - whole), len(found - wanted))


def _states(arena: Arena) -> dict[str, int]:
    """Deliveries that are still remembered, by their state."""
    client = arena.streams.client
    states: Counter[str] = Counter()
    for partner in arena.partners:
        for delivery in client.zrange(f"{arena.streams.prefix}webhooks:log:{partner}", 0, -1):
            state = client.hget(f"{arena.streams.prefix}webhooks:delivery:{delivery.decode()}", "state")
            states[(state or b"waiting").decode()] += 1
    return dict(states)
