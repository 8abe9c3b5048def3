"""Pure. A hub with one fault."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

HUB = "services/webhooks/hub"
ASKING = f"{HUB}/asking.py"
DESK = f"{HUB}/desk.py"
DISTRIBUTING = f"{HUB}/distributing.py"
EDITION = f"{HUB}/edition.py"
FILING = f"{HUB}/filing.py"
NEARBY = f"{HUB}/nearby.py"
NEWSROOM = f"{HUB}/newsroom.py"
OPENING = f"{HUB}/opening.py"
PINGING = f"{HUB}/pinging.py"
ROUTE = f"{HUB}/route.py"
ROUTES = f"{HUB}/routes.py"
SUBSCRIPTION = f"{HUB}/subscription.py"
SUBSCRIPTIONS = f"{HUB}/subscriptions.py"
TOPICS = f"{HUB}/topics.py"
VERIFYING = f"{HUB}/verifying.py"
OUTCOME = "services/webhooks/outcome.py"

Change = tuple[str, str, str]
"""The path of a file, a text that stands in it once, and what takes its place."""


@dataclass(frozen=True)
class Mutant:
    """`case`: file::test that has to fail; `fault`: the rule that is broken, in words."""

    case: str
    fault: str
    changes: tuple[Change, ...]

    def applied(self, root: Path) -> dict[str, str]:
        """The changed files by their paths. Raises ValueError if a text does not stand there once."""
        texts: dict[str, str] = {}
        for path, old, new in self.changes:
            text = texts.get(path) or (root / path).read_text()
            if text.count(old) != 1:
                raise ValueError(f"{path}: {text.count(old)} times there is {old!r}")
            texts[path] = text.replace(old, new)
        return texts


def mutant(case: str, fault: str, path: str, *texts: str) -> Mutant:
    """A mutant of one file; `texts`: old, new, old, new, …"""
    return Mutant(case, fault, tuple((path, old, new) for old, new in zip(texts[::2], texts[1::2], strict=True)))
