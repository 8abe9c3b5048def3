"""`syndicate backup` and `syndicate restore`: everything that was accepted, as NDJSON, out and in again through the API."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any, BinaryIO
from urllib.parse import quote

import typer

from services.ingest.document_cli import FAILED, REJECTED, UNREACHABLE
from services.ingest.sending import CHUNK_BYTES, LINES, REFUSED, STANDARD_INPUT
from shared.client import Client, ProblemReceived, ServerUnreachable
from shared.settings import Settings

PAGE = 200

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
    """Take in what `backup` wrote. Of a document that is known in that version or a newer one nothing changes."""
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
    async with Client(Settings()) as client:
        async for record in _records(client):
            out.write(json.dumps(record, ensure_ascii=False).encode() + b"\n")
            count += 1
    out.flush()
    return count


async def _records(client: Client) -> AsyncIterator[dict[str, Any]]:
    after = ""
    while page := (await client.request("GET", f"/records?limit={PAGE}&after={quote(after)}"))[1]:
        for record in page:
            yield record
        after = page[-1]["document"]["id"]


async def _restored(lines: BinaryIO, told: Counter[str]) -> None:
    """Send the lines in parts; those that were refused are told with their numbers."""
    before = 0
    async with Client(Settings()) as client:
        while part := lines.readlines(CHUNK_BYTES):
            _, answers = await client.request("POST", "/records", body=b"".join(part), headers={"Content-Type": LINES})
            for number, answer in enumerate(answers, start=before + 1):
                told[_word(answer)] += 1
                if answer["status"] >= 400:  # noqa: PLR2004 - RFC 9110, section 15
                    print(f"line {number}: {answer.get('detail')}", file=sys.stderr)
            before += len(part)


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
