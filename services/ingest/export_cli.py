"""`syndicate export`: subject, related articles, description and keywords back into the front matter of the source files."""

from __future__ import annotations

import asyncio
import difflib
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from services.ingest.document_cli import FAILED, UNREACHABLE, AsJson
from services.ingest.export import Findings, Neighbour, changes, noted
from services.ingest.front_matter import fields
from services.ingest.sending import MEDIA_TYPES, UNKNOWN_TYPE, missing, sources
from services.ingest.write_back import Unpatchable, block_of, patched
from shared.client import Client, ProblemReceived, ServerUnreachable
from shared.errors import DocumentRejected, SyndicateError
from shared.settings import Settings

AT_ONCE = 8
JOURNAL = "exports.json"
WITH_FRONT_MATTER = (".md", ".markdown", ".txt", ".text")

What = Annotated[list[str], typer.Argument(metavar="PATH...", help="Files and folders that were added.")]


@dataclass
class Source:
    """A file with front matter. `document` is what the server shows of it, once it is known there."""

    path: Path
    text: str
    told: dict[str, Any]
    document: dict[str, Any] | None = None
    given_subject: str | None = None


def register(app: typer.Typer) -> None:
    """Add the command to `syndicate`."""
    app.command()(export)


def export(
    what: What,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; show the difference, exit 1 if there is one.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write subject, related articles, description and keywords back into the front matter of the source files.

    Only the lines of these values are touched. What a person wrote or changed stays; a second run changes nothing.
    """
    if nowhere := missing(what):
        raise typer.BadParameter(f"no such file or folder: {', '.join(nowhere)}", param_hint="PATH")
    found = [source for name in sources(what) if (source := _read(Path(name)))]
    try:
        asyncio.run(_ask_about(found))
    except (ServerUnreachable, ProblemReceived) as error:
        print(str(error), file=sys.stderr)
        raise typer.Exit(UNREACHABLE if isinstance(error, ServerUnreachable) else FAILED) from None
    changed = _write(found, check=check, as_json=as_json)
    if not as_json:
        verb = "would change" if check else "changed"
        print(
            f"{len(found)} files with front matter, {sum(s.document is not None for s in found)} known, {changed} {verb}."
        )
    raise typer.Exit(1 if check and changed else 0)


def _read(path: Path) -> Source | None:
    """The file, if it has front matter."""
    if path.suffix.lower() not in WITH_FRONT_MATTER:
        return None
    try:
        text = path.read_bytes().decode()
        place = block_of(text)
        return Source(path, text, fields(text[slice(*place)].replace("\r\n", "\n"))) if place else None
    except (OSError, UnicodeDecodeError, DocumentRejected) as error:
        print(f"left alone: {path}: {error}", file=sys.stderr)
        return None


async def _ask_about(found: Sequence[Source]) -> None:
    """Which document each file is, and what is known of it."""
    places = asyncio.Semaphore(AT_ONCE)

    async def ask(client: Client, source: Source) -> None:
        async with places:
            kind = MEDIA_TYPES.get(source.path.suffix.lower(), UNKNOWN_TYPE)
            try:
                _, trial = await client.request(
                    "POST", "/documents?dry_run=true", body=source.text.encode(), headers={"Content-Type": kind}
                )
                source.given_subject = trial["document"]["subject"]
                _, source.document = await client.request(
                    "GET", f"/documents/{trial['id']}", headers={"Accept": "application/json"}
                )
            except ProblemReceived as problem:
                print(f"left alone: {source.path}: {problem}", file=sys.stderr)

    async with Client(Settings()) as client:
        await asyncio.gather(*(ask(client, source) for source in found))


def _write(found: Sequence[Source], *, check: bool, as_json: bool) -> int:
    journal_path = Settings().data / JOURNAL
    journal: dict[str, dict[str, str]] = json.loads(journal_path.read_text()) if journal_path.exists() else {}
    known = {source.document["id"]: source for source in found if source.document}
    count = 0
    for source in known.values():
        name = str(source.path.resolve())
        wanted = changes(source.told, _findings(source, known), journal.get(name, {}))
        try:
            text = patched(source.text, wanted)
        except (Unpatchable, SyndicateError) as error:
            print(f"left alone: {source.path}: {error}", file=sys.stderr)
            continue
        if text == source.text:
            continue
        count += 1
        if as_json:
            print(json.dumps({"source": str(source.path), "changed": [".".join(path) for path in wanted]}))
        if check:
            sys.stdout.writelines([] if as_json else _difference(source, text))
        else:
            journal[name] = noted(journal.get(name, {}), wanted)
            _replace(journal_path, json.dumps(journal, indent=1, sort_keys=True))
            _replace(source.path, text)
    return count


def _findings(source: Source, known: dict[str, Source]) -> Findings:
    document = source.document or {}
    subject = document.get("subject") or {}
    return Findings(
        subject=source.given_subject or subject.get("name", ""),
        subject_given=source.given_subject is not None,
        summary=document.get("summary", ""),
        keywords=tuple(document.get("keywords", ())),
        neighbours=tuple(_neighbour(each, known) for each in document.get("related", ())),
    )


def _neighbour(related: dict[str, Any], known: dict[str, Source]) -> Neighbour:
    """In the words of its own file, if that is among those that are exported; else as it is known here."""
    source = known.get(related["id"])
    if source is None:
        return Neighbour(id=related["id"], title=related["title"], url=related.get("url") or related.get("link") or "")
    told, document = source.told, source.document or {}
    subject = source.given_subject or (document.get("subject") or {}).get("name", "")
    own = {name: str(told[name]) for name in ("id", "url") if told.get(name)}
    here = {"id": related["id"], "title": document["title"], "subject": subject, "url": document["links"]["self"]}
    return Neighbour(**(here | own))


def _difference(source: Source, text: str) -> list[str]:
    before, after = source.text.splitlines(keepends=True), text.splitlines(keepends=True)
    return list(difflib.unified_diff(before, after, f"a/{source.path}", f"b/{source.path}"))


def _replace(path: Path, text: str) -> None:
    """The whole file or the old one, whatever happens."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.part")
    draft.write_bytes(text.encode())
    if path.exists():
        draft.chmod(path.stat().st_mode)
    os.replace(draft, path)  # noqa: PTH105 - the atomic one
