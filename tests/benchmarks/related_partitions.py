"""The related index split over processes: what each of them needs. python -m tests.benchmarks.related_partitions CORPUS.jsonl.gz [--documents 10000]

CORPUS: JSON lines as for `related`. `documents` of it are related by one process with all of the index in memory. Then, for each number of partitions (1:
one process without any), as many processes of `related` start on the same Redis, load what is theirs, and relate `more` others together. One JSON object is
printed, for each number:

`mb`: resident memory of a process when all is related, the largest, and how much of it a process without documents does not have. `cpu_ms`: processor time
for each of the `more` documents but the first 500 of the busiest process, of all together, and of Redis; with the upkeep that runs meanwhile.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from shared.events import DocumentClassified
from tests.benchmarks.house import ROOT, cpu_seconds
from tests.benchmarks.related import Page, pages
from tests.benchmarks.related_vectors import event_of
from tests.processes import Process
from tests.redis_servers import RedisServer, binaries

STREAM = "{syndicate}:" + DocumentClassified.stream
RECORDS = "{syndicate}:related:records"
LAID_AT_ONCE = 500
POLL_SECONDS = 0.2
QUIET_SECONDS = 3.0
WARMING = 500
"""So many documents are related before anything is measured: at the first of them each process loads what is theirs."""
PATIENCE_SECONDS = 1800.0


@contextmanager
def crew(server: RedisServer, partitions: int) -> Iterator[list[int]]:
    """So many processes of `related`; their ids."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            "SYNDICATE_REDIS_URL": server.url,
            "SYNDICATE_PORT": "0",
            "SYNDICATE_DATA": folder,
            "SYNDICATE_RELATED_PARTITIONS": str(partitions),
            "SYNDICATE_LOG_LEVEL": "warning",
            "PYTHONPATH": str(ROOT),
        }
        words = (sys.executable, "-m", "services", "related")
        processes = [Process(words, cwd=ROOT, env=environment) for _ in range(partitions)]
        try:
            yield [each.popen.pid for each in processes]
        finally:
            for each in processes:
                each.stop()


def lay(server: RedisServer, posted: Sequence[Page]) -> None:
    """Lay documents on the stream."""
    with server.client() as client:
        for start in range(0, len(posted), LAID_AT_ONCE):
            pipe = client.pipeline(transaction=False)
            for page in posted[start : start + LAID_AT_ONCE]:
                pipe.xadd(STREAM, {"event": event_of(page).encode()})
            pipe.execute()


def wait_for(server: RedisServer, documents: int) -> None:
    """Wait until so many are related."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    with server.client() as client:
        while (related := int(client.hlen(RECORDS))) < documents:
            assert time.monotonic() < deadline, f"{related} of {documents} documents are related"
            time.sleep(POLL_SECONDS)


def measured(server: RedisServer, partitions: int, known: int, posted: Sequence[Page], empty: float) -> dict[str, Any]:
    """Start so many processes, have them relate these, and look what they took."""
    with crew(server, partitions) as pids:
        lay(server, posted[:WARMING])
        wait_for(server, known + WARMING)
        assert server.process
        everybody = [*pids, server.process.pid]
        before = [cpu_seconds(pid) for pid in everybody]
        lay(server, posted[WARMING:])
        wait_for(server, known + len(posted))
        *spent, redis = [
            1000 * (cpu_seconds(pid) - soon) / (len(posted) - WARMING)
            for pid, soon in zip(everybody, before, strict=True)
        ]
        memory = max(resident(pid) for pid in pids)
    return {
        "mb": {"process": round(memory), "index": round(memory - empty)},
        "cpu_ms": {"process": round(max(spent), 2), "all": round(sum(spent), 2), "redis": round(redis, 2)},
    }


def resident(pid: int) -> float:
    """Megabytes."""
    return float(psutil.Process(pid).memory_info().rss) / 1_000_000


def without_documents() -> float:
    """What a process takes that has nothing to remember."""
    server = RedisServer(next(iter(binaries().values())))
    server.start()
    try:
        with crew(server, 1) as [pid]:
            time.sleep(QUIET_SECONDS)
            return resident(pid)
    finally:
        server.remove()


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("corpus", type=Path)
    options.add_argument("--documents", type=int, default=10_000)
    options.add_argument("--more", type=int, default=2_500)
    options.add_argument("--partitions", default="1,2,4")
    chosen = options.parse_args()
    numbers = [int(number) for number in chosen.partitions.split(",")]
    corpus, known = pages(chosen.corpus), chosen.documents
    told: dict[str, Any] = {"documents": known, "empty_mb": round(empty := without_documents())}
    server = RedisServer(next(iter(binaries().values())))
    server.start()
    try:
        lay(server, corpus[:known])
        with crew(server, 1):
            wait_for(server, known)
        for number in numbers:
            told[str(number)] = measured(server, number, known, corpus[known : known + chosen.more], empty)
            known += chosen.more
    finally:
        server.remove()
    print(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
