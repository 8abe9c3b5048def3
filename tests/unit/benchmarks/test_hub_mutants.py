"""The hub's mutants and the hub's suite belong together: no case without a mutant, no mutant without its text."""

from __future__ import annotations

import ast
import re

import pytest

from tests.benchmarks.hub_mutants import CASES, ROOT
from tests.benchmarks.mutants.demands import HEAD, numbers_in, table
from tests.benchmarks.mutants.mutant import Mutant
from tests.benchmarks.mutants.table import MUTANTS

WRITTEN = {
    f"{path.name}::{node.name}": ast.get_docstring(node) or ""
    for path in sorted((ROOT / CASES).glob("test_*.py"))
    for node in ast.parse(path.read_text()).body
    if isinstance(node, ast.AsyncFunctionDef) and node.name.startswith("test_")
}
REPORT = ROOT / "services" / "webhooks" / "hub" / "REPORT.md"
RECOMMENDED = {name: said for name, said in WRITTEN.items() if "test_subscribers.py" not in name}


def test_every_case_has_a_mutant() -> None:
    """A case that nothing can fail says nothing; a mutant of a case that there is no more is of no use."""
    assert set(WRITTEN) == {mutant.case for mutant in MUTANTS}


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.fault)
def test_every_mutant_can_still_be_made(mutant: Mutant) -> None:
    """Its texts stand in the hub as it is now, and what takes their place is Python."""
    for path, text in mutant.applied(ROOT).items():
        assert (ROOT / path).read_text() != text
        if path.endswith(".py"):
            ast.parse(text)


def test_there_are_enough_cases() -> None:
    """Sixty were asked for; each names the section that it comes from, or what it is instead."""
    assert len(WRITTEN) >= 60
    assert [] == [name for name, said in RECOMMENDED.items() if not any(mark.isdigit() for mark in said)]


@pytest.mark.parametrize("number", range(1, 21))
def test_every_must_has_a_case(number: int) -> None:
    """The Recommendation's twenty demands on a hub, as the cases number them."""
    assert any(number in numbers_in(said) for said in WRITTEN.values())


def test_the_report_tells_what_there_is() -> None:
    """Its table is made of the cases and the mutants; `python -m tests.unit.benchmarks.test_hub_mutants` writes it anew."""
    assert table(WRITTEN, MUTANTS) in REPORT.read_text()
    assert f"{len(WRITTEN)} cases, {len(MUTANTS)} mutants" in REPORT.read_text()


def rewritten(report: str) -> str:
    """The report with the table and the numbers as they are now."""
    before, _, rest = report.partition(HEAD)
    after = rest.partition("\n\n")[2]
    numbers = f"{len(WRITTEN)} cases, {len(MUTANTS)} mutants"
    return re.sub(r"\d+ cases, \d+ mutants", numbers, f"{before}{table(WRITTEN, MUTANTS)}\n\n{after}")


if __name__ == "__main__":
    REPORT.write_text(rewritten(REPORT.read_text()))
