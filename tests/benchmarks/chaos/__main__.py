"""Kill everything with -9 while documents flow, then count: python -m tests.benchmarks.chaos [--documents 20000] [--control] …"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

from tests.benchmarks.chaos.plan import Plan
from tests.benchmarks.chaos.report import Progress, table
from tests.benchmarks.chaos.runs import run_belt, run_control

HELP = {
    "documents": "how many documents are published",
    "rate": "documents per second, at most",
    "consumer_kills": "kills of classifier, related, feeds and webhooks, drawn at random",
    "redis_kills": "kills of Redis, which comes back on the same data",
    "publisher_kills": "kills of the publisher and of ingest, in turn",
    "freezes": "stops of consumers for twice the lease, after which they go on as if nothing had happened",
    "partners": "partners that are told of each document",
    "copies": "processes of each consumer",
    "lease_seconds": "silence after which a consumer counts as dead",
    "seconds": "longest wait for the belt to run empty",
    "seed": "of the documents and of the killer",
    "corpus": "a .jsonl.gz with title and answer; default: invented texts",
}


def main() -> int:
    """0 if nothing was lost, duplicated, pending or dead; with --control 0 if the loss was seen."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.chaos", description=__doc__)
    for each in fields(Plan):
        kind: Any = Path if each.name == "corpus" else type(each.default)
        parser.add_argument("--" + each.name.replace("_", "-"), type=kind, default=each.default, help=HELP[each.name])
    parser.add_argument("--json", action="store_true", help="print the JSON alone")
    parser.add_argument("--control", action="store_true", help="the same on FastStream's defaults, which must lose")
    told = vars(parser.parse_args())
    as_json, control = told.pop("json"), told.pop("control")
    plan = Plan(**told)
    print(f"seed {plan.seed}", file=sys.stderr)
    outcome = (run_control if control else run_belt)(plan, Progress())
    print(json.dumps(outcome.facts))
    if not as_json:
        table(outcome.facts)
    return 0 if outcome.as_promised else 1


if __name__ == "__main__":
    raise SystemExit(main())
