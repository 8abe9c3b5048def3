"""Pure. What goes through the delivery machinery, as values: notices, lanes, deliveries in hand and how they ended."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.notices import VERSION, as_version_1

SETTLED_KEPT = 5_000
DEAD_KEPT = 20_000
TRIES_KEPT = 20
WORDS_OF_ONE = 6
ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
"""Made once: json.dumps would make an encoder for each attempt."""


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
    """A delivery that is leased to us, by the taking of that number.

    `attempt`: attempts of this round so far; `made`: attempts ever; `along`: other bodies that go with it; `linked`: others go with it, or
    wait for it.
    """

    id: str
    lane: str
    taking: int
    attempt: int
    made: int
    event: str
    kind: str
    document: str
    correlation: str
    body: bytes
    along: tuple[bytes, ...] = ()
    linked: bool = False

    @property
    def weight(self) -> int:
        """Bytes of its bodies."""
        return len(self.body) + sum(map(len, self.along))


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


def words_of(each: Settled) -> tuple[str | int, ...]:
    """An attempt's end as settle.lua reads it: WORDS_OF_ONE words."""
    taken, record = each.taken, ENCODE(each.record) if each.record else ""
    made = taken.made + bool(record)
    if each.state == "delivered" and not taken.linked:
        return taken.id, taken.taking, each.state, made, record, ""
    rest = milliseconds(each.rest_until) if each.rest_until else 0
    attempt, due = taken.attempt + bool(record), milliseconds(each.due)
    more = f"{attempt} {due} {rest} {each.slower:d} {taken.linked:d} {each.cause}"
    return taken.id, taken.taking, each.state, made, record, more


class _Told:
    """An event as take.lua gave it: its facts, and its body in some forms."""

    def __init__(self, event: bytes, kind: bytes, document: bytes, correlation: bytes) -> None:
        self.facts = (event.decode(), kind.decode(), document.decode(), correlation.decode())
        self.bodies: dict[str, bytes] = {}

    def body(self, wanted: str) -> bytes:
        """The body in a form."""
        form = wanted if wanted in self.bodies else next(iter(self.bodies))
        return in_form(self.bodies[form], form, wanted)


def taken_of(taking: int, lanes: Sequence[Any], flat: Sequence[bytes], forms: Mapping[str, str]) -> list[Taken]:
    """What take.lua gave; `forms`: the form that each lane takes."""
    events: dict[bytes, _Told] = {}
    for event, kind, document, correlation, form, body in zip(*(flat[n::6] for n in range(6)), strict=True):
        told = events.setdefault(event, _Told(event, kind, document, correlation))
        told.bodies[form.decode()] = body
    found = []
    for name, taken in zip(lanes[::2], lanes[1::2], strict=True):
        lane = name.decode()
        found += [_taken(fields, lane, taking, forms[lane], events) for fields in zip(*[iter(taken)] * 5, strict=True)]
    return found


def _taken(fields: Sequence[Any], lane: str, taking: int, form: str, events: Mapping[bytes, _Told]) -> Taken:
    delivery, event, attempt, made, hangs = fields
    told, linked = events[event], isinstance(hangs, list)
    along = tuple([events[other].body(form) for other in hangs]) if linked else ()
    return Taken(delivery.decode(), lane, taking, attempt, made, *told.facts, told.body(form), along, linked)
