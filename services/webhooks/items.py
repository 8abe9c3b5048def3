"""Pure. What goes through the delivery machinery, as values: notices, lanes, deliveries in hand and how they ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.notices import VERSION, as_version_1

SETTLED_KEPT = 5_000
DEAD_KEPT = 20_000
TRIES_KEPT = 20


@dataclass(frozen=True, slots=True)
class Notice:
    """What lanes are told of one event: its body in each form that one of them takes."""

    event: str
    kind: str
    bodies: Mapping[str, bytes]
    document: str = ""
    correlation: str = ""
    place: int = 0
    """Its place in the stream (place_of); 0 for what no event of the belt caused, and no ledger keeps."""


@dataclass(frozen=True, slots=True)
class Lane:
    """Whom deliveries go to, and how. `room`: how many this process takes now; `most`: at once in all processes; `rate`: a second, 0 for any."""

    id: str
    room: int
    most: int
    rate: float = 0.0
    burst: float = 1.0
    together: int = 1
    linger_ms: int = 0
    form: str = str(VERSION)


@dataclass(frozen=True, slots=True)
class Taken:
    """A delivery that is leased to us. `attempt`: attempts of this round so far; `made`: attempts ever; `along`: other bodies that go with it."""

    id: str
    lane: str
    lease: int
    attempt: int
    made: int
    event: str
    kind: str
    document: str
    correlation: str
    body: bytes
    along: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Settled:
    """How an attempt ended. `due`: when to try again; `record`: the attempt for the log, None if none was made; `rest_until`: for the whole lane."""

    taken: Taken
    state: str
    due: datetime
    record: Mapping[str, object] | None
    cause: str = ""
    rest_until: datetime | None = None
    slower: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """How many of each lane's deliveries are remembered when they have ended."""

    settled: int = SETTLED_KEPT
    dead: int = DEAD_KEPT
    tries: int = field(default=TRIES_KEPT)


def place_of(entry: str) -> int:
    """An entry's place in its stream as one number, which also a float holds exactly (milliseconds, then 0 to 999 within one)."""
    at, _, number = entry.partition("-")
    return int(at) * 1000 + min(int(number or 0), 999)


def milliseconds(moment: datetime) -> int:
    """Unix milliseconds."""
    return round(moment.timestamp() * 1000)


def in_form(body: bytes, found: str, wanted: str) -> bytes:
    """A body in the form that is wanted, made from the one that was found; the full form cannot be made from a thin one."""
    return as_version_1(body) if wanted[0] == "1" and found[0] != "1" else body


def _bodies(flat: Sequence[bytes]) -> dict[bytes, list[tuple[str, bytes]]]:
    found: dict[bytes, list[tuple[str, bytes]]] = {}
    for event, form, body in zip(flat[::3], flat[1::3], flat[2::3], strict=True):
        found.setdefault(event, []).append((form.decode(), body))
    return found


def taken_of(taken: Sequence[Any], flat: Sequence[bytes], forms: Mapping[str, str]) -> list[Taken]:
    """What take.lua gave; `forms`: the form that each lane takes."""
    bodies = _bodies(flat)
    return [_taken(fields, forms, bodies) for fields in taken]


def _taken(fields: Sequence[Any], forms: Mapping[str, str], bodies: Mapping[bytes, list[tuple[str, bytes]]]) -> Taken:
    delivery, partner, event, lease, attempt, made, kind, document, correlation, along = fields
    lane = partner.decode()
    wanted = forms[lane]

    def body_of(name: bytes) -> bytes:
        found = dict(bodies[name])
        form = wanted if wanted in found else next(iter(found))
        return in_form(found[form], form, wanted)

    return Taken(
        delivery.decode(),
        lane,
        lease,
        attempt,
        made,
        event.decode(),
        kind.decode(),
        document.decode(),
        correlation.decode(),
        body_of(event),
        tuple(map(body_of, along)),
    )
