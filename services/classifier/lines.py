"""Pure. YAML as text, in which nothing stands twice, and the line of what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import yaml


class Loader(yaml.BaseLoader):
    """Makes text only, "no" too. What stands there twice is a mistake: of two lists of keywords, one would be lost without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 - PyYAML's
        seen = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    problem=f"{key.value} stands there twice", problem_mark=key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def line_of_fault(error: yaml.YAMLError, body: bytes) -> int:
    """The line, from 1, at which reading stopped; 0 if it is not known."""
    if isinstance(error, yaml.reader.ReaderError):
        read = body.decode(errors="replace") if error.encoding == "unicode" else body.decode("latin-1")
        return read[: error.position].count("\n") + 1
    mark = getattr(error, "problem_mark", None)
    return mark.line + 1 if mark else 0


def line_of(node: Any, way: Sequence[str]) -> int:
    """The line, from 1, of the last part of `way` that the file has."""
    line = node.start_mark.line + 1
    for part in way:
        if isinstance(node, yaml.SequenceNode) and part.isdigit():
            node = node.value[int(part)]
        elif isinstance(node, yaml.MappingNode):
            node = next((value for key, value in node.value if key.value == part), None)
        if node is None:
            break
        line = node.start_mark.line + 1
    return int(line)
