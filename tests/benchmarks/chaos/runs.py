"""A run from its first to its last breath: the belt's, and the control's."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

from tests.benchmarks.chaos import control
from tests.benchmarks.chaos.arena import Arena
from tests.benchmarks.chaos.counting import count
from tests.benchmarks.chaos.plan import Plan
from tests.benchmarks.chaos.publisher import acknowledged

CONTROL_QUIET_SECONDS = 20.0
LEAST_LOSS_OF_CONTROL = 0.01


@dataclass(frozen=True, slots=True)
class Outcome:
    """Everything that was found out, and whether it is what was to be shown."""

    facts: dict[str, Any]
    as_promised: bool


def run_belt(plan: Plan, progress: Callable[[str], None]) -> Outcome:
    """The whole belt under kills. What it wrote is kept if something went wrong."""
    arena = Arena(plan)
    clean = False
    try:
        arena.open()
        arena.add_partners()
        seconds = _flow(arena, progress)
        drained = arena.drain(progress)
        progress("counting")
        found = count(arena)
        clean = found.clean
        facts = _circumstances(arena, seconds, drained) | found.facts()
    finally:
        unwell = arena.close()
    return Outcome(facts | {"stopped_badly": unwell} | _kept(arena, clean=clean), clean)


def run_control(plan: Plan, progress: Callable[[str], None]) -> Outcome:
    """The same killer among consumers as FastStream's documentation shows them."""
    arena = Arena(replace(plan, partners=0), module=control.__name__, prefix="")
    try:
        arena.open()
        seconds = _flow(arena, progress)
        drained = arena.drain(progress, quiet_seconds=CONTROL_QUIET_SECONDS)
        found = control.count(arena.streams, set(acknowledged(arena.journal).values()))
        facts = _circumstances(arena, seconds, drained) | found
    finally:
        arena.close()
    seen = found["stranded"] / max(found["accepted"], 1) >= LEAST_LOSS_OF_CONTROL
    return Outcome(facts | _kept(arena, clean=True), seen)


def _flow(arena: Arena, progress: Callable[[str], None]) -> float:
    began = time.monotonic()
    arena.publish_and_kill(progress)
    return time.monotonic() - began


def _circumstances(arena: Arena, seconds: float, drained: float) -> dict[str, Any]:
    plan = {name: str(value) if name == "corpus" and value else value for name, value in asdict(arena.plan).items()}
    return {
        "plan": plan,
        "kills": dict(sorted(arena.killed.items())),
        "held_when_killed": arena.in_hand,
        **_taken_over(arena.fleet.logs("entries.taken_over")),
        "exits": dict(arena.fleet.exits),
        "publishing_s": round(seconds, 1),
        "drain_s": round(drained, 1),
    }


def _taken_over(lines: list[str]) -> dict[str, int]:
    """How often entries of a silent consumer were taken over, and the most deliveries that one of them came to."""
    deliveries = [int(found[1]) for line in lines if (found := re.search(r"deliveries=(\d+)", line))]
    return {"taken_over": len(lines), "most_deliveries": max(deliveries, default=1)}


def _kept(arena: Arena, *, clean: bool) -> dict[str, str]:
    if clean:
        arena.forget()
        return {}
    return {"logs": str(arena.folder), "data": str(arena.redis.folder)}
