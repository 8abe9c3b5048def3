"""services/related/index.py"""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from services.related.index import Index, similarity
from services.related.lists import FLOOR, SHOWN
from services.related.records import UNIT, Record, Vector
from services.related.terms import terms_of

NAMES = [f"document-{number}" for number in range(14)]
IDS = st.sampled_from(NAMES)
WEIGHTS = st.dictionaries(st.integers(0, 3), st.integers(1, 12).map(lambda part: part * UNIT // 20), max_size=3)
"""Few terms and few weights: most documents are related, many of them equally, and the rows are fuller than they can be."""


def vector_of(weights: dict[int, int]) -> Vector:
    return Vector(
        np.array(sorted(weights), np.uint32), np.array([weights[term] for term in sorted(weights)], np.uint16)
    )


def units(one: Record, other: Record) -> int:
    found = dict(zip(other.vector.terms.tolist(), other.vector.weights.tolist(), strict=True))
    mine = zip(one.vector.terms.tolist(), one.vector.weights.tolist(), strict=True)
    return sum(weight * found.get(term, 0) for term, weight in mine)


def brute_force(records: dict[str, Record], document_id: str) -> list[tuple[str, str, float]]:
    """The list as its definition says: every other document above the floor, best first, ties by id."""
    scores = {other: units(records[document_id], record) for other, record in records.items() if other != document_id}
    near = sorted((-score, other) for other, score in scores.items() if score >= FLOOR)
    return [(other, records[other].title, similarity(-score)) for score, other in near[:SHOWN]]


class Changes(RuleBasedStateMachine):
    """Documents come, change and go, settled or undone; the lists are those of brute force at every moment."""

    def __init__(self) -> None:
        super().__init__()
        self.index = Index()
        self.records: dict[str, Record] = {}
        self.settled: dict[str, Record] = {}
        self.lists: dict[str, list[tuple[str, str, float]]] = {}

    def expected(self) -> dict[str, list[tuple[str, str, float]]]:
        return {document_id: brute_force(self.records, document_id) for document_id in self.records}

    def follow(self, document_id: str, record: Record | None) -> None:
        """Do one change in both, and compare whose list changed."""
        before = self.lists
        if record is None:
            changed = self.index.remove(document_id, 1)
            self.records.pop(document_id, None)
        else:
            changed = self.index.put(document_id, record)
            self.records[document_id] = record
        self.lists = after = self.expected()
        others = before.keys() & after.keys() - {document_id}
        assert sorted(other for other in others if before[other] != after[other]) == changed

    @initialize(weights=st.lists(WEIGHTS, min_size=len(NAMES), max_size=len(NAMES)))
    def fill(self, weights: list[dict[int, int]]) -> None:
        for document_id, chosen in zip(NAMES, weights, strict=True):
            self.follow(document_id, Record(1, "one", vector_of(chosen)))
        self.settle()

    @rule(document_id=IDS, weights=WEIGHTS, title=st.sampled_from(["one", "two"]))
    def put(self, document_id: str, weights: dict[int, int], title: str) -> None:
        self.follow(document_id, Record(1, title, vector_of(weights)))

    @rule(document_ids=st.lists(IDS, min_size=1, max_size=6))
    def remove(self, document_ids: list[str]) -> None:
        for document_id in document_ids:
            self.follow(document_id, None)

    @rule()
    def settle(self) -> None:
        self.index.settle()
        self.settled = dict(self.records)

    @rule()
    def undo(self) -> None:
        self.index.undo()
        self.records = dict(self.settled)
        self.lists = self.expected()

    @rule()
    def move(self) -> None:
        """Another index that installs what this one would write has the same lists, and goes on from there."""
        copy = Index()
        copy.install(
            {document_id: Record.unpack(record.pack()) for document_id, record in self.records.items()},
            {document_id: self.index.held(document_id) for document_id in self.records},
        )
        self.index = copy
        self.settled = dict(self.records)

    @invariant()
    def lists_equal_brute_force(self) -> None:
        assert len(self.records) == len(self.index)
        assert self.lists == {document_id: list(self.index.shown(document_id)) for document_id in self.records}


TestChanges = Changes.TestCase
TestChanges.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


@given(st.permutations(range(7)))
def test_lists_do_not_depend_on_the_order_of_arrival(order: list[int]) -> None:
    """The same vectors in any order have the same lists."""
    records = {f"document-{n}": Record(1, "", vector_of({n % 3: UNIT // 2, 3 + n % 2: UNIT // 3})) for n in range(7)}
    index = Index()
    for number in order:
        index.put(f"document-{number}", records[f"document-{number}"])

    for document_id in records:
        assert brute_force(records, document_id) == list(index.shown(document_id))


def test_a_text_finds_the_text_that_it_shares_words_with() -> None:
    """And not the one that it shares none with."""
    index = Index()
    texts = {
        "tides": "moon and tides of the sea",
        "moon": "the moon and the sea at night",
        "law": "contracts and torts",
    }
    for document_id, text in texts.items():
        index.put(document_id, Record(1, document_id, index.weigh(terms_of(document_id, text))))

    assert [near for near, _, _ in index.shown("tides")] == ["moon"]
    assert [near for near, _, _ in index.shown("moon")] == ["tides"]
    assert index.shown("law") == ()


def test_a_retracted_document_leaves_its_version_behind() -> None:
    """An old event must not bring it back; a new version may."""
    index = Index()
    index.put("tides", Record(1, "Tides", vector_of({1: UNIT})))
    index.remove("tides", 2)

    assert Record(2, retracted=True) == index.record("tides")
    assert index.held("tides") is None

    index.put("tides", Record(3, "Tides", vector_of({1: UNIT})))
    found = index.record("tides")
    assert found is not None
    assert (found.version, found.retracted) == (3, False)
