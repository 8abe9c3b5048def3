"""Files and standard input on their way to the server: many at once, tried again while it is busy or away."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from shared.client import Client, ProblemReceived, ServerUnreachable

STANDARD_INPUT = "-"
MEDIA_TYPES = {
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".txt": "text/plain",
    ".text": "text/plain",
    ".html": "text/html",
    ".htm": "text/html",
    ".json": "application/json",
}
UNKNOWN_TYPE = "application/octet-stream"
"""Lets the server look into the document itself."""

LARGEST_FILE = 32_000_000
BUSY = frozenset({429, 502, 503, 504})
REFUSED = frozenset({404, 409, 410, 412, 413, 415, 422})
WAITS_SECONDS = (0.2, 0.5, 1.0, 2.0)
BUSY_TRIES = 60
LONGEST_WAIT_SECONDS = 30.0


class Verdict(StrEnum):
    """What became of one document."""

    TAKEN = "taken"
    REJECTED = "rejected"
    FAILED = "failed"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True)
class Outcome:
    """One document's verdict; `answer` is the server's JSON, `detail` a sentence if it was not taken."""

    source: str
    verdict: Verdict
    detail: str = ""
    answer: dict[str, Any] = field(default_factory=dict)

    def facts(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if value}


def sources(paths: Iterable[Path]) -> Iterator[Path]:
    """The files to send: directories are gone through in sorted order, what begins with a dot is left out."""
    for path in paths:
        if path.is_dir():
            yield from sources(sorted(child for child in path.iterdir() if not child.name.startswith(".")))
        else:
            yield path


async def send_all(
    client: Client, files: Iterable[Path], *, jobs: int, media_type: str | None, dry_run: bool
) -> AsyncIterator[Outcome]:
    """Send all files, `jobs` at once, and give each outcome as it comes. An unreachable server ends it."""
    path = "/documents?dry_run=true" if dry_run else "/documents"
    waiting = iter(files)
    running: set[asyncio.Task[Outcome]] = set()
    try:
        while True:
            while len(running) < jobs and (file := next(waiting, None)) is not None:
                running.add(asyncio.create_task(_send(client, path, file, media_type)))
            if not running:
                return
            done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            outcomes = [task.result() for task in done]
            for outcome in outcomes:
                yield outcome
            if any(outcome.verdict == Verdict.UNREACHABLE for outcome in outcomes):
                return
    finally:
        for task in running:
            task.cancel()


async def _send(client: Client, path: str, file: Path, media_type: str | None) -> Outcome:
    name = str(file)
    try:
        body = await asyncio.to_thread(_content, file)
    except OSError as error:
        return Outcome(name, Verdict.FAILED, f"cannot be read: {error.strerror or error}")
    if len(body) > LARGEST_FILE:
        return Outcome(name, Verdict.REJECTED, f"larger than {LARGEST_FILE} bytes")
    headers = {"Content-Type": media_type or MEDIA_TYPES.get(file.suffix.lower(), UNKNOWN_TYPE)}
    try:
        return Outcome(name, Verdict.TAKEN, answer=await _posted(client, path, body, headers))
    except ProblemReceived as problem:
        verdict = Verdict.REJECTED if problem.status in REFUSED else Verdict.FAILED
        return Outcome(name, verdict, str(problem), problem.body)
    except ServerUnreachable as error:
        return Outcome(name, Verdict.UNREACHABLE, str(error))


async def _posted(client: Client, path: str, body: bytes, headers: dict[str, str]) -> dict[str, Any]:
    """The server's answer. Sending again is safe at any time, because the same document changes nothing."""
    lost = busy = 0
    while True:
        try:
            return dict((await client.request("POST", path, body=body, headers=headers))[1])
        except ServerUnreachable:
            if lost == len(WAITS_SECONDS):
                raise
            seconds = WAITS_SECONDS[lost]
            lost += 1
        except ProblemReceived as problem:
            if problem.status not in BUSY or busy == BUSY_TRIES:
                raise
            seconds = min(problem.retry_after or 1.0, LONGEST_WAIT_SECONDS)
            busy += 1
        await asyncio.sleep(seconds)


def _content(file: Path) -> bytes:
    """The bytes of a file or of standard input, one more than the largest that is sent."""
    if str(file) == STANDARD_INPUT:
        return sys.stdin.buffer.read(LARGEST_FILE + 1)
    with file.open("rb") as opened:
        return opened.read(LARGEST_FILE + 1)
