"""Related articles through the whole belt, against brute force. python -m tests.benchmarks.related_belt CORPUS.jsonl.gz …

All documents of the files (JSON lines with `title`, `answer`, `date`) are posted to five processes on one Redis. When each was related and the
upkeep has nothing left to do, some lists, drawn by lot, are read from the related service and from the article's page, and compared with the
five nearest of all documents as plain matrices give them, in double precision and with the frequencies of the end. One JSON object is printed:

`equal`: lists with the same neighbours. `equal_up_to_ties`: lists whose every neighbour is as close as the fifth nearest, to within 0.001; such a one is
what 2 % more documents change in the frequencies. `places`: the share of neighbours that brute force has too. `told`: lists that the page shows alike.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import random
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import numpy as np
from scipy.sparse import csr_matrix  # type: ignore[import-untyped]

from services.related.choosing import COPY, TWIN
from services.related.closeness import MILLION, Weights
from services.related.lists import FLOOR, HELD, SHOWN
from services.related.records import UNDATED, Record
from services.related.terms import SPACE
from tests.benchmarks.house import TOKEN, House
from tests.benchmarks.load import Document, Load

TIED = 0.001
PACE_SECONDS = 2.0


def documents(paths: Sequence[Path]) -> list[Document]:
    """What is posted."""
    found = []
    for path in paths:
        with gzip.open(path, "rt") as lines:
            for line in lines:
                row = json.loads(line)
                body = {name: row[name] for name in ("title", "answer", "date") if row.get(name)}
                found.append((json.dumps(body).encode(), "application/json"))
    return found


class BruteForce:
    """The nearest documents by definition: every one is compared with every other."""

    def __init__(self, records: dict[str, Record]) -> None:
        self.names = sorted(name for name, record in records.items() if not record.retracted)
        self.kept = [records[name] for name in self.names]
        self.place = {name: place for place, name in enumerate(self.names)}
        counts = [len(record.terms.numbers) for record in self.kept]
        numbers = np.concatenate([record.terms.numbers for record in self.kept]).astype(np.int64)
        strengths = np.concatenate([record.terms.strengths for record in self.kept]).astype(np.float64)
        frequency = np.bincount(numbers, minlength=SPACE)
        weights = strengths * np.log1p((len(counts) + 1) / (frequency[numbers] + 1))
        self.vectors = csr_matrix((weights, numbers, np.cumsum([0, *counts])), (len(counts), SPACE))
        lengths = np.sqrt(np.asarray(self.vectors.multiply(self.vectors).sum(axis=1)).ravel())
        self.lengths = np.where(lengths, lengths, 1)
        self.silent = np.array([record.original in self.place for record in self.kept])

    def closeness(self, name: str) -> Any:
        """Of one document to all."""
        own = self.place[name]
        cosines = (self.vectors @ self.vectors[own].T).toarray().ravel() / self.lengths / self.lengths[own]
        found = cosines * (1 + self._k(self.kept[own]) * (1 - cosines))
        found[own] = 0
        return found

    def shown(self, name: str) -> list[str]:
        """Its list: the nearest of those that speak for themselves, none that says what a closer one says."""
        found = np.where(self.silent, 0, self.closeness(name))
        nearest = sorted(np.argsort(-found)[: 2 * HELD].tolist(), key=lambda place: (-found[place], self.names[place]))
        chosen: list[int] = []
        for place in nearest[:HELD]:
            if not FLOOR / MILLION <= found[place] < COPY / MILLION:
                continue
            alike = self.closeness(self.names[place])
            if all(alike[other] < TWIN / MILLION for other in chosen):
                chosen.append(place)
        return [self.names[place] for place in chosen[:SHOWN]]

    def _k(self, one: Record) -> Any:
        weights = Weights()
        days = np.array([record.day for record in self.kept])
        near = np.maximum(0, 1 - np.abs(days - one.day) / 7) * (days != UNDATED) * (one.day != UNDATED)
        same = np.array([bool(one.subject) and record.subject == one.subject for record in self.kept])
        return weights.date * near + weights.subject * same


def compared(brute: BruteForce, lists: dict[str, list[str]]) -> dict[str, Any]:
    """How far lists are those of brute force."""
    equal = tied = same = places = 0
    for name, shown in lists.items():
        right = brute.shown(name)
        close = brute.closeness(name)
        least = min((close[brute.place[other]] for other in right), default=0) - TIED
        equal += {*shown} == {*right}
        tied += len(shown) == len(right) and all(close[brute.place[other]] >= least for other in shown)
        same += len({*shown} & {*right})
        places += max(len(shown), len(right))
    return {"lists": len(lists), "equal": equal, "equal_up_to_ties": tied, "places": round(same / max(places, 1), 4)}


class Belt:
    """The house under measurement, asked over HTTP and in its Redis."""

    def __init__(self, house: House) -> None:
        self.house = house

    def ask(self, service: str, path: str) -> Any:
        headers = {"Accept": "application/json", "Authorization": f"Bearer {TOKEN}"}
        with urlopen(
            Request(f"http://127.0.0.1:{self.house.port[service]}{path}", headers=headers), timeout=60
        ) as answer:
            return json.load(answer)

    def lists(self, service: str, path: str, names: Sequence[str]) -> dict[str, list[str]]:
        return {name: [near["id"] for near in self.ask(service, path.format(name))["related"]] for name in names}

    def records(self) -> dict[str, Record]:
        with self.house.redis.client() as client:
            packed: Any = client.hgetall("{syndicate}:related:records")
        return {name.decode(): Record.unpack(record) for name, record in packed.items()}

    def related(self) -> int:
        with self.house.redis.client() as client:
            count: Any = client.hlen("{syndicate}:related:records")
        return int(count)

    def until_fresh(self, patience: float) -> int:
        """Wait for the upkeep; how many lists it has still to search when patience ends."""
        deadline = time.monotonic() + patience
        while (waiting := int(self.ask("related", "/related/evaluation?sample=1")["waiting"])) > self.related() // 1000:
            if time.monotonic() > deadline:
                break
            time.sleep(PACE_SECONDS)
        return waiting


def through(house: House, posted: Sequence[Document], lists: int, patience: float) -> dict[str, Any]:
    """Post everything, wait, compare."""
    belt, load, began = Belt(house), Load(house.port["ingest"]), time.monotonic()
    asyncio.run(load.as_fast_as_accepted(posted))
    while belt.related() < len(load.sent):
        time.sleep(PACE_SECONDS)
    seconds, cpu = time.monotonic() - began, house.cpu()
    waiting = belt.until_fresh(patience)
    chosen = random.Random(7).sample(sorted(load.sent), lists)
    time.sleep(PACE_SECONDS)
    found = belt.lists("related", "/documents/{}/related", chosen)
    page = belt.lists("feeds", "/documents/{}", chosen)
    return {
        "posted": len(posted),
        "documents": len(load.sent),
        "related_after": str(timedelta(seconds=round(seconds))),
        "cpu_ms_per_document": {name: round(1000 * value / len(posted), 2) for name, value in cpu.items()},
        "settled_after": str(timedelta(seconds=round(time.monotonic() - began))),
        "unsearched": waiting,
        **compared(BruteForce(belt.records()), found),
        "told": sum(page[name] == found[name] for name in chosen),
    }


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("corpus", type=Path, nargs="+")
    options.add_argument("--documents", type=int, help="so many only")
    options.add_argument("--lists", type=int, default=500)
    options.add_argument("--patience", type=float, default=1800, help="seconds for the upkeep")
    chosen = options.parse_args()
    with House("five processes") as house:
        found = through(house, documents(chosen.corpus)[: chosen.documents], chosen.lists, chosen.patience)
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
