"""A run for people: a line while it runs, a table at its end."""

from __future__ import annotations

import sys
from typing import Any

from rich.console import Console
from rich.table import Table


class Progress:
    """One line that is written over, on a terminal; nothing elsewhere."""

    def __call__(self, words: str) -> None:
        if sys.stderr.isatty():
            print(f"\r\033[K{words}", end="", file=sys.stderr, flush=True)

    def __del__(self) -> None:
        self("")


def table(facts: dict[str, Any]) -> None:
    """The figures, one row each; what is a mapping in one line."""
    rows = Table("figure", "value")
    for name, value in facts.items():
        if isinstance(value, dict) and any(isinstance(each, dict) for each in value.values()):
            for inner, each in value.items():
                rows.add_row(f"{name}: {inner}", _line(each))
        else:
            rows.add_row(name, _line(value))
    Console().print(rows, highlight=False)


def _line(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {each}" for name, each in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
