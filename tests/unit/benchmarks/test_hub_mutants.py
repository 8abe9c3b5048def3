"""The hub's mutants and the hub's suite belong together: no case without a mutant, no mutant without its text."""

from __future__ import annotations

import ast

import pytest

from tests.benchmarks.hub_mutants import CASES, ROOT
from tests.benchmarks.mutants.mutant import Mutant
from tests.benchmarks.mutants.table import MUTANTS

WRITTEN = {
    f"{path.name}::{node.name}": ast.get_docstring(node) or ""
    for path in sorted((ROOT / CASES).glob("test_*.py"))
    for node in ast.parse(path.read_text()).body
    if isinstance(node, ast.AsyncFunctionDef) and node.name.startswith("test_")
}
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


def numbers_in(said: str) -> set[int]:
    """The numbers behind MUST: `MUST 4 and 13 (5.1)` is 4 and 13."""
    words = said.partition("(")[0].replace(",", " ").replace(":", " ").split()
    return {int(word) for word in words if word.isdigit()} if "MUST" in words else set()
