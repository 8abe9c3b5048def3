"""Pure. What an event causes, as a value: decided here and there, done in one place (shared/lua/commit.lua)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from shared.events import Event

Word = str | bytes | int | float
Command = tuple[Word, ...]
"""One Redis command and its arguments; keys are written out in full (Host.key)."""

MOST_WORDS = 7_000
"""Of a command in a step: Lua cannot name more than some 8,000 in one call (LUAI_MAXCSTACK)."""


def in_parts(*head: Word, words: Sequence[Word]) -> tuple[Command, ...]:
    """A command that takes as many words as one likes behind its `head`, or pairs of them, as so many commands that a step can hold."""
    most = (MOST_WORDS - len(head)) // 2 * 2
    return tuple((*head, *words[at : at + most]) for at in range(0, len(words), most))


@dataclass(frozen=True, slots=True)
class Guard:
    """The step happens only if the number in the hash `key` at `field` is lower than `version`, which is stored then."""

    key: str
    field: str
    version: int


@dataclass(frozen=True, slots=True)
class Fence:
    """The batch happens only if the string at `key` is `expected` ('' for none); then it is `next`."""

    key: str
    expected: str
    next: str


NO_GUARD = Guard("", "", 0)


class Swap(NamedTuple):
    """The step happens only if the field of the hash `key` is `expected` (b"" for none); then it is `next` (b"" for none)."""

    key: str
    field: Word
    expected: Word
    next: Word


@dataclass(frozen=True, slots=True)
class Step:
    """What one event causes: done together with its acknowledgement, exactly once.

    Writes are done before emissions. A write must bear being repeated: should a later command of the step fail (Redis is full), the
    step is tried again from its beginning.
    """

    verdict: str = "done"
    """A past-tense word for the log: classified, shelved."""
    writes: tuple[Command, ...] = ()
    emits: tuple[Event, ...] = ()
    guard: Guard | None = None
    swaps: tuple[Swap, ...] = ()
    """All of them or none, before the writes. Should a later command fail, the next try finds some of them done."""
    facts: Mapping[str, object] = field(default_factory=dict)
    """For the log line; never content, never a secret."""
    quiet: bool = False
    """Logged at debug only: for the many small events that follow from one big one."""

    def then(self, *writes: Command) -> Step:
        """The same step with more writes."""
        return replace(self, writes=(*self.writes, *writes))


@dataclass(frozen=True, slots=True)
class Entry:
    """A stream entry as it was delivered; `deliveries` counts this one."""

    id: str
    fields: Mapping[bytes, bytes]
    deliveries: int = 1
    last_error: str = ""


class Laid(NamedTuple):
    """A step, and the commands that lay its events on their streams. `entry`, `mark`: what it acknowledges, and the event's id."""

    step: Step
    emissions: Sequence[Command] = ()
    entry: str = ""
    mark: str = ""


def words_of(batch: Sequence[Laid], *, group: str = "", fence: Fence | None = None) -> list[Word]:
    """A batch of steps as commit.lua reads it."""
    words: list[Word] = [group, fence.expected if fence else "", fence.next if fence else "", len(batch)]
    for laid in batch:
        words += (laid.entry, laid.mark)
    for laid in batch:
        _add(words, laid.step, laid.emissions)
    return words


def _add(words: list[Word], step: Step, emissions: Sequence[Command]) -> None:
    guard = step.guard or NO_GUARD
    claims = [swap for swap in step.swaps if not swap.expected and swap.next]
    swaps = [swap for swap in step.swaps if swap.expected or not swap.next] if len(claims) < len(step.swaps) else []
    commands = (*step.writes, *emissions)
    words += (guard.key, guard.field, guard.version, len(claims), len(swaps), len(commands))
    for claim in claims:
        words += (claim.key, claim.field, claim.next)
    for swap in swaps:
        words += swap
    for command in commands:
        if len(command) > MOST_WORDS:
            raise ValueError(f"{command[0]!r} of {len(command)} words is more than a step can hold")
        words.append(len(command))
        words += command
