"""Whether the hub's suite sees what it is there to see: python -m tests.benchmarks.hub_mutants [WORD]... [--workers 2] [--json]

A mutant is the hub with one piece of its text replaced, so that it breaks one rule of the Recommendation, and names the case that has to
fail then (mutants/). Each runs in a copy of the tree. A mutant counts as caught if its case fails and nothing else goes wrong: a house
that does not even start proves nothing. WORD: only mutants whose case or whose fault has it.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from itertools import count
from pathlib import Path
from queue import SimpleQueue

from tests.benchmarks.mutants.mutant import Mutant
from tests.benchmarks.mutants.table import MUTANTS

ROOT = Path(__file__).resolve().parents[2]
CASES = Path("tests/integration/hub")
COPIED = ("services", "shared", "tests")
LINKED = ("pyproject.toml", "seeds")
HEAVY = (
    "aiohttp.web", "anyio.pytest_plugin", "cryptography.x509", "fastapi.openapi.utils", "faststream.redis",
    "feedgen.feed", "feedparser", "flask_websub.subscriber", "hypothesis", "jinja2", "lxml.etree", "markdown_it",
    "nh3", "numpy", "prometheus_client", "psutil", "pydantic_settings", "pytest", "redis.asyncio", "rich.console",
    "rich.table", "structlog", "typer", "uvicorn.protocols.http.httptools_impl", "uvloop", "werkzeug.serving",
    "yaml",
)  # fmt: skip
"""Imported once, before each mutant's process is forked off."""
FAILED, ERRORS = re.compile(r"\b\d+ failed"), re.compile(r"\b\d+ error")
LONGEST_SECONDS = 120.0
MOMENTS = count(int(time.time()))
"""A time of its own for each change of a file, so that nothing compiled before is taken for it."""


@dataclass(frozen=True)
class Verdict:
    """What became of a mutant: caught, survived, or broken (then it is no good mutant)."""

    mutant: Mutant
    outcome: str
    seconds: float
    said: str


@contextmanager
def tree() -> Iterator[Path]:
    """A copy of what runs."""
    folder = Path(tempfile.mkdtemp(prefix="mutants-"))
    for name in COPIED:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in LINKED:
        (folder / name).symlink_to(ROOT / name)
    yield folder
    shutil.rmtree(folder)


def tried(mutant: Mutant | None, case: str, folder: Path) -> Verdict:
    """Run a case against a mutant, or against the hub as it is."""
    began = time.monotonic()
    with mutated(mutant, folder):
        said = _said(case, folder)
    seconds = time.monotonic() - began
    return Verdict(mutant or Mutant(case, "none", ()), _outcome(said), seconds, said[-600:])


def _outcome(said: str) -> str:
    if ERRORS.search(said):
        return "broken"
    if FAILED.search(said):
        return "caught"
    return "survived" if " passed" in said else "broken"


@contextmanager
def mutated(mutant: Mutant | None, folder: Path) -> Iterator[None]:
    """The tree with the mutant's fault in it until the end of the block."""
    if mutant is None:
        yield
        return
    for path, text in mutant.applied(ROOT).items():
        _write(folder / path, text)
    yield
    for path in mutant.applied(ROOT):
        _write(folder / path, (ROOT / path).read_text())


def _write(path: Path, text: str) -> None:
    path.write_text(text)
    moment = next(MOMENTS)
    os.utime(path, (moment, moment))


def _said(case: str, folder: Path) -> str:
    """What pytest prints about a case, run in a process of its own in that folder."""
    with tempfile.NamedTemporaryFile("r", suffix=".log") as log:
        process = multiprocessing.get_context("fork").Process(target=_run, args=(case, str(folder), log.name))
        process.start()
        process.join(LONGEST_SECONDS)
        if process.is_alive():
            process.kill()
            process.join()
            return "1 failed: it did not come to an end"
        return log.read()


def _run(case: str, folder: str, log: str) -> None:
    for number, mode in ((0, os.O_RDONLY), (1, os.O_WRONLY), (2, os.O_WRONLY)):
        os.dup2(os.open(os.devnull if number == 0 else log, mode | (os.O_APPEND if number else 0)), number)
    for name in [name for name in sys.modules if name.partition(".")[0] in COPIED]:
        del sys.modules[name]
    os.chdir(folder)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    sys.path[:] = [folder, *(place for place in sys.path if Path(place or ROOT).resolve() != ROOT)]
    quiet = ("-q", "-x", "-p", "no:cacheprovider", "-p", "anyio", "--no-header", "--tb=line", "--show-capture=no")
    # What is imported beforehand (HEAVY) cannot be rewritten any more; none of it has assertions of ours.
    words = [*quiet, "-W", "ignore::pytest.PytestAssertRewriteWarning", f"{folder}/{CASES}/{case}"]
    os._exit(int(import_module("pytest").main(words)))


def all_tried(mutants: Sequence[Mutant], workers: int) -> Iterator[Verdict]:
    """The verdicts, as they come."""
    with ThreadPoolExecutor(workers) as pool:
        free: SimpleQueue[Path] = SimpleQueue()
        trees = [tree() for _ in range(workers)]
        for each in trees:
            free.put(each.__enter__())

        def one(mutant: Mutant) -> Verdict:
            folder = free.get()
            try:
                return tried(mutant, mutant.case, folder)
            finally:
                free.put(folder)

        yield from pool.map(one, mutants)
        for each in trees:
            each.__exit__(None, None, None)


def main(words: Sequence[str], workers: int, *, as_json: bool) -> int:
    """Try the mutants, tell what became of each, and how many were caught."""
    for name in HEAVY:
        import_module(name)
    chosen = [each for each in MUTANTS if not words or any(word in f"{each.case} {each.fault}" for word in words)]
    verdicts = []
    for verdict in all_tried(chosen, workers):
        verdicts.append(verdict)
        if not as_json:
            print(
                f"{verdict.outcome:<9} {verdict.seconds:5.1f} s  {verdict.mutant.case}: {verdict.mutant.fault}",
                flush=True,
            )
            if verdict.outcome == "broken":
                print(verdict.said)
    caught = sum(verdict.outcome == "caught" for verdict in verdicts)
    facts = {"mutants": len(verdicts), "caught": caught, "cases": len({each.case for each in chosen})}
    print(json.dumps(facts | {"survived": [each.mutant.fault for each in verdicts if each.outcome != "caught"]}))
    return int(caught < len(verdicts))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("words", nargs="*")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    sys.exit(main(options.words, options.workers, as_json=options.json))
