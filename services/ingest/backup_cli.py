"""`syndicate backup` and `syndicate restore`: everything that was accepted, as NDJSON, out and in again through the API."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Annotated, Any, BinaryIO
from urllib.parse import quote

import typer

from services.ingest.document_cli import FAILED, REJECTED, UNREACHABLE
from services.ingest.sending import BUSY, BUSY_TRIES, LINES, REFUSED, STANDARD_INPUT, insisting
from shared.client import Client, ProblemReceived, ServerUnreachable
from shared.settings import Settings
from shared.showing import bar, once

PAGE = 200
PART_BYTES = 100_000
"""Sent at once, about: a second's work, so that the bar moves."""
BUSY_PAUSE_SECONDS = 1.0

Target = Annotated[str, typer.Argument(metavar="[FILE]", help="Where to; - is standard output.")]
Source = Annotated[str, typer.Argument(metavar="FILE", help="What `backup` wrote; - is standard input.")]


def register(app: typer.Typer) -> None:
    """Add the commands to `syndicate`."""
    app.command()(backup)
    app.command()(restore)


def backup(file: Target = STANDARD_INPUT) -> None:
    """Write everything that was accepted, with ids, versions and retractions: a line of JSON for each document."""
    if file == STANDARD_INPUT:
        count = _run(_saved(sys.stdout.buffer))
    else:
        draft = Path(f"{file}.part")  # a backup that was interrupted must not look like one
        try:
            with draft.open("wb") as out:
                count = _run(_saved(out))
            draft.replace(file)
        except OSError as error:
            print(f"{file} cannot be written: {error.strerror}", file=sys.stderr)
            raise typer.Exit(FAILED) from None
    print(f"{count} documents saved.", file=sys.stderr)


def restore(file: Source) -> None:
    """Take in what `backup` wrote. Of a document that is known in that version or a newer one nothing changes.

    So an interrupted command is simply repeated. A server that is being restarted is waited for.
    """
    if file != STANDARD_INPUT and not Path(file).is_file():
        raise typer.BadParameter(f"no such file: {file}", param_hint="FILE")
    told: Counter[str] = Counter()
    if file == STANDARD_INPUT:
        _run(_restored(sys.stdin.buffer, told))
    else:
        with Path(file).open("rb") as lines:
            _run(_restored(lines, told))
    print(f"{told.total()} documents: {', '.join(f'{count} {word}' for word, count in told.most_common()) or 'none'}.")
    raise typer.Exit(FAILED if told["failed"] else REJECTED if told["rejected"] else 0)


async def _saved(out: BinaryIO) -> int:
    count = 0
    progress = bar()
    task = progress.add_task("documents", total=None)
    async with Client(Settings()) as client:
        with progress:
            async for page in _pages(client):
                out.writelines(json.dumps(record, ensure_ascii=False).encode() + b"\n" for record in page)
                count += len(page)
                progress.advance(task, len(page))
    out.flush()
    return count


async def _pages(client: Client) -> AsyncIterator[list[dict[str, Any]]]:
    after, tell = "", once()
    while page := await insisting(client, "GET", f"/records?limit={PAGE}&after={quote(after)}", tell):
        yield page
        after = page[-1]["document"]["id"]


async def _restored(lines: BinaryIO, told: Counter[str]) -> None:
    """Send the lines in parts; those that were refused are told with their numbers."""
    before, tell = 0, once()
    progress = bar()
    task = progress.add_task("documents", total=_count(lines))
    async with Client(Settings()) as client:
        with progress:
            while part := lines.readlines(PART_BYTES):
                numbered = {number: line for number, line in enumerate(part, start=before + 1) if line.strip()}
                answers = await _taken(client, list(numbered.values()), tell)
                for number, answer in zip(numbered, answers, strict=True):
                    told[_word(answer)] += 1
                    if answer["status"] >= 400:  # noqa: PLR2004 - RFC 9110, section 15
                        print(f"line {number}: {answer.get('detail')}", file=sys.stderr)
                before += len(part)
                progress.advance(task, len(part))


def _count(lines: BinaryIO) -> int | None:
    """How many lines there are, if that can be known before they are read."""
    if not lines.seekable():
        return None
    start = lines.tell()
    count = sum(1 for _ in lines)
    lines.seek(start)
    return count


async def _taken(client: Client, lines: list[bytes], tell: Callable[[str], None]) -> list[dict[str, Any]]:
    """What the server says of each line; those that it was too busy for are sent again."""
    answers: dict[int, dict[str, Any]] = {}
    left = list(range(len(lines)))
    for _ in range(BUSY_TRIES):
        body = b"".join(lines[place] for place in left)
        told = await insisting(client, "POST", "/records", tell, body=body, headers={"Content-Type": LINES})
        answers |= zip(left, told, strict=True)
        left = [place for place in left if answers[place]["status"] in BUSY]
        if not left:
            break
        tell("Waiting until the server has room …")
        await asyncio.sleep(BUSY_PAUSE_SECONDS)
    return [answers[place] for place in range(len(lines))]


def _word(answer: dict[str, Any]) -> str:
    if "change" in answer:
        return str(answer["change"])
    return "rejected" if answer["status"] in REFUSED else "failed"


def _run(work: Any) -> Any:
    try:
        return asyncio.run(work)
    except (ServerUnreachable, ProblemReceived) as error:
        print(str(error), file=sys.stderr)
        raise typer.Exit(UNREACHABLE if isinstance(error, ServerUnreachable) else FAILED) from None
