"""A handful of the hub's mutants, caught in earnest; `python -m tests.benchmarks.hub_mutants` tries them all."""

from __future__ import annotations

import json
import subprocess
import sys

from shared.settings import ROOT

FEW = ("an unsubscription needs no agreement", "a redirection is followed", "a lease ends half a minute too late")


def test_a_few_mutants_are_caught() -> None:
    """Four hubs that break one rule each fail the case that names it, and nothing else goes wrong."""
    words = [sys.executable, "-m", "tests.benchmarks.hub_mutants", *FEW, "--json"]
    ended = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    told = json.loads(ended.stdout)

    assert ([], 4, 4) == (told["survived"], told["mutants"], told["caught"])
