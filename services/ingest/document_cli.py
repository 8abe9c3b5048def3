"""The operator's commands for one document: show, retract, set-subject."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Annotated, Any
from urllib.parse import quote

import typer

from services.ingest.sending import REFUSED
from shared.client import Client, ProblemReceived, ServerUnreachable
from shared.settings import Settings

FAILED, REJECTED, UNREACHABLE = 1, 3, 4

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, one line for each document.")]
Id = Annotated[str, typer.Argument(metavar="ID", help="The document's id, as `add` shows it.")]


def register(app: typer.Typer) -> None:
    """Add the commands to `syndicate`."""
    app.command()(show)
    app.command()(retract)
    app.command(name="set-subject")(set_subject)


def show(document: Id) -> None:
    """Show a document as JSON."""
    print(json.dumps(_asked("GET", document), ensure_ascii=False, indent=2))


def retract(document: Id, as_json: AsJson = False) -> None:
    """Retract a document: it leaves the feeds, and partners are told."""
    answer = _asked("DELETE", document)
    print(json.dumps(answer) if as_json else f"Document {document} is retracted (version {answer['version']}).")


def set_subject(
    document: Id,
    subject: Annotated[str | None, typer.Argument(metavar="[SUBJECT]", help="The subject as people write it.")] = None,
    new: Annotated[bool, typer.Option("--new", help="The subject may be one that is not in the taxonomy.")] = False,
    clear: Annotated[bool, typer.Option("--clear", help="Let the source's own subject count again.")] = False,
    as_json: AsJson = False,
) -> None:
    """Set a document's subject; it stands when the same source is sent again."""
    if clear == bool(subject):
        raise typer.BadParameter("say a subject, or --clear", param_hint="SUBJECT")
    answer = _asked("POST", document, "/subject", {"subject": subject, "new": new})
    done = "is left to its source" if clear else f"is {subject}"
    print(json.dumps(answer) if as_json else f"The subject of {document} {done} (version {answer['version']}).")


def _asked(method: str, document: str, about: str = "", body: object = None) -> Any:
    async def ask() -> Any:
        async with Client(Settings()) as client:
            path = f"/documents/{quote(document, safe='')}{about}"
            headers = {"Accept": "application/json", "If-Match": "*"}
            return (await client.request(method, path, json=body, headers=headers))[1]

    try:
        return asyncio.run(ask())
    except (ServerUnreachable, ProblemReceived) as error:
        print(f"{document}: {error}", file=sys.stderr)
        refused = REJECTED if error.status in REFUSED else FAILED
        raise typer.Exit(UNREACHABLE if isinstance(error, ServerUnreachable) else refused) from None
