"""The operator's commands for documents: add, show, retract."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TimeRemainingColumn
from rich.text import Text

from services.ingest.sending import REFUSED, STANDARD_INPUT, Outcome, Verdict, send_all, sources
from shared.client import Client, ProblemReceived, ServerUnreachable
from shared.settings import Settings

FAILED, REJECTED, UNREACHABLE, INTERRUPTED = 1, 3, 4, 130
MOST_LINES = 20
"""More documents than this are told by their sum only."""

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, one line for each document.")]
Id = Annotated[str, typer.Argument(metavar="ID", help="The document's id, as `add` shows it.")]

ADD_HELP = """Add documents: files, directories, or - for standard input.

Sending the same document again changes nothing, so an interrupted command is simply repeated.

\b
Examples:
  syndicate add article.md
  syndicate add seeds/documents --jobs 16
  syndicate add --dry-run --json article.md
  curl -s https://example.org/page | syndicate add - --type text/html

\b
Exit codes:
  0 all taken · 1 failed · 2 wrong usage · 3 some were rejected · 4 the server does not answer · 130 interrupted
"""


def register(app: typer.Typer) -> None:
    """Add the commands to `syndicate`."""
    app.command(help=ADD_HELP)(add)
    app.command()(show)
    app.command()(retract)


def add(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH...", help="Files or directories, or - for standard input.")
    ],
    media_type: Annotated[
        str | None, typer.Option("--type", help="Media type, instead of one by the file's name.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be read; store nothing.")] = False,
    jobs: Annotated[int, typer.Option(min=1, max=64, help="How many are sent at once.")] = 8,
    as_json: AsJson = False,
) -> None:
    missing = [str(path) for path in paths if str(path) != STANDARD_INPUT and not path.exists()]
    if missing:
        raise typer.BadParameter(f"no such file or directory: {', '.join(missing)}", param_hint="PATH")
    files = list(sources(paths))
    try:
        outcomes = asyncio.run(_added(files, media_type=media_type, dry_run=dry_run, jobs=jobs, as_json=as_json))
    except KeyboardInterrupt:
        print("Interrupted; what was taken stays, and the same command goes on.", file=sys.stderr)
        raise typer.Exit(INTERRUPTED) from None
    if not as_json:
        print(_summary(outcomes, len(files)))
    raise typer.Exit(_exit_code(outcomes))


async def _added(files: list[Path], *, media_type: str | None, dry_run: bool, jobs: int, as_json: bool) -> Counter[str]:
    told: Counter[str] = Counter()
    progress = _progress()
    task = progress.add_task("documents", total=len(files))
    async with Client(Settings()) as client:
        with progress:
            async for outcome in send_all(client, files, jobs=jobs, media_type=media_type, dry_run=dry_run):
                told[_word(outcome)] += 1
                if told[Verdict.UNREACHABLE] > 1 and not as_json:
                    continue
                _tell(outcome, as_json=as_json, briefly=len(files) > MOST_LINES)
                progress.advance(task)
    return told


def show(document: Id) -> None:
    """Show a document as JSON."""
    print(json.dumps(_asked("GET", document), ensure_ascii=False, indent=2))


def retract(document: Id, as_json: AsJson = False) -> None:
    """Retract a document: it leaves the feeds, and partners are told."""
    answer = _asked("DELETE", document)
    print(json.dumps(answer) if as_json else f"Document {document} is retracted (version {answer['version']}).")


def _asked(method: str, document: str) -> Any:
    async def ask() -> Any:
        async with Client(Settings()) as client:
            path = f"/documents/{quote(document, safe='')}"
            return (await client.request(method, path, headers={"Accept": "application/json", "If-Match": "*"}))[1]

    try:
        return asyncio.run(ask())
    except (ServerUnreachable, ProblemReceived) as error:
        print(f"{document}: {error}", file=sys.stderr)
        refused = REJECTED if error.status in REFUSED else FAILED
        raise typer.Exit(UNREACHABLE if isinstance(error, ServerUnreachable) else refused) from None


def _word(outcome: Outcome) -> str:
    """`added`, `updated`, `unchanged` for what was taken; else the verdict."""
    return str(outcome.answer.get("change")) if outcome.verdict == Verdict.TAKEN else outcome.verdict


def _tell(outcome: Outcome, *, as_json: bool, briefly: bool) -> None:
    if as_json:
        print(json.dumps(outcome.facts(), ensure_ascii=False), flush=True)
    elif outcome.verdict == Verdict.UNREACHABLE:
        print(outcome.detail, file=sys.stderr)
    elif outcome.verdict != Verdict.TAKEN:
        print(f"{outcome.verdict}: {outcome.source}: {outcome.detail}", file=sys.stderr)
    elif not briefly:
        print(f"{_word(outcome):<10} {outcome.answer['id']}  {outcome.source}", flush=True)


def _summary(outcomes: Counter[str], files: int) -> str:
    parts = [f"{count} {word}" for word, count in outcomes.most_common()]
    untried = files - outcomes.total()
    return f"{files} document{'s' * (files != 1)}: {', '.join(parts + [f'{untried} not tried'] * (untried > 0)) or 'none'}."


def _exit_code(outcomes: Counter[str]) -> int:
    if outcomes[Verdict.UNREACHABLE]:
        return UNREACHABLE
    if outcomes[Verdict.FAILED]:
        return FAILED
    return REJECTED if outcomes[Verdict.REJECTED] else 0


class _Rate(ProgressColumn):
    """Documents per second."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.finished_speed or task.speed or 0:.0f}/s", style="progress.data.speed")


def _progress() -> Progress:
    """A bar on standard error where that is a terminal; elsewhere nothing."""
    columns = (BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn())
    console = Console(stderr=True)
    return Progress(*columns, console=console, transient=True, redirect_stdout=False, disable=not console.is_terminal)
