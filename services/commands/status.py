"""`syndicate status`: how a running server stands."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from shared.client import Client
from shared.errors import SyndicateError
from shared.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the command to `syndicate`."""
    app.command()(status)


def status(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Show how the running server stands: each service's backlog, what is pending, what is dead."""
    try:
        answer = asyncio.run(_status(Settings()))
    except SyndicateError as error:
        Console(stderr=True).print(error.detail, highlight=False)
        raise typer.Exit(4) from None
    if as_json:
        print(json.dumps(answer))
    else:
        _print_status(answer)
    raise typer.Exit(0 if answer["status"] == "ready" else 1)


async def _status(settings: Settings) -> dict[str, Any]:
    async with Client(settings) as client:
        try:
            _, answer = await client.request("GET", "/health/ready")
        except SyndicateError as error:
            body = getattr(error, "body", None)
            if not isinstance(body, dict) or "consumers" not in body:
                raise
            answer = body
    return dict(answer)


def _print_status(answer: dict[str, Any]) -> None:
    table = Table("service", "stream", "backlog", "pending", "oldest pending", "fault")
    for state in answer["consumers"]:
        row = (state["group"], state["stream"], state["backlog"], state["pending"], f"{state['waiting_s']} s")
        table.add_row(*map(str, row), state["fault"])
    console = Console()
    console.print(table)
    for warning in answer.get("warnings", ()):
        console.print(f"Warning: {warning}", highlight=False, markup=False)
    console.print(f"{answer['status']}; {answer['dead_letters']} dead letters", highlight=False)
