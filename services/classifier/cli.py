"""The operator's commands for what the classifier has learned: train, evaluate, export, import."""

from __future__ import annotations

import asyncio
import gzip
import json
import sys
from base64 import b64decode, b64encode
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from services.classifier.evaluation import Answer, Score, confusion, coverage
from services.classifier.model import Model, ModelUnfit
from services.classifier.picture import coverage_svg
from services.classifier.subjects import Subjects
from services.classifier.watching import taxonomy_at
from shared.client import Client, ProblemReceived, ServerUnreachable
from shared.errors import Unfit
from shared.events import Document
from shared.semantic.model import SemanticModel
from shared.settings import Settings
from shared.showing import bar

FAILED, REJECTED, UNREACHABLE = 1, 3, 4
POLL_SECONDS = 0.3
CONFUSIONS = 12

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Server = Annotated[str, typer.Option("--url", metavar="URL", help="The classifier's server, where it is another one.")]

subjects_app = typer.Typer(
    no_args_is_help=True, help="What was learned about subjects: train, evaluate, export, import."
)


def register(app: typer.Typer) -> None:
    """Add the commands to `syndicate`."""
    app.add_typer(subjects_app, name="subjects")


@subjects_app.command()
def train(url: Server = "", as_json: AsJson = False) -> None:
    """Learn again from every document whose subject a person set, by the taxonomy in force, and put that model in place."""
    told = _run(_train(url))
    if as_json:
        print(json.dumps(told))
    elif told["state"] == "done":
        print(
            f"Learned from {told['learned']} of {told['total']} documents; the model is {told['version'] or 'empty'}."
        )
    else:
        print("The training failed; the server's log says why.", file=sys.stderr)
    raise typer.Exit(0 if told["state"] == "done" else FAILED)


async def _train(url: str) -> dict[str, Any]:
    progress = bar()
    async with Client(_settings(url)) as client:
        _, told = await client.request("POST", "/classifier/training")
        with progress:
            task = progress.add_task("documents", total=None)
            while told["state"] == "running":
                await asyncio.sleep(POLL_SECONDS)
                _, told = await client.request("GET", "/classifier/training")
                progress.update(task, completed=told["done"], total=told["total"] or None)
        return dict(told)


@subjects_app.command("export")
def export_model(
    file: Annotated[Path, typer.Argument(help="Where to write the model.")], url: Server = "", as_json: AsJson = False
) -> None:
    """Write what was learned to a file."""
    told = _run(_asked(url, "GET", "/classifier/model"))
    body = b64decode(told.pop("model"))
    with _told_of(file):
        file.write_bytes(body)
    _tell(
        told | {"bytes": len(body)}, f"Wrote {file}: {told['learned']} documents learned, {len(body):,} bytes.", as_json
    )


@subjects_app.command("import")
def import_model(
    file: Annotated[Path, typer.Argument(help="A model that was exported.", exists=True)],
    url: Server = "",
    as_json: AsJson = False,
) -> None:
    """Put a model that was exported in the place of the one that is there."""
    with _told_of(file):
        sent = {"model": b64encode(file.read_bytes()).decode()}
    told = _run(_asked(url, "PUT", "/classifier/model", sent))
    _tell(told, f"The model is {told['version']}: {told['learned']} documents learned.", as_json)


@subjects_app.command()
def evaluate(
    file: Annotated[Path, typer.Argument(help="JSON lines with title, text and subject; .gz too.", exists=True)],
    model: Annotated[Path | None, typer.Option(help="An exported model, instead of the server's.", exists=True)] = None,
    picture: Annotated[Path | None, typer.Option(help="Where to draw the coverage curve (SVG).")] = None,
    url: Server = "",
    as_json: AsJson = False,
) -> None:
    """Compare the machine's subjects with those of a file: accuracy, top-3, macro-F1, calibration error, confusion, coverage."""
    with _told_of(model or file):
        body = model.read_bytes() if model else b64decode(_run(_asked(url, "GET", "/classifier/model"))["model"])
    try:
        subjects = Subjects(taxonomy_at(Settings().taxonomy))
        answers = list(_answers(file, subjects, Model.unpack(body), _semantic()))
    except (ValueError, EOFError, OSError, ModelUnfit) as error:
        print(f"{file}: {type(error).__name__}: {error}", file=sys.stderr)
        raise typer.Exit(REJECTED) from None
    if not answers:
        print(f"{file}: no document in it has a subject", file=sys.stderr)
        raise typer.Exit(REJECTED)
    if picture:
        with _told_of(picture):
            picture.write_text(coverage_svg(coverage(answers), f"Subjects of {file.name}: the surest first"))
    score, errors = Score.of(answers), confusion(answers)
    if as_json:
        told = asdict(score) | {"confusion": errors, "coverage": coverage(answers)}
        print(json.dumps(told))
    else:
        print(_report(score, errors))


def _answers(file: Path, subjects: Subjects, model: Model, semantic: SemanticModel | None) -> Iterator[Answer]:
    now = datetime.now(UTC)
    with gzip.open(file, "rt", encoding="utf-8") if file.suffix == ".gz" else file.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            row = _row(line, number + 1)
            words = str(row.get("label") or row.get("subject") or "")
            if not words.strip():
                continue
            text = str(row.get("text") or row.get("answer") or "").replace("\\n", "\n")
            document = Document(
                id=str(number), version=1, content_hash="", title=str(row["title"]), text=text, received_at=now
            )
            meaning = semantic.vector(document.title, text) if semantic else b""
            found = subjects.best(document, model, meaning)
            said = (found.subject.slug, *(subject.slug for subject in found.runners_up))
            yield Answer(subjects.given(words).slug, said, found.subject.confidence)


def _row(line: str, number: int) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise ValueError(f"line {number}: {error}") from None
    if not isinstance(row, dict) or "title" not in row:
        raise ValueError(f"line {number}: that is no object with a title")
    return row


def _report(score: Score, errors: list[tuple[str, str, int]]) -> str:
    lines = [
        f"documents          {score.documents:>8}",
        f"accuracy           {score.accuracy:>8.1%}",
        f"among the first 3  {score.top3:>8.1%}",
        f"macro-F1           {score.macro_f1:>8.3f}",
        f"calibration error  {score.ece:>8.3f}",
    ]
    if errors:
        lines += ["", "taken for another, the commonest first:"]
        lines += [f"{times:>6}  {truth} → {said}" for truth, said, times in errors[:CONFUSIONS]]
    return "\n".join(lines)


def _semantic() -> SemanticModel | None:
    try:
        return SemanticModel.installed() if Settings().semantic else None
    except Unfit as error:
        print(str(error), file=sys.stderr)
        raise typer.Exit(FAILED) from None


def _settings(url: str) -> Settings:
    return Settings(url=url) if url else Settings()


async def _asked(url: str, method: str, path: str, body: object = None) -> dict[str, Any]:
    async with Client(_settings(url)) as client:
        return dict((await client.request(method, path, json=body))[1])


def _run(asking: Coroutine[Any, Any, dict[str, Any]]) -> dict[str, Any]:
    try:
        return asyncio.run(asking)
    except (ServerUnreachable, ProblemReceived) as error:
        print(str(error), file=sys.stderr)
        raise typer.Exit(UNREACHABLE if isinstance(error, ServerUnreachable) else FAILED) from None


@contextmanager
def _told_of(file: Path) -> Iterator[None]:
    """What is wrong with a file, in a line."""
    try:
        yield
    except OSError as error:
        print(f"{file}: {error.strerror}", file=sys.stderr)
        raise typer.Exit(FAILED) from None


def _tell(facts: dict[str, Any], sentence: str, as_json: bool) -> None:
    print(json.dumps(facts) if as_json else sentence)
