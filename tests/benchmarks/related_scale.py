"""How the index grows: time and memory at sizes beyond the corpus.

A resampled document is a document of the corpus that has a third of its terms from another one; so the vocabulary does not grow,
which makes postings longer than they would be. Searched are the lists of those only that come nearest to a probe; the others are closed.
The probes that are timed are documents that no resampled one was made from. Memory is what the process has grown by, tables of fixed size included, when the allocator has given back what is free.
"""

from __future__ import annotations

import ctypes
import gc
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil

from services.related.closeness import Weights
from services.related.index import Index
from services.related.loading import load
from services.related.records import Held, Record
from services.related.terms import Terms
from services.related.upkeep import ORDERED_PER_SEARCH

if TYPE_CHECKING:
    from tests.benchmarks.related import Page

PROBES = 60
SEARCHED = 150
RESTARTED = 33_000
SHARE = 3
EMPTY = Held((), whole=False)


def middle(times: Sequence[float]) -> list[float]:
    """The median and the 95th percentile."""
    return [round(float(each), 3) for each in np.percentile(times, [50, 95])]


def speeds(
    corpus: Sequence[Page], records: Sequence[Record], sizes: Sequence[int], weights: Weights
) -> tuple[list[dict[str, Any]], float]:
    """A measurement for each size, and the seconds that a restart at 33,000 documents takes beside reading."""
    told, restart = [], 0.0
    step = max(1, len(corpus) // PROBES)
    probes = corpus[::step][:PROBES]
    records = [record for place, record in enumerate(records) if place % step]
    for size in sizes:
        _give_back()
        before = psutil.Process().memory_info().rss
        index = filled(records, size, probes, weights)
        _give_back()
        grown = psutil.Process().memory_info().rss - before
        told.append({"documents": size, **probed(index, probes), "bytes_per_document": grown // size})
        if size == RESTARTED:
            restart = restarted(index, weights)
        del index
    return told, restart


def filled(records: Sequence[Record], size: int, probes: Sequence[Page], weights: Weights) -> Index:
    """An index of so many documents, in which the lists that the probes may enter were searched."""
    random = np.random.default_rng(7)
    index = Index(weights)
    index.install({f"d{number}": mixed(records, number, random) for number in range(size)}, {})
    for probe in probes:
        index.put("probe", probe.record())
        sums, *_ = index.corpus.near(index.documents.slot["probe"], index.documents.slots)
        nearest = [
            name for slot in np.argsort(-sums)[:SEARCHED].tolist() if (name := index.documents.ids[slot]) != "probe"
        ]
        index.remove("probe", 1)
        for name in nearest:
            if index.held(name) == EMPTY:
                index.renew(name)
    index.settle()
    return index


def mixed(records: Sequence[Record], number: int, random: np.random.Generator) -> Record:
    """The documents of the corpus themselves, then mixtures of two."""
    if number < len(records):
        return records[number]
    one, other = (records[place] for place in random.integers(len(records), size=2).tolist())
    kept = random.random(len(one.terms.numbers)) >= 1 / SHARE
    taken = random.random(len(other.terms.numbers)) < 1 / SHARE
    numbers = np.concatenate([one.terms.numbers[kept], other.terms.numbers[taken]])
    strengths = np.concatenate([one.terms.strengths[kept], other.terms.strengths[taken]])
    distinct, first = np.unique(numbers, return_index=True)
    terms = Terms(distinct, strengths[first])
    return Record(1, one.title, terms, day=one.day, subject=one.subject, meaning=one.meaning)


def probed(index: Index, probes: Sequence[Page]) -> dict[str, list[float]]:
    """What a search takes, an arrival with everything that it changes, and the upkeep that belongs to it."""
    times: dict[str, list[float]] = {"query_ms": [], "insert_ms": [], "upkeep_ms": []}
    for number, page in enumerate(probes):
        name = f"probe{number}"
        times["insert_ms"].append(taken(lambda page=page, name=name: index.put(name, page.record())))
        times["query_ms"].append(taken(lambda name=name: index.searched(name)))
        others = [f"d{(number * 7919 + step) % (len(index) - PROBES)}" for step in range(ORDERED_PER_SEARCH)]
        times["upkeep_ms"].append(taken(lambda name=name, others=others: (index.renew(name), index.reorder(others))))
        index.settle()
    return {name: middle(found) for name, found in times.items()}


def taken(act: Any) -> float:
    began = time.process_time()
    act()
    return 1000 * (time.process_time() - began)


def _give_back() -> None:
    """Free memory goes back to the system, where the C library can do that."""
    gc.collect()
    if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):
        trim(0)


def restarted(index: Index, weights: Weights) -> float:
    """Unpack and install what a restart reads."""
    names = list(index.documents.slot)
    records = {name: record.pack() for name in names if (record := index.record(name))}
    lists = {name: held.pack() for name in names if (held := index.held(name))}
    began, again = time.process_time(), Index(weights)
    load(again, records, lists, {})
    return round(time.process_time() - began, 3)
