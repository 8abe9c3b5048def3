"""Files, addresses and standard input on their way to the server: many at once, tried again while it is busy or away."""

from __future__ import annotations

import asyncio
import glob
import re
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from shared.client import Client, ProblemReceived, ServerUnreachable

STANDARD_INPUT = "-"
LINES = "application/x-ndjson"
ADDRESS = re.compile(r"https?://", re.IGNORECASE)
MEDIA_TYPES = {
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".txt": "text/plain",
    ".text": "text/plain",
    ".html": "text/html",
    ".htm": "text/html",
    ".json": "application/json",
    ".ndjson": LINES,
    ".jsonl": LINES,
    ".xml": "application/xml",
    ".rss": "application/rss+xml",
    ".atom": "application/atom+xml",
    ".opml": "text/x-opml",
    ".ris": "application/x-research-info-systems",
    ".nbib": "application/nbib",
    ".pdf": "application/pdf",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".gz": "application/gzip",
}
UNKNOWN_TYPE = "application/octet-stream"
"""What a file is, the server sees in the file itself; a type of many documents lets it be larger."""

LARGEST_FILE = 32_000_000
CHUNK_BYTES = 4_000_000
"""NDJSON goes in parts of about this size, so that a file may be of any length."""
BUSY = frozenset({429, 502, 503, 504})
REFUSED = frozenset({404, 409, 410, 412, 413, 415, 422})
SILENCE_SECONDS = 10.0
"""How long a server is waited for that has not answered yet: it may be starting, which takes two to five seconds."""
LOST_SECONDS = 60.0
"""How long one that has answered, and will most likely be back: a restart with many documents takes longer."""
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.2, 2.0
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


@dataclass(frozen=True)
class Order:
    """How everything of one command is sent."""

    jobs: int = 8
    media_type: str | None = None
    dry_run: bool = False
    explain: bool = False
    tell: Callable[[str], None] = lambda _: None
    """Hears that a server does not answer and for how long it is waited for; once, however many are waiting."""

    @property
    def path(self) -> str:
        asked = [name for name, wanted in (("dry_run", self.dry_run), ("explain", self.explain)) if wanted]
        return "/documents" + ("?" + "&".join(f"{name}=true" for name in asked) if asked else "")


def missing(words: Iterable[str]) -> list[str]:
    """Those that name nothing: no file, no folder, no address, and no pattern that any file fits."""
    return [word for word in words if not (word == STANDARD_INPUT or ADDRESS.match(word) or _paths(word))]


def sources(words: Iterable[str]) -> Iterator[str]:
    """What to send: addresses, standard input, and files; folders and patterns are gone through in sorted order.

    What begins with a dot is left out.
    """
    for word in words:
        if word == STANDARD_INPUT or ADDRESS.match(word):
            yield word
        else:
            for path in _paths(word):
                yield from _files(path)


def _paths(word: str) -> list[Path]:
    if Path(word).exists():
        return [Path(word)]
    return [Path(name) for name in sorted(glob.glob(word, recursive=True))]  # noqa: PTH207 - `**` as shells know it


def _files(path: Path) -> Iterator[str]:
    if not path.is_dir():
        yield str(path)
        return
    for child in sorted(path.iterdir()):
        if not child.name.startswith("."):
            yield from _files(child)


async def send_all(client: Client, names: Iterable[str], order: Order) -> AsyncIterator[list[Outcome]]:
    """Send everything, some at once, and give the outcomes of each source as they come. An unreachable server ends it."""
    waiting = iter(names)
    running: set[asyncio.Task[list[Outcome]]] = set()
    try:
        while True:
            while len(running) < order.jobs and (name := next(waiting, None)) is not None:
                running.add(asyncio.create_task(_send(client, name, order)))
            if not running:
                return
            done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            results = [task.result() for task in done]
            for outcomes in results:
                yield outcomes
            if any(outcome.verdict is Verdict.UNREACHABLE for outcomes in results for outcome in outcomes):
                return
    finally:
        for task in running:
            task.cancel()


async def _send(client: Client, name: str, order: Order) -> list[Outcome]:
    outcomes: list[Outcome] = []
    try:
        async for first_line, body, kind in _parts(name, order.media_type):
            outcomes += await _sent(client, name, order, body, kind, first_line)
            if outcomes and outcomes[-1].verdict is Verdict.UNREACHABLE:
                break
    except OSError as error:
        outcomes.append(Outcome(name, Verdict.FAILED, f"cannot be read: {error.strerror or error}"))
    return outcomes


async def _sent(client: Client, name: str, order: Order, body: bytes, kind: str, first_line: int) -> list[Outcome]:
    if len(body) > LARGEST_FILE:
        return [Outcome(name, Verdict.REJECTED, f"larger than {LARGEST_FILE} bytes")]
    try:
        answer = await insisting(client, "POST", order.path, order.tell, body=body, headers={"Content-Type": kind})
    except ProblemReceived as problem:
        verdict = Verdict.REJECTED if problem.status in REFUSED else Verdict.FAILED
        return [Outcome(name, verdict, str(problem), problem.body)]
    except ServerUnreachable as error:
        return [Outcome(name, Verdict.UNREACHABLE, str(error))]
    if isinstance(answer, list):
        return [_outcome(name, line, first_line) for line in answer]
    return [Outcome(name, Verdict.TAKEN, answer=answer)]


def _outcome(name: str, line: dict[str, Any], first_line: int) -> Outcome:
    place = re.sub(r"^line (\d+)", lambda found: f"line {int(found[1]) + first_line}", str(line.get("at", "")))
    source = f"{name}, {place}" if place and place != name else name
    status = line.get("status", 200)
    if status < 400:  # noqa: PLR2004 - RFC 9110, section 15
        return Outcome(source, Verdict.TAKEN, answer=line)
    verdict = Verdict.REJECTED if status in REFUSED else Verdict.FAILED
    return Outcome(source, verdict, str(line.get("detail", "")), line)


async def insisting(client: Client, method: str, path: str, tell: Callable[[str], None], **asked: Any) -> Any:
    """The server's answer, even if it is busy or being restarted; only for what may be asked again without harm.

    `asked`: as for Client.request. `tell` hears that it does not answer, and for how long it is waited for.
    """
    silent_since, pause, busy = 0.0, FIRST_PAUSE_SECONDS, 0
    while True:
        try:
            return (await client.request(method, path, **asked))[1]
        except ServerUnreachable:
            patience = LOST_SECONDS if client.answered else SILENCE_SECONDS
            silent_since = silent_since or time.monotonic()
            if time.monotonic() - silent_since >= patience:
                raise
            tell(f"Waiting up to {patience:.0f} s for {client.address} …")
            seconds, pause = pause, min(2 * pause, LONGEST_PAUSE_SECONDS)
        except ProblemReceived as problem:
            if problem.status not in BUSY or busy == BUSY_TRIES:
                raise
            silent_since, pause = 0.0, FIRST_PAUSE_SECONDS
            seconds = min(problem.retry_after or 1.0, LONGEST_WAIT_SECONDS)
            busy += 1
        await asyncio.sleep(seconds)


async def _parts(name: str, media_type: str | None) -> AsyncIterator[tuple[int, bytes, str]]:
    """What is sent of a source: the number of lines before it, its bytes (one more than the largest that is sent), its type."""
    if ADDRESS.match(name):
        yield 0, name.encode(), "text/uri-list"
        return
    kind = media_type or MEDIA_TYPES.get(Path(name).suffix.lower(), UNKNOWN_TYPE)
    opened = sys.stdin.buffer if name == STANDARD_INPUT else await asyncio.to_thread(open, name, "rb")
    try:
        if kind != LINES:
            yield 0, await asyncio.to_thread(opened.read, LARGEST_FILE + 1), kind
            return
        before = 0
        while lines := await asyncio.to_thread(opened.readlines, CHUNK_BYTES):
            yield before, b"".join(lines), kind
            before += len(lines)
    finally:
        if name != STANDARD_INPUT:
            opened.close()
