"""`syndicate related`: an article's neighbours and why, an operator's choice, and how fresh the lists are."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Annotated, Any

import typer

from shared.client import Client, ProblemReceived, ServerUnreachable
from shared.settings import Settings

UNREACHABLE = 3
FAILED = 1
HELP = """Show what is related to a document, and why; or choose it. `syndicate related evaluate` tells how fresh all lists are.

  syndicate related ID
  syndicate related ID --pin OTHER --ban ANOTHER
  syndicate related ID --free OTHER
"""
Several = list[str]


def register(app: typer.Typer) -> None:
    """Add the command to `syndicate`."""
    app.command(help=HELP)(related)


def related(
    what: Annotated[str, typer.Argument(metavar="ID|evaluate", help="A document's id, or the word evaluate.")],
    pin: Annotated[Several, typer.Option(metavar="ID", help="Put this one first, behind those pinned before.")] = [],  # noqa: B006 - typer's way
    ban: Annotated[Several, typer.Option(metavar="ID", help="Never show this one there.")] = [],  # noqa: B006
    free: Annotated[Several, typer.Option(metavar="ID", help="Neither pin nor ban this one any more.")] = [],  # noqa: B006
    sample: Annotated[int, typer.Option(min=1, max=1000, help="Lists that evaluate looks at.")] = 200,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    try:
        found = asyncio.run(_ask(what, pin, ban, free, sample))
    except (ServerUnreachable, ProblemReceived) as error:
        print(error, file=sys.stderr)
        raise typer.Exit(UNREACHABLE if isinstance(error, ServerUnreachable) else FAILED) from None
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
    elif what == "evaluate":
        for name, value in found.items():
            print(f"{name:10} {value}")
    else:
        _show(found)


async def _ask(what: str, pin: Several, ban: Several, free: Several, sample: int) -> dict[str, Any]:
    async with Client(Settings()) as client:
        if what == "evaluate":
            _, found = await client.request("GET", f"/related/evaluation?sample={sample}")
            return dict(found)
        path = f"/documents/{what}/related"
        _, found = await client.request("GET", path)
        if pin or ban or free:
            moved = {*pin, *ban, *free}
            choice = {
                "pinned": [*(name for name in found["pinned"] if name not in moved), *pin],
                "banned": [*(name for name in found["banned"] if name not in moved), *ban],
            }
            _, found = await client.request("PUT", path, json=choice)
        return dict(found)


def _show(found: dict[str, Any]) -> None:
    for near in found["related"]:
        mark = "pinned" if near["pinned"] else f"{near['score']:.2f}"
        print(f"{mark:6}  {near['id']}  {_plain(near['title'])}  ({', '.join(near['why'])})")
    shown = {near["id"] for near in found["related"]}
    for missing in [pinned for pinned in found["pinned"] if pinned not in shown]:
        print(f"pinned  {missing}  (no article of this id can stand here now)")
    for banned in found["banned"]:
        print(f"banned  {banned}")
    if not found["related"]:
        print("Nothing is related yet.")


def _plain(title: str) -> str:
    """A title without what could steer a terminal."""
    return "".join(letter if letter.isprintable() else " " for letter in title)
