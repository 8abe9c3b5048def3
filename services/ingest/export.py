"""Pure. What an export writes into a source, and what it leaves: a person's word stays, and what we wrote we may write anew."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any

from services.ingest.characters import cut, folded
from services.ingest.fields import KEYWORDS, SUBJECTS, SUMMARIES, found
from services.ingest.write_back import Path, value_at
from shared.events import Fact

RELATED = "related_article"
MOST_RELATED = 5
MOST_NUMBERED = 100
LONGEST_DESCRIPTION = 160
MOST_KEYWORDS = 12

Written = Mapping[str, str]
"""For each place (`seo.page_keywords`) the hash of what we wrote there."""


class Neighbour(Fact):
    """A related article as its own page is called: in the source's words where we have the source."""

    id: str
    title: str
    subject: str = ""
    url: str = ""

    def fields(self) -> dict[str, str]:
        """What is written of it."""
        return {name: value for name, value in self.model_dump().items() if value}


class Findings(Fact):
    """What is known of one document. `subject_given`: a person set it, here or in the source."""

    subject: str
    subject_given: bool
    summary: str
    keywords: tuple[str, ...]
    neighbours: tuple[Neighbour, ...]


def changes(told: Mapping[str, Any], findings: Findings, written: Written) -> dict[Path, str]:
    """The values to set in a front matter that says `told`."""
    wanted: dict[Path, str] = {}
    subject = _place(told, SUBJECTS, ("subject",))
    if findings.subject_given or _ours(told, subject, written):
        wanted[subject] = findings.subject
    description = _place(told, SUMMARIES, _in_shape(told, "page_description", "description"))
    if _ours(told, description, written):
        wanted[description] = cut(folded(findings.summary), LONGEST_DESCRIPTION)
    keywords = _place(told, KEYWORDS, _in_shape(told, "page_keywords", "keywords"))
    if _ours(told, keywords, written):
        wanted[keywords] = ", ".join(findings.keywords[:MOST_KEYWORDS])
    wanted = {path: value for path, value in wanted.items() if value}
    wanted |= _related(told, findings.neighbours, written)
    return {path: value for path, value in wanted.items() if (value_at(told, path) or "") != value}


def noted(written: Written, changed: Mapping[Path, str]) -> dict[str, str]:
    """What we wrote, with what we have written now."""
    return dict(written) | {".".join(path): mark(value) for path, value in changed.items()}


def mark(value: object) -> str:
    """A short hash of a value, by which it is known again."""
    return blake2b(json.dumps(value, sort_keys=True).encode(), digest_size=8).hexdigest()


def _related(told: Mapping[str, Any], neighbours: Sequence[Neighbour], written: Written) -> dict[Path, str]:
    """The numbered articles, as many as there were: at first all of them, later those that nobody has changed.

    An article that stands under some number already stays there: a mere change of order is not worth a change of the file.
    """
    there = sum(f"{RELATED}{number}" in told for number in range(1, MOST_NUMBERED))
    names = [f"{RELATED}{number}" for number in range(1, (there or MOST_RELATED) + 1)]
    wanted = {neighbour.id: neighbour for neighbour in neighbours[: len(names)]}
    standing = {name: str(value_at(told, (name, "id"))) for name in names}
    left = [neighbour for identity, neighbour in wanted.items() if identity not in standing.values()]
    found: dict[Path, str] = {}
    for name in names:
        if not _may_write(told, name, written):
            continue
        neighbour = wanted.get(standing[name]) or (left.pop(0) if left else None)
        found |= {(name, each): value for each, value in (neighbour.fields() if neighbour else {}).items()}
        found |= {(name, each): "" for each in _left_over(told.get(name), neighbour)}
    return found


def _left_over(old: object, neighbour: Neighbour | None) -> set[str]:
    """What is said of the article before, and is not known of the new one: it would be wrong."""
    if neighbour is None or not isinstance(old, Mapping):
        return set()
    return {name for name in Neighbour.model_fields if old.get(name)} - neighbour.fields().keys()


def _may_write(told: Mapping[str, Any], name: str, written: Written) -> bool:
    """Whether nobody has changed what we wrote under `name`; what stood there before we ever wrote is ours to replace."""
    ours = [tuple(place.split(".")) for place in written if place.startswith(f"{name}.")]
    return all(_as_written(told, path, written) for path in ours)


def _as_written(told: Mapping[str, Any], path: Path, written: Written) -> bool:
    return mark(value_at(told, path)) == written[".".join(path)]


def _ours(told: Mapping[str, Any], path: Path, written: Written) -> bool:
    """Whether we may write there: it is empty and nobody emptied it, or stands as we wrote it."""
    value, known = value_at(told, path), written.get(".".join(path))
    if value in (None, "", [], {}):
        return known is None
    return known is not None and mark(value) == known


def _place(told: Mapping[str, Any], names: tuple[str, ...], otherwise: Path) -> Path:
    """Where the source says it, or would."""
    for name in names:
        path = tuple(name.split("."))
        if path[-1] in (value_at(told, path[:-1]) or {} if len(path) > 1 else told):
            return path
    return otherwise if found(told, names)[1] is None else tuple(found(told, names)[0].split("."))


def _in_shape(told: Mapping[str, Any], inner: str, plain: str) -> Path:
    return ("seo", inner) if isinstance(told.get("seo"), Mapping) else (plain,)
