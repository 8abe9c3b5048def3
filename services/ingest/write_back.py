"""Pure. Values put into a document's front matter by changing the lines that they stand on, and no others.

A YAML library that loads and dumps changes a hundred lines of a page to set one; here only the place of a value is looked up by the
parser, and its lines are written anew in the style that they had. What the change must not touch is read again and compared.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import yaml

from services.ingest.front_matter import CLOSES, OPENS, fields

Path = tuple[str, ...]
"""A name, or a name and one within it: ("subject",), ("seo", "page_keywords")."""

FIRST_STEP = 4
"""Blanks by which a new mapping's names and a new folded text stand in."""
PLAIN = re.compile(r"[^\s\-?:,\[\]{}#&*!|>'\"%@`][^\n]*")


class Unpatchable(ValueError):
    """The front matter has a form in which this value cannot be set without touching others."""


def block_of(text: str) -> tuple[int, int] | None:
    """Where the front matter's YAML stands in `text`, which may have a byte order mark and any line ends; None if there is none."""
    start = 1 if text.startswith("\ufeff") else 0
    opening = re.compile(OPENS.pattern.replace(r"\n", r"\r?\n")).match(text, start)
    if not opening:
        return None
    closing = re.compile(CLOSES.pattern.replace("$", r"\r?$"), re.MULTILINE).search(text, opening.end())
    return (opening.end(), closing.start()) if closing else None


def patched(text: str, changes: Mapping[Path, str]) -> str:
    """`text` with these values in its front matter. Raises Unpatchable, and DocumentRejected for front matter that is none."""
    place = block_of(text)
    if place is None:
        raise Unpatchable("it has no front matter")
    block = text[slice(*place)]
    for path, value in changes.items():
        block = _set(block, path, value)
    return text[: place[0]] + block + text[place[1] :]


def value_at(told: Mapping[str, Any], path: Path) -> Any:
    """What the front matter says at `path`; None if nothing."""
    value: Any = told
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _set(block: str, path: Path, value: str) -> str:
    before = fields(_plain_ends(block))
    if value_at(before, path) == value:
        return block
    line_end = "\r\n" if "\r\n" in block else "\n"
    changed = _placed(block, path, value, line_end)
    after = fields(_plain_ends(changed))
    if value_at(after, path) != value or _without(after, path) != _without(before, path):
        raise Unpatchable(f"`{'.'.join(path)}` cannot be set there without touching something else")
    return changed


def _placed(block: str, path: Path, value: str, line_end: str) -> str:
    root = yaml.compose(block, yaml.BaseLoader)
    if root is not None and (not isinstance(root, yaml.MappingNode) or root.flow_style):
        raise Unpatchable("the front matter is written in braces")
    entry, parent = _find(root, path[0]), root
    if len(path) == 1:
        return _replaced(block, entry, value, line_end) if entry else _appended(block, [(0, path[0], value)], line_end)
    if entry is None:
        return _appended(block, [(0, path[0], None), (FIRST_STEP, path[1], value)], line_end)
    parent = entry[1]
    if not isinstance(parent, yaml.MappingNode) or parent.flow_style or not parent.value:
        raise Unpatchable(f"`{path[0]}` is no block of names and values")
    if inner := _find(parent, path[1]):
        return _replaced(block, inner, value, line_end)
    end = _end(block, parent)
    indent = parent.value[0][0].start_mark.column
    return block[:end] + line_end + _line(indent, path[1], value, line_end, folding=_folding(block)) + block[end:]


def _find(mapping: Any, name: str) -> tuple[Any, Any] | None:
    entries = mapping.value if isinstance(mapping, yaml.MappingNode) else ()
    return next(((key, value) for key, value in entries if key.value == name), None)


def _replaced(block: str, entry: tuple[Any, Any], value: str, line_end: str) -> str:
    """The value anew, in the style that the old one had."""
    key, old = entry
    if not isinstance(old, yaml.ScalarNode):
        raise Unpatchable(f"`{key.value}` holds a list or a mapping")
    colon = block.index(":", key.end_mark.index) + 1
    start, end = max(old.start_mark.index, colon), max(_end(block, old), colon)
    if old.style in {">", "|"}:
        header, _, content = block[start:end].partition("\n")
        step = len(content) - len(content.lstrip(" ")) or key.start_mark.column + FIRST_STEP
        # Whatever line breaks the old text kept at its end (YAML 1.2, section 8.1.1.2), the new one has none.
        new = header.strip().translate({ord("+"): None, ord("-"): None}) + "-" + line_end + " " * step + value
    else:
        new = _scalar(value, old.style)
    return block[:start] + (" " if start == colon else "") + new + block[end:]


def _appended(block: str, lines: list[tuple[int, str, str | None]], line_end: str) -> str:
    body = block.rstrip()
    new = line_end.join(
        " " * indent + f"{name}:" if value is None else _line(indent, name, value, line_end, folding=_folding(block))
        for indent, name, value in lines
    )
    rest = block[len(body) :]
    return (body + line_end if body else "") + new + (rest or line_end)


def _line(indent: int, name: str, value: str, line_end: str, *, folding: bool) -> str:
    if folding and " " in value and "\n" not in value:
        return " " * indent + f"{name}: >-{line_end}" + " " * (indent + FIRST_STEP) + value
    return " " * indent + f"{name}: {_scalar(value, None)}"


def _folding(block: str) -> bool:
    """Whether this front matter has the habit of folding its texts."""
    return ": >-" in block


def _scalar(value: str, style: str | None) -> str:
    """A text on one line: quoted as it was, plain where YAML would read it as the same text."""
    if style == "'":
        return "'" + value.replace("'", "''") + "'"
    if style is None and PLAIN.fullmatch(value) and ": " not in value and " #" not in value and _is_text(value):
        return value
    return json.dumps(value, ensure_ascii=False)


def _is_text(value: str) -> bool:
    # A number stays a number where it was one; `yes` and dates must not become something else.
    if value.isdigit():
        return True
    try:
        return bool(yaml.safe_load(value) == value)
    except yaml.YAMLError:
        return False


def _end(block: str, node: Any) -> int:
    """The index behind the last character of a value; remarks and blank lines behind it are not its own."""
    if isinstance(node, yaml.MappingNode) and not node.flow_style and node.value:
        return _end(block, node.value[-1][1])
    if isinstance(node, yaml.SequenceNode) and not node.flow_style and node.value:
        return _end(block, node.value[-1])
    start: int = node.start_mark.index
    end: int = node.end_mark.index
    return start + len(block[start:end].rstrip())


def _without(told: Mapping[str, Any], path: Path) -> dict[str, Any]:
    rest = {name: value for name, value in told.items() if name != path[0]}
    inner = told.get(path[0])
    if len(path) > 1 and isinstance(inner, Mapping):
        rest[path[0]] = _without(inner, path[1:])
    elif len(path) > 1:
        rest[path[0]] = {}
    return rest


def _plain_ends(block: str) -> str:
    return block.replace("\r\n", "\n").replace("\r", "\n")
