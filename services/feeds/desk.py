"""Pure. A person's way through the documents in doubt: one at a time, a key for each answer, and the way back."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

MOST_KEYS = 9
"""The digits that there are."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A subject to choose, and how likely it is; None if nothing is known."""

    name: str
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Give:
    """Set the document's subject."""

    document: dict[str, Any]
    subject: str


@dataclass(frozen=True, slots=True)
class TakeBack:
    """Let go of the subject that was set a moment ago; the document is in doubt again."""

    document: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Say:
    """Tell the person something; nothing is done."""

    sentence: str


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask for the name of another subject, and hand it to `other`."""


@dataclass(frozen=True, slots=True)
class Stop:
    """The person has had enough."""


Answer = Give | TakeBack | Say | Ask | Stop

HELP = "1-9 subject · o other · s skip · u undo · q quit"


@dataclass
class Desk:
    """`subjects` are the names of all; `waiting` are the documents as GET /review tells them."""

    subjects: Sequence[str] = ()
    waiting: deque[dict[str, Any]] = field(default_factory=deque)
    skipped: int = 0
    confirmed: int = 0
    corrected: int = 0
    _seen: set[str] = field(default_factory=set)
    _done: list[tuple[dict[str, Any], str]] = field(default_factory=list)

    def lay(self, documents: Iterable[dict[str, Any]]) -> None:
        """Add documents, each only once: one that was settled may still stand in the list for a moment."""
        for document in documents:
            if document["id"] not in self._seen:
                self._seen.add(document["id"])
                self.waiting.append(document)

    def pressed(self, key: str) -> Answer:
        """What a key means for the first document that waits."""
        if key.isdigit():
            offered = choices(self.waiting[0], self.subjects)[:MOST_KEYS]
            number = int(key)
            return self._give(offered[number - 1].name) if 0 < number <= len(offered) else Say(HELP)
        match key.lower():
            case "s":
                self._settle("skipped")
                return Say("Skipped.")
            case "u":
                return self._back()
            case "o":
                return Ask()
            case "q" | "" | "\x03" | "\x04":
                return Stop()
        return Say(HELP)

    def other(self, words: str) -> Answer:
        """The subject that is meant by `words`: its name, or enough of it to tell it from the others."""
        said = words.strip().casefold()
        exact = [name for name in self.subjects if name.casefold() == said]
        found = exact or [name for name in self.subjects if said and said in name.casefold()]
        if len(found) == 1:
            return self._give(found[0])
        return Say(f"Which one? {', '.join(found)}" if found else "No subject is called so.")

    def refused(self) -> None:
        """What was given last was not taken: it counts for nothing, and there is nothing to undo."""
        _, kind = self._done.pop()
        setattr(self, kind, getattr(self, kind) - 1)

    def _give(self, name: str) -> Answer:
        document = self.waiting[0]
        self._settle("confirmed" if name == document["subject"]["name"] else "corrected")
        return Give(document, name)

    def _settle(self, kind: str) -> None:
        self._done.append((self.waiting.popleft(), kind))
        setattr(self, kind, getattr(self, kind) + 1)

    def _back(self) -> Answer:
        if not self._done:
            return Say("There is nothing to undo.")
        document, kind = self._done[-1]
        self.refused()
        self.waiting.appendleft(document)
        return Say("Back to the one before.") if kind == "skipped" else TakeBack(document)


def choices(document: dict[str, Any], subjects: Iterable[str]) -> list[Choice]:
    """All subjects, the likeliest first: what it was given, its second one, the runners-up, then the others by name."""
    second = [document["second"]] if document["second"] else []
    likely = [
        Choice(each["name"], each["confidence"]) for each in (document["subject"], *second, *document["runners_up"])
    ]
    known = {choice.name for choice in likely}
    return [*likely, *(Choice(name) for name in subjects if name not in known)]
