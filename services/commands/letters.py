"""`syndicate dead`: what could not be done, why, and doing it after all."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated, TypeVar

import typer
from redis.exceptions import RedisError
from rich.console import Console
from rich.table import Table

from shared import redis_server
from shared.clock import SystemClock
from shared.dead_letters import drop, every_id, list_dead, replay
from shared.errors import SyndicateError
from shared.packing import connect
from shared.settings import Settings
from shared.streams import Belt

Answer = TypeVar("Answer")
Ids = Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Ids, as `syndicate dead list` shows them.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, one line for each letter.")]


def register(app: typer.Typer) -> None:
    """Add `syndicate dead …`."""
    dead = typer.Typer(no_args_is_help=True, help="Dead letters: entries that failed five times or were no events.")
    dead.command("list")(show)
    dead.command("replay")(again)
    dead.command("drop")(forget)
    app.add_typer(dead, name="dead")


def show(limit: Annotated[int, typer.Option(min=1, max=1000)] = 100, as_json: AsJson = False) -> None:
    """List the dead letters, newest first, with the stage and the error."""
    letters = _with_belt(lambda belt: list_dead(belt, limit=limit))
    if as_json:
        for letter in letters:
            print(json.dumps(letter.facts()))
        return
    table = Table("id", "stage", "deliveries", "bytes", "error")
    for letter in letters:
        table.add_row(letter.id, letter.stage, str(letter.deliveries), str(letter.bytes), letter.error)
    Console().print(table if letters else "No dead letters.")


def again(
    ids: Ids = None, everything: Annotated[bool, typer.Option("--all", help="Every letter, oldest first.")] = False
) -> None:
    """Put letters back onto the stream that they came from; what was done already is not done twice."""
    _named(ids, everything)

    async def put_back(belt: Belt) -> int:
        return sum([await replay(belt, letter) is not None async for letter in _chosen(belt, ids, everything)])

    print(f"{_with_belt(put_back)} put back")


def forget(ids: Ids = None, everything: Annotated[bool, typer.Option("--all", help="Every letter.")] = False) -> None:
    """Let letters go for good."""
    _named(ids, everything)

    async def let_go(belt: Belt) -> int:
        return sum([await drop(belt, letter) async for letter in _chosen(belt, ids, everything)])

    print(f"{_with_belt(let_go)} dropped")


def _named(ids: list[str] | None, everything: bool) -> None:
    if not ids and not everything:
        raise typer.BadParameter("name some, or --all", param_hint="ID")


async def _chosen(belt: Belt, ids: list[str] | None, everything: bool) -> AsyncIterator[str]:
    if everything:
        async for letter in every_id(belt):
            yield letter
        return
    for letter in ids or []:
        yield letter


def _with_belt(work: Callable[[Belt], Awaitable[Answer]]) -> Answer:
    """Do something with the running server's Redis."""

    async def run() -> Answer:
        settings = Settings()
        found = redis_server.attach(settings)
        async with connect(found) as client:
            return await work(Belt(client, settings, SystemClock()))

    try:
        return asyncio.run(run())
    except (SyndicateError, RedisError) as error:
        Console(stderr=True).print(str(error), highlight=False)
        raise typer.Exit(4) from None
