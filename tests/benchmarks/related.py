"""Related articles: how good, how fresh, how fast. python -m tests.benchmarks.related CORPUS.jsonl.gz JUDGEMENTS.json.gz [--sizes 1000,…] [--semantic]

CORPUS: JSON lines with `id` (a number), `title`, `answer`, `label`, `date`. JUDGEMENTS: {id: [related ids]} as editors listed
them. One JSON object is printed. A sibling is a document whose id differs by at most 30. `fresh_overlap5` compares the lists as they
were kept while the documents came one by one, with the upkeep of one search and sixteen orderings for each, with a full recompute.
`vectors` is the same index in a Redis vector set (related_vectors.py), `diversity` compares rules for choosing the five (related_diversity.py).
Times are milliseconds of processor time. Sizes beyond the corpus are resampled (related_scale.py). --semantic lets the meaning count as well,
by the extra of that name; every document is read first, which is not part of the times.
"""

from __future__ import annotations

import argparse
import gzip
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from services.related.closeness import Weights
from services.related.index import Index
from services.related.loading import load
from services.related.records import Record, day_of
from services.related.terms import terms_of
from services.related.upkeep import due, renew_one
from shared.semantic.model import SemanticModel
from shared.settings import Settings
from tests.benchmarks import related_diversity, related_peers, related_scale, related_vectors

SIBLINGS = 30
SIZES = "1000,10000,33000,100000,300000"
PLACES = 5

Lists = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Page:
    """One document of the corpus."""

    id: str
    title: str
    text: str
    subject: str
    day: int
    meaning: bytes = b""

    def record(self) -> Record:
        return Record(
            1, self.title, terms_of(self.title, self.text), day=self.day, subject=self.subject, meaning=self.meaning
        )


def pages(path: Path) -> list[Page]:
    """The corpus in its order."""
    with gzip.open(path, "rt") as lines:
        rows = [json.loads(line) for line in lines]
    return [
        Page(
            str(row["id"]),
            row["title"],
            row["answer"].replace("\\n", "\n"),
            row.get("label", ""),
            day_of(date.fromisoformat(row["date"][:10]) if row.get("date") else None),
        )
        for row in rows
    ]


def quality(found: Lists, judged: Mapping[str, Sequence[Any]], subjects: Mapping[str, str]) -> dict[str, float]:
    """The measures of the first five places, as means over the judged documents."""
    sums = {"recall5": 0.0, "ndcg5": 0.0, "mrr": 0.0, "sibling_precision5": 0.0, "cross_subject": 0.0}
    for name, listed in judged.items():
        right, shown = {str(other) for other in listed}, list(found.get(name, ()))[:PLACES]
        hits = [other in right for other in shown]
        best = sum(1 / np.log2(place + 2) for place in range(min(PLACES, len(right))))
        sums["recall5"] += sum(hits) / len(right)
        sums["ndcg5"] += sum(hit / np.log2(place + 2) for place, hit in enumerate(hits)) / best
        sums["mrr"] += next((1 / (place + 1) for place, hit in enumerate(hits) if hit), 0.0)
        sums["sibling_precision5"] += sum(abs(int(other) - int(name)) <= SIBLINGS for other in shown) / PLACES
        sums["cross_subject"] += sum(subjects[other] != subjects[name] for other in shown) / max(len(shown), 1)
    return {measure: round(float(total) / len(judged), 4) for measure, total in sums.items()}


def shown(index: Index, names: Sequence[str]) -> dict[str, list[str]]:
    return {name: [near.id for near in index.shown(name)] for name in names}


def read_by(model: SemanticModel, corpus: Sequence[Page]) -> tuple[list[Page], float]:
    """The corpus with what each page means, and the milliseconds that a page took (median)."""
    found, spent = [], []
    for page in corpus:
        began = time.process_time()
        found.append(replace(page, meaning=model.vector(page.title, page.text)))
        spent.append(1000 * (time.process_time() - began))
    return found, round(float(np.median(spent)), 1)


def kept_fresh(corpus: Sequence[Page], weights: Weights) -> tuple[Index, dict[str, list[float]]]:
    """An index to which the documents came one by one, and what each of them took."""
    index = Index(weights)
    spent: dict[str, list[float]] = {"arrival_ms": [], "upkeep_ms": []}
    for page in corpus:
        began = time.process_time()
        index.put(page.id, page.record())
        arrived = time.process_time()
        if oldest := due(index):
            renew_one(index, oldest[0])
        index.settle()
        spent["arrival_ms"].append(1000 * (arrived - began))
        spent["upkeep_ms"].append(1000 * (time.process_time() - arrived))
    return index, spent


def recomputed(records: Mapping[str, Record], weights: Weights) -> Index:
    """An index that meets all documents at once and searches each list with the frequencies of the end."""
    index = Index(weights)
    index.install(records, {})
    for name in [*records, *records]:
        index.renew(name)
    return index


def overlap(one: Lists, other: Lists) -> float:
    """The share of places in `other` whose neighbour stands in `one` too."""
    same = sum(len({*one[name]} & {*listed}) for name, listed in other.items())
    return round(same / max(sum(map(len, other.values())), 1), 4)


def copied(index: Index, names: Sequence[str], weights: Weights) -> tuple[float, float]:
    """What a restart takes beside reading from Redis, in seconds, and the share of lists that are the same."""
    records = {name: record.pack() for name in names if (record := index.record(name))}
    lists = {name: held.pack() for name in names if (held := index.held(name))}
    began, again = time.process_time(), Index(weights)
    load(again, records, lists, {})
    seconds = time.process_time() - began
    return round(seconds, 3), sum(again.shown(name) == index.shown(name) for name in names) / len(names)


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("corpus", type=Path)
    options.add_argument("judgements", type=Path)
    options.add_argument("--sizes", default=SIZES)
    options.add_argument("--semantic", action="store_true", help="let the meaning count as well")
    chosen = options.parse_args()
    corpus, weights, told = pages(chosen.corpus), Weights(), dict[str, Any]()
    if chosen.semantic:
        weights = Weights(meaning=Settings().related_semantic_weight)
        corpus, told["reading_ms"] = read_by(SemanticModel.installed(), corpus)
    judged = json.loads(gzip.decompress(chosen.judgements.read_bytes()))
    names, subjects = [page.id for page in corpus], {page.id: page.subject for page in corpus}

    def measure(found: Lists) -> dict[str, float]:
        return quality(found, judged, subjects)

    index, spent = kept_fresh(corpus, weights)
    lists = shown(index, names)
    records = {name: record for name in names if (record := index.record(name))}
    full = shown(recomputed(records, weights), names)
    by_words = shown(recomputed(records, Weights(0, 0)), names)
    restart, same = copied(index, names, weights)
    speed, restart_large = related_scale.speeds(
        corpus, list(records.values()), [int(size) for size in chosen.sizes.split(",") if size], weights
    )
    told |= measure(lists) | {
        "fresh_overlap5": overlap(lists, full),
        "words_alone": measure(by_words),
        "one_by_one": {name: related_scale.middle(times) for name, times in spent.items()},
        "speed": speed,
        "restart_s": restart_large or restart,
        "restart_same_lists": same,
        "vectors": "by the words alone" if chosen.semantic else related_vectors.told(corpus, full, measure, overlap),
        "diversity": "by the words alone" if chosen.semantic else related_diversity.told(records, measure),
        "peers": {
            name: peer if isinstance(peer, str) else measure(peer[0]) | peer[1]
            for name, peer in related_peers.all_of(corpus).items()
        },
    }
    print(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
