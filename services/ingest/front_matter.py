"""Pure. The block in which a document speaks of itself, at its very beginning: YAML between lines of three hyphens, TOML between
lines of three plus signs (Hugo's).

Every scalar stays the string that was written: a title `1984` or `Yes` is no number and no boolean, and no date can fail to be one.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from datetime import date, time
from typing import Any

import yaml

from services.ingest.draft import MAX_DEPTH, depth_of, too_deep
from shared.errors import DocumentRejected

OPENS = re.compile(r"---[ \t]*\n")
OPENS_TOML = re.compile(r"\+\+\+[ \t]*\n")
CLOSES_TOML = re.compile(r"^\+\+\+[ \t]*$", re.MULTILINE)
MAX_TOML = 100_000
"""Characters; a table within a table within a table takes the square of its depth."""
DEEP_KEY = re.compile(r"(?<![^\s.=\"'])(?:[^\s.=\"']++\s*+\.\s*+){20}|[\[{]{20}")
"""Looked for where a name begins only, and without a second thought: 100,000 letters in a row took a minute."""
CLOSES = re.compile(r"^(?:---|\.\.\.)[ \t]*$", re.MULTILINE)
FIRST_KEY = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\n)*[\w\"'][^\n:]*:(?:[ \t]|$)", re.MULTILINE)
NULLS = frozenset({"", "~", "null", "Null", "NULL"})

MAX_NODES = 20_000
"""Names, values and lists; 300,000 of them would take six seconds."""

Loader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
"""Builds strings, lists and mappings and nothing else, whatever tags are there; ten times as fast where libyaml is."""


def opens(text: str) -> bool:
    """Whether `text` begins with front matter and not just with a line of hyphens."""
    if toml := OPENS_TOML.match(text):
        return bool(CLOSES_TOML.search(text, toml.end()))
    opening = OPENS.match(text)
    return bool(opening and FIRST_KEY.match(text, opening.end()) and CLOSES.search(text, opening.end()))


def split(text: str) -> tuple[dict[str, Any], str]:
    """What the front matter says, and the text behind it. Rejects front matter that is broken, endless or no mapping."""
    if toml := OPENS_TOML.match(text):
        closing = CLOSES_TOML.search(text, toml.end())
        return (_toml(text[toml.end() : closing.start()]), text[closing.end() :]) if closing else ({}, text)
    opening = OPENS.match(text)
    if not opening:
        return {}, text
    closing = CLOSES.search(text, opening.end())
    if closing:
        return fields(text[opening.end() : closing.start()]), text[closing.end() :]
    if FIRST_KEY.match(text, opening.end()):
        raise DocumentRejected("bad-front-matter", "the front matter has no closing line of three hyphens")
    return {}, text


def fields(block: str) -> dict[str, Any]:
    """The mapping that a block of YAML holds. Rejects everything else, aliases (they can grow without end) and deep nesting."""
    try:
        value = _built(_bearable(yaml.parse(block, Loader)))
    except yaml.YAMLError as error:
        raise DocumentRejected("bad-front-matter", "the front matter is not YAML", **_place(error)) from None
    if value is None or value == "":
        return {}
    if not isinstance(value, dict):
        raise DocumentRejected("bad-front-matter", "the front matter is no mapping of names to values")
    if depth_of(value) > MAX_DEPTH:
        raise too_deep("front matter")
    return {str(name): _without_nulls(each) for name, each in value.items()}


def _toml(block: str) -> dict[str, Any]:
    """The table that a block of TOML holds, its scalars as the strings that they stand for."""
    if len(block) > MAX_TOML:
        raise DocumentRejected("bad-front-matter", "the front matter is too long", limit=MAX_TOML)
    if DEEP_KEY.search(block):
        raise too_deep("front matter")
    try:
        told = tomllib.loads(block)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError):
        raise DocumentRejected("bad-front-matter", "the front matter is not TOML") from None
    if depth_of(told) > MAX_DEPTH:
        raise too_deep("front matter")
    return {name: _as_written(value) for name, value in told.items()}


def _as_written(value: object) -> object:
    if isinstance(value, dict):
        return {name: _as_written(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_as_written(each) for each in value]
    return value.isoformat() if isinstance(value, date | time) else value if isinstance(value, str) else str(value)


def _bearable(events: Iterable[Any]) -> Iterator[Any]:
    """The same events, which come one by one, up to one that would make too much of them."""
    depth = 0
    for nodes, event in enumerate(events):
        if nodes > MAX_NODES:
            raise DocumentRejected("bad-front-matter", "the front matter has too many entries", limit=MAX_NODES)
        if isinstance(event, yaml.AliasEvent):
            raise DocumentRejected("bad-front-matter", "the front matter uses YAML aliases, which are not taken here")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise too_deep("front matter")
        yield event


def _built(events: Iterable[Any]) -> Any:
    """The value that is written; None if there is none. Raises YAMLError if there are several, or if a name is no scalar."""
    whole: list[Any] = []
    within: list[tuple[Any, list[Any]]] = [(None, whole)]
    for event in events:
        begun, entries = within[-1]
        at_name = isinstance(begun, yaml.MappingStartEvent) and len(entries) % 2 == 0
        if isinstance(event, yaml.ScalarEvent):
            entries.append(event.value)
        elif isinstance(event, yaml.CollectionEndEvent):
            within.pop()
            within[-1][1].append(dict(zip(entries[::2], entries[1::2], strict=True)) if at_name else entries)
        elif at_name or (whole and isinstance(event, yaml.DocumentStartEvent)):
            raise yaml.MarkedYAMLError(problem_mark=event.start_mark)
        elif isinstance(event, yaml.CollectionStartEvent):
            within.append((event, []))
    return whole[0] if whole else None


def _without_nulls(value: object) -> object:
    return None if isinstance(value, str) and value in NULLS else value


def _place(error: yaml.YAMLError) -> dict[str, int]:
    mark = getattr(error, "problem_mark", None)
    return {"line": mark.line + 2, "column": mark.column + 1} if mark else {}
