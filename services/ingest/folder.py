"""The watched folder: files that have settled are taken in, then moved to done/, or to failed/ with the reason beside them.

A file is moved only after everything in it was accepted or refused; a process that dies before that reads it again, which changes
nothing. A file has settled when two looks, a second apart, find it alike: in size, in time, and under the same name.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from services.ingest.documents import Reading
from services.ingest.intake import Intake, Read
from services.ingest.telling import error_line
from shared.errors import DocumentRejected, Gone, SyndicateError, Unfit
from shared.host import Host
from shared.logs import log

LOOK_SECONDS = 1.0
DONE, FAILED = "done", "failed"
UNFINISHED = (".part", ".tmp", ".crdownload", ".download", ".swp", "~")
MOST_REASONS = 100

Sight = tuple[int, int, int]
"""Size, time of the last change in ns, and the file's number: what is alike in two looks has settled."""


@dataclass
class Folder:
    """One folder, and what the last look saw in it."""

    root: Path
    intake: Intake
    most_bytes: int
    seen: dict[Path, Sight] = field(default_factory=dict)

    async def look(self) -> None:
        """Take in what is as it was at the last look. A file that cannot be moved is told, and looked at again when it changes."""
        now = await asyncio.to_thread(lambda: dict(sights(self.root)))
        settled = sorted(path for path, sight in now.items() if self.seen.get(path) == sight)
        self.seen = now
        for path in settled:
            await self._take(path)

    async def _take(self, path: Path) -> None:
        name = str(path.relative_to(self.root))
        correlation_id = f"inbox:{name}"[:200]
        refused = await self._refusals(path, correlation_id)
        try:
            await asyncio.to_thread(move, self.root, path, refused)
        except FileNotFoundError:
            return  # another process was faster
        except OSError as error:
            log.error("file.stuck", file=name, error=error.strerror)
            self.seen.pop(path, None)
            return
        log.info("file.failed" if refused else "file.taken", file=name, correlation_id=correlation_id)

    async def _refusals(self, path: Path, correlation_id: str) -> list[dict[str, Any]]:
        """Take in each document of the file; the reasons of those that were refused."""
        try:
            body = await asyncio.to_thread(content, path, self.most_bytes)
        except FileNotFoundError:
            return []
        except (OSError, DocumentRejected) as error:
            return [_reason(error)]
        reasons = [await self._refusal(read, correlation_id) async for read in self.intake.read(body, None)]
        return [reason for reason in reasons if reason]

    async def _refusal(self, read: Read, correlation_id: str) -> dict[str, Any] | None:
        at = {"at": read.at} if read.at else {}
        if not isinstance(read, Reading):
            return at | _reason(read.error)
        await self.intake.room()
        try:
            await self.intake.accept(read.draft, correlation_id)
        except Gone as error:
            return at | _reason(error)
        return None


def install_folder(host: Host, intake: Intake, root: Path) -> None:
    """Watch `root` for as long as the process lives."""
    most = max(host.settings.max_document_bytes, host.settings.max_batch_bytes)
    folder = Folder(root, intake, most)

    async def prepare() -> None:
        try:
            await asyncio.to_thread(root.mkdir, parents=True, exist_ok=True)
        except OSError as error:
            raise Unfit(f"SYNDICATE_INBOX is no folder that can be watched: {root}: {error.strerror}") from error

    async def turn() -> None:
        await asyncio.to_thread(root.mkdir, parents=True, exist_ok=True)
        await folder.look()
        await asyncio.sleep(LOOK_SECONDS)

    host.prepare(prepare)
    host.background("ingest.folder", turn)


def sights(root: Path) -> Iterator[tuple[Path, Sight]]:
    """Every file under `root` that may be taken: none that is hidden, unfinished by its name, a link, or ours."""
    for folder, folders, files in os.walk(root):
        top = Path(folder) == root
        folders[:] = [name for name in folders if not name.startswith(".") and not (top and name in {DONE, FAILED})]
        for name in files:
            path = Path(folder, name)
            if name.startswith(".") or name.endswith(UNFINISHED) or path.is_symlink() or not path.is_file():
                continue
            try:
                stat = path.stat()
            except FileNotFoundError:
                continue
            yield path, (stat.st_size, stat.st_mtime_ns, stat.st_ino)


def content(path: Path, most_bytes: int) -> bytes:
    """The bytes of a file, no more than one beyond the limit. Raises DocumentRejected for a larger one."""
    with path.open("rb") as file:
        body = file.read(most_bytes + 1)
    if len(body) > most_bytes:
        raise DocumentRejected("too-large", f"the file is larger than {most_bytes} bytes", limit=most_bytes)
    return body


def move(root: Path, path: Path, refused: list[dict[str, Any]]) -> None:
    """Put the file where it belongs, over nothing that is there; the reasons stand beside it before it comes."""
    place = root / (FAILED if refused else DONE) / path.relative_to(root)
    place.parent.mkdir(parents=True, exist_ok=True)
    number = 1
    while place.exists():
        number += 1
        place = place.with_name(f"{path.stem}.{number}{path.suffix}")
    if refused:
        problem = refused[0] if len(refused) == 1 else _several(refused)
        place.with_name(place.name + ".problem.json").write_text(
            json.dumps(problem, ensure_ascii=False, indent=2) + "\n"
        )
    path.rename(place)


def _several(refused: list[dict[str, Any]]) -> dict[str, Any]:
    title = f"{len(refused)} of its documents were refused; the others were taken"
    return {"type": "about:blank", "title": title, "status": 422, "errors": refused[:MOST_REASONS]}


def _reason(error: SyndicateError | OSError) -> dict[str, Any]:
    if isinstance(error, SyndicateError):
        return {"type": f"tag:syndicate,2026:problem/{error.code}"} | error_line(error)
    return {"type": "about:blank", "title": "The file cannot be read", "status": 422, "detail": error.strerror or ""}
