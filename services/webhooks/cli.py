"""The operator's and the partner's commands: partners, deliveries, receive."""

from __future__ import annotations

import asyncio
import json
import secrets as chance
import sys
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import quote

import typer
import uvicorn
from rich.console import Console
from rich.table import Column, Table

from services.webhooks.receiver import Inbox, receiver
from services.webhooks.signing import SECRET_BYTES, key_of, secret_of
from shared.client import Client, ProblemReceived, ServerUnreachable
from shared.notices import DEFAULT_EVENTS
from shared.settings import Settings

PIPE_CHARACTERS = 300
FAILED, REJECTED, UNREACHABLE = 1, 3, 4
"""Exit codes, as `syndicate add` has them."""

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Id = Annotated[str, typer.Argument(metavar="PARTNER", help="The partner's id, as `partners list` shows it.")]

partners = typer.Typer(help="Who is told of what is published.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands to `syndicate`."""
    app.add_typer(partners, name="partners")
    app.command()(deliveries)
    app.command()(receive)


@partners.command()
def add(
    url: Annotated[str, typer.Argument(help="Where to POST; https, unless it is within SYNDICATE_PARTNER_NETWORKS.")],
    name: Annotated[str, typer.Option(help="What you call the partner.")],
    events: Annotated[str, typer.Option(help="Event types, by commas.")] = ",".join(DEFAULT_EVENTS),
    secret: Annotated[str | None, typer.Option(help="whsec_…; without it one is made.")] = None,
    as_json: AsJson = False,
) -> None:
    """Add a partner. The secret is shown now and never again."""
    kinds = [kind.strip() for kind in events.split(",") if kind.strip()]
    wanted = {"name": name, "url": url, "events": kinds} | ({"secret": secret} if secret else {})
    partner = _ask("POST", "/partners", wanted)
    if as_json:
        return _print_json(partner)
    print(f"Partner {partner['id']} ({partner['name']}) is told of {', '.join(partner['events'])}.")
    print(f"Secret, shown only this once: {partner['secret']}")
    return None


@partners.command(name="list")
def list_partners(as_json: AsJson = False) -> None:
    """All partners, oldest first."""
    found = _ask("GET", "/partners")["partners"]
    if as_json:
        return _print_json(found)
    rows = [[each["id"], each["name"], each["url"], _state(each), str(each["waiting"])] for each in found]
    return _print_table(["Id", "Name", "URL", "State", "Waiting"], rows)


@partners.command()
def remove(partner: Id, as_json: AsJson = False) -> None:
    """Remove a partner, and all that was to be sent to it."""
    _ask("DELETE", f"/partners/{quote(partner, safe='')}")
    if as_json:
        return _print_json({"removed": partner})
    return print(f"Partner {partner} is removed.")


@partners.command(name="test")
def send_test(partner: Id, as_json: AsJson = False) -> None:
    """Send a test to a partner, the way every event goes."""
    sent = _ask("POST", f"/partners/{quote(partner, safe='')}/test")
    if as_json:
        return _print_json(sent)
    return print(f"Test {sent['delivery']} is on its way; see `syndicate deliveries {partner}`.")


def deliveries(
    partner: Id,
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many.")] = 20,
    as_json: AsJson = False,
) -> None:
    """A partner's newest deliveries: what became of each attempt, and when the next one is due."""
    found = _ask("GET", f"/partners/{quote(partner, safe='')}/deliveries?limit={limit}")["deliveries"]
    if as_json:
        return _print_json(found)
    return _print_table(["Delivery", "Type", "Created", "State", "Attempts", "Last", "Next"], list(map(_row, found)))


def receive(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 9000,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    secret: Annotated[str | None, typer.Option(help="whsec_…; without it one is made and shown.")] = None,
) -> None:
    """Be a partner: verify what comes in and print a line of JSON for each new delivery."""
    if not secret:
        secret = secret_of(chance.token_bytes(SECRET_BYTES))
        print(f"syndicate partners add http://{host}:{port}/ --name Receiver --secret {secret}", file=sys.stderr)
    key = key_of(secret)

    async def keys() -> list[bytes]:
        return [key]

    app = receiver(Inbox(keys, heard=lambda record: print(json.dumps(record, ensure_ascii=False), flush=True)))
    uvicorn.run(app, host=host, port=port, log_level="warning", access_log=False)


def _ask(method: str, path: str, body: object = None) -> Any:
    async def ask() -> Any:
        async with Client(Settings()) as client:
            return (await client.request(method, path, json=body))[1]

    try:
        return asyncio.run(ask())
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


def _state(partner: dict[str, Any]) -> str:
    return "enabled" if partner["enabled"] else f"disabled: {partner['disabled_reason']}"


def _row(delivery: dict[str, Any]) -> list[str]:
    tries = delivery["attempts"]
    last = tries[-1] if tries else {}
    told = str(last.get("status") or last.get("error") or "")
    waits = delivery["next_attempt_at"] or ""
    return [delivery["id"], delivery["type"], delivery["created_at"], delivery["state"], str(len(tries)), told, waits]


def _print_json(value: object) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2))


def _print_table(columns: list[str], rows: list[list[str]]) -> None:
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
