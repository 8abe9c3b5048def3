"""How well documents get their subjects, after how many labels; and how fast. Prints one JSON object.

    python -m tests.benchmarks.subjects TRAIN.jsonl.gz EVAL.jsonl.gz [--quick] [--sorted] [--semantic [VECTORS]]

A line of the files has title, answer, label. The text is title and answer and nothing else; accuracy counts against `label`; labels with
fewer than 50 documents in TRAIN are left out. Each point is the mean over three shuffles of TRAIN, each streamed once from its beginning; the
product's own classes do the work, as in the belt. Two cores take about five minutes; --quick, one shuffle up to 2,000 labels and no
peers, half a minute. --sorted adds a stream sorted by subject. --semantic has the meaning count as well, and no peers: the first time the
sentence model reads each text, in a quarter of an hour for 27,000; the file VECTORS keeps what it made of them.
"""

from __future__ import annotations

import argparse
import gzip
import json
import resource
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from services.classifier.evaluation import Answer, Score
from services.classifier.model import Model
from services.classifier.subjects import Subjects
from services.classifier.watching import taxonomy_at
from shared.events import Document
from shared.settings import ROOT
from tests.benchmarks import subject_peers
from tests.benchmarks.subject_meanings import Understanding, Vectors

FEWEST = 50
POINTS = (25, 100, 500, 2_000, 10_000)
QUICK_POINTS = (25, 100, 500, 2_000)
UNLABELLED = 5_000
SEEDS = 3
SINGLES = 1_000
ROUNDS = 3
NO_FILE = Path()
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("train", type=Path)
    parser.add_argument("eval", type=Path)
    parser.add_argument("--quick", action="store_true", help="one shuffle up to 2,000 labels, no peers")
    parser.add_argument("--sorted", action="store_true", help="add a stream sorted by subject")
    parser.add_argument("--semantic", type=Path, nargs="?", const=NO_FILE, metavar="VECTORS", help="by the meaning too")
    wanted = parser.parse_args()
    train, judged = read(wanted.train), read(wanted.eval)
    often = {label for label, count in Counter(document.subject for document in train).items() if count >= FEWEST}
    train, judged = ([each for each in documents if each.subject in often] for documents in (train, judged))
    subjects = subjects_by(wanted.semantic)
    print(f"{len(train)} documents to learn from, {len(judged)} to judge", file=sys.stderr)
    before = memory_mb()
    points, model = curve(subjects, train, judged, quick=wanted.quick)
    told: dict[str, Any] = {"points": points, **cost(subjects, model, judged)}
    told["peak_mb"] = round(memory_mb() - before, 1)
    if wanted.sorted:
        told["sorted"] = sorted_stream(subjects, train, judged, 10_000 if wanted.quick else len(train))
    told["peers"] = (
        {}
        if wanted.quick or wanted.semantic
        else subject_peers.measured(shuffled(train, 0), judged, (*POINTS[1:], len(train)))
    )
    print(json.dumps(told))


def subjects_by(vectors: Path | None) -> Subjects:
    """By the words alone, or by the meaning too, with vectors kept in that file."""
    taxonomy = taxonomy_at(ROOT / "seeds" / "subjects.yaml")
    if vectors is None:
        return Subjects(taxonomy)
    return Understanding(taxonomy, Vectors(None if vectors == NO_FILE else vectors))


def curve(
    subjects: Subjects, train: Sequence[Document], judged: Sequence[Document], *, quick: bool
) -> tuple[list[dict[str, Any]], Model]:
    """The points, each the mean over the shuffles, and the model of the last shuffle after all its labels."""
    limits = QUICK_POINTS if quick else (*POINTS, len(train))
    runs, model = [], Model()
    for seed in range(1 if quick else SEEDS):
        points, order = [at_once(subjects, judged)], shuffled(train, seed)
        points.append(after_unlabelled(subjects, order, judged))
        for point, model in stream(subjects, order, judged, limits):  # noqa: B007 - the last one is wanted
            points.append(point)
        runs.append(points)
    return [mean(same) for same in zip(*runs, strict=True)], model


def read(path: Path) -> list[Document]:
    """The documents of a file, their label as the subject that a person set."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [document_of(number, json.loads(line)) for number, line in enumerate(lines)]


def document_of(number: int, line: dict[str, Any]) -> Document:
    """One line as the ingest would read it: line breaks that were written as two characters are line breaks."""
    facts = {"id": str(number), "version": 1, "content_hash": "", "received_at": NOON}
    return Document(title=line["title"], text=line["answer"].replace("\\n", "\n"), subject=line["label"], **facts)


def shuffled(documents: Sequence[Document], seed: int) -> list[Document]:
    """All of them in an order that the seed gives."""
    return Random(seed).sample(documents, len(documents))


def at_once(subjects: Subjects, judged: Sequence[Document]) -> dict[str, Any]:
    """The first document that comes, and every other one before anything was learned."""
    return {"labels": 0, "unlabelled": 0} | scored(subjects, Model(), judged)


def after_unlabelled(subjects: Subjects, train: Sequence[Document], judged: Sequence[Document]) -> dict[str, Any]:
    """After documents have streamed by whose subject nobody set."""
    model = Model()
    for document in (unlabelled(each) for each in train[:UNLABELLED]):
        found = subjects.best(document, model)
        guessed = subjects.guessed(document, found.subject, found.runners_up, model)
        if guessed:
            model.learn(guessed, subjects.reader)
    return {"labels": 0, "unlabelled": min(UNLABELLED, len(train))} | scored(subjects, model, judged)


def stream(
    subjects: Subjects, train: Sequence[Document], judged: Sequence[Document], points: Sequence[int]
) -> Iterator[tuple[dict[str, Any], Model]]:
    """Learn from one document after the other, and be judged after so many."""
    model = Model()
    for number, document in enumerate(train[: max(points)], 1):
        model.learn(subjects.labelled(document), subjects.reader)
        if number in points:
            yield {"labels": number, "unlabelled": 0} | scored(subjects, model, judged), model


def sorted_stream(
    subjects: Subjects, train: Sequence[Document], judged: Sequence[Document], count: int
) -> dict[str, Any]:
    """All of one subject, then all of the next."""
    ordered = sorted(shuffled(train, 0)[:count], key=lambda document: str(document.subject))
    ((point, _),) = stream(subjects, ordered, judged, (count,))
    return point


def scored(subjects: Subjects, model: Model, judged: Sequence[Document]) -> dict[str, Any]:
    """How good its answers are."""
    score = Score.of([answer(subjects, model, document) for document in judged])
    return {name: round(value, 4) for name, value in asdict(score).items() if name != "documents"}


def answer(subjects: Subjects, model: Model, document: Document) -> Answer:
    """What it says of a document without seeing the label."""
    found = subjects.best(unlabelled(document), model)
    said = (found.subject.slug, *(subject.slug for subject in found.runners_up))
    return Answer(str(document.subject), said, found.subject.confidence)


def unlabelled(document: Document) -> Document:
    """The document before a person said where it belongs."""
    return document.model_copy(update={"subject": None})


def mean(points: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The mean of each number over several runs."""
    print(f"{points[0]['labels']} labels: accuracy {[point['accuracy'] for point in points]}", file=sys.stderr)
    return {name: round(statistics.mean(point[name] for point in points), 4) for name in points[0]}


def cost(subjects: Subjects, model: Model, judged: Sequence[Document]) -> dict[str, Any]:
    """Microseconds for a document, tokenising and reasons included: the median of single ones; the mean of them all, the best of three times."""
    waiting = [unlabelled(document) for document in judged]
    singles = []
    for document in waiting[:SINGLES]:
        began = time.perf_counter()
        subjects.best(document, model)
        singles.append(time.perf_counter() - began)
    batches = []
    for _ in range(ROUNDS):
        began = time.process_time()
        for document in waiting:
            subjects.best(document, model)
        batches.append((time.process_time() - began) / len(waiting))
    packed = len(model.pack()) / 1e6
    return {
        "single_us": round(statistics.median(singles) * 1e6),
        "batch_us": round(min(batches) * 1e6),
        "model_mb": round(packed, 2),
    }


def memory_mb() -> float:
    """The most memory that this process has had, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
