"""`syndicate review`: the operator's eye on the subjects that the machine was not sure of."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from typing import Annotated, Any
from urllib.parse import quote

import click
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from services.feeds.check_cli import feeds
from services.feeds.desk import HELP, MOST_KEYS, Ask, Desk, Give, Say, Stop, TakeBack, choices
from shared.client import Client, ProblemReceived, ServerUnreachable
from shared.settings import Settings

FAILED, UNREACHABLE, INTERRUPTED = 1, 4, 130
PAGE = 50

REVIEW_HELP = """Look at the documents whose subject is in doubt, one at a time, oldest first.

Keys: 1-9 give that subject (1 confirms what it has), o another one by its name, s skip, u undo, q quit. What is
given is sent at once; the document, its feeds and its partners follow, and the classifier learns from it.

\b
Examples:
  syndicate review
  syndicate review --list
  syndicate review --json | head -3

\b
Exit codes:
  0 done · 1 failed · 4 the server does not answer · 130 interrupted
"""


def register(app: typer.Typer) -> None:
    """Add the commands to `syndicate`."""
    app.command(help=REVIEW_HELP)(review)
    app.add_typer(feeds, name="feeds")


def review(
    as_list: Annotated[bool, typer.Option("--list", help="Only list them.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, one line for each document.")] = False,
    ingest: Annotated[
        str, typer.Option(metavar="URL", help="The server that takes corrections, where it is another one.")
    ] = "",
) -> None:
    try:
        if as_json:
            for document in _all():
                print(json.dumps(document, ensure_ascii=False), flush=True)
        elif as_list:
            _list()
        else:
            _sit_down(ingest)
    except (ServerUnreachable, ProblemReceived) as error:
        print(error, file=sys.stderr)
        raise typer.Exit(UNREACHABLE if isinstance(error, ServerUnreachable) else FAILED) from None
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None


def _sit_down(ingest: str) -> None:
    """Show, ask, do; until nothing waits or the person has had enough."""
    desk, console = Desk(), Console(highlight=False)
    path: str | None = f"/review?limit={PAGE}"
    while True:
        while not desk.waiting and path:
            page = _asked("GET", path)
            desk.subjects = [subject["name"] for subject in page["subjects"]]
            desk.lay(page["documents"])
            path = page["next"]
        if not desk.waiting:
            break
        _show(desk.waiting[0], desk, console)
        if not _answered(desk, console, ingest):
            break
    print(f"{desk.corrected} corrected, {desk.confirmed} confirmed, {desk.skipped} skipped.")


def _answered(desk: Desk, console: Console, ingest: str) -> bool:
    """Do what the next key says; False to stop."""
    answer = desk.pressed(_key())
    if isinstance(answer, Ask):
        answer = desk.other(_line(console))
    match answer:
        case Stop():
            return False
        case Say(sentence):
            console.print(f"[dim]{escape(sentence)}[/]")
        case Give(document, subject):
            _give(desk, document, subject, ingest)
        case TakeBack(document):
            document["version"] = _set_subject(document["id"], None, {}, ingest)
            print("Taken back.")
    return True


def _give(desk: Desk, document: dict[str, Any], subject: str, ingest: str) -> None:
    try:
        # The version that was looked at: should the text be another one by now, a person must look again.
        _set_subject(document["id"], subject, {"If-Match": f'"{document["version"]}"'}, ingest)
        print(f"→ {subject}")
    except ProblemReceived as problem:
        desk.refused()
        print(f"Not taken: {problem}", file=sys.stderr)


def _set_subject(document: str, subject: str | None, headers: dict[str, str], ingest: str) -> int:
    """Set or let go a subject; gives the version that the document has then."""
    # `new`, because a document may stand under a subject of a person's own, which no taxonomy knows.
    body = {"subject": subject, "new": True}
    path = f"/documents/{quote(document, safe='')}/subject"
    return int(_asked("POST", path, json=body, headers=headers, url=ingest)["version"])


def _show(document: dict[str, Any], desk: Desk, console: Console) -> None:
    console.rule()
    console.print(f"[bold]{escape(document['title'])}[/]")
    console.print(escape(document["summary"]))
    if document["why"]:
        console.print(
            f"[dim]It was taken for {escape(document['subject']['name'])} by:[/] {escape(', '.join(document['why']))}"
        )
    for number, choice in enumerate(choices(document, desk.subjects)[:MOST_KEYS], 1):
        likely = "" if choice.confidence is None else f"[dim]{choice.confidence:4.0%}[/]"
        console.print(f"  [bold]{number}[/]  {escape(choice.name):<32} {likely}")
    console.print(f"[dim]{HELP}[/]")


def _list() -> None:
    table = Table("id", "subject", "sure", "title")
    for document in _all():
        subject = document["subject"]
        table.add_row(
            document["id"], escape(subject["name"]), f"{subject['confidence']:.0%}", escape(document["title"])
        )
    Console().print(table if table.row_count else "Nothing waits for review.")


def _all() -> Iterator[dict[str, Any]]:
    path: str | None = f"/review?limit={PAGE}"
    while path:
        page = _asked("GET", path)
        yield from page["documents"]
        path = page["next"]


def _key() -> str:
    """One key; from a pipe the next character that is no white space, '' at its end."""
    if sys.stdin.isatty():
        return click.getchar()
    while (key := sys.stdin.read(1)).isspace():
        pass
    return key


def _line(console: Console) -> str:
    if sys.stdin.isatty():
        console.print("Subject: ", end="")
    return sys.stdin.readline()


def _asked(method: str, path: str, *, url: str = "", **options: Any) -> Any:
    """One request on a connection of its own: while a person thinks, the server would close it."""

    async def ask() -> Any:
        settings = Settings()
        async with Client(settings.model_copy(update={"url": url.rstrip("/")}) if url else settings) as client:
            return (await client.request(method, path, **options))[1]

    return asyncio.run(ask())
