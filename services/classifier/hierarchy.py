"""Pure. How subjects hang together: which are broader, which lead to another one now, and what is wrong with it.

A fault is a Misplaced: it knows which entry of the file it belongs to, and which field.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol


class Misplaced(ValueError):
    """Something in one entry does not fit the others; `place` says where, as in subjects.3.broader."""

    def __init__(self, wrong: str, *place: object) -> None:
        super().__init__(wrong)
        self.place = ".".join(map(str, place))


class Entry(Protocol):
    """What an entry of the taxonomy says of others."""

    @property
    def slug(self) -> str: ...
    @property
    def broader(self) -> tuple[str, ...]: ...
    @property
    def narrower(self) -> tuple[str, ...]: ...
    @property
    def formerly(self) -> tuple[str, ...]: ...
    @property
    def merged_into(self) -> str | None: ...


class Named(Entry, Protocol):
    """And what it is and was called, as slugs."""

    @property
    def called(self) -> set[str]: ...


def check_slugs(entries: Sequence[Entry]) -> None:
    """Raise Misplaced where an entry has the slug of one before it."""
    seen = set()
    for place, entry in enumerate(entries):
        if entry.slug in seen:
            raise Misplaced(f"two subjects have the slug {entry.slug}", "subjects", place, "slug")
        seen.add(entry.slug)


def check_names(entries: Sequence[Named]) -> None:
    """Raise Misplaced where an entry is called as one before it that does not lead to the same subject."""
    moved, meant = moved_by(entries), dict[str, str]()
    for place, entry in enumerate(entries):
        subject = moved.get(entry.slug, entry.slug)
        for name in sorted(entry.called):
            if meant.setdefault(name, subject) != subject:
                raise Misplaced(f"two subjects are called {name}, as name, slug or alternative", "subjects", place)


def check_relations(entries: Sequence[Entry]) -> None:
    """Raise Misplaced where a relation leads to no subject, or in a circle."""
    subjects = {entry.slug for entry in entries if entry.merged_into is None}
    for place, entry in enumerate(entries):
        for field in ("broader", "narrower"):
            for slug in getattr(entry, field):
                if slug not in subjects:
                    raise Misplaced(
                        f"{entry.slug} has a {field} subject that there is not: {slug}", "subjects", place, field
                    )
    graph = broader_of(entries)
    for place, entry in enumerate(entries):
        if circle := _circle(entry.slug, graph):
            raise Misplaced(f"a subject is broader than itself: {' < '.join(circle)}", "subjects", place, "broader")


def broader_of(entries: Sequence[Entry]) -> dict[str, tuple[str, ...]]:
    """For each subject the next broader ones, whichever of the two entries says so."""
    graph: dict[str, dict[str, None]] = {}
    for entry in entries:
        for slug in entry.broader:
            graph.setdefault(entry.slug, {})[slug] = None
        for slug in entry.narrower:
            graph.setdefault(slug, {})[entry.slug] = None
    return {slug: tuple(broader) for slug, broader in graph.items()}


def moved_by(entries: Sequence[Entry]) -> dict[str, str]:
    """Each former slug and the subject that it leads to now. Raises Misplaced if it leads nowhere, or to two."""
    subjects = {entry.slug for entry in entries if entry.merged_into is None}
    next_of: dict[str, str] = {}
    for place, entry in enumerate(entries):
        own = {} if entry.merged_into is None else {entry.slug: entry.merged_into}
        for former, now in (own | dict.fromkeys(entry.formerly, entry.slug)).items():
            if former in subjects:
                raise Misplaced(
                    f"{former} is a subject, and cannot be what {now} was formerly", "subjects", place, "formerly"
                )
            if next_of.setdefault(former, now) != now:
                raise Misplaced(
                    f"{former} leads to two subjects, {next_of[former]} and {now}", "subjects", place, "formerly"
                )
    for place, entry in enumerate(entries):
        if entry.merged_into is not None and _end(entry.slug, next_of) not in subjects:
            raise Misplaced(
                f"{entry.slug} is merged into no subject: {entry.merged_into}", "subjects", place, "merged_into"
            )
    return {former: _end(former, next_of) for former in next_of}


def _end(slug: str, next_of: Mapping[str, str]) -> str:
    """Where the way from `slug` ends; '' for one that goes in a circle."""
    seen = set()
    while slug in next_of:
        if slug in seen:
            return ""
        seen.add(slug)
        slug = next_of[slug]
    return slug


def _circle(start: str, graph: Mapping[str, Sequence[str]]) -> list[str]:
    """A way from `start` back to it, or nothing."""
    ways = [[start]]
    seen = set()
    while ways:
        way = ways.pop()
        for broader in graph.get(way[-1], ()):
            if broader == start:
                return [*way, start]
            if broader not in seen:
                seen.add(broader)
                ways.append([*way, broader])
    return []
