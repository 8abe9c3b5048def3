"""The operator's command for adding documents: `syndicate add`."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from typing import Annotated, Any

import typer

from services.ingest import backup_cli, document_cli, export_cli
from services.ingest.document_cli import FAILED, REJECTED, UNREACHABLE, AsJson
from services.ingest.sending import Order, Outcome, Verdict, missing, send_all, sources
from shared.client import Client
from shared.settings import Settings
from shared.showing import bar, once

INTERRUPTED = 130
MOST_LINES = 20
"""More documents than this are told by their sum only."""

ADD_HELP = """Add documents: files, folders, patterns, addresses, or - for standard input.

A file may hold many (NDJSON, a feed, a list). Sending the same document again changes nothing, so an interrupted command is simply
repeated. A server that is being restarted is waited for: 10 seconds, or 60 once it has answered.

\b
Examples:
  syndicate add article.md
  syndicate add seeds/documents 'notes/**/*.md' --jobs 16
  syndicate add https://example.org/article
  syndicate add --explain article.md
  curl -s https://example.org/page | syndicate add - --type text/html

\b
Exit codes:
  0 all taken · 1 failed · 2 wrong usage · 3 some were rejected · 4 the server does not answer · 130 interrupted
"""


def register(app: typer.Typer) -> None:
    """Add the commands to `syndicate`."""
    app.command(help=ADD_HELP)(add)
    document_cli.register(app)
    backup_cli.register(app)
    export_cli.register(app)


def add(
    what: Annotated[
        list[str],
        typer.Argument(metavar="WHAT...", help="Files, folders, patterns, addresses, or - for standard input."),
    ],
    media_type: Annotated[
        str | None, typer.Option("--type", help="Media type, instead of one by the file's name.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be read; store nothing.")] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show what would be read and what left out, and why; store nothing.")
    ] = False,
    jobs: Annotated[int, typer.Option(min=1, max=64, help="How many are sent at once.")] = 8,
    as_json: AsJson = False,
) -> None:
    if nowhere := missing(what):
        raise typer.BadParameter(f"no such file or folder: {', '.join(nowhere)}", param_hint="WHAT")
    names = list(sources(what))
    order = Order(jobs, media_type, dry_run=dry_run or explain, explain=explain, tell=once())
    try:
        told, tried = asyncio.run(_added(names, order, as_json=as_json))
    except KeyboardInterrupt:
        print("Interrupted; what was taken stays, and the same command goes on.", file=sys.stderr)
        raise typer.Exit(INTERRUPTED) from None
    if not as_json:
        print(_summary(told, len(names) - tried))
    raise typer.Exit(_exit_code(told))


async def _added(names: list[str], order: Order, *, as_json: bool) -> tuple[Counter[str], int]:
    """Send all; what became of the documents in words, and how many sources were tried."""
    told: Counter[str] = Counter()
    tried = 0
    progress = bar()
    task = progress.add_task("documents", total=len(names))
    async with Client(Settings()) as client:
        with progress:
            async for outcomes in send_all(client, names, order):
                tried += 1
                progress.advance(task)
                briefly = len(names) + len(outcomes) - 1 > MOST_LINES
                for outcome in outcomes:
                    told[_word(outcome)] += 1
                    if told[Verdict.UNREACHABLE] <= 1 or as_json:
                        _tell(outcome, as_json=as_json, briefly=briefly, explain=order.explain)
    return told, tried


def _word(outcome: Outcome) -> str:
    """`added`, `updated`, `unchanged` for what was taken; else the verdict."""
    return str(outcome.answer.get("change")) if outcome.verdict == Verdict.TAKEN else outcome.verdict


def _tell(outcome: Outcome, *, as_json: bool, briefly: bool, explain: bool) -> None:
    if as_json:
        print(json.dumps(outcome.facts(), ensure_ascii=False), flush=True)
    elif outcome.verdict == Verdict.UNREACHABLE:
        print(outcome.detail, file=sys.stderr)
    elif outcome.verdict != Verdict.TAKEN:
        print(f"{outcome.verdict}: {outcome.source}: {outcome.detail}", file=sys.stderr)
    elif explain:
        print("\n".join(explained(outcome)), flush=True)
    elif not briefly:
        print(f"{_word(outcome):<10} {outcome.answer['id']}  {outcome.source}{_repeats(outcome)}", flush=True)


def _repeats(outcome: Outcome) -> str:
    """What is said of a near-duplicate."""
    original = outcome.answer.get("duplicate_of")
    return f"  (nearly the same as {original})" if original else ""


def explained(outcome: Outcome) -> list[str]:
    """What was read of a document and what was left out, in lines for people."""
    answer: dict[str, Any] = outcome.answer
    document = answer["document"]
    inferred = set(document.get("inferred", ()))
    lines = [f"{outcome.source}: {answer['id']}, {_word(outcome)}{_repeats(outcome)}"]
    for name in (
        "title",
        "authors",
        "published_at",
        "url",
        "doi",
        "journal",
        "subject",
        "keywords",
        "language",
        "summary",
    ):
        if value := document.get(name):
            shown = ", ".join(value) if isinstance(value, list) else value
            lines.append(f"  {name:<13} {shown}{'  (found in the text)' if name in inferred else ''}")
    for part in answer.get("removed", ()):
        where = f"line {part['line']}" if part.get("line") else "markup"
        lines.append(f"  left out      {where}: {part['reason']}: {part['excerpt']}")
    return lines


def _summary(told: Counter[str], untried: int) -> str:
    count = told.total() + untried
    parts = [f"{number} {word}" for word, number in told.most_common()]
    return f"{count} document{'s' * (count != 1)}: {', '.join(parts + [f'{untried} not tried'] * (untried > 0)) or 'none'}."


def _exit_code(told: Counter[str]) -> int:
    if told[Verdict.UNREACHABLE]:
        return UNREACHABLE
    if told[Verdict.FAILED]:
        return FAILED
    return REJECTED if told[Verdict.REJECTED] else 0
