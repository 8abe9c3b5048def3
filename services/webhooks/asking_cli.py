"""What the commands share: the server is asked, and its answer is printed for people or as JSON."""

from __future__ import annotations

import asyncio
import json
import sys
from http import HTTPStatus
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Column, Table

from shared.client import Client, ProblemReceived, ServerUnreachable
from shared.settings import Settings

PIPE_CHARACTERS = 300
FAILED, REJECTED, UNREACHABLE = 1, 3, 4
"""Exit codes, as `syndicate add` has them."""

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Id = Annotated[str, typer.Argument(metavar="PARTNER", help="The partner's id, as `partners list` shows it.")]


def ask(method: str, path: str, body: object = None) -> Any:
    """The server's answer; what went wrong ends the command with its words and its exit code."""

    async def answer() -> Any:
        async with Client(Settings()) as client:
            return (await client.request(method, path, json=body))[1]

    try:
        return asyncio.run(answer())
    except ProblemReceived as error:
        print(error.detail, file=sys.stderr)
        for fault in error.body.get("errors", ()):
            print(f"  {fault['pointer']}: {fault['detail']}", file=sys.stderr)
        raise typer.Exit(
            REJECTED if HTTPStatus.BAD_REQUEST <= error.status < HTTPStatus.INTERNAL_SERVER_ERROR else FAILED
        ) from None
    except ServerUnreachable as error:
        print(error.detail, file=sys.stderr)
        raise typer.Exit(UNREACHABLE) from None


def print_json(value: object) -> None:
    """Print a value as JSON."""
    print(json.dumps(value, ensure_ascii=False, indent=2))


def print_table(columns: list[str], rows: list[list[str]]) -> None:
    """Print a table for people."""
    table = Table(Column(columns[0], no_wrap=True), *columns[1:], box=None, header_style="bold")
    for row in rows:
        table.add_row(*(_plain(cell) for cell in row))
    # In a pipe nobody sees where the line ends, and a cut id is of no use.
    Console(width=None if sys.stdout.isatty() else PIPE_CHARACTERS).print(table)


def _plain(cell: str) -> str:
    """A foreign text for the table: no markup of rich, no control characters for the terminal."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in cell).replace(
        "[", r"\["
    )
